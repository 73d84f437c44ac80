"""Steps of a decision as formulas: when each row or clause speaks, and what the step decides.

A table, a scale, a score and clauses all become `where` chains, so that everything that proves
has to know formulas only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lawc.decision.conditions import row_condition
from lawc.decision.decision import (
    Apportion,
    Bands,
    Clauses,
    Decision,
    Scale,
    Score,
    Step,
    Table,
    decides,
)
from lawc.decision.formula import (
    YES,
    Apply,
    Formula,
    Named,
    NotApplicable,
    Number,
    apply,
    names,
    number,
    rebuild,
    some,
    walk,
)
from lawc.decision.guards import guards
from lawc.diagnostics.immutable import immutable

LONG = 100
"""Cases of a chain, and parts of a sum, beyond which it is made a tree."""


@immutable
class Definition:
    """What decides a quantity.

    Attributes:
        value: What it is where something speaks.
        cases: When each row, bracket set or clause speaks, in the order of the step.
        answers: What each of these would answer.
        spoken: That one of them does; YES where the step always answers.
        asked: What, where it is not applicable and nothing speaks, makes the step so.
        is_partial: Whether it may be not applicable.
        follows: What it may change with, in value or in being applicable.
    """

    name: str
    value: Formula
    cases: tuple[Formula, ...]
    answers: tuple[Formula, ...]
    spoken: Formula
    step: int
    asked: tuple[str, ...] = ()
    is_partial: bool = False
    follows: frozenset[str] = frozenset()


def definitions(decision: Decision) -> dict[str, Definition]:
    """Return what decides each decided quantity, in order of the steps."""
    made: dict[str, Definition] = {}
    for index, step in enumerate(decision.steps):
        for name in decides(step):
            found = define(step, name, index)
            is_partial = _is_partial(found, made)
            follows = names(found.value)
            if is_partial:
                # Where nothing speaks it is not applicable, which its value does not tell.
                follows = follows.union(names(found.spoken), found.asked)
            made[name] = replace(found, is_partial=is_partial, follows=follows)
    return made


def _is_partial(found: Definition, made: Mapping[str, Definition]) -> bool:
    lacking = {name for name, definition in made.items() if definition.is_partial}
    if not lacking.isdisjoint(found.asked):
        return True
    return any(
        isinstance(node, NotApplicable) or (isinstance(node, Named) and node.name in lacking)
        for node in walk(found.value)
    )


def depending(definitions: Mapping[str, Definition], by: str) -> frozenset[str]:
    """Return the quantities that may change with one, in value or in being applicable."""
    made = {by}
    for name, definition in definitions.items():
        if not made.isdisjoint(definition.follows):
            made.add(name)
    return frozenset(made)


def define(step: Step, name: str, index: int = 0) -> Definition:
    """Return what a step says of one of the names that it decides."""
    match step:
        case Table(outputs, asked, rows):
            place = outputs.index(name)
            cases = hits(step)
            answers = tuple(row.answers[place] for row in rows)
        case Scale(_, on, bands, by, rounding):
            asked = (by,) if by else ()
            cases = tuple(_chosen(by, band) for band in bands)
            answers = tuple(_rounded(brackets(on, band), rounding) for band in bands)
        case Score(_, points):
            parts = [_counted(point.when, point.points) for point in points]
            return Definition(name, total(parts), (), (), YES, index)
        case Clauses(_, clauses):
            found = guards(step)
            cases = tuple(found[clause.label] for clause in clauses)
            asked = tuple(sorted(frozenset().union(*map(names, cases))))
            answers = tuple(clause.value for clause in clauses)
        case Apportion():
            # No formula says it; what proves is given the decision without it (`relaxing.py`).
            return Definition(name, Named(name), (), (), YES, index)
    spoken = YES if cases == (YES,) else any_of(cases)
    return Definition(name, chain(cases, answers), cases, answers, spoken, index, asked)


def hits(table: Table) -> tuple[Formula, ...]:
    """Return for each row of a table when it hits; `otherwise` where no other row does."""
    plain = [row_condition(row, table.on) for row in table.rows]
    others = any_of(tuple(c for c, row in zip(plain, table.rows, strict=True) if not row.otherwise))
    return tuple(
        apply("not", others) if row.otherwise else condition
        for condition, row in zip(plain, table.rows, strict=True)
    )


def chain(cases: tuple[Formula, ...], answers: tuple[Formula, ...]) -> Formula:
    """Return the answer of the first case that holds; the last one is not asked."""
    if not answers:
        return NotApplicable()
    if len(cases) > LONG:
        # A tree: what follows a chain of a thousand rows would go as deep.
        half = len(cases) // 2
        above, below = (chain(cases[at], answers[at]) for at in (slice(half), slice(half, None)))
        return apply("where", any_of(cases[:half]), above, below)
    value = answers[-1]
    for condition, answer in zip(reversed(cases[:-1]), reversed(answers[:-1]), strict=True):
        value = answer if condition == YES else apply("where", condition, answer, value)
    return value


def any_of(conditions: tuple[Formula, ...]) -> Formula:
    """Return the condition that one of these holds, of many as a tree."""
    if len(conditions) <= LONG:
        return some(conditions)
    half = len(conditions) // 2
    return apply("or", any_of(conditions[:half]), any_of(conditions[half:]))


def brackets(on: Formula, band: Bands) -> Formula:
    """Return the sum over brackets: what lies above each end, times the change of the rate."""
    parts: list[Formula] = []
    before: Formula = number(0)
    for bracket in band.brackets:
        above = apply("max", number(0), apply("subtract", on, bracket.above))
        match before, bracket.rate:
            case Number(old), Number(new):
                change: Formula = Number(new - old)
            case _:
                change = apply("subtract", bracket.rate, before)
        parts.append(apply("multiply", change, above))
        before = bracket.rate
    return total(parts)


def total(parts: Iterable[Formula]) -> Formula:
    """Return a sum, of long ones as a tree; zero of nothing."""
    left = list(parts)
    if len(left) > LONG:
        half = len(left) // 2
        return apply("add", total(left[:half]), total(left[half:]))
    made: Formula | None = None
    for part in left:
        made = part if made is None else apply("add", made, part)
    return number(0) if made is None else made


def _counted(when: Formula, points: Formula) -> Formula:
    return points if when == YES else apply("where", when, points, number(0))


def _chosen(by: str, band: Bands) -> Formula:
    if not by or band.values is None:
        return YES
    return some(tuple(apply("equal", Named(by), Number(v)) for v in sorted(band.values)))


def _rounded(value: Formula, rounding: tuple[str, Formula] | None) -> Formula:
    return value if rounding is None else apply(rounding[0], value, rounding[1])


def unrounded(formula: Formula) -> Formula:
    """Return a formula without its roundings to a step."""

    def change(node: Formula) -> Formula | None:
        if isinstance(node, Apply) and node.operation.startswith("round_"):
            return unrounded(node.parts[0])
        return None

    return rebuild(formula, change)
