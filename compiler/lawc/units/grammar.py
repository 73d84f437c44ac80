"""The grammar of units: names, numbers, `*` `.` `/`, powers, roots and brackets.

One pass over the tokens of one text, in time linear in its length. What has two readings is
refused, with both of them spelled out.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from lawc.units.aliases import codes
from lawc.units.exponents import EXPONENT, check_power, simple_fraction, whole
from lawc.units.nearby import near_spellings
from lawc.units.problem import Kind, RefusedError, UnitProblem
from lawc.units.remarks import counted, qualifies
from lawc.units.scanning import Token, lowered, scan
from lawc.units.size import Size
from lawc.units.table import refusals, spellings

MOST_FACTORS = 12
DEEPEST = 4
LARGEST_DECIMAL = 64

_POWER = re.compile(r"(.*?[^0-9])([1-9][0-9]?)")


def look_up(name: str) -> Size | None:
    """Return the size of a name with its prefix, in our spelling or as a code of UCUM."""
    found = spellings().get(name)
    if found is not None:
        return Size.of_entry(*found)
    alias = codes().get(name)
    if alias is None:
        return None
    target, prefix = alias
    size = size_of(target)
    return size if prefix == 1 else _prefixed(size, prefix)


def is_word(name: str) -> bool:
    """Whether a spelling is a long name, `metres`, not a symbol."""
    found = spellings().get(name)
    return found is not None and name.endswith(found[0].names)


@lru_cache(maxsize=512)
def size_of(text: str) -> Size:
    """Return the size of a text of our own lists.

    Raises:
        RefusedError: The text is not a unit.
    """
    return Reader(text).size()


class Reader:
    """One pass over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = scan(text)
        self.index = 0
        self.factors = 0
        self.depth = 0
        self.scales: list[Token] = []

    def size(self) -> Size:
        """Return what the whole text amounts to.

        Raises:
            RefusedError: The text is not a unit.
        """
        if self._next().kind == "end":
            return Size()
        size = self._product()
        token = self._next()
        if token.kind == "close":
            raise self._malformed(token, "this bracket was never opened")
        if token.kind != "end":
            raise self._malformed(token, "a unit ends before this")
        return size

    def _next(self) -> Token:
        return self.tokens[self.index]

    def _ahead(self, steps: int) -> Token:
        return self.tokens[min(self.index + steps, len(self.tokens) - 1)]

    def _take(self) -> Token:
        token = self.tokens[self.index]
        self.index += token.kind != "end"
        return token

    def _product(self) -> Size:
        first = self._next()
        # `/min` is how UCUM writes `1/min`.
        size = Size() if first.kind == "over" and self.index == 0 else self._term()
        if first.kind == "number" and self._next().kind in ("name", "open", "root", "note"):
            size = size.times(self._term())
        slash: Token | None = None
        while True:
            token = self._next()
            if token.kind == "over":
                slash = slash or token
                self._take()
                size = size.times(self._raise(self._term(), Fraction(-1), token))
            elif token.kind == "times":
                if slash is not None:
                    raise self._mixed(slash, token)
                self._check_point(self._take())
                size = size.times(self._term())
            else:
                self._check_end_of_product(token)
                return size

    def _check_point(self, token: Token) -> None:
        around = self.text[token.start - 1 : token.start], self.text[token.end : token.end + 1]
        if token.text == "." and all(side.isdigit() for side in around):
            raise self._malformed(token, "write `*` between two numbers, `^(5/2)` for a power")

    def _check_end_of_product(self, token: Token) -> None:
        if token.kind not in ("name", "number", "open", "root", "note"):
            return
        before = self.tokens[self.index - 1]
        earlier = self.tokens[self.index - 2].kind if self.index >= 2 else ""
        if before.kind == "number" and earlier in ("over", "times"):
            candidate = f"({self.text[before.start :].rstrip()})"
            raise self._refuse(
                "malformed",
                before.start,
                len(self.text.rstrip()),
                (candidate,) if ")" not in candidate[:-1] else (),
                "a number and its unit stand in brackets after `/`",
            )
        raise self._refuse(
            "malformed", before.end, token.start, ("*",), "`*` stands between two units"
        )

    def _term(self) -> Size:
        token = self._take()
        if token.kind == "root":
            return self._root(token)
        if token.kind == "open":
            return self._raised(self._group(token), token)
        if token.kind not in ("name", "number", "note"):
            raise self._unexpected(token)
        self.factors += 1
        if self.factors > MOST_FACTORS:
            raise self._too_large(token, f"a unit has at most {MOST_FACTORS} factors")
        if token.kind == "number":
            return self._raised(self._number(token), token)
        if token.kind == "note":
            return self._raised(self._remark(token), token)
        return self._raised(self._named(token), token)

    def _root(self, sign: Token) -> Size:
        token = self._take()
        if token.kind == "open":
            size = self._group(token)
        elif token.kind == "name":
            self.factors += 1
            size = self._named(token)
        else:
            raise self._malformed(sign, "a root is of one unit, or of a unit in round brackets")
        if self._next().kind in ("power", "raised"):
            raise self._malformed(self._next(), "write the power under the root in round brackets")
        return self._raise(size, Fraction(1, 2), sign)

    def _group(self, opening: Token) -> Size:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._too_large(opening, f"brackets nest at most {DEEPEST} deep")
        size = self._product()
        closing = self._take()
        if closing.kind != "close":
            raise self._malformed(opening, "this bracket is never closed")
        self.depth -= 1
        return size

    def _number(self, token: Token) -> Size:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > 24 or len(exponent) > 4 or abs(int(exponent or 0)) > LARGEST_DECIMAL:
            raise self._too_large(token, "this number is too long or too large for a unit")
        value = Fraction(token.text)
        if value == 0:
            raise self._malformed(token, "a unit of size zero measures nothing")
        if token.text == "10" and self._is_power_of_ten():
            self._take()
            sign, digits = self._signed()
            power = self._integer(digits, sign + digits.text)
            return self._raise(Size.of_number(value), power, token)
        return Size.of_number(value)

    def _is_power_of_ten(self) -> bool:
        """`10*3` is how UCUM writes a thousand; nobody writes thirty so."""
        star, after, last = (self._ahead(step) for step in range(3))
        if star.text != "*":
            return False
        return after.kind == "number" or (after.kind == "sign" and last.kind == "number")

    def _named(self, token: Token) -> Size:
        note = self._next()
        noted = note.kind == "note" and note.start == token.end
        if noted and token.text + note.text in codes():
            self._take()
            return self._seen(token, size_of(codes()[token.text + note.text][0]))
        refusal = refusals().get(token.text)
        if refusal is not None:
            kind: Kind = refusal.kind
            raise self._refuse(kind, token.start, token.end, refusal.candidates, refusal.reason)
        size = look_up(token.text) or self._with_digits(token)
        if size is None:
            raise self._refuse("unknown", token.start, token.end, near_spellings(token.text))
        if noted:
            if qualifies(note.text):
                reason = "a remark in braces must not say which unit is meant"
                raise self._refuse("unknown", token.start, note.end, (), reason)
            self._take()
        return self._seen(token, size)

    def _seen(self, token: Token, size: Size) -> Size:
        if any(factor.is_scale for factor in size.factors):
            self.scales.append(token)
        return size

    def _with_digits(self, token: Token) -> Size | None:
        """Return `m2` as UCUM means it."""
        parts = _POWER.fullmatch(token.text)
        if parts is None or parts[1] in refusals() or is_word(parts[1]):
            return None
        size = look_up(parts[1])
        if size is None:
            return None
        if self._next().kind in ("power", "raised") or self._exponent_follows(token):
            raise self._malformed(self._next(), "a unit has one exponent")
        return self._raise(size, self._integer(token, parts[2]), token)

    def _remark(self, token: Token) -> Size:
        """Return what braces that stand alone count."""
        inner = token.text[1:-1].strip()
        if inner[:1].isdigit():
            spelled = "(" + inner.replace("_", " ") + ")"
            raise self._refuse(
                "malformed",
                token.start,
                token.end,
                (spelled,) if self._is_unit(spelled) else (),
                "a remark in braces has no size; a reference area is a part of the unit",
            )
        if qualifies(token.text):
            raise self._malformed(token, "a remark in braces must not say which unit is meant")
        return counted(inner)

    def _is_unit(self, text: str) -> bool:
        try:
            Reader(text).size()
        except RefusedError:
            return False
        return True

    def _raised(self, size: Size, base: Token) -> Size:
        token = self._next()
        if token.kind == "raised":
            self._take()
            power = self._integer(token, lowered(token.text))
        elif token.kind == "power":
            self._take()
            power = self._exponent()
        elif base.kind == "name" and self._exponent_follows(self.tokens[self.index - 1]):
            sign, digits = self._signed()
            power = self._integer(digits, sign + digits.text)
        else:
            if token.kind == "sign":
                raise self._refuse("malformed", token.start, token.start, ("^",))
            return size
        if base.kind == "number" and power.denominator != 1:
            raise self._malformed(base, "a number in a unit has a whole exponent")
        if self._next().kind in ("power", "raised", "sign"):
            raise self._malformed(self._next(), "a unit has one exponent")
        return self._raise(size, power, token)

    def _exponent_follows(self, base: Token) -> bool:
        """Whether a sign and a number adjoin, as in UCUM's `s-1`."""
        sign, digits = self._next(), self._ahead(1)
        adjoined = base.end == sign.start and sign.end == digits.start
        return adjoined and sign.kind == "sign" and digits.kind == "number"

    def _exponent(self) -> Fraction:
        token = self._next()
        if token.kind != "open":
            sign, digits = self._signed()
            return self._integer(digits, sign + digits.text)
        self._take()
        sign, digits = self._signed()
        above = self._integer(digits, sign + digits.text)
        below = Fraction(1)
        if self._next().kind == "over":
            self._take()
            divisor = self._take()
            if divisor.kind != "number":
                raise self._unexpected(divisor)
            below = self._integer(divisor, divisor.text, is_divisor=True)
        closing = self._take()
        if closing.kind != "close":
            raise self._malformed(token, "this bracket is never closed")
        return above / below

    def _signed(self) -> tuple[str, Token]:
        sign = self._take().text if self._next().kind == "sign" else ""
        token = self._take()
        if token.kind != "number":
            raise self._malformed(token, EXPONENT)
        return sign, token

    def _integer(self, token: Token, text: str, *, is_divisor: bool = False) -> Fraction:
        number = whole(text, is_divisor=is_divisor)
        if isinstance(number, Fraction):
            return number
        kind, reason = number
        candidates = simple_fraction(text) if reason == EXPONENT else ()
        raise self._refuse(kind, token.start, token.end, candidates, reason)

    def _raise(self, size: Size, power: Fraction, token: Token) -> Size:
        raised = check_power(size, power)
        if raised is None:
            raise self._too_large(token, "this power is too large for a unit")
        return raised

    def _refuse(
        self, kind: Kind, start: int, end: int, candidates: tuple[str, ...] = (), reason: str = ""
    ) -> RefusedError:
        return RefusedError(UnitProblem(kind, self.text, start, end, candidates, reason))

    def _malformed(self, token: Token, reason: str) -> RefusedError:
        return self._refuse("malformed", token.start, token.end, (), reason)

    def _too_large(self, token: Token, reason: str) -> RefusedError:
        return self._refuse("too large", token.start, token.end, (), reason)

    def _unexpected(self, token: Token) -> RefusedError:
        if token.kind == "end":
            return self._malformed(token, "a unit is missing at the end")
        return self._malformed(token, "a unit is missing before this")

    def _mixed(self, slash: Token, times: Token) -> RefusedError:
        candidates: tuple[str, ...] = ()
        if "(" not in self.text:
            below, *others = re.split(r"[*·⋅.]", self.text[slash.end :])
            if not any("/" in other for other in others):
                inside = "*".join([below.strip(), *(other.strip() for other in others)])
                above = "*".join([self.text[: slash.start].strip(), *(o.strip() for o in others)])
                candidates = (f"{self.text[: slash.start]}/({inside})", f"{above}/{below.strip()}")
                candidates = tuple(text for text in candidates if self._is_unit(text))
        return self._refuse(
            "ambiguous", 0, len(self.text), candidates, f"`{times.text}` after `/` is read two ways"
        )


def _prefixed(size: Size, prefix: Fraction) -> Size:
    """Return a size with a prefix, which belongs to its unit if that stands alone."""
    if len(size.factors) == 1 and size.factors[0].power == 1 and size.factors[0].entry is not None:
        entry, number = size.factors[0].entry, size.factors[0].number
        return Size.of_entry(entry, number * prefix)
    return Size.of_number(prefix).times(size)
