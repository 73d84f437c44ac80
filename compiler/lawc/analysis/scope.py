"""What the names of one law mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lawc.analysis.vocabulary import Vocabulary
from lawc.diagnostics.diagnostic import Place, Source
from lawc.knowledge.law import Constant, Quantity
from lawc.syntax.document import Block, Declaration, Word
from lawc.syntax.tree import Name, Node
from lawc.units.dimension import NONE, Dimension

BUILT_IN = frozenset(("pi",))
"""Names that every law knows."""


@dataclass(frozen=True)
class Scope:
    """The names of a law, after its imports are found and its units are read.

    Attributes:
        identity: Of the law.
        declared: The line and the place of every name under `symbols`, the first one each.
        quantities: Those whose line could be read in full.
        constants: What was imported.
        dimensions: Of every name that may stand in a formula; None where nobody can say yet.
        unknown: Names that occur and mean nothing, with their places.
        damaged: Whether a line of the block could not be read, so that what is absent may have
            stood there.
        depends: For each declared name what it is a function of.
        importable: For unknown names the constants that they may mean, with their blocks.
        unused: Names that no formula uses, and where they are declared or imported.
        scales: Whether a symbol or number stands on a scale with a zero of its own, such as °C.
        parts: Quantities of the parts of a system.
        said: What names are beside what they measure; None for a law of plain numbers, in which
            nothing has to be written out.
        mending: Whether edits are sought that would clear a finding.
    """

    identity: str
    source: Source
    block: Block
    declared: dict[str, tuple[Declaration, Name]]
    quantities: dict[str, Quantity]
    constants: dict[str, Constant]
    dimensions: dict[str, Dimension | None]
    unknown: dict[str, list[Place]]
    damaged: bool = False
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    importable: dict[str, tuple[str, Constant]] = field(default_factory=dict)
    unused: dict[str, Place] = field(default_factory=dict)
    scales: bool = False
    parts: dict[str, Quantity] = field(default_factory=dict)
    said: Vocabulary | None = None
    mending: bool = True

    @cached_property
    def alike(self) -> Mapping[Dimension, tuple[str, ...]]:
        """The names of each dimension, in the order of their declaration."""
        found: dict[Dimension, list[str]] = {}
        for name, measure in self.dimensions.items():
            if measure is not None:
                found.setdefault(measure, []).append(name)
        return {measure: tuple(names) for measure, names in found.items()}

    @cached_property
    def noted(self) -> dict[str, Any]:
        """What passes found out about the law and ask for again, each under its own word."""
        return {}

    def text(self, node: Node) -> str:
        """Return a part of the law as its author wrote it."""
        return self.source.text[node.place.start : node.place.end]


def base_dimensions() -> dict[str, Dimension | None]:
    """Return the dimensions of the built-in names."""
    return dict.fromkeys(BUILT_IN, NONE)


def roots(block: Block) -> Iterator[Node]:
    """Yield every expression of a law's block, in the order of its sections."""
    for equation in block.equations:
        yield equation.left
        yield equation.right
    for reaction in block.reactions:
        for substance in (*reaction.left, *reaction.right):
            yield substance.name
        yield from reaction.rates
    for connection in block.connections:
        yield connection.left
        yield connection.right
    for condition in block.initial:
        yield condition.left
        yield condition.right
        yield condition.variable
        yield condition.at
    for line in block.boundary:
        yield from line.names
        yield from line.formulas
    for hole in block.region:
        yield from hole.names
        yield from hole.formulas
    for event in block.events:
        yield event.condition
        for change in event.changes:
            yield change.left
            yield change.right
    for line in block.valid:
        yield line.condition
    for example in block.examples:
        yield example.quantity
        yield example.value
        if example.tolerance is not None:
            yield example.tolerance
        for name, value in example.given:
            yield name
            yield value
    for claim in block.always:
        yield claim.subject
        for part in (claim.by, claim.value, claim.towards):
            if part is not None and not isinstance(part, Word):
                yield part
        yield from claim.where
