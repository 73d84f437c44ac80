"""What `otherwise` takes: the cases of a table that no other row has, as regions in words.

Along each quantity, pieces that leave the same rows open go together, and so do regions that
differ along one quantity only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

from lawc.decision.conditions import cell_condition
from lawc.decision.decision import Decision, Interval, Port, Table
from lawc.decision.formula import every, some
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.rule_words import said
from lawc.proofs.boxes import Axis, Boxes, Piece, boxes
from lawc.proofs.relaxing import relaxed
from lawc.proofs.search import QUICK
from lawc.proofs.subject import Subject

MOST = 400
"""Regions of one table that are told apart; beyond, nothing is said of where they lie."""

Bits = tuple[int, ...]
"""A region: of each axis the bits of its pieces."""


@immutable
class Remainder:
    """What is left to the row `otherwise` of a table.

    Attributes:
        outputs: What the table decides.
        regions: In words, such as `eGFR 45 ..< 60, ACR > 300`; `everywhere` for all there is.
        but: Labels of rows whose conditions are formulas, which may take a part of them.
        is_whole: Whether these are all regions.
    """

    outputs: tuple[str, ...]
    regions: tuple[str, ...]
    but: tuple[str, ...] = ()
    is_whole: bool = True

    def told(self, most: int = 12) -> tuple[str, ...]:
        """Return the regions as lines, and what else is to be said of them."""
        lines = list(self.regions[:most])
        if len(self.regions) > most:
            lines.append(f"and {len(self.regions) - most} more regions")
        if not self.is_whole:
            lines.append(f"more than {MOST} regions")
        if not lines:
            lines.append("nothing")
        if self.but:
            lines.append(f"but for what {', '.join(self.but)} takes of it")
        return tuple(lines)


def remainders(decision: Decision) -> tuple[Remainder, ...]:
    """Return what each `otherwise` of a decision takes, in the order of the steps."""
    decision = relaxed(decision)
    subject = Subject(decision, QUICK)
    return tuple(
        _remainder(subject, index, step)
        for index, step in enumerate(decision.steps)
        if isinstance(step, Table) and any(row.otherwise for row in step.rows)
    )


def _remainder(subject: Subject, index: int, table: Table) -> Remainder:
    decision = subject.decision
    ports = tuple(decision.port(name) for name in table.on)
    made = boxes(table, ports)
    plain = [i for i, exact in enumerate(made.exact) if exact]
    but = tuple(
        row.label for i, row in enumerate(table.rows) if not row.otherwise and not made.exact[i]
    )
    left = uncovered(made, plain)
    if left is None:
        return Remainder(table.outputs, (), but, is_whole=False)
    inputs = {port.name for port in decision.inputs}
    decided = [place for place, name in enumerate(table.on) if name not in inputs]
    if decided:
        # Each stretch of what is decided before is asked about alone.
        parts = [box for whole in left for box in _stretches(whole, decided)]
        if len(parts) <= MOST:
            left = [box for box in parts if _is_reached(subject, index, made.axes, box)]
    parts = _joined(left)
    regions = tuple(_words(made.axes, ports, box) for box in parts)
    return Remainder(table.outputs, regions, but)


def uncovered(made: Boxes, rows: list[int]) -> list[Bits] | None:
    """Return boxes, as bits of pieces, of all that no row takes; None where they are too many."""
    known: dict[tuple[int, frozenset[int]], list[Bits]] = {}

    def below(place: int, still: frozenset[int]) -> list[Bits]:
        if place == len(made.axes):
            return [] if still else [()]
        if (place, still) in known:
            return known[place, still]
        groups: dict[frozenset[int], int] = {}
        for piece in range(len(made.axes[place].pieces)):
            there = frozenset(row for row in still if made.rows[row][place] >> piece & 1)
            groups[there] = groups.get(there, 0) | 1 << piece
        tails: dict[Bits, int] = {}
        for there, bits in groups.items():
            for tail in below(place + 1, there):
                tails[tail] = tails.get(tail, 0) | bits
        found = [(bits, *tail) for tail, bits in tails.items()]
        if len(found) > MOST or len(known) > 50 * MOST:
            raise _TooManyError
        known[place, still] = found
        return found

    try:
        return below(0, frozenset(rows))
    except _TooManyError:
        return None


class _TooManyError(Exception):
    """There are too many regions."""


def _stretches(box: Bits, places: list[int]) -> list[Bits]:
    """Return a region cut between pieces that are not beside each other, along some axes."""
    parts = [list(_runs(bits)) if i in places else [bits] for i, bits in enumerate(box)]
    return list(product(*parts))


def _runs(bits: int) -> Iterator[int]:
    """Yield the runs of set bits of a number, each as a number."""
    while bits:
        low = bits & -bits
        # Adding the lowest bit carries through the run above it.
        run = bits & ~(bits + low)
        yield run
        bits &= ~run


def _joined(regions: list[Bits]) -> list[Bits]:
    """Return regions with those joined that differ along one quantity only."""
    before = len(regions) + 1
    while len(regions) < before:
        before = len(regions)
        for place in range(len(regions[0]) if regions else 0):
            along: dict[Bits, int] = {}
            for box in regions:
                rest = (*box[:place], *box[place + 1 :])
                along[rest] = along.get(rest, 0) | box[place]
            regions = [(*rest[:place], bits, *rest[place:]) for rest, bits in along.items()]
    return regions


def _is_whole(axis: Axis, bits: int) -> bool:
    return bits == (1 << len(axis.pieces)) - 1


def _intervals(axis: Axis, bits: int) -> Iterator[Interval]:
    """Yield the pieces of an axis, those beside each other as one."""
    run: Interval | None = None
    for place, piece in enumerate(axis.pieces):
        if not bits >> place & 1:
            if run is not None:
                yield run
            run = None
            continue
        here = _interval(piece, axis.step)
        run = here if run is None else Interval(run.low, here.high, run.low_open, here.high_open)
    if run is not None:
        yield run


def _interval(piece: Piece, step: Fraction | None) -> Interval:
    low, high = piece.low, piece.high
    if piece.is_point:
        return Interval(low, high)
    if step is None:
        return Interval(low, high, low is not None, high is not None)
    first = None if low is None else (low // step + 1) * step
    last = None if high is None else (-(-high // step) - 1) * step
    return Interval(first, last)


def _words(axes: tuple[Axis, ...], ports: tuple[Port, ...], box: Bits) -> str:
    parts = [
        f"{port.name} {_along(axis, port, bits)}"
        for axis, port, bits in zip(axes, ports, box, strict=True)
        if not _is_whole(axis, bits)
    ]
    return ", ".join(parts) or "everywhere"


def _along(axis: Axis, port: Port, bits: int) -> str:
    if port.choices or port.kind == "yes/no":
        words = [said(axis.value(i), port) for i in range(len(axis.pieces)) if bits >> i & 1]
        return " or ".join(words)
    return " or ".join(_between(cell, port) for cell in _intervals(axis, bits))


def _between(cell: Interval, port: Port) -> str:
    low, high = cell.low, cell.high
    if cell.low is not None and cell.low == cell.high:
        return said(cell.low, port)
    low = None if low == port.low else low
    high = None if high == port.high else high
    if low is None or high is None:
        # Not both: an axis that is taken whole is not told.
        sign = ("<" if cell.high_open else "<=") if low is None else ">" if cell.low_open else ">="
        end = high if low is None else low
        return "" if end is None else f"{sign} {said(end, port)}"
    dots = f"{'<' if cell.low_open else ''}..{'<' if cell.high_open else ''}"
    bare = replace(port, unit="")
    return f"{said(low, bare)} {dots} {said(high, port)}"


def _is_reached(subject: Subject, index: int, axes: tuple[Axis, ...], box: Bits) -> bool:
    """Whether earlier steps may lead to a region; where that is not known they may."""
    conditions = [
        some(tuple(cell_condition(cell, axis.name) for cell in _intervals(axis, bits)))
        for axis, bits in zip(axes, box, strict=True)
        if not _is_whole(axis, bits)
    ]
    held = subject.encoding.condition(every(tuple(conditions)))
    applicable = [subject.encoding.terms[axis.name].applicable for axis in axes]
    return subject.exists([held, *applicable], index) is not False
