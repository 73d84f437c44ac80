"""Names without a unit or without a meaning: what the formulas say about them."""

from __future__ import annotations

from lawc.analysis.constants import importing, namesake
from lawc.analysis.dimensions import without_angle
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.inference import Demands, Inferred, infer
from lawc.analysis.phrases import SECTIONS, unit_for
from lawc.analysis.scope import BUILT_IN, Scope
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.analysis.wording import agree, spoken
from lawc.diagnostics.diagnostic import Applicability, Diagnostic, Place, Repair
from lawc.knowledge.law import Constant
from lawc.syntax.document import Declaration
from lawc.syntax.spelling import distance, in_latin
from lawc.units.dimension import Dimension
from lawc.units.naming import describe_dimension

FARTHEST = 2
"""Letters in which a name may differ from one that was meant."""
MANY = 4
"""Lines without a unit from which on they are one omission, if they are most of all lines."""
MOST_NEAR = 5
MOST_ALIKE = 4
VAGUE = 0.8
"""What it costs to take one letter for any other."""


def missing_units(scope: Scope, names: list[str], demands: Demands) -> list[Diagnostic]:
    """Return a finding for each line under `symbols` that has no unit; one where most have none."""
    if not names:
        return []
    lines: list[tuple[Declaration, list[str]]] = []
    for line in scope.block.symbols:
        own = [n.name for n in line.names if n.name in names and scope.declared[n.name][0] is line]
        if own:
            lines.append((line, own))
    inferred = _completed(scope, lines, demands)
    answers = [_answer(own, inferred) for _, own in lines]
    if len(lines) >= MANY and 2 * len(lines) > len(scope.block.symbols):
        return [_many(scope, lines, answers)]
    return [
        _one(scope, line, own, answer) for (line, own), answer in zip(lines, answers, strict=True)
    ]


def _completed(
    scope: Scope, lines: list[tuple[Declaration, list[str]]], demands: Demands
) -> dict[str, Inferred]:
    """Return what follows for names without a unit: by the formulas, then by words as well.

    Words are asked only where formulas leave open what is meant, and only if they can mean one
    thing.
    """
    every = [name for _, own in lines for name in own]
    found = infer(demands, every)
    for line, own in lines:
        if any(name in found for name in own):
            continue
        meant = spoken(line.words)
        dimension = next(iter(meant), None)
        if len(meant) != 1 or not isinstance(dimension, Dimension):
            continue
        known = {**demands.declared, **dict.fromkeys(own, dimension)}
        supposed = infer(Demands(demands.demands, known, demands.literals), every)
        found.update({name: Inferred(dimension, ()) for name in own})
        found = {**supposed, **found}
    return found


def _answer(own: list[str], inferred: dict[str, Inferred]) -> Inferred | None:
    """Return what all names of a line measure, None where that is open or they differ."""
    known = [inferred[name] for name in own if name in inferred]
    if len(known) < len(own) or any(k.dimension != known[0].dimension for k in known):
        return None
    return known[0]


def _one(scope: Scope, line: Declaration, own: list[str], answer: Inferred | None) -> Diagnostic:
    place = line.names[0].place.through(line.names[-1].place)
    headline = f"{listed(quoted(own))} {'has' if len(own) == 1 else 'have'} no unit"
    if answer is None:
        return finding(
            "L0204",
            headline,
            place,
            note="the formulas do not say what "
            + ("it measures" if len(own) == 1 else "they measure"),
            help="write a unit in brackets after the words; [1] for a plain number",
        )
    unit = unit_for(scope, answer.dimension)
    title = f"write `[{unit}]` after the words"
    at = _after_words(scope, line)
    note = f"{_why(answer)} {describe_dimension(answer.dimension)}"
    meant = next((d for d in spoken(line.words) if isinstance(d, Dimension)), None)
    repairs = [Repair(at, f"  [{unit}]", title, cost=0.5)]
    if meant is not None and agree(line.words, answer.dimension) is False:
        note += f"; its words speak of {describe_dimension(meant)}"
        other = unit_for(scope, meant)
        repairs.append(Repair(at, f"  [{other}]", f"write `[{other}]` after the words", cost=0.9))
    return finding(
        "L0204",
        headline,
        place,
        others=_reasons(answer),
        note=note,
        repairs=repairs,
    )


