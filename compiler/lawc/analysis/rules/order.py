"""The order of the steps of a rule: each behind what it reads, and each name decided once."""

from __future__ import annotations

from lawc.analysis.findings import listed, quoted
from lawc.analysis.rules.scope import RuleScope
from lawc.decision.decision import Step, decides, reads
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable


@immutable
class Placed:
    """A step, where it stands, and where its rows do, by label."""

    step: Step
    place: Place
    rows: dict[str, Place]


def in_order(steps: list[Placed], scope: RuleScope) -> list[Placed]:
    """Return the steps in an order in which they can be taken; what has none is reported."""
    owner: dict[str, Placed] = {}
    for placed in steps:
        for name in decides(placed.step):
            first = owner.setdefault(name, placed)
            if first is not placed:
                scope.report(
                    "L0709",
                    f"`{name}` is decided twice",
                    placed.place,
                    "here again",
                    others=[(first.place, "first here")],
                    help="decide it in one place, or give one of them another name",
                )
                return steps
    ordered: list[Placed] = []
    done: set[str] = set()
    waiting = steps
    while waiting:
        ready = [
            placed
            for placed in waiting
            if all(name in done or name not in owner for name in reads(placed.step))
        ]
        if not ready:
            _circle(waiting, owner, done, scope)
            return steps
        # One at a time, so that what stands together in the text stays together.
        first = ready[0]
        ordered.append(first)
        done.update(decides(first.step))
        waiting = [placed for placed in waiting if placed is not first]
    return ordered


def _circle(
    waiting: list[Placed], owner: dict[str, Placed], done: set[str], scope: RuleScope
) -> None:
    """Report steps that wait for each other."""
    path: list[Placed] = [waiting[0]]
    while True:
        needed = sorted(n for n in reads(path[-1].step) if n in owner and n not in done)
        following = owner[needed[0]]
        if any(following is seen for seen in path):
            at = next(i for i, seen in enumerate(path) if seen is following)
            path = path[at:]
            break
        path.append(following)
    names = [decides(placed.step)[0] for placed in path]
    headline = (
        f"`{names[0]}` is decided by itself"
        if len(names) == 1
        else f"{listed(quoted(names))} are decided by each other"
    )
    scope.report(
        "L0708",
        headline,
        path[0].place,
        others=[(placed.place, "") for placed in path[1:]],
        help="decide one of them by inputs alone",
    )
