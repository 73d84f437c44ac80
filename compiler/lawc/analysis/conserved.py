"""The sums that reactions keep: whole-number vectors that every reaction leaves unchanged.

They are the left null space of the matrix of net counts. Of its vectors those without negative
entries say most to a chemist (a moiety, a total), so they are found first, by combining rows until
every reaction cancels, the fewest species first; what they do not span is filled up by others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from lawc.knowledge.reactions import ConservedSum

MOST_ROWS = 400
"""Rows that combining may reach; beyond it nonnegative sums are no longer looked for."""

Vector = tuple[int, ...]


def conserved_sums(
    changes: Sequence[Mapping[str, int | float]], species: Sequence[str]
) -> tuple[ConservedSum, ...]:
    """Return an independent set of sums that no reaction changes, small ones first.

    Args:
        changes: For each reaction how many of each species one turn makes.
        species: All species, in the order in which the sums list them.
    """
    matrix = [[Fraction(repr(change.get(name, 0))) for change in changes] for name in species]
    wanted = len(species) - len(_echelon(matrix))
    if not wanted:
        return ()
    candidates = sorted(_nonnegative(matrix), key=_size)
    candidates += sorted(_null_space(matrix), key=_size)
    kept: list[Vector] = []
    for vector in candidates:
        if len(kept) == wanted:
            break
        rows = [[Fraction(entry) for entry in row] for row in (*kept, vector)]
        if len(_echelon(rows)) == len(rows):
            kept.append(vector)
    return tuple(
        ConservedSum(tuple((n, w) for n, w in zip(species, vector, strict=True) if w))
        for vector in kept
    )


def _size(vector: Vector) -> tuple[int, int, Vector]:
    used = sum(1 for entry in vector if entry)
    return used, sum(abs(entry) for entry in vector), tuple(-entry for entry in vector)


def _nonnegative(matrix: list[list[Fraction]]) -> list[Vector]:
    """Return the vectors without negative entries whose species no other one's contain."""
    count = len(matrix)
    rows = [
        (list(row), tuple(Fraction(int(i == j)) for j in range(count)))
        for i, row in enumerate(matrix)
    ]
    for column in range(len(matrix[0]) if matrix else 0):
        still = [row for row in rows if row[0][column] == 0]
        above = [row for row in rows if row[0][column] > 0]
        below = [row for row in rows if row[0][column] < 0]
        if len(above) * len(below) + len(still) > MOST_ROWS:
            return []
        for one in above:
            for other in below:
                p, q = -other[0][column], one[0][column]
                mixed = [p * a + q * b for a, b in zip(one[0], other[0], strict=True)]
                weights = tuple(p * a + q * b for a, b in zip(one[1], other[1], strict=True))
                still.append((mixed, weights))
        rows = _minimal(still)
    return [_whole(weights) for _, weights in rows]


def _minimal(
    rows: list[tuple[list[Fraction], tuple[Fraction, ...]]],
) -> list[tuple[list[Fraction], tuple[Fraction, ...]]]:
    """Return the rows whose species are not more than another row's."""
    kept: list[tuple[list[Fraction], tuple[Fraction, ...]]] = []
    supports: list[frozenset[int]] = []
    for row in sorted(rows, key=lambda row: sum(1 for weight in row[1] if weight)):
        support = frozenset(i for i, weight in enumerate(row[1]) if weight)
        if not any(other <= support for other in supports):
            kept.append(row)
            supports.append(support)
    return kept


def _null_space(matrix: list[list[Fraction]]) -> list[Vector]:
    """Return a basis of the vectors that the matrix takes to zero from the left."""
    count = len(matrix)
    transposed = [list(column) for column in zip(*matrix, strict=True)]
    pivots = _echelon(transposed)
    columns = {next(i for i, entry in enumerate(row) if entry): row for row in pivots}
    found = []
    for free in range(count):
        if free in columns:
            continue
        vector = [Fraction(0)] * count
        vector[free] = Fraction(1)
        for pivot, row in columns.items():
            vector[pivot] = -row[free]
        found.append(_whole(tuple(vector)))
    return found


def _echelon(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return the rows of the reduced echelon form that are not zero."""
    rows = [list(row) for row in matrix]
    done: list[list[Fraction]] = []
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [entry / pivot[column] for entry in pivot]
        rows, done = (
            [
                [a - row[column] * b for a, b in zip(row, pivot, strict=True)]
                if row[column]
                else row
                for row in some
            ]
            for some in (rows, done)
        )
        done.append(pivot)
    return done


def _whole(vector: tuple[Fraction, ...]) -> Vector:
    """Return the smallest whole numbers in the same ratios, the first of them positive."""
    scale = lcm(*(entry.denominator for entry in vector))
    numbers = [int(entry * scale) for entry in vector]
    divisor = gcd(*numbers) or 1
    if next((number for number in numbers if number), 1) < 0:
        divisor = -divisor
    return tuple(number // divisor for number in numbers)