def _many(
    scope: Scope, lines: list[tuple[Declaration, list[str]]], answers: list[Inferred | None]
) -> Diagnostic:
    """Return one finding about a law whose symbols mostly have no unit."""
    count = sum(len(own) for _, own in lines)
    others: list[tuple[Place, str]] = []
    text = scope.source.text
    start = lines[0][0].place.start
    written, position = "", start
    for (line, _), answer in zip(lines, answers, strict=True):
        unit = unit_for(scope, answer.dimension) if answer is not None else None
        others.append((line.names[0].place.through(line.names[-1].place), _said(unit, answer)))
        if unit is not None:
            at = _after_words(scope, line).start
            written, position = f"{written}{text[position:at]}  [{unit}]", at
    open_ones = [own for (_, own), answer in zip(lines, answers, strict=True) if answer is None]
    title = "write the units that the formulas and the words give"
    if open_ones:
        title += f"; {listed(quoted(n for own in open_ones for n in own))} stay open"
    repairs = ()
    if position > start:
        repairs = (
            Repair(Place(lines[0][0].place.path, start, position), written, title, cost=0.5),
        )
    return finding(
        "L0204",
        f"{count} symbols have no unit",
        *others[0],
        others=others[1:],
        help=title if repairs else "write a unit in brackets after the words of each",
        repairs=repairs,
    )


def _said(unit: str | None, answer: Inferred | None) -> str:
    if unit is None or answer is None:
        return "open: the formulas do not say"
    if not answer.because:
        return f"[{unit}], say its words"
    labels = [d.context.label for d in answer.because if d.context.label]
    return f"[{unit}]" + (f", says `{labels[0]}`" if labels else "")


def _after_words(scope: Scope, line: Declaration) -> Place:
    """Return the empty place where the unit of a line belongs."""
    text = scope.source.text
    if line.depends:
        at = text.index(")", line.depends[-1].place.end) + 1
    else:
        start = text.find(":", line.names[-1].place.end) + 1
        found = text.find(line.words, start, line.place.end) if line.words else -1
        at = found + len(line.words) if found >= 0 else start
    return Place(line.place.path, at, at)


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
    return [
        _unknown(scope, name, places, inferred.get(name)) for name, places in scope.unknown.items()
    ]


def _unknown(scope: Scope, name: str, places: list[Place], known: Inferred | None) -> Diagnostic:
    dimension = known.dimension if known is not None else None
    near = _nearest(scope, name, dimension)
    others = [(place, "") for place in places[1:3]]
    home, constant = scope.importable.get(name, ("", None))
    repairs = [_renamed(scope, places, other, cost) for cost, other in near]
    alike = [other for cost, other in near if cost == near[0][0]]
    if near and near[0][0] > VAGUE and len(alike) > 1:
        alike = []
    text = f"did you mean {listed(quoted(alike), 'or')}?" if 0 < len(alike) < 4 else ""
    if constant is not None and constant.name == name:
        text, help = "", f"import it: {importing(home, constant)}"
        repairs.insert(0, _imported(scope, name, home))
    elif constant is not None and not near and dimension in (None, _dimension_of(constant)):
        text, help = namesake(constant), f"import it: {importing(home, constant)}"
    elif text:
        help = f"write {listed(quoted(alike), 'or')}, or declare `{name}` under `symbols`"
    else:
        help = f"declare it under `symbols`: `{_declaration(scope, name, dimension)}`"
    if constant is None or constant.name != name:
        repairs.append(_declared(scope, name, dimension))
    note = ""
    if known is not None and dimension is not None:
        note = f"{_why(known)} {describe_dimension(dimension)}"
        fitting = [other for other in alike if _fits(scope, other, dimension)]
        if not text:
            fitting = [n for n in scope.declared if _fits(scope, n, dimension)]
            fitting = fitting if len(fitting) < MOST_ALIKE and not dimension.is_none else []
        if fitting and (fitting == alike or not text):
            note += f", as {listed(quoted(fitting))} {'is' if len(fitting) == 1 else 'are'}"
    return finding(
        "L0111",
        f"`{name}` is not declared",
        places[0],
        text,
        others=others,
        note=note,
        help=help,
        repairs=repairs,
    )


