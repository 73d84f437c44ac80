"""A frozen module: certified knowledge that answers value, error and inside, and cannot drift.

Frozen means: weights are buffers, so that no optimizer sees them; the module stays in evaluation
mode; it keeps its own precision whatever the network around it is cast to; autocast is off inside
it; and weights that another file brings are compared, never taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lawc.artifact.domain import Domain
from lawc.artifact.manifest import Manifest
from lawc.deciding.answered import Answered, answered
from lawc.deciding.given import Given, gather
from lawc.diagnostics.diagnostic import DomainError, ShapeError
from lawc.forms.answer import Answer, as_bound
from lawc.forms.columns import Column, by_name, column_tensor, same_units
from lawc.forms.decision import DecisionForm
from lawc.forms.reading import read_form
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate


class FrozenModule(nn.Module):
    """A certified answer to one signature of one law: `module(columns)` gives an `Answer`.

    Attributes:
        manifest: All that the module says about itself.
        inputs, outputs: Its ports, with names, units and ranges.
    """

    def __init__(self, manifest: Manifest, weights: Mapping[str, Tensor] | None = None) -> None:
        """Build the module that a manifest and its weights describe.

        Raises:
            ValueError: The form cannot be read, or does not fit the ports.
        """
        super().__init__()
        self.manifest = manifest
        self.inputs = manifest.inputs
        self.outputs = manifest.outputs
        self.domain = Domain(manifest.inputs, Tape.from_json(manifest.valid))
        self.form = read_form(manifest.form, weights or {})
        self.bound = Tape.from_json(manifest.error)
        _fit(manifest, self.form.inputs, self.form.outputs, self.bound, self.domain.valid)
        super().train(False)

    def forward(self, columns: Mapping[str, Column]) -> Answer:
        """Answer a sample or a batch.

        Args:
            columns: A value for each input, in its declared unit: tensors, arrays, lists, or
                columns of a data frame, of shape (*batch,); plain numbers and shape () beside
                them mean the same for all rows. Inputs with a default may be left out.

        Returns:
            Value, error and inside. Shape (*batch,) for one output, (*batch, m) for several;
            in the floating dtype of the tensors among them (float64 where there is none),
            calculated in float64.

        Raises:
            ShapeError: A column is missing, unknown, no numbers, or of another shape than others.
        """
        given, dtype = _gather(self, columns)
        device = next(iter(given.values())).device if given else torch.device("cpu")
        with torch.autocast(device_type=device.type, enabled=False):
            si = {p.name: given[p.name] * p.factor + p.offset for p in self.inputs}
            values = self.form({name: si[name] for name in self.form.inputs})
            bounds = evaluate(
                self.bound,
                {name: si[name] if name in si else values[name] for name in self.bound.inputs},
            )
            distance = self.domain.distance(self._asked(given), si)
            growth = self.domain.growth(distance)
            value = _stack([(values[p.name] - p.offset) / p.factor for p in self.outputs])
            error = _stack([bounds[p.name] / abs(p.factor) * growth for p in self.outputs])
            inside = self.domain.inside(distance)
            told, error = _told(value, error, dtype)
            if self.form.takes_missing:
                told, error, inside = _without_absent(told, error, inside, len(self.outputs))
            return Answer(told, error, inside.to(dtype))

    def decide(self, columns: Given) -> Answered:
        """Return what a rule decides in each row, in words, and what spoke.

        Args:
            columns: Each input, as `RuleProgram.decide` takes them: words, dates, None where a
                value is unknown; a data frame will do.

        Raises:
            DomainError: The module is of a law, or a value is not what its quantity takes.
            ShapeError: A column is missing or has another shape.
        """
        if not isinstance(self.form, DecisionForm):
            raise DomainError(f"{self.manifest.name} is no rule; call it with columns")
        decision = self.form.decision
        values, masks, rows = gather(decision.inputs, columns)
        found = self.form.evaluator(values, masks)
        return answered(decision, found, rows)

    @property
    def identity(self) -> str:
        """Identity of the law, with its version."""
        law = self.manifest.law
        return f"{law.identity}@{law.version}" if law.version else law.identity

    @property
    def citation(self) -> str:
        """The sources of the law, in one line."""
        return "; ".join(self.manifest.law.sources)

    @property
    def signature(self) -> str:
        """Inputs and outputs, `t D ka V CL -> C`."""
        sides = (" ".join(p.name for p in ports) for ports in (self.inputs, self.outputs))
        return " -> ".join(sides)

    def verify(self, tolerance: float = 1e-9) -> float:
        """Ask the stored questions again; return the largest deviation, relative to the column.

        Raises:
            DomainError: An answer differs from the stored one by more than the tolerance.
        """
        golden = self.manifest.golden
        # No tensors: they are asked where the module is.
        value = self(
            {name: np.array(column, float) for name, column in golden.inputs.items()}
        ).value
        value = value if len(self.outputs) > 1 else value.unsqueeze(-1)
        worst = 0.0
        for index, port in enumerate(self.outputs):
            stored = torch.tensor(golden.outputs[port.name], dtype=torch.float64)
            scale = float(stored.abs().max().clamp(min=torch.finfo(torch.float64).tiny))
            # Asked on another device, the answer is compared where the stored one is.
            deviation = float((value[..., index].cpu() - stored).abs().max()) / scale
            if not deviation <= tolerance:
                raise DomainError(
                    f"{self.manifest.name} answers {port.name} off by {deviation:.1e} of its "
                    f"stored answers; it was changed or computes differently here"
                )
            worst = max(worst, deviation)
        return worst

    def train(self, mode: bool = True) -> FrozenModule:
        """Stay in evaluation mode, whatever is asked."""
        super().train(False)
        return self

    def _asked(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the columns, where one may be missing with a number that is inside its range."""
        if not self.form.takes_missing:
            return given
        lows = {port.name: port.low or 0.0 for port in self.inputs}
        return {n: torch.where(t.isnan(), t.new_tensor(lows[n]), t) for n, t in given.items()}

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> FrozenModule:
        # A cast of the surrounding network moves the module along but leaves its precision.
        def keep(tensor: Tensor) -> Tensor:
            moved = fn(tensor)
            return moved if moved.dtype == tensor.dtype else tensor.to(moved.device)

        super()._apply(keep, recurse)
        return self

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        for name, buffer in self.named_buffers():
            other = state_dict.get(prefix + name)
            if isinstance(other, Tensor) and not torch.equal(other.to(buffer), buffer):
                error_msgs.append(
                    f"{prefix}{name} belongs to another version of the frozen module "
                    f"{self.manifest.name} than the one that is linked here"
                )
                # The parts below load after this; what they find is what they have.
                state_dict[prefix + name] = buffer.detach().clone()

    def extra_repr(self) -> str:
        """Return what a printed network shows of the module."""
        certificate = self.manifest.certificate
        bound = certificate.get("bound")
        shown = f"{bound:.1e}" if isinstance(bound, float) else str(bound)
        return (
            f"{self.manifest.name}: {self.signature}, grade {certificate.get('grade')}, "
            f"bound {shown}, {self.identity}"
        )


