"""The tape after a network on fixed rows: what does not depend on the network is done once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lawc.forms.network import raw
from lawc.forms.tape import Tape
from lawc.forms.torch_table import TABLE


class Readout:
    """From what the network says, (n, m), to outputs, (n, m), for the rows it was made for.

    Attributes:
        after: The tape.
        columns: What it reads beside the network, shape (n,).
    """

    def __init__(self, after: Tape, si: Mapping[str, Tensor], width: int) -> None:
        """Carry out the steps that no output of the network reaches.

        Args:
            after: SI inputs and `network 1`, … to SI outputs.
            si: Columns of the rows, shape (n,).
            width: Number of the network's outputs.
        """
        said = {raw(number): number - 1 for number in range(1, width + 1)}
        self._inputs = len(after.inputs)
        self._said = {
            register: said[name] for register, name in enumerate(after.inputs) if name in said
        }
        moving = set(self._said)
        registers: dict[int, Any] = {
            register: si[name] for register, name in enumerate(after.inputs) if name not in said
        }
        self._steps: list[tuple[int, Any, tuple[int, ...]]] = []
        for number, step in enumerate(after.steps, start=self._inputs):
            if moving.intersection(step.operands):
                moving.add(number)
                self._steps.append((number, TABLE[step.operation], step.operands))
            elif step.operation == "constant":
                registers[number] = step.value
            else:
                registers[number] = TABLE[step.operation](*(registers[o] for o in step.operands))
        read = {o for _, _, operands in self._steps for o in operands}
        read |= {register for _, register in after.outputs}
        self._still = {r: value for r, value in registers.items() if r in read}
        self._results = [register for _, register in after.outputs]
        self.columns = {name: si[name] for name in after.inputs if name not in said}
        self.after = after

    def __call__(self, said: Tensor, rows: slice = slice(None)) -> Tensor:
        """Return outputs (k, m) from what the network says on those rows, (k, m)."""
        registers: dict[int, Any] = {r: said[:, column] for r, column in self._said.items()}
        for register, value in self._still.items():
            indexed = isinstance(value, Tensor) and value.dim() > 0
            registers[register] = value[rows] if indexed else value
        for number, function, operands in self._steps:
            registers[number] = function(*(registers[operand] for operand in operands))
        columns = [torch.as_tensor(registers[r]).expand(said.shape[0]) for r in self._results]
        return torch.stack(columns, dim=1)

    def pick(self, rows: Tensor) -> Readout:
        """Return the readout of some of the rows."""
        other = object.__new__(Readout)
        other.__dict__.update(self.__dict__)
        other._still = {
            r: value[rows] if isinstance(value, Tensor) and value.dim() > 0 else value
            for r, value in self._still.items()
        }
        other.columns = {name: value[rows] for name, value in self.columns.items()}
        return other

    def join(self, other: Readout) -> Readout:
        """Return the readout of these rows and of those of another of the same tape."""
        both = object.__new__(Readout)
        both.__dict__.update(self.__dict__)
        both._still = {
            r: torch.cat([value, other._still[r]])
            if isinstance(value, Tensor) and value.dim() > 0
            else value
            for r, value in self._still.items()
        }
        both.columns = {
            name: torch.cat([value, other.columns[name]]) for name, value in self.columns.items()
        }
        return both
