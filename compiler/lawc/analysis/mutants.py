"""The mutants of a law: the same block with one slip in it.

Whether the checks of a law notice every slip tells how much they are worth. A mutant differs from
its law in one place of its equations, initial conditions or `valid`; declarations and checks stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from lawc.analysis.edits import Alike, Edit, Kind, edited, edits, is_sum, negated, turned
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Law
from lawc.syntax.document import Block, EquationLine
from lawc.syntax.tree import Name, Node, Number, walk
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

Line = TypeVar("Line")


@dataclass(frozen=True)
class Mutant:
    """A law with one slip.

    Attributes:
        kind: What was done.
        place: Of what was edited, in the text of the law.
        was, became: Both as text; `became` is empty where something was dropped.
        block: The law as it would have been written.
    """

    kind: Kind
    place: Place
    was: str
    became: str
    block: Block

    @property
    def text(self) -> str:
        """The slip in one line."""
        return (
            f"`{self.was}` became `{self.became}`" if self.became else f"`{self.was}` was dropped"
        )


def mutants(block: Block, law: Law) -> tuple[Mutant, ...]:
    """Return the single-edit mutants of a law, each text once, in the order of the text.

    Args:
        block: The law as written.
        law: The law as known, for the dimensions of its names.
    """
    alike = _alike(block, law)
    found: list[Mutant] = []
    seen = {_said(block)}
    for edit, changed in _changes(block, alike):
        said = _said(changed)
        if said not in seen:
            seen.add(said)
            found.append(Mutant(edit.kind, edit.place, edit.was, edit.became, changed))
    return tuple(found)


def _changes(block: Block, alike: Alike) -> Iterator[tuple[Edit, Block]]:
    for number, line in enumerate(block.equations):
        for edit in _of_equation(line, alike):
            new = replace(line, left=edited(line.left, edit), right=edited(line.right, edit))
            yield edit, replace(block, equations=_put(block.equations, number, new))
    for number, line in enumerate(block.initial):
        sign = () if _is_zero(line.right) else (negated(line.right),)
        for edit in (*sign, *edits(line.right, alike), *edits(line.at, {})):
            new = replace(line, right=edited(line.right, edit), at=edited(line.at, edit))
            yield edit, replace(block, initial=_put(block.initial, number, new))
        for edit in edits(line.left, alike):
            if edit.kind in (Kind.DERIVATIVE, Kind.SYMBOL, Kind.OTHER):
                new = replace(line, left=edited(line.left, edit))
                yield edit, replace(block, initial=_put(block.initial, number, new))
    for number, line in enumerate(block.valid):
        for edit in turned(line.condition):
            new = replace(line, condition=edited(line.condition, edit))
            yield edit, replace(block, valid=_put(block.valid, number, new))


def _of_equation(line: EquationLine, alike: Alike) -> Iterator[Edit]:
    # What a single name stands for is the equation's subject: another name there, or another
    # sign, says the same of the other side.
    if not isinstance(line.left, Name):
        yield from edits(line.left, alike)
    if not is_sum(line.right):
        yield negated(line.right)
    yield from edits(line.right, alike)


def _is_zero(node: Node) -> bool:
    return isinstance(node, Number) and not node.value


def _put(lines: tuple[Line, ...], number: int, new: Line) -> tuple[Line, ...]:
    return (*lines[:number], new, *lines[number + 1 :])


def _said(block: Block) -> tuple[str, ...]:
    """Return all that an edit may touch, as text in one spelling."""
    roots: list[Node] = []
    for equation in block.equations:
        roots += [equation.left, equation.right]
    for condition in block.initial:
        roots += [condition.left, condition.right, condition.at]
    roots += [line.condition for line in block.valid]
    return tuple(map(write, roots))


def _alike(block: Block, law: Law) -> Alike:
    """Return for each name all others of its dimension, and one of another dimension.

    One of another dimension is enough: whether dimensions see it does not depend on which it is.
    """
    dimensions: dict[str, Dimension] = {}
    for name, quantity in law.quantities.items():
        dimensions.setdefault(name.partition("[")[0], quantity.dimension)
    for name, constant in law.constants.items():
        dimensions[name] = constant.unit.dimension
    used = {
        node.name
        for line in block.equations
        for side in (line.left, line.right)
        for node in walk(side)
        if isinstance(node, Name)
    }
    # Names that only conditions use are no less likely to be taken for one another.
    order = sorted(dimensions, key=lambda name: name not in used)
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for number, name in enumerate(order):
        others = [*order[number + 1 :], *order[:number]]
        like = tuple(other for other in others if dimensions[other] == dimensions[name])
        unlike = tuple(other for other in others if dimensions[other] != dimensions[name])
        found[name] = (like, unlike[:1])
    return found
