"""Prove of a network that it rises with an input wherever the law says so.

The domain is cut into boxes, and over each the slope is bounded. A box on which it has the right
sign is done with, one on which the slope in the middle is wrong ends the search, and the others are
halved along the input that the slope changes most with. What is proved holds of the numbers that
are stored, everywhere in the domain, but for the rounding of the arithmetic in which they are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.network import Network
from lawc.knowledge.expression import Symbol
from lawc.knowledge.law import Always, Claim, Quantity, Validity
from lawc.lowering.domain import Region, region
from lawc.lowering.program import Program
from lawc.lowering.regions import split_where
from lawc.lowering.sampler import to_si
from lawc.lowering.slope_bounds import UnboundedError
from lawc.lowering.slope_search import SEED, SlopeSearch, Verdict, run_intervals

MOST_BOXES = 400_000
SECONDS = 12.0
"""Of one core, for one claim."""

PAIRS = 512
"""Pairs of rows on which the reference is asked whether a sentence can be true."""

_REFERENCE_SLACK = 1e-6
"""As a share of the output's scale: what a solver may be off."""


@dataclass(frozen=True)
class Monotone:
    """A sentence that an output rises or falls with an input.

    Attributes:
        claim: As the author wrote it.
        output: Which output.
        by: Which input.
        sign: 1 where it rises, -1 where it falls.
        region: The conditions under which it is said, on inputs; empty where it is said everywhere.
    """

    claim: Claim
    output: str
    by: str
    sign: int
    region: Region

    @property
    def text(self) -> str:
        """The sentence, as short as it can be said."""
        how = "rises" if self.sign > 0 else "falls"
        where = f" where {', '.join(self.region.conditions)}" if self.region.conditions else ""
        return f"{self.output} {how} with {self.by}{where}"


def monotone_claims(program: Program) -> tuple[Monotone, ...]:
    """Return the sentences about outputs and inputs of a program that speak of a whole region.

    Those on a region that an equality pins down, or of which the inputs do not decide, are left to
    the trials of the law.
    """
    found = []
    inputs, outputs = program.signature.inputs, program.signature.outputs
    for claim in program.law.claims:
        if claim.form not in (Always.RISES, Always.FALLS) or claim.by not in inputs:
            continue
        if not isinstance(claim.subject, Symbol) or claim.subject.name not in outputs:
            continue
        if split_where(claim.where, inputs, program.plan.fixed).exact:
            continue
        where = region(program.plan, [Validity(condition, "") for condition in claim.where])
        if where.unchecked:
            continue
        sign = 1 if claim.form is Always.RISES else -1
        found.append(Monotone(claim, claim.subject.name, claim.by, sign, where))
    return tuple(found)


def covers(program: Program, said: Monotone) -> bool:
    """Return whether a sentence speaks of the whole box of the inputs."""
    if any(q.low is None or q.high is None for q in program.inputs):
        return False
    ends = {
        q.name: (np.float64(q.unit.to_si(_low(q))), np.float64(q.unit.to_si(_high(q))))
        for q in program.inputs
    }
    return all(bool(np.all(must)) for must, _ in run_intervals(said.region.truth, ends).values())


def prove(
    form: Network,
    program: Program,
    said: Monotone,
    *,
    boxes: int = MOST_BOXES,
    seconds: float = SECONDS,
) -> Verdict:
    """Try to prove that a network keeps a sentence everywhere in its domain.

    Args:
        form: With the numbers that are stored.
        program: Whose ranges and `valid` are the domain.
        said: The sentence.
        boxes: How many to look at, at most.
        seconds: Of one core, at most.
    """
    try:
        regions = (program.region, said.region)
        search = SlopeSearch(form, program.inputs, regions, said.output, said.by, said.sign)
        return search.run(boxes, seconds)
    except UnboundedError as trouble:
        return Verdict(False, 0, -np.inf, str(trouble))


def demand_true(program: Program, said: Monotone) -> None:
    """Refuse a sentence that the reference contradicts: no network could keep both.

    Raises:
        BuildError: It does; the text says where.
    """
    columns = dict(program.sample(2 * PAIRS, seed=SEED))
    rows = {name: np.asarray(values)[:PAIRS] for name, values in columns.items()}
    moved = {**rows, said.by: np.asarray(columns[said.by])[PAIRS:]}
    inside = np.ones(PAIRS, dtype=bool)
    for part in (program.region, said.region):
        for block in (rows, moved):
            inside &= part.holds(to_si(program.inputs, block)).all(axis=0)
    first, second = (program.reference(block, strict=False)[said.output] for block in (rows, moved))
    scale = program.scale(rows)[said.output]
    way = (second - first) * np.sign(moved[said.by] - rows[said.by]) * said.sign
    # What the solver of one row may be off counts for both.
    missing = np.where(inside & np.isfinite(way), -way / scale - _REFERENCE_SLACK, -np.inf)
    row = int(np.argmax(missing))
    if missing[row] > 0:
        at = ", ".join(f"{n} = {v[row]:.6g}" for n, v in rows.items() if n != said.by)
        raise BuildError(
            f"{program.law.identity} claims that {said.text}, and its own answers do not: "
            f"{said.output} = {first[row]:.9g} where {said.by} = {rows[said.by][row]:.6g} and "
            f"{second[row]:.9g} where {said.by} = {moved[said.by][row]:.6g}, at {at or 'all else'}"
        )


def _low(quantity: Quantity) -> float:
    return 0.0 if quantity.low is None else quantity.low


def _high(quantity: Quantity) -> float:
    return 0.0 if quantity.high is None else quantity.high
