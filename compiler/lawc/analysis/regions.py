"""Parts of a region: read, and held against the conditions that name them."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.analysis.conditions import orders_of
from lawc.analysis.contents import Contents
from lawc.analysis.elaborate import elaborate
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.law import Hole, Law
from lawc.syntax.document import RegionLine


def read_hole(line: RegionLine, scope: Scope) -> Hole:
    """Return a line of `region` as known."""
    return Hole(
        line.name.text,
        line.shape.text,
        tuple(
            (n.name, elaborate(low, scope), elaborate(high, scope)) for n, low, high in line.bounds
        ),
        tuple((n.name, elaborate(value, scope)) for n, value in line.centre),
        None if line.radius is None else elaborate(line.radius, scope),
        line.place,
    )


def check_region(law: Law, contents: Sequence[Contents]) -> list[Diagnostic]:
    """Return conditions on parts that do not exist, and fields that nothing bounds on a part."""
    parts = dict.fromkeys(hole.name for hole in law.region)
    findings: list[Diagnostic] = []
    for line in law.boundary:
        if line.part and line.part not in parts and line.place is not None:
            known = f"the parts are {listed(quoted(parts))}" if parts else "it has no parts"
            findings.append(
                finding(
                    "L0407",
                    f"no part of the region is called `{line.part}`",
                    line.place,
                    known,
                    help="name it under `region`, as in "
                    f"`{line.part}: without box x = 0 [m] .. 1 [m]`",
                )
            )
    if findings or not law.boundary:
        return findings
    orders = orders_of(law, contents)
    for hole in law.region:
        names = [*(name for name, _, _ in hole.bounds), *(name for name, _ in hole.centre)]
        if hole.place is None or hole.name not in parts:
            continue
        for field in dict.fromkeys(name for name, _ in orders):
            second = any(orders.get((field, name), 0) > 1 for name in names)
            bounded = any(b.quantity == field and b.part == hole.name for b in law.boundary)
            if second and not bounded:
                findings.append(
                    finding(
                        "L0406",
                        f"no condition bounds `{field}` on `{hole.name}`",
                        hole.place,
                        "a part of the region, with a rim of its own",
                        help=f"write `{field} = … on {hole.name}` under `boundary`",
                    )
                )
                parts.pop(hole.name, None)
                break
    return findings
