"""Formulas over cells: arithmetic on columns, and conditions by the cells they hold in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import torch
from torch import Tensor

from lawc.decision.decision import Calendar
from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number
from lawc.decision.margins import Margin, place_of
from lawc.decision.soft.axes import (
    Axis,
    Lift,
    Node,
    Run,
    bins,
    combined,
    either_absent,
    fixed,
    summed,
    whole,
)
from lawc.decision.soft.corners import larger, smaller
from lawc.decision.soft.days import DAYS, days
from lawc.decision.soft.lines import lines_between

Round = Callable[[Tensor], Tensor]


def _positive(a: Tensor) -> Tensor:
    """Keep a branch that is not taken from spoiling gradients with 0 times infinity."""
    return torch.where(a > 0, a, 1.0)


_PLAIN: Mapping[str, Callable[..., Tensor]] = {
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / torch.where(b == 0, 1.0, b),
    "power": lambda a, b: a**b,
    "min": smaller,
    "max": larger,
    "abs": torch.abs,
    "sign": torch.sign,
    "exp": torch.exp,
    "ln": lambda a: torch.log(_positive(a)),
    "log10": lambda a: torch.log10(_positive(a)),
    "log2": lambda a: torch.log2(_positive(a)),
    "sqrt": torch.sqrt,
}
_COMPARE: Mapping[str, Callable[..., Tensor]] = {
    "less": torch.lt,
    "less_equal": torch.le,
    "equal": torch.eq,
}
_ROUND: Mapping[str, Round] = {
    "floor": torch.floor,
    "ceiling": torch.ceil,
    "round_floor": torch.floor,
    "round_ceiling": torch.ceil,
    "round_to_zero": torch.trunc,
    "round_from_zero": lambda a: torch.sign(a) * torch.ceil(torch.abs(a)),
    "round_half_from_zero": lambda a: torch.sign(a) * torch.floor(torch.abs(a) + 0.5),
    "round_half_even": torch.round,
}


@dataclass(eq=False, slots=True)
class Cut:
    """An axis in the making: the places of its thresholds, and its number once all are known."""

    axis: Axis
    edges: set[Fraction] = field(default_factory=set)

    def index(self, edge: Fraction) -> int:
        """Return how many thresholds are below one."""
        return sorted(self.edges).index(edge)


class Scope:
    """What formulas of one decision are made of: nodes by name, and axes by what they divide."""

    def __init__(self, dtype: torch.dtype, device: torch.device | str) -> None:
        self.nodes: dict[str, Node] = {}
        self.cuts: dict[object, Cut] = {}
        self._kind = {"dtype": dtype, "device": device}

    def number(self, value: Fraction | float) -> Node:
        """Return a number as a node."""
        return fixed(torch.full((1,), float(value), **self._kind))  # type: ignore[arg-type]

    def numbers(self, values: list[float]) -> Tensor:
        """Return numbers as a tensor."""
        return torch.tensor(values, **self._kind)  # type: ignore[arg-type]

    def truth(self, value: bool) -> Node:
        """Return a truth as a node."""
        return fixed(torch.full((1,), value, device=self._kind["device"]))  # type: ignore[arg-type]

    def axis(self, key: object) -> Cut:
        """Return the axis of a key, new where there is none."""
        if key not in self.cuts:
            self.cuts[key] = Cut(Axis(0, order=len(self.cuts)))
        return self.cuts[key]

    def note(self, margin: Margin) -> None:
        """Note the thresholds of a comparison before any cell is counted."""
        cut = self.axis(margin.key)
        cut.edges.update(place.edge for place in margin.places)
        cut.axis.size = len(cut.edges) + 1

    def compared(self, margin: Margin) -> Node:
        """Return a comparison along a blurred margin, by the cells in which it holds."""
        cut = self.axis(margin.key)
        cells = torch.arange(cut.axis.size, device=self._kind["device"])[None]  # type: ignore[arg-type]
        held = torch.full_like(cells, not margin.places and margin.holds, dtype=torch.bool)
        for number, place in enumerate(margin.places):
            passed = cells > cut.index(place.edge)
            side = passed if place.above else ~passed
            held = side if number == 0 else held & side
        return fixed(held, None, (cut.axis,))

    def settle(self, margin: Margin) -> None:
        """Say how rows are in the cells of a margin's axis, once."""
        cut = self.axis(margin.key)
        edges = self.numbers([float(edge) for edge in sorted(cut.edges)])
        on = whole(self.spread(margin.on))
        cut.axis.parents = on.axes
        widths = {name: float(width) for name, width in margin.widths}
        if margin.steepness is not None:
            width = math.sqrt(sum((float(margin.steepness[n]) * w) ** 2 for n, w in widths.items()))
            half = self.numbers([width])
            if on.axes:
                cut.axis.memberships = lambda run: bins(on.run(run)[0], edges, half)
            else:
                _measure(cut.axis, on, edges, half)
            return
        moved = [
            tuple(self._moved(margin.on, name, sign * width) for sign in (1, -1))
            for name, width in widths.items()
        ]

        def memberships(run: Run) -> Tensor:
            here = on.run(run)[0]
            with torch.no_grad():
                square = torch.zeros_like(here)
                for up, down in moved:
                    square = square + ((up.run(run)[0] - down.run(run)[0]) / 2) ** 2
                half = square.sqrt().clamp_min(1e-300).unsqueeze(-1)
            return bins(here, edges, half)

        cut.axis.memberships = memberships

    def _moved(self, formula: Formula, name: str, by: float) -> Node:
        """Return a formula where one name is a little more or less."""
        kept = self.nodes[name]
        self.nodes[name] = summed([kept, self.number(by)])
        try:
            return whole(self.spread(formula))
        finally:
            self.nodes[name] = kept

    def spread(self, formula: Formula, blur: Mapping[str, Fraction] | None = None) -> Node:
        """Return a formula over cells; comparisons along what `blur` names are blurred.

        Raises:
            ValueError: An operation has no soft form.
        """
        match formula:
            case Number(value):
                return self.number(value)
            case Named(name):
                return self.nodes[name]
            case NotApplicable():
                nothing = torch.ones(1, dtype=torch.bool, device=self._kind["device"])  # type: ignore[arg-type]
                return fixed(self.numbers([0.0]), nothing)
            case Apply("less" | "less_equal" | "equal" as operation, (a, b)):
                margin = place_of(operation, a, b, blur or {}, self.steps)
                if margin is not None:
                    return self.compared(margin)
            case _:
                pass
        assert isinstance(formula, Apply)
        if formula.operation == "is_known" and isinstance(formula.parts[0], Named):
            return self._known(formula.parts[0].name)
        if formula.operation in DAYS:
            parts = [self.spread(part, blur) for part in formula.parts]
            return combined(days(formula.operation, self.calendars.get(formula.name)), parts)
        return self.applied(formula.operation, [self.spread(p, blur) for p in formula.parts])

    steps: Mapping[str, Fraction | None] = {}
    """By name, what every value is a multiple of."""

    calendars: Mapping[str, Calendar] = {}

    def _known(self, name: str) -> Node:
        missing = self.nodes.get(f"{name} is missing")
        return self.truth(True) if missing is None else combined(_not, (missing,))

    def applied(self, operation: str, parts: list[Node]) -> Node:
        """Return an operation on nodes."""
        match operation:
            case "add":
                return summed(parts)
            case "subtract":
                return summed([parts[0], self._scaled(parts[1], -1.0)])
            case "negative":
                return self._scaled(parts[0], -1.0)
            case "multiply":
                for one, other in ((parts[0], parts[1]), (parts[1], parts[0])):
                    if not other.axes and one.terms:
                        return summed(
                            [combined(_arithmetic(torch.mul), (t, other)) for t in one.terms]
                        )
            case "and":
                return combined(_both, parts)
            case "or":
                return combined(_one, parts)
            case "not":
                return combined(_not, parts)
            case "where":
                return combined(chosen, parts)
            case "is_applicable":
                return combined(_applicable, parts)
            case _:
                pass
        if operation in _COMPARE:
            return combined(_comparison(_COMPARE[operation]), parts)
        if operation in _ROUND:
            step = parts[1] if len(parts) == 2 else self.number(1)
            return combined(_rounding(_ROUND[operation]), (parts[0], step))
        if operation not in _PLAIN:
            raise ValueError(f"{operation!r} has no soft form")
        return combined(_arithmetic(_PLAIN[operation]), parts)

    def _scaled(self, node: Node, factor: float) -> Node:
        terms = node.terms or (node,)
        by = self.number(factor)
        return summed([combined(_arithmetic(torch.mul), (term, by)) for term in terms])


