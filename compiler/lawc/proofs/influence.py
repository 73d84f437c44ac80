"""What has no influence on the answers in the end: an input, or an exception.

Most inputs show their influence in a few cases, which are tried first; the solver is asked about
the others, with two copies of the decision that differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from lawc.decision.decision import Clauses, Decision, Step, reads
from lawc.decision.exact import decide
from lawc.decision.formula import YES
from lawc.decision.operations import DecisionError
from lawc.decision.values import Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.clauses import differs, without
from lawc.proofs.drawing import draw_cases
from lawc.proofs.encoding import Encoding
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.library import z3
from lawc.proofs.replay import Case
from lawc.proofs.search import ask
from lawc.proofs.subject import Subject
from lawc.proofs.world import Real, World

CASES = 40


def final(decision: Decision) -> tuple[str, ...]:
    """Return the outputs that no step reads: what is answered in the end."""
    read = frozenset().union(*map(reads, decision.steps))
    return tuple(name for name in decision.outputs if name not in read) or decision.outputs


def check_inputs(subject: Subject) -> Iterator[Finding]:
    """Yield the inputs that are read and never change an answer."""
    decision = subject.decision
    read = frozenset().union(*map(reads, decision.steps))
    for name in _without_witness(subject, [p.name for p in decision.inputs if p.name in read]):
        if subject.is_spent:
            return
        world = World()
        first = Encoding(decision, world, "a ")
        shared = {n: v for n, v in first.variables.items() if n != name}
        second = Encoding(decision, world, "b ", shared)
        unlike = [differs(first.terms[n], second.terms[n]) for n in decision.outputs]
        facts = [*first.domain, *second.domain, first.answered(), second.answered()]
        if ask(world, [*facts, z3.Or(*unlike)], subject.limits).exists is False:
            yield Finding(Fault.NO_INFLUENCE, 0, name=name)


def _without_witness(subject: Subject, silent: list[str]) -> list[str]:
    """Return the inputs among some of which no case shows that they change an answer."""
    decision = subject.decision
    every = RuleClaim(Always.COMPARISON, YES, text="influence")
    began = subject.clock.seconds
    cases = [given for (given,) in draw_cases(decision, every, CASES)]
    for given, other in pairwise(cases):
        before = _answers(decision, given)
        if before is None:
            continue
        for name in list(silent):
            if given[name] == other[name]:
                continue
            if _answers(decision, {**given, name: other[name]}) != before:
                silent.remove(name)
            if subject.clock.seconds - began > 2 * subject.limits.seconds:
                return []
        if not silent:
            break
    return silent


def _answers(decision: Decision, given: Case) -> tuple[Value, ...] | None:
    try:
        values = decide(decision, given).values
    except DecisionError:
        return None
    return tuple(values[name] for name in decision.outputs)


def idle_exceptions(subject: Subject) -> Iterator[Finding]:
    """Yield exceptions that speak and change what their step decides, but nothing after it."""
    decision = subject.decision
    last = set(final(decision))
    for index, step in enumerate(decision.steps):
        if not isinstance(step, Clauses) or step.output in last:
            continue
        for place, clause in enumerate(step.clauses):
            if clause.defeats and _is_idle(subject, index, step, place):
                yield Finding(
                    Fault.IDLE_EXCEPTION, index, (place,), detail=clause.label, name=step.output
                )


def _is_idle(subject: Subject, index: int, step: Clauses, place: int) -> bool:
    """Whether all answers in the end are the same without an exception, wherever it speaks."""
    if subject.is_spent:
        return False
    decision, encoding = subject.decision, subject.encoding
    rest: Step = without(step, place)
    steps = (*decision.steps[:index], rest, *decision.steps[index + 1 :])
    other = Encoding(replace(decision, steps=steps), encoding.world, "w ", encoding.variables)
    own = encoding.condition(subject.definitions[step.output].cases[place])
    unlike: list[Real] = [differs(encoding.terms[n], other.terms[n]) for n in final(decision)]
    changed = z3.Or(z3.Not(other.answered()), *unlike)
    return subject.exists([own, encoding.answered(), changed], None) is False
