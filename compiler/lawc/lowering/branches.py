"""Which of several solutions a law means: what it declares of an unknown, and what lacks.

The branch of an equation with several roots is declared by the range of the unknown, or by a
condition of `valid` that speaks of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lawc.knowledge.expression import Expression, Symbol, derivatives, names, substitute
from lawc.knowledge.law import Law, Relation

MOST_SHOWN = 4


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
    shown = [in_unit(law, unknown, value) for value in values[:MOST_SHOWN]]
    more = f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    between = in_unit(law, unknown, (values[-2] + values[-1]) / 2)
    unit = bracketed(law, unknown)
    number = {2: "two", 3: "three"}.get(len(values), str(len(values)))
    return (
        f"{number} values of {unknown} inside its range satisfy `{label}`: "
        f"{', '.join(f'{value:.6g}' for value in shown)}{more}{unit}, at {point(law, at)}; declare "
        f"a range of {unknown} that holds one of them, or say under valid which one is meant, "
        f"such as `{unknown} > {between:.4g}{unit}`"
    )


def point(law: Law, at: Mapping[str, float]) -> str:
    """Return values of quantities as an author would write them."""
    shown = [
        f"{name} = {in_unit(law, name, value):.6g}{bracketed(law, name)}"
        for name, value in at.items()
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
