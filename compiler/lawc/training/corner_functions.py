"""What fields do at corners and around holes: functions that no smooth sum comes close to.

At a corner of opening w a field of second order goes like r^(k*pi/w), or half a step beside it
where values meet slopes, and where that power is whole a logarithm joins it. Around a hole it goes
like ln r and r^-k. All are parts of powers of one complex number, so their derivatives are too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-280
"""Beside a squared distance, so that the corner itself has a value."""


@dataclass(frozen=True)
class Harmonic:
    """The real or imaginary part of z^power, times ln z if asked for, with z from a centre.

    Attributes:
        names: The two coordinates.
        centre: Their values there, SI.
        turn: Direction of the half line on which the angle is zero, in radians; the angle jumps on
            the other side.
        unit: The length by which z is divided.
        power: Any number.
        log: Whether ln z is a factor.
        odd: Whether the imaginary part is meant.
    """

    names: tuple[str, str]
    centre: tuple[float, float]
    turn: float
    unit: float
    power: float
    log: bool
    odd: bool


def around_corner(
    names: tuple[str, str],
    centre: tuple[float, float],
    bisector: float,
    opening: float,
    unit: float,
    powers: int,
) -> list[Harmonic]:
    """Return what fields may do at a corner whose inside lies around a bisector."""
    found = []
    for half in range(1, 2 * powers + 1):
        power = half * math.pi / (2 * opening)
        whole = abs(power - round(power)) < 1e-9
        power = float(round(power)) if whole else power
        found += [
            Harmonic(names, centre, bisector, unit, power, whole, odd) for odd in (False, True)
        ]
    return found


def around_hole(
    names: tuple[str, str], centre: tuple[float, float], unit: float, powers: int
) -> list[Harmonic]:
    """Return what fields may do outside a hole."""
    found = [Harmonic(names, centre, 0.0, unit, 0.0, True, False)]
    for power in range(1, powers + 1):
        found += [
            Harmonic(names, centre, 0.0, unit, -float(power), False, odd) for odd in (False, True)
        ]
    return found


def columns_of(
    functions: Sequence[Harmonic], columns: Mapping[str, Array], orders: Mapping[str, int]
) -> Array:
    """Return a derivative of each function at points, SI, shape (n, number of functions)."""
    size = len(next(iter(columns.values())))
    found = np.zeros((size, len(functions)))
    if not functions or any(
        order for name, order in orders.items() if name not in functions[0].names
    ):
        return found
    first, second = (orders.get(name, 0) for name in functions[0].names)
    logarithms: dict[tuple[tuple[float, float], float, float], NDArray[np.complex128]] = {}
    sizes: dict[tuple[tuple[float, float], float, float, float], NDArray[np.complex128]] = {}
    for number, function in enumerate(functions):
        way = np.exp(-1j * function.turn) / function.unit
        place = (function.centre, function.turn, function.unit)
        if place not in logarithms:
            x, y = (columns[n] - c for n, c in zip(function.names, function.centre, strict=True))
            z = (x + 1j * y) * way
            logarithms[place] = np.log(np.where(z == 0, _TINY**0.5, z))
        # d/dz (a·z^p·ln z + b·z^p) = (a·p)·z^(p-1)·ln z + (a + b·p)·z^(p-1)
        a, b, power = (1.0, 0.0, function.power) if function.log else (0.0, 1.0, function.power)
        for _ in range(first + second):
            a, b, power = a * power, a + b * power, power - 1.0
        if (*place, power) not in sizes:
            sizes[(*place, power)] = np.exp(power * logarithms[place])
        whole = sizes[(*place, power)] * (way**first * (1j * way) ** second)
        whole = whole * (b + a * logarithms[place]) if a else whole * b
        found[:, number] = whole.imag if function.odd else whole.real
    return found


def table_of(functions: Sequence[Harmonic]) -> Array:
    """Return what a form stores of the functions, shape (number, 7)."""
    return np.array(
        [[*f.centre, f.turn, f.unit, f.power, float(f.log), float(f.odd)] for f in functions]
    ).reshape(-1, 7)
