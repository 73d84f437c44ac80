"""Systems of two equations from a textbook of nonlinear dynamics, as laws.

The files hold points of four runs of each system and the rates of change there. The equations are
theirs too, and stand in the laws letter by letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SYSTEMS: dict[str, Callable[[float, Array], list[float]]] = {
    "lv": lambda _, s: [
        3 * s[0] - 2 * s[0] * s[1] - s[0] ** 2,
        2 * s[1] - s[0] * s[1] - s[1] ** 2,
    ],
    "vdp": lambda _, s: [10 * (s[1] - (s[0] ** 3 - s[0]) / 3), -s[0] / 10],
    "bacres": lambda _, s: [
        20 - s[0] - s[0] * s[1] / (1 + 0.5 * s[0] ** 2),
        10 - s[0] * s[1] / (1 + 0.5 * s[0] ** 2),
    ],
    "glider": lambda _, s: [-0.05 * s[0] ** 2 - np.sin(s[1]), s[0] - np.cos(s[1]) / s[0]],
}
"""Rates of change by hand, for a solver that knows nothing of laws."""

TITLES = {
    "lv": "Two species that compete for one food",
    "vdp": "An oscillator after van der Pol",
    "bacres": "Respiration of bacteria",
    "glider": "A glider in still air",
}


@dataclass(frozen=True)
class System:
    """A system: its equations as the file writes them, points and rates there, shape (400, 2)."""

    name: str
    equations: tuple[str, str]
    points: Array
    rates: Array
    function: Callable[[float, Array], list[float]]


def read_system(folder: Path, name: str) -> System:
    """Return a system of the folder."""
    told = json.loads((folder / "equations.json").read_text(encoding="utf-8"))
    one, other = (
        np.loadtxt(folder / told[f"{name}{n}"]["file"], delimiter=",", skiprows=1) for n in (1, 2)
    )
    equations = (told[f"{name}1"]["label"], told[f"{name}2"]["label"])
    rates = np.column_stack([one[:, 0], other[:, 0]])
    return System(name, equations, one[:, 1:], rates, SYSTEMS[name])


def flow_text(system: System) -> str:
    """Return the law by which a system moves."""
    return f"""law {system.name}@0.1.0
  title   "{TITLES[system.name]}"
  status  draft
  source  "S. H. Strogatz, Nonlinear Dynamics and Chaos (Westview, 2014)"

  symbols
    t      : time             [1]  0 .. 100
    x, y   : state (t)        [1]
    x0, y0 : state at first   [1]  -100 .. 100

  equations
    dx/dt = {system.equations[0]}
    dy/dt = {system.equations[1]}

  initial
    x = x0 at t = 0
    y = y0 at t = 0
"""


def rates_text(system: System) -> str:
    """Return the law of the rates of change at a point."""
    return f"""law {system.name}-rates@0.1.0
  title   "{TITLES[system.name]}: rates of change"
  status  draft
  source  "S. H. Strogatz, Nonlinear Dynamics and Chaos (Westview, 2014)"

  symbols
    x, y : state           [1]
    u, v : rates of change [1]

  equations
    u := {system.equations[0]}
    v := {system.equations[1]}
"""
