"""A small network in the place of a decision, for hosts that take nothing else.

It is never the reference: a decision is exact and costs less. What goes with it is how often it
agrees, told apart near thresholds and away from them, at rows that it was not fitted to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lawc.deciding.drawing import Rows, drawn
from lawc.deciding.edges import edges, ends
from lawc.deciding.sampler import Sampler
from lawc.decision.columns.evaluator import Evaluator
from lawc.decision.decision import Decision, Port
from lawc.decision.knowing import asked_whether_known

Array = np.ndarray[Any, Any]

ROWS = 4_000
NEAR = 0.01
"""Of the range of an input: as near as this to one of its thresholds counts as near."""


@dataclass(frozen=True)
class Agreement:
    """How often a network answers as the decision does.

    Attributes:
        rows, rows_near: How many fresh rows were tried, and how many of them near a threshold.
        all, near, away: Shares of them that agree.
        least: The smallest share that agrees near the thresholds of one input.
        least_at: That input.
        seed: Of the fresh rows; those it was fitted to had another.
        rows_drawn: How many were drawn; those with an unknown input or answer are not counted.
    """

    rows: int
    rows_near: int
    all: float
    near: float
    away: float
    least: float
    least_at: str
    seed: int
    rows_drawn: int

    def to_json(self) -> dict[str, Any]:
        """Return it for a certificate."""
        return asdict(self)


class RuleNetwork(nn.Module):
    """Inputs, scaled by their ranges, to the logits of an output of words or of yes and no."""

    def __init__(self, ports: tuple[Port, ...], spans: Array, classes: int, width: int) -> None:
        super().__init__()
        self.names = tuple(port.name for port in ports)
        self.sizes = tuple(len(port.choices) for port in ports)
        self.register_buffer("low", torch.tensor(spans[:, 0], dtype=torch.float32))
        self.register_buffer("span", torch.tensor(spans[:, 1] - spans[:, 0], dtype=torch.float32))
        inputs = sum(max(1, size) for size in self.sizes)
        self.layers = nn.Sequential(
            nn.Linear(inputs, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, classes),
        )

    def forward(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return logits, shape (n, classes)."""
        parts = []
        for place, (name, size) in enumerate(zip(self.names, self.sizes, strict=True)):
            column = columns[name]
            if size:
                parts.append(nn.functional.one_hot(column.long(), size).to(self.low.dtype))  # type: ignore[union-attr]
            else:
                scaled = (column.to(self.low.dtype) - self.low[place]) / self.span[place]  # type: ignore[index, union-attr]
                parts.append((2 * scaled - 1)[:, None])
        return self.layers(torch.cat(parts, 1))


def fitted(
    decision: Decision,
    output: str,
    width: int = 32,
    rows: int = 20_000,
    steps: int = 600,
    seed: int = 0,
) -> tuple[RuleNetwork, Agreement]:
    """Return a network for one output, and how often it agrees.

    Raises:
        ValueError: The output is neither of words nor of yes and no, asks whether something is
            known, or is known in no row.
        DecisionError: A row within the ranges is not answered.
    """
    port = decision.port(output)
    if not port.choices and port.kind != "yes/no":
        raise ValueError(f"expected an output of words or of yes and no, got {output!r}")
    unsure = asked_whether_known(decision, output)
    if unsure is not None:
        raise ValueError(
            f"{output!r} depends on whether {unsure!r} is known; a network asks values"
        )
    torch.manual_seed(seed)
    ports = decision.inputs
    spans = spans_of(decision)
    sampler = Sampler(decision)
    x, y = _labelled(decision, output, sampler.rows(2 * seed + 1, rows))
    if not len(y):
        raise ValueError(f"{output!r} is known in none of {rows} rows")
    network = RuleNetwork(ports, spans, max(2, len(port.choices)), width)
    descent = torch.optim.Adam(network.parameters(), 3e-3)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(descent, steps)
    chance = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        batch = torch.randint(0, len(y), (min(512, len(y)),), generator=chance)
        loss = nn.functional.cross_entropy(network({k: c[batch] for k, c in x.items()}), y[batch])
        descent.zero_grad()
        loss.backward()
        descent.step()
        slower.step()
    network.eval()
    return network, agreement(network, decision, output, 2 * seed + 2)


def agreement(
    network: RuleNetwork, decision: Decision, output: str, seed: int, rows: int = ROWS
) -> Agreement:
    """Return how often a network answers as a decision does, at rows drawn by a seed.

    The rows are the same wherever they are drawn, so that what a certificate says of them can be
    counted again.
    """
    near_edges = edges(decision)
    spans = spans_of(decision)
    rows_drawn = drawn(decision.inputs, near_edges, np.random.default_rng(seed), rows)
    x, y = _labelled(decision, output, rows_drawn)
    with torch.no_grad():
        agrees = (network(x).argmax(1) == y).numpy()
    close = {
        port.name: _close(x[port.name].numpy(), _floats(near_edges[port.name]), span)
        for port, span in zip(decision.inputs, spans, strict=True)
        if port.kind in ("number", "integer", "date")
    }
    near = np.logical_or.reduce(list(close.values())) if close else np.zeros(len(y), bool)
    shares = {name: float(agrees[at].mean()) for name, at in close.items() if at.any()}
    least = min(shares, key=lambda name: shares[name], default="")
    return Agreement(
        len(y),
        int(near.sum()),
        float(agrees.mean()),
        float(agrees[near].mean()) if near.any() else 1.0,
        float(agrees[~near].mean()) if (~near).any() else 1.0,
        shares.get(least, 1.0),
        least,
        seed,
        rows,
    )


def spans_of(decision: Decision) -> Array:
    """Return the ends between which each input is scaled, shape (inputs, 2)."""
    near = edges(decision)
    spans = np.array([ends(each, near[each.name]) for each in decision.inputs], np.float64)
    spans[:, 1] = np.where(spans[:, 1] > spans[:, 0], spans[:, 1], spans[:, 0] + 1)
    return spans


def _floats(numbers: tuple[Fraction, ...]) -> Array:
    return np.array([float(number) for number in numbers], np.float64)


def _labelled(decision: Decision, output: str, drawn: Rows) -> tuple[dict[str, Tensor], Tensor]:
    known = np.ones(len(next(iter(drawn.columns.values()))), bool)
    for mask in drawn.masks.values():
        known &= mask == 0
    columns = {name: column[known] for name, column in drawn.columns.items()}
    decided = Evaluator(decision, [output])(columns, traced=False)
    mask = decided.masks.get(output)
    told = np.ones(int(known.sum()), bool) if mask is None else np.asarray(mask) == 0
    x = {name: torch.tensor(column[told]) for name, column in columns.items()}
    return x, torch.tensor(np.asarray(decided.values[output])[told]).long()


def _close(column: Array, near: Array, span: Array) -> Array:
    if not len(near):
        return np.zeros(len(column), bool)
    place = np.searchsorted(near, column)
    left = np.abs(column - near[np.clip(place - 1, 0, len(near) - 1)])
    right = np.abs(column - near[np.clip(place, 0, len(near) - 1)])
    return np.minimum(left, right) <= NEAR * (span[1] - span[0])
