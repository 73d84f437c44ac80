"""Boxes of inputs, and how they are cut in two."""

from __future__ import annotations

from fractions import Fraction

from lawc.decision.reach import Cut, Reach, above, below, middle

Box = dict[str, Reach]
"""What each input lies in."""


def split(box: Box, name: str, cut: Cut) -> tuple[Box, Box] | None:
    """Return a box in two, cut at a place; None where all of it is on one side."""
    low, high = below(box[name], cut), above(box[name], cut)
    if low.is_empty or high.is_empty:
        return None
    return {**box, name: low}, {**box, name: high}


def halved(box: Box, name: str) -> tuple[Box, Box] | None:
    """Return a box in two at the middle of a name; None where it is a single value."""
    reach = box[name]
    if reach.single is not None:
        return None
    at = middle(reach)
    if not isinstance(at, Fraction):
        return None
    return split(box, name, Cut(at, keeps=False)) or split(box, name, Cut(at, keeps=True))


def best_cut(cuts: list[Cut], box: Box, name: str) -> tuple[Box, Box] | None:
    """Return a box in two at the middle one of the cuts that divide it."""
    places = sorted(set(cuts), key=lambda cut: (cut.at, cut.keeps))
    around = sorted(range(len(places)), key=lambda i: abs(2 * i - len(places) + 1))
    for place in around:
        halves = split(box, name, places[place])
        if halves is not None:
            return halves
    return None
