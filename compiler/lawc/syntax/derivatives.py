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
from lawc.syntax.tree import Derivative, Index, Name, Node, Number

Token = tuple[str, Any, int, int]

_POWERS = {"²": 2, "³": 3, "⁴": 4, "⁵": 5, "⁶": 6, "⁷": 7, "⁸": 8, "⁹": 9}

# The sign, an order, what is derived, a stroke, the sign again, by what, an order, by what else.
PATTERN = re.compile(
    rf"(?<![{LETTERS}_0-9])([d∂])(\^?[2-9](?![0-9])|[²³⁴-⁹])? ?"
    rf"([{LETTERS}_][{LETTERS}_0-9]*)?(\[[^\[\]\n]*\])?"
    rf" *(/) *\1([{LETTERS}_][{LETTERS}_0-9]*)(\^[2-9](?![0-9])|[²³⁴-⁹])?"
    rf"((?:∂[{LETTERS}_][{LETTERS}_0-9]*(?:\^[2-9](?![0-9])|[²³⁴-⁹])?)*)"
)
_ONE = re.compile(rf"∂([{LETTERS}_][{LETTERS}_0-9]*)(\^[2-9](?![0-9])|[²³⁴-⁹])?")
_INDEX = re.compile(rf"[ ]*(?:([{LETTERS}_][{LETTERS}_0-9]*)|([0-9]+))[ ]*(?:,|$)")

By = tuple[tuple[Name, int], ...]
"""By what is derived, in the order of writing, and how often."""


def nested(place: Place, of: Node, by: By) -> Derivative:
    """Return the derivative by several names: the first one written is the outermost."""
    node = of
    for name, order in reversed(by):
        node = Derivative(place, node, name, order)
    assert isinstance(node, Derivative)
    return node


def read_derivative(match: re.Match[str], scope: Scope) -> Token | None:
    """Return the token of a derivative, or None where the match is a quotient.

    Args:
        match: A match of PATTERN.
        scope: The names of the block.

    Raises:
        UnreadableError: L0108, both readings are possible; L0101, its orders differ.
    """
    sign, above, of, index, _, by, below, further = match.groups()
    above_order = _order(above)
    if above is not None and below is None and len(by) > 1 and by.endswith(str(above_order)):
        by, below = by[:-1], str(above_order)
    plain = sign == "d"
    if plain and (match[0][1:2] == " " or (above or "").startswith("^")) and of is not None:
        # `d x/dt` is two names side by side; `d^2x` is a power: neither is a quotient of names.
        plain = False
    text = match.string
    under = _under(match, by, _order(below), further, above_order, scope)
    if of is None:
        if index is not None or text[match.end() : match.end() + 40].lstrip(" ")[:1] != "(":
            if sign == "∂":
                raise _unlike(match, scope)
            return None
        _same_order(match, scope, above_order, under)
        return "DERIVE_BY", under, match.start(), match.end()
    known = under[0][0].name
    if index is not None and normal(of) not in scope.indexed:
        if sign == "∂" and normal(of) in scope.names:
            raise _unlike(match, scope)
        return None
    if plain and index is None and not _is_derivative(match, normal(of), known, scope):
        return None
    _same_order(match, scope, above_order, under)
    if above is None and _forgot_order(known, scope):
        raise _unlike(match, scope)
    if above is None and text.startswith("^", match.end()):
        raise refusal(
            "L0108",
            f"`{match[0]}^` can be read in two ways",
            Place(scope.path, match.start(), match.end() + 1),
            help=f"write `({match[0]})^2` for a square, or `d2{of}/d{by}2` for a second derivative",
        )
    inner: Node = _name(match, 3, of, scope)
    if index is not None:
        inner = _index(match, inner, scope)
    node = nested(Place(scope.path, match.start(), match.end()), inner, under)
    return "DERIVATIVE", node, match.start(), match.end()


def _under(match: re.Match[str], by: str, order: int, further: str, above: int, scope: Scope) -> By:
    """Return by what is derived: `∂x∂y`, `dxdy`, `dx`."""
    start = match.start(6)
    if match[1] == "d" and above > 1 and normal(by) not in scope.names:
        pieces = _pieces(match[6], start, scope)
        if pieces:
            return pieces
    found = [(_name(match, 6, by, scope), order)]
    for one in _ONE.finditer(further):
        at = match.start(8) + one.start(1)
        name = Name(Place(scope.path, at, at + len(one[1])), normal(one[1]))
        found.append((name, _order(one[2])))
    return tuple(found)


def _pieces(text: str, start: int, scope: Scope) -> By:
    """Split the `xdy` of `d2u/dxdy` into declared names, or return nothing where it is not such."""
    for at in range(len(text) - 1, 0, -1):
        if text[at] != "d":
            continue
        name, order = text[:at], 1
        if name not in scope.names and name[-1] in "23456789":
            name, order = name[:-1], int(name[-1])
        if normal(name) not in scope.names:
            continue
        rest, times = text[at + 1 :], 1
        further = _pieces(rest, start + at + 1, scope)
        if not further and rest and rest not in scope.names and rest[-1] in "23456789":
            rest, times = rest[:-1], int(rest[-1])
        if not further and normal(rest) in scope.names:
            place = Place(scope.path, start + at + 1, start + at + 1 + len(rest))
            further = ((Name(place, normal(rest)), times),)
        if further:
            return (
                (Name(Place(scope.path, start, start + len(name)), normal(name)), order),
                *further,
            )
    return ()


def _index(match: re.Match[str], of: Node, scope: Scope) -> Index:
    """Return the element that `dc[i]/dt` is a derivative of."""
    assert isinstance(of, Name)
    start, text = match.start(4) + 1, match[4][1:-1]
    indices: list[Node] = []
    at = 0
    while at < len(text):
        one = _INDEX.match(text, at)
        if one is None:
            raise refusal(
                "L0101",
                f"the index `{text[:40]}` is no name and no number",
                Place(scope.path, start, start + len(text)),
                help=f"write `d/d{match[6]}({match[3]}[{text[:40]}])`",
            )
        place = Place(
            scope.path, start + one.start(one.lastindex or 0), start + one.end(one.lastindex or 0)
        )
        word = one[one.lastindex or 0]
        indices.append(Number(place, word, int(word)) if one[2] else Name(place, normal(word)))
        at = one.end()
    return Index(Place(scope.path, match.start(3), match.end(4)), of, tuple(indices))


def _is_derivative(match: re.Match[str], of: str, by: str, scope: Scope) -> bool:
    """Decide by the declared names; only what is known counts."""
    known = scope.names
    over = normal(match.string[match.start() : match.start(5)].rstrip())
    under = normal(match.string[match.start(5) + 1 : match.end(6)].lstrip())
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


def _same_order(match: re.Match[str], scope: Scope, above: int, below: By) -> None:
    if above != sum(order for _, order in below):
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
    return Name((scope.path, start, start + len(text)), normal(text))
