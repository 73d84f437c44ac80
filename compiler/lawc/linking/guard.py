"""Watch that what is frozen stays frozen while everything around it trains.

Two means, since neither suffices alone: the version counter of each buffer finds writes in place
in microseconds, every step; the digest of the bytes finds what writes past the counter (`.data`,
a numpy view, a collective operation), at intervals, at exit and before saving.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from lawc.artifact.module import FrozenModule
from lawc.diagnostics.diagnostic import LawcError

_OF_TORCH = nn.Module().__dict__.keys()


class FrozenError(LawcError):
    """Something moved, replaced or unpinned a frozen module; the text names module and buffer."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One module inside a frozen one: itself, and what it holds beside buffers and parts."""

    name: str
    module: nn.Module
    attributes: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Watched:
    """One frozen module as it stood when the guard was set."""

    path: str
    module: nn.Module
    parts: tuple[_Part, ...]
    buffers: tuple[tuple[str, nn.Module, str, Tensor, int | None, str], ...]


class Guard:
    """Check frozen modules inside a model; made by `guard`.

    Call it after each step. As a context manager it checks everything on entry and at exit, and
    before any `state_dict()` of the model in between.
    """

    def __init__(self, model: nn.Module, every: int) -> None:
        if every < 1:
            raise LawcError(f"expected a number of steps of at least 1, got {every}")
        self._model = model
        self._every = every
        self._steps = 0
        self._hooks: list[Any] = []
        self._watched = tuple(_watch(path, module) for path, module in _frozen(model))
        if not self._watched:
            raise LawcError("there is no frozen module to guard in this model")

    def __call__(self) -> None:
        """Check after a step: versions each time, digests each `every` steps.

        Raises:
            FrozenError: A frozen module was changed.
        """
        self._steps += 1
        if self._steps % self._every == 0:
            self.verify()
        else:
            self._check_quickly()

    def verify(self) -> None:
        """Check everything, bytes included.

        Raises:
            FrozenError: A frozen module was changed.
        """
        present = dict(self._model.named_modules(remove_duplicate=False))
        for watched in self._watched:
            if present.get(watched.path) is not watched.module:
                raise FrozenError(f"the frozen module {watched.path!r} was replaced")
            _check_parts(watched)
        self._check_quickly()
        for watched in self._watched:
            for name, _, _, tensor, _, digest in watched.buffers:
                if _digest(tensor) != digest:
                    raise FrozenError(
                        f"the buffer {name!r} of the frozen module {watched.path!r} was "
                        "overwritten past its version counter (.data, a numpy view, or a "
                        "collective operation)"
                    )

    def __enter__(self) -> Guard:
        self.verify()
        self._hooks = [
            module.register_state_dict_pre_hook(lambda *_: self.verify())
            for module in {
                id(m): m for m in (self._model, *(w.module for w in self._watched))
            }.values()
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        # An error that is under way says more than what it left behind.
        if kind is None:
            self.verify()

    def _check_quickly(self) -> None:
        for watched in self._watched:
            for name, owner, key, tensor, version, _ in watched.buffers:
                now = owner._buffers.get(key)
                if now is not tensor:
                    raise FrozenError(_replaced(watched.path, name, owner, key, tensor, now))
                if version is not None and tensor._version != version:
                    raise FrozenError(
                        f"the buffer {name!r} of the frozen module {watched.path!r} was written "
                        "in place (an optimizer, copy_, apply, or load_state_dict)"
                    )
                if tensor.requires_grad:
                    raise FrozenError(
                        f"the buffer {name!r} of the frozen module {watched.path!r} requires a "
                        "gradient, as only what trains may"
                    )


def guard(model: nn.Module, *, every: int = 100) -> Guard:
    """Return a guard of all frozen modules in a model.

    ```python
    with lawc.guard(model) as check:
        for batch in batches:
            step(batch)
            check()
    ```

    Args:
        model: Contains at least one frozen module, at any depth.
        every: Steps between two checks of the bytes.

    Raises:
        LawcError: The model has no frozen module.
    """
    return Guard(model, every)


def _frozen(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the outermost frozen modules and their paths."""
    found: list[tuple[str, nn.Module]] = []
    for path, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, FrozenModule):
            inner = any(path.startswith(f"{outer}." if outer else "") for outer, _ in found)
            if not inner:
                found.append((path, module))
    return found


def _watch(path: str, module: nn.Module) -> _Watched:
    shown = path or type(module).__name__
    first = next(module.named_parameters(), None)
    if first is not None:
        raise FrozenError(f"the frozen module {shown!r} has a parameter, {first[0]!r}")
    buffers = []
    for prefix, part in module.named_modules():
        for key, tensor in part._buffers.items():
            if tensor is not None:
                name = f"{prefix}.{key}" if prefix else key
                version = None if tensor.is_inference() else tensor._version
                buffers.append((name, part, key, tensor, version, _digest(tensor)))
    parts = tuple(_Part(name, part, _attributes(part)) for name, part in module.named_modules())
    return _Watched(path, module, parts, tuple(buffers))


def _attributes(part: nn.Module) -> dict[str, object]:
    """Return what a module holds beside what torch keeps: tapes, ports, a manifest."""
    return {key: value for key, value in part.__dict__.items() if key not in _OF_TORCH}


def _check_parts(watched: _Watched) -> None:
    parts = tuple(watched.module.named_modules())
    if [(name, id(part)) for name, part in parts] != [
        (p.name, id(p.module)) for p in watched.parts
    ]:
        raise FrozenError(f"the parts of the frozen module {watched.path!r} were changed")
    watched_keys = {(id(owner), key) for _, owner, key, *_ in watched.buffers}
    for name, part in parts:
        shown = f"{watched.path!r}" + (f", part {name!r}" if name else "")
        if part.training:
            raise FrozenError(f"the frozen module {shown} was set to training")
        if any(parameter is not None for parameter in part._parameters.values()):
            raise FrozenError(f"the frozen module {shown} was given a parameter")
        if "forward" in part.__dict__:
            raise FrozenError(f"the forward of the frozen module {shown} was replaced")
        if part._forward_hooks or part._forward_pre_hooks:
            raise FrozenError(f"the frozen module {shown} has a hook that may change its answer")
        for key, tensor in part._buffers.items():
            if tensor is not None and (id(part), key) not in watched_keys:
                raise FrozenError(f"the frozen module {shown} was given a buffer, {key!r}")

    for kept in watched.parts:
        was, now = kept.attributes, _attributes(kept.module)
        moved = [key for key, value in was.items() if now.get(key, _OF_TORCH) is not value]
        # What a form keeps for its next answer is new, and hides no method of it.
        new = now.keys() - was.keys()
        moved += [key for key in new if callable(getattr(type(kept.module), key, None))]
        if moved:
            shown = f"{watched.path!r}" + (f", part {kept.name!r}" if kept.name else "")
            raise FrozenError(f"the {moved[0]!r} of the frozen module {shown} was replaced")


def _replaced(
    path: str, name: str, owner: nn.Module, key: str, before: Tensor, now: Tensor | None
) -> str:
    if isinstance(owner._parameters.get(key), nn.Parameter):
        return f"the buffer {name!r} of the frozen module {path!r} was made a parameter"
    if now is None:
        return f"the buffer {name!r} of the frozen module {path!r} was removed"
    if now.dtype != before.dtype:
        detail = f"cast from {before.dtype} to {now.dtype}"
    elif now.device != before.device:
        detail = f"moved from {before.device} to {now.device}; move a model before it is guarded"
    else:
        detail = "replaced (a cast there and back, a setter, or load_state_dict with assign)"
    return f"the buffer {name!r} of the frozen module {path!r} was {detail}"


def _digest(tensor: Tensor) -> str:
    array = tensor.detach().cpu().contiguous()
    raw: Callable[[], bytes] = array.flatten().view(torch.uint8).numpy().tobytes
    return hashlib.sha256(raw() if array.numel() else b"").hexdigest()
