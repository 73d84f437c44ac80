"""Values over cells: what a formula gives for each piece into which blurred thresholds cut an axis.

A threshold b on x, blurred by w, is passed with probability s((x - b) / w), s rising smoothly
from 0 to 1 between -1 and 1: as if x had a noise that never exceeds w, nearly a Gaussian one of
deviation w / 3 (`ramp.py`). The thresholds on
one axis cut it into cells, and x is in each of them with a membership; memberships are never
negative and sum to one. What a decision answers softly is what it answers on average over the
cells. That depends on what it answers in each cell and on nothing else: not on how it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lawc.decision.soft.ramp import passed, slope_at

MOST_CELLS = 4096
"""More cells than this are not multiplied out for one quantity."""


@dataclass(eq=False, slots=True)
class Axis:
    """What is divided into cells: a blurred quantity, or an input given by memberships.

    Attributes:
        size: How many cells; known once all thresholds are.
        parents: Axes that its memberships vary with.
        memberships: From a run to a tensor (n, cells of parents…, size).
        lines: From a run to memberships (size, n), where they do not vary with other axes.
        fewer: From numbers of thresholds to an axis that has these alone; None for one that is
            given by memberships, or varies with others.
    """

    size: int
    memberships: Callable[[Run], Tensor] = field(default=lambda run: torch.empty(0))
    parents: tuple[Axis, ...] = ()
    order: int = 0
    lines: Callable[[Run], Tensor] | None = None
    fewer: Callable[[tuple[int, ...]], Axis] | None = None


Axes = tuple[Axis, ...]


@dataclass(eq=False, slots=True)
class Run:
    """One evaluation: the columns, and what was made of them."""

    columns: Mapping[str, Tensor]
    made: dict[int, Any] = field(default_factory=dict)

    def of(self, key: object, make: Callable[[Run], Any]) -> Any:
        """Return what was made for a key, made once."""
        if id(key) not in self.made:
            self.made[id(key)] = make(self)
        return self.made[id(key)]


Lift = tuple[Tensor, Tensor | None]
"""A value in each cell, (n or 1, cells…), and where it is not applicable; None if nowhere."""


@dataclass(eq=False, slots=True)
class Node:
    """A value that varies with cells of some axes.

    Attributes:
        axes: In their order.
        constant: Its lift where it does not vary with the rows.
        call: From a run to its lift.
        terms: Nodes that it is the sum of, on axes of their own; empty where it is one.
    """

    axes: Axes
    call: Callable[[Run], Lift]
    constant: Lift | None = None
    terms: tuple[Node, ...] = ()

    def run(self, run: Run) -> Lift:
        """Return its lift."""
        return self.constant if self.constant is not None else run.of(self, self.call)


def fixed(value: Tensor, absent: Tensor | None = None, axes: Axes = ()) -> Node:
    """Return a node that does not vary with the rows."""
    lift = (value, absent)
    return Node(axes, lambda run: lift, lift)


def plain(value: float) -> Node:
    """Return a number as a node."""
    return fixed(torch.full((1,), value, dtype=torch.float64))


def all_axes(nodes: Sequence[Node]) -> Axes:
    """Return the axes of some nodes together, in their order."""
    found = {id(axis): axis for node in nodes for axis in node.axes}
    return tuple(sorted(found.values(), key=lambda axis: axis.order))


def stretched(value: Tensor, have: Axes, want: Axes) -> Tensor:
    """Return a tensor on some axes so that it broadcasts on more."""
    if have == want:
        return value
    sizes = iter(value.shape[1:])
    held = {id(axis) for axis in have}
    return value.reshape(value.shape[0], *(next(sizes) if id(axis) in held else 1 for axis in want))


def combined(function: Callable[..., Lift], nodes: Sequence[Node]) -> Node:
    """Return a function of lifts on the axes of all; worked out now where no row is needed.

    Raises:
        ValueError: There are too many cells.
    """
    nodes = [whole(node) for node in nodes]
    axes = all_axes(nodes)
    cells = math.prod(axis.size for axis in axes if axis.size)
    if cells > MOST_CELLS:
        raise ValueError(f"a soft form of {cells} cells is more than {MOST_CELLS}")

    def call(run: Run) -> Lift:
        lifts = []
        for node in nodes:
            value, absent = node.run(run)
            if absent is not None:
                absent = stretched(absent, node.axes, axes)
            lifts.append((stretched(value, node.axes, axes), absent))
        return function(*lifts)

    if all(node.constant is not None for node in nodes):
        value, absent = call(Run({}))
        sizes = [axis.size for axis in axes]
        return fixed(
            value.expand(1, *sizes), None if absent is None else absent.expand(1, *sizes), axes
        )
    return Node(axes, call)


def summed(nodes: Sequence[Node]) -> Node:
    """Return a sum, kept apart by axes, so that none are multiplied out before they must."""
    terms: list[Node] = []
    for node in nodes:
        for term in node.terms or (node,):
            for place, other in enumerate(terms):
                same = other.axes == term.axes
                if same and (other.constant is None) == (term.constant is None):
                    terms[place] = combined(_plus, (other, term))
                    break
            else:
                terms.append(term)
    if len(terms) == 1:
        return terms[0]
    joint: list[Node] = []

    def call(run: Run) -> Lift:
        if not joint:
            joint.append(combined(_total, terms))
        return joint[0].run(run)

    return Node(all_axes(terms), call, None, tuple(terms))


def whole(node: Node) -> Node:
    """Return a node that is one term."""
    if not node.terms:
        return node
    return combined(_total, node.terms)


def _plus(a: Lift, b: Lift) -> Lift:
    return a[0] + b[0], either_absent(a[1], b[1])


def _total(*lifts: Lift) -> Lift:
    value, absent = lifts[0]
    for more, nothing in lifts[1:]:
        value, absent = value + more, either_absent(absent, nothing)
    return value, absent


def either_absent(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """Return where one of two is not applicable."""
    if a is None or b is None:
        return b if a is None else a
    return a | b


def weights(axes: Axes, run: Run) -> Tensor:
    """Return the membership of each row in each combination of cells, (n, cells)."""
    closed = with_parents(axes)
    product: Tensor | None = None
    for axis in closed:
        own = tuple(sorted((*axis.parents, axis), key=lambda a: a.order))
        part = run.of(axis, axis.memberships)
        # Memberships come with the axis itself last.
        have = (*(a for a in own if a is not axis), axis)
        part = part.permute(0, *(1 + have.index(a) for a in own)) if have != own else part
        part = stretched(part, own, closed)
        product = part if product is None else product * part
    assert product is not None
    extra = [1 + place for place, axis in enumerate(closed) if all(axis is not a for a in axes)]
    if extra:
        product = product.sum(dim=extra)
    return product.flatten(1)


def with_parents(axes: Axes) -> Axes:
    """Return axes and all that their memberships vary with."""
    found: dict[int, Axis] = {}
    waiting = list(axes)
    while waiting:
        axis = waiting.pop()
        if id(axis) not in found:
            found[id(axis)] = axis
            waiting += axis.parents
    return tuple(sorted(found.values(), key=lambda axis: axis.order))


class _Bins(torch.autograd.Function):
    """Memberships between sorted edges: (…,) to (…, edges + 1)."""

    @staticmethod
    def forward(x: Tensor, edges: Tensor, slope: Tensor) -> Tensor:
        s = passed(((x.unsqueeze(-1) - edges) * slope).clamp_(-1, 1))
        made = torch.empty(*s.shape[:-1], s.shape[-1] + 1, dtype=s.dtype, device=s.device)
        made[..., 0] = 1
        made[..., 1:] = s
        made[..., :-1] -= s
        return made

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,) = grads
        x, edges, slope = ctx.saved_tensors
        u = ((x.unsqueeze(-1) - edges) * slope).clamp(-1, 1)
        pulled = (grad[..., 1:] - grad[..., :-1]) * slope_at(u) * slope
        return pulled.sum(-1), None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Tensor, int]:
        x, edges, slope = args
        x = x[None] if in_dims[0] is None else x.movedim(in_dims[0], 0)
        slope = slope if in_dims[2] is None else slope.movedim(in_dims[2], 0)
        return _Bins.apply(x.expand(info.batch_size, *x.shape[1:]), edges, slope), 0


def bins(x: Tensor, edges: Tensor, width: Tensor) -> Tensor:
    """Return memberships of x between sorted edges that are blurred by a width.

    Args:
        x: Shape (…,).
        edges: Shape (k,), rising.
        width: Half the width of the blur, positive; one number, or of a shape that broadcasts with
            (…, 1).

    Returns:
        Shape (…, k + 1); not negative, of sum one.
    """
    return _Bins.apply(x, edges, 1 / width)  # type: ignore[no-any-return]
