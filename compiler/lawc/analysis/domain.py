"""The declared domain: whether it holds a point at all, and where formulas break inside it.

A division, root, logarithm or power is reported with a point of the domain at which it breaks: one
that was evaluated, satisfies every condition of `valid` beyond rounding, and is made of inputs
only. Where a formula depends on a state, whose reachable values are not known here, nothing is
said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.findings import finding, listed, quoted, shown
from lawc.analysis.hazards import Break, Hazard, hazards
from lawc.analysis.intervals import Interval, bounds
from lawc.analysis.removable import limit_at, with_exprel
from lawc.analysis.scope import Scope
from lawc.analysis.witnesses import Region, find_conflict, find_witness
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair, Severity
from lawc.knowledge.expression import (
    Binary,
    Call,
    Expression,
    Number,
    Symbol,
    names,
    substitute,
    walk,
)
from lawc.knowledge.law import Law, Quantity
from lawc.knowledge.writing import write_expression
from lawc.syntax.tree import Binary as Quotient
from lawc.syntax.tree import Node
from lawc.syntax.tree import walk as walk_tree

MOST_NODES = 2_000
"""Nodes that an expression may reach when what it is made of is written out."""

MOST_SEARCHED = 300
"""Nodes of expressions of one law that are searched in vain before the search is given up."""


def check_domain(law: Law, scope: Scope) -> list[Diagnostic]:
    """Return a finding where the domain is empty, and one for each hazard inside it."""
    if law.validity:
        region = _region(law, every=True)
        conflict = find_conflict(region)
        if conflict is not None:
            return [_contradiction(law, conflict)]
    edges = _edges_of_coordinates(scope)
    found = [
        (number, hazard)
        for number, equation in enumerate(law.equations)
        for side in (equation.left, equation.right)
        for hazard in hazards(side)
        if not edges or hazard.of not in edges
    ]
    if not found:
        return []
    region = _region(law, every=False)
    findings: list[Diagnostic] = []
    written: Mapping[str, Expression] | None = None
    seen: set[tuple[int, Expression, Break]] = set()
    room = MOST_SEARCHED
    # What is under a root and divides may be zero and negative; that it is negative says more.
    for number, hazard in sorted(found, key=lambda pair: pair[1].breaks is Break.ZERO):
        key = (number, hazard.of, hazard.breaks)
        if not hazard.touched(bounds(hazard.of, region.box)) or key in seen:
            continue
        seen.add(key)
        if written is None:
            written = _written(law)
        inside = _in_inputs(hazard.of, written)
        if room <= 0:
            break
        point = find_witness(region, inside, hazard) if inside is not None else None
        if inside is not None and point is None:
            room -= sum(1 for _ in walk(inside))
        if inside is not None and point is not None:
            found = _broken(law, scope, number, hazard, written, inside, point, region)
            seen.add((number, hazard.of, Break.ZERO))
            # The rate of a reaction stands in the equations of all that it changes.
            if not any((f.code, f.place) == (found.code, found.place) for f in findings):
                findings.append(found)
    return findings


def _edges_of_coordinates(scope: Scope) -> frozenset[Expression]:
    """Return what operators divide by where coordinates end, as 1/r does at the centre of a ball.

    A field goes through these points as through any other; only its formula does not.
    """
    if scope.said is None or scope.said.coordinates.system == "cartesian":
        return frozenset()
    first, second, _ = scope.said.coordinates.names
    radius, sine = Symbol(first), Call("sin", (Symbol(second),))
    around = Binary("*", radius, sine)
    return frozenset((radius, sine, around, Binary("^", radius, Number(2))))


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


def _locate(
    scope: Scope,
    number: int,
    part: Expression,
    otherwise: Place | None,
    within: Binary | None = None,
) -> Place | None:
    """Return where a part of an equation stands in the text, or a part of a divisor in it."""
    block = scope.block
    line = block.equations[number] if number < len(block.equations) else None
    sides = (line.left, line.right) if line is not None else ()
    rates = (rate for reaction in block.reactions for rate in reaction.rates)
    for side in sides or rates:
        for node in walk_tree(side):
            if within is not None:
                if isinstance(node, Quotient) and _means(node, within, scope):
                    for inner in walk_tree(node.right):
                        if _means(inner, part, scope):
                            return inner.place
            elif _means(node, part, scope):
                return node.place
    return otherwise


def _means(node: Node, part: Expression, scope: Scope) -> bool:
    try:
        return elaborate(node, scope) == part
    except UnreadableError:
        return False


def _broken(
    law: Law,
    scope: Scope,
    number: int,
    hazard: Hazard,
    written: Mapping[str, Expression],
    inside: Expression,
    point: Mapping[str, float],
    region: Region,
) -> Diagnostic:
    line = law.equations[number].place
    place = _locate(scope, number, hazard.shown, line, hazard.quotient) or line
    assert place is not None
    spoken = [name for name in sorted(names(inside)) if name in law.quantities]
    moving = [name for name in spoken if law.quantities[name].low is not None]
    spoken = moving or spoken
    values = [_value(law.quantities[name], point[name]) for name in spoken]
    where = f"at {listed(values)}" if values else "everywhere"
    ranges = [_range(law.quantities[name]) for name in spoken[:2]]
    others = [labelled for labelled in ranges if labelled is not None]
    found = finding(
        hazard.code,
        hazard.headline,
        place,
        f"{hazard.breaks.value} {where}",
        others=others,
        help=_way_out(law, hazard),
    )
    if hazard.breaks is Break.HUGE:
        # Where it stands in a divisor, infinity gives the right answer; so this is no error.
        return replace(found, severity=Severity.WARNING)
    quotient = hazard.quotient
    whole = _in_inputs(quotient, written) if quotient is not None else None
    if quotient is None or not isinstance(whole, Binary) or not names(whole) <= region.box.keys():
        return found
    middles = {name: (region.box[name][0] + region.box[name][1]) / 2 for name in names(whole)}
    if limit_at(whole.left, whole.right, {**middles, **point}, region.box) is None:
        return found
    return _gap(found, quotient, _locate(scope, number, quotient, None))


def _gap(found: Diagnostic, quotient: Binary, place: Place | None) -> Diagnostic:
    """Return the finding about a quotient that has a limit where it is 0/0."""
    note = "the quotient has a limit there, since what is divided vanishes too"
    found = replace(found, severity=Severity.WARNING)
    better = with_exprel(quotient.left, quotient.right)
    if better is None or not _is_simple(better):
        return replace(found, notes=(*found.notes, note))
    text = write_expression(better)
    note += "; `exprel(z)` is `(exp(z) - 1)/z` without the gap"
    title = f"write the quotient as `{text}`"
    repairs = (Repair(place, text, title),) if place is not None else ()
    return replace(found, notes=(*found.notes, note), helps=(title,), repairs=repairs)


def _is_simple(expression: Expression) -> bool:
    """Return whether an expression has no number that stood in another unit in the text."""
    return all(isinstance(node.value, int) for node in walk(expression) if isinstance(node, Number))


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
