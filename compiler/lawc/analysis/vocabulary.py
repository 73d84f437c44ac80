"""What a law says about its names beside units: vectors, indices, sets, kinds, coordinates.

Read once from the lines under `symbols`. Most laws say none of it, and have no vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from itertools import product

from lawc.analysis.coordinates import CARTESIAN, Coordinates
from lawc.diagnostics.immutable import immutable
from lawc.syntax.document import Block, Declaration
from lawc.syntax.kinds import YES_NO
from lawc.syntax.tree import Negative, Node, Number

MOST_ELEMENTS = 200
"""Elements that an indexed quantity, a sum or an equation for each may have."""

FIELD_FUNCTIONS: Mapping[str, tuple[int, ...]] = {
    "grad": (1,),
    "div": (1,),
    "curl": (1,),
    "laplacian": (1,),
    "along": (2,),
    "dot": (2,),
    "cross": (2,),
    "norm": (1,),
    "vector": (2, 3),
}
"""Functions of fields and vectors, and the numbers of arguments they take."""

WORDS = ("yes/no", "one of", "date")
"""Kinds whose values are words, not numbers."""


@immutable
class Vocabulary:
    """What names are, beside what they measure.

    Attributes:
        kinds: The kind of each name that is no plain number.
        vectors: The number of components of each vector.
        indices: The sets that the indices of each indexed name run over.
        sets: The elements of each set, as they stand between brackets.
        coordinates: What `∇` differentiates by, and the names of components.
        depends: For each name what it is a function of.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    vectors: Mapping[str, int] = field(default_factory=dict)
    indices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coordinates: Coordinates = CARTESIAN
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def elements(self, name: str) -> tuple[str, ...]:
        """Return the names of the scalars that a name stands for: `v[x]`, `v[y]`, `v[z]`."""
        sets = [self.sets.get(index, ()) for index in self.indices.get(name, ())]
        size = self.vectors.get(name)
        if size is not None:
            sets.append(self.coordinates.components(size))
        if not sets:
            return (name,)
        return tuple(element(name, indices) for indices in product(*sets))


NOTHING_SAID = Vocabulary()


def element(name: str, indices: tuple[str, ...]) -> str:
    """Return the name of an element: `c[A, 1]`."""
    return f"{name}[{', '.join(indices)}]"


def vocabulary(block: Block, coordinates: Coordinates) -> Vocabulary:
    """Return the vocabulary of a block."""
    kinds: dict[str, str] = {}
    vectors: dict[str, int] = {}
    indices: dict[str, tuple[str, ...]] = {}
    sets: dict[str, tuple[str, ...]] = {}
    depends: dict[str, tuple[str, ...]] = {}
    for line in block.symbols:
        elements = choices_of(line)
        for name in line.names:
            depends[name.name] = tuple(other.name for other in line.depends)
            if line.kind != "number":
                kinds[name.name] = line.kind
            if line.shape > 1:
                vectors[name.name] = line.shape
            if line.indices:
                indices[name.name] = tuple(index.name for index in line.indices)
            if elements:
                sets[name.name] = elements
    return Vocabulary(kinds, vectors, indices, sets, coordinates, depends)


def choices_of(line: Declaration) -> tuple[str, ...]:
    """Return what a declared word or whole number may be."""
    if line.kind == "one of":
        return tuple(word.text for word in line.choices)
    if line.kind == "yes/no":
        return YES_NO
    if line.kind == "integer" and line.low is not None and line.high is not None:
        return whole_numbers(line.low, line.high) or ()
    return ()


def whole_numbers(low: Node, high: Node) -> tuple[str, ...] | None:
    """Return the whole numbers of a range, or None where its ends are none, or too far apart."""
    first, last = whole(low), whole(high)
    if first is None or last is None or not 0 <= last - first < MOST_ELEMENTS:
        return None
    return tuple(str(number) for number in range(first, last + 1))


def whole(node: Node) -> int | None:
    """Return a literal whole number, or None."""
    match node:
        case Number(_, _, int() as value, None):
            return value
        case Negative(_, Number(_, _, int() as value, None)):
            return -value
    return None


def has_words(block: Block) -> bool:
    """Return whether a block declares anything but plain numbers."""
    return block.coordinates is not None or any(
        line.kind != "number" or line.shape > 1 or line.indices for line in block.symbols
    )
