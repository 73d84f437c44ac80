"""Find the declaration that explains several mismatches at once.

Each declared unit is suspected in turn: the demands say which dimension it should have had, and a
second walk with that dimension says how many mismatches disappear. One that clears two or more is
the cause, and is reported once, where it was declared. A mismatch that stands alone stays where it
is, with the declarations that could be behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lawc.analysis.dimensions import ANGLE, Mismatch, find_mismatches
from lawc.analysis.inference import Demands, Form, Unknown
from lawc.analysis.logarithms import without_pairs
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Place
from lawc.units.dimension import Dimension
from lawc.units.naming import name_dimension

MOST_SUSPECTS = 60
MOST_ROUNDS = 12


@dataclass(frozen=True)
class Suspect:
    """A declared unit, and the dimension with which the law would fit better.

    Attributes:
        unknowns: The names of its line, or the place of a unit in a formula.
        dimension: What it should measure.
        cleared: The mismatches that would disappear.
        gain: How many fewer there would be.
        weight: How likely it is: what people name, what occurs in the law, and what the author's
            own words say count for it; words that agree with the declared unit count against it.
    """

    unknowns: tuple[Unknown, ...]
    dimension: Dimension
    cleared: tuple[Mismatch, ...]
    gain: int
    weight: int


@dataclass(frozen=True)
class Verdict:
    """Mismatches of one cause.

    Attributes:
        cause: The declaration to change; None where the formula itself is odd, or several
            declarations could be.
        mismatches: What the cause explains, in the order of reading.
        suspects: What else could be changed.
    """

    cause: Suspect | None
    mismatches: tuple[Mismatch, ...]
    suspects: tuple[Suspect, ...] = ()


@dataclass
class _Supposed:
    names: dict[str, Dimension] = field(default_factory=dict)
    literals: dict[Place, Dimension] = field(default_factory=dict)

    def plus(self, unknowns: Sequence[Unknown], dimension: Dimension) -> _Supposed:
        names, literals = dict(self.names), dict(self.literals)
        for unknown in unknowns:
            if isinstance(unknown, Place):
                literals[unknown] = dimension
            else:
                names[unknown] = dimension
        return _Supposed(names, literals)

    def over(self, declared: Mapping[Unknown, Dimension]) -> dict[Unknown, Dimension]:
        return {**declared, **self.names, **self.literals}


def judge(scope: Scope, mismatches: Sequence[Mismatch], demands: Demands) -> list[Verdict]:
    """Return the causes of mismatches, in the order of reading, each mismatch once."""
    verdicts: list[Verdict] = []
    supposed = _Supposed()
    current = list(mismatches)
    suspects: list[Suspect] = []
    for _ in range(MOST_ROUNDS):
        suspects = _suspects(scope, current, demands, supposed)
        strong = [s for s in suspects if s.gain >= 2]
        if not strong:
            break
        best = _best(strong)
        chosen = best[0]
        cause = chosen if len(best) == 1 else None
        verdicts.append(Verdict(cause, chosen.cleared, tuple(best if cause is None else ())))
        supposed = supposed.plus(chosen.unknowns, chosen.dimension)
        current = find_mismatches(scope, supposed.names, supposed.literals)
    for mismatch in without_pairs(scope, current):
        own = [s for s in suspects if s.gain >= 1 and _same(mismatch, s.cleared)]
        verdicts.append(Verdict(None, (mismatch,), tuple(_ranked(own))))
    return verdicts


def _best(suspects: list[Suspect]) -> list[Suspect]:
    """Return the suspects that explain most, the likeliest of them where they differ in that."""
    most = max(s.gain for s in suspects)
    best = [s for s in suspects if s.gain == most]
    likeliest = max(s.weight for s in best)
    return _ranked([s for s in best if s.weight == likeliest])


def _ranked(suspects: list[Suspect]) -> list[Suspect]:
    """Return the likeliest first, each declaration once."""
    order = sorted(suspects, key=lambda s: (-s.weight, isinstance(s.unknowns[0], Place)))
    return list({s.unknowns: s for s in reversed(order)}.values())[::-1]


def _suspects(
    scope: Scope, current: list[Mismatch], demands: Demands, supposed: _Supposed
) -> list[Suspect]:
    if not current:
        return []
    values = supposed.over(demands.declared)
    violated = [
        demand.form
        for demand in demands.demands
        if (value := demand.form.value(values)) is not None and not value.is_none
    ]
    common = set(values.values())
    literals = [read.dimension for unit in demands.literals.values() if (read := read_unit(unit))]
    angles = any(d and d.exponent("angle") for d in [*scope.dimensions.values(), *literals])
    found: dict[tuple[tuple[Unknown, ...], Dimension], Suspect] = {}
    tried = 0
    for unknowns in _candidates(scope, violated):
        if unknowns[0] in supposed.names or unknowns[0] in supposed.literals:
            continue
        wanted = {form.solved(unknowns, values) for form in violated}
        for dimension in _with_angles(wanted, angles):
            if tried >= MOST_SUSPECTS:
                return list(found.values())
            tried += 1
            trial = supposed.plus(unknowns, dimension)
            after = find_mismatches(scope, trial.names, trial.literals)
            gain = len(current) - len(after)
            if gain <= 0:
                continue
            cleared = tuple(m for m in current if not _same(m, after))
            weight = _weight(scope, unknowns, dimension, dimension in common)
            found[unknowns, dimension] = Suspect(unknowns, dimension, cleared, gain, weight)
    return list(found.values())


def _with_angles(wanted: set[Dimension | None], angles: bool) -> list[Dimension]:
    """Return the dimensions in a settled order; with an angle too, where the law has angles."""
    found = sorted((d for d in wanted if d is not None), key=str)
    return [*found, *(d * ANGLE for d in found)] if angles else found


def _weight(scope: Scope, unknowns: Sequence[Unknown], dimension: Dimension, occurs: bool) -> int:
    name = name_dimension(dimension)
    weight = 1 if occurs or name is not None else 0
    first = unknowns[0]
    if isinstance(first, Place):
        return weight
    words = scope.declared[first][0].words.lower()
    own = scope.dimensions.get(first)
    said = name_dimension(own) if own is not None else None
    if name is not None and name in words:
        weight += 2
    elif said is not None and said in words:
        weight -= 2
    return weight


def _candidates(scope: Scope, violated: list[Form]) -> list[tuple[Unknown, ...]]:
    """Return the declared lines and the literals that occur in violated demands."""
    found: dict[tuple[Unknown, ...], None] = {}
    for form in violated:
        for unknown, _ in form.powers:
            if isinstance(unknown, Place):
                found[(unknown,)] = None
            elif unknown in scope.quantities:
                line = scope.declared[unknown][0]
                names = tuple(n.name for n in line.names if n.name in scope.quantities)
                found[names] = None
                found[(unknown,)] = None
    return list(found)


def _same(mismatch: Mismatch, others: Sequence[Mismatch]) -> bool:
    """Return whether a mismatch of the same line and kind is among others."""
    return any(
        other.context == mismatch.context
        and other.kind is mismatch.kind
        and (other.node.place, other.other and other.other.place)
        == (mismatch.node.place, mismatch.other and mismatch.other.place)
        for other in others
    )
