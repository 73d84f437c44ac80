"""An apportionment as written, for each member of a set, to one step."""

from __future__ import annotations

from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.measures import PLAIN, Measure, measure_of
from lawc.decision.decision import Apportion
from lawc.decision.formula import YES, Formula, number
from lawc.diagnostics.immutable import immutable
from lawc.syntax.rules.apportion import TIES
from lawc.syntax.rules.document import ApportionSection
from lawc.syntax.tree import Node

REMAINDERS = "largest remainders"


@immutable
class Members:
    """An apportionment, written out once for each member."""

    section: ApportionSection
    members: tuple[str, ...]
    parts: tuple[ApportionSection, ...]


def read_members(written: Members, formulas: Formulas) -> Apportion | None:
    """Return the step of an apportionment; what is wrong is reported."""
    section, scope = written.section, formulas.scope
    outputs: list[str] = []
    for part in written.parts:
        quantity = scope.quantity(part.output)
        if quantity is None:
            return None
        if quantity.kind != "integer":
            scope.report(
                "L0116",
                f"`{quantity.name}` is {measure_of(quantity).said}, and seats are whole numbers",
                part.output.place,
                help=f"declare `{quantity.name.partition('[')[0]}` as `integer`",
            )
            return None
        outputs.append(quantity.name)
    whole = _plain(section.whole, "what is handed out", formulas)
    least: Formula | None = number(0)
    if section.least is not None:
        least = _plain(section.least, "what each gets at least", formulas)
        if section.rounding is not None and section.rounding.text == REMAINDERS:
            scope.report(
                "L0701",
                "largest remainders know no `at least`",
                section.least.place,
                help="leave it out, or round by a divisor method such as `half-way`",
            )
            return None
    by: list[Formula] = []
    among: list[Formula] = []
    measure: Measure | None = None
    for part in written.parts:
        typed = formulas.read(part.by)
        if typed is None or not formulas.calculates(typed, part.by):
            return None
        measure = typed.measure if measure is None else measure
        votes = formulas.fitted(typed, measure, part.by, f"`{scope.text(part.by.place)}`")
        condition = YES if part.among is None else formulas.condition(part.among[1])
        if votes is None or condition is None:
            return None
        by.append(votes)
        among.append(condition)
    if whole is None or least is None:
        return None
    method = section.rounding.text if section.rounding is not None else ""
    return Apportion(
        tuple(outputs),
        whole,
        tuple(by),
        tuple(among),
        "remainders" if method == REMAINDERS else method,
        least,
        TIES[section.ties.text] if section.ties is not None else "lots",
        written.members,
    )


def _plain(node: Node, of: str, formulas: Formulas) -> Formula | None:
    typed = formulas.read(node)
    return None if typed is None else formulas.fitted(typed, PLAIN, node, of)
