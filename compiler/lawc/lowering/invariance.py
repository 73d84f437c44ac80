"""Test that a compiled residual takes each row for itself, in any batch, order and precision.

Residuals that share a derivative between rows, broadcast a column or lose a dtype train to a small
loss and a wrong answer. So every law can have its own residual tested, with a smooth function in a
network's place: a row alone, among others, in another order, and in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lawc.lowering.fields.residual import FieldEquations, FieldResidual
from lawc.lowering.monomials import SEED
from lawc.lowering.properties import Property, State
from lawc.lowering.residual import Equations
from lawc.lowering.sampler import declared_inputs, sample

_BESIDE, _PLACE = 6, 3
_EXACT, _SINGLE = 1e-9, 2e-2


def invariances(equations: Equations | FieldEquations) -> tuple[Property, ...]:
    """Return what the residual of a law must keep at every state, whatever the network.

    Raises:
        CompileError: An input has no declared range.
    """
    tried = _Tried(equations)
    return (
        Property("the residual of a row does not depend on its batch", tried.batch),
        Property("the residual of a row does not depend on the order of rows", tried.order),
        Property("the residual is float32 where the columns are, and agrees", tried.single),
    )


@dataclass(frozen=True)
class _Tried:
    equations: Equations | FieldEquations

    def batch(self, state: State) -> str | None:
        """Return what differs between a row alone and the same row among others."""
        alone = self._found(self._rows(state, among=False))
        among = self._found(self._rows(state, among=True))
        return self._apart({k: v[0] for k, v in alone.items()}, _at(among, _PLACE), _EXACT)

    def order(self, state: State) -> str | None:
        """Return what differs when the rows stand in reverse order."""
        rows = self._rows(state, among=True)
        turned = self._found({name: values.flip(0) for name, values in rows.items()})
        there = len(next(iter(rows.values()))) - 1 - _PLACE
        return self._apart(_at(self._found(rows), _PLACE), _at(turned, there), _EXACT)

    def single(self, state: State) -> str | None:
        """Return what differs in float32."""
        rows = self._rows(state, among=True)
        found = self._found({name: values.float() for name, values in rows.items()})
        for label, values in found.items():
            if values.dtype != torch.float32:
                return f"{label} is {str(values.dtype).removeprefix('torch.')} for float32"
        double = {name: values.float().double() for name, values in rows.items()}
        return self._apart(_at(self._found(double), _PLACE), _at(found, _PLACE), _SINGLE)

    def _rows(self, state: State, *, among: bool) -> dict[str, Tensor]:
        beside = self._beside
        rows = {}
        for name, values in beside.items():
            own = np.array([state[name]])
            whole = np.concatenate([values[:_PLACE], own, values[_PLACE:]]) if among else own
            rows[name] = torch.from_numpy(whole.astype(np.float64))
        return rows

    @cached_property
    def _beside(self) -> dict[str, Any]:
        return sample(self.equations.plan, _BESIDE, SEED + 3)

    @cached_property
    def _residual(self) -> Any:
        return self.equations(self._network)

    @cached_property
    def _network(self) -> Callable[[Mapping[str, Any]], Any]:
        plan = self.equations.plan
        ends = {q.name: (q.low or 0.0, q.high or 0.0) for q in declared_inputs(plan)}
        sizes = []
        for name in plan.signature.outputs:
            quantity = plan.law.quantities[name]
            known = [abs(end) for end in (quantity.low, quantity.high) if end]
            sizes.append(max(known, default=1.0))

        def network(columns: Mapping[str, Any]) -> Any:
            said = []
            for number, size in enumerate(sizes):
                angle: Any = 0.2 + number
                for k, (name, (low, high)) in enumerate(ends.items()):
                    share = (columns[name] - low) * (1.0 / ((high - low) or 1.0))
                    angle = share * (0.5 + 0.3 * ((k + number) % 3)) + angle
                # Above zero, where a law may ask for a logarithm.
                said.append((torch.sin(angle) * 0.3 + 0.5) * size)
            return said[0] if len(said) == 1 else torch.stack(said, dim=-1)

        return network

    def _found(self, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
        residual = self._residual
        found = dict(residual(rows))
        if isinstance(residual, FieldResidual):
            found |= residual.conditions(rows)
        return found

    def _apart(
        self, one: Mapping[str, Tensor], other: Mapping[str, Tensor], slack: float
    ) -> str | None:
        for label, value in one.items():
            first, second = float(value), float(other[label])
            if np.isfinite(first) and not abs(first - second) <= slack * max(1.0, abs(first)):
                return f"{label} is {first:.9g} and {second:.9g}"
        return None


def _at(found: Mapping[str, Tensor], row: int) -> dict[str, Tensor]:
    return {label: values[row] for label, values in found.items()}
