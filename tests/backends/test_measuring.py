"""Where it is not known beforehand which backend is fast, the clock decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lawc.backends import choosing, measuring
from lawc.backends.compiled import NoCompilationError
from lawc.backends.eager import Eager
from lawc.backends.statement import Block, Channel, Objective, Points, Statement
from lawc.forms.tape import Step, Tape

STATEMENT = Statement(
    (1, 3, 1), ("x",), {"u": Channel(1, ())}, Tape(("u",), (Step("square", (0,)),), (("row", 1),))
)
BLOCKS = [Block(STATEMENT, Points(torch.linspace(0, 1, 5, dtype=torch.float64)[:, None]))]


class Clock:
    """Time that passes only when a stand-in works."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def worker(self, name: str, seconds: float, first: float = 0.0) -> Callable[..., Objective]:
        """Return a maker of objectives that take some seconds, the first time some more."""
        clock = self

        class Worker(Eager):
            backend = name
            more = first

            def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
                clock.now += seconds + self.more
                self.more = 0.0
                return super().cost_and_slope(theta)

        return Worker


class Lacking(Eager):
    def cost_and_slope(self, theta: Tensor) -> tuple[float, Tensor]:
        raise NoCompilationError("nothing compiles here")


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_found", {})


@given(seconds=st.lists(st.integers(1, 100), min_size=1, max_size=4, unique=True))
def test_the_one_that_answers_soonest_is_taken_however_long_it_compiled(seconds: list[int]) -> None:
    measuring._found.clear()
    clock = Clock()
    makers = {f"{s}": clock.worker(f"{s}", s, first=1000.0 / s) for s in seconds}
    assert measuring.fastest(makers, BLOCKS, clock=clock).backend == f"{min(seconds)}"


def test_like_blocks_are_measured_once() -> None:
    clock = Clock()
    makers = {"one": clock.worker("one", 2.0), "two": clock.worker("two", 1.0)}
    measuring.fastest(makers, BLOCKS, clock=clock)
    before = clock.now
    assert measuring.fastest(makers, BLOCKS, clock=clock).backend == "two"
    assert clock.now == before


def test_one_that_cannot_be_had_is_passed_over() -> None:
    assert measuring.fastest({"compiled": Lacking, "eager": Eager}, BLOCKS).backend == "eager"
    with pytest.raises(NoCompilationError, match="nothing compiles here"):
        measuring.fastest({"compiled": Lacking}, BLOCKS)


@pytest.mark.parametrize(("eager", "compiled"), [(1.0, 2.0), (2.0, 1.0)])
def test_away_from_the_processor_eager_or_compiled_is_chosen_by_measurement(
    monkeypatch: pytest.MonkeyPatch, eager: float, compiled: float
) -> None:
    clock = Clock()
    makers = {
        "eager": clock.worker("eager", eager),
        "compiled": clock.worker("compiled", compiled),
    }

    def measured(given: dict[str, Callable[..., Objective]], blocks: Sequence[Block]) -> Objective:
        return measuring.fastest(given, blocks, clock=clock)

    monkeypatch.setattr(choosing, "on_processor", lambda blocks: False)
    monkeypatch.setattr(choosing, "BACKENDS", {**choosing.BACKENDS, **makers})
    monkeypatch.setattr(choosing, "fastest", measured)
    assert choosing.choose(BLOCKS).backend == ("eager" if eager < compiled else "compiled")
