"""Tell a derivative from a quotient: `dx/dt` is one, `density/diameter` is the other.

Both look the same, so the names of the block decide. Where both readings are possible the line
is refused and shows both, since a guess would be silent.
"""

from __future__ import annotations

import re
from typing import Any

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.refusal import refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS, normal
from lawc.syntax.tree import Derivative, Name

Token = tuple[str, Any, int, int]

_POWERS = {"²": 2, "³": 3, "⁴": 4, "⁵": 5, "⁶": 6, "⁷": 7, "⁸": 8, "⁹": 9}

# The sign, an order, what is derived, a stroke, the sign again, by what, an order.
PATTERN = re.compile(
    rf"(?<![{LETTERS}_0-9])([d∂])(\^?[2-9](?![0-9])|[²³⁴-⁹])? ?([{LETTERS}_][{LETTERS}_0-9]*)?"
    rf" *(/) *\1([{LETTERS}_][{LETTERS}_0-9]*)(\^[2-9](?![0-9])|[²³⁴-⁹])?"
)


def read_derivative(match: re.Match[str], scope: Scope) -> Token | None:
    """Return the token of a derivative, or None where the match is a quotient.

    Args:
        match: A match of PATTERN.
        scope: The names of the block.

    Raises:
        UnreadableError: L0108, both readings are possible; L0101, its orders differ.
    """
    sign, above, of, _, by, below = match.groups()
    above_order, below_order = _order(above), _order(below)
    if above is not None and below is None and len(by) > 1 and by.endswith(str(above_order)):
        by, below_order = by[:-1], above_order
    plain = sign == "d"
    if plain and (match[0][1:2] == " " or (above or "").startswith("^")) and of is not None:
        # `d x/dt` is two names side by side; `d^2x` is a power: neither is a quotient of names.
        plain = False
    text = match.string
    if of is None:
        if text[match.end() : match.end() + 40].lstrip(" ")[:1] != "(":
            if sign == "∂":
                raise _unlike(match, scope)
            return None
        _same_order(match, scope, above_order, below_order)
        return "DERIVE_BY", (_name(match, 5, by, scope), above_order), match.start(), match.end()
    if plain and not _is_derivative(match, normal(of), normal(by), scope):
        return None
    _same_order(match, scope, above_order, below_order)
    if above is None and _forgot_order(normal(by), scope):
        raise _unlike(match, scope)
    if above is None and text.startswith("^", match.end()):
        raise refusal(
            "L0108",
            f"`{match[0]}^` can be read in two ways",
            Place(scope.path, match.start(), match.end() + 1),
            help=f"write `({match[0]})^2` for a square, or `d2{of}/d{by}2` for a second derivative",
        )
    place = Place(scope.path, match.start(), match.end())
    node = Derivative(place, _name(match, 3, of, scope), _name(match, 5, by, scope), above_order)
    return "DERIVATIVE", node, match.start(), match.end()


def _is_derivative(match: re.Match[str], of: str, by: str, scope: Scope) -> bool:
    """Decide by the declared names; only what is known counts."""
    known = scope.names
    over = normal(match.string[match.start() : match.start(4)].rstrip())
    under = normal(match.string[match.start(4) + 1 : match.end(5)].lstrip())
    quotient = (over in known) + (under in known)
    derivative = (of in known) + (by in known)
    if quotient == 2 and derivative == 2:
        raise refusal(
            "L0108",
            f"`{match[0]}` can be read as a derivative and as a quotient",
            Place(scope.path, match.start(), match.end()),
            label=f"`{of}`, `{by}`, `{over}` and `{under}` are all declared",
            help=f"write `d/d{by}({of})` for the derivative, or `({over})/({under})` "
            "for the quotient",
        )
    if quotient == 2 or derivative == 2:
        return derivative == 2
    if quotient != derivative:
        return derivative > quotient
    # Equally known: people name variables of differentiation with one letter.
    return len(by) == 1


def _forgot_order(by: str, scope: Scope) -> bool:
    """Return whether `dx/dt2` means an order that only its lower half has."""
    return by[-1] in "23456789" and by not in scope.names and by[:-1] in scope.names


def _order(mark: str | None) -> int:
    if mark is None:
        return 1
    return _POWERS.get(mark) or int(mark[-1])


def _same_order(match: re.Match[str], scope: Scope, above: int, below: int) -> None:
    if above != below:
        raise _unlike(match, scope)


def _unlike(match: re.Match[str], scope: Scope) -> Exception:
    return refusal(
        "L0101",
        f"`{match[0][:60]}` is not a derivative: its two halves do not fit",
        Place(scope.path, match.start(), match.end()),
        help="write `dx/dt`, `d2x/dt2` with the order in both halves, or `d/dt(…)`",
    )


def _name(match: re.Match[str], group: int, text: str, scope: Scope) -> Name:
    start = match.start(group)
    return Name(Place(scope.path, start, start + len(text)), normal(text))
