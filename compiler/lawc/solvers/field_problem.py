"""A problem of fields as a solver sees it: a box with holes, integrands, and values at its ends.

Every equation is held in weak form: for each test function v of its field, the integral of
`f·v + Σ g_b·∂v/∂x_b` over the region, plus what flows through its ends, is zero. Integrands are
functions of columns: the coordinates, the time, and for each field its value, its slopes and its
rate in time, under the names that `value_name`, `slope_name` and `rate_name` give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Columns = Mapping[str, Array]
Pointwise = Callable[[Columns], Mapping[str, Array]]

VALUE = -1
"""The place of `f` among the integrands of an equation; `g_b` has the place of its coordinate."""
RATE = -2
"""What an integrand is derived by: the rate of a field, beside VALUE and places of coordinates."""


LEAST = 1e-2
"""A field is measured by its own size, and by no less than this share of what it is made of."""


def slope_name(field: str, coordinate: str) -> str:
    """Return the column of a derivative in space."""
    return f"{field}'{coordinate}"


def rate_name(field: str) -> str:
    """Return the column of a derivative in time."""
    return f"{field}'"


def normal_name(coordinate: str) -> str:
    """Return the column of a component of the outward normal."""
    return f"'{coordinate}"


@dataclass(frozen=True)
class Box:
    """What lies between two corners; as a hole it bears a name."""

    name: str
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Disk:
    """What lies inside a circle."""

    name: str
    centre: tuple[float, ...]
    radius: float


@dataclass(frozen=True)
class Shape:
    """A box without holes in it."""

    box: Box
    holes: tuple[Box | Disk, ...] = ()

    @property
    def dimension(self) -> int:
        """How many coordinates it has."""
        return len(self.box.low)


@dataclass(frozen=True)
class End:
    """Where a condition holds: an end of a coordinate, the rim of holes, or a point.

    Attributes:
        coordinate, high: Which end of the box; None for the rim of holes and for a point.
        hole: The name of holes.
        point: Where a field is pinned.
    """

    coordinate: int | None = None
    high: bool = False
    hole: str = ""
    point: tuple[float, ...] = ()


@dataclass(frozen=True)
class Integrand:
    """Integrands of several equations, and how they change with the fields.

    Attributes:
        values: Equation and place of each integrand, and the column in which it is answered.
        slopes: The same with a field and what of it the integrand is derived by.
        of: Answers both for columns of points.
        affine: Whether the slopes are known to be the same for all fields and times.
    """

    values: tuple[tuple[int, int, str], ...]
    slopes: tuple[tuple[int, int, int, int, str], ...]
    of: Pointwise
    affine: bool = False


@dataclass(frozen=True)
class Fixed:
    """A field that has a value at an end; the column is named as the field."""

    field: int
    end: End
    value: Pointwise


@dataclass(frozen=True)
class Flux:
    """What flows through an end, as an integrand over it."""

    end: End
    integrand: Integrand


@dataclass(frozen=True)
class Problem:
    """Fields on a shape, steady or moving in time.

    Attributes:
        coordinates: Names, in the order of the shape.
        fields: Names; the equation of the same number is tested with a field.
        lower: Fields that are held one degree lower, as the pressure of a flow is.
        moving: Fields whose rate in time some equation reads.
        time: The name of time, None where nothing moves.
        span: Where time starts and ends.
        periodic: Coordinates whose two ends are one place.
        start: Values of the fields at the start, under their names.
        made_of: How large what each field is made of would make it; 0 where nothing says so.
    """

    coordinates: tuple[str, ...]
    fields: tuple[str, ...]
    shape: Shape
    volume: Integrand
    fluxes: tuple[Flux, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    lower: frozenset[int] = frozenset()
    moving: frozenset[int] = frozenset()
    time: str | None = None
    span: tuple[float, float] = (0.0, 0.0)
    periodic: tuple[int, ...] = ()
    start: Pointwise | None = None
    made_of: tuple[float, ...] = ()

    @property
    def least(self) -> Array:
        """What each field is measured by at least, so that one that is zero has a measure."""
        return LEAST * np.array(self.made_of or (0.0,) * len(self.fields))
