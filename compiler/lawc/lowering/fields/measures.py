"""Say what fields are measured by: how large what they are made of would make them.

A field that is zero, or small, has no size of its own to measure an error by. The velocity across
a flow is made of that along it, by way of the balance of mass; a pressure of what viscosity and
inertia take. Of a field of which no term says it, others of its dimension do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.lowering.fields.columns import rate_of
from lawc.lowering.fields.parts import main_parts
from lawc.lowering.fields.sizes import POINTS, Trial
from lawc.lowering.plan import Plan
from lawc.solvers.field_problem import Problem
from lawc.solvers.meshing import scattered


def measures(plan: Plan, problem: Problem, parameters: Mapping[str, float]) -> dict[str, float]:
    """Return what fields and outputs are measured by, in SI; nothing of what nothing is said of.

    Args:
        plan: Whose fields and outputs are meant.
        problem: The same for these parameters.
        parameters: SI values.
    """
    points = scattered(problem.shape, POINTS, seed=3)
    rows = {name: points[k] for k, name in enumerate(problem.coordinates)}
    box = problem.shape.box
    spans = dict(zip(problem.coordinates, np.subtract(box.high, box.low).tolist(), strict=True))
    if problem.time is not None:
        begin, end = problem.span
        rows[problem.time] = begin + (end - begin) * (np.arange(POINTS) + 0.5) / POINTS
        spans[problem.time] = end - begin
    rows |= {name: np.full(POINTS, value) for name, value in parameters.items()}
    try:
        large = Trial(plan, main_parts(plan), rows, 1, spans).large
    except LawcError:
        return {}
    found: dict[str, float] = {}
    for name, (value, change) in large.items():
        found[name] = float(value[0])
        if problem.time is not None:
            found[rate_of(name)] = math.pi * float(change[0]) / spans[problem.time]
    found = {name: size for name, size in found.items() if 0 < size < math.inf}
    dimensions = {n: q.dimension for n, q in plan.law.quantities.items()}
    for name in {*problem.fields, *plan.signature.outputs} - found.keys():
        alike = [
            found[n] for n in found if n in dimensions and dimensions[n] == dimensions.get(name)
        ]
        if alike:
            found[name] = max(alike)
    return found
