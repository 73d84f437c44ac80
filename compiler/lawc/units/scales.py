"""Units with a zero of their own, °C and °F: alone a temperature, in a compound a difference.

`W/(m^2*°C)` and `°C/min` can only mean differences, and are read so. In a mere product or power,
a reader may take the temperature itself, whose number differs: that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from lawc.units.problem import RefusedError, UnitProblem
from lawc.units.size import Factor, Size


def check_scales(size: Size, text: str, places: Sequence[tuple[int, int]]) -> None:
    """Refuse a temperature scale where it is not clear that a difference is meant.

    Args:
        size: What was read.
        text: The whole text.
        places: Where each scale stands in it, in order; or one place for all.

    Raises:
        RefusedError: A scale is multiplied, raised, or has a prefix.
    """
    scales = [factor for factor in size.factors if factor.is_scale]
    if not scales:
        return
    if len(size.factors) == 1 and scales[0].power == 1 and scales[0].number == 1:
        return
    is_rate = any(f.entry is not None and f.power < 0 and not f.is_scale for f in size.factors)
    for index, factor in enumerate(scales):
        if factor.number == 1 and (factor.power < 0 or (factor.power == 1 and is_rate)):
            continue
        start, end = places[min(index, len(places) - 1)]
        raise RefusedError(
            UnitProblem("offset", text, start, end, _instead(factor), _effect(factor))
        )


def _instead(factor: Factor) -> tuple[str, ...]:
    return ("K", "delta_degC") if _is_celsius(factor) else ("delta_degF", "K")


def _effect(factor: Factor) -> str:
    if _is_celsius(factor):
        return "20 °C is 293.15 K, and a difference of 20 °C is 20 K; a product does not say which"
    return "68 °F is 293.15 K, and a difference of 68 °F is 37.78 K; a product does not say which"


def _is_celsius(factor: Factor) -> bool:
    return factor.entry is not None and factor.entry.ratio == 1
