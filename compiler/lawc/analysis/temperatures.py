"""Temperatures on a scale with a zero of its own, °C or °F: where they may stand.

Inside a formula such a symbol stands for its value in kelvin. An author who multiplies it may have
meant the number of degrees, so a product is refused; a difference, a comparison and `value` mean
the same either way.
"""

from __future__ import annotations

from itertools import pairwise

from lawc.analysis.findings import finding, shown
from lawc.analysis.scope import Scope, roots
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Name,
    Negative,
    Node,
    Number,
    parts,
)
from lawc.units.unit import Unit

_DONE = {"*": "multiplied", "/": "divided", "^": "raised to a power"}
_KEEPING = frozenset(("abs", "min", "max"))
_SPELLED = {"degC": "°C", "celsius": "°C", "degF": "°F", "fahrenheit": "°F"}
ICE_POINT = 273.15


def check_temperatures(scope: Scope) -> list[Diagnostic]:
    """Return a finding for each symbol or number on such a scale that is used as if it had none."""
    if not scope.scales:
        return []
    walk = _Walk(scope)
    for root in roots(scope.block):
        walk.scale(root)
    block = scope.block
    for one, other in [
        *((line.left, line.right) for line in block.equations),
        *((line.left, line.right) for line in block.initial),
        *((change.left, change.right) for event in block.events for change in event.changes),
    ]:
        walk.pair(one, other, "set equal to a difference")
    return list(walk.findings.values())


class _Walk:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.findings: dict[str, Diagnostic] = {}

    def scale(self, node: Node) -> tuple[Node, Unit] | None:
        """Return the part that makes an expression a value on such a scale, and its unit."""
        match node:
            case Name(_, name):
                quantity = self.scope.quantities.get(name)
                return (node, quantity.unit) if quantity and quantity.unit.offset else None
            case Number(_, _, _, written):
                unit = read_unit(written) if written is not None else None
                return (node, unit) if unit is not None and unit.offset else None
            case Derivative():
                return None
            case Negative(_, of):
                return self._refused(self.scale(of), "negated")
            case Binary(_, operator, left, right) if operator in _DONE:
                for side in (left, right):
                    self._refused(self.scale(side), _DONE[operator])
                return None
            case Binary(_, operator, left, right):
                return self._sum(operator, left, right)
            case Call(_, function, arguments):
                return self._call(function.name, arguments)
            case Comparison(_, _, operands):
                for one, other in pairwise(operands):
                    self.pair(one, other, "compared with a difference")
                return None
            case Choice(_, condition, then, otherwise):
                self.scale(condition)
                return self.scale(then) or self.scale(otherwise)
        for part in parts(node):
            self.scale(part)
        return None

    def pair(self, one: Node, other: Node, done: str) -> None:
        """Refuse a value on a scale beside a difference of two: 0 K is not 0 °C."""
        found = self.scale(one), self.scale(other)
        if self._is_difference(one):
            self._refused(found[1], done)
        if self._is_difference(other):
            self._refused(found[0], done)

    def _is_difference(self, node: Node) -> bool:
        match node:
            case Binary(_, "-", left, right):
                if self.scale(right) is not None:
                    return not self._is_difference(left)
                return self._is_difference(left) and self.scale(left) is None
            case Binary(_, "+", left, right):
                sides = (self._is_difference(left), self._is_difference(right))
                return any(sides) and self.scale(left) is None and self.scale(right) is None
            case Negative(_, of):
                return self._is_difference(of)
            case Call(_, function, arguments) if function.name in _KEEPING:
                return any(self._is_difference(argument) for argument in arguments)
        return False

    def _sum(self, operator: str, left: Node, right: Node) -> tuple[Node, Unit] | None:
        one, other = self.scale(left), self.scale(right)
        if operator == "-" and self._is_difference(left):
            return self._refused(other, "subtracted from a difference")
        if operator == "-" and one is not None and other is not None:
            return None
        if operator == "-" and other is not None:
            # A value in kelvin less a temperature is a difference, whatever its scale.
            return None
        if one is not None and other is not None:
            return self._refused(one, "added to another temperature")
        found, rest = (one, right) if one is not None else (other, left)
        if found is not None and isinstance(rest, Number) and rest.value == ICE_POINT:
            return self._refused(found, "shifted by 273.15 once more")
        return found

    def _call(self, name: str, arguments: tuple[Node, ...]) -> tuple[Node, Unit] | None:
        if name == "value":
            if arguments and not isinstance(arguments[0], Name | Number):
                self.scale(arguments[0])
            return None
        found = [self.scale(argument) for argument in arguments]
        if name in _KEEPING:
            return next((f for f in found if f is not None), None)
        for one in found:
            self._refused(one, f"the argument of `{name}`")
        return None

    def _refused(self, found: tuple[Node, Unit] | None, done: str) -> None:
        if found is None:
            return
        node, unit = found
        text = self.scope.text(node)
        degrees = node.value if isinstance(node, Number) else 20
        scale = _SPELLED.get(unit.text, unit.text)
        kelvin = shown(unit.to_si(degrees))
        subject = f"`{text}`" if isinstance(node, Name) else "a temperature"
        if isinstance(node, Name):
            help = (
                f"declare `{text}` in [K], or write `value({text}, [{unit.text}])` for the number "
                f"of {scale}"
            )
        else:
            help = f"write `{kelvin} [K]`, or `{shown(degrees)} [K]` for a difference"
        others = []
        if isinstance(node, Name) and text in self.scope.declared:
            line, _ = self.scope.declared[text]
            if line.unit is not None:
                others.append((line.unit.place, "a scale whose zero is not absolute zero"))
        self.findings.setdefault(
            text,
            finding(
                "L0206",
                f"{subject} in {scale} is {done}",
                node.place,
                f"{shown(degrees)} {scale} stands for {kelvin} K here, not for {shown(degrees)}",
                others=others,
                note="a temperature on such a scale may be compared, subtracted from another, or "
                "read with `value`",
                help=help,
            ),
        )
