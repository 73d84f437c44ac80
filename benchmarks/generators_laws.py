"""Algebraic laws of the benchmark of generators, what a person would write for them, and columns.

Needs numpy, and nothing of lawc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

OSCILLATOR = """
law driven-response
  title   "Response of a driven oscillator, written out"
  status  draft
  source  "L. D. Landau, E. M. Lifshitz, Mechanics, 3rd ed. (1976), §26"

  symbols
    t   : time                     [s]      0 .. 60
    m   : mass                     [kg]     0.5 .. 10 log
    c   : damping coefficient      [kg/s]   0.01 .. 1
    k   : spring stiffness         [N/m]    1 .. 1000 log
    F0  : drive amplitude          [N]      0 .. 10
    w   : drive angular frequency  [rad/s]  0.1 .. 50 log
    x0  : initial displacement     [m]     -0.5 .. 0.5
    phi : phase                    [rad]    0 .. 3
    g   : damping rate             [1/s]
    v   : own frequency            [1/s]
    d   : detuning                 [1/s^2]
    x   : displacement             [m]

  equations
    rate:   g := c/(2*m)
    own:    v := sqrt(k/m - g^2)
    tuning: d := k/m - (w/1 [rad])^2
    answer: x = x0*exp(-g*t)*cos(v*t*1 [rad]) + F0/m/sqrt(d^2 + (2*g*w/1 [rad])^2)*cos(w*t - phi)
"""


def oscillator(xp: Any, t: Any, m: Any, c: Any, k: Any, F0: Any, w: Any, x0: Any, phi: Any) -> Any:
    g = c / (2 * m)
    v = xp.sqrt(k / m - g**2)
    d = k / m - w**2
    free = x0 * xp.exp(-g * t) * xp.cos(v * t)
    return free + F0 / m / xp.sqrt(d**2 + (2 * g * w) ** 2) * xp.cos(w * t - phi)


def radiation(xp: Any, epsilon: Any, A: Any, T: Any, Te: Any) -> Any:
    return epsilon * 5.670374419184431e-08 * A * (T**4 - Te**4)


def nernst(xp: Any, E0: Any, T: Any, n: Any, Q: Any) -> Any:
    return E0 - 8.31446261815324 * T / (n * 96485.33212331001) * xp.log(Q)


@dataclass(frozen=True)
class Case:
    """A law, and what a person would write for it."""

    law: str
    signature: str
    function: Callable[..., Any]


CASES = (
    Case("driven-response", "t m c k F0 w x0 phi -> x", oscillator),
    Case("physics.heat.radiative-exchange", "epsilon A T Te -> P", radiation),
    Case("chemistry.electrochemistry.nernst-equation", "E0 T n Q -> E", nernst),
)


def laid_out(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns laid out in memory as all contenders have them, in whichever process.

    They stand in one piece, and each begins with a line of the processor's cache at another place
    of a page; arrays that numpy loads all begin at one place, in the middle of a line.
    """
    apart = max(map(len, columns.values())) // 8 * 8 + 80
    memory = np.empty(apart * len(columns) + 8)
    first, found = -memory.ctypes.data % 64 // 8, {}
    for number, (name, values) in enumerate(columns.items()):
        found[name] = memory[first + apart * number :][: len(values)]
        found[name][:] = values
    return found
