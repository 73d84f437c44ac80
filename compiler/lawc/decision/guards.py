"""When a clause speaks: its condition holds, and no exception to it is in effect.

Evaluators, the soft form and proofs all use these guards, so that they cannot disagree. Where all
exceptions to an exception defeat the same clause too, its condition stands for it: one of them is
in effect where the condition of one holds. So guards stay short where each clause names all that
it defeats, and would else double with each.
"""

from __future__ import annotations

from lawc.decision.decision import Clauses
from lawc.decision.formula import YES, Formula, apply, every


def guards(step: Clauses) -> dict[str, Formula]:
    """Return for each clause, by label, the condition under which it is in effect.

    Raises:
        ValueError: Clauses are exceptions to each other in a circle, or to none that exists.
    """
    known = {clause.label: clause for clause in step.clauses}
    against: dict[str, list[str]] = {label: [] for label in known}
    for clause in step.clauses:
        for label in clause.defeats:
            if label not in known:
                raise ValueError(f"clause {clause.label} is an exception to {label}, which is none")
            against[label].append(clause.label)
    made: dict[str, Formula] = {}
    above: dict[str, set[str]] = {}
    waiting = list(known)
    while waiting:
        ready = [label for label in waiting if all(other in made for other in against[label])]
        if not ready:
            raise ValueError(f"clauses are exceptions in a circle: {', '.join(waiting)}")
        for label in ready:
            condition = known[label].condition
            others = set(against[label])
            above[label] = others.union(*(above[other] for other in others))
            unless = tuple(
                apply("not", known[other].condition if above[other] <= others else made[other])
                for other in against[label]
            )
            made[label] = every(unless if condition == YES and unless else (condition, *unless))
        waiting = [label for label in waiting if label not in made]
    return {label: made[label] for label in known}
