"""What could be done about a finding, as edits of the text: units, equations, and their help.

Repairs are ranked by what they cost: what people get wrong most often is cheapest to mend. At most
one help is shown, and a second thing to do only where nothing tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lawc.analysis.blame import Suspect
from lawc.analysis.findings import listed, quoted
from lawc.analysis.phrases import is_broken, subject_of, written_for
from lawc.analysis.repair import Edit
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair

MOST_SHOWN = 3
NEAR = 0.04
"""What two costs may differ by that nothing tells apart."""


def ranked(scope: Scope, suspects: Iterable[Suspect], edits: Iterable[Edit]) -> tuple[Repair, ...]:
    """Return the changes of units and of an equation, the likeliest first."""
    found = [repair for s in suspects if (repair := of_unit(scope, s)) is not None]
    found += [of_equation(edit) for edit in edits]
    return tuple(sorted(found, key=lambda repair: repair.cost))


def of_equation(edit: Edit) -> Repair:
    """Return the change of an equation."""
    return Repair(edit.place, edit.text, f"write `{edit.shown}`", cost=edit.cost)


def of_unit(scope: Scope, suspect: Suspect) -> Repair | None:
    """Return the change of a declared unit, or of the unit of a number."""
    unit = written_for(scope, suspect)
    cost = 1.5 - suspect.weight / 4 - min(suspect.gain - 1, 2) / 4
    cost += 1.0 if is_broken(suspect.dimension) else 0.0
    first = suspect.unknowns[0]
    if isinstance(first, Place):
        return Repair(first, unit, f"write [{unit}]", cost=cost)
    line = scope.declared[first][0]
    if line.unit is None:
        return None
    names = [str(name) for name in suspect.unknowns]
    if len(names) == len(line.names):
        title = f"declare {subject_of(scope, suspect)} in [{unit}]"
        return Repair(line.unit.place, unit, title, cost=cost)
    text = scope.source.text
    head = line.names[0].place.start, line.names[-1].place.end
    tail = text[head[1] : line.place.end]
    at = line.unit.place.start - head[1], line.unit.place.end - head[1]
    rest = [n.name for n in line.names if n.name not in names]
    indent = text[text.rfind("\n", 0, head[0]) + 1 : head[0]]
    new = f"{', '.join(rest)}{tail}\n{indent}{', '.join(names)}{tail[: at[0]]}{unit}{tail[at[1] :]}"
    title = f"give {listed(quoted(names))} a line of its own, in [{unit}]"
    return Repair(Place(line.place.path, head[0], line.place.end), new, title, cost=cost)


def with_help(finding: Diagnostic) -> Diagnostic:
    """Return a finding with its three likeliest repairs, and the help that they give.

    A help that is there already is kept.
    """
    repairs = finding.repairs
    if not repairs:
        return finding
    helps = finding.helps
    if not helps:
        near = [r for r in repairs if r.cost <= repairs[0].cost + NEAR and r.title]
        if 0 < len(near) <= MOST_SHOWN:
            helps = (listed(_shortened([repair.title for repair in near]), "or"),)
    return replace(finding, repairs=repairs[:MOST_SHOWN], helps=helps)


def _shortened(titles: Sequence[str]) -> list[str]:
    """Return titles without a first word that they share: write `a` or `b`."""
    first = titles[0].split(" ", 1)[0]
    return [
        title.removeprefix(f"{first} ") if number and title.startswith(f"{first} `") else title
        for number, title in enumerate(titles)
    ]
