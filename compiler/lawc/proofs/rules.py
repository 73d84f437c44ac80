"""Prove a rule: what it decides as of every day on which that changes, and what it claims.

The newest days come first, so that where time runs out the law in force today was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from lawc.decision.decision import Decision
from lawc.decision.folding import fold
from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.as_of import change_days, decision_of, value_on
from lawc.knowledge.rule import Rule, RuleClaim
from lawc.proofs.checking import check_decision
from lawc.proofs.claims import prove_claim
from lawc.proofs.finding import Fault, Finding, is_hole
from lawc.proofs.search import QUICK, Clock, Limits
from lawc.proofs.verdict import Verdict, Word


@dataclass(frozen=True)
class Proved:
    """What is known of a claim as of a day; None where the rule has no dates."""

    claim: RuleClaim
    verdict: Verdict
    decision: Decision
    day: int | None = None


@dataclass(frozen=True)
class Proofs:
    """What was found out about a rule.

    Attributes:
        findings: Each fault once, as of the newest day on which it is there.
        claims: A verdict for each claim and day; refuted ones first on their day.
        decisions: What the rule decides, by the day from which it does.
        days_left: Days for which no time was left.
    """

    findings: tuple[Finding, ...]
    claims: tuple[Proved, ...]
    decisions: dict[int | None, Decision]
    days_left: tuple[int, ...] = ()


def prove_rule(
    rule: Rule, limits: Limits = QUICK, patience: float = 4.0, every_day: bool = False
) -> Proofs:
    """Return what is wrong with a rule, and the verdicts on its claims.

    Args:
        rule: A rule that passed its checks.
        limits: Of each question.
        patience: Seconds of this process after which no further day is begun.
        every_day: Whether claims are proved as of every day, not only the newest: the others
            mostly differ in their numbers alone.
    """
    clock = Clock()
    found: dict[tuple[object, ...], Finding] = {}
    proved: list[Proved] = []
    decisions, missing = _decisions(rule)
    for finding in missing:
        found[finding.fault, finding.name, finding.day] = finding
    left: list[int] = []
    for day in sorted(decisions, key=lambda d: -(d or 0)):
        if clock.seconds > patience and day is not None:
            left.append(day)
            continue
        decision = decisions[day]
        faults = check_decision(decision, limits)
        for fault in faults:
            rows = tuple(_label(decision, fault.step, row) for row in fault.rows)
            found.setdefault((fault.fault, fault.step, rows, fault.name), replace_day(fault, day))
        if any(map(is_hole, faults)) or (proved and not every_day):
            # What a rule with a hole would claim is not asked.
            continue
        for claim in rule.claims:
            if clock.seconds > 2 * patience:
                break
            said = fixed(rule, claim, day)
            proved.append(Proved(claim, prove_claim(decision, said, limits), decision, day))
    return Proofs(tuple(found.values()), tuple(proved), decisions, tuple(left))


def fixed(rule: Rule, claim: RuleClaim, day: int | None) -> RuleClaim:
    """Return a claim with parameters and constants as the numbers of a day."""
    values: dict[str, Fraction] = dict(rule.constants)
    for parameter in rule.parameters:
        value = None if day is None else value_on(parameter, day)
        if value is not None:
            values[parameter.name] = value
    return replace(
        claim,
        subject=fold(claim.subject, values),
        value=None if claim.value is None else fold(claim.value, values),
        where=tuple(fold(condition, values) for condition in claim.where),
        jumps=tuple(fold(jump, values) for jump in claim.jumps),
    )


def worst(proved: tuple[Proved, ...], claim: RuleClaim) -> Proved | None:
    """Return the verdict on a claim that matters most: refuted, then unknown, then the newest."""
    order = {Word.REFUTED: 0, Word.UNKNOWN: 1, Word.PROVED: 2}
    mine = [one for one in proved if one.claim is claim]
    return min(mine, key=lambda one: order[one.verdict.word], default=None)


def days_left(proofs: Proofs, claim: RuleClaim) -> int:
    """Return as of how many days a claim was not asked, for lack of time or of answers."""
    return len(proofs.decisions) - sum(one.claim is claim for one in proofs.claims)


def replace_day(finding: Finding, day: int | None) -> Finding:
    """Return a finding as of a day."""
    return Finding(
        finding.fault,
        finding.step,
        finding.rows,
        finding.case,
        finding.detail,
        finding.name,
        day,
    )


def _decisions(rule: Rule) -> tuple[dict[int | None, Decision], list[Finding]]:
    """Return what a rule decides from each day on, and the days on which a parameter lacks."""
    if not rule.is_dated:
        return {None: decision_of(rule)}, []
    made: dict[int | None, Decision] = {}
    missing: list[Finding] = []
    last: Decision | None = None
    for day in change_days(rule):
        try:
            decision = decision_of(rule, day)
        except CompileError as problem:
            name = _lacking(rule, day)
            if name and "no value in force" in str(problem):
                missing.append(Finding(Fault.NO_PARAMETER, 0, name=name, day=day))
            last = None
            continue
        if decision != last:
            made[day] = last = decision
    return made, missing


def _lacking(rule: Rule, day: int) -> str:
    """Return a parameter without a value on a day on which the rule should have one."""
    first = max(
        (
            min((since for since, v in p.values if v is not None), default=0)
            for p in rule.parameters
        ),
        default=0,
    )
    if not rule.applies and day < first:
        # Before the first values nothing says that the rule is in force.
        return ""
    return next((p.name for p in rule.parameters if value_on(p, day) is None), "")


def _label(decision: Decision, step: int, row: int) -> str:
    made = decision.steps[step]
    rows = getattr(made, "rows", None) or getattr(made, "clauses", None) or ()
    return rows[row].label if row < len(rows) else str(row)
