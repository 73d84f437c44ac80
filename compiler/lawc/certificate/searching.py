"""Look for the worst error by climbing from the worst points seen.

The reference has no gradient that could be trusted, so the climb tries neighbours: around each of
the worst points a cloud, whose radius shrinks where nothing worse is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lawc.lowering.program import Program
from lawc.lowering.sampler import stretch, to_si

Array = NDArray[np.float64]
Measure = Callable[[Mapping[str, Array]], Array]


def climb(
    program: Program,
    measure: Measure,
    columns: Mapping[str, Array],
    shares: Array,
    *,
    seed: int,
    climbers: int = 24,
    cloud: int = 12,
    rounds: int = 6,
) -> tuple[dict[str, Array], Array]:
    """Return every point that was tried and its error.

    Args:
        measure: Largest error of each row as a share of its scale.
        columns, shares: Points that were seen and their errors, from which the worst are taken.
        seed: Of the clouds.
    """
    names = [q.name for q in program.inputs]
    generator = np.random.default_rng(seed)
    order = np.argsort(-shares)[:climbers]
    best = _unit(program, {name: np.asarray(columns[name])[order] for name in names})
    height = shares[order].copy()
    radius = np.full(len(order), 0.15)
    tried: list[dict[str, Array]] = []
    found: list[Array] = []
    for _ in range(rounds):
        steps = generator.normal(size=(len(best), cloud, len(names)))
        # Half of the cloud moves along one axis only: errors often peak on faces and edges.
        axes = generator.integers(len(names), size=(len(best), cloud // 2))
        steps[:, : cloud // 2] *= np.eye(len(names))[axes]
        clouds = np.clip(best[:, None] + radius[:, None, None] * steps, 0.0, 1.0)
        points = stretch(program.inputs, clouds.reshape(-1, len(names)))
        holds = program.region.holds(to_si(program.inputs, points))
        inside = np.atleast_1d(holds.all(axis=0))
        errors = np.full(len(inside), -np.inf)
        if inside.any():
            kept = {name: values[inside] for name, values in points.items()}
            errors[inside] = measure(kept)
            tried.append(kept)
            found.append(errors[inside])
        errors = errors.reshape(len(best), cloud)
        winner = errors.argmax(axis=1)
        rows = np.arange(len(best))
        higher = errors[rows, winner] > height
        best = np.where(higher[:, None], clouds[rows, winner], best)
        height = np.where(higher, errors[rows, winner], height)
        radius = np.where(higher, radius, radius / 2)
    if not found:
        return {name: np.empty(0) for name in names}, np.empty(0)
    joined = {name: np.concatenate([points[name] for points in tried]) for name in names}
    return joined, np.concatenate(found)


def _unit(program: Program, columns: Mapping[str, Array]) -> Array:
    """Return points of the unit cube for columns in declared units; `stretch` undoes it."""
    sides = []
    for quantity in program.inputs:
        low, high = quantity.low or 0.0, quantity.high or 0.0
        values = columns[quantity.name]
        if high == low:
            sides.append(np.zeros_like(values))
        elif quantity.log and low > 0:
            sides.append(np.log(values / low) / np.log(high / low))
        else:
            sides.append((values - low) / (high - low))
    return np.stack(sides, axis=1)
