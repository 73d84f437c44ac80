"""Which of several solutions a law means: what it declares of an unknown, and what lacks.

The branch of an equation with several roots is declared by the range of the unknown, or by a
condition of `valid` that speaks of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Expression, Symbol, derivatives, names, substitute
from lawc.knowledge.law import Law, Relation
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Assignment, Plan, Root, Together
from lawc.lowering.roots import all_roots
from lawc.lowering.together import all_solutions

MOST_SHOWN = 4
FEW = 64
"""Points at which all solutions are counted."""
SHARE = 0.98
"""In at least so many of them there must not be several."""


def conditions_on(
    unknowns: Collection[str], law: Law, known: Collection[str]
) -> tuple[Expression, ...]:
    """Return the conditions of `valid` that speak of unknowns and otherwise of what is known.

    Quantities that a definition makes of these are written out.
    """
    allowed = {*known, *unknowns}
    written: dict[str, Expression] = {}
    for equation in law.equations:
        match equation.left:
            case Symbol(name) if equation.relation is Relation.DEFINITION and name not in allowed:
                written[name] = equation.right
    found = []
    for validity in law.validity:
        condition = validity.condition
        for _ in range(len(written)):
            if names(condition) <= allowed or derivatives(condition):
                break
            condition = substitute(condition, written)
        if derivatives(condition) or not names(condition) <= allowed:
            continue
        if names(condition) & set(unknowns):
            found.append(condition)
    return tuple(found)


def refuse_several(
    step: Root | Together,
    law: Law,
    fixed: Mapping[str, float],
    points: Mapping[str, Array],
    rows: int,
    label: str = "",
) -> None:
    """Raise if a step finds several solutions that count, somewhere in the domain.

    Args:
        step: Whose solutions are counted.
        law: Whose units and names count.
        fixed: SI values of names that do not vary.
        points: SI values of what the step reads, at points of the domain.
        rows: How many points there are.
        label: Equations that it stands for, between backticks.

    Raises:
        CompileError: It names the solutions, and how to say which one is meant.
    """
    row, solutions, _ = _solutions(step, points, fixed, rows)
    count = np.bincount(row, minlength=rows)
    several = np.flatnonzero(count > 1)
    if len(several) <= (1 - SHARE) * (count > 0).sum():
        return
    first = int(several[0])
    at = {n: float(np.broadcast_to(points[n], (rows,))[first]) for n in step.reads & points.keys()}
    values = solutions[row == first]
    if isinstance(step, Root):
        raise CompileError(several_roots(law, step.quantity, label, values[:, 0], at))
    raise CompileError(_several_solutions(law, step.quantities, label, values, at))


def unanswered(plan: Plan, values: Mapping[str, Array], row: int) -> str:
    """Return what a search found in a row without an answer; empty where it is not to blame.

    Args:
        plan: Whose steps were carried out.
        values: SI values of inputs and of all steps.
        row: Which row.
    """
    law = plan.law
    for step in (*plan.before, *plan.after):
        turned = step.turned if isinstance(step, Assignment) else None
        if isinstance(step, Assignment) and turned is None:
            continue
        reads = step.reads - plan.fixed.keys()
        if not values.keys() >= {*reads, *step.quantities}:
            continue
        here = {name: _at(values[name], row) for name in (*reads, *step.quantities)}
        if any(np.isfinite(here.pop(name)).all() for name in step.quantities):
            continue
        if not all(np.isfinite(value).all() for value in here.values()):
            continue
        if isinstance(step, Assignment):
            label = f"`{turned.label}`" if turned and turned.label else "its equation"
            return f"no value of {step.quantity} satisfies {label}"
        _, solutions, unclear = _solutions(step, here, plan.fixed, 1)
        solutions = solutions[np.isfinite(solutions).all(axis=1)]
        known = [name.partition("'")[0] for name in step.quantities]
        said = " and ".join(known)
        if len(solutions) == 0 or (len(solutions) == 1 and not unclear.any()):
            also = " and what valid says of it" if step.conditions else ""
            return f"no value of {said} in its range satisfies its equation{also}"
        shown = "; ".join(
            ", ".join(
                f"{name} = {in_unit(law, name, value):.6g}{bracketed(law, name)}"
                for name, value in zip(known, solution, strict=True)
            )
            for solution in solutions[:MOST_SHOWN]
        )
        if unclear.any():
            return (
                f"more values of {said} in its range satisfy its equation than can be told "
                f"apart, such as {shown}"
            )
        return f"{_counted(len(solutions))} solutions lie in the range of {said}: {shown}"
    return ""


def _at(values: Array, row: int) -> Array:
    return values[row : row + 1] if np.ndim(values) else np.atleast_1d(values)


def _solutions(
    step: Root | Together, points: Mapping[str, Array], fixed: Mapping[str, float], rows: int
) -> tuple[np.ndarray, Array, np.ndarray]:
    """Return the row of each solution that counts, its values, and which rows are unclear."""
    if isinstance(step, Root):
        roots = all_roots(step, points, fixed, rows)
        return roots.row, roots.value[:, None], roots.unclear
    found = all_solutions(step, points, fixed, rows)
    return found.row, found.values, np.zeros(rows, dtype=bool)


def several_roots(
    law: Law,
    unknown: str,
    label: str,
    values: Sequence[float] | np.ndarray,
    at: Mapping[str, float],
) -> str:
    """Return what to say where several values of an unknown satisfy an equation.

    Args:
        law: Whose units and names count.
        unknown: What is not determined.
        label: The equation.
        values: The values, in SI units, rising.
        at: SI values of what the equation speaks of otherwise.
    """
    name = unknown.partition("'")[0]
    shown = [in_unit(law, name, value) for value in values[:MOST_SHOWN]]
    more = f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    between = in_unit(law, name, (values[-2] + values[-1]) / 2)
    unit = bracketed(law, name)
    return (
        f"{_counted(len(values))} values of {name} inside its range satisfy "
        f"{f'`{label}`' if label else 'its equation'}{_at_the_start(unknown)}: "
        f"{', '.join(f'{value:.6g}' for value in shown)}{more}{unit}, at {point(law, at)}; declare "
        f"a range of {name} that holds one of them, or say under valid which one is meant, "
        f"such as `{name} > {between:.4g}{unit}`"
    )


def _several_solutions(
    law: Law, unknowns: Sequence[str], label: str, values: Array, at: Mapping[str, float]
) -> str:
    known = [name.partition("'")[0] for name in unknowns]
    shown = "; ".join(
        ", ".join(
            f"{name} = {in_unit(law, name, value):.6g}{bracketed(law, name)}"
            for name, value in zip(known, solution, strict=True)
        )
        for solution in values[:MOST_SHOWN]
    )
    more = f"; and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    # Where the first unknown agrees in all solutions, another one tells them apart.
    telling = int(np.argmax(np.ptp(values, axis=0) / np.fmax(np.abs(values).max(axis=0), 1e-300)))
    apart = np.unique(values[:, telling])
    between = in_unit(law, known[telling], float(apart[-2:].mean()))
    return (
        f"{_counted(len(values))} solutions of {f'`{label}`' if label else 'the equations'} lie "
        f"inside the ranges{_at_the_start(unknowns[0])}, at {point(law, at)}: {shown}{more}; "
        f"declare ranges that hold one of them, or say under valid which one is meant, such as "
        f"`{known[telling]} > {between:.4g}{bracketed(law, known[telling])}`"
    )


def _at_the_start(unknown: str) -> str:
    return " at the start" if "'" in unknown else ""


def _counted(number: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(number, str(number))


def point(law: Law, at: Mapping[str, float]) -> str:
    """Return values of quantities as an author would write them."""
    shown = [
        f"{name} = {in_unit(law, name, value):.6g}{bracketed(law, name)}"
        for name, value in sorted(at.items())
        if name in law.quantities
    ]
    return ", ".join(shown) or "any point"


def in_unit(law: Law, name: str, value: float) -> float:
    """Return an SI value in the declared unit of a quantity."""
    unit = law.quantities[name].unit
    return (float(value) - unit.offset) / unit.factor


def bracketed(law: Law, name: str) -> str:
    """Return the declared unit in brackets, nothing for a plain number."""
    unit = law.quantities[name].unit.text
    return f" [{unit}]" if unit and unit != "1" else ""
