"""Whether two decisions answer the same in every case, such as two encodings of one provision."""

from __future__ import annotations

from itertools import chain

from lawc.decision.decision import Decision
from lawc.decision.exact import decide
from lawc.decision.formula import YES
from lawc.decision.operations import DecisionError
from lawc.decision.values import Value
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.clauses import differs
from lawc.proofs.drawing import draw_cases
from lawc.proofs.encoding import Encoding
from lawc.proofs.library import z3
from lawc.proofs.relaxing import apportions
from lawc.proofs.replay import Case, shortened
from lawc.proofs.search import Limits, ask, case
from lawc.proofs.verdict import Verdict, Word
from lawc.proofs.world import World

CASES = 150


def prove_equal(one: Decision, other: Decision, limits: Limits | None = None) -> Verdict:
    """Return whether two decisions on the same inputs have the same outputs.

    A case that one of them answers and the other refuses tells them apart.
    """
    limits = limits or Limits()
    if one == other:
        return Verdict(Word.PROVED, means="cases")
    if one.inputs != other.inputs or one.outputs != other.outputs:
        return Verdict(Word.UNKNOWN)

    def differ(given: Case) -> bool:
        return answers(one, given) != answers(other, given)

    every = RuleClaim(Always.COMPARISON, YES, text="equal")
    for (given,) in chain(draw_cases(one, every, CASES), draw_cases(other, every, CASES)):
        if differ(given):
            return _refuted(shortened(one, given, differ), "cases")
    if apportions(one) or apportions(other):
        return Verdict(Word.UNKNOWN)
    world = World()
    first = Encoding(one, world, "a ")
    second = Encoding(other, world, "b ", first.variables)
    second.known = first.known
    unlike = [differs(first.terms[name], second.terms[name]) for name in one.outputs]
    # Where one has an answer and the other none they differ too.
    unlike.append(first.answered() != second.answered())
    facts = [*first.domain, z3.Or(first.answered(), second.answered()), z3.Or(*unlike)]
    found = ask(world, facts, limits)
    if found.exists is False:
        return Verdict(Word.PROVED, means="solver")
    if found.exists:
        given = case(first, found.model)
        if differ(given):
            return _refuted(shortened(one, given, differ), "solver")
    return Verdict(Word.UNKNOWN)


def answers(decision: Decision, given: Case) -> dict[str, Value] | None:
    """Return the outputs in a case, None where there is no answer."""
    try:
        values = decide(decision, given).values
    except DecisionError:
        return None
    return {name: values[name] for name in decision.outputs}


def _refuted(given: Case, means: str) -> Verdict:
    return Verdict(Word.REFUTED, (tuple(given.items()),), means=means)