def _dimension_of(constant: Constant) -> Dimension:
    return without_angle(constant.unit.dimension)


def _renamed(scope: Scope, places: list[Place], name: str, cost: float) -> Repair:
    """Return the edit that writes another name wherever the unknown one stands."""
    text = scope.source.text
    first, last = places[0], places[-1]
    written, position = "", first.start
    for place in sorted(places, key=lambda place: place.start):
        written += text[position : place.start] + name
        position = place.end
    return Repair(first.through(last), written, f"write `{name}`", cost=cost)


def _declaration(scope: Scope, name: str, dimension: Dimension | None) -> str:
    unit = unit_for(scope, dimension) if dimension is not None else "unit"
    return f"{name} : what it is [{unit}]"


def _declared(scope: Scope, name: str, dimension: Dimension | None) -> Repair:
    written = _declaration(scope, name, dimension)
    title = f"declare `{name}` under `symbols`"
    if not scope.block.symbols:
        end = scope.block.place.end
        return Repair(
            Place(scope.source.path, end, end), "", title, Applicability.DISPLAY_ONLY, cost=3.0
        )
    end = scope.block.symbols[-1].place.end
    place = Place(scope.source.path, end, end)
    return Repair(place, f"\n    {written}", title, Applicability.DISPLAY_ONLY, cost=2.0)


def _imported(scope: Scope, name: str, home: str) -> Repair:
    title = f"import it: `import {home} ({name})`"
    for line in scope.block.imports:
        if line.identity.text == home and line.names:
            end = line.names[-1].place.end
            return Repair(Place(line.place.path, end, end), f", {name}", title, cost=0.5)
    ends = [line.place.end for line in scope.block.imports]
    ends += [line.value.place.end for line in scope.block.head]
    named = scope.block.version or scope.block.name
    end = scope.source.text.find("\n", max([*ends, named.place.end]))
    end = end if end >= 0 else len(scope.source.text)
    return Repair(
        Place(scope.source.path, end, end), f"\n  import  {home} ({name})", title, cost=0.5
    )


def _nearest(scope: Scope, name: str, dimension: Dimension | None) -> list[tuple[float, str]]:
    """Return the names that may be meant: near in spelling, and of a dimension that fits."""
    allowed = 1 if len(name) < 3 else FARTHEST
    scored = []
    for known in scope.dimensions:
        if known in scope.unknown or known in BUILT_IN:
            continue
        far = distance(name, known)
        if name.casefold() == known.casefold() or in_latin(name) == in_latin(known):
            far = 0
        # Of short names a letter left out or put in is half of what they are.
        short = min(len(name), len(known)) < 2
        part = dimension is not None and (known.startswith(name) or known.endswith(name))
        if far and short and len(name) != len(known) and not part:
            continue
        fits = dimension is None or _fits(scope, known, dimension)
        # One letter for another is no evidence; a single letter has to fit by dimension too.
        if far <= allowed and fits and (far == 0 or len(name) > 1 or dimension is not None):
            unused = 0.6 if known in scope.unused else 0.0
            sure = 0.0 if dimension is not None else 0.1
            weak = VAGUE if far and short and not part else 0.0
            scored.append((0.5 + far * 0.4 + sure + weak - unused, known))
    return sorted(scored)[:MOST_NEAR]


def _fits(scope: Scope, name: str, dimension: Dimension) -> bool:
    own = scope.dimensions.get(name)
    return own is not None and without_angle(own) == dimension


def _why(inferred: Inferred) -> str:
    """Name the lines that force a dimension: `motion` makes it …"""
    if not inferred.because:
        return "its words make it"
    labels: dict[str, None] = {}
    for demand in inferred.because:
        context = demand.context
        word = SECTIONS[context.section]
        article = "an" if word[0] in "aeiou" else "a"
        labels[f"`{context.label}`" if context.label else f"{article} {word}"] = None
    return f"{listed(list(labels)[:3])} {'makes' if len(labels) == 1 else 'make'} it"


def _reasons(inferred: Inferred) -> list[tuple[Place, str]]:
    return [(demand.node.place, "") for demand in inferred.because[:2]]
