"""Functions around a mismatch; a difference of logarithms is one thought, and one finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lawc.analysis.dimensions import Mismatch
from lawc.analysis.measuring import Kind
from lawc.analysis.scope import Scope
from lawc.syntax.tree import Binary, Call, Node, walk

_LOGARITHMS = frozenset(("ln", "log10", "log2"))


def call_around(scope: Scope, mismatch: Mismatch) -> Call | None:
    """Return the function whose argument does not fit."""
    for node in _nodes(scope, mismatch):
        if isinstance(node, Call) and any(a is mismatch.node for a in node.arguments):
            return node
    return None


def log_difference(scope: Scope, mismatch: Mismatch) -> Binary | None:
    """Return the difference `ln(a) - ln(b)` of which the mismatch is an argument."""
    for node in _nodes(scope, mismatch):
        match node:
            case Binary(_, "-", Call(_, one, (a,)), Call(_, other, (b,))) if (
                one.name == other.name in _LOGARITHMS and mismatch.node in (a, b)
            ):
                assert isinstance(node, Binary)
                return node
    return None


def arguments_of(difference: Binary) -> list[Node]:
    """Return the arguments of both logarithms of a difference."""
    sides = (difference.left, difference.right)
    return [argument for side in sides if isinstance(side, Call) for argument in side.arguments]


def without_pairs(scope: Scope, mismatches: Sequence[Mismatch]) -> list[Mismatch]:
    """Return the mismatches without the second of each difference of logarithms."""
    kept: list[Mismatch] = []
    said: list[Node] = []
    for mismatch in mismatches:
        pair = log_difference(scope, mismatch) if mismatch.kind is Kind.ARGUMENT else None
        if pair is None or pair not in said:
            kept.append(mismatch)
        if pair is not None:
            said.append(pair)
    return kept


def _nodes(scope: Scope, mismatch: Mismatch) -> Iterator[Node]:
    for root in _roots(scope, mismatch):
        yield from walk(root)


def _roots(scope: Scope, mismatch: Mismatch) -> list[Node]:
    block, number = scope.block, mismatch.context.number
    match mismatch.context.section:
        case "equations":
            equation = block.equations[number]
            return [equation.left, equation.right]
        case "initial":
            condition = block.initial[number]
            return [condition.left, condition.right, condition.at]
        case "valid":
            return [block.valid[number].condition]
        case "always":
            claim = block.always[number]
            return [claim.subject, *claim.where]
    return []
