"""How far inside its certified domain a module is asked: 1 within, falling smoothly outside.

Each declared range is an interval of width 2 around zero, in the logarithm where it is declared
so; the excess beyond it, and the amount by which a condition of the law is missed, add up to a
squared distance. Squares and a guarded root keep the gradient finite everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lawc.artifact.manifest import Port
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate

REACH = 0.1
"""Distance, in half-widths of the domain, at which the membership has fallen to 1/e."""

GROWTH = 0.05
"""Distance at which the error bound has grown fourfold."""


class Domain(nn.Module):
    """The box of declared ranges and the conditions under which the law is confirmed."""

    def __init__(self, ports: Sequence[Port], valid: Tape) -> None:
        super().__init__()
        self.valid = valid
        self.bounded = tuple(p for p in ports if p.low is not None and p.high is not None)

    def distance(self, columns: Mapping[str, Tensor], si: Mapping[str, Tensor]) -> Tensor:
        """Return the distance from the domain in half-widths, zero inside it.

        Args:
            columns: Inputs in declared units.
            si: The same in SI.
        """
        excesses = [self._excess(port, columns[port.name]) for port in self.bounded]
        if self.valid.outputs:
            wanted = {name: si[name] for name in self.valid.inputs}
            for margin in evaluate(self.valid, wanted).values():
                excesses.append((-margin).clamp(min=0.0))
        if not excesses:
            first = next(iter(si.values()), torch.zeros((), dtype=torch.float64))
            return torch.zeros_like(first)
        squared = sum((excess.square() for excess in excesses), torch.zeros_like(excesses[0]))
        # The root of zero has no finite slope; below this nobody can tell the difference.
        return squared.clamp(min=1e-30).sqrt() - 1e-15

    def inside(self, distance: Tensor) -> Tensor:
        """Return the membership that belongs to a distance; what is no number is not inside."""
        return torch.exp(-(distance / REACH).square()).nan_to_num(0.0)

    def growth(self, distance: Tensor) -> Tensor:
        """Return the factor by which an error bound grows at a distance; it is a guess."""
        return (1.0 + distance / GROWTH).square()

    def clamp(self, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the columns with each input moved to the nearest end of its range."""
        clamped = dict(columns)
        for port in self.bounded:
            clamped[port.name] = columns[port.name].clamp(port.low, port.high)
        return clamped

    def _excess(self, port: Port, value: Tensor) -> Tensor:
        assert port.low is not None and port.high is not None
        low, high = port.low, port.high
        if port.log:
            # Far below a logarithmic range the distance stops growing, and stays finite at zero.
            value = value.clamp(min=low * 1e-9).log()
            low, high = math.log(low), math.log(high)
        centre, half = (low + high) / 2, (high - low) / 2
        return ((value - centre).abs() / half - 1.0 - 1e-12).clamp(min=0.0)
