"""What the learning curves say, in plain words, also where the law does not help."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from lawc.demo.experiment import Curve, Task, needed
from lawc.demo.project import Check, Made
from lawc.demo.tables import Table
from lawc.demo.tasks import WORDS, Setup

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

CLOSE = 0.05
"""Two errors that differ by less than this share count as equal."""


@dataclass(frozen=True)
class Rival:
    """Another law for the same measurements, alone and linked."""

    made: Made
    law: Curve
    linked: Curve


@dataclass(frozen=True)
class Findings:
    """All that was found in one task.

    Attributes:
        network: The network alone, with the features with which it does best.
        others: The network alone with other features.
        models: By kind of contender, fitted to all rows.
        outside: The share of rows outside the range in which the law is certified, by input.
    """

    setup: Setup
    task: Task
    table: Table
    made: Made
    check: Check
    network: Curve
    others: tuple[Curve, ...]
    law: Curve
    linked: Curve
    rivals: tuple[Rival, ...]
    rival_checks: dict[str, Check]
    models: dict[str, nn.Module]
    outside: Mapping[str, float]

    @property
    def title(self) -> str:
        """What was measured, and in whose table where it is a user's."""
        if self.table.name == f"{self.setup.key}.csv":
            return self.setup.title
        return f"{self.table.name}: {self.setup.subject}"

    @property
    def main(self) -> tuple[Curve, Curve, Curve]:
        """Network alone, law alone, and both."""
        return self.network, self.law, self.linked


@dataclass(frozen=True)
class Level:
    """How many measurements each contender needs for one error; None where it never gets there."""

    error: float
    rows: tuple[float | None, ...]


def levels(found: Findings) -> tuple[Level, ...]:
    """Return the rows that each needs for the errors that the network alone reaches."""
    sizes = found.network.sizes
    wanted = dict.fromkeys(found.network.median(size) for size in sizes[1:])
    return tuple(
        Level(error, tuple(needed(curve, error) for curve in found.main))
        for error in sorted(wanted, reverse=True)
    )


def rows_text(rows: float | None, curve: Curve) -> str:
    """Return a number of rows as a table shows it."""
    smallest, largest = curve.sizes[0], curve.sizes[-1]
    if rows is None:
        return f"not with {largest}"
    return f"≤ {smallest}" if rows <= smallest else str(_whole(rows))


@dataclass(frozen=True)
class Saving:
    """The most telling comparison: rows with and without the law for one error.

    Attributes:
        without: Rows that the network alone needs; None where it never gets there.
    """

    error: float
    rows: int
    without: int | None


def outside(task: Task, made: Made) -> dict[str, float]:
    """Return the share of rows beyond the certified range of each given input, if any are."""
    shares = {}
    for port in made.module.inputs:
        column = task.columns.get(port.name)
        if column is None or port.low is None or port.high is None:
            continue
        share = float(((column < port.low) | (column > port.high)).double().mean())
        if share > 0:
            shares[port.name] = share
    return shares


def saving(found: Findings) -> Saving:
    """Return what the law saves.

    Where it still helps with all rows: how few reach the best of the network alone. Otherwise:
    how many the network alone needs for what the law reaches with the fewest.
    """
    largest, few = found.network.sizes[-1], found.linked.sizes[0]
    best = found.network.median(largest)
    if found.linked.median(largest) < best * (1 - CLOSE):
        rows = needed(found.linked, best)
        return Saving(best, largest if rows is None else _whole(rows), largest)
    error = found.linked.median(few)
    without = needed(found.network, error)
    return Saving(error, few, None if without is None else _whole(without))


def headline(found: Findings) -> str:
    """Return the finding in one sentence."""
    told, unit = saving(found), found.task.unit
    reached = f"{told.rows} measurements and the law reach an error of {figure(told.error)} {unit}"
    if told.without is None:
        largest = found.network.sizes[-1]
        return f"{reached}; the network alone does not get there with {largest}"
    if told.without <= told.rows:
        return f"{reached}; the network alone does as well with {told.without}"
    return f"{reached}; the network alone needs {told.without} for that"


