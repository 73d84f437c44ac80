"""Every case of a decision, where its inputs take few values."""

from __future__ import annotations

from itertools import product
from math import ceil, floor, prod

from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Decision, Port
from lawc.decision.values import UNKNOWN, Value
from lawc.proofs.replay import Case


def every_case(decision: Decision, most: int) -> tuple[Case, ...] | None:
    """Return every case, None where they cannot be counted or there are more than `most`."""
    axes: dict[str, tuple[Value, ...]] = {}
    for port in decision.inputs:
        values = _values(port, most)
        if values is None:
            return None
        axes[port.name] = values
    if prod(map(len, axes.values())) > most:
        return None
    return tuple(dict(zip(axes, values, strict=True)) for values in product(*axes.values()))


def _values(port: Port, most: int) -> tuple[Value, ...] | None:
    (low, high), step = bounds(port), grain(port)
    if low is None or high is None or step is None:
        return None
    first, last = ceil(low / step), floor(high / step)
    if last - first >= most:
        return None
    unknown = (UNKNOWN,) if port.may_be_unknown else ()
    return (*(step * count for count in range(first, last + 1)), *unknown)
