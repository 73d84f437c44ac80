"""Initial conditions against the orders of the equations: missing, surplus or contradicting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lawc.analysis.constants import same_value
from lawc.analysis.contents import Contents
from lawc.analysis.findings import finding, shown
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.expression import Expression, derivatives
from lawc.knowledge.law import Condition, Law, Quantity, Relation
from lawc.units.dimension import Dimension

TIME = Dimension.of({"time": 1})

Key = tuple[str, str]
"""A quantity and the variable it is differentiated by."""


def check_conditions(law: Law, contents: Sequence[Contents]) -> list[Diagnostic]:
    """Return what is missing, surplus or contradictory among the initial conditions of a law."""
    orders = orders_of(law, contents)
    if not orders and not law.conditions:
        return []
    fixed = fixed_values(law)
    findings: list[Diagnostic] = []
    apart = _different_starts(law, fixed)
    if apart is not None:
        return [apart]
    given: dict[tuple[str, str, int], Condition] = {}
    for condition in law.conditions:
        key = (condition.quantity, condition.variable, condition.order)
        earlier = given.setdefault(key, condition)
        if earlier is not condition:
            findings.append(_twice(law, earlier, condition, fixed))
            continue
        surplus = _surplus(law, condition, orders)
        if surplus is not None:
            findings.append(surplus)
    bounded = {(line.quantity, line.variable) for line in law.boundary}
    for (name, variable), order in orders.items():
        if not _is_started(law, name, variable) or (name, variable) in bounded:
            continue
        absent = [k for k in range(order) if (name, variable, k) not in given]
        findings += [_missing(law, name, variable, k, order) for k in absent]
    return findings


def check_places(law: Law) -> list[Diagnostic]:
    """Return a finding for each initial condition that lies outside a declared range."""
    fixed = fixed_values(law)
    return [found for condition in law.conditions for found in _outside(law, condition, fixed)]


def orders_of(law: Law, contents: Sequence[Contents]) -> dict[Key, int]:
    """Return the order of the equations in each quantity that a derivative determines.

    A quantity that is written out without a derivative needs no condition, and hands the
    derivatives that are taken of it on to what it is made of.
    """
    if not any(content.derivatives for content in contents):
        return {}
    written: dict[str, Contents] = {}
    for equation, content in zip(law.equations, contents, strict=True):
        if content.alone and (equation.relation is Relation.DEFINITION or not content.right):
            written.setdefault(content.alone, content)
    orders: dict[Key, int] = {}
    for content in contents:
        for node in content.derivatives:
            _raise(orders, written, node.quantity, node.by, node.order, law, 0)
    return {key: order for key, order in orders.items() if key[0] not in written}


def _raise(
    orders: dict[Key, int],
    written: Mapping[str, Contents],
    name: str,
    by: str,
    order: int,
    law: Law,
    depth: int,
) -> None:
    """Note an order, and hand it on through what is written out."""
    key = (name, by)
    if orders.get(key, 0) >= order or depth > len(law.quantities):
        return
    orders[key] = order
    inside = written.get(name)
    if inside is None:
        return
    inner = {node.quantity: node.order for node in inside.derivatives if node.by == by}
    for other in inside.names:
        if other == name:
            continue
        quantity = law.quantities.get(other)
        if quantity is not None and by in quantity.depends:
            _raise(orders, written, other, by, order + inner.get(other, 0), law, depth + 1)


def spelled(name: str, variable: str, order: int) -> str:
    """Return a derivative as people write it."""
    if order == 0:
        return name
    if order == 1:
        return f"d{name}/d{variable}"
    return f"d{order}{name}/d{variable}{order}"


def _is_started(law: Law, name: str, variable: str) -> bool:
    """Return whether a quantity has to start somewhere in a variable.

    A field starts in what is a time, or in what anything else starts in; a law of fields that
    states no condition is meant for any.
    """
    if len(law.quantities[name].depends) == 1:
        return True
    if not law.conditions and not law.boundary:
        return False
    if any(condition.variable == variable for condition in law.conditions):
        return True
    quantity = law.quantities.get(variable)
    return quantity is not None and quantity.dimension == TIME


def _different_starts(law: Law, fixed: Mapping[str, float]) -> Diagnostic | None:
    """Return a finding where conditions in one variable hold at different values of it."""
    first: dict[str, Condition] = {}
    for condition in law.conditions:
        earlier = first.setdefault(condition.variable, condition)
        if earlier is condition or equal_values(earlier.at, condition.at, fixed):
            continue
        if condition.place is None or earlier.place is None:
            continue
        if _outside(law, condition, fixed) or _outside(law, earlier, fixed):
            # Then one of them is wrong by itself, and is reported.
            continue
        help = f"give both at one value of `{condition.variable}`"
        if earlier.quantity == condition.quantity:
            help += ", or write them under `boundary`"
        return finding(
            "L0409",
            f"the conditions start at different values of `{condition.variable}`",
            condition.place,
            "this one elsewhere",
            others=[(earlier.place, "the first one")],
            help=help,
        )
    return None


def fixed_values(law: Law) -> dict[str, float]:
    """Return the values of the constants of a law, in SI."""
    return {name: constant.value for name, constant in law.constants.items()}


def _missing(law: Law, name: str, variable: str, order: int, needed: int) -> Diagnostic:
    quantity = law.quantities[name]
    what = spelled(name, variable, order)
    source = next(
        (
            e
            for e in law.equations
            for side in (e.left, e.right)
            for d in derivatives(side)
            if d.quantity == name and d.by == variable
        ),
        None,
    )
    place = source.place if source is not None else quantity.place
    assert place is not None
    times = {1: "one condition", 2: "two conditions", 3: "three conditions"}
    asked = times.get(needed, f"{needed} conditions")
    start = _start(law, variable)
    others = [(quantity.place, "")] if quantity.place is not None else []
    return finding(
        "L0403",
        f"the condition for `{what}` is missing",
        place,
        f"of order {needed} in `{name}`: {asked} at the start",
        others=others,
        help=f"write `{what} = … at {variable} = {start}` under `initial`",
    )


def _start(law: Law, variable: str) -> str:
    quantity = law.quantities.get(variable)
    if quantity is None:
        return "0"
    value = quantity.low if quantity.low is not None else 0.0
    unit = f" [{quantity.unit.text}]" if quantity.unit.text else ""
    return f"{shown(value)}{unit}"


def _surplus(law: Law, condition: Condition, orders: Mapping[Key, int]) -> Diagnostic | None:
    name, variable = condition.quantity, condition.variable
    order = orders.get((name, variable), 0)
    if condition.order < order:
        return None
    assert condition.place is not None
    what = spelled(name, variable, condition.order)
    quantity = law.quantities.get(name)
    if order:
        text = f"the equations are of order {order} in `{name}`"
        wanted = [f"`{spelled(name, variable, k)}`" for k in range(order)]
        help = f"keep the condition{'s' if order > 1 else ''} for {' and '.join(wanted)}"
    elif quantity is not None and variable not in quantity.depends:
        text = f"`{name}` does not depend on `{variable}`"
        help = f"remove it, or declare `{name} : … ({variable})`"
    else:
        text = f"no derivative determines `{name}`: its equation gives this value"
        help = "remove it; a claim about this value goes under `checks`"
    return finding(
        "L0404", f"the condition for `{what}` is surplus", condition.place, text, help=help
    )


def _twice(
    law: Law, earlier: Condition, condition: Condition, fixed: Mapping[str, float]
) -> Diagnostic:
    assert condition.place is not None and earlier.place is not None
    what = spelled(condition.quantity, condition.variable, condition.order)
    same_start = equal_values(earlier.at, condition.at, fixed)
    if same_start and not equal_values(earlier.value, condition.value, fixed):
        return finding(
            "L0405",
            f"two conditions give `{what}` different values",
            condition.place,
            "the second one",
            others=[(earlier.place, "the first one")],
            help="keep one of them",
        )
    return finding(
        "L0404",
        f"the condition for `{what}` is given twice",
        condition.place,
        "the second one",
        others=[(earlier.place, "the first one")],
        help="keep one of them",
    )


def equal_values(one: Expression, other: Expression, fixed: Mapping[str, float]) -> bool:
    """Return whether two expressions are the same, or have the same value."""
    if one == other:
        return True
    try:
        return same_value(evaluate(one, fixed), evaluate(other, fixed))
    except NoValueError:
        return False


def _outside(law: Law, condition: Condition, fixed: Mapping[str, float]) -> list[Diagnostic]:
    """Return a finding where a condition lies outside a declared range."""
    pairs = [(law.quantities.get(condition.variable), condition.at)]
    if condition.order == 0:
        pairs.append((law.quantities.get(condition.quantity), condition.value))
    findings = []
    for quantity, expression in pairs:
        if quantity is None or condition.place is None:
            continue
        try:
            value = quantity.unit.from_si(evaluate(expression, fixed))
        except NoValueError:
            continue
        found = _beyond(quantity, value)
        if found is not None:
            findings.append(
                finding(
                    "L0405",
                    f"this condition lies outside the range of `{quantity.name}`",
                    condition.place,
                    f"`{quantity.name}` is {shown(value)} here",
                    others=[(quantity.place, found)] if quantity.place is not None else [],
                    help="widen the range, or move the condition into it",
                )
            )
    return findings


def _beyond(quantity: Quantity, value: float) -> str | None:
    low, high = quantity.low, quantity.high
    if low is None or high is None:
        return None
    margin = 1e-9 * max(abs(low), abs(high))
    if low - margin <= value <= high + margin:
        return None
    return f"declared from {shown(low)} to {shown(high)}"
