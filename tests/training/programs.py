"""Programs of laws that ship, for tests of what is fitted to them."""

from __future__ import annotations

from functools import cache

from lawc.knowledge.base import KnowledgeBase
from lawc.lowering.program import Program, compile_law
from lawc.pipeline.checking import read_library
from lawc.training.recipe import Ladder, Recipe, Train

SIGNATURES = {
    "medicine.pharmacokinetics.absorption-saturable": "t D ka V Vmax Km -> C",
    "biology.epidemics.sir": "t beta gamma I0 -> S I R",
    "physics.mechanics.damped-oscillator": "t m c k F0 w x0 -> x",
    "medicine.pharmacokinetics.absorption": "t D F ka V CL -> C",
    "biology.enzymes.michaelis-menten": "S Vmax Km -> v",
}


@cache
def library() -> KnowledgeBase:
    return read_library()


@cache
def program(identity: str) -> Program:
    found = compile_law(library()[identity], SIGNATURES[identity])
    # Thousands of swings take the solver long, and show nothing more.
    return found.within({"t": (0.0, 3.0), "w": (0.1, 5.0)}) if "oscillator" in identity else found


def recipe(
    identity: str,
    *,
    tolerance: float = 1e-3,
    seconds: float = 60.0,
    rows: int = 3_000,
    widths: tuple[tuple[int, ...], ...] = ((8, 8),),
    residual: float = 0.0,
) -> Recipe:
    return Recipe(
        law=identity,
        signature=SIGNATURES[identity],
        tolerance=tolerance,
        train=Train(seconds=seconds, rows=rows, residual=residual),
        ladder=Ladder(widths=widths),
    )
