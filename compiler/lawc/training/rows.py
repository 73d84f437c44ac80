"""The rows a network is fitted on: where they lie, and what the reference says there.

A product of several inputs reaches its extreme values only in corners of the box, which uniform
points hardly visit; a network fitted on them is ten times worse there. So candidates crowd towards
ends and early times, and of the candidates those are kept that fill the space of the groups evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lawc.diagnostics.diagnostic import DomainError
from lawc.forms.torch_table import evaluate
from lawc.lowering.program import Program
from lawc.lowering.sampler import declared_inputs, stretch, to_si
from lawc.training.envelopes import Pilot, Surround
from lawc.training.fitting import Fit
from lawc.training.readout import Readout

Array = NDArray[np.float64]

EARLY = 300.0
"""How strongly early times are spread in half of the candidates."""

SCALE_FLOOR = 1e-9
"""Least scale of an error, relative to the largest one, so that weights stay finite."""

_SURPLUS = 8
_MOST_CELLS = 12
_ROWS_PER_CELL = 4


@dataclass(frozen=True)
class Rows:
    """Inputs with the reference's answers.

    Attributes:
        columns: Inputs in declared units, shape (n,).
        pilot: The same in SI, with outputs and scales.
    """

    columns: Mapping[str, Array]
    pilot: Pilot

    def __len__(self) -> int:
        return len(next(iter(self.pilot.values.values())))

    def pick(self, chosen: np.ndarray) -> Rows:
        """Return some of the rows."""
        return Rows(
            {name: values[chosen] for name, values in self.columns.items()},
            Pilot(
                *(
                    {name: values[chosen] for name, values in part.items()}
                    for part in (self.pilot.si, self.pilot.values, self.pilot.scales)
                )
            ),
        )

    def against(self, sizes: Mapping[str, float]) -> Rows:
        """Return the rows with one size for all errors of an output, where one is given."""
        scales = {
            name: np.full_like(values, sizes[name]) if name in sizes else values
            for name, values in self.pilot.scales.items()
        }
        return Rows(self.columns, Pilot(self.pilot.si, self.pilot.values, scales))

    def fit(self, around: Surround, sizes: tuple[int, ...]) -> Fit:
        """Return the sum of squares of a network inside these tapes on these rows."""
        si = {name: torch.from_numpy(values) for name, values in self.pilot.si.items()}
        found = evaluate(around.before, si)
        return Fit(
            sizes,
            torch.stack([found[name] for name, _ in around.before.outputs], dim=1),
            Readout(around.after, si, sizes[-1]),
            _table(self.pilot.values, around),
            1.0 / _table(self.pilot.scales, around),
        )


def even(program: Program, count: int, seed: int) -> Rows:
    """Return about `count` rows that fill the space of the groups evenly, ends included.

    Raises:
        DomainError: `valid` leaves almost nothing of the ranges, or half of the rows have no
            answer.
    """
    generator = np.random.default_rng([seed, 7])
    inputs = declared_inputs(program.plan)
    kept: list[Array] = []
    have = tries = 0
    while have < _SURPLUS * count and tries < 12:
        points = _candidates(program, _SURPLUS * count, generator)
        inside = program.region.holds(to_si(inputs, stretch(inputs, points))).all(axis=0)
        kept.append(points[inside])
        have, tries = have + int(inside.sum()), tries + 1
    points = np.concatenate(kept)
    if len(points) < min(count, 100):
        raise DomainError(
            f"`valid` leaves {len(points)} of {tries * _SURPLUS * count} points in the ranges of "
            f"{program.law.identity}; narrow the ranges to where it holds"
        )
    columns = stretch(inputs, points)
    chosen = _thin(_positions(program, to_si(inputs, columns)), count, generator)
    return answered(program, {name: values[chosen] for name, values in columns.items()})


def around(
    program: Program, columns: Mapping[str, Array], count: int, generator: np.random.Generator
) -> Rows | None:
    """Return about `count` answered neighbours of each row inside the domain, None if none is."""
    inputs = declared_inputs(program.plan)
    centres = np.repeat(_unit(program, columns), count, axis=0)
    steps = generator.normal(size=centres.shape)
    # Half of them move along one input only: errors peak on faces and edges.
    axes = np.eye(len(inputs))[generator.integers(len(inputs), size=len(centres))]
    steps *= np.where(generator.random((len(centres), 1)) < 0.5, axes, 1.0)
    radii = 10.0 ** generator.uniform(-2.0, -0.7, (len(centres), 1))
    points = np.clip(centres + radii * steps, 0.0, 1.0)
    corners = ((points == 0) | (points == 1)).all(axis=1)
    points[corners, 0] = np.abs(points[corners, 0] - 1e-3)
    columns = stretch(inputs, points)
    inside = program.region.holds(to_si(inputs, columns)).all(axis=0)
    if not inside.any():
        return None
    return answered(program, {name: values[inside] for name, values in columns.items()})


def drawn(program: Program, count: int, seed: int, what: str) -> Rows:
    """Return rows of the program's own sampler."""
    return answered(program, dict(program.sample(count, seed, what=what)))


