"""The declared domain: whether it holds a point at all, and where formulas break inside it.

A division, root, logarithm or power is reported with a point of the domain at which it breaks: one
that was evaluated, satisfies every condition of `valid` beyond rounding, and is made of inputs
only. Where a formula depends on a state, whose reachable values are not known here, nothing is
said.
"""

from __future__ import annotations

from collections.abc import Mapping

from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.findings import finding, listed, quoted, shown
from lawc.analysis.hazards import Break, Hazard, hazards
from lawc.analysis.intervals import Interval, bounds
from lawc.analysis.scope import Scope
from lawc.analysis.witnesses import Region, find_conflict, find_witness
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.knowledge.expression import (
    Binary,
    Expression,
    Symbol,
    names,
    substitute,
    walk,
)
from lawc.knowledge.law import Equation, Law, Quantity
from lawc.syntax.tree import Node
from lawc.syntax.tree import walk as walk_tree

MOST_NODES = 2_000
"""Nodes that an expression may reach when what it is made of is written out."""


def check_domain(law: Law, scope: Scope) -> list[Diagnostic]:
    """Return a finding where the domain is empty, and one for each hazard inside it."""
    if law.validity:
        region = _region(law, every=True)
        conflict = find_conflict(region)
        if conflict is not None:
            return [_contradiction(law, conflict)]
    found = [
        (number, hazard)
        for number, equation in enumerate(law.equations)
        for side in (equation.left, equation.right)
        for hazard in hazards(side)
    ]
    if not found:
        return []
    region = _region(law, every=False)
    findings: list[Diagnostic] = []
    written: Mapping[str, Expression] | None = None
    seen: set[tuple[int, Expression, Break]] = set()
    for number, hazard in found:
        key = (number, hazard.of, hazard.breaks)
        if not hazard.touched(bounds(hazard.of, region.box)) or key in seen:
            continue
        seen.add(key)
        if written is None:
            written = _written(law)
        inside = _in_inputs(hazard.of, written)
        point = find_witness(region, inside, hazard) if inside is not None else None
        if inside is not None and point is not None:
            place = _locate(scope, number, hazard.of, law.equations[number])
            found = _broken(law, hazard, inside, point, place)
            # The rate of a reaction stands in the equations of all that it changes.
            if not any((f.code, f.place) == (found.code, found.place) for f in findings):
                findings.append(found)
    return findings


def _region(law: Law, every: bool) -> Region:
    """Return the box of all inputs that have a range, in SI; of all quantities where asked."""
    box: dict[str, Interval] = {}
    logs: set[str] = set()
    for q in law.quantities.values():
        if q.depends and not every:
            continue
        if q.low is not None and q.high is not None:
            box[q.name] = (q.unit.to_si(q.low), q.unit.to_si(q.high))
            if q.log:
                logs.add(q.name)
        elif q.default is not None:
            box[q.name] = (q.unit.to_si(q.default), q.unit.to_si(q.default))
    for name, constant in law.constants.items():
        box[name] = (constant.value, constant.value)
    return Region(box, frozenset(logs), tuple(v.condition for v in law.validity))


def _written(law: Law) -> dict[str, Expression]:
    """Return what each quantity is that stands alone on the left of an equation."""
    found: dict[str, Expression] = {}
    for equation in law.equations:
        left = equation.left
        if isinstance(left, Symbol) and left.name not in names(equation.right):
            found.setdefault(left.name, equation.right)
    return found


def _in_inputs(inside: Expression, written: Mapping[str, Expression]) -> Expression | None:
    """Return an expression with what is written out put in, None where it grows too large."""
    for _ in range(len(written)):
        known = {name: written[name] for name in names(inside) if name in written}
        if not known:
            return inside
        inside = substitute(inside, known)
        if sum(1 for _ in walk(inside)) > MOST_NODES:
            return None
    return inside


def _locate(scope: Scope, number: int, part: Expression, equation: Equation) -> Place:
    """Return where a part of an equation stands in the text."""
    block = scope.block
    line = block.equations[number] if number < len(block.equations) else None
    sides = (line.left, line.right) if line is not None else ()
    rates = (rate for reaction in block.reactions for rate in reaction.rates)
    for side in sides or rates:
        for node in walk_tree(side):
            if _means(node, part, scope):
                return node.place
    assert equation.place is not None
    return equation.place


def _means(node: Node, part: Expression, scope: Scope) -> bool:
    try:
        return elaborate(node, scope) == part
    except UnreadableError:
        return False


def _broken(
    law: Law, hazard: Hazard, inside: Expression, point: Mapping[str, float], place: Place
) -> Diagnostic:
    spoken = [name for name in sorted(names(inside)) if name in law.quantities]
    moving = [name for name in spoken if law.quantities[name].low is not None]
    spoken = moving or spoken
    values = [_value(law.quantities[name], point[name]) for name in spoken]
    where = f"at {listed(values)}" if values else "everywhere"
    ranges = [_range(law.quantities[name]) for name in spoken[:2]]
    return finding(
        hazard.code,
        hazard.headline,
        place,
        f"{hazard.breaks.value} {where}",
        others=[labelled for labelled in ranges if labelled is not None],
        help=_way_out(law, hazard),
    )


def _value(quantity: Quantity, si: float) -> str:
    text = f" [{quantity.unit.text}]" if quantity.unit.text not in ("", "1") else ""
    return f"`{quantity.name}` = {shown(quantity.unit.from_si(si))}{text}"


def _range(quantity: Quantity) -> tuple[Place, str] | None:
    if quantity.place is None or quantity.low is None or quantity.high is None:
        return None
    return quantity.place, f"from {shown(quantity.low)} to {shown(quantity.high)}"


def _way_out(law: Law, hazard: Hazard) -> str:
    match hazard.of:
        case Symbol(name) if name in law.quantities:
            quantity = law.quantities[name]
            zero = f"0 [{quantity.unit.text}]" if quantity.unit.text not in ("", "1") else "0"
            if quantity.low is not None and quantity.low == 0:
                return f"begin the range above zero, or write `{name} > {zero}` under `valid`"
            sign = "!=" if hazard.breaks is Break.ZERO else ">"
            return f"write `{name} {sign} {zero}` under `valid`, or narrow the range"
        case Binary("-", Symbol(one), Symbol(other)):
            sign = {Break.ZERO: "!=", Break.NEGATIVE: ">="}.get(hazard.breaks, ">")
            return f"write `{one} {sign} {other}` under `valid`, or narrow the ranges"
    return "exclude such points by a condition under `valid`, or narrow the ranges"


def _contradiction(law: Law, conflict: tuple[int, ...]) -> Diagnostic:
    lines = [law.validity[number] for number in conflict]
    spoken = sorted({name for line in lines for name in names(line.condition)})
    ranges = [_range(law.quantities[name]) for name in spoken if name in law.quantities]
    first = lines[0].place
    assert first is not None
    others = [(line.place, "and this one") for line in lines[1:] if line.place is not None]
    if len(lines) == 1:
        headline = "no point of the declared ranges satisfies this condition"
        help = "widen a range, or correct the condition"
    else:
        headline = "no point of the declared ranges satisfies these conditions together"
        help = f"widen a range, or correct one of the {len(lines)} conditions"
    return finding(
        "L0301",
        headline,
        first,
        "this one" if others else "",
        others=[*others, *(labelled for labelled in ranges if labelled is not None)],
        note=f"it speaks of {listed(quoted(spoken))}" if not any(ranges) and spoken else "",
        help=help,
    )
