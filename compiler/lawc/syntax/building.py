"""Make nodes from what the grammar recognised: one function for each named alternative.

Each takes the source's path, the values of the alternative's parts (brackets and signs included)
and the range of text they cover.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import superscript_value
from lawc.syntax.derivatives import nested
from lawc.syntax.document import Word
from lawc.syntax.refusal import refusal
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Fold,
    Index,
    Integral,
    Logic,
    Name,
    Negative,
    Number,
    Range,
    UnitText,
)
from lawc.syntax.writing import write

Builder = Callable[[str, list[Any], int, int], Any]

_UNCERTAINTY = re.compile(r"\(([0-9]+)\)")


def _nothing(path: str, parts: list[Any], start: int, end: int) -> None:
    return None


def _no_items(path: str, parts: list[Any], start: int, end: int) -> tuple[Any, ...]:
    return ()


def _tuple(path: str, parts: list[Any], start: int, end: int) -> tuple[Any, ...]:
    return tuple(parts)


def _only(path: str, parts: list[Any], start: int, end: int) -> Any:
    return parts[0]


def _second(path: str, parts: list[Any], start: int, end: int) -> Any:
    return parts[1]


def _first_item(path: str, parts: list[Any], start: int, end: int) -> tuple[Any, ...]:
    return (parts[0],)


def _next_item(path: str, parts: list[Any], start: int, end: int) -> tuple[Any, ...]:
    return (*parts[0], parts[2])


def _name(path: str, parts: list[Any], start: int, end: int) -> Name:
    return Name(Place(path, start, end), parts[0])


def _unit(path: str, parts: list[Any], start: int, end: int) -> UnitText:
    text, offset = parts[0]
    return UnitText(Place(path, offset, offset + len(text)), text)


def _number(path: str, parts: list[Any], start: int, end: int) -> Number:
    text = parts[0]
    unit = _unit(path, parts[1:], start, end) if len(parts) == 2 else None
    if text.isdigit():
        return Number(Place(path, start, end), text, int(text), unit)
    value, uncertainty = _value(text)
    return Number(Place(path, start, end), text, value, unit, uncertainty)


def _value(text: str) -> tuple[int | float, float]:
    """Return the value and the uncertainty of a literal such as `6.67430(15)e-11`."""
    if text == "pi":
        return math.pi, 0.0
    if text.isdigit():
        return int(text), 0.0
    if "(" not in text:
        return float(text), 0.0
    bracket = _UNCERTAINTY.search(text)
    assert bracket is not None
    digits, tens = text[: bracket.start()], text[bracket.end() :]
    decimals = len(digits) - digits.index(".") - 1
    places = int(tens[1:] or "0") - decimals
    return float(digits + tens), float(f"{bracket[1]}e{places}")


def _measured(path: str, parts: list[Any], start: int, end: int) -> Number:
    """Read `8.3 ± 0.1 [J/mol/K]`."""
    unit = _unit(path, parts[3:], start, end) if len(parts) == 4 else None
    value, _ = _value(parts[0])
    uncertainty, _ = _value(parts[2])
    text = f"{parts[0]} ± {parts[2]}"
    return Number(Place(path, start, end), text, value, unit, float(uncertainty))


def _negative_constant(path: str, parts: list[Any], start: int, end: int) -> Number:
    """Read the value of a constant below zero as one number."""
    size: Number = parts[1]
    place = Place(path, start, end)
    return Number(place, f"-{size.text}", -size.value, size.unit, size.uncertainty)


def _derivative(path: str, parts: list[Any], start: int, end: int) -> Derivative:
    return parts[0]


def _derivative_of(path: str, parts: list[Any], start: int, end: int) -> Derivative:
    place = Place(path, start, end)
    return nested(place, parts[2], parts[0])


def _nabla(path: str, parts: list[Any], start: int, end: int) -> Call:
    """Read `∇u`, `∇·v`, `∇×v`, `∇²u` as the function that each means."""
    operator, function = parts[0]
    return Call(Place(path, start, end), Name(operator, function), (parts[1],))


def _along(path: str, parts: list[Any], start: int, end: int) -> Call:
    """Read `(v·∇)u`."""
    place, vector = parts[0]
    return Call(Place(path, start, end), Name(place, "along"), (vector, parts[1]))


def _index(path: str, parts: list[Any], start: int, end: int) -> Index:
    name = Name(Place(path, start, start + len(parts[0])), parts[0])
    return Index(Place(path, start, end), name, parts[2])


def _element(path: str, parts: list[Any], start: int, end: int) -> Name:
    """Read an element that a line speaks of, such as `v[x]`, as one name."""
    index = _index(path, parts, start, end)
    return Name(index.place, write(index))


def _fold(path: str, parts: list[Any], start: int, end: int) -> Fold:
    operator, _, index, _, over, _, of, _ = parts
    return Fold(Place(path, start, end), operator, index, over, of)


def _integral(path: str, parts: list[Any], start: int, end: int) -> Integral:
    _, _, of, _, by, _, low, _, high, _ = parts
    return Integral(Place(path, start, end), of, by, low, high)


def _span(path: str, parts: list[Any], start: int, end: int) -> Range:
    return Range(Place(path, start, end), parts[0], parts[2])


def _call(path: str, parts: list[Any], start: int, end: int) -> Call:
    return Call(Place(path, start, end), parts[0], parts[2])


def _negative(path: str, parts: list[Any], start: int, end: int) -> Negative:
    return Negative(Place(path, start, end), parts[1])


def _binary(path: str, parts: list[Any], start: int, end: int) -> Binary:
    return Binary(Place(path, start, end), parts[1], parts[0], parts[2])


def _superscript(path: str, parts: list[Any], start: int, end: int) -> Binary:
    text: str = parts[1]
    place = Place(path, end - len(text), end)
    value = superscript_value(text)
    if value is None:
        raise refusal("L0101", "this raised text is no number", place, help="write `^` and a power")
    digits = place if value >= 0 else Place(path, place.start + 1, end)
    size = Number(digits, str(abs(value)), abs(value))
    exponent = size if value >= 0 else Negative(place, size)
    return Binary(Place(path, start, end), "^", parts[0], exponent)


def _comparison(path: str, parts: list[Any], start: int, end: int) -> Comparison:
    return Comparison(Place(path, start, end), (parts[1],), (parts[0], parts[2]))


def _chain(path: str, parts: list[Any], start: int, end: int) -> Comparison:
    before: Comparison = parts[0]
    place = Place(path, start, end)
    return Comparison(place, (*before.operators, parts[1]), (*before.operands, parts[2]))


def _logic(path: str, parts: list[Any], start: int, end: int) -> Logic:
    """Join conditions; a chain of one operator is one node, unless brackets group it."""
    left, operator, right = parts
    place = Place(path, start, end)
    if isinstance(left, Logic) and left.operator == operator and left.place.start == start:
        return Logic(place, operator, (*left.operands, right))
    return Logic(place, operator, (left, right))


def _negation(path: str, parts: list[Any], start: int, end: int) -> Logic:
    return Logic(Place(path, start, end), "not", (parts[1],))


def _choice(path: str, parts: list[Any], start: int, end: int) -> Choice:
    return Choice(Place(path, start, end), parts[1], parts[3], parts[5])


def _infinity(path: str, parts: list[Any], start: int, end: int) -> Word:
    return Word(Place(path, start, end), "oo" if len(parts) == 1 else "-oo")


def _range(path: str, parts: list[Any], start: int, end: int) -> tuple[Any, Any]:
    return parts[0], parts[2]


def _scale(path: str, parts: list[Any], start: int, end: int) -> bool:
    return True


def _shape(path: str, parts: list[Any], start: int, end: int) -> int:
    return int(parts[0][-1])


BUILDERS: dict[str, Builder] = {
    "along": _along,
    "at_point": _tuple,
    "always": _tuple,
    "binary": _binary,
    "brackets": _second,
    "call": _call,
    "chain": _chain,
    "choice": _choice,
    "claim_about": _tuple,
    "claim_comparison": _tuple,
    "claim_constant": _tuple,
    "claim_falls": _tuple,
    "claim_limit": _tuple,
    "claim_rises": _tuple,
    "claim_scales": _tuple,
    "comparison": _comparison,
    "declaration": _tuple,
    "derivative": _derivative,
    "derivative_of": _derivative_of,
    "element": _element,
    "example": _tuple,
    "first_item": _first_item,
    "hole": _tuple,
    "fold": _fold,
    "index": _index,
    "infinity": _infinity,
    "initial": _tuple,
    "integral": _integral,
    "logic": _logic,
    "measured": _measured,
    "nabla": _nabla,
    "name": _name,
    "negation": _negation,
    "negative": _negative,
    "negative_constant": _negative_constant,
    "next_item": _next_item,
    "no_items": _no_items,
    "nothing": _nothing,
    "number": _number,
    "on_part": _tuple,
    "only": _only,
    "periodic": _tuple,
    "range": _range,
    "relation": _tuple,
    "scale": _scale,
    "second": _second,
    "setting": _tuple,
    "shape": _shape,
    "span": _span,
    "superscript": _superscript,
    "unit": _unit,
    "valid": _tuple,
}
