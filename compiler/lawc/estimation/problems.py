"""The misfit of a law to observations as a function of the unknown parameters.

A problem is a vector of parameters in declared units and a vector of residuals: predicted minus
measured, over the standard error where one is given, or as logarithms. Everything that searches,
judges or profiles sees only these two vectors and the matrix between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lawc.diagnostics.diagnostic import LawcError
from lawc.estimation.models import Model
from lawc.estimation.observations import Observations
from lawc.knowledge.law import Quantity
from lawc.lowering.domain import Region, valid_region
from lawc.lowering.numpy_table import Array

ERRORS = ("absolute", "relative", "log")
"""How predicted and measured are compared: as a difference, as a share, as logarithms."""


@dataclass(frozen=True)
class Parameter:
    """One number to be found: a quantity, or its value in one group of rows.

    Attributes:
        name: `k`, or `x0[3]` for group 3.
        quantity: As declared.
        group: Position of its group, None where one value counts for all rows.
        low, high: The declared range; infinite where none was declared.
        log: Whether it is searched on a logarithmic scale.
    """

    name: str
    quantity: Quantity
    group: int | None
    low: float
    high: float
    log: bool

    @property
    def unit(self) -> str:
        """The declared unit; empty for a plain number."""
        return self.quantity.unit.text


def parameters(
    quantities: Sequence[Quantity], each: Sequence[str], groups: Sequence[str]
) -> tuple[Parameter, ...]:
    """Return the parameters that quantities make, one for each group where asked for."""
    found = []
    for quantity in quantities:
        low = -np.inf if quantity.low is None else float(quantity.low)
        high = np.inf if quantity.high is None else float(quantity.high)
        log = quantity.log and low > 0
        if quantity.name in each:
            found += [
                Parameter(f"{quantity.name}[{label}]", quantity, k, low, high, log)
                for k, label in enumerate(groups)
            ]
        else:
            found.append(Parameter(quantity.name, quantity, None, low, high, log))
    return tuple(found)


@dataclass(frozen=True)
class Problem:
    """Residuals of a law at observed rows.

    Attributes:
        model: Predictions and their derivatives.
        observed: What was measured.
        parameters: What is to be found, in order.
        errors: One of `ERRORS`.
        scales: What a difference of each output is divided by, in its declared unit.
        held: Parameters that stand still, by position, with their values.
    """

    model: Model
    observed: Observations
    parameters: tuple[Parameter, ...]
    errors: str
    scales: Mapping[str, float]
    held: Mapping[int, float]

    @cached_property
    def free(self) -> np.ndarray:
        """Positions of the parameters that move."""
        return np.array([k for k in range(len(self.parameters)) if k not in self.held], dtype=int)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The declared ranges of all parameters."""
        low = np.array([p.low for p in self.parameters])
        return low, np.array([p.high for p in self.parameters])

    @cached_property
    def linear(self) -> np.ndarray:
        """Positions of free parameters in which residuals are jointly linear."""
        if self.errors == "log":
            return np.array([], dtype=int)
        chosen = set(self.model.linear)
        return np.array(
            [k for k in self.free if self.parameters[k].quantity.name in chosen], dtype=int
        )

    @cached_property
    def region(self) -> Region:
        """The conditions of `valid`, as far as inputs and parameters decide them."""
        return valid_region(self.model.plan)

    def holding(self, position: int, value: float) -> Problem:
        """Return the problem in which one more parameter stands still."""
        return replace(self, held={**self.held, position: float(value)})

    def scaled(self, scales: Mapping[str, float]) -> Problem:
        """Return the problem with other scales of its outputs."""
        return replace(self, scales=dict(scales))

    def filled(self, theta: Array) -> Array:
        """Return the parameters with those that are held at their values."""
        full = np.array(theta, dtype=np.float64)
        for position, value in self.held.items():
            full[position] = value
        return full

    def residuals(self, theta: Array) -> Array:
        """Return the residuals, shape (values,); NaN where the law has no answer."""
        found = self.model.predict(self._given(theta[None]))
        return self._compared(found)

    def residuals_of_many(self, thetas: Array) -> Array:
        """Return residuals for many vectors of parameters, shape (m, values)."""
        rows, many = len(self.observed), len(thetas)
        found = self.model.predict(self._given(thetas))
        parts = {name: column.reshape(many, rows) for name, column in found.items()}
        return np.stack([self._compared({n: p[k] for n, p in parts.items()}) for k in range(many)])

    def matrix(self, theta: Array) -> tuple[Array, Array]:
        """Return residuals and their derivatives by all parameters, shape (values, parameters)."""
        residual, matrix = self.matrices(theta[None])
        return residual[0], matrix[0]

    def matrices(self, thetas: Array) -> tuple[Array, Array]:
        """Return residuals (m, values) and derivatives (m, values, parameters) for many vectors."""
        rows, many = len(self.observed), len(thetas)
        found, parts = self.model.slopes(self._given(thetas))
        residuals, matrices = [], []
        for k in range(many):
            here = {n: column.reshape(many, rows)[k] for n, column in found.items()}
            slopes = {key: column.reshape(many, rows)[k] for key, column in parts.items()}
            residuals.append(self._compared(here))
            matrices.append(self._derived(here, slopes))
        return np.stack(residuals), np.stack(matrices)

    def predicted(self, theta: Array) -> dict[str, Array]:
        """Return the outputs in declared units, one value for each row."""
        found = self.model.predict(self._given(theta[None]))
        return {name: self._declared(name, column) for name, column in found.items()}

    def columns(self, theta: Array) -> dict[str, Array]:
        """Return all inputs in declared units, unknown ones at the given values."""
        rows = len(self.observed)
        found = {n: np.array(v) for n, v in self.observed.inputs.items()}
        for name in self.model.unknown:
            found[name] = self._spread(name, theta[None], rows)[0]
        return found

    def outside(self, theta: Array) -> list[tuple[str, np.ndarray]]:
        """Return the conditions of `valid` that do not hold, each with the rows of the table."""
        if not self.region.conditions:
            return []
        holds = self.region.holds(self._given(theta[None]))
        return [
            (text, self.observed.row[~good])
            for text, good in zip(self.region.conditions, holds, strict=True)
            if not good.all()
        ]

    def _spread(self, name: str, thetas: Array, rows: int) -> Array:
        """Return the values of a quantity in each row, shape (m, rows), in its declared unit."""
        places = [k for k, p in enumerate(self.parameters) if p.quantity.name == name]
        if self.parameters[places[0]].group is None:
            return np.repeat(thetas[:, places[0], None], rows, axis=1)
        return thetas[:, places][:, self.observed.owner]

    def _given(self, thetas: Array) -> dict[str, Array]:
        rows, many = len(self.observed), len(thetas)
        law = self.model.plan.law
        given = {}
        for name in self.model.plan.signature.inputs:
            if name in self.observed.inputs:
                column = np.tile(self.observed.inputs[name], many)
            else:
                column = self._spread(name, thetas, rows).ravel()
            unit = law.quantities[name].unit
            given[name] = column * unit.factor + unit.offset
        return given

    def _declared(self, name: str, si: Array) -> Array:
        unit = self.model.plan.law.quantities[name].unit
        return (si - unit.offset) / unit.factor

    def _weight(self, name: str) -> Array:
        """Return what a difference of an output is multiplied by, in each row."""
        weight = np.full(len(self.observed), 1.0 / self.scales[name])
        if name in self.observed.sigma:
            weight = 1.0 / self.observed.sigma[name]
        known = name in self.observed.sigma
        if self.errors == "relative" and not known:
            # A share of y over the error of that share is the difference over the error of y.
            weight = weight / np.abs(self.observed.outputs[name])
        elif self.errors == "log" and known:
            # An error of y is an error of ln y, over y.
            weight = weight * self.observed.outputs[name]
        if self.observed.weights is not None:
            weight = weight * np.sqrt(self.observed.weights)
        return weight

    @cached_property
    def kept(self) -> dict[str, tuple[np.ndarray, Array, Array]]:
        """For each output the rows that measured it, the target there, and the weights."""
        kept = {}
        for name, column in self.observed.outputs.items():
            rows = np.flatnonzero(np.isfinite(column))
            target = np.log(column[rows]) if self.errors == "log" else column[rows]
            kept[name] = rows, target, self._weight(name)[rows]
        return kept

    def _compared(self, found: Mapping[str, Array]) -> Array:
        parts = []
        with np.errstate(all="ignore"):
            for name, (rows, target, weight) in self.kept.items():
                value = self._declared(name, found[name])[rows]
                value = np.log(value) if self.errors == "log" else value
                parts.append((value - target) * weight)
        return np.concatenate(parts)

    def _derived(self, found: Mapping[str, Array], parts: Mapping[tuple[str, str], Array]) -> Array:
        law = self.model.plan.law
        blocks = []
        for name, (rows, _, weight) in self.kept.items():
            factor = weight / law.quantities[name].unit.factor
            if self.errors == "log":
                with np.errstate(all="ignore"):
                    factor = factor / self._declared(name, found[name])[rows]
            block = np.zeros((len(rows), len(self.parameters)))
            for k, parameter in enumerate(self.parameters):
                slope = parts[name, parameter.quantity.name][rows] * parameter.quantity.unit.factor
                if parameter.group is not None:
                    slope = np.where(self.observed.owner[rows] == parameter.group, slope, 0.0)
                block[:, k] = slope * factor
            blocks.append(block)
        return np.concatenate(blocks)


def check_errors(errors: str, observed: Observations) -> None:
    """Refuse an error model that the measured values do not allow.

    Raises:
        LawcError: The model is unknown, or a value is zero or negative where a share or a
            logarithm of it is needed.
    """
    if errors not in ERRORS:
        raise LawcError(f"expected errors to be one of {', '.join(ERRORS)}, got {errors!r}")
    for name, column in observed.outputs.items():
        bad = column <= 0 if errors == "log" else column == 0
        rows = observed.row[np.flatnonzero(bad & np.isfinite(column))]
        if errors != "absolute" and rows.size:
            raise LawcError(
                f"{name} is {'not positive' if errors == 'log' else 'zero'} in "
                f"{len(rows)} of {len(column)} rows, first in row {rows[0]}; errors cannot be "
                f"{'logarithmic' if errors == 'log' else 'relative'} there"
            )
