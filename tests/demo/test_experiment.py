"""What is held out stays unknown, fits reach known optima, and few rows are counted right."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from lawc.demo import experiment
from lawc.demo.experiment import Contender, Curve, Task, learn, learn_all, needed
from lawc.demo.fitting import Batch, Family, fit
from lawc.demo.general import General, network
from lawc.demo.tasks import SETUPS, grid, tables
from lawc.linking.support import Support


class Rate(nn.Module):
    """The law of Michaelis and Menten with two free numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = nn.Parameter(torch.tensor(100.0, dtype=torch.float64))
        self.km = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))

    def forward(self, columns: dict[str, Tensor]) -> Tensor:
        return self.limit * columns["S"] / (self.km + columns["S"])


def curve(errors: dict[int, float]) -> Curve:
    contender = Contender("network", "network alone", (), nn.Identity)  # pyright: ignore
    return Curve(contender, {n: (e,) for n, e in errors.items()}, torch.zeros(1), {})


def general(task: Task) -> Contender:
    def make(seed: int) -> nn.Module:
        return General(network(1, seed), ("x",), task.columns, set())

    return Contender("network", "network alone", ("x",), make)


def test_a_fit_reaches_the_published_least_squares_values() -> None:
    data = SETUPS[1].read(tables(None)["puromycin"]).columns
    batch = Batch({"S": data["S"][None]}, data["v"][None], torch.ones(1, 12).double(), {})
    model = Rate()
    theta = Family.flat(model)[None]
    found = fit(Family(model), theta, torch.zeros_like(theta), batch)[0]
    # 212.68 and 0.06412: D. M. Bates, D. G. Watts (1988), and the help page of the data in R.
    assert found.tolist() == pytest.approx([212.68, 0.06412], rel=1e-4)


def test_fits_in_one_batch_do_not_know_of_each_other() -> None:
    data = SETUPS[1].read(tables(None)["puromycin"]).columns
    parts = [torch.arange(12), torch.arange(0, 12, 2), torch.tensor([0, 3, 7])]
    alone, together = [], experiment._padded(parts)
    model = Rate()
    start = Family.flat(model)
    for part in parts:
        ones = torch.ones(1, len(part)).double()
        batch = Batch({"S": data["S"][part][None]}, data["v"][part][None], ones, {})
        alone.append(fit(Family(model), start[None], torch.zeros(1, 2).double(), batch)[0])
    index, mask = together
    batch = Batch({"S": data["S"][index]}, data["v"][index], mask, {})
    found = fit(Family(model), start.expand(3, 2), torch.zeros(3, 2).double(), batch)
    assert torch.allclose(found, torch.stack(alone), rtol=1e-6)


@pytest.mark.usefixtures("short")
def test_nothing_of_a_held_out_group_reaches_its_model(straight: Task) -> None:
    fold = 2
    changed = dict(straight.columns)
    changed["y"] = torch.where(straight.folds == fold, 1e3, straight.columns["y"])
    before = learn(straight, general(straight)).models[fold]
    other = replace(straight, columns=changed)
    after = learn(other, general(other)).models[fold]
    # Other fits of the batch change, so sums may round differently.
    for one, two in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.allclose(one, two, rtol=1e-6, atol=1e-9)


@pytest.mark.usefixtures("short")
def test_a_network_learns_a_straight_line(straight: Task) -> None:
    found = learn(straight, general(straight))
    assert found.median(found.sizes[-1]) < 1.5
    assert found.predictions.shape == straight.columns["y"].shape
    whole = learn_all(straight, general(straight))
    assert float((whole(straight.columns) - straight.columns["y"]).detach().abs().max()) < 0.5


def test_scales_of_a_batch_are_those_of_the_support(straight: Task) -> None:
    model = general(straight).make(0)
    rows = [torch.arange(12), torch.tensor([1, 5, 6, 10])]
    index, mask = experiment._padded(rows)
    batch = Batch({"x": straight.columns["x"][index]}, straight.columns["y"][index], mask, {})
    found = experiment._scales(model, batch)
    for number, part in enumerate(rows):
        support = Support.of_columns(("x",), {"x": straight.columns["x"][part]}, set())
        for name in ("low", "high", "centre", "width"):
            assert torch.allclose(found[f"support.{name}"][number], getattr(support, name))
        y = straight.columns["y"][part]
        assert float(found["spread"][number]) == pytest.approx(float(y.std(correction=0)))


@settings(max_examples=50, deadline=None)
@given(level=st.floats(1.0, 4.0))
def test_rows_needed_lie_between_the_sizes_that_bracket_the_error(level: float) -> None:
    rows = needed(curve({5: 4.0, 10: 3.0, 20: 1.5, 40: 1.0}), level)
    assert rows is not None
    assert (rows <= 10) == (level >= 3.0 - 1e-12)
    assert (rows <= 20) == (level >= 1.5 - 1e-12)


def test_an_error_that_is_never_reached_needs_no_number() -> None:
    assert needed(curve({5: 4.0, 10: 3.0}), 2.9) is None
    assert needed(curve({5: 4.0, 10: 3.0}), 4.5) == 5


def test_a_cautious_choice_prefers_the_stronger_hold_within_a_standard_error() -> None:
    misses = [[9.0, 9.0], [1.0, 3.0], [2.0, 2.5], [8.0, 8.0], [8.0, 8.0]]
    assert experiment._choice(misses, cautious=False) == experiment.STRENGTHS[1]
    assert experiment._choice(misses, cautious=True) == experiment.STRENGTHS[2]


def test_sizes_rise_to_all_rows_but_one_group() -> None:
    theophylline = SETUPS[0].read(tables(None)["theophylline"])
    assert theophylline.sizes() == (3, 6, 13, 27, 55)
    assert len(theophylline.folds.unique()) == 6


def test_many_groups_are_held_out_together() -> None:
    groups = tuple(str(k % 20) for k in range(100))
    columns = {"x": torch.arange(100.0).double(), "y": torch.arange(100.0).double()}
    task = Task("many", "y", "m", "group", columns, groups, 3, "x")
    assert len(task.folds.unique()) == experiment.FOLDS
    assert max(task.sizes()) <= 100 - 15


def test_a_grid_keeps_what_is_known_of_a_subject() -> None:
    task = SETUPS[0].read(tables(None)["theophylline"])
    columns = grid(task, "5")
    assert set(columns["weight"].tolist()) == {54.6}
    assert torch.allclose(columns["log_time"], torch.log1p(columns["t"]))
