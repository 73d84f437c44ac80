"""Hold laws of fields against what their authors state, at a cost that a check can bear.

A field that a law states is put into its equations, which takes no solver. Elsewhere a solution
serves many points: claims are tried on few sets of parameters and many points of each, on cells as
coarse as the slack allows, and an example on cells as coarse as its tolerance allows. A glance at
the coarsest cells is enough to see that an example is far off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import (
    Derivative,
    Expression,
    MixedDerivative,
    Symbol,
    distinct,
    names,
    rebuild,
)
from lawc.knowledge.law import Claim, Example, Law
from lawc.lowering.fields.exact import MisstatedError, example_field, hold
from lawc.lowering.fields.laws import field_problem, field_signature, is_of_fields
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Fields, Plan
from lawc.lowering.reference import reference
from lawc.lowering.sampler import declared_inputs, sample, stretch
from lawc.lowering.tapes import tape
from lawc.solvers.patience import patience

SECONDS = 20.0
"""What one claim or example may take."""
AIM = {1: 1e-3, 2: 1e-3, 3: 6e-3}
"""What solutions may be off that claims are tried on, relative to the field, by dimensions."""
SLACK = 5.0
"""What counts as nothing beside the largest value of a solution, over what is aimed at."""
FINEST, COARSEST = 1e-6, 1e-2
"""Bounds on what is aimed at for an example."""
FAR = 0.3
"""Share of a value that the coarsest cells cannot be off."""
_LOOKS = 200


def solved(plan: Plan) -> bool:
    """Return whether a plan asks a solver of fields, and not a stated field."""
    return plan.fields is not None and plan.fields.exact is None


def slack(plan: Plan) -> float:
    """Return what counts as nothing beside the largest value of a solution, as a share of it."""
    assert plan.fields is not None
    return SLACK * AIM[len(plan.fields.coordinates)]


def aimed(plan: Plan, aim: float | None = None) -> Plan:
    """Return the plan whose fields are solved as well as is aimed at; other plans as they are."""
    if plan.fields is None or plan.fields.exact is not None:
        return plan
    aim = aim or AIM[len(plan.fields.coordinates)]
    return replace(plan, fields=replace(plan.fields, aim=aim))


def worked_value(plan: Plan, rows: Mapping[str, Array], example: Example) -> float:
    """Return the SI value of a probe `#0` of a law of fields for an example, as far as needed.

    Raises:
        DomainError: It is not solved as well as the tolerance asks, or not in the time allowed.
    """
    if not solved(plan):
        return _asked(plan, rows)
    with patience(SECONDS):
        first = _asked(aimed(plan, np.inf), rows)
        size = max(abs(example.value), abs(first))
        if abs(first - example.value) > example.tolerance + FAR * size:
            return first
        share = example.tolerance / max(abs(example.value), example.tolerance)
        return _asked(aimed(plan, float(np.clip(share / 2, FINEST, COARSEST))), rows)


def misstated(law: Law, claim: Claim) -> str | None:
    """Return what a field misses that a claim gives as an example of a law without conditions.

    Returns:
        Words, empty where the field satisfies the law; None where the claim gives no such field.

    Raises:
        CompileError: The law does not give as many equations as fields.
    """
    if law.conditions or law.boundary or not claim.where or not is_of_fields(law):
        return None
    problem, fixed = _unbounded(law)
    stated = example_field(claim, problem, fixed)
    if stated is None:
        return None
    try:
        hold(law, problem, fixed, stated)
    except MisstatedError as problem_found:
        return str(problem_found)
    return ""


def same_equations(law: Law, other: Law) -> bool:
    """Return whether two laws of fields without conditions say the same of all fields.

    Each equation of one is the same multiple of that of the other, whatever numbers stand for the
    fields and their derivatives.
    """
    if law.conditions or law.boundary or not is_of_fields(law):
        return False
    try:
        (ours, fixed), (theirs, _) = _unbounded(law), _unbounded(other)
    except CompileError:
        return False
    if len(ours.equations) != len(theirs.equations):
        return False
    return all(
        _proportional(one, two, fixed)
        for one, two in zip(ours.equations, theirs.equations, strict=True)
    )


def _proportional(one: Expression, two: Expression, fixed: Mapping[str, float]) -> bool:
    nodes = {n for side in (one, two) for n in distinct(side)}
    labels: dict[Expression, str] = {}
    for node in sorted((n for n in nodes if isinstance(n, Derivative | MixedDerivative)), key=repr):
        labels[node] = f"#{len(labels)}"
    sides = {
        key: rebuild(side, lambda n: Symbol(labels[n]) if n in labels else None)
        for key, side in (("one", one), ("two", two))
    }
    used = sorted((names(sides["one"]) | names(sides["two"])) - fixed.keys())
    generator = np.random.default_rng(23)
    # Over many decades, so that each term is the largest somewhere.
    columns = {name: 10.0 ** generator.uniform(-20, 20, _LOOKS) for name in used}
    found = evaluate(tape(sides, used, fixed), columns)
    left, right = (np.broadcast_to(found[key], (_LOOKS,)) for key in ("one", "two"))
    factor = right[0] / left[0] if left[0] else 0.0
    if not np.isfinite(factor) or factor == 0:
        return bool((left == right).all())
    return bool((np.abs(right - factor * left) <= 1e-9 * np.abs(right)).all())


def _unbounded(law: Law) -> tuple[Fields, dict[str, float]]:
    """Return the fields of a law without conditions, and what is fixed.

    All that has a range may have a part in them, also where no equation speaks of it.
    """
    signature = field_signature(law)
    fixed = {name: constant.value for name, constant in law.constants.items()}
    for name, quantity in law.quantities.items():
        if quantity.default is not None and name not in signature.inputs:
            fixed[name] = quantity.unit.to_si(quantity.default)
    problem, _ = field_problem(law, signature, fixed)
    known = {*problem.coordinates, *problem.quantities, *fixed}
    others = (n for n, q in law.quantities.items() if n not in known and q.low is not None)
    return replace(problem, parameters=tuple(others)), fixed


def shared_rows(plan: Plan, n: int, seed: int) -> dict[str, Array]:
    """Return about n rows that share few sets of parameters, from the middle of their ranges."""
    assert plan.fields is not None
    rows = sample(plan, n, seed)
    size = len(next(iter(rows.values())))
    sets = _sets(plan)
    inputs = [q for q in declared_inputs(plan) if q.name in plan.fields.parameters]
    shares = np.random.default_rng([seed, 4]).random((sets, len(inputs)))
    middle = stretch(inputs, 0.25 + 0.5 * shares)
    owner = np.arange(size) % sets
    return {**rows, **{name: values[owner] for name, values in middle.items()}}


def owners(plan: Plan, si: Mapping[str, Array]) -> np.ndarray:
    """Return for each row which solution it is read from."""
    assert plan.fields is not None
    size = len(next(iter(si.values()), np.zeros(1)))
    still = [si[name] for name in plan.fields.parameters if name in si]
    if not still:
        return np.zeros(size, dtype=int)
    return np.unique(np.stack(still), axis=1, return_inverse=True)[1].ravel()


def _sets(plan: Plan) -> int:
    assert plan.fields is not None
    dear = len(plan.fields.coordinates) + (plan.fields.time is not None)
    return {1: 3, 2: 2}.get(dear, 1)


def _asked(plan: Plan, rows: Mapping[str, Array]) -> float:
    return float(np.ravel(reference(plan, rows)["#0"])[0])
