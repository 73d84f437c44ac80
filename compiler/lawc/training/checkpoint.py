"""Put a training away and take it up again, bit for bit.

Arrays go to one safetensors file, with a JSON text of everything else in its head; nothing that is
read can run. The file is written beside its place and renamed, so a killed process leaves the last
whole one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Return the arrays and the facts of a checkpoint, None where there is none.

    Raises:
        CheckpointError: There is a file that is no checkpoint.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            head = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(head.get("facts", "null"))
    except (SafetensorError, json.JSONDecodeError, OSError) as problem:
        raise CheckpointError(f"{path} is no checkpoint: {problem}") from problem
    if head.get("format") != FORMAT or not isinstance(facts, dict):
        raise CheckpointError(f"{path} is no checkpoint of this version")
    return arrays, facts
