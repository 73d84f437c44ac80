"""Take a decision for one case, exactly; every other evaluator is compared with this one.

A step answers with the row, bracket or clause that speaks. With unknown values several may still
speak; where all of them would answer the same that is the answer, else it is unknown: nothing is
guessed, though a look at all steps together may know more (`partial.py`). A step that asks for
something not applicable, and in which therefore nothing speaks, is not applicable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lawc.decision.admission import admitted, fitting
from lawc.decision.apportion_step import take_apportion
from lawc.decision.decision import (
    Apportion,
    Bands,
    Calendar,
    Cell,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Scale,
    Score,
    Step,
    Table,
    Test,
    decides,
)
from lawc.decision.formula import Apply, Formula, Named, Number, names
from lawc.decision.guards import guards
from lawc.decision.operations import ONE, ZERO, DecisionError, operate, rounded, shown, truth
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Absent, Value

__all__ = ["Answers", "DecisionError", "decide", "evaluate", "take"]

Because = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a decision says of one case.

    Attributes:
        values: Of every input and every decided quantity, by name.
        because: For every decided quantity the places, from zero, of what spoke in its step: the
            row, the clause, the bracket of a scale (counted through all its bands), the lines of
            a score that counted. More than one row or clause where an unknown leaves them open.
    """

    values: Mapping[str, Value]
    because: Mapping[str, Because]


def decide(decision: Decision, given: Mapping[str, Value]) -> Answers:
    """Return what a decision says of a case.

    Args:
        given: A value for each input; one that may be unknown may be left out.

    Raises:
        DecisionError: A value is missing, out of its range or not of its kind, nothing speaks,
            two speak against each other, or something has no result.
    """
    values = admitted(decision, given)
    because: dict[str, Because] = {}
    for step in decision.steps:
        for name, (value, spoke) in take(step, values, decision.calendars).items():
            values[name] = fitting(decision.port(name), value)
            because[name] = spoke
    return Answers(values, because)


