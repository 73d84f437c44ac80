"""Make a network say zero at first, so that a link starts as the law it is built on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from lawc.diagnostics.diagnostic import LawcError
from lawc.linking.speaker import in_precision

PROBES = 5


def start_at_zero(net: nn.Module, features: Sequence[str]) -> None:
    """Set the last linear layer of a network to zero, unless it says zero already.

    Raises:
        LawcError: There is no such layer, the network says something else after it, or it does
            not take these features.
    """
    if _says_zero(net, features):
        return
    linear = [part for part in net.modules() if isinstance(part, nn.Linear)]
    if linear:
        with torch.no_grad():
            for parameter in linear[-1].parameters():
                parameter.zero_()
    if not linear or not _says_zero(net, features):
        raise LawcError(
            f"a blend must start as the law, but {type(net).__name__} does not start at zero: end "
            "it in an nn.Linear, or let it return zero at first"
        )


def _says_zero(net: nn.Module, features: Sequence[str]) -> bool:
    """Ask at a few points, without moving statistics layers or the random state."""
    modes = {part: part.training for part in net.modules()}
    ramp = torch.linspace(-1.5, 1.5, PROBES, dtype=torch.float64)
    shifts = torch.arange(len(features), dtype=torch.float64)
    points = torch.sin(3 * ramp[:, None] + shifts)
    try:
        net.eval()
        with torch.no_grad():
            return not bool(in_precision(net, points).any())
    except RuntimeError as problem:
        raise LawcError(
            f"expected a network of {len(features)} features ({', '.join(features)}), but "
            f"{type(net).__name__} does not take shape {tuple(points.shape)}: {problem}"
        ) from problem
    finally:
        for part, training in modes.items():
            part.training = training