def sentences(found: Findings) -> tuple[str, ...]:
    """Return the verdict, one sentence a finding."""
    said = [headline(found) + ".", at_the_end(found), _net_beside_law(found)]
    said += [
        f"{share:.0%} of the measurements have {name} outside the range in which the law is "
        "certified; there it was asked at the edge, which may cost it dearly."
        for name, share in found.outside.items()
    ]
    for other in found.others:
        size = other.sizes[-1]
        reached = f"{figure(other.median(size))} {found.task.unit} with {size}"
        said.append(
            f"Told {told_words(other.contender.told)}, the network alone reaches {reached}. "
            f"Compared "
            f"here, and linked with the law, is its better form, told "
            f"{told_words(found.network.contender.told)}."
        )
    said += [_rival(found, rival) for rival in found.rivals]
    return tuple(said)


def at_the_end(found: Findings) -> str:
    """Return what the law is still worth with all measurements."""
    size = found.linked.sizes[-1]
    ours, theirs = found.linked.median(size), found.network.median(size)
    unit = found.task.unit
    figures = f"{figure(ours)} against {figure(theirs)} {unit}"
    if ours < theirs * (1 - CLOSE):
        return (
            f"With all {size} measurements the error with the law is still "
            f"{1 - ours / theirs:.0%} smaller, {figures}."
        )
    if ours <= theirs * (1 + CLOSE):
        return (
            f"With all {size} measurements the law no longer helps: {figures}. What is left is how "
            f"{found.task.group_word}s differ, which neither can know of one that was never seen."
        )
    return f"With all {size} measurements the law costs accuracy: {figures}."


def _net_beside_law(found: Findings) -> str:
    worse = [
        size
        for size in found.linked.sizes
        if found.linked.median(size) > found.law.median(size) * (1 + CLOSE)
    ]
    better = [
        size
        for size in found.linked.sizes
        if found.linked.median(size) < found.law.median(size) * (1 - CLOSE)
    ]
    size = found.linked.sizes[-1]
    figures = (
        f"{figure(found.linked.median(size))} against {figure(found.law.median(size))} "
        f"{found.task.unit} "
        f"with {size}"
    )
    if better and not worse:
        return (
            f"The network improves on the law alone at {_listed(better)} measurements ({figures})."
        )
    if worse and not better:
        return (
            f"The network beside the law does not help here: at {_listed(worse)} measurements it "
            f"is "
            f"worse than the law alone ({figures})."
        )
    if worse:
        return (
            f"The network beside the law helps at {_listed(better)} measurements and harms at "
            f"{_listed(worse)} ({figures})."
        )
    return (
        f"The network beside the law adds next to nothing on unseen {found.task.group_word}s: "
        f"{figures} for the law alone."
    )


def _rival(found: Findings, rival: Rival) -> str:
    size = found.law.sizes[-1]
    ours, theirs = found.law.median(size), rival.law.median(size)
    name = rival.made.program.law.title[:1].lower() + rival.made.program.law.title[1:]
    figures = (
        f"the law alone then reaches {figure(theirs)}, linked {figure(rival.linked.median(size))} "
        f"{found.task.unit} with {size}"
    )
    if abs(theirs - ours) <= CLOSE * ours:
        return f"With another law, {name}, {figures}: these measurements do not tell the two apart."
    side = "better" if theirs < ours else "worse"
    return (
        f"With another law, {name}, {figures}: inside its declared ranges it describes these "
        f"measurements {side}."
    )


def _listed(sizes: Sequence[int]) -> str:
    texts = [str(size) for size in sizes]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]


def _whole(rows: float) -> int:
    """Return the measurements that an interpolated number of rows takes."""
    return math.ceil(rows - 1e-6)


def figure(value: float) -> str:
    """Return three significant digits, trailing zeros kept."""
    return f"{value:#.3g}".rstrip(".")


def power(value: float) -> str:
    """Return two significant digits and a power of ten, in characters that need no markup."""
    if value == 0:
        return "0"
    digits, _, exponent = f"{value:.1e}".partition("e")
    return f"{digits} × 10{str(int(exponent)).translate(RAISED)}".replace(" ", "\u00a0")


def told_words(names: Sequence[str]) -> str:
    """Return what a network is told, in words."""
    return " and ".join(WORDS.get(name, name) for name in names)


def spread(curve: Curve, size: int) -> tuple[float, float, float]:
    """Return least, median and largest error of the seeds."""
    errors = np.sort(np.array(curve.errors[size]))
    return float(errors[0]), float(np.median(errors)), float(errors[-1])
