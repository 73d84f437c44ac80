"""From functions and weights to a form that answers, freezes and exports."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawc.forms.expansion import Expansion, Read, Shape, rough
from lawc.forms.form import Form
from lawc.forms.network import MAX_WIDTH, Network, raw
from lawc.knowledge.algebra import ZERO, plus, times
from lawc.knowledge.expression import (
    Binary,
    Derivative,
    Expression,
    MixedDerivative,
    Number,
    Symbol,
    rebuild,
)
from lawc.lowering.demands import Part
from lawc.lowering.tapes import tape
from lawc.training.collocation import Space, Task
from lawc.training.corner_functions import table_of

Array = NDArray[np.float64]


class _Reader:
    """Writes outputs in terms of what a form reads of its sums."""

    def __init__(self, task: Task, is_rough: bool, columns: int) -> None:
        assert task.plan.fields is not None
        self.task, self.is_rough, self.columns = task, is_rough, columns
        self.reads: dict[Read, int] = {}
        self.number = {name: k for k, name in enumerate(task.plan.fields.quantities)}

    def written(self, side: Expression) -> Expression:
        """Return an output's expression over what is read."""

        def change(node: Expression) -> Expression | None:
            match node:
                case Symbol(name) if name in self.number:
                    return self._sum(Part(self.number[name]))
                case Derivative(name, by, order) if name in self.number:
                    return self._sum(Part(self.number[name], ((by, order),)))
                case MixedDerivative(name, orders) if name in self.number:
                    return self._sum(Part(self.number[name], tuple(sorted(orders))))
            return None

        return rebuild(side, change)

    def _sum(self, part: Part) -> Expression:
        """Return a part of a field: what stands alone, and each source times its own part."""
        orders = dict(part.orders)
        powers = tuple(orders.get(name, 0) for name in self.task.scaled)
        stretch: Expression = Number(1)
        for name, order in part.orders:
            stretch = times(stretch, Binary("^", self.task.stretches[name], Number(order)))
        total: Expression = ZERO
        for place, factor in enumerate((Number(1), *map(Symbol, self.task.sources))):
            column = part.field * self.columns + place
            read = self.reads.setdefault(Read(column, powers), len(self.reads) + 1)
            said: Expression = times(stretch, Symbol(raw(read)))
            if self.is_rough:
                said = plus(said, Symbol(rough(read)))
            total = plus(total, times(factor, said))
        return total


def form_of(space: Space, weights: Array) -> Form:
    """Return the form of a solution: a network of one layer where that says it all.

    Args:
        space: The functions.
        weights: Shape (width, r).
    """
    return form_of_cells([space], [weights], ((),) * len(space.task.scaled))


def form_of_cells(
    spaces: list[Space], weights: list[Array], cuts: tuple[tuple[float, ...], ...]
) -> Form:
    """Return the form of functions that each belong to a cell of the scaled inputs.

    Args:
        spaces: For each cell, the last coordinate running first.
        weights: For each cell, shape (width, r).
        cuts: Where each scaled input is cut.
    """
    space = spaces[0]
    task = space.task
    assert task.plan.fields is not None
    columns = weights[0].shape[1]
    reader = _Reader(task, bool(space.special), columns)
    outputs = {name: reader.written(side) for name, side in task.plan.fields.outputs.items()}
    reads = tuple(reader.reads)
    names = [raw(k + 1) for k in range(len(reads))]
    if space.special:
        names += [rough(k + 1) for k in range(len(reads))]
    after = tape(outputs, [*task.plan.signature.inputs, *names], task.plan.fixed)
    smooth = np.stack(
        [_by_column(s, w)[: s.features.count] for s, w in zip(spaces, weights, strict=True)]
    )
    width = space.features.count - 1
    plain = all(not any(read.powers) for read in reads) and not space.special
    if plain and len(spaces) == 1 and width <= MAX_WIDTH:
        return _network(task, space, smooth[0][:, [read.column for read in reads]], after)
    stored: dict[str, Tensor] = {
        "slopes": _tensor(np.stack([s.features.slopes for s in spaces])),
        "offsets": _tensor(np.stack([s.features.offsets for s in spaces])),
        "weights": _tensor(smooth),
    }
    plane: tuple[str, ...] = ()
    if space.special:
        plane = space.special[0].names
        stored["rough"] = _tensor(table_of(space.special))
        stored["rough_weights"] = _tensor(_by_column(space, weights[0])[space.features.count :])
    return Expansion(Shape(task.before, after, reads, cuts, plane), stored)


def _network(task: Task, space: Space, weights: Array, after: object) -> Network:
    inner = space.features
    sizes = (len(task.scaled), len(inner.offsets), weights.shape[1])
    theta = np.concatenate(
        [inner.slopes.ravel(), inner.offsets, weights[:-1].T.ravel(), weights[-1]]
    )
    return Network(task.before, sizes, after, _tensor(theta))  # type: ignore[arg-type]


def _by_column(space: Space, weights: Array) -> Array:
    """Return weights by function, a column for each field and source."""
    parts = weights.reshape(space.task.fields, space.each, weights.shape[1])
    return parts.transpose(1, 0, 2).reshape(space.each, -1)


def _tensor(values: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64))
