"""Hold out whole groups, learn from few rows, and measure on what was never seen.

For every size of the training set, seed and held-out group a contender is fitted to rows of the
other groups. How strongly its network is held back is chosen inside those rows alone, by leaving
out one of their groups after another: nothing of the held-out group is ever used.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor, nn

from lawc.demo.fitting import Batch, Family, fit
from lawc.linking.support import HIGH, LOW, Support

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 100.0)
"""Weights of the squared network parameters among which each fit chooses."""
FREE_INPUT_PRIOR = 0.01
SEEDS = 5
FOLDS = 6
SIZES = 5
LARGEST = 120


@dataclass(frozen=True)
class Task:
    """Measurements of one quantity in several groups.

    Attributes:
        columns: In the units of the module, with the output; shape (n,).
        groups: The group of each row, such as a subject.
        smallest: The smallest training set.
        axis: The column along which the output is drawn.
    """

    name: str
    output: str
    unit: str
    group_word: str
    columns: Mapping[str, Tensor]
    groups: tuple[str, ...]
    smallest: int
    axis: str

    @property
    def order(self) -> tuple[str, ...]:
        """The groups, in the order in which they appear."""
        return tuple(dict.fromkeys(self.groups))

    @property
    def folds(self) -> Tensor:
        """The fold of each row; one group each, or several where there are more than FOLDS."""
        order = {group: at % FOLDS for at, group in enumerate(self.order)}
        return torch.tensor([order[group] for group in self.groups])

    def sizes(self) -> tuple[int, ...]:
        """Return training sizes, evenly spaced in the logarithm up to all rows but one fold."""
        folds = self.folds
        most = min(len(folds) - int(torch.bincount(folds).max()), LARGEST)
        start = min(self.smallest, most)
        steps = [start * (most / start) ** (k / (SIZES - 1)) for k in range(SIZES)]
        return tuple(dict.fromkeys(round(step) for step in steps))


@dataclass(frozen=True)
class Contender:
    """One way to learn the task.

    Attributes:
        told: The features of its network.
        make: The model with a seed's random start.
        chooses: Whether it has a network whose strength is chosen.
        cautious: Whether the network must earn its place: the strongest hold is taken that is not
            worse than the best by more than one standard error.
    """

    key: str
    name: str
    told: tuple[str, ...]
    make: Callable[[int], nn.Module]
    chooses: bool = True
    cautious: bool = False


@dataclass(frozen=True)
class Curve:
    """What a contender reached.

    Attributes:
        errors: Root mean square error on held-out rows for each size, one for each seed.
        predictions: At the largest size and first seed, for every row when it was held out.
        models: At the largest size and first seed, the model that never saw each fold.
        strengths: How often each strength was chosen, by size.
    """

    contender: Contender
    errors: Mapping[int, tuple[float, ...]]
    predictions: Tensor
    models: Mapping[int, nn.Module]
    strengths: Mapping[int, Counter[float]] = field(default_factory=dict)

    def median(self, size: int) -> float:
        """Return the median error of the seeds."""
        return statistics.median(self.errors[size])

    @property
    def sizes(self) -> tuple[int, ...]:
        """The training sizes, rising."""
        return tuple(sorted(self.errors))


@dataclass(frozen=True, slots=True)
class _Case:
    """One training set with one held-out set."""

    rows: Tensor
    held_out: Tensor
    seed: int
    strength: float = 0.0


def learn(
    task: Task, contender: Contender, progress: Callable[[float], None] = lambda share: None
) -> Curve:
    """Return the learning curve of a contender."""
    folds = task.folds
    keys: list[tuple[int, int, int]] = []
    cases: list[_Case] = []
    for size in task.sizes():
        for seed in range(SEEDS):
            for fold in folds.unique().tolist():
                others = torch.nonzero(folds != fold).flatten()
                # Larger sets contain the smaller ones of the same seed.
                generator = torch.Generator().manual_seed(1_000 * seed + fold)
                rows = others[torch.randperm(len(others), generator=generator)][:size]
                keys.append((size, seed, fold))
                cases.append(_Case(rows, torch.nonzero(folds == fold).flatten(), seed))
    fitter = _Fitter(task, contender)
    if contender.chooses:
        cases = choose(task, fitter, cases, contender.cautious, lambda share: progress(0.8 * share))
    theta, buffers = fitter.fit(cases, lambda share: progress(0.8 + 0.2 * share))
    predicted = fitter.predict(theta, buffers, cases)
    largest = max(task.sizes())
    models = {
        fold: fitter.model(theta[at], {name: value[at] for name, value in buffers.items()})
        for at, (size, seed, fold) in enumerate(keys)
        if size == largest and seed == 0
    }
    squares: dict[tuple[int, int], float] = {}
    counts: dict[tuple[int, int], int] = {}
    predictions = torch.zeros(len(folds), dtype=torch.float64)
    strengths: dict[int, Counter[float]] = {}
    target = task.columns[task.output]
    for (size, seed, _), case, said in zip(keys, cases, predicted, strict=True):
        miss = said - target[case.held_out]
        squares[size, seed] = squares.get((size, seed), 0.0) + float(miss.square().sum())
        counts[size, seed] = counts.get((size, seed), 0) + len(miss)
        strengths.setdefault(size, Counter())[case.strength] += 1
        if size == largest and seed == 0:
            predictions[case.held_out] = said
    errors = {
        size: tuple((squares[size, s] / counts[size, s]) ** 0.5 for s in range(SEEDS))
        for size in task.sizes()
    }
    return Curve(contender, errors, predictions, models, strengths if contender.chooses else {})


def learn_all(task: Task, contender: Contender) -> nn.Module:
    """Return the contender's model fitted to all rows, its strength chosen in the same way."""
    everything = torch.arange(len(task.groups))
    case = _Case(everything, everything, 0)
    fitter = _Fitter(task, contender)
    if contender.chooses:
        (case,) = choose(task, fitter, [case], contender.cautious)
    theta, buffers = fitter.fit([case])
    return fitter.model(theta[0], {name: value[0] for name, value in buffers.items()})


