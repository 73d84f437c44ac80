"""Examples and `always` sentences to claims in SI."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lawc.analysis.elaborate import elaborate, si_value
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.knowledge.expression import Expression
from lawc.knowledge.law import Always, Claim, Example
from lawc.syntax.document import AlwaysLine, ExampleLine, Word
from lawc.syntax.tree import Binary, Negative, Node, Number
from lawc.units.unit import PLAIN, Unit

ROUNDING = 1e-9
"""Relative tolerance of an example whose value is not a literal."""

# To ask an enumeration for a member takes several times as long.
_ALWAYS = {always.value: always for always in Always}
_LITERAL = re.compile(r"\d*\.?(?P<decimals>\d*)(?:\(\d+\))?(?:[eE](?P<power>[+-]?\d+))?$")


def read_example(line: ExampleLine, scope: Scope) -> Example | Node:
    """Return an example, or the first value that is not made of numbers.

    Raises:
        UnreadableError: A part could not be read.
    """
    fixed = {name: constant.value for name, constant in scope.constants.items()}
    node = line.value
    try:
        value = _value(node, scope, fixed)
        given: dict[str, float] = {}
        for name, node in line.given:
            given[name.name] = _value(node, scope, fixed)
        node = line.tolerance or line.value
        tolerance = _tolerance(line, value, scope, fixed)
    except NoValueError:
        return node
    return Example(line.quantity.name, value, tolerance, given, line.place)


def read_claim(line: AlwaysLine, scope: Scope) -> Claim:
    """Return an `always` sentence.

    Raises:
        UnreadableError: A part could not be read.
    """
    towards: Expression | str | None = None
    if isinstance(line.towards, Word):
        towards = line.towards.text
    elif line.towards is not None:
        towards = elaborate(line.towards, scope)
    return Claim(
        _ALWAYS[line.form],
        elaborate(line.subject, scope),
        line.by.name if line.by is not None else None,
        elaborate(line.value, scope) if line.value is not None else None,
        towards,
        tuple(elaborate(condition, scope) for condition in line.where),
        line.text,
        line.place,
    )


def is_relative(tolerance: Node, value: Node) -> bool:
    """Return whether a tolerance is a share of the value: `within 1 [%]`."""
    share = _unit_of(tolerance)
    own = _unit_of(value)
    return (
        share is not None
        and share.text in ("%", "percent")
        and (own is None or own.text != share.text)
    )


def _value(node: Node, scope: Scope, fixed: Mapping[str, float]) -> float:
    """Return the value of an expression of numbers and constants, mostly a literal.

    Raises:
        NoValueError: It has none.
    """
    if type(node) is Number:
        return float(si_value(node))
    return evaluate(elaborate(node, scope), fixed)


def _tolerance(line: ExampleLine, value: float, scope: Scope, fixed: Mapping[str, float]) -> float:
    unit = _unit_of(line.value) or PLAIN
    if line.tolerance is None:
        half = _half_digit(line.value)
        return ROUNDING * abs(value) if half is None else abs(half * unit.factor)
    given = _value(line.tolerance, scope, fixed)
    if is_relative(line.tolerance, line.value):
        return abs(given * value)
    own = _unit_of(line.tolerance)
    if own is None:
        return abs(given * unit.factor)
    # A tolerance is a difference, so the zero of its scale does not count.
    return abs(given - own.offset)


def _half_digit(node: Node) -> float | None:
    """Return half a unit of the last printed digit of a literal."""
    while isinstance(node, Negative):
        node = node.of
    if not isinstance(node, Number) or node.text.startswith("pi"):
        return None
    digits = _LITERAL.match(node.text)
    if digits is None:
        return None
    return 0.5 * 10.0 ** (int(digits["power"] or 0) - len(digits["decimals"]))


def _unit_of(node: Node) -> Unit | None:
    """Return the unit of the first literal that has one."""
    if type(node) is Number:
        return read_unit(node.unit) if node.unit is not None else None
    match node:
        case Negative(_, of):
            return _unit_of(of)
        case Binary(_, _, left, right):
            return _unit_of(left) or _unit_of(right)
    return None
