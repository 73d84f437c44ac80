"""Mismatches of dimension to findings: what to say where two parts do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lawc.analysis.blame import Suspect, Verdict
from lawc.analysis.dimensions import Mismatch, without_angle
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.logarithms import arguments_of, call_around, log_difference
from lawc.analysis.measuring import Kind
from lawc.analysis.phrases import (
    SECTIONS,
    alternatives,
    asking,
    is_broken,
    lacks_side,
    lacks_term,
    references,
    unit_for,
)
from lawc.analysis.plain_terms import are_plain_terms, plain_terms_finding
from lawc.analysis.proposals import NEAR, of_unit, ranked
from lawc.analysis.rates import connection_finding, distribution_finding, rate_finding
from lawc.analysis.repair import Edit, edits
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair
from lawc.syntax.tree import Binary, Name, Negative, Node, Number, UnitText, walk
from lawc.units.dimension import Dimension
from lawc.units.naming import describe_dimension

_CODES = {
    Kind.SIDES: "L0203",
    Kind.TERMS: "L0208",
    Kind.BRANCHES: "L0208",
    Kind.COMPARED: "L0208",
    Kind.ARGUMENT: "L0205",
    Kind.EXPONENT: "L0205",
    Kind.BASE: "L0207",
    Kind.LIMIT: "L0208",
    Kind.ENDS: "L0208",
}
_HEADLINES = {
    Kind.TERMS: "the terms of this sum have different dimensions",
    Kind.BRANCHES: "the two branches of this choice have different dimensions",
    Kind.COMPARED: "the values compared here have different dimensions",
    Kind.LIMIT: "this limit has another dimension than what tends to it",
    Kind.ENDS: "the ends of this integral have different dimensions",
}


def verdict_finding(scope: Scope, verdict: Verdict) -> Diagnostic:
    """Return the one finding about mismatches of one cause."""
    if verdict.cause is not None:
        return _wrong_unit(scope, verdict.cause, verdict)
    mismatch = verdict.mismatches[0]
    match mismatch.kind:
        case Kind.SIDES:
            return _sides(scope, mismatch, verdict)
        case Kind.TERMS if are_plain_terms(verdict.mismatches):
            return plain_terms_finding(scope, verdict.mismatches)
        case Kind.TERMS | Kind.BRANCHES | Kind.COMPARED | Kind.LIMIT | Kind.ENDS:
            return _terms(scope, mismatch, verdict)
        case Kind.ARGUMENT:
            return _argument(scope, mismatch, verdict)
        case Kind.EXPONENT:
            return _exponent(scope, mismatch, verdict)
        case Kind.BASE:
            return _base(scope, mismatch, verdict)
        case Kind.SUBSTANCES | Kind.RATE:
            return rate_finding(scope, mismatch, verdict)
        case Kind.CONNECTED:
            return connection_finding(scope, mismatch)
        case Kind.DISTRIBUTED:
            return distribution_finding(scope, mismatch)
    return _value(scope, mismatch, verdict)


def _wrong_unit(scope: Scope, cause: Suspect, verdict: Verdict) -> Diagnostic:
    """Say that a declared unit, and not what uses it, is to be changed."""
    first, mismatches = cause.unknowns[0], verdict.mismatches
    names = [str(unknown) for unknown in cause.unknowns if not isinstance(unknown, Place)]
    subject = listed(quoted(names)) if names else "this number"
    others = [(m.node.place, f"needs {cause.dimension}") for m in mismatches[:2]]
    headline = f"the unit of {subject} does not fit the law"
    where = first if isinstance(first, Place) else _unit_place(scope, first)
    declared = _declared(scope, first)
    asked = describe_dimension(cause.dimension)
    own = of_unit(scope, cause)
    others_first = ranked(scope, _plausible(verdict.suspects), _edits(scope, verdict))
    repairs = others_first if own is None else (replace(own, cost=-1.0), *others_first)
    return finding(
        "L0203",
        headline,
        where,
        describe_dimension(declared) if declared is not None else "",
        others=others,
        note=f"{asking(mismatches)} {'asks' if len(mismatches) == 1 else 'ask'} for {asked}",
        repairs=repairs,
    )


def _sides(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    section, number = mismatch.context.section, mismatch.context.number
    assert mismatch.other is not None
    kind = "law" if section == "equations" else SECTIONS[section]
    if section == "equations" and scope.block.equations[number].relation == ":=":
        kind = "definition"
    found = _edits(scope, verdict)
    edit = _alone(found)
    if without_angle(mismatch.measure) == without_angle(mismatch.expected):
        lacks = "an angle and a plain number are different things"
    else:
        lacks = lacks_side(scope, mismatch.expected / mismatch.measure, edit)
    return _finish(
        scope,
        verdict,
        "L0203",
        f"the two sides of this {kind} have different dimensions",
        found,
        notes=[lacks],
    )


def _terms(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    found: list[Edit] = []
    number = next((n for n in (mismatch.node, mismatch.other) if _is_plain_number(n)), None)
    # One and two are plain wherever they stand; of other numbers the unit may be forgotten.
    if number is None or _is_small(number):
        found = _edits(scope, verdict)
    edit = _alone(found)
    notes = []
    own: list[Repair] = []
    if without_angle(mismatch.measure) == without_angle(mismatch.expected):
        plain = mismatch.node if mismatch.measure.is_none else mismatch.other or mismatch.node
        notes.append("an angle and a plain number are different things")
        text = scope.text(plain)
        written = f"({text})" if isinstance(plain, Binary) and plain.operator in "+-" else text
        title = f"write `{written}*1 [rad]` where the number is meant as an angle"
        own.append(Repair(plain.place, f"{written}*1 [rad]", title, cost=0.7))
    elif number is not None:
        notes.append("a number without a unit is a plain number")
        if not found:
            on_right = number is mismatch.node
            expected = mismatch.expected if on_right else mismatch.measure
            beside = mismatch.other if on_right else mismatch.node
            # Who compares with a number has the scale of what it is compared with in mind.
            own_unit = _own_unit(scope, beside) if mismatch.kind is Kind.COMPARED else ""
            own.append(_with_unit(scope, number, own_unit or unit_for(scope, expected)))
    elif mismatch.kind is Kind.TERMS:
        notes.append(lacks_term(scope, mismatch, edit))
    literal = mismatch.kind is Kind.COMPARED and any(
        _is_literal(n) for n in (mismatch.node, mismatch.other)
    )
    code = "L0209" if literal else _CODES[mismatch.kind]
    return _finish(scope, verdict, code, _HEADLINES[mismatch.kind], found, notes=notes, own=own)


def _argument(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    call = call_around(scope, mismatch)
    name = call.function.name if call is not None else "this function"
    text = scope.text(mismatch.node)
    partners = references(scope, mismatch)
    unit = unit_for(scope, mismatch.measure)
    pair = log_difference(scope, mismatch)
    if pair is not None:
        ratio = "/".join(scope.text(argument) for argument in arguments_of(pair))
        title = f"write the difference as `{name}({ratio})`"
        own = Repair(pair.place, f"{name}({ratio})", title, cost=0.2)
    elif partners and isinstance(mismatch.node, Name):
        ratio = f"{text}/{partners[0]}"
        title = f"divide by a reference of the same dimension: `{name}({ratio})`"
        own = Repair(mismatch.node.place, ratio, title, cost=0.7)
    else:
        plain = f"value({text}, [{unit}])"
        title = f"make it a ratio, or take the plain number: `{name}({plain})`"
        own = Repair(mismatch.node.place, plain, title, cost=1.3)
    return _finish(
        scope,
        verdict,
        "L0205",
        f"`{name}` takes a plain number",
        _edits(scope, verdict),
        text=describe_dimension(mismatch.measure),
        own=[own],
    )


def _exponent(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    return _finish(
        scope,
        verdict,
        "L0205",
        "an exponent is a plain number",
        _edits(scope, verdict),
        text=describe_dimension(mismatch.measure),
        help="divide it by a reference of the same dimension",
    )


def _base(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    text = scope.text(mismatch.node)
    partners = references(scope, mismatch)
    ratio = f"({text}/{partners[0] if partners else 'reference'})"
    return _finish(
        scope,
        verdict,
        "L0207",
        "a base with a dimension needs a number as exponent",
        _edits(scope, verdict),
        text=describe_dimension(mismatch.measure),
        note="with an exponent that varies, the dimension of the power would vary too",
        help=f"raise a ratio: `{ratio}^…`",
    )


def _value(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    assert mismatch.other is not None
    subject = f"`{scope.text(mismatch.other)}`"
    headline = {
        Kind.VALUE: "`value` asks for a unit of another dimension",
        Kind.TOLERANCE: f"the tolerance of {subject} has another dimension",
    }.get(mismatch.kind, f"{subject} is given a value of another dimension")
    own: list[Repair] = []
    node = mismatch.node
    wanted = _own_unit(scope, mismatch.other) or unit_for(scope, mismatch.expected)
    unit = node if isinstance(node, UnitText) else _unit_of(node)
    if _is_plain_number(node):
        if not mismatch.expected.is_none:
            own.append(_with_unit(scope, node, wanted))
    elif unit is not None and not mismatch.expected.is_none:
        own.append(Repair(unit.place, wanted, f"give it in [{wanted}]", cost=0.4))
    elif isinstance(node, Number):
        own.append(Repair(node.place, node.text, "leave the unit out", cost=0.4))
    found = _edits(scope, verdict) if mismatch.kind is Kind.VALUE else []
    return _finish(scope, verdict, "L0209", headline, found, own=own)


def _finish(
    scope: Scope,
    verdict: Verdict,
    code: str,
    headline: str,
    found: Sequence[Edit],
    *,
    text: str = "",
    note: str = "",
    notes: Sequence[str] = (),
    help: str = "",
    own: Sequence[Repair] = (),
) -> Diagnostic:
    mismatch = verdict.mismatches[0]
    others = []
    if mismatch.other is not None:
        others.append((mismatch.other.place, describe_dimension(mismatch.expected)))
    suspects = _worth_naming(verdict, mismatch)
    offered = sorted((*own, *ranked(scope, suspects, found)), key=lambda repair: repair.cost)
    has_help = bool(found or help or own)
    said = [*notes, note, alternatives(scope, suspects, has_help)]
    return finding(
        code,
        headline,
        mismatch.node.place,
        text or describe_dimension(mismatch.measure),
        others=others,
        notes=[n for n in said if n],
        help=help,
        repairs=offered,
    )


def _edits(scope: Scope, verdict: Verdict) -> list[Edit]:
    """Return the edits of an equation that clear mismatches which all stand in it."""
    mismatches = verdict.mismatches
    if not (verdict.mendable and scope.mending):
        return []
    contexts = {mismatch.context for mismatch in mismatches}
    if len(contexts) > 1 or mismatches[0].context.section != "equations":
        return []
    return edits(scope, scope.block.equations[mismatches[0].context.number], mismatches)


def _alone(found: Sequence[Edit]) -> Edit | None:
    """Return the cheapest edit where no other costs as little."""
    if not found or (len(found) > 1 and found[1].cost <= found[0].cost + NEAR):
        return None
    return found[0]


def _declared(scope: Scope, unknown: str | Place) -> Dimension | None:
    if isinstance(unknown, Place):
        return None
    return scope.dimensions.get(unknown)


def _unit_place(scope: Scope, name: str) -> Place:
    line, place = scope.declared[name]
    return line.unit.place if line.unit is not None else place.place


def _worth_naming(verdict: Verdict, mismatch: Mismatch) -> list[Suspect]:
    """Return the suspects without those that hardly any author can have meant."""
    return [s for s in _plausible(verdict.suspects) if not _is_own_literal(s, mismatch)]


def _plausible(suspects: Sequence[Suspect]) -> list[Suspect]:
    # Words that agree with the declared unit speak for it.
    return [s for s in suspects if s.weight >= 0 and not (s.weight < 1 and is_broken(s.dimension))]


def _own_unit(scope: Scope, node: Node | None) -> str:
    """Return the declared unit of a name, empty where there is none."""
    quantity = scope.quantities.get(node.name) if isinstance(node, Name) else None
    return quantity.unit.text if quantity is not None else ""


def _is_plain_number(node: Node | None) -> bool:
    while isinstance(node, Negative):
        node = node.of
    return isinstance(node, Number) and node.unit is None


def _with_unit(scope: Scope, number: Node, unit: str) -> Repair:
    text = f"{scope.text(number)} [{unit}]"
    return Repair(number.place, text, f"write `{text}`", cost=0.4)


def _unit_of(node: Node) -> UnitText | None:
    while isinstance(node, Negative):
        node = node.of
    return node.unit if isinstance(node, Number) else None


def _is_small(node: Node | None) -> bool:
    return isinstance(node, Number) and node.value in (1, 2)


def _is_literal(node: Node | None) -> bool:
    while isinstance(node, Negative):
        node = node.of
    return isinstance(node, Number)


def _is_own_literal(suspect: Suspect, mismatch: Mismatch) -> bool:
    """Return whether a suspect is the literal at which the finding stands anyway."""
    place = suspect.unknowns[0]
    return isinstance(place, Place) and any(
        place == part.place or (isinstance(part, Number) and part.unit and part.unit.place == place)
        for part in walk(mismatch.node)
    )
