"""Put a training away and take it up again, bit for bit.

Arrays go to one safetensors file, with a JSON text of everything else in its head; nothing that is
read can run. The file is written beside its place and renamed, so a killed process leaves the last
whole one.

A file may be damaged or come from elsewhere: it is measured before it is read, and `matching` holds
what it tells to what a training looks like.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lawc.diagnostics.diagnostic import LawcError

FORMAT = "lawc training 1"


class CheckpointError(LawcError, ValueError):
    """A file is no checkpoint of this training; the text says why."""


def save(path: Path, arrays: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint in one step.

    Args:
        path: Where it will stand.
        arrays: Tensors by name.
        facts: What JSON can hold; floats keep every bit.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    head = {"format": FORMAT, "facts": json.dumps(facts)}
    save_file({name: t.detach().cpu().contiguous() for name, t in arrays.items()}, beside, head)
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, most: int = 2**30) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Return the arrays and the facts of a checkpoint, None where there is none.

    Args:
        path: Where it stands.
        most: Bytes that it may have.

    Raises:
        CheckpointError: There is a file that is no checkpoint, or a larger one.
    """
    if not path.exists():
        return None
    if not path.is_file() or path.stat().st_size > most:
        raise CheckpointError(f"{path} is no checkpoint: it is no file of up to {most} bytes")
    try:
        with safe_open(path, framework="pt") as file:
            head = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(head.get("facts", "null"))
    except (SafetensorError, ValueError, RecursionError, OSError) as problem:
        raise CheckpointError(f"{path} is no checkpoint: {problem}") from problem
    if head.get("format") != FORMAT or not isinstance(facts, dict):
        raise CheckpointError(f"{path} is no checkpoint of this version")
    return arrays, facts


def discard(path: Path) -> None:
    """Remove a checkpoint and what slabs of time keep beside it."""
    for one in (path, *path.parent.glob(f"{path.stem}.slab*{path.suffix}")):
        one.unlink(missing_ok=True)


def matching(facts: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of these names; each is of the type that it has at the start.

    Raises:
        ValueError: One is lacking, of another type, negative or no number.
    """
    found: dict[str, Any] = {name: facts.get(name) for name in like}
    for name, value in found.items():
        usual = type(like[name])
        if type(value) is not usual or (usual is not str and not value >= 0):
            raise ValueError(f"{name} is {value!r:.60}, expected {usual.__name__}")
    return found


def fitting(arrays: Mapping[str, Tensor], name: str, dtype: torch.dtype, *shape: int) -> Tensor:
    """Return an array of this dtype and shape; -1 stands for any length.

    Raises:
        ValueError: It is lacking, or is another one.
    """
    found = arrays.get(name)
    told = None if found is None else (found.dtype, tuple(found.shape))
    if found is None or found.dtype != dtype or len(found.shape) != len(shape):
        raise ValueError(f"expected {dtype} of shape {shape} for {name!r}, got {told}")
    if any(want not in (-1, have) for want, have in zip(shape, found.shape, strict=True)):
        raise ValueError(f"expected {dtype} of shape {shape} for {name!r}, got {told}")
    return found