def _measure(axis: Axis, on: Node, edges: Tensor, half: Tensor) -> None:
    """Say how rows are on an axis that varies with no other, and on those with fewer edges."""
    made: dict[tuple[int, ...], Axis] = {}

    def fewer(kept: tuple[int, ...]) -> Axis:
        if kept not in made:
            made[kept] = Axis(len(kept) + 1, order=axis.order)
            _measure(made[kept], on, edges[list(kept)], half)
        return made[kept]

    axis.memberships = lambda run: bins(on.run(run)[0], edges, half)
    axis.lines = lambda run: lines_between(on.run(run)[0], edges, half)
    axis.fewer = fewer


def as_number(value: Tensor) -> Tensor:
    """Return a truth as 1 or 0, in the narrower type, so that sums take that of numbers."""
    return value.to(torch.float32) if value.dtype == torch.bool else value


def as_truth(lift: Lift) -> Tensor:
    """Return a value as a condition; what is not applicable is no."""
    value, absent = lift
    held = value if value.dtype == torch.bool else value != 0
    return held if absent is None else held & ~absent


def _arithmetic(function: Callable[..., Tensor]) -> Callable[..., Lift]:
    def call(*lifts: Lift) -> Lift:
        absent = None
        for _, nothing in lifts:
            absent = either_absent(absent, nothing)
        return function(*(as_number(value) for value, _ in lifts)), absent

    return call


