"""A rule as of a day: the decision that it is then.

Rows and brackets that are not in force fall away, parameters and constants become numbers, and what
is constant is calculated. Steps keep their order and their number, so that step i of the decision
is step i of the rule; rows keep their labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from lawc.decision.decision import (
    Apportion,
    Bands,
    Bracket,
    Clause,
    Clauses,
    Decision,
    Point,
    Port,
    Row,
    Scale,
    Score,
    Step,
    Table,
    reads,
)
from lawc.decision.folding import fold, fold_cell, holds
from lawc.decision.formula import Formula
from lawc.decision.multiples import grain
from lawc.decision.values import exact
from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Parameter, Rule

# ISO 4217, the currencies of the table of units whose smallest coin is not a hundredth.
_DECIMALS = {
    **dict.fromkeys(("JPY", "KRW", "TWD", "ISK", "VND", "CLP", "XAF", "XOF", "XPF", "UGX"), 0),
    **dict.fromkeys(("KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD"), 3),
}


def decision_of(rule: Rule, day: int | date | None = None) -> Decision:
    """Return what a rule decides as of a day.

    Args:
        rule: A rule that passed its checks.
        day: The day of the question, as a date or its day number; None where nothing depends on it.

    Raises:
        CompileError: The rule depends on the day and none is given, or it is not in force then, or
            a parameter that it reads has no value in force.
    """
    at = day.toordinal() if isinstance(day, date) else day
    if at is None and rule.is_dated:
        raise CompileError(f"{rule.identity} depends on the day: ask as of a date")
    if at is not None:
        _demand_in_force(rule, at)
    values = constants_of(rule, at)
    steps = tuple(_as_of(step, at, values) for step in rule.steps)
    given = (rule.quantities[name] for name in rule.inputs)
    inputs = tuple(_port(quantity, smallest_step(quantity)) for quantity in given)
    grains = {port.name: port.step for port in inputs}
    for step in steps:
        grains.update(grain(step, grains))
    decided = tuple(_port(rule.quantities[name], grains.get(name)) for name in rule.outputs)
    return Decision(
        inputs, decided, rule.outputs, steps, dict(rule.calendars), tuple(rule.softness)
    )


def newest_decision(rule: Rule) -> Decision | None:
    """Return what a rule decides as of the newest day on which it does; None where on none."""
    for day in reversed(change_days(rule)) if rule.is_dated else (None,):
        try:
            return decision_of(rule, day)
        except CompileError:
            continue
    return None


def constants_of(rule: Rule, day: int | None) -> dict[str, Fraction]:
    """Return the imported constants, and the parameters that steps read, as of a day.

    Raises:
        CompileError: A parameter has no value in force.
    """
    return {**rule.constants, **_in_force(rule, day)}


def change_days(rule: Rule) -> tuple[int, ...]:
    """Return the days at which the rule may begin to decide otherwise, sorted.

    Between two of them the decision is the same; before the first nothing dated is in force.
    """
    days: set[int] = set()
    for parameter in rule.parameters:
        days.update(since for since, _ in parameter.values)
    for step in rule.steps:
        days.update(part.since for part in _dated(step) if part.since is not None)
    for applies in rule.applies:
        if applies.since is not None:
            days.add(applies.since)
        if applies.until is not None:
            days.add(applies.until + 1)
    return tuple(sorted(days))


def value_on(parameter: Parameter, day: int) -> Fraction | None:
    """Return the value of a parameter that is in force on a day, or None where there is none."""
    found = None
    for since, value in parameter.values:
        if since > day:
            break
        found = value
    return found


def smallest_step(quantity: Quantity) -> Fraction | None:
    """Return what every given value is a whole multiple of: a coin, a day; None on a continuum."""
    if quantity.kind != "number":
        return Fraction(1)
    exponents = quantity.unit.dimension.exponents
    if len(exponents) != 1 or exponents[0][1] != 1:
        return None
    kind, _, code = exponents[0][0].partition(":")
    if kind != "currency":
        return None
    return Fraction(1, 10 ** _DECIMALS.get(code, 2)) / exact(quantity.unit.factor)


def _demand_in_force(rule: Rule, day: int) -> None:
    spans = [(a.since, a.until) for a in rule.applies]
    if not spans or any((s is None or s <= day) and (u is None or day <= u) for s, u in spans):
        return
    said = " and ".join(
        f"from {_shown(since) if since is not None else 'ever'}"
        + (f" to {_shown(until)}" if until is not None else "")
        for since, until in spans
    )
    raise CompileError(f"{rule.identity} is not in force on {_shown(day)}: it applies {said}")


def _in_force(rule: Rule, day: int | None) -> dict[str, Fraction]:
    """Return the parameters that are read, as of the day."""
    read = frozenset[str]().union(*map(reads, rule.steps))
    found: dict[str, Fraction] = {}
    for parameter in rule.parameters:
        if parameter.name not in read or day is None:
            continue
        value = value_on(parameter, day)
        if value is None:
            days = [since for since, value in parameter.values if value is not None]
            raise CompileError(
                f"{rule.identity}: {parameter.name} has no value in force on {_shown(day)}"
                + (f"; it has one from {_shown(min(days))}" if days and day < min(days) else "")
            )
        found[parameter.name] = value
    return found


def _dated(step: Step) -> tuple[Row | Bands, ...]:
    match step:
        case Table():
            return step.rows
        case Scale():
            return step.bands
    return ()


def _latest(dated: tuple[Row | Bands, ...], day: int | None) -> int | None:
    """Return the day of the dated rows that count, or None where none are in force yet."""
    days = [d.since for d in dated if d.since is not None and (day is None or d.since <= day)]
    return max(days, default=None)


def _as_of(step: Step, day: int | None, values: Mapping[str, Fraction]) -> Step:
    def folded(formula: Formula) -> Formula:
        return fold(formula, values)

    match step:
        case Table():
            return _table(step, day, values)
        case Scale(output, on, bands, by, rounding):
            latest = _latest(bands, day)
            counting = [b for b in bands if b.since is None or b.since == latest]
            if by in values:
                chosen = values[by]
                counting = [b for b in counting if b.values is None or chosen in b.values]
                by = ""
            made = tuple(
                Bands(
                    tuple(Bracket(folded(b.above), folded(b.rate)) for b in band.brackets),
                    band.values if by else None,
                )
                for band in counting
            )
            rounds = None if rounding is None else (rounding[0], folded(rounding[1]))
            return Scale(output, folded(on), made, by, rounds)
        case Score(output, points):
            return Score(
                output, tuple(Point(folded(p.points), folded(p.when), p.label) for p in points)
            )
        case Apportion():
            return replace(
                step,
                whole=folded(step.whole),
                by=tuple(map(folded, step.by)),
                among=tuple(map(folded, step.among)),
                least=folded(step.least),
            )
        case Clauses(output, clauses):
            return Clauses(
                output,
                tuple(
                    Clause(c.label, folded(c.value), folded(c.condition), c.defeats, c.words)
                    for c in clauses
                ),
            )


def _table(step: Table, day: int | None, values: Mapping[str, Fraction]) -> Table:
    latest = _latest(step.rows, day)
    kept = [i for i, name in enumerate(step.on) if name not in values]
    rows: list[Row] = []
    for number, row in enumerate(step.rows, start=1):
        if row.since is not None and row.since != latest:
            continue
        cells = [fold_cell(cell, step.on[i], values) for i, cell in enumerate(row.cells)]
        fixed = [holds(cells[i], values[name]) for i, name in enumerate(step.on) if name in values]
        if not all(fixed):
            continue
        answers = tuple(fold(answer, values) for answer in row.answers)
        label = row.label or f"row {number}"
        rows.append(Row(tuple(cells[i] for i in kept), answers, label, row.otherwise))
    return Table(step.outputs, tuple(step.on[i] for i in kept), tuple(rows), step.policy)


def _port(quantity: Quantity, step: Fraction | None) -> Port:
    return Port(
        name=quantity.name,
        kind=quantity.kind,
        unit=quantity.unit.text,
        low=None if quantity.low is None else exact(quantity.low),
        high=None if quantity.high is None else exact(quantity.high),
        choices=quantity.choices if quantity.kind == "one of" else (),
        step=step if quantity.kind == "number" else Fraction(1),
        may_be_unknown=quantity.may_be_unknown,
        log=quantity.log,
        words=quantity.words,
    )


def _shown(day: int) -> str:
    return date.fromordinal(day).isoformat()
