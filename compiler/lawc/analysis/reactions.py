"""Reactions to equations: each species changes by what every reaction makes and uses of it.

The equations are written as trees, with the author's own expressions in them, so that all that is
asked of an equation is asked of them too. Mass action: a rate constant times the concentrations
of what stands before the arrow, each to the power of its count.
"""

from __future__ import annotations

from collections.abc import Iterable

from lawc.analysis.conserved import conserved_sums
from lawc.analysis.elaborate import elaborate
from lawc.analysis.findings import finding
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.diagnostics.immutable import immutable
from lawc.knowledge import expression as known
from lawc.knowledge.law import Always, Claim
from lawc.knowledge.reactions import ConservedSum, Counts, Reaction
from lawc.syntax.document import Block, EquationLine, ReactionLine, Substance, Word
from lawc.syntax.tree import Binary, Derivative, Name, Negative, Node, Number, walk


@immutable
class Change:
    """What one reaction does to one species in a turn: how many it makes, and where that stands."""

    line: ReactionLine
    count: int | float
    place: Place


def label_of(line: ReactionLine, number: int) -> str:
    """Return the author's label of a reaction, or a number."""
    return line.label.text if line.label is not None else f"reaction-{number + 1}"


def variable_of(block: Block, species: str) -> Name | None:
    """Return the one thing that a species is a function of, None where it is none or several."""
    for line in block.symbols:
        if any(name.name == species for name in line.names):
            return line.depends[0] if len(line.depends) == 1 else None
    return None


def changes_of(block: Block) -> dict[str, list[Change]]:
    """Return what each species is changed by, in the order in which they are named.

    A catalyst, which no reaction changes, has an empty list.
    """
    changes: dict[str, list[Change]] = {}
    for line in block.reactions:
        net: dict[str, int | float] = {}
        places: dict[str, Place] = {}
        for sign, side in ((-1, line.left), (1, line.right)):
            for substance in side:
                name = substance.name.name
                net[name] = net.get(name, 0) + sign * substance.count
                places.setdefault(name, substance.name.place)
        for name, count in net.items():
            own = changes.setdefault(name, [])
            if count:
                own.append(Change(line, count, places[name]))
    return changes


def reaction_equations(block: Block) -> tuple[EquationLine, ...]:
    """Return `dX/dt = …` for every species; a catalyst does not change."""
    lines: list[EquationLine] = []
    taken = {line.label.text for line in block.equations if line.label is not None}
    for species, changes in changes_of(block).items():
        variable = variable_of(block, species)
        if variable is None:
            continue
        label = f"balance-of-{species}"
        while label in taken:
            label += "-"
        first = changes[0] if changes else None
        place = first.line.place if first is not None else _first_place(block, species)
        at = first.place if first is not None else place
        left = Derivative(place, Name(at, species), Name(at, variable.name), 1)
        lines.append(EquationLine(place, Word(place, label), "=", left, _sum(changes, place)))
    return tuple(lines)


def check_reactions(scope: Scope) -> list[Diagnostic]:
    """Return what keeps reactions from being read as equations."""
    block = scope.block
    findings: list[Diagnostic] = []
    if not block.reactions:
        return findings
    seen: set[str] = set()
    time: tuple[str, Place] | None = None
    for line in block.reactions:
        for substance in (*line.left, *line.right):
            name = substance.name.name
            if name in seen or name not in scope.declared:
                continue
            seen.add(name)
            depends = scope.depends.get(name, ())
            if len(depends) != 1:
                findings.append(_no_state(scope, substance, time[0] if time else _time(scope)))
            elif time is None:
                time = (depends[0], substance.name.place)
            elif depends[0] != time[0]:
                findings.append(_two_variables(substance, depends[0], *time))
        findings += _fractions(line)
    changed = changes_of(block)
    for equation in block.equations:
        species = _stated(equation, scope)
        if species in changed:
            findings.append(_twice(species, equation, changed[species], scope))
    return findings


def know_reactions(scope: Scope) -> tuple[Reaction, ...]:
    """Return the reactions of a law as known."""
    found = []
    for number, line in enumerate(scope.block.reactions):
        forward = elaborate(_rate(line, line.rates[0], line.left), scope)
        back = None
        if len(line.rates) > 1:
            back = elaborate(_rate(line, line.rates[1], line.right), scope)
        label = label_of(line, number)
        consumed, produced = _counts(line.left), _counts(line.right)
        found.append(
            Reaction(label, consumed, produced, forward, back, line.reversible, line.place)
        )
    return tuple(found)


def know_sums(
    scope: Scope, reactions: Iterable[Reaction], claims: Iterable[Claim]
) -> tuple[tuple[ConservedSum, ...], tuple[Claim, ...]]:
    """Return the sums that reactions keep, and a claim for each that no author made already."""
    reactions = tuple(reactions)
    if not reactions:
        return (), ()
    species = [name for name in changes_of(scope.block) if any(name in r.net for r in reactions)]
    sums = conserved_sums([reaction.net for reaction in reactions], species)
    stated = {
        frozenset(_weights(claim.subject).items())
        for claim in claims
        if claim.form is Always.CONSTANT and not claim.where
    }
    place = reactions[0].place
    made = tuple(
        Claim(Always.CONSTANT, _expression(kept), text=f"{kept} is constant", place=place)
        for kept in sums
        if frozenset((name, float(weight)) for name, weight in kept.weights) not in stated
    )
    return sums, made


