"""Plan and answer laws of fields: boundary-value problems and partial differential equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law
from lawc.lowering.fields.exact import exact_fields
from lawc.lowering.fields.laws import field_problem, with_holes
from lawc.lowering.fields.solving import Solver
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Fields, Kind, Plan, Signature

_solvers: WeakKeyDictionary[Fields, Solver] = WeakKeyDictionary()


def field_plan(law: Law, signature: Signature, fixed: Mapping[str, float]) -> Plan:
    """Return the plan of a law of fields.

    Raises:
        CompileError: The law does not determine its fields, or states nothing that would.
    """
    law = with_holes(law)
    fields, before = field_problem(law, signature, fixed)
    fields = replace(fields, exact=exact_fields(law, fields, fixed))
    if fields.quantities and not law.boundary and not law.conditions:
        raise CompileError(
            f"{law.identity} states no condition on {', '.join(fields.quantities)}, and so holds "
            "for any; write `boundary` and `initial` to make one field of many"
        )
    steady = fields.time is None and len(fields.coordinates) == 1
    kind = Kind.BOUNDARY_VALUE if steady else Kind.FIELD
    return Plan(law, signature, kind, fixed, before, fields=fields)


def field_answers(
    plan: Plan, given: Mapping[str, Array], rows: int, strict: bool = True
) -> dict[str, Array]:
    """Return SI values of the outputs of a plan with fields, NaN outside its region.

    Parameters for which there is no solution raise; their rows are NaN where not `strict`.
    """
    return solver_of(plan).answers(given, rows, strict)


def field_peaks(plan: Plan, given: Mapping[str, Array], rows: int) -> dict[str, Array]:
    """Return the largest size of each output over the region, for each row."""
    return solver_of(plan).peaks(given, rows)


def field_estimate(plan: Plan) -> float:
    """Return the largest estimated error of the solutions at hand, relative to each field."""
    return max((max(s.estimate) for s in solver_of(plan).kept.values()), default=0.0)


def solver_of(plan: Plan) -> Solver:
    """Return what solves a plan, the same one for the same plan."""
    assert plan.fields is not None
    solver = _solvers.get(plan.fields)
    if solver is None:
        solver = _solvers[plan.fields] = Solver(plan, plan.fields.aim)
    return solver
