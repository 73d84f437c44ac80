"""Words about dimensions that several findings share: who lacks what, who else may be at fault."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.analysis.blame import Suspect
from lawc.analysis.dimensions import Mismatch, without_angle
from lawc.analysis.findings import listed, quoted
from lawc.analysis.repair import Edit, named_like
from lawc.analysis.respelling import respelled
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Place
from lawc.syntax.tree import Name, Number, walk
from lawc.units.dimension import Dimension
from lawc.units.naming import suggest_unit

MOST_NAMED = 5
MOST_HELPED = 3
"""Units that a help can name."""
SECTIONS = {
    "equations": "equation",
    "reactions": "reaction",
    "connect": "connection",
    "initial": "initial condition",
    "boundary": "boundary condition",
    "events": "event",
    "region": "part of the region",
    "valid": "condition",
    "example": "example",
    "always": "claim",
}


def unit_for(scope: Scope, dimension: Dimension) -> str:
    """Return a unit of a dimension: one that the law writes, or the usual one."""
    for line in scope.block.symbols:
        if line.unit is not None:
            unit = read_unit(line.unit)
            if unit is not None and unit.dimension == dimension and unit.text and not unit.offset:
                return unit.text
    return suggest_unit(dimension)


def alternatives(scope: Scope, suspects: Sequence[Suspect], has_help: bool) -> str:
    """Name the declarations that could be at fault instead, where the help is another or none."""
    if not suspects or (len(suspects) <= MOST_HELPED and not has_help):
        return ""
    said = [f"{subject_of(scope, s)} in [{written_for(scope, s)}]" for s in suspects[:MOST_NAMED]]
    return f"if the formula is right, a unit is not: {listed(said, 'or')} would fit"


def subject_of(scope: Scope, suspect: Suspect) -> str:
    """Return what a suspect is called in a sentence."""
    names = [u for u in suspect.unknowns if not isinstance(u, Place)]
    if names:
        return listed(quoted(names))
    place = suspect.unknowns[0]
    assert isinstance(place, Place)
    return f"[{scope.source.text[place.start : place.end]}]"


def written_for(scope: Scope, suspect: Suspect) -> str:
    """Return the unit that a suspect should have, in the scale that its author has in mind.

    That is one in which its own values are written, if any, else one near to the declared unit.
    """
    names = {u for u in suspect.unknowns if not isinstance(u, Place)}
    for example in scope.block.examples:
        pairs = [(example.quantity, example.value), *example.given]
        for name, node in pairs:
            if name.name in names:
                for part in walk(node):
                    unit = part.unit if isinstance(part, Number) else None
                    read = read_unit(unit) if unit is not None else None
                    if read is not None and without_angle(read.dimension) == suspect.dimension:
                        return read.text
    declared = [line.unit for name in names if (line := scope.declared[name][0]).unit is not None]
    if declared and declared[0] is not None:
        beside = [line.unit.text for line in scope.block.symbols if line.unit is not None]
        near = respelled(declared[0].text, beside, suspect.dimension)
        if near is not None:
            return near
    return unit_for(scope, suspect.dimension)


def lacks_side(scope: Scope, ratio: Dimension, edit: Edit | None) -> str:
    """Say which side lacks what, for a ratio of the left side to the right."""
    for side, missing in (("right", ratio), ("left", ratio**-1)):
        names = named_like(scope, missing)
        if edit is not None and edit.adds in names:
            names = [edit.adds]
        if names:
            return f"the {side} side lacks {missing}, the dimension of {listed(quoted(names))}"
    return f"they differ by a factor of {_upright(ratio)}"


def lacks_term(scope: Scope, mismatch: Mismatch, edit: Edit | None) -> str:
    """Say what a term lacks to fit the others."""
    ratio = mismatch.expected / mismatch.measure
    names = named_like(scope, ratio)
    if edit is not None and edit.adds in names:
        names = [edit.adds]
    if names:
        text = scope.text(mismatch.node)
        return f"`{text}` lacks {ratio}, the dimension of {listed(quoted(names))}"
    return f"they differ by a factor of {_upright(ratio)}"


def _upright(ratio: Dimension) -> Dimension:
    """Return a ratio or its inverse, whichever reads without `1 /`."""
    return ratio if any(power > 0 for _, power in ratio.exponents) else ratio**-1


def asking(mismatches: Sequence[Mismatch]) -> str:
    """Name the lines that ask: `motion`, `energy` and an example."""
    labels: dict[str, None] = {}
    counts: dict[str, set[int]] = {}
    for mismatch in mismatches:
        context = mismatch.context
        if context.label:
            labels[f"`{context.label}`"] = None
        else:
            counts.setdefault(SECTIONS[context.section], set()).add(context.number)
    for word, numbers in counts.items():
        many = len(numbers)
        article = "an" if word[0] in "aeiou" else "a"
        labels[f"{article} {word}" if many == 1 else f"{many} {word}s"] = None
    return listed(list(labels))


def is_broken(dimension: Dimension) -> bool:
    """Return whether a dimension has a fractional exponent, which hardly any quantity has."""
    return any(power.denominator != 1 for _, power in dimension.exponents)


def references(scope: Scope, mismatch: Mismatch) -> list[str]:
    """Return inputs of the dimension of a part that is to become a ratio."""
    text = scope.text(mismatch.node)
    outputs = {line.left.name for line in scope.block.equations if isinstance(line.left, Name)}
    return [n for n in named_like(scope, mismatch.measure) if n != text and n not in outputs]
