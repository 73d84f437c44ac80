"""Test a rule: answer its worked cases, prove that it is whole, and decide its claims."""

from __future__ import annotations

from collections.abc import Iterator

from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.rule import Rule
from lawc.pipeline.rules.evidence import try_case
from lawc.pipeline.testing import Tested
from lawc.proofs.claims import CASES
from lawc.proofs.finding import Fault, is_hole
from lawc.proofs.influence import idle_exceptions
from lawc.proofs.relaxing import relaxed
from lawc.proofs.remainder import remainders
from lawc.proofs.reporting import refutation, reports
from lawc.proofs.rules import Proofs, days_left, prove_rule, worst
from lawc.proofs.search import Limits
from lawc.proofs.subject import Subject
from lawc.proofs.verdict import Word

PATIENCE = 30.0
UNDECIDED = "not decided"


def try_rule(rule: Rule) -> tuple[Tested, ...]:
    """Try everything that a rule claims, as of every day on which it changes."""
    return tuple(_tried(rule))


def _tried(rule: Rule) -> Iterator[Tested]:
    for number, case in enumerate(rule.cases, start=1):
        problems = [_text(found) for found in try_case(rule, case)]
        name = f"case {case.label or number}"
        yield Tested(rule.identity, name, 1, "; ".join(problems) or None)
    proofs = prove_rule(rule, Limits(), PATIENCE, every_day=True)
    yield _wholeness(rule, proofs)
    yield from _remarks(rule, proofs)
    for claim in rule.claims:
        proved = worst(proofs.claims, claim)
        if proved is None:
            has_hole = any(map(is_hole, proofs.findings))
            why = "not every case has an answer" if has_hole else "no time was left for it"
            yield Tested(rule.identity, claim.text, 0, None, f"{UNDECIDED}: {why}")
            continue
        verdict = proved.verdict
        match verdict.word:
            case Word.PROVED:
                proof, problem = f"proved by {verdict.means}", None
                if left := days_left(proofs, claim):
                    proof = f"{UNDECIDED} as of {left} of {len(proofs.decisions)} days"
            case Word.REFUTED:
                proof, problem = "refuted", _text(refutation(rule, proved))
            case Word.UNKNOWN:
                proof = f"{UNDECIDED} after {verdict.boxes} boxes; held in {CASES} cases"
                problem = None
        yield Tested(rule.identity, claim.text, CASES, problem, proof)


def _wholeness(rule: Rule, proofs: Proofs) -> Tested:
    """Return whether every case has one answer, and every row and clause a case."""
    known = {claim.place for claim in rule.claims}
    found = [one for one in reports(rule, proofs) if one.place not in known and one.is_error]
    days = len(proofs.decisions)
    name = "every case has one answer, every row a case" + (f", on {days} days" if days > 1 else "")
    steps = {one.name for one in proofs.findings if one.fault is Fault.LEFT}
    said = [f"for {', '.join(f'`{step}`' for step in sorted(steps))}"] if steps else []
    said += [f"as of {len(proofs.days_left)} days"] if proofs.days_left else []
    proof = f"{UNDECIDED} {' and '.join(said)}" if said and not found else ""
    return Tested(rule.identity, name, 0, "; ".join(map(_text, found)) or None, proof)


def _remarks(rule: Rule, proofs: Proofs) -> Iterator[Tested]:
    """Yield what `otherwise` takes, and exceptions that no later answer depends on."""
    if not proofs.decisions:
        return
    decision = proofs.decisions[max(proofs.decisions, key=lambda day: day or 0)]
    for left in remainders(decision):
        outputs = " and ".join(f"`{name}`" for name in left.outputs)
        yield Tested(rule.identity, f"only `otherwise` decides {outputs}", 0, None, "", left.told())
    for idle in idle_exceptions(Subject(relaxed(decision), Limits())):
        said = f"without it `{idle.name}` is another, and every answer after it the same"
        yield Tested(rule.identity, f"exception {idle.detail}", 0, None, "", (said,))


def _text(found: Diagnostic) -> str:
    """Return a finding in one line."""
    said = [found.headline, found.labels[0].text, *found.notes]
    return ": ".join(said[:2]) + "".join(f", {note}" for note in said[2:])
