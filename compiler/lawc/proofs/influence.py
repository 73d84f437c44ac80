"""What has no influence on the answers in the end: an input, or an exception.

Most inputs show their influence in a few cases, which are tried first; the solver is asked about
the others, with two copies of the decision that differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from lawc.decision.decision import Clauses, Decision, Step, reads
from lawc.proofs.clauses import differs, without
from lawc.proofs.encoding import Encoding
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.library import z3
from lawc.proofs.search import ask
from lawc.proofs.shown import CASES, answered
from lawc.proofs.subject import Subject
from lawc.proofs.world import Real, World


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
    began = subject.clock.seconds
    if len(subject.shown.cases) < CASES:
        return []
    for (given, before), (other, _) in pairwise(subject.shown.cases):
        if before is None:
            continue
        for name in list(silent):
            if given[name] == other[name]:
                continue
            changed = answered(decision, {**given, name: other[name]})
            if changed is None or any(
                changed.values[n] != before.values[n] for n in decision.outputs
            ):
                silent.remove(name)
            if subject.clock.seconds - began > 2 * subject.limits.seconds:
                return []
        if not silent:
            break
    return silent


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
