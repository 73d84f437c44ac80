"""A device that holds values, computes on the processor, and is as strict as a card.

`strict:0` fills the place that torch keeps for backends of others. Its tensors wrap tensors of the
processor and report a device of their own. An operation that mixes devices is refused as CUDA
refuses it: only a scalar of the processor, of no dimensions, joins an operation of elements, and
only places to look up may stay behind. Nothing crosses over but by `to`, `cpu` and `copy_`.

To register a backend is for the whole process, and comes before the first backward pass: torch
starts its threads for the devices that are known by then. So tests that use it run in a process of
their own (`test_on_another_device.py`).
"""

from __future__ import annotations

import atexit
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.utils import backend_registration
from torch.utils._mode_utils import no_dispatch
from torch.utils._pytree import tree_leaves, tree_map

__all__ = ["SETUP", "STRICT", "Strict", "register"]

STRICT = "strict"
SETUP = "_setup_privateuseone_for_python_backend"
_aten = torch.ops.aten
_CROSSING = (_aten.copy_.default, _aten._copy_from.default, _aten._to_copy.default)
_LOOKING_UP = (_aten.index.Tensor, _aten.index_put_.default, _aten.index_put.default)
_FACTORIES = (
    "empty.memory_format", "empty_strided", "zeros", "ones", "full", "arange", "arange.start",
    "arange.start_step", "linspace", "logspace", "eye", "eye.m", "scalar_tensor",
    "_efficientzerotensor",
)  # fmt: skip


class Strict(Tensor):
    """A tensor on the strict device; `raw` holds its values, on the processor."""

    raw: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, raw: Tensor) -> Strict:
        made = Tensor._make_wrapper_subclass(
            cls,
            raw.shape,
            strides=raw.stride(),
            storage_offset=raw.storage_offset(),
            dtype=raw.dtype,
            device=torch.device(STRICT, 0),
        )
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Compute on the processor what stays on this device."""
        return _calculated(func, args, kwargs or {})

    def numpy(self, *, force: bool = False) -> NoReturn:  # type: ignore[override]
        """Refuse: arrays are the processor's."""
        raise TypeError(f"can't convert {self.device} device type tensor to numpy; use cpu() first")

    def tolist(self) -> Any:
        """Return the values as numbers of Python, as on every device."""
        return self.raw.tolist()

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:  # type: ignore[override]
        """Refuse, as `numpy` does."""
        self.numpy()


class _Module:
    """What torch asks of a kind of device."""

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return True

    def _is_in_bad_fork(self) -> bool:
        return False

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def synchronize(self, device: Any = None) -> None:
        """Return at once: every operation is done when it is asked for."""

    def manual_seed_all(self, seed: int) -> None:
        pass

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.float16, torch.bfloat16]


_kept: list[torch.library.Library] = []


def register() -> torch.device:
    """Make the device known to torch, once, and return it."""
    if not _kept:
        # Looked up, for it stands in newer versions of torch only.
        setup = getattr(backend_registration, SETUP)
        setup(STRICT, backend_module=_Module())
        library = torch.library.Library("aten", "IMPL")
        for name in _FACTORIES:
            library.impl(name, _factory(name), "PrivateUse1")
        library.impl("_copy_from", _copied, "PrivateUse1")
        _kept.append(library)
        atexit.register(_settle)
    return torch.device(STRICT, 0)


def _settle() -> None:
    """Wait until the thread of the device has given up the gradients that it brought last.

    It drops them after it has told them, and where the interpreter is ending by then it ends the
    process as if that had failed.
    """
    last = torch.ones((), device=torch.device(STRICT, 0)).requires_grad_()
    (told,) = torch.autograd.grad(last * last, last)
    held = weakref.ref(told)
    del told
    ends = time.monotonic() + 10
    while held() is not None and time.monotonic() < ends:
        time.sleep(0.001)


def _factory(name: str) -> Callable[..., Strict]:
    # Zeros that take no memory are made as others here.
    base, _, overload = name.replace("_efficientzerotensor", "zeros").partition(".")
    operation = getattr(getattr(_aten, base), overload or "default")

    def make(*args: Any, **kwargs: Any) -> Strict:
        return Strict(operation(*args, **{**kwargs, "device": "cpu", "pin_memory": None}))

    return make


def _copied(source: Tensor, into: Tensor, non_blocking: bool = False) -> Tensor:
    _raw(into).copy_(_raw(source))
    return into


def _raw(given: Any) -> Any:
    return given.raw if isinstance(given, Strict) else given


def _calculated(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    leaves = tree_leaves((args, kwargs))
    if func not in _CROSSING:
        _refuse_mixing(func, args, leaves)
    if any(isinstance(leaf, torch.Generator) and leaf.device.type == "cpu" for leaf in leaves):
        raise RuntimeError(f"Expected a '{STRICT}' device type for generator but found 'cpu'")
    asked = kwargs.get("device")
    goes = asked is not None and torch.device(asked).type != STRICT
    if asked is not None and not goes:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    found = func(*tree_map(_raw, args), **tree_map(_raw, dict(kwargs)))
    written = [
        arg
        for formal, arg in zip(func._schema.arguments, args, strict=False)
        if formal.alias_info is not None and formal.alias_info.is_write
    ]
    written += [kwargs[a.name] for a in func._schema.arguments if _is_out(a) and a.name in kwargs]
    if torch.Tag.inplace_view in func.tags:
        # The tensor that wraps takes the new shape as well.
        with no_dispatch():
            func(*args, **kwargs)
    if written:
        return written[0] if len(written) == 1 else tuple(written)
    if goes:
        return found
    return tree_map(lambda one: Strict(one) if isinstance(one, Tensor) else one, found)


def _is_out(formal: Any) -> bool:
    return formal.kwarg_only and formal.alias_info is not None and formal.alias_info.is_write


def _refuse_mixing(func: Any, args: Sequence[Any], leaves: Sequence[Any]) -> None:
    """Refuse a tensor of the processor beside one that is here, where a card would."""
    strangers = [leaf for leaf in leaves if isinstance(leaf, Tensor) and not _is_here(leaf)]
    if func in _LOOKING_UP and isinstance(args[0], Strict):
        strangers = [value for value in args[2:3] if not _is_here(value) and value.dim()]
    elif torch.Tag.pointwise in func.tags and not _is_written_elsewhere(func, args):
        strangers = [stranger for stranger in strangers if stranger.dim()]
    if strangers:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{STRICT}:0 and {strangers[0].device}! (in {func})"
        )


def _is_here(tensor: Tensor) -> bool:
    return isinstance(tensor, Strict)


def _is_written_elsewhere(func: Any, args: Sequence[Any]) -> bool:
    """Return whether a result would go into a scalar of the processor."""
    return func._schema.is_mutable and isinstance(args[0], Tensor) and not _is_here(args[0])
