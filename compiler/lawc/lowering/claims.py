"""Hold a law against what its author states of it: worked values and `always` sentences.

A false statement about a law that is right is as bad as a wrong law: it would be trained into a
module. So every claim is tried before it is used, and a false one comes with a counterexample in
the author's own units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lawc.diagnostics.diagnostic import (
    CompileError,
    Diagnostic,
    Label,
    LawcError,
    Place,
    Severity,
    in_order,
)
from lawc.knowledge.expression import Symbol
from lawc.knowledge.law import Always, Claim, Example, Law
from lawc.knowledge.writing import write_claim
from lawc.lowering.fields.claims import misstated, solved, worked_value
from lawc.lowering.fields.exact import POINTS, MisstatedError
from lawc.lowering.limits import limit_outcome
from lawc.lowering.outcome import Outcome
from lawc.lowering.plan import Plan
from lawc.lowering.probing import probe_plan
from lawc.lowering.reference import reference
from lawc.lowering.refusing import refusal
from lawc.lowering.slips import NEAR, factor_between, slips
from lawc.lowering.trying import Trial
from lawc.lowering.worked import ROUNDING, stray_examples
from lawc.solvers.patience import ImpatientError, MissingLibraryError

Plans = dict[tuple[str, frozenset[str]], Plan]

_CHECK_ROWS = 64
_LIMIT_ROWS = 6
_MOST_SLIPS = 4


@dataclass(frozen=True)
class ClaimResult:
    """How a claim or an example fared.

    Attributes:
        text: The sentence, as written.
        holds: None where it could not be tried; `detail` says why.
        tested: Rows that lay in its region.
        counterexample: Inputs in declared units at which it fails worst, None where it holds.
        detail: What was found.
        able: Whether there was what it takes: time, and libraries of an extra.
    """

    text: str
    holds: bool | None
    tested: int = 0
    counterexample: Mapping[str, float] | None = None
    detail: str = ""
    place: Place | None = field(default=None, compare=False)
    able: bool = True


def test_examples(law: Law) -> tuple[ClaimResult, ...]:
    """Return how each worked value of a law compares with the law."""
    plans: Plans = {}
    return tuple(example_result(law, example, plans) for example in law.examples)


def test_claims(law: Law, n: int = 256, seed: int = 0) -> tuple[ClaimResult, ...]:
    """Return how each claim of a law fares on n rows of its region.

    Rows are scrambled Sobol points over the declared ranges; equalities of a `where` are put in
    exactly, its other conditions are kept by rejection.
    """
    return tuple(test_claim(law, claim, n, seed) for claim in law.claims)


def test_claim(law: Law, claim: Claim, n: int = 256, seed: int = 0) -> ClaimResult:
    """Return how one claim fares on n rows of its region."""
    try:
        missed = misstated(law, claim)
        if missed is not None:
            detail = missed or f"it satisfies the law at {POINTS} points"
            return ClaimResult(write_claim(claim), not missed, POINTS, None, detail, claim.place)
        trial = Trial(law, claim)
        rows = trial.rows(min(n, _LIMIT_ROWS) if claim.form is Always.LIMIT else n, seed)
        if claim.form is Always.LIMIT:
            outcome = limit_outcome(trial, rows)
        else:
            outcome = trial.outcome(rows, seed)
    except MisstatedError as problem:
        return ClaimResult(write_claim(claim), False, POINTS, None, str(problem), claim.place)
    except LawcError as problem:
        return ClaimResult(write_claim(claim), None, detail=str(problem), place=claim.place)
    return judge(trial, rows, outcome)


def judge(trial: Trial, rows: Mapping[str, np.ndarray], outcome: Outcome) -> ClaimResult:
    """Return what an outcome means for the claim."""
    claim, tested = trial.claim, int(outcome.tested.sum())
    text, place = write_claim(claim), claim.place
    if tested == 0:
        detail = "no row lay in its region"
        if claim.form is Always.LIMIT:
            detail = "the limit was neither reached nor refuted in the time allowed"
        return ClaimResult(text, None, 0, None, detail, place)
    missed = np.where(outcome.tested, np.nan_to_num(outcome.excess, nan=0.0, posinf=1e300), 0.0)
    if outcome.still and solved(trial.plan):
        detail = f"it changes with {trial.by} by less than a solution shows"
        return ClaimResult(text, None, tested, None, detail, place)
    if outcome.still:
        return ClaimResult(text, False, tested, None, f"it never changes with {trial.by}", place)
    worst = int(np.argmax(missed))
    if missed[worst] <= 1:
        return ClaimResult(text, True, tested, None, f"held at {tested} points", place)
    at = {name: float(values[worst]) for name, values in rows.items()}
    return ClaimResult(text, False, tested, at, outcome.say(worst), place)


def findings(law: Law, *, n: int = _CHECK_ROWS, seed: int = 0) -> tuple[Diagnostic, ...]:
    """Return L0501 for each example that the law does not satisfy, L0502 for each false claim.

    L0503 is for an example outside the conditions of its law. What could not be tried is a warning
    that says why; of a law that no program can hold yet it is one for all.
    """
    reason = refusal(law)
    if reason:
        return (_untried(law, reason),) if law.examples or law.claims else ()
    plans: Plans = {}
    examples = [(example, example_result(law, example, plans)) for example in law.examples]
    found = [
        _example_finding(law, result, _explained(law, example, plans))
        for example, result in examples
        if result.holds is not True
    ]
    found += [_claim_finding(law, r) for r in test_claims(law, n, seed) if r.holds is not True]
    return in_order([*found, *stray_examples(law)])


def example_text(law: Law, example: Example) -> str:
    """Return the heart of an example: `x = -0.1 [m]`."""
    return _valued(law, example.quantity, example.value)


def example_result(law: Law, example: Example, plans: Plans | None = None) -> ClaimResult:
    """Return how one worked value compares with the law; plans are kept for the next one."""
    text = example_text(law, example)
    at = {n: law.quantities[n].unit.from_si(v) for n, v in example.given.items()}
    try:
        value, used = _value(law, example, {} if plans is None else plans)
    except LawcError as problem:
        able = not isinstance(problem, ImpatientError | MissingLibraryError)
        return ClaimResult(text, None, 0, None, str(problem), example.place, able)
    gap = abs(value - example.value)
    slack = example.tolerance + ROUNDING * max(abs(value), abs(example.value))
    holds = bool(gap <= slack)
    factor = law.quantities[example.quantity].unit.factor
    detail = f"the law gives {_valued(law, example.quantity, value)}"
    if not holds:
        detail += f", off by {gap / factor:.3g} where {example.tolerance / factor:.3g} is allowed"
    unused = sorted(at.keys() - used)
    if unused:
        detail += f"; {', '.join(unused)} had no part in it"
    return ClaimResult(text, holds, 1, None if holds else at, detail, example.place)


def _explained(law: Law, example: Example, plans: Plans) -> str:
    """Say by which slip an example that fails can be off, a sentence or nothing."""
    try:
        value, _ = _value(law, example, plans)
        return _explanation(law, example, value, plans)
    except (LawcError, ArithmeticError):
        return ""


def _explanation(law: Law, example: Example, value: float, plans: Plans) -> str:
    said = factor_between(value, example.value)
    if said:
        return said
    plan = _plan(law, example, plans)
    units = {name: law.quantities[name].unit for name in plan.signature.inputs}

    def holds(columns: Mapping[str, np.ndarray]) -> np.ndarray:
        rows = {name: columns[name] / units[name].factor for name in units}
        found = np.asarray(reference(plan, rows)["#0"])
        slack = max(example.tolerance, NEAR * abs(example.value))
        return np.abs(found - example.value) <= slack

    given = {n: (units[n].from_si(v), units[n]) for n, v in example.given.items() if n in units}
    found = slips(given, holds)
    if not 0 < len(found) < _MOST_SLIPS or any(unit.offset for unit in units.values()):
        return ""
    would = [f"`{slip.name}` = {slip.value:.10g} [{slip.unit}]" for slip in found]
    return f"it would hold for {' or '.join(would)}"


def _value(law: Law, example: Example, plans: Plans) -> tuple[float, frozenset[str]]:
    """Return what the law gives for an example, SI, and which given values it used."""
    given = dict(example.given)
    plan = _plan(law, example, plans)
    lacking = [name for name in plan.signature.inputs if name not in given]
    if lacking:
        raise CompileError(f"the example gives no value of {', '.join(lacking)}")
    rows = {
        name: np.array([law.quantities[name].unit.from_si(given[name])])
        for name in plan.signature.inputs
    }
    # Where the law asks for nothing the answer has no rows.
    return worked_value(plan, rows, example), frozenset(rows)


def _plan(law: Law, example: Example, plans: Plans) -> Plan:
    given = dict(example.given)
    key = (example.quantity, frozenset(given))
    if key not in plans:
        wanted = [example.quantity]
        probes = {"#0": Symbol(example.quantity)}
        plans[key] = probe_plan(law, probes, given=given, inputs=given, wanted=wanted)
    return plans[key]


def _example_finding(law: Law, result: ClaimResult, why: str) -> Diagnostic:
    if result.holds is None:
        headline = "this example cannot be calculated"
    else:
        headline = "the law does not give the value of this example"
    label = result.detail if result.holds is not None else ""
    notes = (why,) if why else ()
    return Diagnostic(
        "L0501",
        headline,
        (Label(_place(law, result.place), label),),
        notes=notes if label else (result.detail,),
        helps=("compare the units and the printed digits of the source with the law",)
        if result.able
        else (),
        severity=Severity.ERROR if result.able else Severity.WARNING,
    )


def _claim_finding(law: Law, result: ClaimResult) -> Diagnostic:
    place = _place(law, result.place)
    if result.holds is None:
        return Diagnostic(
            "L0502",
            "this claim could not be tried",
            (Label(place),),
            notes=(result.detail,),
            severity=Severity.WARNING,
        )
    notes = []
    if result.counterexample is not None:
        at = ", ".join(
            f"{name} = {value:.6g}{_bracketed(law, name)}"
            for name, value in result.counterexample.items()
        )
        notes = [f"at {at}"]
    return Diagnostic(
        "L0502",
        "this claim is false",
        (Label(place, result.detail),),
        notes=tuple(notes),
        helps=("name the region in which it holds with `where`, or correct the claim",),
    )


def _untried(law: Law, reason: str) -> Diagnostic:
    return Diagnostic(
        "L0502",
        "the examples and claims of this law cannot be tried yet",
        (Label(_place(law, None)),),
        notes=(reason,),
        severity=Severity.WARNING,
    )


def _place(law: Law, place: Place | None) -> Place:
    return place or law.place or Place(law.identity, 0, 0)


def _valued(law: Law, name: str, si: float) -> str:
    return f"{name} = {law.quantities[name].unit.from_si(si):.10g}{_bracketed(law, name)}"


def _bracketed(law: Law, name: str) -> str:
    unit = law.quantities[name].unit.text
    return f" [{unit}]" if unit else ""
