"""Read a unit as an author wrote it: from text to `Unit`, or to what is wrong with the text.

The grammar is small and our own: names with an optional prefix, numbers, `*`, `/`, `^`,
brackets. A text is never handed to a library: those drop characters they do not know, or hang.
A text with two readings is refused, with both of them spelled out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from lawc.units.dimension import NONE, Dimension
from lawc.units.nearby import near_spellings
from lawc.units.problem import Kind, RefusedError, UnitProblem
from lawc.units.scanning import Token, lowered, scan
from lawc.units.table import refusals, spellings
from lawc.units.unit import PLAIN, Unit

LONGEST = 120
MOST_FACTORS = 12
DEEPEST = 4
LARGEST_EXPONENT = 64
LARGEST_DENOMINATOR = 12
MOST_BITS = 2048


def parse_unit(text: str) -> Unit | UnitProblem:
    """Return the unit that a text without brackets stands for, or why there is none.

    An empty text and `1` are the plain number. Takes time linear in the length of the text.
    """
    if len(text) > LONGEST:
        return UnitProblem(
            "too large", text, 0, len(text), (), f"a unit has at most {LONGEST} characters"
        )
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Unit | UnitProblem:
    try:
        return _Reader(text).unit()
    except RefusedError as refused:
        return refused.problem


@dataclass(frozen=True, slots=True)
class _Size:
    """A factor as `exact * pi**pi * rounded`, and its dimension."""

    exact: Fraction = Fraction(1)
    pi: Fraction = Fraction(0)
    rounded: float = 1.0
    dimension: Dimension = NONE

    def times(self, other: _Size) -> _Size:
        return _Size(
            self.exact * other.exact,
            self.pi + other.pi,
            self.rounded * other.rounded,
            self.dimension * other.dimension,
        )

    def power(self, power: Fraction) -> _Size:
        exact, rounded = Fraction(1), self.rounded ** float(power)
        if power.denominator == 1:
            exact = self.exact**power.numerator
        else:
            rounded *= float(self.exact) ** float(power)
        return _Size(exact, self.pi * power, rounded, self.dimension**power)

    def value(self) -> float:
        return float(self.exact) * math.pi ** float(self.pi) * self.rounded


class _Reader:
    """One pass over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = scan(text)
        self.index = 0
        self.factors = 0
        self.depth = 0
        self.scale: Token | None = None

    def unit(self) -> Unit:
        if self._next().kind == "end":
            return PLAIN
        size = self._product()
        token = self._next()
        if token.kind == "close":
            raise self._malformed(token, "this bracket was never opened")
        if token.kind != "end":
            raise self._malformed(token, "a unit ends before this")
        if self.scale is not None and not self._stands_alone(self.scale):
            raise self._offset(self.scale)
        factor = self._factor(size)
        if self.scale is not None:
            entry, _ = spellings()[self.scale.text]
            return Unit(self.text.strip(), size.dimension, factor, float(entry.offset))
        if size.dimension.is_none and factor == 1.0:
            return PLAIN
        return Unit(self.text.strip(), size.dimension, factor)

    def _next(self) -> Token:
        return self.tokens[self.index]

    def _take(self) -> Token:
        token = self.tokens[self.index]
        self.index += token.kind != "end"
        return token

    def _product(self) -> _Size:
        first = self._next()
        size = self._term()
        if first.kind == "number" and self._next().kind in ("name", "open"):
            size = size.times(self._term())
        slash: Token | None = None
        while True:
            token = self._next()
            if token.kind == "over":
                slash = slash or token
                self._take()
                size = size.times(self._power(self._term(), Fraction(-1), token))
            elif token.kind == "times":
                if slash is not None:
                    raise self._mixed(slash, token)
                self._take()
                size = size.times(self._term())
            else:
                self._check_end_of_product(token)
                return size

    def _check_end_of_product(self, token: Token) -> None:
        if token.kind not in ("name", "number", "open"):
            return
        before = self.tokens[self.index - 1]
        if (
            before.kind == "number"
            and self.index >= 2
            and self.tokens[self.index - 2].kind
            in (
                "over",
                "times",
            )
        ):
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

    def _term(self) -> _Size:
        token = self._take()
        if token.kind == "open":
            size = self._group(token)
            return self._raised(size, token)
        if token.kind not in ("name", "number"):
            raise self._unexpected(token)
        self.factors += 1
        if self.factors > MOST_FACTORS:
            raise self._too_large(token, f"a unit has at most {MOST_FACTORS} factors")
        if token.kind == "number":
            return self._raised(self._number(token), token)
        return self._raised(self._named(token), token)

    def _group(self, opening: Token) -> _Size:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._too_large(opening, f"brackets nest at most {DEEPEST} deep")
        size = self._product()
        closing = self._take()
        if closing.kind != "close":
            raise self._malformed(opening, "this bracket is never closed")
        self.depth -= 1
        return size

    def _number(self, token: Token) -> _Size:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > 24 or len(exponent) > 4 or abs(int(exponent or 0)) > LARGEST_EXPONENT:
            raise self._too_large(token, "this number is too long or too large for a unit")
        value = Fraction(token.text)
        if value == 0:
            raise self._malformed(token, "a unit of size zero measures nothing")
        return _Size(value)

    def _named(self, token: Token) -> _Size:
        refusal = refusals().get(token.text)
        if refusal is not None:
            kind: Kind = "ambiguous" if refusal.kind == "ambiguous" else "unknown"
            raise self._refuse(kind, token.start, token.end, refusal.candidates, refusal.reason)
        found = spellings().get(token.text)
        if found is None:
            raise self._refuse("unknown", token.start, token.end, near_spellings(token.text))
        entry, prefix = found
        if entry.offset:
            self.scale = self.scale or token
        return _Size(entry.ratio * prefix, Fraction(entry.pi), 1.0, entry.dimension)

    def _raised(self, size: _Size, base: Token) -> _Size:
        token = self._next()
        if token.kind == "raised":
            self._take()
            power = self._integer(token, lowered(token.text))
        elif token.kind == "power":
            self._take()
            power = self._exponent()
        else:
            if token.kind == "sign":
                raise self._refuse("malformed", token.start, token.start, ("^",))
            return size
        if base.kind == "number" and power.denominator != 1:
            raise self._malformed(base, "a number in a unit has a whole exponent")
        if self._next().kind in ("power", "raised"):
            raise self._malformed(self._next(), "a unit has one exponent")
        return self._power(size, power, token)

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
            below = self._integer(divisor, divisor.text)
            if below > LARGEST_DENOMINATOR:
                raise self._too_large(divisor, "the exponents of units are simple fractions")
        closing = self._take()
        if closing.kind != "close":
            raise self._malformed(token, "this bracket is never closed")
        return above / below

    def _signed(self) -> tuple[str, Token]:
        sign = self._take().text if self._next().kind == "sign" else ""
        token = self._take()
        if token.kind != "number":
            raise self._malformed(token, "an exponent is a whole number or a fraction in brackets")
        return sign, token

    def _integer(self, token: Token, text: str) -> Fraction:
        digits = text.lstrip("+-")
        if not digits.isdigit():
            simple = (
                Fraction(digits).limit_denominator(LARGEST_DENOMINATOR) if len(digits) < 9 else 0
            )
            raise self._refuse(
                "malformed",
                token.start,
                token.end,
                (f"({simple})",) if simple else (),
                "an exponent is a whole number or a fraction in brackets",
            )
        if len(digits) > 4 or int(digits) > LARGEST_EXPONENT:
            raise self._too_large(token, f"an exponent is at most {LARGEST_EXPONENT}")
        if int(digits) == 0:
            raise self._malformed(token, "an exponent of zero leaves no unit")
        return Fraction(int(text))

    def _power(self, size: _Size, power: Fraction, token: Token) -> _Size:
        bits = max(size.exact.numerator.bit_length(), size.exact.denominator.bit_length())
        largest = max((abs(e) for _, e in size.dimension.exponents), default=Fraction(0))
        if bits * abs(power) > MOST_BITS or largest * abs(power) > LARGEST_EXPONENT:
            raise self._too_large(token, "this power is too large for a unit")
        try:
            return size.power(power)
        except OverflowError:
            raise self._too_large(token, "this power is too large for a unit") from None

    def _factor(self, size: _Size) -> float:
        try:
            factor = size.value()
        except OverflowError:
            factor = math.inf
        if not 1e-300 < factor < 1e300:
            raise self._refuse(
                "too large", 0, len(self.text), (), "the size of this unit is out of range"
            )
        return factor

    def _stands_alone(self, scale: Token) -> bool:
        return all(t is scale or t.kind in ("open", "close", "end") for t in self.tokens)

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

    def _offset(self, scale: Token) -> RefusedError:
        entry, _ = spellings()[scale.text]
        return self._refuse(
            "offset",
            scale.start,
            scale.end,
            ("K",) if entry.ratio == 1 else ("degR", "K"),
            "a scale with its own zero cannot be multiplied or divided; a difference is in K",
        )

    def _mixed(self, slash: Token, times: Token) -> RefusedError:
        candidates: tuple[str, ...] = ()
        if "(" not in self.text:
            below, *others = re.split(r"[*·⋅]", self.text[slash.end :])
            if not any("/" in other for other in others):
                inside = "*".join([below.strip(), *(other.strip() for other in others)])
                above = "*".join([self.text[: slash.start].strip(), *(o.strip() for o in others)])
                candidates = (f"{self.text[: slash.start]}/({inside})", f"{above}/{below.strip()}")
        return self._refuse(
            "ambiguous", 0, len(self.text), candidates, "`*` after `/` is read in two ways"
        )
