"""Draw inputs of a law over their declared ranges, inside `valid`.

Points are scrambled Sobol points, logarithmic where an input is declared so. Conditions are kept
by rejection; a condition that rejects nearly everything is an error that names it, since a domain
that thin is a mistake more often than a wish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from lawc.diagnostics.diagnostic import CompileError, DomainError
from lawc.diagnostics.sizes import demand_whole
from lawc.forms.tape import Tape
from lawc.knowledge.law import Quantity
from lawc.lowering.chunks import Calculation
from lawc.lowering.domain import Region, valid_region
from lawc.lowering.groups import require_ranges
from lawc.lowering.numpy_table import TABLE, Array
from lawc.lowering.plan import Plan
from lawc.lowering.sequences import SEQUENCES, Draw, faces, in_turn, sobol
from lawc.lowering.spreading import CHUNK, WIDEST, Span, Spreader, logarithm, spread
from lawc.native.drawing import Drawn, Stretch, drawing
from lawc.native.formulas import is_exact
from lawc.native.memory import columns as columns_of
from lawc.native.threads import FEWEST, claimed

KINDS = ("domain", "iid", "faces")
MANY = 100_000
MANY_AT_ONCE = 1 << 14
"""Rows of a sample, or of a block of a stream, from which a compiler is worth its time."""

_BATCH = 1024
_LEAST_ACCEPTANCE = 1e-3
_MOST_COMPILED = 64
_MOST_LEFT_OUT = 1 << 52
"""Points that a stream may leave out: Sobol's end at 2^53."""
_MOST_IN_BLOCK = 1 << 30
# Share of a trajectory's times that crowd towards its start, where transients live.
_EARLY = 0.5
_EARLIEST = 1e-4

Batch = Callable[[int], Drawn]
"""Draws the next items of a sequence, as many as it is told."""
Counts = NDArray[np.int64]


def sample(
    plan: Plan, n: int, seed: int = 0, *, what: str = "domain", valid: Region | None = None
) -> dict[str, Array]:
    """Return n rows of inputs in declared units.

    Args:
        plan: Whose inputs and conditions count.
        n: Number of rows, at least one; any number, not only powers of two.
        seed: The same seed gives the same rows.
        what: `domain` for scrambled Sobol points, `iid` for independent random ones, `faces` for
            corners and faces of the box of declared ranges.
        valid: The region of the plan, where it is known.

    Raises:
        CompileError: An input has no declared range.
        DomainError: `valid` leaves almost nothing of the box; the text names the condition.
        ValueError: `what`, `n` or `seed` is none of these.
    """
    _check_request(n, seed, what)
    inputs = declared_inputs(plan)
    if not inputs:
        return {}
    valid = valid or valid_region(plan)
    batch = _compiled(inputs, valid, seed, what) if n >= MANY else None
    if batch is None and what == "faces":
        batch = _of_shares(inputs, valid, faces(len(inputs), seed))
    batch = batch or _by_numpy(inputs, valid, seed, what)
    return dict(zip(plan.signature.inputs, _accepted(plan, valid, batch, n).columns, strict=True))


def box(plan: Plan, n: int, seed: int = 0) -> dict[str, Array]:
    """Return n scrambled Sobol points of the declared ranges, whether inside `valid` or not.

    Raises:
        CompileError: An input has no declared range.
    """
    inputs = declared_inputs(plan)
    return stretch(inputs, _sobol(len(inputs), seed)(n))