def take(
    step: Step, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> dict[str, tuple[Value, Because]]:
    """Return what a step decides, and what spoke in it.

    Raises:
        DecisionError: Nothing speaks, two speak against each other, or something has no result.
    """
    try:
        match step:
            case Table():
                return _table(step, values, calendars)
            case Scale():
                return {step.output: _scale(step, values, calendars)}
            case Score():
                return {step.output: _score(step, values, calendars)}
            case Clauses():
                return {step.output: _clauses(step, values, calendars)}
            case Apportion():
                return take_apportion(step, lambda f: evaluate(f, values, calendars))
    except DecisionError as error:
        of = ", ".join(decides(step))
        if str(error).startswith(f"{of}: "):
            raise
        raise DecisionError(f"{of}: {error}") from None


def evaluate(
    formula: Formula, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> Value:
    """Return the value of a formula; `and`, `or`, `where` read only the parts they need.

    Raises:
        DecisionError: An operation has no result.
    """
    # Long sums lean to the left: that side is walked, the other is called.
    spine: list[Apply] = []
    while isinstance(formula, Apply):
        spine.append(formula)
        formula = formula.parts[0]
    value: Value
    match formula:
        case Number(number):
            value = number
        case Named(name):
            value = values[name]
        case _:
            value = NOT_APPLICABLE
    for node in reversed(spine):
        match node.operation:
            case "and" | "or":
                value = _logical(node, truth(value), values, calendars)
            case "where":
                value = _chosen(node, truth(value), values, calendars)
            case operation:
                rest = [evaluate(part, values, calendars) for part in node.parts[1:]]
                value = operate(operation, (value, *rest), calendars.get(node.name))
    return value


def holds(
    cell: Cell, value: Value, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> Value:
    """Return 1, 0 or unknown: whether a cell holds at the value of its quantity."""
    if cell is None:
        return ONE
    if isinstance(cell, Test):
        return truth(evaluate(cell.condition, values, calendars))
    if isinstance(value, Absent):
        return UNKNOWN if value is UNKNOWN else ZERO
    held = value in cell.values if isinstance(cell, OneOf) else inside(cell, value)
    return ONE if held else ZERO


def inside(cell: Interval, value: Fraction) -> bool:
    """Return whether a number lies in an interval."""
    # Cross products of whole numbers: a comparison of Fractions asks first what the other side is.
    above, below = value.as_integer_ratio()
    low, high = cell.low, cell.high
    if low is not None:
        here, end = above * low.denominator, low.numerator * below
        if here < end or (cell.low_open and here == end):
            return False
    if high is None:
        return True
    here, end = above * high.denominator, high.numerator * below
    return here < end or (here == end and not cell.high_open)


def _logical(
    node: Apply, left: Value, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> Value:
    decided = ZERO if node.operation == "and" else ONE
    if left is decided:
        return left
    right = truth(evaluate(node.parts[1], values, calendars))
    return right if right is decided or left is not UNKNOWN else UNKNOWN


def _chosen(
    node: Apply, condition: Value, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> Value:
    _, yes, no = node.parts
    if isinstance(condition, Fraction):
        return evaluate(yes if condition else no, values, calendars)
    return _agreed(
        [lambda: evaluate(yes, values, calendars), lambda: evaluate(no, values, calendars)]
    )


def _agreed(answers: list[Callable[[], Value]]) -> Value:
    """Return what all of several possible answers say, else unknown; one that fails is unknown."""
    found: set[Value] = set()
    for answer in answers:
        try:
            found.add(answer())
        except DecisionError:
            return UNKNOWN
        if len(found) > 1:
            return UNKNOWN
    return found.pop()


def _table(
    step: Table, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> dict[str, tuple[Value, Because]]:
    asked = [values[name] for name in step.on]
    hits, maybe = [], []
    for place, row in enumerate(step.rows):
        if row.otherwise:
            continue
        hit: Value = ONE
        for cell, value in zip(row.cells, asked, strict=True):
            held = holds(cell, value, values, calendars)
            if held is UNKNOWN:
                hit = held
            elif held is ZERO:
                hit = ZERO
                break
        if hit is UNKNOWN:
            maybe.append(place)
        elif hit is ONE:
            hits.append(place)
            if step.policy == "first":
                break
    if len(hits) > 1 and step.policy == "unique":
        raise DecisionError(f"two rows speak {_where(step.on, values)}: {_labels(step, hits)}")
    if not hits:
        hits = [place for place, row in enumerate(step.rows) if row.otherwise][:1]
    elif step.policy != "first":
        maybe = []
    candidates = sorted({*maybe, *hits})
    if not candidates:
        if NOT_APPLICABLE in asked:
            return dict.fromkeys(step.outputs, (NOT_APPLICABLE, ()))
        raise DecisionError(f"no row speaks {_where(step.on, values)}")
    made: dict[str, tuple[Value, Because]] = {}
    for column, name in enumerate(step.outputs):
        given = [(place, step.rows[place].answers[column]) for place in candidates]
        if maybe:
            made[name] = _open(given, values, calendars)
            continue
        answers = [evaluate(answer, values, calendars) for _, answer in given]
        if any(answer != answers[0] for answer in answers):
            raise DecisionError(f"rows differ {_where(step.on, values)}: {_labels(step, hits)}")
        made[name] = answers[0], (candidates[0],)
    return made


def _open(
    given: list[tuple[int, Formula]],
    values: Mapping[str, Value],
    calendars: Mapping[str, Calendar],
) -> tuple[Value, Because]:
    """Return what several rows or clauses that may speak agree on."""
    answers = [lambda answer=answer: evaluate(answer, values, calendars) for _, answer in given]
    return _agreed(answers), tuple(place for place, _ in given)


def _scale(
    step: Scale, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> tuple[Value, Because]:
    on = evaluate(step.on, values, calendars)
    chooser = values[step.by] if step.by else ONE
    if NOT_APPLICABLE in (on, chooser):
        return NOT_APPLICABLE, ()
    first, possible = 0, []
    for bands in step.bands:
        if bands.values is None or chooser is UNKNOWN or chooser in bands.values:
            possible.append((first, bands))
        first += len(bands.brackets)
    if not possible:
        raise DecisionError(f"no brackets {_where((step.by,), values)}")
    if len(possible) > 1:
        if chooser is not UNKNOWN:
            raise DecisionError(f"two sets of brackets {_where((step.by,), values)}")
        answers = [
            lambda bands=bands: _marginal(step, bands, on, values, calendars)[0]
            for _, bands in possible
        ]
        return _agreed(answers), ()
    start, bands = possible[0]
    value, place = _marginal(step, bands, on, values, calendars)
    return value, () if place is None else (start + place,)


def _marginal(
    step: Scale,
    bands: Bands,
    on: Value,
    values: Mapping[str, Value],
    calendars: Mapping[str, Calendar],
) -> tuple[Value, int | None]:
    """Return the sum over brackets, rounded, and the place of the bracket in which `on` ends."""
    total, place = ZERO, None
    before, below = ZERO, None
    unsure = isinstance(on, Absent)
    for index, bracket in enumerate(bands.brackets):
        above = evaluate(bracket.above, values, calendars)
        rate = evaluate(bracket.rate, values, calendars)
        if NOT_APPLICABLE in (above, rate):
            return NOT_APPLICABLE, None
        if isinstance(above, Absent) or isinstance(rate, Absent) or isinstance(on, Absent):
            unsure = True
            continue
        if below is not None and above < below:
            raise DecisionError(f"brackets fall from {shown(below)} to {shown(above)}")
        if on > above:
            total += (rate - before) * (on - above)
            place = index
        before, below = rate, above
    if unsure:
        return UNKNOWN, None
    if step.rounding is not None:
        by = evaluate(step.rounding[1], values, calendars)
        if isinstance(by, Absent):
            return by, place
        total = rounded(step.rounding[0], total, by)
    return total, place


def _score(
    step: Score, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> tuple[Value, Because]:
    total: Value = ZERO
    counted: list[int] = []
    for place, point in enumerate(step.points):
        held = truth(evaluate(point.when, values, calendars))
        if held is ZERO:
            continue
        points = evaluate(point.points, values, calendars)
        if held is UNKNOWN:
            points = ZERO if points == ZERO else UNKNOWN
        else:
            counted.append(place)
        total = operate("add", (total, points))
    return total, tuple(counted)


def _clauses(
    step: Clauses, values: Mapping[str, Value], calendars: Mapping[str, Calendar]
) -> tuple[Value, Because]:
    effective = _guards(step)
    hits, maybe = [], []
    for place, (clause, guard) in enumerate(zip(step.clauses, effective, strict=True)):
        held = truth(evaluate(guard, values, calendars))
        if held is UNKNOWN:
            maybe.append((place, clause.value))
        elif held is ONE:
            hits.append((place, clause.value))
    if hits:
        answers = [evaluate(value, values, calendars) for _, value in hits]
        if any(answer != answers[0] for answer in answers):
            said = ", ".join(
                f"{step.clauses[place].label} says {shown(answer)}"
                for (place, _), answer in zip(hits, answers, strict=True)
            )
            raise DecisionError(f"clauses speak against each other: {said}")
        return answers[0], (hits[0][0],)
    if maybe:
        return _open(maybe, values, calendars)
    read = frozenset().union(*map(names, effective))
    if any(values[name] is NOT_APPLICABLE for name in read):
        return NOT_APPLICABLE, ()
    raise DecisionError(f"no clause speaks {_where(tuple(sorted(read)), values)}")


def _guards(step: Clauses) -> tuple[Formula, ...]:
    """Return when each clause is in effect; kept by the object, for a hash reads all formulas."""
    known = _KEPT.get(id(step))
    if known is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        # The step is kept so that no other takes its place in memory.
        known = _KEPT[id(step)] = step, tuple(guards(step).values())
    return known[1]


MOST_KEPT = 512
_KEPT: dict[int, tuple[Clauses, tuple[Formula, ...]]] = {}


def _where(asked: tuple[str, ...], values: Mapping[str, Value]) -> str:
    return "at " + ", ".join(f"{name} = {shown(values[name])}" for name in asked)


def _labels(step: Table, places: list[int]) -> str:
    return ", ".join(step.rows[place].label or f"row {place + 1}" for place in places)
