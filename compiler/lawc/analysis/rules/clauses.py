"""Clauses as written to steps: all that speak of one quantity are one step."""

from __future__ import annotations

from lawc.analysis.findings import listed, quoted
from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.measures import measure_of
from lawc.decision.decision import Clause, Clauses
from lawc.decision.formula import YES, Formula, NotApplicable, Number, apply, number
from lawc.decision.guards import guards
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.document import Word
from lawc.syntax.rules.document import ClauseLine, RoundingText
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Node
from lawc.syntax.tree import Number as Literal

Places = dict[str, Place]

DEEPEST = 60
"""How often an exception may be to an exception."""

ROUNDING = {
    "down": "round_floor",
    "up": "round_ceiling",
    "toward zero": "round_to_zero",
    "from zero": "round_from_zero",
    "nearest": "round_half_from_zero",
    "half even": "round_half_even",
}


def read_clauses(
    lines: tuple[ClauseLine, ...], formulas: Formulas
) -> tuple[Clauses, Places, dict[str, RoundingText]] | None:
    """Return the clauses of one quantity, their places and roundings; None where it is unknown."""
    quantity = formulas.scope.quantity(lines[0].output)
    if quantity is None:
        return None
    labels = _labels(lines, formulas)
    clauses: list[Clause] = []
    places: Places = {}
    roundings: dict[str, RoundingText] = {}
    for line, label in zip(lines, labels, strict=True):
        value = _value(line.value, quantity, formulas)
        condition = YES if line.condition is None else formulas.condition(line.condition)
        if value is not None and line.rounding is not None:
            value = rounded(value, line.rounding, quantity, formulas)
            roundings[label] = line.rounding
        defeats = tuple(word.text for word in line.defeats)
        if value is not None and condition is not None:
            clauses.append(Clause(label, value, condition, defeats, line.words))
        places[label] = line.place
    _check(lines, labels, formulas)
    return Clauses(quantity.name, tuple(clauses)), places, roundings


def rounded(
    value: Formula, rounding: RoundingText, quantity: Quantity, formulas: Formulas
) -> Formula:
    """Return a value rounded as it says; a step that is none is reported."""
    step = _step(rounding, quantity, formulas)
    return value if step is None else apply(ROUNDING[rounding.mode], value, step)


def _step(rounding: RoundingText, quantity: Quantity, formulas: Formulas) -> Formula | None:
    if not measure_of(quantity).is_number:
        headline = f"`{quantity.name}` is {measure_of(quantity).said}, and is not rounded"
        formulas.scope.report("L0711", headline, rounding.place)
        return None
    step = formulas.value(rounding.step, quantity)
    if isinstance(step, Number) and step.value <= 0:
        formulas.scope.report(
            "L0711",
            "a value is rounded to a step above zero",
            rounding.step.place,
            help="write the step with its unit: `rounded down to 1 [USD]`",
        )
        return None
    return step


def _value(node: Node | None, quantity: Quantity, formulas: Formulas) -> Formula | None:
    if node is None:
        return NotApplicable()
    found = formulas.value(node, quantity)
    if found is None and isinstance(node, Literal):
        return number(0)
    return found


def _labels(lines: tuple[ClauseLine, ...], formulas: Formulas) -> list[str]:
    taken: dict[str, Word] = {}
    labels: list[str] = []
    for line in lines:
        word = line.label
        if word is None:
            own = line.output.name if len(lines) == 1 else f"clause {len(labels) + 1}"
            labels.append(own)
            continue
        if word.text in taken:
            formulas.scope.report(
                "L0710",
                f"two clauses are called `{word.text}`",
                word.place,
                others=[(taken[word.text].place, "the first one")],
                help="give one of them another label",
            )
        taken.setdefault(word.text, word)
        labels.append(word.text)
    return labels


def _check(lines: tuple[ClauseLine, ...], labels: list[str], formulas: Formulas) -> None:
    """Report exceptions to nothing, to themselves, or to each other in a circle."""
    known = set(labels)
    lost = False
    for line in lines:
        for word in line.defeats:
            if word.text in known:
                continue
            lost = True
            near = nearest(word.text, tuple(labels))
            formulas.scope.report(
                "L0710",
                f"there is no clause `{word.text}` about `{line.output.name}`",
                word.place,
                f"did you mean `{near}`?" if near else "",
                help=f"an exception names a clause about the same quantity: "
                f"{listed(quoted(labels), 'or')}",
            )
    if lost or len(known) < len(labels):
        return
    bare = tuple(
        Clause(label, number(0), YES, tuple(word.text for word in line.defeats))
        for line, label in zip(lines, labels, strict=True)
    )
    try:
        guards(Clauses(lines[0].output.name, bare))
        deepest = _deepest(bare)
        if deepest is not None:
            line = lines[labels.index(deepest)]
            formulas.scope.report(
                "L0106",
                f"exceptions to exceptions go deeper here than {DEEPEST}",
                line.place,
                help="decide a quantity of its own by some of them",
            )
    except ValueError:
        excepting = [line for line in lines if line.defeats]
        formulas.scope.report(
            "L0710",
            "these clauses are exceptions to each other in a circle",
            excepting[0].defeats[0].place,
            others=[(line.defeats[0].place, "") for line in excepting[1:]],
            help="of two that meet, let one be the exception",
        )


def _deepest(clauses: tuple[Clause, ...]) -> str | None:
    """Return a clause that is an exception to an exception to one …, more often than is read."""
    defeated = {clause.label: clause.defeats for clause in clauses}
    depth: dict[str, int] = {}
    waiting = [clause.label for clause in clauses]
    while waiting:
        label = waiting[-1]
        open_ones = [other for other in defeated[label] if other not in depth]
        if open_ones:
            waiting += open_ones
            continue
        waiting.pop()
        depth[label] = 1 + max((depth[other] for other in defeated[label]), default=-1)
        if depth[label] > DEEPEST:
            return label
    return None