def joined(*parts: Rows) -> Rows:
    """Return the rows of several tables."""

    def stack(tables: list[Mapping[str, Array]]) -> dict[str, Array]:
        return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}

    return Rows(
        stack([part.columns for part in parts]),
        Pilot(
            stack([part.pilot.si for part in parts]),
            stack([part.pilot.values for part in parts]),
            stack([part.pilot.scales for part in parts]),
        ),
    )


def answered(program: Program, columns: Mapping[str, Array]) -> Rows:
    """Return inputs with the reference's answers; rows that have none are left out.

    Raises:
        DomainError: More than half have none.
    """
    truth = program.reference(columns, strict=False)
    found = {name: np.asarray(truth[name]) for name in program.signature.outputs}
    good = np.logical_and.reduce([np.isfinite(values) for values in found.values()])
    if good.mean() < 0.5:
        raise DomainError(
            f"{program.law.identity} has no answer in {int((~good).sum())} of {len(good)} rows"
        )
    columns = {name: np.asarray(values)[good] for name, values in columns.items()}
    scale = program.scale(columns)
    values, scales = {}, {}
    for quantity in program.outputs:
        unit, name = quantity.unit, quantity.name
        values[name] = found[name][good] * unit.factor + unit.offset
        size = np.abs(scale[name]) * abs(unit.factor)
        scales[name] = np.maximum(size, SCALE_FLOOR * size.max(initial=0.0) or 1.0)
    return Rows(columns, Pilot(to_si(program.inputs, columns), values, scales))


def _candidates(program: Program, count: int, generator: np.random.Generator) -> Array:
    """Return points of the unit cube that crowd towards its ends."""
    width = len(program.inputs)
    uniform = generator.random((count, width))
    crowded = (1 - np.cos(np.pi * uniform)) / 2
    # How many inputs sit at an end differs from row to row; one never does, so that no row of
    # training is a corner of the certificate.
    at_end = generator.random((count, width)) < generator.random((count, 1))
    at_end[np.arange(count), generator.integers(width, size=count)] = False
    edge = np.where(at_end, generator.integers(0, 2, (count, width)), uniform)
    style = generator.integers(0, 3, (count, 1))
    points = np.choose(style, (uniform, crowded, edge))
    names = [q.name for q in program.inputs]
    if program.variable in names:
        place = names.index(program.variable)
        if not program.inputs[place].log:
            early = np.expm1(points[:, place] * np.log1p(EARLY)) / EARLY
            often = generator.random(count) < 0.5
            points[:, place] = np.where(often, early, points[:, place])
    return points


def _unit(program: Program, columns: Mapping[str, Array]) -> Array:
    """Return points of the unit cube for columns in declared units; `stretch` undoes it."""
    sides = []
    for quantity in program.inputs:
        low, high = quantity.low or 0.0, quantity.high or 0.0
        values = np.asarray(columns[quantity.name])
        if high == low:
            sides.append(np.zeros_like(values))
        elif quantity.log and low > 0:
            sides.append(np.log(values / low) / np.log(high / low))
        else:
            sides.append((values - low) / (high - low))
    return np.stack(sides, axis=1)


def _positions(program: Program, si: Mapping[str, Array]) -> Array:
    """Return where rows lie in the space of the groups, each on [0, 1]."""
    sides = []
    for group in program.reduction.groups:
        if not group.low < group.high:
            continue
        values = np.asarray(program.reduction.evaluate(si)[group.name])
        low, high = group.low, group.high
        if group.log:
            values, low, high = np.log(values), np.log(low), np.log(high)
        elif program.variable in group.exponents and low >= 0:
            values, low = np.log1p(EARLY * values / high), np.log1p(EARLY * low / high)
            high = np.log1p(EARLY)
        sides.append((values - low) / (high - low))
    if not sides:
        return np.zeros((len(next(iter(si.values()))), 1))
    return np.stack(sides, axis=1)


def _thin(positions: Array, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return the numbers of `count` rows, each cell of the space as likely as any other."""
    dimensions = positions.shape[1]
    cells = int(np.clip((count / _ROWS_PER_CELL) ** (1 / dimensions), 2, _MOST_CELLS))
    place = np.clip((positions * cells).astype(np.int64), 0, cells - 1)
    keys = np.zeros(len(place), dtype=np.int64)
    for column in place.T:
        # Many groups would overflow a plain mixed-radix number; a hash does as well here.
        keys = keys * 1_000_003 + column
    _, cell, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    weights = 1.0 / sizes[cell]
    return generator.choice(
        len(positions), min(count, len(positions)), replace=False, p=weights / weights.sum()
    )


def _table(columns: Mapping[str, Array], around: Surround) -> Tensor:
    names = [name for name, _ in around.after.outputs]
    return torch.from_numpy(np.stack([columns[name] for name in names], axis=1))
