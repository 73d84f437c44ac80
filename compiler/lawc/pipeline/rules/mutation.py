"""Mutation scores of rules: who notices a slip, the checker, a proof, a worked case or a claim.

Mutants are judged in the order of cost: what the checker refuses, worked cases, gaps and conflicts,
and claims. One that says what the rule says is not counted.
"""

from __future__ import annotations

from collections.abc import Callable

from lawc.analysis.constants import ConstantShelf
from lawc.analysis.rules.checking import know_rule
from lawc.analysis.rules.mutants import RuleMutant, rule_mutants
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.pipeline.mutation import Fate, Score, Verdict
from lawc.pipeline.rules.evidence import try_case
from lawc.pipeline.rules.texts import Written, written_rule
from lawc.proofs.rules import Proofs, prove_rule
from lawc.proofs.search import QUICK
from lawc.proofs.verdict import Word
from lawc.syntax.document import Block
from lawc.syntax.parsing import parse

PATIENCE = 2.0
"""Seconds after which no further day of a mutant is looked at."""
MOST = 60
"""Mutants of one rule that are judged; of more, some from everywhere in its text are."""


def rule_score(
    rule: Rule,
    base: KnowledgeBase,
    *,
    most: int = MOST,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """Return the mutation score of a rule.

    Raises:
        LawcError: The text of the rule is not among the sources of the knowledge.
    """
    written = written_rule(rule, base)
    every = rule_mutants(written.text, tuple(q.choices for q in rule.quantities.values()))
    chosen = _spread(every, most)
    before = prove_rule(rule, QUICK, PATIENCE)
    verdicts: list[Verdict] = []
    for number, mutant in enumerate(chosen):
        tell(number, len(chosen))
        fate, by = judge_mutant(written, mutant, base, before)
        start, end = written.start + mutant.start, written.start + mutant.end
        verdicts.append(Verdict(number, mutant.kind, mutant.text, start, end, fate, by))
    path = rule.place.path if rule.place is not None else ""
    return Score(rule.identity, path, tuple(verdicts))


def judge_mutant(
    written: Written, mutant: RuleMutant, base: KnowledgeBase, before: Proofs
) -> tuple[Fate, str]:
    """Return who noticed a slip, and by what; what is found of the rule itself does not count."""
    rule, known = written.rule, _faults(before)
    refuted = {p.claim.text for p in before.claims if p.verdict.word is Word.REFUTED}
    source = Source("mutant.rule", mutant.applied(written.text))
    document, misread = parse(source)
    if misread or len(document.blocks) != 1:
        return Fate.CHECKER, misread[0].code if misread else ""
    other, found = _known(document.blocks[0], rule.identity, source, base)
    errors = [one for one in found if one.is_error]
    if other is None:
        return Fate.CHECKER, errors[0].code if errors else ""
    if other.digest == rule.digest:
        return Fate.EQUIVALENT, ""
    for case in other.cases:
        for noticed in try_case(other, case):
            return Fate.EXAMPLE, noticed.code
    proofs = prove_rule(other, QUICK, PATIENCE)
    new = _faults(proofs) - known
    if new:
        return Fate.CHECKER, str(min(str(fault[0]) for fault in new))
    for proved in proofs.claims:
        if proved.verdict.word is Word.REFUTED and proved.claim.text not in refuted:
            return Fate.CLAIM, proved.claim.text
    return Fate.SURVIVED, ""


def _known(block: Block, identity: str, source: Source, base: KnowledgeBase):
    return know_rule(block, identity, source, ConstantShelf(base.constants))


def _faults(proofs: Proofs) -> frozenset[tuple[object, ...]]:
    return frozenset((f.fault, f.step, f.rows, f.name) for f in proofs.findings)


def _spread(mutants: tuple[RuleMutant, ...], most: int) -> tuple[RuleMutant, ...]:
    if len(mutants) <= most:
        return mutants
    return tuple(mutants[at * len(mutants) // most] for at in range(most))
