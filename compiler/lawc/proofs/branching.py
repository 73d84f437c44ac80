"""Branch and bound over boxes: what intervals decide of a claim, box by box.

A box is settled where intervals show that the claim holds all through it. The others are halved
along their longest side, whole numbers between whole numbers, until none is left, one is shown to
break the claim, or the boxes run out.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from lawc.decision.decision import Decision, Port
from lawc.decision.values import Value, exact
from lawc.diagnostics.immutable import immutable
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.logarithms import whole_range
from lawc.proofs.replay import Case
from lawc.proofs.search import Clock, Limits
from lawc.proofs.steps import Definition

Judge = Callable[[Bounds], tuple[np.ndarray, np.ndarray]]
"""Says of boxes where the claim holds all through, and where it holds nowhere."""
BATCH = 2_048


@immutable
class Branched:
    """How a search ended.

    Attributes:
        holds: True where all boxes are settled, None where some are left.
        boxes: How many were looked at.
        suspects: Cases in boxes where the claim may fail, not replayed.
    """

    holds: bool | None
    boxes: int
    suspects: tuple[Case, ...] = ()


def branch(
    decision: Decision,
    definitions: dict[str, Definition],
    judge: Judge,
    limits: Limits,
    along: str | None = None,
    read: frozenset[str] | None = None,
) -> Branched:
    """Return whether a claim holds in all boxes of the declared ranges.

    Args:
        read: The inputs that are cut, since the others change nothing; all where None.
        along: An input of which the boxes must leave no value out, not even between whole numbers,
            since what is judged is a slope.
    """
    ports = decision.inputs
    whole = [whole_range(port) for port in ports]
    low = np.array([r.low for r in whole]).reshape(len(ports), 1)
    high = np.array([r.high for r in whole]).reshape(len(ports), 1)
    is_cut = np.array([read is None or port.name in read for port in ports], bool)
    # Of what changes nothing one value will do, where it has no ends too.
    some = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
    low, high = np.where(is_cut[:, None], low, some), np.where(is_cut[:, None], high, some)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return Branched(None, 0)
    size = np.where(high > low, high - low, 1.0)
    is_whole = np.array([_is_whole(port) and port.name != along for port in ports])
    clock, looked = Clock(), 0
    queue = [(low, high)]
    suspects: list[Case] = []
    while queue:
        low, high = queue.pop()
        if low.shape[1] > BATCH:
            queue.append((low[:, BATCH:], high[:, BATCH:]))
            low, high = low[:, :BATCH], high[:, :BATCH]
        looked += low.shape[1]
        ranges = {p.name: Range(low[i], high[i]) for i, p in enumerate(ports)}
        with np.errstate(all="ignore"):
            holds, breaks = judge(Bounds(ranges, definitions))
        if breaks.any():
            at = int(np.argmax(breaks))
            suspects.append(_middle(ports, low[:, at], high[:, at]))
            return Branched(None, looked, tuple(suspects))
        open_still = ~holds
        if not open_still.any():
            continue
        low, high = low[:, open_still], high[:, open_still]
        if looked > limits.boxes or clock.seconds > limits.seconds:
            suspects += [_middle(ports, low[:, i], high[:, i]) for i in range(min(8, low.shape[1]))]
            return Branched(None, looked, tuple(suspects))
        split = _halved(low, high, size, is_whole, is_cut)
        if split is None:
            suspects.append(_middle(ports, low[:, 0], high[:, 0]))
            return Branched(None, looked, tuple(suspects))
        queue.append(split)
    return Branched(True, looked)


def _halved(
    low: np.ndarray, high: np.ndarray, size: np.ndarray, is_whole: np.ndarray, is_cut: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return each box as two, None where one can be cut no further."""
    length = (high - low) / size
    # A choice is settled before a length: its values have little in common.
    single = is_whole[:, None] & (high - low < 1)
    length = np.where(single | ~is_cut[:, None], 0, length)
    side = np.argmax(length, axis=0)
    every = np.arange(low.shape[1])
    a, b = low[side, every], high[side, every]
    middle = a + (b - a) / 2
    below = np.where(is_whole[side], np.floor(middle), middle)
    above = np.where(is_whole[side], np.floor(middle) + 1, middle)
    if ((length[side, every] == 0) | (~is_whole[side] & ((middle <= a) | (middle >= b)))).any():
        return None
    left_high, right_low = high.copy(), low.copy()
    left_high[side, every] = below
    right_low[side, every] = above
    return np.concatenate([low, right_low], axis=1), np.concatenate([left_high, high], axis=1)


def _middle(ports: tuple[Port, ...], low: np.ndarray, high: np.ndarray) -> Case:
    given: dict[str, Value] = {}
    for port, a, b in zip(ports, low.tolist(), high.tolist(), strict=True):
        value = exact(a + (b - a) / 2)
        step = Fraction(1) if _is_whole(port) else port.step
        if step is not None:
            value = (value / step).__floor__() * step
        if port.low is not None:
            value = max(value, port.low)
        given[port.name] = value if port.high is None else min(value, port.high)
    return given


def _is_whole(port: Port) -> bool:
    return bool(port.choices) or port.kind != "number" or port.step == 1