def _comparison(function: Callable[..., Tensor]) -> Callable[..., Lift]:
    def call(a: Lift, b: Lift) -> Lift:
        held = function(as_number(a[0]), as_number(b[0]))
        absent = either_absent(a[1], b[1])
        return (held if absent is None else held & ~absent), None

    return call


def _rounding(function: Round) -> Callable[..., Lift]:
    def call(a: Lift, step: Lift) -> Lift:
        # The slope of rounding is that of what is rounded, on the whole.
        value = as_number(a[0])
        to = function((value / step[0]).detach()) * step[0]
        return value + (to - value).detach(), either_absent(a[1], step[1])

    return call


def _both(*lifts: Lift) -> Lift:
    held = as_truth(lifts[0])
    for lift in lifts[1:]:
        held = held & as_truth(lift)
    return held, None


def _one(*lifts: Lift) -> Lift:
    held = as_truth(lifts[0])
    for lift in lifts[1:]:
        held = held | as_truth(lift)
    return held, None


def _not(lift: Lift) -> Lift:
    value, absent = lift
    # As in the exact evaluator, the opposite of what is not applicable holds no more than it does.
    held = ~(value if value.dtype == torch.bool else value != 0)
    return (held if absent is None else held | absent), None


def _applicable(lift: Lift) -> Lift:
    value, absent = lift
    return torch.ones_like(value, dtype=torch.bool) if absent is None else ~absent, None


def chosen(condition: Lift, yes: Lift, no: Lift) -> Lift:
    """Return one of two lifts, cell by cell."""
    held = as_truth(condition)
    a, b = as_number(yes[0]), as_number(no[0])
    if yes[0].dtype == no[0].dtype == torch.bool:
        a, b = yes[0], no[0]
    value = torch.where(held, a, b)
    if yes[1] is None and no[1] is None:
        return value, None
    nothing = [torch.zeros_like(held) if n is None else n for n in (yes[1], no[1])]
    return value, torch.where(held, nothing[0], nothing[1])
