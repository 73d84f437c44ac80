"""A decision as the smallest tree or a short list of rows, equal to it where all is known.

An output of finitely many answers divides the box of inputs into cells between thresholds. A tree
with the fewest leaves is found among all trees of those thresholds where the grid of cells is
small, and by greedy choice where it is not; either way it answers each cell as the decision does.
Where an input is unknown it is sharper: it says what all cells agree on that are left.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from lawc.decision.decision import Cell, Decision, Interval, OneOf, Port, Row, Table
from lawc.decision.formula import NotApplicable, Number
from lawc.decision.knowing import asked_whether_known
from lawc.decision.partial import Box, best_cut, ground_of, halved, needed
from lawc.decision.reach import Cut, Reach, above, below, domain
from lawc.decision.values import UNKNOWN, Absent, Value

MOST_CELLS = 20_000
MOST_BLOCKS = 60_000
"""Of blocks of cells, in the search for the tree with the fewest leaves."""

Span = tuple[int, int]
"""Cells of one input, from the first up to and without the last."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An answer."""

    value: Value


@dataclass(frozen=True, slots=True)
class Branch:
    """A question: is an input below a cut."""

    name: str
    cut: Cut
    low: Tree
    high: Tree


Tree = Leaf | Branch


@dataclass(frozen=True, slots=True)
class Grid:
    """An output, cell by cell.

    Attributes:
        cuts: By input, where its cells end, from low to high; inputs that matter only.
        answers: By the number of a cell along each of these inputs.
    """

    output: str
    cuts: Mapping[str, tuple[Cut, ...]]
    answers: Mapping[tuple[int, ...], Value]


def grid(decision: Decision, output: str) -> Grid:
    """Return the cells of an output.

    Raises:
        ValueError: It has no end of answers, there are too many cells, or it asks whether something
            is known.
    """
    unsure = asked_whether_known(decision, output)
    if unsure is not None:
        raise ValueError(f"{output!r} depends on whether {unsure!r} is known, which no tree asks")
    part = needed(decision, (output,))
    box: Box = {port.name: domain(port) for port in decision.inputs}
    found: dict[str, set[Cut]] = {name: set() for name in box}
    waiting = [(box, 0)]
    looked = 0
    while waiting:
        box, depth = waiting.pop()
        looked += 1
        ground, _ = ground_of(part, box)
        answer = ground.names[output]
        if answer.reach.single is not None:
            continue
        halves = _divided(box, ground.cuts, answer.support)
        if halves is None or looked > MOST_CELLS or depth > _DEEPEST:
            raise ValueError(f"{output!r} does not come down to cells with one answer each")
        name = next(name for name in box if halves[0][name] != box[name])
        found[name].add(_edge(halves[0][name], halves[1][name]))
        waiting += ((half, depth + 1) for half in halves)
    cuts = {name: tuple(sorted(set_, key=_place)) for name, set_ in found.items() if set_}
    if math.prod(len(places) + 1 for places in cuts.values()) > MOST_CELLS:
        raise ValueError(f"{output!r} has more cells than {MOST_CELLS}")
    answers: dict[tuple[int, ...], Value] = {}
    whole: Box = {port.name: domain(port) for port in decision.inputs}
    for place in itertools.product(*(range(len(places) + 1) for places in cuts.values())):
        cell = dict(whole)
        for (name, places), number in zip(cuts.items(), place, strict=True):
            cell[name] = _between(whole[name], places, (number, number + 1))
        ground, _ = ground_of(part, cell)
        value = ground.names[output].reach.single
        if value is None:
            raise ValueError(f"{output!r} does not come down to cells with one answer each")
        answers[place] = value
    return _lean(Grid(output, cuts, answers))


_DEEPEST = 60


