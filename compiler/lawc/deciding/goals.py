"""What rows of a rule ought to show: every row, clause and line at work, every condition decisive.

A condition is broken into atoms: comparisons, truths of `yes/no` quantities, tests. An atom is
decisive in a case where the condition would turn with it alone (masking MC/DC): the tests of a
condition ought to hold each atom decisive when it is true, and when it is false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lawc.decision.conditions import cell_condition, row_condition
from lawc.decision.decision import (
    Apportion,
    Clauses,
    Decision,
    OneOf,
    Scale,
    Score,
    Step,
    Table,
    decides,
    formulas,
)
from lawc.decision.formula import (
    NO,
    YES,
    Apply,
    Formula,
    Number,
    apply,
    every,
    rebuild,
    walk,
)
from lawc.decision.guards import guards

_LOGICAL = ("and", "or", "not")
_TRUTHS = (*_LOGICAL, "less", "less_equal", "equal")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a case ought to show.

    Attributes:
        kind: `speaks`, `counts`, `counts not`, `decisive`, `decisive not`.
        output: Of the step.
        part: The number of the row, clause, line or bracket in it.
        atom: Which atom is decisive, where the kind says that one is.
        condition: Holds in the cases that show it.
    """

    kind: str
    output: str
    part: int
    condition: Formula
    atom: Formula | None = None


def goals(decision: Decision) -> tuple[Goal, ...]:
    """Return all that rows ought to show: rows and clauses first, then what decides them."""
    found: list[Goal] = []
    for step in decision.steps:
        found += _speaking(step)
    for step in decision.steps:
        found += _deciding(step)
    return tuple(dict.fromkeys(found))


def conditions(step: Step) -> Iterator[tuple[int, Formula]]:
    """Yield the conditions of a step, as written, by the number of the part they belong to."""
    match step:
        case Table(_, on, rows):
            for number, row in enumerate(rows):
                if not row.otherwise:
                    yield number, row_condition(row, on)
        case Clauses():
            yield from enumerate(guards(step).values())
        case Score(_, points):
            for number, point in enumerate(points):
                yield number, point.when
        case Scale() | Apportion():
            pass
    for number, formula in enumerate(formulas(step)):
        for node in walk(formula):
            if isinstance(node, Apply) and node.operation == "where":
                yield number, node.parts[0]
        if isinstance(formula, Apply) and formula.operation in _TRUTHS:
            yield number, formula


def atoms(condition: Formula) -> tuple[Formula, ...]:
    """Return the atoms of a condition, each once."""
    if isinstance(condition, Apply) and condition.operation in _LOGICAL:
        return tuple(dict.fromkeys(a for part in condition.parts for a in atoms(part)))
    return () if isinstance(condition, Number) else (condition,)


def decisive(condition: Formula, atom: Formula) -> Formula:
    """Return when a condition turns with one of its atoms alone."""
    yes = _simple(rebuild(condition, lambda node: YES if node == atom else None))
    no = _simple(rebuild(condition, lambda node: NO if node == atom else None))
    return _simple(apply("or", _both(yes, apply("not", no)), _both(apply("not", yes), no)))


def _both(a: Formula, b: Formula) -> Formula:
    return apply("and", a, b)


def _simple(formula: Formula) -> Formula:
    """Return a condition without truths that are constant."""
    if not isinstance(formula, Apply) or formula.operation not in _LOGICAL:
        return formula
    parts = [_simple(part) for part in formula.parts]
    if formula.operation == "not":
        (part,) = parts
        if part in (YES, NO):
            return NO if part == YES else YES
        return apply("not", part)
    ends, neutral = (NO, YES) if formula.operation == "and" else (YES, NO)
    if ends in parts:
        return ends
    left = [part for part in parts if part != neutral]
    if not left:
        return neutral
    return left[0] if len(left) == 1 or left[0] == left[1] else apply(formula.operation, *left)


def _speaking(step: Step) -> Iterator[Goal]:
    match step:
        case Table(outputs, on, rows):
            held = [NO if row.otherwise else row_condition(row, on) for row in rows]
            for number, row in enumerate(rows):
                condition = held[number]
                if row.otherwise:
                    condition = every(tuple(apply("not", h) for h in held if h != NO))
                elif step.policy == "first":
                    before = tuple(apply("not", h) for h in held[:number])
                    condition = every((condition, *before))
                yield Goal("speaks", outputs[0], number, condition)
        case Clauses(output=output):
            for number, held in enumerate(guards(step).values()):
                yield Goal("speaks", output, number, held)
        case Score(output, points):
            for number, point in enumerate(points):
                yield Goal("counts", output, number, point.when)
                yield Goal("counts not", output, number, apply("not", point.when))
        case Scale():
            yield from _brackets(step)
        case Apportion():
            pass


def _brackets(step: Scale) -> Iterator[Goal]:
    number = 0
    for bands in step.bands:
        among = YES
        if step.by and bands.values is not None:
            among = cell_condition(OneOf(bands.values), step.by)
        for place, bracket in enumerate(bands.brackets):
            ends = [among, apply("less", bracket.above, step.on)]
            if place + 1 < len(bands.brackets):
                ends.append(apply("less_equal", step.on, bands.brackets[place + 1].above))
            yield Goal("speaks", step.output, number, _simple(every(tuple(ends))))
            number += 1


def _deciding(step: Step) -> Iterator[Goal]:
    output = decides(step)[0]
    for number, condition in conditions(step):
        for atom in atoms(condition):
            turns = decisive(condition, atom)
            if turns == NO:
                continue
            yield Goal("decisive", output, number, _simple(_both(turns, atom)), atom)
            yield Goal(
                "decisive not", output, number, _simple(_both(turns, apply("not", atom))), atom
            )
