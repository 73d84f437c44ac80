"""Say why a training cannot go on: which term, and at which points."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lawc.backends.statement import Objective
from lawc.diagnostics.diagnostic import LawcError

SHOWN = 3
"""Points that a message names at most."""


class TrainingError(LawcError):
    """A training cannot go on, or ended where it should not; the text names term and points."""


def no_number(objective: Objective, theta: Tensor) -> str | None:
    """Return which rows are no number at these weights and where, None where all are numbers."""
    for (block, row), values in objective.by_row(theta).items():
        bad = ~torch.isfinite(values)
        if bool(bad.any()):
            known = values[~bad].abs()
            overflow = bool(torch.isinf(values[bad]).any())
            what = "overflows" if overflow else "is no number"
            most = f"; the largest of the others is {float(known.max()):.3g}" if len(known) else ""
            return (
                f"{_named(block, row)} {what} at {int(bad.sum())} of {len(values)} points, "
                f"{_places(objective, block, bad.nonzero()[:, 0])}{most}"
            )
    if not bool(torch.isfinite(theta).all()):
        return "a weight of the network is no number, though no term is"
    return None


def worst_term(objective: Objective, theta: Tensor) -> str:
    """Return the row that is broken most, and where."""
    rows: Mapping[tuple[str, str], Tensor] = objective.by_row(theta)
    (block, row), values = max(rows.items(), key=lambda item: float(item[1].square().mean()))
    size = float(values.square().mean().sqrt())
    worst = values.abs().topk(min(SHOWN, len(values))).indices
    return (
        f"{_named(block, row)} is broken most: {size:.2e} in the root of its mean square, "
        f"{float(values.abs().max()):.2e} {_places(objective, block, worst)}"
    )


def _named(block: str, row: str) -> str:
    return row if block == "interior" else f"{row} of {block}"


def _places(objective: Objective, block: str, numbers: Tensor) -> str:
    found = next(b for b in objective.blocks if b.name == block)
    shown = [
        ", ".join(
            f"{name} = {value:.4g}"
            for name, value in zip(
                found.statement.inputs, found.points.values[number].tolist(), strict=True
            )
        )
        for number in numbers[:SHOWN].tolist()
    ]
    more = " and elsewhere" if len(numbers) > SHOWN else ""
    return "at " + "; ".join(f"({place})" for place in shown) + more
