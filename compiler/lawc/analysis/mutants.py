"""The mutants of a law: the same block with one slip in it.

Whether the checks of a law notice every slip tells how much they are worth. A mutant differs from
its law in one place of its equations, initial conditions or `valid`; declarations and checks stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from lawc.analysis.edits import Alike, Edit, Kind, edited, edits, is_sum, negated, turned
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.law import Law
from lawc.syntax.document import (
    Block,
    BoundaryLine,
    ConditionLine,
    ConnectLine,
    EquationLine,
    ReactionLine,
    Substance,
    ValidLine,
    Word,
)
from lawc.syntax.tree import Name, Node, Number, walk
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

Line = TypeVar(
    "Line", EquationLine, ConditionLine, BoundaryLine, ValidLine, ConnectLine, ReactionLine
)
Item = TypeVar("Item")

_HERE = Name(Place("", 0, 0), "")


@immutable
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
            new = _with(line, edit)
            yield edit, replace(block, equations=_put(block.equations, number, new))
    yield from _of_reactions(block, alike)
    for number, line in enumerate(block.connections):
        sign = () if is_sum(line.right) else (negated(line.right),)
        for edit in (*sign, *edits(line.right, alike)):
            new = _with(line, edit)
            yield edit, replace(block, connections=_put(block.connections, number, new))
    for number, line in enumerate(block.initial):
        for edit in _of_condition(line.left, line.right, line.at, alike):
            new = _with(line, edit)
            yield edit, replace(block, initial=_put(block.initial, number, new))
    for number, line in enumerate(block.boundary):
        if line.right is not None:
            for edit in _of_condition(line.left, line.right, line.at, alike):
                new = _with(line, edit)
                yield edit, replace(block, boundary=_put(block.boundary, number, new))
    for number, line in enumerate(block.valid):
        for edit in turned(line.condition):
            new = _with(line, edit)
            yield edit, replace(block, valid=_put(block.valid, number, new))


def _of_condition(left: Node, right: Node, at: Node | Word | None, alike: Alike) -> Iterator[Edit]:
    if not _is_zero(right):
        yield negated(right)
    yield from edits(right, alike)
    if isinstance(at, Node):
        yield from edits(at, {})
    for edit in edits(left, alike):
        # What a condition is about has no sign of its own, unless it is a sum.
        if is_sum(left) or edit.kind in (Kind.DERIVATIVE, Kind.SYMBOL, Kind.OTHER):
            yield edit


def _with(line: Line, edit: Edit) -> Line:
    """Return a line of a section with an edit made in its expressions."""
    changed: dict[str, Any] = {}
    for entry in fields(line):
        part = getattr(line, entry.name)
        if isinstance(part, Node):
            changed[entry.name] = edited(part, edit)
    return replace(line, **changed)


def _of_reactions(block: Block, alike: Alike) -> Iterator[tuple[Edit, Block]]:
    for number, line in enumerate(block.reactions):
        for edit, new in _of_reaction(line, alike):
            yield edit, replace(block, reactions=_put(block.reactions, number, new))


def _of_reaction(line: ReactionLine, alike: Alike) -> Iterator[tuple[Edit, ReactionLine]]:
    for position, rate in enumerate(line.rates):
        sign = () if is_sum(rate) else (negated(rate),)
        for edit in (*sign, *edits(rate, alike)):
            yield edit, replace(line, rates=_put(line.rates, position, edited(rate, edit)))
    was, place = _shown(line.left, line.right), line.place
    for side in ("left", "right"):
        substances: tuple[Substance, ...] = getattr(line, side)
        for position, one in enumerate(substances):
            rest = (*substances[:position], *substances[position + 1 :])
            changes = [(Kind.TERM, rest)]
            more = replace(one, count=one.count + 1)
            changes.append((Kind.CONSTANT, _put(substances, position, more)))
            for other in alike.get(one.name.name, ((), ()))[0]:
                swapped = replace(one, name=replace(one.name, name=other))
                changes.append((Kind.SYMBOL, _put(substances, position, swapped)))
            for kind, changed in changes:
                new = (
                    replace(line, left=changed) if side == "left" else replace(line, right=changed)
                )
                became = _shown(new.left, new.right)
                yield Edit(kind, one.name, one.name, was, became, one.place), new
    new = replace(line, left=line.right, right=line.left)
    yield Edit(Kind.SIGN, _HERE, _HERE, was, _shown(new.left, new.right), place), new


def _shown(left: tuple[Substance, ...], right: tuple[Substance, ...]) -> str:
    def side(substances: tuple[Substance, ...]) -> str:
        words = [
            f"{one.count} {one.name.name}" if one.count != 1 else one.name.name
            for one in substances
        ]
        return " + ".join(words) or "nothing"

    return f"{side(left)} -> {side(right)}"


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


def _put(lines: tuple[Item, ...], number: int, new: Item) -> tuple[Item, ...]:
    return (*lines[:number], new, *lines[number + 1 :])


def _said(block: Block) -> tuple[str, ...]:
    """Return all that an edit may touch, as text in one spelling."""
    roots: list[Node] = []
    for equation in block.equations:
        roots += [equation.left, equation.right]
    for condition in block.initial:
        roots += [condition.left, condition.right, condition.at]
    for line in block.boundary:
        roots += [part for part in (line.left, line.right, line.at) if isinstance(part, Node)]
    roots += [line.condition for line in block.valid]
    roots += [line.right for line in block.connections]
    roots += [rate for reaction in block.reactions for rate in reaction.rates]
    sides = [_shown(reaction.left, reaction.right) for reaction in block.reactions]
    return (*map(write, roots), *sides)


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
