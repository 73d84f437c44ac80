"""Names without a unit or without a meaning: what the formulas say about them."""

from __future__ import annotations

from lawc.analysis.dimensions import without_angle
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.inference import Demands, Inferred, infer
from lawc.analysis.phrases import SECTIONS, unit_for
from lawc.analysis.scope import BUILT_IN, Scope
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.spelling import distance
from lawc.units.dimension import Dimension
from lawc.units.naming import describe_dimension

FARTHEST = 2
"""Letters in which a name may differ from one that was meant."""


def missing_units(scope: Scope, names: list[str], demands: Demands) -> list[Diagnostic]:
    """Return a finding for each line under `symbols` that has no unit."""
    if not names:
        return []
    inferred = infer(demands, names)
    findings = []
    for line in scope.block.symbols:
        own = [n.name for n in line.names if n.name in names and scope.declared[n.name][0] is line]
        if not own:
            continue
        known = [inferred[name] for name in own if name in inferred]
        subject = listed(quoted(own))
        place = line.names[0].place.through(line.names[-1].place)
        have = "has" if len(own) == 1 else "have"
        headline = f"{subject} {have} no unit"
        if len(known) < len(own) or any(k.dimension != known[0].dimension for k in known):
            findings.append(
                finding(
                    "L0204",
                    headline,
                    place,
                    note="the formulas do not say what "
                    + ("it measures" if len(own) == 1 else "they measure"),
                    help="write a unit in brackets after the words; [1] for a plain number",
                )
            )
            continue
        dimension = known[0].dimension
        findings.append(
            finding(
                "L0204",
                headline,
                place,
                others=_reasons(known[0]),
                note=f"{_why(known[0])} {describe_dimension(dimension)}",
                help=f"write `[{unit_for(scope, dimension)}]` after the words",
            )
        )
    return findings


def unknown_units(scope: Scope, demands: Demands) -> list[Diagnostic]:
    """Return a finding for each declared unit that is none; the formulas choose what was meant."""
    lines = [
        (line, line.unit)
        for line in scope.block.symbols
        if line.unit is not None and read_unit(line.unit) is None
    ]
    inferred = infer(demands, [name.name for line, _ in lines for name in line.names])
    findings = []
    for line, unit in lines:
        known = [inferred[n.name].dimension for n in line.names if n.name in inferred]
        found = unit_finding(unit, scope.source.text, known[0] if known else None)
        if found is not None:
            findings.append(found)
    return findings


def unknown_names(scope: Scope, demands: Demands) -> list[Diagnostic]:
    """Return a finding for each name that means nothing, with what was probably meant."""
    if not scope.unknown:
        return []
    inferred = infer(demands, scope.unknown)
    findings = []
    for name, places in scope.unknown.items():
        known = inferred.get(name)
        dimension = known.dimension if known is not None else None
        near = _nearest(scope, name, dimension)
        others = [(place, "") for place in places[1:3]]
        home = scope.importable.get(name)
        if home is not None:
            text, help = "", f"import it: `import {home} ({name})`"
        elif near is not None:
            text = f"did you mean `{near}`?"
            help = f"write `{near}`, or declare `{name}` under `symbols`"
        else:
            unit = unit_for(scope, dimension) if dimension is not None else "unit"
            text, help = "", f"declare it under `symbols`: `{name} : what it is [{unit}]`"
        note = ""
        if known is not None and dimension is not None:
            note = f"{_why(known)} {describe_dimension(dimension)}"
            if near is not None:
                note += f", as `{near}` is" if _fits(scope, near, dimension) else ""
        findings.append(
            finding(
                "L0111",
                f"`{name}` is not declared",
                places[0],
                text,
                others=others,
                note=note,
                help=help,
            )
        )
    return findings


def _nearest(scope: Scope, name: str, dimension: Dimension | None) -> str | None:
    """Return the name that was meant: near in spelling, and of a dimension that fits."""
    allowed = 1 if len(name) < 3 else FARTHEST
    scored = []
    for known in scope.dimensions:
        if known in scope.unknown or known in BUILT_IN:
            continue
        if min(len(name), len(known)) < 3 and len(name) != len(known):
            continue
        far = distance(name, known)
        if name.casefold() == known.casefold():
            far = 0
        fits = dimension is None or _fits(scope, known, dimension)
        # One letter for another is no evidence; a single letter has to fit by dimension too.
        if far <= allowed and fits and (far == 0 or len(name) > 1 or dimension is not None):
            scored.append((far, known not in scope.unused, known))
    if not scored:
        return None
    best = min(scored)
    return best[2] if sum(1 for s in scored if s[:2] == best[:2]) == 1 else None


def _fits(scope: Scope, name: str, dimension: Dimension) -> bool:
    own = scope.dimensions.get(name)
    return own is not None and without_angle(own) == dimension


def _why(inferred: Inferred) -> str:
    """Name the lines that force a dimension: `motion` makes it …"""
    labels: dict[str, None] = {}
    for demand in inferred.because:
        context = demand.context
        word = SECTIONS[context.section]
        article = "an" if word[0] in "aeiou" else "a"
        labels[f"`{context.label}`" if context.label else f"{article} {word}"] = None
    return f"{listed(list(labels)[:3])} {'makes' if len(labels) == 1 else 'make'} it"


def _reasons(inferred: Inferred) -> list[tuple[Place, str]]:
    return [(demand.node.place, "") for demand in inferred.because[:2]]
