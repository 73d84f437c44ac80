"""Formulas of a rule as MathML: names as whole words, choices and days as people write them.

Numbers count in the declared units of the quantities beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from html import escape

from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number
from lawc.knowledge.law import Quantity

_BINDS = {
    "where": 0, "or": 1, "and": 2, "not": 3, "less": 4, "less_equal": 4, "equal": 4,
    "is_known": 4, "is_applicable": 4, "add": 5, "subtract": 5, "negative": 6, "multiply": 6,
    "divide": 8, "power": 7,
}  # fmt: skip
_ATOM = 9
_INFIX = 4
"""How tightly words between two formulas bind, as `x rounded down to 1`."""
_RELATIONS = {"less": ("<", "≥"), "less_equal": ("≤", ">"), "equal": ("=", "≠")}
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_FENCES = {"floor": "⌊⌋", "ceiling": "⌈⌉", "abs": "||"}
ROUNDED = {
    "round_floor": "down", "round_ceiling": "up", "round_to_zero": "toward zero",
    "round_from_zero": "from zero", "round_half_from_zero": "nearest",
    "round_half_even": "half even",
}  # fmt: skip
"""How a number is rounded, in the words of the language."""


def number_text(value: Fraction) -> str:
    """Return a number as people write it: a decimal where it ends, else a fraction."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = f"{abs(value * 10**digits).numerator:0{digits + 1}d}"
    text = whole if digits == 0 else f"{whole[:-digits]}.{whole[-digits:]}"
    return f"−{text}" if value < 0 else text


def value_text(value: Fraction, quantity: Quantity | None) -> str:
    """Return a value of a quantity in words: one of its choices, a day, yes or no, a number."""
    if quantity is not None and value.denominator == 1:
        if quantity.choices and 0 <= value < len(quantity.choices):
            return quantity.choices[int(value)]
        if quantity.kind == "yes/no":
            return "yes" if value else "no"
        if quantity.kind == "date" and 1 <= value <= date.max.toordinal():
            return date.fromordinal(int(value)).isoformat()
    return number_text(value)


def name(text: str) -> str:
    """Return a name as one upright word."""
    return f'<mi mathvariant="normal">{escape(text)}</mi>'


class RuleSetter:
    """Sets the formulas of one rule."""

    def __init__(self, quantities: Mapping[str, Quantity]) -> None:
        self._quantities = quantities

    def of(self, formula: Formula, of: Quantity | None = None) -> str:
        """Return a formula; `of` is the quantity whose value it is, which says what words mean."""
        return self._set(formula, of)[0]

    def _set(self, formula: Formula, of: Quantity | None) -> tuple[str, int]:
        match formula:
            case Number(value):
                text = value_text(value, of)
                # A choice may begin with a digit, and is no number.
                if text != number_text(value):
                    return f"<mtext>{escape(text)}</mtext>", _ATOM
                binds = 6 if value < 0 else _BINDS["divide"] if "/" in text else _ATOM
                return f"<mn>{text}</mn>", binds
            case Named(text):
                return name(text), _ATOM
            case NotApplicable():
                return "<mtext>not applicable</mtext>", _ATOM
            case Apply():
                usual = _INFIX if formula.operation in ROUNDED else _ATOM
                return self._apply(formula, of), _BINDS.get(formula.operation, usual)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _apply(self, node: Apply, of: Quantity | None) -> str:
        parts = node.parts
        match node.operation:
            case "add":
                return self._signed(parts, "+", 5)
            case "subtract":
                return self._signed(parts, "−", 6)
            case "multiply":
                return self._signed(parts, "·", 6)
            case "negative":
                return _row("<mo>−</mo>", self._within(parts[0], 6))
            case "divide":
                return f"<mfrac>{self.of(parts[0])}{self.of(parts[1])}</mfrac>"
            case "power":
                return f"<msup>{self._within(parts[0], _ATOM)}{self.of(parts[1])}</msup>"
            case "and" | "or":
                binds = _BINDS[node.operation]
                word = _words(f" {node.operation} ")
                return _row(word.join(self._within(part, binds) for part in parts))
            case "not":
                return self._denied(parts[0])
            case "less" | "less_equal" | "equal":
                return self._related(parts, _RELATIONS[node.operation][0])
            case "is_known" | "is_applicable":
                word = node.operation.replace("_", " ")
                return _row(self._within(parts[0], 5), _words(f" {word}"))
            case "where":
                return self._cases(node, of)
            case "floor" | "ceiling" | "abs":
                left, right = _FENCES[node.operation]
                return _row(f"<mo>{left}</mo>", self.of(parts[0]), f"<mo>{right}</mo>")
            case "sqrt":
                return f"<msqrt>{self.of(parts[0])}</msqrt>"
            case rounding if rounding in ROUNDED:
                to = _words(f" rounded {ROUNDED[rounding]} to ")
                return _row(self._within(parts[0], 5), to, self._within(parts[1], 5))
        of = of if node.operation in ("min", "max") else None
        calendar = [name(node.name)] if node.name else []
        inner = "<mo>,</mo>".join([*(self.of(part, of) for part in parts), *calendar])
        return _row(name(node.operation), "<mo>(</mo>", inner, "<mo>)</mo>")

    def _signed(self, parts: tuple[Formula, ...], sign: str, binds: int) -> str:
        first = self._within(parts[0], 5 if sign != "·" else 6)
        return _row(first, f"<mo>{sign}</mo>", self._within(parts[1], binds))

    def _denied(self, part: Formula) -> str:
        if isinstance(part, Apply):
            if part.operation in _RELATIONS:
                return self._related(part.parts, _RELATIONS[part.operation][1])
            if part.operation in ("is_known", "is_applicable"):
                word = "is unknown" if part.operation == "is_known" else "is not applicable"
                return _row(self._within(part.parts[0], 5), _words(f" {word}"))
        return _row(_words("not "), self._within(part, 3))

    def _related(self, parts: tuple[Formula, ...], sign: str) -> str:
        if isinstance(parts[0], Number) and not isinstance(parts[1], Number):
            # `3 <= x` is read as people write it.
            parts, sign = (parts[1], parts[0]), _MIRRORED.get(sign, sign)
        of = next((q for part in parts if (q := self._quantity(part)) is not None), None)
        left, right = (self._within(part, 5, of) for part in parts)
        return _row(left, f"<mo>{escape(sign)}</mo>", right)

    def _quantity(self, part: Formula) -> Quantity | None:
        return self._quantities.get(part.name) if isinstance(part, Named) else None

    def _cases(self, node: Formula, of: Quantity | None) -> str:
        rows: list[str] = []
        while isinstance(node, Apply) and node.operation == "where":
            condition, then, node = node.parts
            rows.append(_cell(self.of(then, of), _words("if ") + self.of(condition)))
        rows.append(_cell(self.of(node, of), "<mtext>otherwise</mtext>"))
        return _row("<mo>{</mo>", f'<mtable columnalign="left left">{"".join(rows)}</mtable>')

    def _within(self, part: Formula, binds: int, of: Quantity | None = None) -> str:
        text, own = self._set(part, of)
        return text if own >= binds else _row("<mo>(</mo>", text, "<mo>)</mo>")


def _words(text: str) -> str:
    # Spaces at the ends of a text fall away unless they cannot be broken.
    return f"<mtext>{escape(text).replace(' ', '&#160;')}</mtext>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _cell(*cells: str) -> str:
    return f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in cells)}</mtr>"
