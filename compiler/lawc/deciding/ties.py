"""Cases on both sides of a seat that changes hands, and at the tie between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from lawc.decision.admission import bounds, grain
from lawc.decision.decision import Apportion, Decision, Port
from lawc.decision.exact import decide
from lawc.decision.formula import Named
from lawc.decision.operations import DecisionError
from lawc.decision.values import Value, exact

MEMBERS = 6
"""Members of an apportionment whose votes are led to a change of seats."""
BASES = 3

Case = dict[str, Value]


def near_ties(decision: Decision, bases: Sequence[Mapping[str, Value]]) -> Iterator[Case]:
    """Yield cases beside those votes of a member at which its seats change.

    Args:
        decision: Whose members have votes that are given.
        bases: Cases to begin with.
    """
    ports = {port.name: port for port in decision.inputs}
    for step in decision.steps:
        if not isinstance(step, Apportion):
            continue
        pairs = [
            (formula.name, output)
            for formula, output in zip(step.by, step.outputs, strict=True)
            if isinstance(formula, Named) and formula.name in ports
        ]
        for base in bases[:BASES]:
            for name, output in pairs[:MEMBERS]:
                yield from _beside(decision, ports[name], output, dict(base))


def _beside(decision: Decision, port: Port, output: str, base: Case) -> Iterator[Case]:
    """Yield two neighbours between which what an output says changes, and the next ones."""
    low, high = base[port.name], bounds(port)[1]
    if not isinstance(low, Fraction) or high is None or low >= high:
        return
    step, start = grain(port), _said(decision, output, base)
    if start is None or _said(decision, output, {**base, port.name: high}) == start:
        return
    for _ in range(120):
        middle = (low + high) / 2
        middle = exact(float(middle)) if step is None else low + (high - low) / step // 2 * step
        if middle in (low, high):
            break
        if _said(decision, output, {**base, port.name: middle}) == start:
            low = middle
        else:
            high = middle
    further = () if step is None else (low - step, high + step)
    for value in (low, high, *further):
        made: Case = {**base, port.name: value}
        if _said(decision, output, made) is not None:
            yield made


def _said(decision: Decision, output: str, case: Case) -> Value | None:
    try:
        return decide(decision, case).values[output]
    except DecisionError:
        return None