def _told(value: Tensor, error: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return a value and its error in another precision; what that takes away is in the error.

    A value too large for it is infinitely far off, one too small by the whole of itself; of one
    that is no number nothing is known.
    """
    kind = torch.finfo(dtype)
    told = value.to(dtype)
    lost = as_bound((told - value).abs())
    error = (error + value.abs() * kind.eps + lost) * (1.0 + kind.eps)
    # The error itself is rounded, at worst by the smallest number there is.
    return told, as_bound((error + kind.smallest_normal * kind.eps).to(dtype))


def _without_absent(
    value: Tensor, error: Tensor, inside: Tensor, outputs: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return answers in which 0, with any error and not inside, stands for what is no number."""
    absent = value.isnan()
    some = absent if outputs == 1 else absent.any(-1)
    return (
        torch.where(absent, 0.0, value),
        torch.where(absent, float("inf"), error),
        torch.where(some, 0.0, inside),
    )


def _gather(
    module: FrozenModule, columns: Mapping[str, Column]
) -> tuple[dict[str, Tensor], torch.dtype]:
    """Return the columns where the tensors among them are; without any, where the module is."""
    by_name(columns)
    ports = module.inputs
    unknown = set(columns) - {port.name for port in ports}
    if unknown:
        names = ", ".join(port.name for port in ports)
        raise ShapeError(f"no input {sorted(unknown)[0]!r}; the inputs are {names}")
    same_units(columns, {port.name: port.unit for port in ports})
    tensors: dict[str, Tensor] = {}
    for port in ports:
        value = columns.get(port.name, port.default)
        if value is None:
            raise ShapeError(f'expected a column for "{port.name}" [{port.unit}], got none')
        tensors[port.name] = column_tensor(port.name, value)
    given = [tensors[name] for name in tensors if isinstance(columns.get(name), Tensor)]
    floating = [t.dtype for t in given if t.is_floating_point()]
    dtype = torch.float64
    if floating:
        dtype = floating[0]
        for other in floating[1:]:
            dtype = torch.promote_types(dtype, other)
    weight = given[0] if given else next(module.buffers(), None)
    device = torch.device("cpu") if weight is None else weight.device
    shape = next((t.shape for t in tensors.values() if t.dim() > 0), torch.Size(()))
    for name, tensor in tensors.items():
        if tensor.dim() > 0 and tensor.shape != shape:
            raise ShapeError(
                f'expected shape {_shown(shape)} or () for "{name}", got {_shown(tensor.shape)}'
            )
    return {
        name: tensor.to(device=device, dtype=torch.float64).expand(shape)
        for name, tensor in tensors.items()
    }, dtype


def _shown(shape: torch.Size) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _stack(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.stack(parts, dim=-1)


def _fit(
    manifest: Manifest,
    inputs: Sequence[str],
    outputs: Sequence[str],
    bound: Tape,
    valid: Tape,
) -> None:
    """Check that form, bound and conditions speak of the module's ports and nothing else.

    Raises:
        ValueError: They do not.
    """
    asked = {port.name for port in manifest.inputs}
    answered = {port.name for port in manifest.outputs}
    if not set(inputs) <= asked or not answered <= set(outputs):
        raise ValueError(f"the form of {manifest.name} does not fit its ports")
    if not set(valid.inputs) <= asked:
        raise ValueError(f"the conditions of {manifest.name} read more than its inputs")
    if not set(bound.inputs) <= asked | answered or {n for n, _ in bound.outputs} != answered:
        raise ValueError(f"the error bound of {manifest.name} does not fit its ports")
    golden = manifest.golden
    if set(golden.inputs) != asked or set(golden.outputs) != answered:
        raise ValueError(f"the golden points of {manifest.name} do not fit its ports")