def _counts(side: tuple[Substance, ...]) -> Counts:
    return tuple((substance.name.name, substance.count) for substance in side)


def _sum(changes: list[Change], place: Place) -> Node:
    """Return the sum of what all reactions do to a species, as a tree."""
    total: Node | None = None
    for change in changes:
        line = change.line
        for sign, rate, side in zip((1, -1), line.rates, (line.left, line.right), strict=False):
            term = _rate(line, rate, side)
            times = abs(change.count)
            if times != 1:
                term = Binary(line.place, "*", Number(change.place, str(times), times), term)
            minus = (change.count < 0) != (sign < 0)
            if total is None:
                total = Negative(line.place, term) if minus else term
            else:
                total = Binary(line.place, "-" if minus else "+", total, term)
    return total if total is not None else Number(place, "0", 0)


def _rate(line: ReactionLine, rate: Node, side: tuple[Substance, ...]) -> Node:
    """Return the whole rate of a direction: mass action written out where it is implied."""
    if line.whole:
        return rate
    counts: dict[str, tuple[Substance, int | float]] = {}
    for substance in side:
        name = substance.name.name
        counts[name] = substance, counts.get(name, (substance, 0))[1] + substance.count
    for substance, count in counts.values():
        factor: Node = substance.name
        if count != 1:
            exponent = Number(substance.place, str(count), count)
            factor = Binary(substance.place, "^", factor, exponent)
        rate = Binary(line.place, "*", rate, factor)
    return rate


def _stated(equation: EquationLine, scope: Scope) -> str:
    """Return the quantity whose course an equation states: `dA/dt = …`, `A := …`, or empty."""
    if isinstance(equation.left, Name):
        return equation.left.name
    for node in walk(equation.left):
        if isinstance(node, Derivative) and isinstance(node.of, Name):
            return node.of.name
    return ""


def _first_place(block: Block, species: str) -> Place:
    return next(
        substance.name.place
        for line in block.reactions
        for substance in (*line.left, *line.right)
        if substance.name.name == species
    )


def _time(scope: Scope) -> str:
    """Return what the reactions of a law most likely run in."""
    return next((names[0] for names in scope.depends.values() if len(names) == 1), "t")


def _no_state(scope: Scope, substance: Substance, variable: str) -> Diagnostic:
    name = substance.name.name
    line, place = scope.declared[name]
    if line.depends:
        return finding(
            "L0411",
            f"`{name}` depends on more than one thing, and a reaction runs in one",
            substance.name.place,
            others=[(place.place, "declared here")],
            help="write its equation under `equations`",
        )
    return finding(
        "L0411",
        f"`{name}` takes part in a reaction and is not declared to change",
        substance.name.place,
        others=[(place.place, "declared here")],
        help=f"declare `{name} : … ({variable})`; what is held constant belongs into the rate, "
        f"as in `0 -> X ; rate k*{name}`",
    )


def _two_variables(substance: Substance, own: str, other: str, first: Place) -> Diagnostic:
    return finding(
        "L0411",
        f"`{substance.name.name}` runs in `{own}`, and the other substances in `{other}`",
        substance.name.place,
        others=[(first, f"a function of `{other}`")],
        help="declare all substances of the reactions as functions of one variable",
    )


def _fractions(line: ReactionLine) -> list[Diagnostic]:
    """Return a finding where mass action would take a fraction of a molecule."""
    if line.whole:
        return []
    acting = (*line.left, *line.right) if line.reversible else line.left
    return [
        finding(
            "L0411",
            f"mass action takes whole numbers, and `{substance.name.name}` takes part "
            f"{substance.count} times",
            substance.place,
            help="write the whole rate: `; rate = …`, or the reaction in whole numbers",
        )
        for substance in acting
        if substance.count != int(substance.count)
    ]


def _twice(species: str, equation: EquationLine, changes: list[Change], scope: Scope) -> Diagnostic:
    other = changes[0].place if changes else _first_place(scope.block, species)
    return finding(
        "L0412",
        f"the course of `{species}` is stated twice",
        equation.place,
        "by this equation",
        others=[(other, "and by the reactions")],
        help=f"write what else changes `{species}` as a reaction, `0 -> {species} ; rate = …`",
    )


def _expression(kept: ConservedSum) -> known.Expression:
    total: known.Expression | None = None
    for name, weight in kept.weights:
        term: known.Expression = known.Symbol(name)
        if abs(weight) != 1:
            term = known.Binary("*", known.Number(abs(weight)), term)
        if total is None:
            total = known.Negative(term) if weight < 0 else term
        else:
            total = known.Binary("-" if weight < 0 else "+", total, term)
    assert total is not None
    return total


def _weights(expression: known.Expression, sign: float = 1.0) -> dict[str, float]:
    """Return the weights of a sum of quantities; empty where it is something else."""
    match expression:
        case known.Symbol(name):
            return {name: sign}
        case known.Negative(of):
            return _weights(of, -sign)
        case known.Binary("*", known.Number(value), known.Symbol(name)):
            return {name: sign * value}
        case known.Binary("*", known.Symbol(name), known.Number(value)):
            return {name: sign * value}
        case known.Binary("+" | "-" as operator, left, right):
            one = _weights(left, sign)
            other = _weights(right, sign if operator == "+" else -sign)
            return {**one, **other} if one and other and not one.keys() & other.keys() else {}
    return {}
