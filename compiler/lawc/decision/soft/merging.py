"""Cells in which an answer is the same are made one: thresholds that it does not turn on are left.

A stage may have five thresholds, and a risk that is read from it turn on three of them. The average
over fewer cells is the same, and costs less.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from lawc.decision.soft.axes import Node, fixed


def merged(node: Node) -> Node:
    """Return a node over as few cells as its answers allow."""
    if node.terms:
        return replace(node, terms=tuple(merged(term) for term in node.terms))
    if node.constant is None or node.constant[1] is not None:
        return node
    # Memberships of another axis may vary with the cells of this one.
    if any(axis.parents for axis in node.axes):
        return node
    value, left = node.constant[0], []
    for axis in node.axes:
        place = 1 + len(left)
        kept = _turns(value, place) if axis.fewer is not None else list(range(axis.size - 1))
        if not kept:
            value = value.select(place, 0)
            continue
        if axis.fewer is not None and len(kept) < axis.size - 1:
            value = _slices(value, place, [0, *(turn + 1 for turn in kept)])
            axis = axis.fewer(tuple(kept))
        left.append(axis)
    return fixed(value, None, tuple(left))


def _turns(value: Tensor, place: int) -> list[int]:
    """Return the thresholds at which anything changes."""
    before = value.narrow(place, 0, value.shape[place] - 1)
    after = value.narrow(place, 1, value.shape[place] - 1)
    changed = (before != after).movedim(place, 0).flatten(1).any(1)
    return changed.nonzero()[:, 0].tolist()


def _slices(value: Tensor, place: int, cells: list[int]) -> Tensor:
    return value.index_select(place, value.new_tensor(cells).long())
