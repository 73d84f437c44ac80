"""Move rows of inputs to where a condition holds.

Each row goes to a place of its own, whatever rows stand beside it: to an end of a coordinate by
setting that coordinate, and to the rim of a hole by reading the row's share of the box as a share
of the rim. So points that are even in the box are even on the rim.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate
from lawc.knowledge.expression import Expression, names
from lawc.knowledge.law import Hole
from lawc.lowering.domain import span, valid_region
from lawc.lowering.fields.parts import Pins, Place
from lawc.lowering.plan import Plan
from lawc.lowering.tapes import tape

Columns = dict[str, Tensor]

NEAR = 1e-6
"""How far from an end, as a share of the range, it is asked whether the region is there."""
SLACK = 1e-9


@dataclass
class Places:
    """The places of a plan.

    Attributes:
        plan: Whose coordinates and holes are meant.
    """

    plan: Plan
    _tapes: dict[tuple[Expression, ...], Tape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._margins = valid_region(self.plan).margins
        self._coordinates = self.plan.fields.coordinates if self.plan.fields else ()

    def move(self, si: Columns, place: Place) -> tuple[Columns, Tensor]:
        """Return rows at a place, and which of them the law speaks of there.

        Args:
            si: SI values of all inputs, shape (n,).
            place: Where they are moved to.

        Returns:
            The moved rows, and booleans of shape (n,): a condition at an end does not hold where
            a hole takes that end away.
        """
        if place.rim:
            moved, near = self._on_rim(si, place.rim)
        else:
            moved = self.pinned(si, place.pins)
            near = dict(moved)
            for name, _ in place.pins:
                if name in self._coordinates:
                    low, high = span(self.plan.law, name)
                    inward = torch.where(moved[name] < (low + high) / 2, 1.0, -1.0)
                    near[name] = moved[name] + inward * NEAR * (high - low)
        return moved, self.inside(near)

    def inside(self, si: Columns) -> Tensor:
        """Return which rows lie in the region and satisfy `valid`."""
        like = next(iter(si.values()))
        good = torch.ones_like(like, dtype=torch.bool)
        for margin in evaluate(self._margins, si).values():
            good = good & (margin >= -SLACK)
        return good

    def pinned(self, si: Columns, pins: Pins) -> Columns:
        """Return rows with some inputs at values that depend on others."""
        values = self.evaluate([value for _, value in pins], si)
        return {**si, **{name: value for (name, _), value in zip(pins, values, strict=True)}}

    def evaluate(self, expressions: Sequence[Expression], values: Mapping[str, Tensor]):
        """Return expressions of known names, each of shape (n,)."""
        key = tuple(expressions)
        if key not in self._tapes:
            spoken = frozenset[str]().union(*map(names, key)) - self.plan.fixed.keys()
            bodies = {f"{number}": body for number, body in enumerate(key)}
            self._tapes[key] = tape(bodies, sorted(spoken), self.plan.fixed)
        like = next(iter(values.values()))
        return [
            result.to(like).expand(like.shape) if result.shape != like.shape else result.to(like)
            for result in evaluate(self._tapes[key], values).values()
        ]

    def _on_rim(self, si: Columns, name: str) -> tuple[Columns, Columns]:
        shares = []
        for coordinate in self._coordinates:
            low, high = span(self.plan.law, coordinate)
            shares.append(((si[coordinate] - low) / (high - low)).clamp(0.0, 1.0))
        faces: list[_Face] = []
        for hole in self.plan.law.region:
            if hole.name == name:
                faces += self._faces(hole, si)
        weights = torch.stack([face.size for face in faces])
        if not bool((weights > 0).any()):
            raise CompileError(f"the rim of {name} is no part of the region")
        ends = weights.cumsum(0) / weights.sum(0)
        chosen = (shares[0][None] > ends).sum(0).clamp(max=len(faces) - 1)
        begin = torch.cat([torch.zeros_like(ends[:1]), ends[:-1]])
        width = (ends - begin).clamp(min=torch.finfo(ends.dtype).tiny)
        moved, near = dict(si), dict(si)
        for number, face in enumerate(faces):
            here = chosen == number
            along = ((shares[0] - begin[number]) / width[number]).clamp(0.0, 1.0)
            at, beside = face.points([along, *shares[1:]])
            for coordinate in at:
                moved[coordinate] = torch.where(here, at[coordinate], moved[coordinate])
                near[coordinate] = torch.where(here, beside[coordinate], near[coordinate])
        return moved, near

    def _faces(self, hole: Hole, si: Columns) -> list[_Face]:
        if hole.shape != "box":
            centre = dict(hole.centre)
            values = self.evaluate(
                [*centre.values(), hole.radius or next(iter(centre.values()))], si
            )
            middle = dict(zip(centre, values[:-1], strict=True))
            size = (2 if len(centre) == 2 else 4) * math.pi * values[-1] ** (len(centre) - 1)
            return [_Round(size, middle, values[-1])]
        ends = {name: (low, high) for name, low, high in hole.bounds}
        limits: dict[str, tuple[Tensor, Tensor]] = {}
        for name in self._coordinates:
            low, high = span(self.plan.law, name)
            like = si[name]
            first, last = torch.full_like(like, low), torch.full_like(like, high)
            if name in ends:
                given = self.evaluate(ends[name], si)
                first, last = given[0].clamp(min=low), given[1].clamp(max=high)
            limits[name] = (first, last)
        found: list[_Face] = []
        for name in ends:
            low, high = span(self.plan.law, name)
            size = torch.ones_like(si[name])
            for other, (first, last) in limits.items():
                if other != name:
                    size = size * (last - first).clamp(min=0.0)
            nudge = NEAR * (high - low)
            for at, outward in zip(limits[name], (-nudge, nudge), strict=True):
                # Where a hole reaches an end of the box, that end is none of the region.
                within = (at > low + nudge) & (at < high - nudge)
                found.append(_Flat(size * within, name, at, outward, limits))
        return found


@dataclass
class _Face(ABC):
    size: Tensor

    @abstractmethod
    def points(self, shares: list[Tensor]) -> tuple[Columns, Columns]:
        """Return points of the face, and points beside it in the region."""


@dataclass
class _Round(_Face):
    middle: Columns
    radius: Tensor

    def points(self, shares: list[Tensor]) -> tuple[Columns, Columns]:
        angle = 2 * math.pi * shares[0]
        directions = [torch.cos(angle), torch.sin(angle)]
        if len(self.middle) == 3:
            height = 2 * shares[1] - 1
            flat = (1 - height * height).clamp(min=0.0).sqrt()
            directions = [flat * directions[0], flat * directions[1], height]
        at, beside = {}, {}
        for (name, centre), direction in zip(self.middle.items(), directions, strict=True):
            at[name] = centre + self.radius * direction
            beside[name] = centre + (1 + NEAR) * self.radius * direction
        return at, beside


@dataclass
class _Flat(_Face):
    across: str
    at: Tensor
    outward: float
    limits: Mapping[str, tuple[Tensor, Tensor]]

    def points(self, shares: list[Tensor]) -> tuple[Columns, Columns]:
        along = iter(shares)
        at: Columns = {}
        for name, (first, last) in self.limits.items():
            if name == self.across:
                at[name] = self.at
            else:
                at[name] = first + (last - first) * next(along)
        return at, {**at, self.across: self.at + self.outward}
