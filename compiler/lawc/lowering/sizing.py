"""Find out how large the terms of an equation are.

A size is a product of powers of inputs times a number. The product has the dimension of the
terms, so that a small system and a large one weigh alike; the number is the median over the
domain of what the reference finds: the largest value on a trajectory, or the value in a row. A
mean would be ruled by the few rows in which a law of many decades is extreme. Neither looks at a
network, so dividing by a size is smooth, and it is not flat where all terms vanish together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lawc.knowledge.expression import Expression
from lawc.lowering.eliminating import plain
from lawc.lowering.groups import reduce
from lawc.lowering.monomials import SEED, Size, product
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Plan
from lawc.lowering.probing import probe_plan
from lawc.lowering.reference import reference
from lawc.lowering.sampler import declared_inputs, sample, to_si, trajectories

POINTS = 96
"""Rows from which sizes are taken; where the law is integrated, on a few trajectories."""
RTOL = 1e-8

_TIMES = 6


def sizes(plan: Plan, sums: Sequence[Sequence[Expression]], variable: str | None) -> list[Size]:
    """Return the size of the largest term of each sum, from one run of the reference.

    Args:
        plan: Whose domain is meant, and whose inputs the sizes are to depend on.
        sums: Terms of one dimension each; derivatives may stand as names, `x'1`.
        variable: What is differentiated by.

    Raises:
        LawcError: The law does not answer one of them, or an input has no range.
    """
    if not sums:
        return []
    probes = {
        f"#{number}.{part}": plain(term, variable)
        for number, terms in enumerate(sums)
        for part, term in enumerate(terms)
    }
    inputs = plan.signature.inputs
    probed = probe_plan(plan.law, probes, given=inputs, inputs=inputs)
    moving = probed.flow is not None and probed.flow.variable in probed.signature.inputs
    if moving:
        rows = trajectories(probed, POINTS // _TIMES, _TIMES, SEED)
    else:
        rows = sample(probed, POINTS, SEED)
    values = reference(probed, rows, rtol=RTOL, strict=False)
    reduction = reduce(probed)
    si = to_si(declared_inputs(probed), rows)
    found = []
    for number, terms in enumerate(sums):
        keys = [f"#{number}.{part}" for part in range(len(terms))]
        # All terms have one dimension; a term that is zero has any, and so no product.
        exponents = max((reduction.scales[key] for key in keys), key=len)
        scale = product(exponents, {**reduction.constants, **si})
        largest = np.max([np.abs(values[key]) for key in keys], axis=0)
        constants = {k: v for k, v in reduction.constants.items() if k in exponents}
        found.append(Size(_typical(largest / scale, _TIMES if moving else 1), exponents, constants))
    return found


def _typical(values: Array, times: int) -> float:
    """Return the median of the largest of each `times` values, 1 where all are zero."""
    known = np.where(np.isfinite(values), values, 0.0).reshape(-1, times).max(axis=1)
    for size in (float(np.median(known)), float(known.max())):
        if size > 0:
            return size
    return 1.0