def answered(
    plan: Plan, answers: Tape, n: int, seed: int, *, what: str, valid: Region
) -> tuple[dict[str, Array], bool] | None:
    """Return the rows of `sample` with answers to them, drawn and answered in one pass.

    Args:
        plan, n, seed, what: As for `sample`.
        answers: Inputs to the outputs of the plan, all in declared units.
        valid: The region of the plan.

    Returns:
        Rows in declared units, and whether all answers are surely finite; None where rows are too
        few, or are no points of a sequence.

    Raises:
        CompileError: An input has no declared range.
        DomainError: `valid` leaves almost nothing of the box; the text names the condition.
        ValueError: `what`, `n` or `seed` is none of these.
    """
    _check_request(n, seed, what)
    inputs = declared_inputs(plan)
    if n < MANY or not inputs or what == "faces":
        return None
    batch = _compiled(inputs, valid, seed, what, answers=answers)
    batch = batch or _by_numpy(inputs, valid, seed, what, answers=answers)
    drawn = _accepted(plan, valid, batch, n)
    names = (*plan.signature.inputs, *(name for name, _ in answers.outputs))
    return dict(zip(names, drawn.columns, strict=True)), bool(drawn.finite)


def stream(
    plan: Plan, seed: int = 0, *, what: str = "domain", start: int = 0, block: int = 1 << 16
) -> Iterator[tuple[dict[str, Array], NDArray[np.int64]]]:
    """Return the rows of `sample` without end, a block at a time, in bounded memory.

    Args:
        plan, seed: As for `sample`.
        what: `domain` or `iid`.
        start: How many points of the sequence to leave out, those outside `valid` counted.
        block: How many points to draw at once; the rows do not depend on it.

    Returns:
        Rows in declared units, and which points of the sequence they are.

    Raises:
        CompileError: An input has no declared range, or there is no input.
        DomainError: `valid` leaves almost nothing of the box; the text names the condition.
        ValueError: `what`, `start` or `block` is none of these.
    """
    if what not in KINDS[:2]:
        raise ValueError(f"expected one of {', '.join(KINDS[:2])}, got {what!r}")
    demand_whole("start", start, least=0, most=_MOST_LEFT_OUT)
    demand_whole("block", block, most=_MOST_IN_BLOCK)
    return _blocks(plan, seed, what, start, block)


def trajectories(plan: Plan, count: int, times: int, seed: int = 0) -> dict[str, Array]:
    """Return `count * times` rows: parameter sets, each at many values of the variable.

    Rows of one trajectory stand together, its first at the start of the variable's range, in
    rising order. Half of the values crowd towards the start.

    Raises:
        CompileError: The plan has no variable, or an input has no declared range.
        DomainError: `valid` leaves almost nothing of the box; the text names the condition.
    """
    demand_whole("count", count)
    demand_whole("times", times)
    inputs = declared_inputs(plan)
    if plan.flow is None or plan.flow.variable not in plan.signature.inputs:
        raise CompileError(f"{plan.signature} has no variable along which to draw trajectories")
    place = plan.signature.inputs.index(plan.flow.variable)
    base, generator = _sobol(len(inputs) - 1, seed), default_rng([seed, 1])

    def draw(size: int) -> Array:
        parameters = np.delete(np.zeros((size, len(inputs))), place, axis=1) + base(size)
        along = _times(generator, size, times, inputs[place].log)
        points = np.insert(np.repeat(parameters, times, axis=0), place, along.ravel(), axis=1)
        return points.reshape(size, times, len(inputs))

    valid = valid_region(plan)
    drawn = _accepted(plan, valid, _of_shares(inputs, valid, draw), count, times)
    return dict(zip(plan.signature.inputs, drawn.columns, strict=True))


def declared_inputs(plan: Plan) -> list[Quantity]:
    """Return the inputs of a plan, all of which have a range.

    Raises:
        CompileError: One has none.
    """
    inputs = [plan.law.quantities[name] for name in plan.signature.inputs]
    require_ranges(inputs)
    return inputs


def stretch(inputs: Sequence[Quantity], unit: Array) -> dict[str, Array]:
    """Return columns in declared units from points of the unit cube, shape (n, inputs)."""
    return dict(zip((q.name for q in inputs), spread(_spans(inputs), unit), strict=True))


