"""Ask the solver one question, within bounds of work, time and memory.

The work is bounded by the solver's own count, so that a verdict does not change with the machine;
the time is a second bound, for what the count does not see.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from lawc.decision.values import UNKNOWN, Value
from lawc.diagnostics.immutable import immutable
from lawc.proofs.encoding import Encoding, valued
from lawc.proofs.library import z3
from lawc.proofs.world import Real, World, as_fraction

CROWDED = 4
"""Seconds by the clock for a second of work, since others may use the machine."""

RESTARTS = ((8, 0), (8, 1), (8, 2), (1, 0), (1, 1))
"""Parts of the work, and seeds: what is hard from one start is often easy from another."""


@immutable
class Limits:
    """How much a question may cost.

    Attributes:
        seconds: Of one question to the solver.
        work: In the solver's own count.
        boxes: Of interval branch and bound.
    """

    seconds: float = 2.0
    work: int = 4_000_000
    boxes: int = 100_000


QUICK = Limits(0.5, 600_000, 5_000)


@immutable
class Found:
    """What the solver said: True where there is a case, False where there is none, else None."""

    exists: bool | None
    model: Any = None


def ask(world: World, conditions: Iterable[Real], limits: Limits) -> Found:
    """Return whether there is a case under all facts of a world and these conditions."""
    conditions = list(conditions)
    if world.details and refuted([*world.facts, *conditions], limits):
        return Found(False)
    facts = [*world.facts, *world.details, *conditions]
    found = Found(None)
    for share, seed in RESTARTS:
        found = _tried(facts, limits, share, seed)
        if found.exists is not None:
            break
    return found


def refuted(facts: list[Real], limits: Limits) -> bool:
    """Return whether a short look shows that facts cannot hold together."""
    return _tried(facts, limits, *RESTARTS[0]).exists is False


def _tried(facts: list[Real], limits: Limits, share: int, seed: int) -> Found:
    solver = z3.Solver()
    solver.set("timeout", max(1, int(limits.seconds * 1000 * CROWDED) // share))
    solver.set("rlimit", max(1, limits.work // share))
    solver.set("random_seed", seed)
    try:
        solver.add(*facts)
        said = solver.check()
        if said == z3.sat:
            return Found(True, solver.model())
    except z3.Z3Exception:
        # Out of memory, or out of what it can do: no answer.
        return Found(None)
    return Found(False if said == z3.unsat else None)


def case(encoding: Encoding, model: Any) -> dict[str, Value]:
    """Return the inputs of a model as exact numbers; roots are cut to twelve digits."""
    given: dict[str, Value] = {}
    for port in encoding.decision.inputs:
        known = encoding.known.get(port.name)
        if known is not None and z3.is_false(model.eval(known)):
            given[port.name] = UNKNOWN
            continue
        term = valued(port, encoding.variables[port.name])
        given[port.name] = _number(model.eval(term, model_completion=True))
    return given


def _number(term: Any) -> Fraction:
    if z3.is_true(term) or z3.is_false(term):
        return Fraction(int(z3.is_true(term)))
    value = as_fraction(term)
    if value is None:
        value = as_fraction(term.approx(12)) if z3.is_algebraic_value(term) else Fraction(0)
    return Fraction(0) if value is None else value


class Clock:
    """Seconds of this process since it was made."""

    def __init__(self) -> None:
        self._start = time.process_time()

    @property
    def seconds(self) -> float:
        """Processor seconds since then."""
        return time.process_time() - self._start
