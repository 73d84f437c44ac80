"""Say whether a device is on this machine, before anything is trained on it."""

from __future__ import annotations

import torch

from lawc.diagnostics.diagnostic import LawcError


class DeviceError(LawcError, ValueError):
    """A device that training is asked for is not here; the text says which ones are."""


def require_device(name: str, dtype: torch.dtype = torch.float64) -> None:
    """Check that numbers can be put on a device.

    Args:
        name: Such as `cpu`, `cuda` or `cuda:1`.
        dtype: Of the numbers; some devices have no float64.

    Raises:
        DeviceError: There is none of this name, or it holds no such numbers.
    """
    try:
        torch.zeros(1, dtype=dtype, device=name)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as problem:
        raise DeviceError(
            f"training is asked for on device {name!r}, which this machine does not give for "
            f"{str(dtype).removeprefix('torch.')}: {_first_line(problem)}; here are "
            f"{', '.join(devices())}: name one of these in `device`, or leave it out"
        ) from problem


def devices() -> tuple[str, ...]:
    """Return the names of the devices of this machine, the processor first."""
    found = ["cpu"]
    kind = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if kind is not None:
        found += [f"{kind.type}:{k}" for k in range(torch.accelerator.device_count())]
    return tuple(found)


def _first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0].rstrip(".")[:120]
