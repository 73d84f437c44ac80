"""Small problems on residuals whose answers are known, written down by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from lawc.backends.statement import Channel, Points, Statement
from lawc.forms.tape import Step, Tape
from lawc.jets.closure import partial
from lawc.training.problem import Problem, Site, judge_of

SIZES = (1, 6, 6, 1)
LAST = 2.0


def decay(sizes: tuple[int, ...] = SIZES) -> Problem:
    """du/dt = -u with u = 1 + t·N, exact at the start: exp(-t) on [0, 2]."""
    residual = Tape(
        ("N", "N_t", "t"),
        (
            Step("multiply", (2, 1)),
            Step("add", (0, 3)),
            Step("constant", (), 1.0),
            Step("multiply", (2, 0)),
            Step("add", (5, 6)),
            Step("add", (4, 7)),
        ),
        (("falls", 8),),
    )
    answer = Tape(
        ("N", "t"),
        (Step("multiply", (1, 0)), Step("constant", (), 1.0), Step("add", (2, 3))),
        (("u", 4),),
    )
    channels = {"N": Channel(1, ()), "N_t": Channel(1, partial(t=1))}
    inside = Site("interior", Statement(sizes, ("t",), channels, residual), _times)
    asked = Statement(sizes, ("t",), {"N": Channel(1, ())}, answer)
    return Problem((inside,), judge_of(asked, _truth), ("t", 0.0, LAST))


def string(weight: float = 1.0, sizes: tuple[int, ...] = SIZES) -> Problem:
    """u'' = -π² sin πx with u(0) = u(1) = 0 as a condition that is learned: sin πx."""
    residual = Tape(
        ("N_xx", "x"),
        (
            Step("constant", (), math.pi),
            Step("multiply", (2, 1)),
            Step("sin", (3,)),
            Step("constant", (), math.pi**2),
            Step("multiply", (5, 4)),
            Step("add", (0, 6)),
        ),
        (("bends", 7),),
    )
    channels = {"N_xx": Channel(1, partial(x=2))}
    inside = Site("interior", Statement(sizes, ("x",), channels, residual), _places)
    held = Statement(sizes, ("x",), {"N": Channel(1, ())}, Tape(("N",), (), (("held", 0),)))
    ends = Site("ends", held, _ends, share=0.1, weights=(weight,))
    asked = Statement(sizes, ("x",), {"N": Channel(1, ())}, Tape(("N",), (), (("u", 0),)))
    return Problem((inside, ends), judge_of(asked, _sine))


def undefined() -> Problem:
    """ln(x - 1/2) + N' = 0 on [0, 1], which is no number in half of the domain."""
    residual = Tape(
        ("N_x", "x"),
        (
            Step("constant", (), 0.5),
            Step("subtract", (1, 2)),
            Step("ln", (3,)),
            Step("add", (4, 0)),
        ),
        (("grows", 5),),
    )
    statement = Statement(SIZES, ("x",), {"N_x": Channel(1, partial(x=1))}, residual)
    return Problem((Site("interior", statement, _places),))


def _uniform(n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, generator=generator, dtype=torch.float64)


def _times(n: int, seed: int) -> Points:
    return Points(LAST * _uniform(n, seed))


def _places(n: int, seed: int) -> Points:
    return Points(_uniform(n, seed))


def _ends(n: int, seed: int) -> Points:
    return Points(_uniform(n, seed).round())


def _truth(seed: int) -> tuple[Points, Mapping[str, Tensor]]:
    points = _times(500, seed)
    return points, {"u": torch.exp(-points.values[:, 0])}


def _sine(seed: int) -> tuple[Points, Mapping[str, Tensor]]:
    points = _places(500, seed)
    return points, {"u": torch.sin(math.pi * points.values[:, 0])}
