"""Events of a law: what its course meets on the way, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lawc.analysis.conditions import Key, orders_of, spelled
from lawc.analysis.contents import Contents
from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.findings import finding
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.expression import (
    Comparison,
    Derivative,
    Expression,
    Symbol,
    derivatives,
    names,
)
from lawc.knowledge.law import Change, Event, Law
from lawc.syntax.document import ChangeLine, EventLine

_TESTS = frozenset(("<", "<=", ">", ">="))


def read_event(line: EventLine, scope: Scope) -> Event:
    """Return a line of `events` as known.

    Raises:
        UnreadableError: It sets something that is neither a quantity nor its derivative.
    """
    label = line.label.text if line.label is not None else ""
    changes = tuple(_change(one, scope) for one in line.changes)
    return Event(label, elaborate(line.condition, scope), changes, line.place)


def _change(line: ChangeLine, scope: Scope) -> Change:
    value = elaborate(line.right, scope)
    match elaborate(line.left, scope):
        case Symbol(name):
            return Change(name, 0, value)
        case Derivative(quantity, _, order):
            known = scope.quantities.get(quantity)
            # A change does not say by what it derives.
            if known is not None and len(known.depends) > 1:
                raise UnreadableError(
                    "an event sets a derivative of what depends on one variable, and "
                    f"`{quantity}` depends on several",
                    line.left.place,
                )
            return Change(quantity, order, value)
    raise UnreadableError(
        "an event gives a quantity, or one of its derivatives, a new value", line.left.place
    )


def check_events(law: Law, contents: Sequence[Contents]) -> list[Diagnostic]:
    """Return what keeps the events of a law from happening, or from changing what they say."""
    if not law.events:
        return []
    orders = orders_of(law, contents)
    variables = sorted({variable for _, variable in orders})
    if len(variables) != 1:
        headline = "nothing moves in this law, so that no event can happen"
        if variables:
            headline = "an event happens on a course in one variable, and this law has several"
        help = "state an equation with a derivative, such as `dx/dt = …`"
        place = law.events[0].place
        assert place is not None
        return [finding("L0417", headline, place, help=help)]
    findings: list[Diagnostic] = []
    for event in law.events:
        findings += _of_condition(law, event, variables[0], orders)
        findings += _of_changes(event, variables[0], orders)
    return findings


def _of_condition(
    law: Law, event: Event, variable: str, orders: Mapping[Key, int]
) -> list[Diagnostic]:
    assert event.place is not None
    condition = event.condition
    help = f"compare what moves with a bound, as in `when {variable} >= …` or `when x <= …`"
    signs = condition.operators if isinstance(condition, Comparison) else ()
    if len(signs) != 1 or signs[0] not in _TESTS:
        headline = "an event happens where one comparison by `<`, `<=`, `>` or `>=` becomes true"
        return [finding("L0417", headline, event.place, help=help)]
    moving = {variable, *(name for name, _ in orders)}
    moving |= {name for name, q in law.quantities.items() if variable in q.depends}
    spoken = names(condition) | {d.quantity for d in derivatives(condition)}
    if not spoken & moving:
        headline = "this condition stands still, so that it never becomes true"
        return [finding("L0417", headline, event.place, help=help)]
    return _too_high(event, condition, variable, orders)


def _of_changes(event: Event, variable: str, orders: Mapping[Key, int]) -> list[Diagnostic]:
    assert event.place is not None
    findings: list[Diagnostic] = []
    seen: set[tuple[str, int]] = set()
    for change in event.changes:
        name = spelled(change.quantity, variable, change.order)
        order = orders.get((change.quantity, variable), 0)
        if change.order >= order:
            states = sorted(
                spelled(q, variable, k) for (q, _), most in orders.items() for k in range(most)
            )
            headline = f"an event cannot set `{name}`: it follows from the equations"
            if change.quantity == variable or not order:
                headline = (
                    f"an event cannot set `{name}`: no derivative of it stands in an equation"
                )
            help = f"set what has a course of its own: {', '.join(f'`{s}`' for s in states[:6])}"
            findings.append(finding("L0418", headline, event.place, help=help))
        elif (change.quantity, change.order) in seen:
            headline = f"this event sets `{name}` twice"
            help = "keep one of the two"
            findings.append(finding("L0418", headline, event.place, help=help))
        seen.add((change.quantity, change.order))
        findings += _too_high(event, change.value, variable, orders)
    return findings


def _too_high(
    event: Event, expression: Expression, variable: str, orders: Mapping[Key, int]
) -> list[Diagnostic]:
    """Return a finding for a derivative that the equations give, which jumps with an event."""
    assert event.place is not None
    for node in sorted(derivatives(expression), key=repr):
        order = orders.get((node.quantity, variable), 0)
        if node.by != variable or node.order >= order:
            name = spelled(node.quantity, node.by, node.order)
            headline = f"an event cannot speak of `{name}`, which the equations give"
            help = "write what the equations say of it in its place"
            return [finding("L0418", headline, event.place, help=help)]
    return []
