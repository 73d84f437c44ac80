"""Formulas of SBML as plain MathML: functions put in, symbols of its own turned into names.

A function of a model is a formula with holes, so a call is the formula with the holes filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import Element
from lawc.importers.mathml import HIGHEST, MATHML, read_value
from lawc.syntax.tree import Node

TIME = "#time"
RATE_OF = "#rate "
"""What stands before the symbol whose rate of change is meant."""

MOST = 50_000
DEEPEST = 60

_AVOGADRO = "6.02214179e23"
_SYMBOLS = "http://www.sbml.org/sbml/symbols/"
_OF_NOTHING = {"plus": "0", "times": "1"}
_TRUTH_OF_NOTHING = {"and": "true", "or": "false", "xor": "false"}


@dataclass
class Formulas:
    """The formulas of one model.

    Attributes:
        functions: The lambda of each.
        units: Namespace of the attribute that gives the units of a number.
    """

    functions: Mapping[str, Element]
    units: str
    _made: int = field(default=0, init=False)

    def read(self, element: Element) -> Node:
        """Return a formula; names are ids, `#time` and `#rate ID`.

        Raises:
            ImportRefusedError: It has an element that is not understood, or is too large.
        """
        plain = self._plain(element, {}, 0)
        size, height = _written_out(plain)
        if size > MOST or height > HIGHEST:
            raise ImportRefusedError(f"line {element.line}: the formulas are too large")
        return read_value(plain, self.units)

    def _plain(self, element: Element, holes: Mapping[str, Element], depth: int) -> Element:
        self._made += 1
        if self._made > MOST or depth > DEEPEST:
            raise ImportRefusedError(f"line {element.line}: the formulas are too large")
        if element.namespace == MATHML:
            match element.name:
                case "ci":
                    return holes.get(element.text.strip(), element)
                case "semantics" if element.children:
                    return self._plain(element.children[0], holes, depth + 1)
                case "csymbol":
                    return _symbol(element)
                case "apply" if element.children:
                    return self._apply(element, holes, depth)
        return self._copy(element, [self._plain(c, holes, depth + 1) for c in element.children])

    def _apply(self, element: Element, holes: Mapping[str, Element], depth: int) -> Element:
        head, *rest = element.children
        values = [self._plain(each, holes, depth + 1) for each in rest]
        if head.name == "csymbol":
            match head.attributes.get("definitionURL", ""), values:
                case url, [Element(name="ci") as of] if url == f"{_SYMBOLS}rateOf":
                    return _named(of, RATE_OF + of.text.strip())
            raise _odd(head)
        if head.name == "ci":
            return self._called(head, values, depth)
        if not values and head.name in _OF_NOTHING:
            return Element(MATHML, "cn", {}, element.line, [], _OF_NOTHING[head.name])
        if not values and head.name in _TRUTH_OF_NOTHING:
            return Element(MATHML, _TRUTH_OF_NOTHING[head.name], {}, element.line)
        if head.name in ("and", "or", "xor", "min", "max") and len(values) == 1:
            return values[0]
        if head.name == "implies" and len(values) == 2:
            no = self._copy(element, [Element(MATHML, "not", {}, head.line), values[0]])
            return self._copy(element, [Element(MATHML, "or", {}, head.line), no, values[1]])
        return self._copy(element, [head, *values])

    def _called(self, head: Element, values: list[Element], depth: int) -> Element:
        name = head.text.strip()
        function = self.functions.get(name)
        if function is None or function.name != "lambda" or not function.children:
            raise ImportRefusedError(f"line {head.line}: there is no function {name[:40]!r}")
        *bound, body = function.children
        holes = [each.children[0].text.strip() for each in bound if each.children]
        if len(holes) != len(values) or len(holes) != len(bound):
            raise ImportRefusedError(
                f"line {head.line}: {name[:40]} takes {len(bound)} values, not {len(values)}"
            )
        return self._plain(body, dict(zip(holes, values, strict=True)), depth + 1)

    @staticmethod
    def _copy(element: Element, children: list[Element]) -> Element:
        return Element(
            element.namespace,
            element.name,
            element.attributes,
            element.line,
            children,
            element.text,
        )


def _written_out(element: Element) -> tuple[int, int]:
    """Return how many parts a formula has as text, and how far they nest.

    One value stands in all holes of its name, so that what is small here may be vast as text.
    """
    known: dict[int, tuple[int, int]] = {}
    stack = [element]
    while stack:
        open_ = [child for child in stack[-1].children if id(child) not in known]
        if open_:
            stack += open_
            continue
        one = stack.pop()
        inner = [known[id(child)] for child in one.children]
        known[id(one)] = (
            1 + sum(size for size, _ in inner),
            max((height for _, height in inner), default=0) + (one.name in ("apply", "piecewise")),
        )
    return known[id(element)]


def _symbol(element: Element) -> Element:
    match element.attributes.get("definitionURL", "").removeprefix(_SYMBOLS):
        case "time":
            return _named(element, TIME)
        case "avogadro":
            return Element(MATHML, "cn", {}, element.line, [], _AVOGADRO)
    raise _odd(element)


def _named(element: Element, name: str) -> Element:
    return Element(MATHML, "ci", {}, element.line, [], name)


def _odd(element: Element) -> ImportRefusedError:
    what = element.attributes.get("definitionURL", "").rpartition("/")[2] or element.text.strip()
    return ImportRefusedError(f"line {element.line}: {what[:40]!r} is not understood in a formula")
