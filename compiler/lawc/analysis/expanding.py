"""Vectors, indices, sums and operators of fields written out: one scalar equation after another.

`v` becomes `v[x]`, `v[y]`, `v[z]`, and a line about vectors becomes a line for each component; a
line with an index becomes one for each element. What comes out is a block of plain formulas, with
the places of what they were written from, so that every later pass reads it like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from lawc.analysis.differential import NOTHING
from lawc.analysis.findings import finding
from lawc.analysis.scope import Scope, roots
from lawc.analysis.settling import set_of
from lawc.analysis.vocabulary import Vocabulary, element
from lawc.analysis.writing_out import RefusedError, Value, WritingOut
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.knowledge.law import Quantity
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    BoundaryLine,
    ConditionLine,
    EquationLine,
    RegionLine,
    Word,
)
from lawc.syntax.tree import Index, Name, Node, Number, size, walk

MOST_PARTS = 20_000
"""An operator of an operator of an operator grows faster than its text."""


def expand(scope: Scope, said: Vocabulary) -> tuple[Scope | None, list[Diagnostic]]:
    """Return the scope of a law with everything written out, None where that cannot be done.

    Args:
        scope: Whose names and shapes have been found right.
        said: Its vocabulary.
    """
    try:
        block = _Expanding(scope, said).block()
    except RefusedError as refused:
        return None, [refused.found]
    large = next((root for root in roots(block) if size(root) > MOST_PARTS), None)
    if large is not None:
        return None, [_too_large(large.place)]
    quantities = _quantities(scope, said, block)
    depends = {name: quantity.depends for name, quantity in quantities.items()}
    return replace(scope, block=block, quantities=quantities, depends=depends), []


def _too_large(place: Place) -> Diagnostic:
    return finding(
        "L0106",
        f"written out, this has more than {MOST_PARTS:,} parts",
        place,
        help="give an inner part a name with `:=`, or take fewer elements",
    )


def _quantities(scope: Scope, said: Vocabulary, block: Block) -> dict[str, Quantity]:
    """Return a quantity for each element; a set that only indices run over is none."""
    used = {n.name for root in roots(block) for n in walk(root) if isinstance(n, Name)}
    used |= {name for quantity in scope.quantities.values() for name in quantity.depends}
    found: dict[str, Quantity] = {}
    for name, quantity in scope.quantities.items():
        if name in said.sets and name not in used and name not in scope.unused:
            continue
        for own in said.elements(name):
            words = quantity.words
            if own != name:
                words = f"{words}, {own[len(name) + 1 : -1]}"
            found[own] = replace(quantity, name=own, words=words)
    return found


class _Expanding:
    def __init__(self, scope: Scope, said: Vocabulary) -> None:
        self._scope = scope
        self._said = said
        self._out = WritingOut(scope, said)

    def block(self) -> Block:
        """Return the block with every line written out."""
        block = self._scope.block
        equations = tuple(found for line in block.equations for found in self._equations(line))
        initial = tuple(found for line in block.initial for found in self._starts(line))
        boundary = tuple(found for line in block.boundary for found in self._edges(line))
        valid = tuple(
            replace(line, condition=self._out.scalar(line.condition))
            for line in block.valid
            for _ in self._each((), (line.condition,))
        )
        always = tuple(found for line in block.always for found in self._claims(line))
        return replace(
            block,
            equations=equations,
            initial=initial,
            boundary=boundary,
            region=tuple(self._holes(hole) for hole in block.region),
            valid=valid,
            always=always,
        )

    def _equations(self, line: EquationLine) -> Iterator[EquationLine]:
        for chosen in self._each(line.each, (line.left, line.right)):
            left, right = self._out.value(line.left), self._out.value(line.right)
            for component, one, other in self._pairs(left, right, line.place):
                marks = [*chosen, *([component] if component else [])]
                label = line.label
                if label is not None and marks:
                    label = Word(label.place, element(label.text, tuple(marks)))
                yield replace(line, label=label, left=one, right=other, each=())

    def _starts(self, line: ConditionLine) -> Iterator[ConditionLine]:
        for _ in self._each((), (line.left, line.right)):
            left, right = self._out.value(line.left), self._out.value(line.right)
            at = self._out.scalar(line.at)
            for _, one, other in self._pairs(left, right, line.place):
                yield replace(line, left=one, right=other, at=at)

    def _edges(self, line: BoundaryLine) -> Iterator[BoundaryLine]:
        spoken = (line.left, *((line.right,) if line.right is not None else ()))
        for _ in self._each((), spoken):
            left = self._out.value(line.left)
            if line.right is None:
                fields = [left] if isinstance(left, Node) else [p for p in left if p is not None]
                for field in fields:
                    yield replace(line, left=field)
                continue
            at = self._out.scalar(line.at) if isinstance(line.at, Node) else line.at
            further = tuple((name, self._out.scalar(value)) for name, value in line.further)
            for _, one, other in self._pairs(left, self._out.value(line.right), line.place):
                yield replace(line, left=one, right=other, at=at, further=further)

    def _holes(self, hole: RegionLine) -> RegionLine:
        scalar = self._out.scalar
        return replace(
            hole,
            bounds=tuple((name, scalar(low), scalar(high)) for name, low, high in hole.bounds),
            centre=tuple((name, scalar(value)) for name, value in hole.centre),
            radius=None if hole.radius is None else scalar(hole.radius),
        )

    def _claims(self, line: AlwaysLine) -> list[AlwaysLine]:
        """Return a claim, one for each element it speaks of; then each is said by its elements."""
        found = list(self._claims_of(line))
        return found if len(found) == 1 else [replace(one, text="") for one in found]

    def _claims_of(self, line: AlwaysLine) -> Iterator[AlwaysLine]:
        by = _element_of(line.by, self._said) if line.by is not None else None
        others = (by, line.value, line.towards)
        spoken = (line.subject, *line.where, *(part for part in others if isinstance(part, Node)))
        for _ in self._each((), spoken):
            name = self._out.value(by) if by is not None else line.by
            subject = self._out.value(line.subject)
            value = self._out.scalar(line.value) if line.value is not None else None
            towards = line.towards
            if isinstance(towards, Node):
                towards = self._out.scalar(towards)
            where = tuple(self._out.scalar(condition) for condition in line.where)
            subjects = [subject] if isinstance(subject, Node) else [p for p in subject if p]
            for one in subjects:
                assert name is None or isinstance(name, Name)
                yield replace(line, subject=one, by=name, value=value, towards=towards, where=where)

    def _each(
        self, bindings: tuple[tuple[Name, Node], ...], spoken: Iterable[Node]
    ) -> Iterator[tuple[str, ...]]:
        """Bind the indices of a line to one choice of elements after another.

        A set that stands between brackets itself is one of the indices.
        """
        sets: dict[str, tuple[str, ...]] = {}
        for name, over in bindings:
            sets[name.name] = set_of(over, self._said) or ()
        for root in spoken:
            for node in walk(root):
                for index in node.indices if isinstance(node, Index) else ():
                    if isinstance(index, Name) and index.name in self._said.sets:
                        sets.setdefault(index.name, self._said.sets[index.name])
        for chosen in product(*sets.values()):
            self._out.bound = dict(zip(sets, chosen, strict=True))
            yield chosen
        self._out.bound = {}

    def _pairs(self, left: Value, right: Value, place: Place) -> Iterator[tuple[str, Node, Node]]:
        """Return the sides of the equation of each component, with the component's name."""
        if isinstance(left, Node) and isinstance(right, Node):
            yield "", left, right
            return
        one = left if not isinstance(left, Node) else NOTHING
        other = right if not isinstance(right, Node) else NOTHING
        zero = Number(place, "0", 0)
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            if first is not None or second is not None:
                name = self._said.coordinates.names[number]
                yield name, first or zero, second or zero


def _element_of(name: Name, said: Vocabulary) -> Index | None:
    """Return a name that stands for each element of a set, such as `c[species]`, as an index."""
    base, _, inside = name.name.removesuffix("]").partition("[")
    written = inside.split(", ") if inside else []
    if not any(word in said.sets for word in written):
        return None
    indices = tuple(
        Name(name.place, word)
        if word in said.sets
        else Number(name.place, word, int(word) if word.lstrip("-").isdigit() else 0)
        for word in written
    )
    return Index(name.place, Name(name.place, base), indices)