def needed(curve: Curve, error: float) -> float | None:
    """Return how many rows bring the median error down to a given one, between the sizes tried.

    Between two sizes the error is taken as a straight line in the logarithm of the rows. The
    smallest size is returned where it already suffices, None where no size does.
    """
    sizes = curve.sizes
    if curve.median(sizes[0]) <= error:
        return float(sizes[0])
    for fewer, more in pairwise(sizes):
        high, low = curve.median(fewer), curve.median(more)
        if low <= error:
            share = (high - error) / (high - low)
            return float(fewer * (more / fewer) ** share)
    return None


def choose(
    task: Task,
    fitter: _Fitter,
    cases: Sequence[_Case],
    cautious: bool,
    progress: Callable[[float], None] = lambda share: None,
) -> list[_Case]:
    """Return the cases with a strength each, found inside their own training rows."""
    folds = task.folds
    inner: list[_Case] = []
    owner: list[tuple[int, int]] = []
    for at, case in enumerate(cases):
        own = folds[case.rows]
        if len(own.unique()) < 2:
            # All rows are of one group: leave out single rows instead.
            own = torch.arange(len(case.rows))
        for part in own.unique().tolist():
            kept, left_out = case.rows[own != part], case.rows[own == part]
            for number, strength in enumerate(STRENGTHS):
                inner.append(_Case(kept, left_out, case.seed, strength))
                owner.append((at, number))
    theta, buffers = fitter.fit(inner, progress)
    predicted = fitter.predict(theta, buffers, inner)
    target = task.columns[task.output]
    misses: dict[tuple[int, int], list[float]] = {}
    for key, case, said in zip(owner, inner, predicted, strict=True):
        square = (said - target[case.held_out]).square().mean()
        misses.setdefault(key, []).append(float(square))
    return [
        _Case(
            case.rows,
            case.held_out,
            case.seed,
            _choice([misses[at, number] for number in range(len(STRENGTHS))], cautious),
        )
        for at, case in enumerate(cases)
    ]


def _choice(misses: Sequence[Sequence[float]], cautious: bool) -> float:
    """Return the strength of least error, or the strongest within a standard error of it."""
    means = [statistics.fmean(one) for one in misses]
    best = min(range(len(means)), key=means.__getitem__)
    if not cautious:
        return STRENGTHS[best]
    count = len(misses[best])
    slack = statistics.stdev(misses[best]) / count**0.5 if count > 1 else 0.0
    return max(STRENGTHS[at] for at, mean in enumerate(means) if mean <= means[best] + slack)


