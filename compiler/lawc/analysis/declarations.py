"""Lines under `symbols` to quantities: units, ranges and defaults."""

from __future__ import annotations

import math

from lawc.analysis.findings import finding, shown
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.analysis.vocabulary import choices_of
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Quantity
from lawc.syntax.document import Block, Declaration
from lawc.syntax.tree import Binary, Broken, Name, Negative, Node, Number, walk
from lawc.units.unit import Unit

CHOOSING = ("one of", "yes/no")

Ends = tuple[float | None, float | None, float | None]


class _NotANumberError(Exception):
    def __init__(self, found: Diagnostic | None) -> None:
        self.found = found


def read_declarations(
    block: Block, declared: dict[str, tuple[Declaration, Name]], source: Source
) -> tuple[dict[str, Quantity], list[Diagnostic]]:
    """Return the quantities whose line can be read, and what is wrong with the others.

    A line without a unit, or with one that is none, is left to the inference of dimensions, which
    can say what is missing.
    """
    quantities: dict[str, Quantity] = {}
    findings: list[Diagnostic] = []
    for line in block.symbols:
        if line.unit is None:
            continue
        unit = read_unit(line.unit)
        if unit is None:
            continue
        low, high, default = _ends(line, unit, source, findings)
        depends = tuple(name.name for name in line.depends) if line.depends else ()
        for name in line.names:
            if name.name not in declared or declared[name.name][0] is not line:
                continue
            quantities[name.name] = Quantity(
                name.name,
                line.words,
                unit,
                low,
                high,
                line.log,
                depends,
                default,
                name.place,
                line.kind,
                choices_of(line) if line.kind in CHOOSING else (),
                line.may_be_unknown,
            )
    return quantities, findings


def _ends(line: Declaration, unit: Unit, source: Source, findings: list[Diagnostic]) -> Ends:
    """Return low, high and default; a wrong one is reported and left out."""
    if line.low is None and line.high is None and line.default is None:
        return None, None, None
    ends: list[float | None] = []
    for node in (line.low, line.high, line.default):
        try:
            ends.append(None if node is None else _number(node, unit, source))
        except _NotANumberError as problem:
            ends.append(None)
            if problem.found is not None:
                findings.append(problem.found)
    low, high, default = ends
    problem = _contradiction(line, low, high, default)
    if problem is None:
        return low, high, default
    findings.append(problem)
    return None, None, None


def _contradiction(
    line: Declaration, low: float | None, high: float | None, default: float | None
) -> Diagnostic | None:
    name = line.names[0].name if line.names else ""
    if low is not None and high is not None and low >= high:
        assert line.low is not None and line.high is not None
        how = "begins where it ends" if low == high else "ends below its beginning"
        help = f"write `{shown(high)} .. {shown(low)}`"
        if low == high:
            help = f"write `= {shown(low)}` instead of the range, if `{name}` has one value"
        return finding(
            "L0301",
            f"the range of `{name}` is empty",
            line.low.place.through(line.high.place),
            f"it {how}",
            help=help,
        )
    if line.log and low is not None and low <= 0:
        assert line.low is not None
        return finding(
            "L0301",
            f"a logarithmic range is positive, and the one of `{name}` begins at {shown(low)}",
            line.low.place,
            help="begin above zero, or remove `log`",
        )
    if default is None or line.default is None:
        return None
    if (low is not None and default < low) or (high is not None and default > high):
        assert line.low is not None and line.high is not None
        return finding(
            "L0301",
            f"the default of `{name}` lies outside its range",
            line.default.place,
            others=[(line.low.place.through(line.high.place), "the range")],
            help="widen the range, or choose a default inside it",
        )
    return None


def _number(node: Node, unit: Unit, source: Source) -> float:
    """Return the value of a range's end in the declared unit.

    Raises:
        _NotANumberError: It is not made of numbers, or has a unit of another dimension.
    """
    if type(node) is Number and node.unit is None:
        return node.value
    match node:
        case Number(place, _, value, written) if written is not None:
            own = read_unit(written)
            if own is None:
                raise _NotANumberError(unit_finding(written, source.text))
            if own.dimension != unit.dimension:
                raise _NotANumberError(
                    finding(
                        "L0209",
                        "this end of the range has another dimension than its quantity",
                        place,
                        str(own.dimension),
                        note=f"the quantity is declared in [{unit.text}], {unit.dimension}",
                        help="leave the unit out: a range is in the declared unit",
                    )
                )
            return unit.from_si(own.to_si(value))
        case Negative(_, of):
            return -_number(of, unit, source)
        case Name(_, "pi"):
            return math.pi
        case Binary(place, operator, left, right):
            return _combined(
                operator, _number(left, unit, source), _number(right, unit, source), node
            )
    if any(isinstance(part, Broken) for part in walk(node)):
        raise _NotANumberError(None)
    raise _NotANumberError(
        finding(
            "L0209",
            "a range or a default is made of numbers",
            node.place,
            "this is not one",
            help="write a number; a bound that moves with other quantities goes under `valid`",
        )
    )


def _combined(operator: str, left: float, right: float, node: Node) -> float:
    try:
        match operator:
            case "+":
                value = left + right
            case "-":
                value = left - right
            case "*":
                value = left * right
            case "/":
                value = left / right
            case _:
                value = left**right
    except (ZeroDivisionError, OverflowError):
        value = math.nan
    if isinstance(value, complex) or not math.isfinite(value):
        raise _NotANumberError(finding("L0301", "this end of the range is no number", node.place))
    return value
