"""Find the declaration that explains several mismatches at once.

Each declared unit is suspected in turn: the demands say which dimension it should have had, and a
second walk with that dimension says how many mismatches disappear. One that clears two or more is
a cause, and is reported once, where it was declared; of several sets of causes the smallest is
taken. A mismatch that stands alone stays where it is, with the declarations that could be behind
it, unless the words of one of them say that its unit is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lawc.analysis.dimensions import ANGLE, Mismatch, find_mismatches, without_angle
from lawc.analysis.inference import Demands, Form, Unknown
from lawc.analysis.logarithms import without_pairs
from lawc.analysis.plain_terms import are_plain_terms
from lawc.analysis.repair import edits
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.analysis.wording import agree
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.tree import Name, Number, walk
from lawc.units.dimension import Dimension
from lawc.units.naming import name_dimension, named_dimensions

MOST_SUSPECTS = 60
LEAST_SUSPECTS = 4
LETTERS = 1_000_000
"""Letters of text that all suspects of one round may walk over together."""
LONG = 20_000
"""Letters from which on a law gets one plan and few rounds."""
MOST_CAUSES = 12
MOST_PLANS = 3
MOST_TOGETHER = 8
MOST_MENDED = 12
CONVINCING = 3.0
"""The weight at which a declaration is the cause of a single mismatch: its words contradict its
unit and agree with another one."""


@immutable
class Suspect:
    """A declared unit, and the dimension with which the law would fit better.

    Attributes:
        unknowns: The names of its line, or the place of a unit in a formula.
        dimension: What it should measure.
        cleared: The mismatches that would disappear.
        gain: How many fewer there would be.
        weight: How likely it is: what people name, what occurs in the law, what is one step from
            the declared unit, and what the author's own words say count for it; words that agree
            with the declared unit count against it.
    """

    unknowns: tuple[Unknown, ...]
    dimension: Dimension
    cleared: tuple[Mismatch, ...]
    gain: int
    weight: float


@immutable
class Verdict:
    """Mismatches of one cause.

    Attributes:
        cause: The declaration to change; None where the formula itself is odd, or several
            declarations could be.
        mismatches: What the cause explains, in the order of reading.
        suspects: What else could be changed, the likeliest first.
        mendable: Whether edits of an equation are searched; not for what nobody reads at once.
    """

    cause: Suspect | None
    mismatches: tuple[Mismatch, ...]
    suspects: tuple[Suspect, ...] = ()
    mendable: bool = True


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
    """Return the fewest causes that explain all mismatches, each mismatch once."""
    if not mismatches:
        return []
    plan = _explained(scope, mismatches, demands)
    verdicts = list(plan.verdicts)
    suspects = _suspects(scope, plan.left, demands, plan.supposed)
    cleared = [(s, {_key(m) for m in s.cleared}) for s in suspects]
    for group in _by_equation(scope, without_pairs(scope, plan.left)):
        own = _ranked([s for s, keys in cleared if all(_key(m) in keys for m in group)])
        sure = own[0] if own and own[0].weight >= CONVINCING else None
        if sure is not None and (len(own) == 1 or own[1].weight < sure.weight - 1):
            verdicts.append(Verdict(sure, group, tuple(own[1:])))
        else:
            verdicts.append(Verdict(None, group, tuple(own)))
    return [replace(v, mendable=number < MOST_MENDED) for number, v in enumerate(verdicts)]


@immutable
class _Plan:
    """Some causes, and what they leave unexplained."""

    verdicts: tuple[Verdict, ...]
    left: tuple[Mismatch, ...]
    supposed: _Supposed
    weight: float = 0.0

    @property
    def price(self) -> tuple[int, float]:
        """How many messages it takes, and how unlikely its causes are."""
        return len(self.verdicts) + len(self.left), -self.weight


def _explained(scope: Scope, mismatches: Sequence[Mismatch], demands: Demands) -> _Plan:
    """Search for the declarations whose change takes the fewest messages.

    One that clears everything is found in the first round. Otherwise the best few plans are
    followed, since the declaration that explains most need not be part of the smallest set.
    """
    best = _Plan((), tuple(mismatches), _Supposed())
    plans = [best]
    long = len(scope.block.text) > LONG
    for _ in range(2 if long else MOST_CAUSES):
        longer = [extended for plan in plans for extended in _extended(scope, plan, demands)]
        if not longer:
            break
        plans = sorted(longer, key=lambda plan: plan.price)[: 1 if long else MOST_PLANS]
        best = min(best, plans[0], key=lambda plan: plan.price)
        if not plans[0].left:
            break
    return best


def _extended(scope: Scope, plan: _Plan, demands: Demands) -> list[_Plan]:
    """Return a plan with one more cause, for each set of mismatches that a cause explains."""
    strong = [s for s in _suspects(scope, plan.left, demands, plan.supposed) if s.gain >= 2]
    groups: dict[tuple[int, ...], list[Suspect]] = {}
    for suspect in strong:
        groups.setdefault(tuple(map(id, suspect.cleared)), []).append(suspect)
    ordered = sorted(groups.values(), key=lambda g: (-g[0].gain, -max(s.weight for s in g)))
    found = []
    for group in ordered[:MOST_PLANS]:
        ranked = _ranked(group)
        chosen = ranked[0]
        tied = [s for s in ranked if s.weight == chosen.weight]
        cause = chosen if len(tied) == 1 else None
        others = tuple(ranked[1:] if cause is not None else ranked)
        verdict = Verdict(cause, chosen.cleared, others)
        supposed = plan.supposed.plus(chosen.unknowns, chosen.dimension)
        left = tuple(find_mismatches(scope, supposed.names, supposed.literals))
        weight = plan.weight + chosen.weight
        found.append(_Plan((*plan.verdicts, verdict), left, supposed, weight))
    return found


def _by_equation(scope: Scope, mismatches: list[Mismatch]) -> list[tuple[Mismatch, ...]]:
    """Return mismatches one by one, those of an equation together where one edit clears them."""
    groups: dict[object, list[Mismatch]] = {}
    for number, mismatch in enumerate(mismatches):
        inside = mismatch.context.section == "equations"
        groups.setdefault(mismatch.context if inside else number, []).append(mismatch)
    found: list[tuple[Mismatch, ...]] = []
    for number, group in enumerate(groups.values()):
        if are_plain_terms(group) or (
            1 < len(group) < MOST_TOGETHER
            and number < MOST_TOGETHER
            and edits(scope, scope.block.equations[group[0].context.number], group)
        ):
            found.append(tuple(group))
        else:
            found += [(mismatch,) for mismatch in group]
    return found


def _ranked(suspects: list[Suspect]) -> list[Suspect]:
    """Return the likeliest first, each declaration once."""
    order = sorted(suspects, key=lambda s: (-s.weight, isinstance(s.unknowns[0], Place)))
    return list({s.unknowns: s for s in reversed(order)}.values())[::-1]


def _suspects(
    scope: Scope, current: Sequence[Mismatch], demands: Demands, supposed: _Supposed
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
    # Each suspect is a walk over the whole law.
    most = max(LEAST_SUSPECTS, min(MOST_SUSPECTS, LETTERS // (len(scope.block.text) + 1)))
    candidates: dict[tuple[Unknown, ...], list[Dimension]] = {}
    forms: dict[Unknown, list[Form]] = {}
    for form in violated:
        for unknown, _ in form.powers:
            forms.setdefault(unknown, []).append(form)
    for unknowns in _candidates(scope, violated):
        if len(candidates) >= most:
            break
        own = {id(form): form for unknown in unknowns for form in forms.get(unknown, ())}
        wanted = {form.solved(unknowns, values) for form in own.values()}
        candidates[unknowns] = _with_angles(wanted, angles)
    for unknowns, dimension in _turned(scope, current):
        candidates.setdefault(unknowns, []).append(dimension)
    for unknowns, dimensions in candidates.items():
        if unknowns[0] in supposed.names or unknowns[0] in supposed.literals:
            continue
        for dimension in dict.fromkeys(dimensions):
            if tried >= most:
                return list(found.values())
            tried += 1
            trial = supposed.plus(unknowns, dimension)
            after = find_mismatches(scope, trial.names, trial.literals)
            gain = _witnesses(current) - _witnesses(after)
            if gain <= 0:
                continue
            standing = {_key(m) for m in after}
            cleared = tuple(m for m in current if _key(m) not in standing)
            weight = _weight(scope, unknowns, dimension, dimension in common)
            found[unknowns, dimension] = Suspect(unknowns, dimension, cleared, gain, weight)
    return list(found.values())


def _witnesses(mismatches: Sequence[Mismatch]) -> int:
    """Return how many mismatches speak about a declared unit.

    A bare number in a condition, `u = 0`, more likely lacks its unit than tells of another one.
    """
    return sum(
        mismatch.context.section not in ("initial", "boundary")
        or not isinstance(mismatch.node, Number)
        or mismatch.node.unit is not None
        for mismatch in mismatches
    )


def _with_angles(wanted: set[Dimension | None], angles: bool) -> list[Dimension]:
    """Return the dimensions in a settled order; with an angle too, where the law has angles."""
    found = sorted((d for d in wanted if d is not None), key=str)
    return [*found, *(d * ANGLE for d in found)] if angles else found


def _turned(
    scope: Scope, mismatches: Sequence[Mismatch]
) -> Iterator[tuple[tuple[Unknown, ...], Dimension]]:
    """Yield declared lines with an angle more or less, where two parts differ in that alone."""
    for mismatch in mismatches:
        if without_angle(mismatch.measure) != without_angle(mismatch.expected):
            continue
        for root in (mismatch.node, mismatch.other):
            for part in walk(root) if root is not None else ():
                own = scope.dimensions.get(part.name) if isinstance(part, Name) else None
                if own is not None and isinstance(part, Name) and part.name in scope.quantities:
                    line = scope.declared[part.name][0]
                    names = tuple(n.name for n in line.names if n.name in scope.quantities)
                    plain = without_angle(own)
                    yield names, plain * ANGLE if own == plain else plain


def _weight(scope: Scope, unknowns: Sequence[Unknown], dimension: Dimension, occurs: bool) -> float:
    weight = 1.0 if occurs or name_dimension(dimension) is not None else 0.0
    first = unknowns[0]
    if isinstance(first, Place):
        return weight
    if all(power.denominator == 1 for _, power in dimension.exponents):
        weight += 0.25
    if dimension.exponent("angle") and dimension not in named_dimensions():
        weight -= 0.5
    own = scope.dimensions.get(first)
    if own is not None and len((own / dimension).exponents) == 1:
        weight += 0.25
    words = scope.declared[first][0].words
    weight += {True: 2.0, False: -1.0, None: 0.0}[agree(words, dimension)]
    if own is not None:
        weight += {True: -2.0, False: 1.0, None: 0.0}[agree(words, own)]
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


def _key(mismatch: Mismatch) -> tuple[object, ...]:
    """Return what tells a mismatch from others, whatever its parts measure."""
    other = mismatch.other.place if mismatch.other is not None else None
    return mismatch.context, mismatch.kind, mismatch.node.place, other
