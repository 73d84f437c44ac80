"""Check all steps of a decision, and of a rule as of each day on which it changes."""

from __future__ import annotations

from collections.abc import Iterator

from lawc.decision.decision import Apportion, Clauses, Decision, Port, Scale, Score, Table, decides
from lawc.decision.formula import Formula, NotApplicable, Number
from lawc.proofs.apportionment import check_apportioned
from lawc.proofs.clauses import check_clauses
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.influence import check_inputs
from lawc.proofs.library import is_false, is_true, z3
from lawc.proofs.relaxing import apportions
from lawc.proofs.replay import Case, refusal
from lawc.proofs.search import QUICK, Limits
from lawc.proofs.subject import Subject
from lawc.proofs.tables import check_table
from lawc.proofs.terms import as_number, disjunction, exactly, negation


def check_decision(decision: Decision, limits: Limits = QUICK) -> tuple[Finding, ...]:
    """Return what is wrong with a decision, each finding with a replayed case where it has one.

    A question that the solver does not settle within its limits is no finding.
    """
    if apportions(decision):
        return check_apportioned(decision, limits, check_decision)
    subject = Subject(decision, limits)
    found: list[Finding] = []
    follows = frozenset((Fault.UNREACHED, Fault.DEAD_CLAUSE, Fault.DEAD_EXCEPTION))
    for index, step in enumerate(decision.steps):
        here: list[Finding] = []
        match step:
            case Table():
                here += check_table(subject, index)
            case Clauses():
                here += check_clauses(subject, index)
            case Score():
                here += _dead_points(subject, index, step)
            case Scale():
                here += _brackets(subject, index, step)
            case Apportion():
                raise TypeError("expected a decision without apportionments")
        if not any(finding.case for finding in here):
            here += _answers(subject, index)
        # What an earlier step leaves unanswered is not reached here: that is said there.
        found += [f for f in here if not found or f.fault not in follows]
    return tuple(found) or tuple(check_inputs(subject))


def _dead_points(subject: Subject, index: int, step: Score) -> Iterator[Finding]:
    for place, point in enumerate(step.points):
        if subject.shown.holds(point.when):
            continue
        condition = subject.encoding.condition(point.when)
        if not is_true(condition) and subject.exists([condition], index) is False:
            yield Finding(Fault.DEAD_ROW, index, (place,), name=step.output)


def _brackets(subject: Subject, index: int, step: Scale) -> Iterator[Finding]:
    """Yield a value of the chooser that no brackets are for, or two sets of them are."""
    definition = subject.definitions[step.output]
    encoding = subject.encoding
    conditions = [encoding.condition(case) for case in definition.cases]
    if not step.by or any(map(is_true, conditions)):
        return
    applicable = encoding.terms[step.by].applicable

    def refused(given: Case) -> bool:
        return "brackets" in (refusal(subject.decision, given, index) or "")

    none = [applicable, negation(disjunction(conditions))]
    found = subject.example(none, refused, index)
    if found is not None:
        said = refusal(subject.decision, found, index) or ""
        yield Finding(Fault.GAP, index, (), tuple(found.items()), said, step.output)
    for i, first in enumerate(conditions):
        for j in range(i + 1, len(conditions)):
            both = subject.example([first, conditions[j]], refused, index)
            if both is not None:
                yield Finding(Fault.OVERLAP, index, (i, j), tuple(both.items()))
                return


def _answers(subject: Subject, index: int) -> Iterator[Finding]:
    """Yield a case in which a step has no result, or one that its quantity does not take."""
    decision = subject.decision
    fixed = [subject.definitions[name].answers for name in decides(decision.steps[index])]
    ports = [decision.port(name) for name in decides(decision.steps[index])]
    pairs = zip(ports, fixed, strict=True)
    if all(answers and all(_is_within(p, a) for a in answers) for p, answers in pairs):
        return
    encoding = subject.encoding

    def refused(given: Case) -> bool:
        return refusal(decision, given, index) is not None

    for name in decides(decision.steps[index]):
        port = decision.port(name)
        term = encoding.terms[name]
        beyond = []
        if port.kind != "yes/no" and not port.choices:
            value = as_number(term.value)
            beyond += [value < exactly(port.low)] if port.low is not None else []
            beyond += [value > exactly(port.high)] if port.high is not None else []
        outside = z3.And(term.applicable, disjunction(beyond))
        broken = z3.BoolVal(False)
        if port.kind in ("integer", "date") and z3.is_real(term.value):
            broken = z3.And(term.applicable, z3.Not(z3.IsInt(term.value)))
        for fault, condition in (
            (Fault.NO_RESULT, encoding.fails[name]),
            (Fault.RANGE, outside if beyond else z3.BoolVal(False)),
            (Fault.NOT_WHOLE, broken),
        ):
            if is_false(condition):
                continue
            asked = [condition, encoding.answers(subject.definitions[name])]
            if fault is not Fault.NO_RESULT:
                asked.append(negation(encoding.fails[name]))
            found = subject.example(asked, refused, index)
            if found is not None:
                said = refusal(decision, found, index) or ""
                yield Finding(fault, index, (), tuple(found.items()), said, name)


def _is_within(port: Port, answer: Formula) -> bool:
    """Whether an answer is a constant in the range of its quantity."""
    if isinstance(answer, NotApplicable):
        return True
    if not isinstance(answer, Number):
        return False
    if port.kind in ("integer", "date") and answer.value.denominator != 1:
        return False
    above = port.low is None or answer.value >= port.low
    return above and (port.high is None or answer.value <= port.high)
