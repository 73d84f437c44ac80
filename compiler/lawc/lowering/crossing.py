"""Find outputs that change their sign over the domain.

A share of such a value says nothing of an error: near its zero every error is many times the value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.lowering.domain import Region
from lawc.lowering.plan import Plan
from lawc.lowering.reference import reference
from lawc.lowering.sampler import sample

LOOKS = {"domain": 1024, "faces": 256}
SEED = 900_006


def crossing(plan: Plan, valid: Region) -> Mapping[str, float]:
    """Return the largest |output|, in declared units, of those that have both signs in SI.

    Only of algebraic laws, and where all inputs have ranges.
    """
    if plan.flow is not None or plan.fields is not None or not plan.signature.inputs:
        return {}
    try:
        drawn = [sample(plan, n, SEED, what=what, valid=valid) for what, n in LOOKS.items()]
        rows = {name: np.concatenate([one[name] for one in drawn]) for name in drawn[0]}
        values = reference(plan, rows, strict=False)
    except (CompileError, DomainError):
        return {}
    found = {}
    for name in plan.signature.outputs:
        unit = plan.law.quantities[name].unit
        si = values[name] * unit.factor + unit.offset
        si = si[np.isfinite(si)]
        if si.size and si.min() < 0 < si.max():
            found[name] = float(np.abs(si).max() / abs(unit.factor))
    return found
