"""Check clauses: some clause speaks in every case, none against another, each has an effect."""

from __future__ import annotations

from collections.abc import Iterator

from lawc.decision.decision import Clause, Clauses
from lawc.decision.exact import evaluate, take
from lawc.decision.formula import Formula
from lawc.decision.operations import ONE, DecisionError, truth
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.library import is_true, z3
from lawc.proofs.replay import Case, holds, refusal, values_before
from lawc.proofs.steps import Definition, define
from lawc.proofs.subject import Subject
from lawc.proofs.terms import Term, conjunction, disjunction, negation
from lawc.proofs.world import Real

MOST = 20
Pair = tuple[tuple[Formula, Formula], tuple[Formula, Formula]]


def check_clauses(subject: Subject, index: int) -> tuple[Finding, ...]:
    """Return gaps, conflicts, and clauses and exceptions without an effect, of one step."""
    step = subject.decision.steps[index]
    assert isinstance(step, Clauses)
    definition = subject.definitions[step.output]
    cases, answers = definition.cases, definition.answers
    asked = definition.asked
    if cases == (definition.spoken,) and not asked:
        return ()
    found = [*_silent(subject, index, step, cases)]
    silent = {row for finding in found for row in finding.rows}
    found += _conflicts(subject, index, step, cases, answers)
    found += _without_effect(subject, index, step, cases, silent)
    found += _gap(subject, index, cases, asked)
    return tuple(found)


def differs(one: Term, other: Term) -> Real:
    """Return that two answers are not the same."""
    a, b = one.value, other.value
    if z3.is_bool(a) != z3.is_bool(b):
        a, b = (z3.If(v, 1, 0) if z3.is_bool(v) else v for v in (a, b))
    both = conjunction([one.applicable, other.applicable])
    return z3.Or(one.applicable != other.applicable, z3.And(both, a != b))


def without(step: Clauses, place: int) -> Clauses:
    """Return clauses without one of them."""
    gone = step.clauses[place]
    rest = tuple(
        # What is an exception to it loses its object with it.
        Clause(
            other.label,
            other.value,
            other.condition,
            tuple(label for label in other.defeats if label != gone.label),
            other.words,
        )
        for other in step.clauses
        if other is not gone
    )
    return Clauses(step.output, rest)


def _silent(
    subject: Subject, index: int, step: Clauses, cases: tuple[Formula, ...]
) -> Iterator[Finding]:
    for place, guard in enumerate(cases):
        if subject.shown.speaks(step.output, place, guard):
            continue
        condition = subject.encoding.condition(guard)
        if is_true(condition):
            continue
        if subject.has([condition], subject.holding(guard), index) is False:
            fault = Fault.DEAD_EXCEPTION if step.clauses[place].defeats else Fault.DEAD_CLAUSE
            yield Finding(fault, index, (place,), detail="never speaks", name=step.output)


def _conflicts(
    subject: Subject,
    index: int,
    step: Clauses,
    cases: tuple[Formula, ...],
    answers: tuple[Formula, ...],
) -> Iterator[Finding]:
    encoding, clauses = subject.encoding, step.clauses
    count = 0
    for i, first in enumerate(clauses):
        for j in range(i + 1, len(clauses)):
            second = clauses[j]
            settled = first.label in second.defeats or second.label in first.defeats
            if settled or answers[i] == answers[j] or count == MOST:
                continue
            conditions = [encoding.condition(cases[i]), encoding.condition(cases[j])]
            conditions.append(differs(encoding.term(answers[i]), encoding.term(answers[j])))

            pair = (cases[i], answers[i]), (cases[j], answers[j])

            def against(given: Case, pair: Pair = pair) -> bool:
                return _oppose(subject, given, index, pair)

            found = subject.example(conditions, against, index)
            if found is not None:
                said = refusal(subject.decision, found, index) or ""
                pairs = tuple(found.items())
                yield Finding(Fault.CONFLICT, index, (i, j), pairs, said, step.output)
                count += 1


def _without_effect(
    subject: Subject, index: int, step: Clauses, cases: tuple[Formula, ...], silent: set[int]
) -> Iterator[Finding]:
    """Yield exceptions without which the same would be answered."""
    for place, clause in enumerate(step.clauses):
        if not clause.defeats or place in silent:
            continue
        left = define(without(step, place), step.output, index)
        if subject.shown.changes(step.output, cases[place], left.spoken, left.value):
            continue
        encoding = subject.encoding
        with_it = encoding.terms[step.output]
        spoken = encoding.condition(left.spoken)
        changed = z3.Or(negation(spoken), differs(with_it, encoding.term(left.value)))
        own = encoding.condition(cases[place])

        def changes(values: Case, guard: Formula = cases[place], left: Definition = left) -> bool:
            return _changes(subject, values, step, guard, left)

        if subject.has([own, changed], changes, index) is False:
            yield Finding(
                Fault.DEAD_EXCEPTION, index, (place,), detail="changes nothing", name=step.output
            )


def _oppose(subject: Subject, given: Case, index: int, pair: Pair) -> bool:
    """Return whether two clauses speak in a case, and say different things."""
    decision = subject.decision
    values = values_before(decision, given, index)
    if values is None or not all(holds(decision, values, guard) for guard, _ in pair):
        return False
    try:
        one, other = (evaluate(answer, values, decision.calendars) for _, answer in pair)
    except DecisionError:
        return False
    return one != other


def _changes(
    subject: Subject, values: Case, step: Clauses, guard: Formula, left: Definition
) -> bool:
    """Return whether another answer is left, or none, where a guard holds."""
    decision = subject.decision
    if not holds(decision, values, guard):
        return False
    try:
        if truth(evaluate(left.spoken, values, decision.calendars)) is not ONE:
            return True
        said = evaluate(left.value, values, decision.calendars)
        return said != take(step, values, decision.calendars)[step.output][0]
    except DecisionError:
        return False


def _gap(
    subject: Subject, index: int, cases: tuple[Formula, ...], asked: tuple[str, ...]
) -> Iterator[Finding]:
    encoding, decision = subject.encoding, subject.decision
    spoken = disjunction([encoding.condition(case) for case in cases])
    if is_true(spoken):
        return
    applicable = [encoding.terms[name].applicable for name in asked]

    def missed(given: Case) -> bool:
        return "no clause speaks" in (refusal(decision, given, index) or "")

    found = subject.example([negation(spoken), *applicable], missed, index)
    if found is not None:
        said = refusal(decision, found, index) or ""
        yield Finding(Fault.SILENT, index, (), tuple(found.items()), said)