def to_si(inputs: Sequence[Quantity], columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return columns in SI from columns in declared units."""
    return {q.name: np.asarray(columns[q.name]) * q.unit.factor + q.unit.offset for q in inputs}


def _blocks(
    plan: Plan, seed: int, what: str, start: int, block: int
) -> Iterator[tuple[dict[str, Array], NDArray[np.int64]]]:
    inputs = declared_inputs(plan)
    if not inputs:
        raise CompileError(f"{plan.signature} has no input, so there is one row only")
    valid = valid_region(plan)
    batch = _compiled(inputs, valid, seed, what, start=start) if block >= MANY_AT_ONCE else None
    batch = batch or _by_numpy(inputs, valid, seed, what, start=start)
    have, tried, failures = 0, 0, np.zeros(len(valid.conditions), dtype=np.int64)
    while True:
        drawn = batch(block)
        places = np.arange(block) if drawn.held is None else drawn.held
        have, tried = have + len(places), tried + block
        failures += drawn.failures
        if tried >= 16 * _BATCH and have < _LEAST_ACCEPTANCE * tried:
            raise DomainError(_too_thin(plan, valid, have, tried, failures))
        names = (quantity.name for quantity in inputs)
        yield dict(zip(names, drawn.columns, strict=True)), places + (start + tried - block)


def _spans(inputs: Sequence[Quantity]) -> list[Span]:
    return [Span(q.low or 0.0, q.high or 0.0, q.log) for q in inputs]


def _by_numpy(
    inputs: Sequence[Quantity],
    valid: Region,
    seed: int,
    what: str,
    *,
    start: int = 0,
    answers: Tape | None = None,
) -> Batch:
    """Return what draws the points of a sequence, and answers them, chunk by chunk on all cores."""
    spans, points = _spans(inputs), SEQUENCES[what](len(inputs), seed)
    drawn = start
    found = None if answers is None else Calculation(answers, [None] * len(inputs), TABLE)
    outputs = 0 if found is None else len(found.truths)

    def batch(size: int) -> Drawn:
        nonlocal drawn
        first, drawn = drawn, drawn + size
        made = columns_of(len(inputs) + outputs, size)

        def opened() -> Callable[[int], bool]:
            read, spreader = points.opened(), Spreader(spans, points.unit)
            answer = None if found is None else found.opened(min(CHUNK, size))

            def work(chunk: int) -> bool:
                begin = chunk * CHUNK
                pieces = [column[begin : begin + CHUNK] for column in made]
                given = pieces[: len(inputs)]
                # A column is spread while it is in the processor's cache.
                for number in read(first + begin, given):
                    spreader(number, given[number])
                return answer is None or answer(given, pieces[len(inputs) :])

            return work

        finite = claimed(opened, -(-size // CHUNK), max(1, size // FEWEST))
        return _held(inputs, valid, made, size, all(finite) if found else None)

    return batch


def _of_shares(inputs: Sequence[Quantity], valid: Region, draw: Draw) -> Batch:
    """Return what draws items of one row or more, in turn."""

    def batch(size: int) -> Drawn:
        shares = draw(size).reshape(-1, len(inputs))
        return _held(inputs, valid, spread(_spans(inputs), shares), size)

    return batch


def _held(
    inputs: Sequence[Quantity],
    valid: Region,
    columns: list[Array],
    items: int,
    finite: bool | None = None,
) -> Drawn:
    """Return the items, of one row or more, of which all rows hold."""
    if not valid.conditions:
        return Drawn(columns, np.zeros(0, dtype=np.int64), finite=finite)
    names = [quantity.name for quantity in inputs]
    # Answers stand after the inputs.
    truth = valid.holds(to_si(inputs, dict(zip(names, columns, strict=False))))
    of_each = len(columns[0]) // items
    per_item = truth.reshape(len(truth), items, of_each).all(axis=2)
    good = per_item.all(axis=0)
    if not good.all():
        columns = [values[np.repeat(good, of_each)] for values in columns]
    return Drawn(columns, (~per_item).sum(axis=1), np.flatnonzero(good), finite)


def _compiled(
    inputs: Sequence[Quantity],
    valid: Region,
    seed: int,
    what: str,
    *,
    start: int = 0,
    answers: Tape | None = None,
) -> Batch | None:
    """Return what draws the very same rows by compiled C; None where numpy has to."""
    if what == "faces" or len(inputs) > _MOST_COMPILED:
        return None
    stretches = []
    for q in inputs:
        low, high = q.low or 0.0, q.high or 0.0
        log = logarithm(low, high) if q.log and low > 0 else 0.0
        if log > WIDEST:
            return None
        stretches.append(Stretch(low, high, log, q.unit.factor, q.unit.offset))
    sobol = what == "domain"
    decided = is_exact(valid.truth)
    # A condition that libraries round differently is left to numpy.
    truth = valid.truth if decided else Tape(valid.truth.inputs, (), ())
    points = drawing(tuple(stretches), truth, seed, sobol=sobol, answers=answers)
    if points is None:
        return None
    drawn = start

    def batch(size: int) -> Drawn:
        nonlocal drawn
        drawn += size
        made = points(drawn - size, size)
        return made if decided else _held(inputs, valid, made.columns, size, made.finite)

    return batch


def _accepted(plan: Plan, valid: Region, batch: Batch, n: int, of_each: int = 1) -> Drawn:
    """Draw until n items lie inside `valid`; each of them is `of_each` rows."""
    kept: list[list[Array]] = []
    finite: bool | None = True
    have, tried, failures = 0, 0, np.zeros(len(valid.conditions), dtype=np.int64)
    size = n if not valid.conditions else max(n, _BATCH)
    while have < n:
        drawn = batch(size)
        kept.append(drawn.columns)
        have += len(drawn.columns[0]) // of_each
        tried += size
        failures += drawn.failures
        finite = finite and drawn.finite
        if have < n and tried >= 16 * _BATCH and have < _LEAST_ACCEPTANCE * tried:
            raise DomainError(_too_thin(plan, valid, have, tried, failures))
        size = min(max(_BATCH, 2 * size), 1 << 18)
    if len(kept) == 1 and have == n:
        return Drawn(kept[0], failures, finite=finite)
    whole = columns_of(len(kept[0]), n * of_each)
    for column, parts in zip(whole, zip(*kept, strict=True), strict=True):
        at = 0
        for part in parts:
            column[at : at + len(part)] = part[: len(column) - at]
            at += len(part)
    return Drawn(whole, failures, finite=finite)


def _too_thin(plan: Plan, valid: Region, have: int, tried: int, failures: Counts) -> str:
    worst = valid.conditions[int(np.argmax(failures))]
    return (
        f"of {tried} points in the declared ranges of {plan.law.identity} only {have} satisfy "
        f"`valid`; {worst!r} rejects {failures.max() / tried:.1%}: narrow the ranges to where it "
        "holds"
    )


def _sobol(dimensions: int, seed: int) -> Draw:
    return in_turn(sobol(dimensions, seed))


def _times(generator: Generator, count: int, times: int, log: bool) -> Array:
    """Return sorted shares of the variable's range, shape (count, times), the first one zero."""
    early = 0 if log else int(_EARLY * (times - 1))
    late = times - 1 - early
    crowd = _EARLIEST ** (1 - _strata(generator, count, early))
    shares = np.concatenate([np.zeros((count, 1)), crowd, _strata(generator, count, late)], axis=1)
    return np.sort(shares, axis=1)


def _strata(generator: Generator, count: int, parts: int) -> Array:
    if parts == 0:
        return np.zeros((count, 0))
    return (np.arange(parts) + generator.random((count, parts))) / parts


def _check_request(n: int, seed: int, what: str) -> None:
    if what not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, got {what!r}")
    demand_whole("n", n)
    demand_whole("seed", seed, least=0)
