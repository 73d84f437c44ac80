"""Constants that follow exactly from others: `hbar : reduced Planck constant [J*s] = h/(2*pi)`.

Only exact constants of the same block, further up, may stand in such a formula. Those that were
measured are correlated, so an uncertainty cannot be worked out from theirs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from lawc.analysis.dimensions import Dimensions
from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.findings import finding, quoted
from lawc.analysis.numbers import NoValueError, evaluate
from lawc.analysis.scope import BUILT_IN, Scope
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Constant
from lawc.syntax.document import Block, ConstantLine, Word
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Name, Node, Number, UnitText, walk
from lawc.units.dimension import NONE, Dimension
from lawc.units.unit import Unit


def worked_out(
    line: ConstantLine,
    written: UnitText,
    known: Mapping[str, Constant],
    ghosts: Collection[str],
    source: Source,
) -> tuple[Unit, float, float] | Diagnostic | None:
    """Return unit, value in SI and uncertainty of a constant that a formula gives.

    Args:
        line: As written.
        written: The declared unit.
        known: The constants further up.
        ghosts: Names whose line could not be read.
        source: The text.

    Returns:
        A finding where it cannot be worked out; None where that has been reported.
    """
    unit = read_unit(written)
    if unit is None:
        return unit_finding(written, source.text)
    for node in walk(line.value):
        if isinstance(node, Name) and node.name not in BUILT_IN:
            if node.name in ghosts:
                return None
            problem = _name(node, known)
            if problem is not None:
                return problem
        if isinstance(node, Number) and node.unit is not None and read_unit(node.unit) is None:
            return unit_finding(node.unit, source.text)
    names: dict[str, Dimension | None] = dict.fromkeys(BUILT_IN, NONE)
    names.update((name, constant.unit.dimension) for name, constant in known.items())
    dimensions = Dimensions(names)
    measure = dimensions.of(line.value)
    if dimensions.mismatches or (measure is not None and measure != unit.dimension):
        return finding(
            "L0122",
            "this formula does not give the declared unit",
            line.value.place,
            "its terms do not fit together" if dimensions.mismatches else str(measure),
            others=[(written.place, str(unit.dimension))],
            help="correct the formula, or the unit before the `=`",
        )
    value = _value(line.value, known, source)
    if value is None:
        return finding(
            "L0122",
            "this formula has no value",
            line.value.place,
            help="write a formula of numbers and constants",
        )
    return unit, value, 0.0


def _name(node: Name, known: Mapping[str, Constant]) -> Diagnostic | None:
    constant = known.get(node.name)
    if constant is None:
        near = nearest(node.name, tuple(known))
        return finding(
            "L0122",
            f"no constant `{node.name}` stands further up in this block",
            node.place,
            help=f"did you mean `{near}`?" if near else "define it first, in the same block",
        )
    if constant.uncertainty:
        others = [(constant.place, "measured")] if constant.place is not None else []
        return finding(
            "L0122",
            f"{quoted([node.name])[0]} is uncertain, and a formula gives no uncertainty",
            node.place,
            others=others,
            help="write the recommended value with its own uncertainty",
        )
    return None


def _value(node: Node, known: Mapping[str, Constant], source: Source) -> float | None:
    block = Block(node.place, "constants", Word(node.place, ""))
    scope = Scope("", source, block, {}, {}, dict(known), {}, {})
    try:
        value = evaluate(elaborate(node, scope), {name: c.value for name, c in known.items()})
    except (NoValueError, UnreadableError):
        return None
    return value if math.isfinite(value) else None
