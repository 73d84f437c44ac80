"""Ask a network for the outputs of a signature, and refuse one that cannot be trusted to answer.

A network is any callable from columns in declared units, tensors of shape (n,), to a tensor of
shape (n,), or (n, m) for several outputs, or to a tensor of shape (n,) for each by name. Shapes
that would broadcast are errors, and so are rows that influence one another: a law holds for each
row alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lawc.diagnostics.diagnostic import ShapeError
from lawc.forms.answer import Answer
from lawc.forms.columns import column_tensor
from lawc.jets.jet import Jet
from lawc.lowering.monomials import SEED
from lawc.lowering.plan import Plan
from lawc.lowering.sampler import sample

Network = Callable[[dict[str, Tensor]], Any]

_ROWS = 4


def tensors(
    network: Network, columns: Mapping[str, Any], names: tuple[str, ...]
) -> dict[str, Tensor]:
    """Return the named columns as tensors; arrays take the dtype and device of the network.

    Raises:
        ShapeError: A column is missing, no numbers, or not of shape (n,).
    """
    like = _weight(network)
    if like is None:
        return named(columns, names)
    return named(columns, names, like.dtype, like.device)


def named(
    columns: Mapping[str, Any],
    names: tuple[str, ...],
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[str, Tensor]:
    """Return the named columns as tensors; arrays take the dtype and device that are given.

    Raises:
        ShapeError: A column is missing, no numbers, or not of shape (n,).
    """
    found: dict[str, Tensor] = {}
    rows: int | None = None
    for name in names:
        if name not in columns:
            raise ShapeError(f'expected a column "{name}", got {", ".join(columns) or "none"}')
        given = column_tensor(name, columns[name], torch.device(device))
        if not isinstance(columns[name], Tensor):
            given = given.to(dtype)
        if given.ndim != 1 or (rows is not None and len(given) != rows):
            wanted = "(n,)" if rows is None else f"({rows},)"
            raise ShapeError(f'expected shape {wanted}, got {tuple(given.shape)} for "{name}"')
        rows = len(given)
        found[name] = given
    return found


def ask(network: Network, columns: dict[str, Tensor], outputs: tuple[str, ...]) -> dict[str, Any]:
    """Return each output by name, shape (n,), in declared units; jets where the columns are.

    Raises:
        ShapeError: The network's answer has another shape; the text names the quantity.
    """
    answer = network(columns)
    value: Any = answer.value if isinstance(answer, Answer) else answer
    rows = len(next(iter(columns.values())))
    if isinstance(value, Mapping):
        missing = [name for name in outputs if name not in value]
        if missing:
            said = ", ".join(map(str, value)) or "nothing"
            raise ShapeError(f'expected an answer for "{missing[0]}", got {said} from the network')
        return {name: _shaped(value[name], (rows,), name) for name in outputs}
    if len(outputs) == 1:
        return {outputs[0]: _shaped(value, (rows,), outputs[0])}
    table = _shaped(value, (rows, len(outputs)), ", ".join(outputs))
    return {name: table[:, number] for number, name in enumerate(outputs)}


def _shaped(value: Any, wanted: tuple[int, ...], shown: str) -> Any:
    """Return what a network answers; nothing is broadcast."""
    if isinstance(value, Tensor | Jet) and tuple(value.shape) == wanted:
        return value
    given = tuple(value.shape) if isinstance(value, Tensor | Jet) else type(value).__name__
    mend = "; `.squeeze(-1)` takes its last axis away" if given == (*wanted, 1) else ""
    raise ShapeError(f'expected shape {wanted}, got {given} from the network for "{shown}"{mend}')


def si_columns(plan: Plan, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return inputs in SI from inputs in declared units, differentiable by them."""
    units = {name: plan.law.quantities[name].unit for name in columns}
    return {n: values * units[n].factor + units[n].offset for n, values in columns.items()}


def check_rows(network: Network, plan: Plan) -> None:
    """Check that a network answers for each row as it would for that row alone.

    Raises:
        ShapeError: It does not, as with batch normalisation or dropout in training mode, or it
            does not take columns by name.
    """
    if not callable(network):
        raise ShapeError(f"expected a network that can be called, got {type(network).__name__}")
    given = tensors(network, sample(plan, _ROWS, SEED), plan.signature.inputs)
    with torch.no_grad():
        try:
            together = ask(network, given, plan.signature.outputs)
        except TypeError as problem:
            raise ShapeError(
                f"a network is called with its columns by name, {{{', '.join(given)}}}, and this "
                f"one says: {problem}; stack them first where it takes one tensor"
            ) from problem
        for row in range(len(next(iter(given.values())))):
            one = {name: values[row : row + 1] for name, values in given.items()}
            try:
                alone = ask(network, one, plan.signature.outputs)
            except (RuntimeError, ValueError) as problem:
                raise ShapeError(f"the network cannot answer for one row: {problem}") from problem
            for name, values in together.items():
                if not _alike(alone[name], values[row : row + 1]):
                    raise ShapeError(
                        f'the network\'s rows are not independent: "{name}" of a row changes with '
                        "the other rows of its batch (batch normalisation, dropout?)"
                    )


def _alike(one: Tensor, other: Tensor) -> bool:
    # Kernels for other shapes may round otherwise; a dependence is far larger.
    slack = 1e4 * torch.finfo(one.dtype).eps
    try:
        return bool(torch.allclose(one, other, rtol=slack, atol=slack, equal_nan=True))
    except RuntimeError:
        # Inside vmap a tensor has no one value to look at.
        return True


def _weight(network: Network) -> Tensor | None:
    if not isinstance(network, nn.Module):
        return None
    candidates = (*network.parameters(), *network.buffers())
    return next((tensor for tensor in candidates if tensor.is_floating_point()), None)
