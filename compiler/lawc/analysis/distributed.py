"""Distributions: `income ~ pareto(least, exponent)`, an equation line whose relation is `~`.

It says how a quantity is distributed where the law holds; it determines nothing, so it is no
equation of the law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lawc.analysis.elaborate import elaborate
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.intervals import Interval, bounds
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge import expression as known
from lawc.knowledge.distributions import FAMILIES, Bound, Distribution, Parameter
from lawc.knowledge.law import Law
from lawc.syntax.document import Block, EquationLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Call, Name, Node, UnitText

SIGN = "~"


def equations_first(block: Block) -> Block:
    """Return a block in which distributions stand behind the equations.

    So the equations of a law and their lines keep the same numbers.
    """
    if not any(line.relation == SIGN for line in block.equations):
        return block
    lines = sorted(block.equations, key=lambda line: line.relation == SIGN)
    return replace(block, equations=tuple(lines))


def check_distributions(scope: Scope) -> list[Diagnostic]:
    """Return what keeps distributions from being read."""
    findings: list[Diagnostic] = []
    for line in scope.block.equations:
        if line.relation == SIGN:
            problem = _unreadable(line, scope)
            if problem is not None:
                findings.append(problem)
    return findings


def know_distributions(scope: Scope) -> tuple[Distribution, ...]:
    """Return the distributions of a law."""
    found = []
    for line in scope.block.equations:
        right = line.right
        if line.relation != SIGN or not isinstance(right, Call):
            continue
        name, unit = distributed(line.left)
        if name is None:
            continue
        read = read_unit(unit) if unit is not None else None
        label = line.label.text if line.label is not None else name.name
        parameters = tuple(elaborate(argument, scope) for argument in right.arguments)
        factor = read.factor if read is not None else 1.0
        found.append(
            Distribution(label, name.name, right.function.name, parameters, line.place, factor)
        )
    return tuple(found)


def check_parameters(law: Law, scope: Scope) -> list[Diagnostic]:
    """Return a finding for each parameter that lies outside what its family allows."""
    lines = [line for line in scope.block.equations if line.relation == SIGN]
    if not lines:
        return []
    box: dict[str, Interval] = {}
    for q in law.quantities.values():
        if q.low is not None and q.high is not None:
            box[q.name] = (q.unit.to_si(q.low), q.unit.to_si(q.high))
        elif q.default is not None:
            box[q.name] = _point(q.unit.to_si(q.default))
    box.update((name, _point(constant.value)) for name, constant in law.constants.items())
    findings: list[Diagnostic] = []
    for line, of in zip(lines, law.distributions, strict=False):
        assert isinstance(line.right, Call)
        family = FAMILIES[of.family]
        for node, value, parameter in zip(
            line.right.arguments, of.parameters, family.parameters, strict=True
        ):
            reach = _reach(value, box)
            if reach is not None and _outside(parameter.bound, reach, value):
                findings.append(_beyond(node, parameter, reach, of.family, law, value))
        ends = [_reach(value, box) for value in of.parameters]
        if of.family == "uniform" and ends[0] and ends[1] and ends[0][0] >= ends[1][1]:
            findings.append(
                finding(
                    "L0413",
                    "this range ends before it begins",
                    line.right.place,
                    help="write the low end first, then the high end",
                )
            )
    return findings


def distributed(left: Node) -> tuple[Name | None, UnitText | None]:
    """Return the quantity that is distributed, and the unit in which its number is taken."""
    match left:
        case Name():
            return left, None
        case Call(_, function, (Name() as name, UnitText() as unit)) if function.name == "value":
            return name, unit
    return None, None


def _unreadable(line: EquationLine, scope: Scope) -> Diagnostic | None:
    example = "write `X ~ normal(mean, sigma)`"
    if distributed(line.left)[0] is None:
        return finding(
            "L0120",
            "one quantity is distributed, or its plain number",
            line.left.place,
            help="write `X ~ …`, or `value(X, [unit]) ~ …`",
        )
    right = line.right
    if not isinstance(right, Call):
        return finding("L0120", "no distribution stands here", right.place, help=example)
    name = right.function.name
    family = FAMILIES.get(name)
    if family is None:
        near = nearest(name, tuple(FAMILIES))
        return finding(
            "L0120",
            f"there is no distribution `{name}`",
            right.function.place,
            help=f"did you mean `{near}`?" if near else f"there are {listed(quoted(FAMILIES))}",
        )
    if len(right.arguments) != len(family.parameters):
        wanted = ", ".join(parameter.name for parameter in family.parameters)
        return finding(
            "L0120",
            f"`{name}` has {len(family.parameters)} parameters, here it has {len(right.arguments)}",
            right.place,
            help=f"write `{name}({wanted})`",
        )
    return None


def _reach(value: known.Expression, box: Mapping[str, Interval]) -> Interval | None:
    if not known.names(value) <= box.keys():
        return None
    if not known.names(value):
        try:
            return _point(evaluate(value, {}))
        except NoValueError:
            return None
    return bounds(value, box)


def _point(value: float) -> Interval:
    return value, value


def _outside(bound: Bound, reach: Interval, value: known.Expression) -> bool:
    """Return whether a parameter leaves its bound: at all, where its interval is exact."""
    low, high = reach
    exact = isinstance(value, known.Symbol | known.Number | known.Negative)
    if bound is Bound.POSITIVE:
        return low <= 0 if exact else high <= 0
    if bound is Bound.SHARE:
        return (low < 0 or high > 1) if exact else (high < 0 or low > 1)
    return False


def _beyond(
    node: Node,
    parameter: Parameter,
    reach: Interval,
    family: str,
    law: Law,
    value: known.Expression,
) -> Diagnostic:
    q = law.quantities.get(value.name) if isinstance(value, known.Symbol) else None
    others = []
    if q is not None and q.place is not None and q.low is not None and q.high is not None:
        others.append((q.place, f"from {q.low:g} to {q.high:g}"))
    return finding(
        "L0413",
        f"the {parameter.name} of `{family}` is {parameter.bound.value}",
        node.place,
        f"it may be {reach[0]:g} here",
        others=others,
        help="narrow its range, or correct the parameter",
    )