def smallest_tree(cells: Grid) -> Tree:
    """Return a tree of a grid, the smallest where all can be tried."""
    names = tuple(cells.cuts)
    sizes = tuple(len(cells.cuts[name]) + 1 for name in names)
    blocks = math.prod(size * (size + 1) // 2 for size in sizes)
    best = _Smallest(cells, names) if blocks <= MOST_BLOCKS else None
    start = tuple((0, size) for size in sizes)
    return _built(cells, names, start, best)


def leaves(tree: Tree) -> int:
    """Return how many leaves a tree has."""
    return 1 if isinstance(tree, Leaf) else leaves(tree.low) + leaves(tree.high)


def as_table(tree: Tree, ports: tuple[Port, ...], output: str) -> Table:
    """Return a tree as a table with a row for each leaf."""
    used = tuple(port for port in ports if port.name in _names(tree))
    rows = tuple(
        Row(tuple(_cell(port, box.get(port.name)) for port in used), (_answer(value),))
        for box, value in _leaves(tree, {port.name: domain(port) for port in used})
    )
    return Table((output,), tuple(port.name for port in used), rows)


def rule_list(cells: Grid, ports: tuple[Port, ...]) -> Table:
    """Return a grid as a short list of rows, of which the first that hits speaks.

    From the last row upwards: what is left is given the answer that is most common in it, and
    rows before it take out the largest blocks that are answered otherwise.
    """
    names = tuple(cells.cuts)
    sizes = tuple(len(cells.cuts[name]) + 1 for name in names)
    by_name = {port.name: port for port in ports}
    counts: dict[Value, int] = {}
    for value in cells.answers.values():
        counts[value] = counts.get(value, 0) + 1
    usual = max(counts, key=lambda value: counts[value])
    left = {place for place, value in cells.answers.items() if value != usual}
    rows = []
    while left:
        block, value = _largest(cells, sizes, left)
        left -= set(itertools.product(*(range(*span) for span in block)))
        made = tuple(
            _cell(by_name[name], _reach(cells, by_name[name], span))
            for name, span in zip(names, block, strict=True)
        )
        rows.append(Row(made, (_answer(value),)))
    rows.append(Row(tuple(None for _ in names), (_answer(usual),), otherwise=True))
    return Table((cells.output,), names, tuple(rows), policy="first")


def answer_of(tree: Tree, given: Mapping[str, Value]) -> Value:
    """Return what a tree answers; unknown where it asks for what is unknown and it matters."""
    while isinstance(tree, Branch):
        value = given.get(tree.name, UNKNOWN)
        if not isinstance(value, Fraction):
            one, other = answer_of(tree.low, given), answer_of(tree.high, given)
            return one if one == other else UNKNOWN
        below_it = value < tree.cut.at or (tree.cut.keeps and value == tree.cut.at)
        tree = tree.low if below_it else tree.high
    return tree.value


class _Smallest:
    """The number of leaves that each block of cells needs at least."""

    def __init__(self, cells: Grid, names: tuple[str, ...]) -> None:
        self._answers = cells.answers
        self._count = cache(self._counted)
        self._names = names

    def cut(self, block: tuple[Span, ...]) -> tuple[int, int] | None:
        """Return the input and the place at which a block is best cut; None for one answer."""
        return self._count(block)[1]

    def _counted(self, block: tuple[Span, ...]) -> tuple[int, tuple[int, int] | None]:
        if self._single(block):
            return 1, None
        best: tuple[int, tuple[int, int] | None] = (10**9, None)
        for axis, (start, stop) in enumerate(block):
            for place in range(start + 1, stop):
                low = (*block[:axis], (start, place), *block[axis + 1 :])
                high = (*block[:axis], (place, stop), *block[axis + 1 :])
                total = self._count(low)[0] + self._count(high)[0]
                if total < best[0]:
                    best = total, (axis, place)
        return best

    def _single(self, block: tuple[Span, ...]) -> bool:
        return _one_answer(self._answers, block)


def _one_answer(answers: Mapping[tuple[int, ...], Value], block: tuple[Span, ...]) -> bool:
    places = itertools.product(*(range(*span) for span in block))
    first = answers[next(places)]
    return all(answers[place] == first for place in places)


def _built(
    cells: Grid, names: tuple[str, ...], block: tuple[Span, ...], best: _Smallest | None
) -> Tree:
    if _one_answer(cells.answers, block):
        return Leaf(cells.answers[tuple(start for start, _ in block)])
    chosen = best.cut(block) if best is not None else _greedy(cells, block)
    assert chosen is not None
    axis, place = chosen
    start, stop = block[axis]
    low = (*block[:axis], (start, place), *block[axis + 1 :])
    high = (*block[:axis], (place, stop), *block[axis + 1 :])
    cut = cells.cuts[names[axis]][place - 1]
    return Branch(
        names[axis], cut, _built(cells, names, low, best), _built(cells, names, high, best)
    )


def _greedy(cells: Grid, block: tuple[Span, ...]) -> tuple[int, int]:
    """Return the cut that leaves the least disorder."""
    best: tuple[float, tuple[int, int]] | None = None
    for axis, (start, stop) in enumerate(block):
        counts: list[dict[Value, int]] = [{} for _ in range(start, stop)]
        for place in itertools.product(*(range(*span) for span in block)):
            among = counts[place[axis] - start]
            value = cells.answers[place]
            among[value] = among.get(value, 0) + 1
        for place in range(start + 1, stop):
            left = _disorder(counts[: place - start]) + _disorder(counts[place - start :])
            if best is None or left < best[0]:
                best = left, (axis, place)
    assert best is not None
    return best[1]


def _disorder(counts: list[dict[Value, int]]) -> float:
    together: dict[Value, int] = {}
    for among in counts:
        for value, count in among.items():
            together[value] = together.get(value, 0) + count
    total = sum(together.values())
    return -sum(count * math.log2(count / total) for count in together.values())


def _largest(
    cells: Grid, sizes: tuple[int, ...], left: set[tuple[int, ...]]
) -> tuple[tuple[Span, ...], Value]:
    """Return a large block of one answer that takes out most of what is left."""
    best: tuple[int, tuple[Span, ...], Value] | None = None
    for seed in itertools.islice(sorted(left), 0, None, max(1, len(left) // 64)):
        value = cells.answers[seed]
        block = [(number, number + 1) for number in seed]
        grown = True
        while grown:
            grown = False
            for axis, size in enumerate(sizes):
                start, stop = block[axis]
                for wider in ((start - 1, stop), (start, stop + 1)):
                    if wider[0] < 0 or wider[1] > size:
                        continue
                    new = wider[0] if wider[0] < start else wider[1] - 1
                    slab = (*block[:axis], (new, new + 1), *block[axis + 1 :])
                    if all(
                        cells.answers[place] == value
                        for place in itertools.product(*(range(*span) for span in slab))
                    ):
                        block[axis] = wider
                        start, stop = wider
                        grown = True
        covered = sum(place in left for place in itertools.product(*(range(*s) for s in block)))
        if best is None or covered > best[0]:
            best = covered, tuple(block), value
    assert best is not None
    return best[1], best[2]


def _divided(
    box: Box, cuts: Mapping[str, list[Cut]], support: frozenset[str]
) -> tuple[Box, Box] | None:
    for name in sorted(cuts, key=lambda name: (name not in support, -len(cuts[name]), name)):
        halves = best_cut(cuts[name], box, name)
        if halves is not None:
            return halves
    for name in sorted(support & box.keys()):
        if not box[name].spans:
            return halved(box, name)
    return None


def _edge(low: Reach, high: Reach) -> Cut:
    """Return the cut between two halves of a set."""
    first = high.low
    assert first is not None
    return Cut(first, keeps=first not in high)


def _place(cut: Cut) -> tuple[Fraction, bool]:
    return cut.at, cut.keeps


def _between(reach: Reach, cuts: tuple[Cut, ...], span: Span) -> Reach:
    start, stop = span
    if start > 0:
        reach = above(reach, cuts[start - 1])
    return below(reach, cuts[stop - 1]) if stop <= len(cuts) else reach


def _reach(cells: Grid, port: Port, span: Span) -> Reach:
    return _between(domain(port), cells.cuts[port.name], span)


def _lean(cells: Grid) -> Grid:
    """Return a grid without cuts that change no answer."""
    cuts = dict(cells.cuts)
    answers = dict(cells.answers)
    for axis, name in enumerate(tuple(cuts)):
        size = len(cuts[name]) + 1
        kept = [
            number
            for number in range(1, size)
            if any(
                value != answers[(*place[:axis], number - 1, *place[axis + 1 :])]
                for place, value in answers.items()
                if place[axis] == number
            )
        ]
        numbers = {old: new for new, old in enumerate((0, *kept))}
        answers = {
            (*place[:axis], numbers[place[axis]], *place[axis + 1 :]): value
            for place, value in answers.items()
            if place[axis] in numbers
        }
        cuts[name] = tuple(cuts[name][number - 1] for number in kept)
    used = [axis for axis, name in enumerate(cuts) if cuts[name]]
    return Grid(
        cells.output,
        {name: places for name, places in cuts.items() if places},
        {tuple(place[axis] for axis in used): value for place, value in answers.items()},
    )


def _names(tree: Tree) -> frozenset[str]:
    if isinstance(tree, Leaf):
        return frozenset()
    return _names(tree.low) | _names(tree.high) | {tree.name}


def _leaves(tree: Tree, box: dict[str, Reach]) -> Iterator[tuple[dict[str, Reach], Value]]:
    if isinstance(tree, Leaf):
        yield box, tree.value
        return
    low, high = below(box[tree.name], tree.cut), above(box[tree.name], tree.cut)
    if not low.is_empty:
        yield from _leaves(tree.low, {**box, tree.name: low})
    if not high.is_empty:
        yield from _leaves(tree.high, {**box, tree.name: high})


def _cell(port: Port, reach: Reach | None) -> Cell:
    if reach is None or reach == domain(port):
        return None
    if port.kind in ("one of", "yes/no"):
        return OneOf(frozenset(reach.numbers))
    low, high = reach.low, reach.high
    low_open = low is not None and low not in reach
    high_open = high is not None and high not in reach
    whole = domain(port)
    return Interval(
        None if low == whole.low and not low_open else low,
        None if high == whole.high and not high_open else high,
        low_open,
        high_open,
    )


def _answer(value: Value) -> Number | NotApplicable:
    return NotApplicable() if isinstance(value, Absent) else Number(value)