class _Fitter:
    """Fits a contender to many cases; the models of the seeds differ in their start alone."""

    def __init__(self, task: Task, contender: Contender) -> None:
        self._task = task
        self._contender = contender
        models = [contender.make(seed) for seed in range(SEEDS)]
        self._model = models[0]
        self._family = Family(models[0])
        self._starts = torch.stack([Family.flat(model) for model in models])
        self._wanted = [n for n in dict(models[0].named_buffers()) if n in _PER_FIT]

    def fit(
        self, cases: Sequence[_Case], progress: Callable[[float], None] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return parameters and buffers, one for each case."""
        batch = self._batch([case.rows for case in cases])
        theta = self._starts[torch.tensor([case.seed for case in cases])]
        prior = torch.zeros_like(theta)
        strength = torch.tensor([case.strength for case in cases], dtype=torch.float64)
        prior[:, self._family.positions("net.")] = strength[:, None]
        prior[:, self._family.positions("latents.")] = FREE_INPUT_PRIOR
        theta = fit(self._family, theta, prior, batch, progress=progress)
        return theta, dict(batch.buffers)

    def predict(
        self, theta: Tensor, buffers: Mapping[str, Tensor], cases: Sequence[_Case]
    ) -> list[Tensor]:
        """Return what each fit says of its held-out rows."""
        index, mask = _padded([case.held_out for case in cases])
        columns = {name: column[index] for name, column in self._task.columns.items()}
        with torch.no_grad():
            values = self._family.values(theta, columns, buffers)
        return [value[real > 0] for value, real in zip(values, mask, strict=True)]

    def model(self, theta: Tensor, buffers: Mapping[str, Tensor]) -> nn.Module:
        """Return one fit as an ordinary model."""
        model = self._contender.make(0)
        torch.nn.utils.vector_to_parameters(theta, model.parameters())
        with torch.no_grad():
            for name, value in buffers.items():
                model.get_buffer(name).copy_(value)
        return model

    def _batch(self, rows: Sequence[Tensor]) -> Batch:
        index, mask = _padded(rows)
        columns = {name: column[index] for name, column in self._task.columns.items()}
        bare = Batch(columns, columns[self._task.output], mask, {})
        buffers = _scales(self._model, bare)
        return Batch(columns, bare.target, mask, {name: buffers[name] for name in self._wanted})


_PER_FIT = (
    "support.low",
    "support.high",
    "support.centre",
    "support.width",
    "centre",
    "spread",
)


def _scales(model: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Return support and output scale of each fit's own rows, as `Support.of_columns` would."""
    support = model.support
    assert isinstance(support, Support)
    absent = torch.where(batch.mask > 0, 0.0, torch.nan)
    taken = [
        (batch.columns[name].log() if log else batch.columns[name]) + absent
        for name, log in zip(support.names, support.logarithmic, strict=True)
    ]
    empty = torch.zeros(*batch.target.shape, 0, dtype=torch.float64)
    table = torch.stack(taken, -1) if taken else empty
    count = batch.mask.sum(1)[:, None]
    centre = torch.nansum(table, 1) / count
    width = (torch.nansum((table - centre[:, None]).square(), 1) / count).sqrt()
    mean = (batch.target * batch.mask).sum(1, keepdim=True) / count
    return {
        "support.low": torch.nanquantile(table, LOW, dim=1) if taken else centre,
        "support.high": torch.nanquantile(table, HIGH, dim=1) if taken else centre,
        "support.centre": centre,
        "support.width": torch.where(width > 0, width, 1.0),
        "centre": mean,
        "spread": batch.spread()[:, None],
    }


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return indices and mask, shape (b, n); padding repeats a real row and counts for nothing."""
    longest = max(len(one) for one in rows)
    index = torch.stack([torch.cat([one, one[:1].expand(longest - len(one))]) for one in rows])
    sizes = torch.tensor([len(one) for one in rows])
    mask = (torch.arange(longest) < sizes[:, None]).to(torch.float64)
    return index, mask
