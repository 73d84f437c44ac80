"""A sum of fixed functions: tanh of many slopes, and powers around corners and holes.

It is what least squares leave of a linear law of fields. The inputs may be cut into cells, each
with functions of its own. Tapes before and after it scale the inputs and put outputs together; the
tape after it may read derivatives of the sum, such as the field that belongs to a potential.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lawc.forms.form import Form
from lawc.forms.network import raw
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate
from lawc.forms.weights import require

MOST_FUNCTIONS = 100_000
MOST_ORDER = 6

_TINY = 1e-280
_FAR = 1e300
_ROUGH_ROWS = 7


@dataclass(frozen=True)
class Read:
    """What the tape after the sum reads: one of the sums, derived by its coordinates.

    Attributes:
        column: Number of the sum.
        powers: How often it is derived by each coordinate.
    """

    column: int
    powers: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """What an expansion is beside its weights.

    Attributes:
        before: SI inputs to coordinates from -1 to 1, in the order of its outputs.
        after: SI inputs and what is read, `network 1` and `rough 1`, …, to SI outputs. The rough
            part is derived by the SI inputs of the plane, the other one by coordinates.
        reads: What the tape after the sum reads, in order.
        cuts: Where each coordinate is cut into cells, rising.
        plane: The two SI inputs of functions around corners and holes; empty without them.
    """

    before: Tape
    after: Tape
    reads: tuple[Read, ...]
    cuts: tuple[tuple[float, ...], ...]
    plane: tuple[str, ...] = field(default=())

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return math.prod(len(marks) + 1 for marks in self.cuts)


class Expansion(Form):
    """Sums of fixed functions between two tapes.

    Buffers: `slopes` (cells, m, d), `offsets` (cells, m), `weights` (cells, m + 1, columns), the
    last function being constant; and for a plane `rough` (h, 7), the centre, direction, unit,
    power, whether a logarithm is a factor and whether the imaginary part is meant, and
    `rough_weights` (h, columns).
    """

    def __init__(self, shape: Shape, weights: Mapping[str, Tensor]) -> None:
        """Build the sums.

        Raises:
            ValueError: Tapes and weights do not fit one another.
        """
        super().__init__()
        _fit(shape, weights)
        self.shape = shape
        self.inputs = shape.before.inputs
        self.outputs = tuple(name for name, _ in shape.after.outputs)
        for name, values in weights.items():
            self.register_buffer(name, values.detach().clone())

    def forward(self, si: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return each output in SI."""
        found = evaluate(self.shape.before, si)
        z = torch.stack([found[name] for name, _ in self.shape.before.outputs], dim=-1)
        parts: dict[str, Tensor] = {}
        slopes, offsets, weights = (
            self.get_buffer(name) for name in ("slopes", "offsets", "weights")
        )
        if self.shape.cells == 1:
            slopes, offsets, weights = slopes[0], offsets[0], weights[0]
            y = torch.tanh(torch.nn.functional.linear(z, slopes, offsets))
        else:
            cell = self._cell(z)
            slopes, offsets, weights = slopes[cell], offsets[cell], weights[cell]
            y = torch.tanh((slopes * z.unsqueeze(-2)).sum(-1) + offsets)
        for number, read in enumerate(self.shape.reads, start=1):
            order = sum(read.powers)
            said = _polynomial(_derived(order), y)
            for axis, power in enumerate(read.powers):
                if power:
                    said = said * slopes[..., axis] ** power
            chosen = weights[..., read.column]
            total = (said * chosen[..., :-1]).sum(-1)
            parts[raw(number)] = total + chosen[..., -1] if order == 0 else total
            if self.shape.plane:
                parts[rough(number)] = self._rough(si, read)
        return evaluate(self.shape.after, {**si, **parts})

    def _cell(self, z: Tensor) -> Tensor:
        """Return the number of the cell in which points lie, the last coordinate running first."""
        cell = torch.zeros(z.shape[:-1], dtype=torch.long, device=z.device)
        for axis, marks in enumerate(self.shape.cuts):
            place = torch.zeros_like(cell)
            for mark in marks:
                place = place + (z[..., axis] > mark)
            cell = cell * (len(marks) + 1) + place
        return cell

    def _rough(self, si: Mapping[str, Tensor], read: Read) -> Tensor:
        """Return the part of a sum that functions around corners and holes give."""
        table, weights = self.get_buffer("rough"), self.get_buffer("rough_weights")
        names = [name for name, _ in self.shape.before.outputs]
        first, second = (read.powers[names.index(name)] for name in self.shape.plane)
        order = first + second
        if order != sum(read.powers):
            return torch.zeros(())
        x0, y0, turn, unit, power, log, odd = table.unbind(-1)
        x, y = (si[name].unsqueeze(-1) for name in self.shape.plane)
        c, s = torch.cos(turn) / unit, torch.sin(turn) / unit
        along, across = c * (x - x0) + s * (y - y0), c * (y - y0) - s * (x - x0)
        square = along**2 + across**2 + _TINY
        logarithm, angle = 0.5 * torch.log(square), torch.atan2(across, along)
        a, b = log, 1.0 - log
        for _ in range(order):
            a, b, power = a * power, a + b * power, power - 1.0
        phase = power * angle - order * turn + second * math.pi / 2
        size = torch.exp(power * logarithm) * unit ** (-order)
        even, sine = torch.cos(phase), torch.sin(phase)
        real = (b + a * logarithm) * even - a * angle * sine
        imaginary = (b + a * logarithm) * sine + a * angle * even
        return (torch.where(odd > 0, imaginary, real) * size) @ weights[:, read.column]

    def spec(self) -> dict[str, Any]:
        """Return the kind, the tapes, what is read, and the cells."""
        shape = self.shape
        return {
            "kind": "expansion",
            "before": shape.before.to_json(),
            "after": shape.after.to_json(),
            "reads": [[read.column, list(read.powers)] for read in shape.reads],
            "cuts": [list(marks) for marks in shape.cuts],
            "plane": list(shape.plane),
        }

    @staticmethod
    def from_spec(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Expansion:
        """Read an expansion that may come from anywhere.

        Raises:
            ValueError: The description is no expansion, or the weights are not its weights.
        """
        if set(spec) != {"kind", "before", "after", "reads", "cuts", "plane"}:
            raise ValueError("an expansion is two tapes, what is read between, cuts and a plane")
        reads, cuts, plane = spec["reads"], spec["cuts"], spec["plane"]
        if not isinstance(reads, list) or not all(_is_read(read) for read in reads):
            raise ValueError("expected what is read as [column, [powers]]")
        if not isinstance(cuts, list) or not all(_are_marks(marks) for marks in cuts):
            raise ValueError("expected rising finite numbers where coordinates are cut")
        if not isinstance(plane, list) or not all(isinstance(name, str) for name in plane):
            raise ValueError("expected names of a plane")
        shape = Shape(
            Tape.from_json(spec["before"]),
            Tape.from_json(spec["after"]),
            tuple(Read(column, tuple(powers)) for column, powers in reads),
            tuple(tuple(float(mark) for mark in marks) for marks in cuts),
            tuple(plane),
        )
        return Expansion(shape, weights)


def rough(number: int) -> str:
    """Return the name under which the tape after a sum reads its rough part of that number."""
    return f"rough {number}"


def _is_read(read: object) -> bool:
    return (
        isinstance(read, list)
        and len(read) == 2
        and type(read[0]) is int
        and isinstance(read[1], list)
        and all(type(power) is int and 0 <= power <= MOST_ORDER for power in read[1])
    )


def _are_marks(marks: object) -> bool:
    if not isinstance(marks, list) or any(type(mark) not in (int, float) for mark in marks):
        return False
    # Whole numbers of JSON may be larger than any float.
    return all(abs(mark) <= _FAR for mark in marks) and sorted(set(marks)) == marks


def _fit(shape: Shape, weights: Mapping[str, Tensor]) -> None:
    dimension = len(shape.before.outputs)
    if len(shape.cuts) != dimension:
        raise ValueError(f"expected cuts of {dimension} coordinates, got {len(shape.cuts)}")
    names = {"slopes", "offsets", "weights"}
    names |= {"rough", "rough_weights"} if shape.plane else set()
    if set(weights) != names:
        raise ValueError(f"expected the weights {sorted(names)}, got {sorted(weights)}"[:400])
    slopes = weights["slopes"]
    if slopes.ndim != 3 or shape.cells * max(slopes.shape[1], 1) > MOST_FUNCTIONS:
        raise ValueError(f"expected slopes of at most {MOST_FUNCTIONS} functions in three indices")
    for name in sorted(names - {"slopes"}):
        if not weights[name].ndim:
            raise ValueError(f"expected rows for {name}, got a single number")
    cells, count = shape.cells, slopes.shape[1]
    columns = weights["weights"].shape[-1]
    wanted: dict[str, tuple[int, ...]] = {
        "slopes": (cells, count, dimension),
        "offsets": (cells, count),
        "weights": (cells, count + 1, columns),
    }
    if shape.plane:
        rows = weights["rough"].shape[0]
        wanted |= {"rough": (rows, _ROUGH_ROWS), "rough_weights": (rows, columns)}
        known = {name for name, _ in shape.before.outputs}
        if len(shape.plane) != 2 or not set(shape.plane) <= known & set(shape.before.inputs):
            raise ValueError(f"expected two inputs as a plane, got {shape.plane}"[:200])
    require(weights, wanted)
    for read in shape.reads:
        if not 0 <= read.column < columns or len(read.powers) != dimension:
            raise ValueError(f"{read} reads what the sums do not have")
        if sum(read.powers) > MOST_ORDER:
            raise ValueError(f"derivatives go up to order {MOST_ORDER}, got {read.powers}")
    allowed = {*shape.before.inputs, *(raw(k + 1) for k in range(len(shape.reads)))}
    if shape.plane:
        allowed |= {rough(k + 1) for k in range(len(shape.reads))}
    if not set(shape.after.inputs) <= allowed:
        unknown = sorted(set(shape.after.inputs) - allowed)
        raise ValueError(f"the tape after the sums reads {unknown[0]!r}, which nothing gives")
    if not shape.after.outputs:
        raise ValueError("the tape after the sums has no output")


def _derived(order: int) -> Sequence[float]:
    """Return the derivative of tanh of an order as a polynomial of tanh, lowest power first."""
    found = [0.0, 1.0]
    for _ in range(order):
        slope = [k * value for k, value in enumerate(found)][1:]
        found = [
            (slope[k] if k < len(slope) else 0.0)
            - (slope[k - 2] if 0 <= k - 2 < len(slope) else 0.0)
            for k in range(len(slope) + 2)
        ]
    return found


def _polynomial(coefficients: Sequence[float], y: Tensor) -> Tensor:
    total = torch.full_like(y, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * y + coefficient
    return total
