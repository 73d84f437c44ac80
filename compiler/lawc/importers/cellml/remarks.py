"""What is wrong with the units of a model, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lawc.analysis.dimensions import Mismatch
from lawc.analysis.measuring import Kind
from lawc.importers.cellml.checking import EquationCheck
from lawc.importers.cellml.units import size_of, without_size
from lawc.importers.imported import Remark
from lawc.syntax.tree import Node
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

LONGEST = 120

_ASKED_PLAIN = {
    Kind.ARGUMENT: "the argument of a function",
    Kind.EXPONENT: "an exponent",
    Kind.BASE: "the base of a power whose exponent is not fixed",
}


def unit_remarks(checks: Iterable[EquationCheck]) -> Iterator[Remark]:
    """Yield what is wrong, one remark for each equation."""
    for check in checks:
        if check.fits:
            continue
        text = f"{_shown(check.equation.left)} = {_shown(check.equation.right)}"
        where = f"component {check.component}, {text}"
        if check.mismatches:
            sentence = "; ".join(_sentence(mismatch) for mismatch in check.mismatches[:3])
        else:
            power = check.dependent[0]
            sentence = f"the units fit only as long as {_shown(power.exponent)} is {power.value:g}"
        yield Remark(where, sentence, is_error=True)


def measured(dimension: Dimension) -> str:
    """Return a dimension with the size of its unit, as people read it."""
    kind = str(without_size(dimension)).replace("unit:", "")
    size = size_of(dimension)
    return kind if size == 1 else f"{kind} in units of {size:g} SI"


def _sentence(mismatch: Mismatch) -> str:
    said = f"{_shown(mismatch.node)} is {measured(mismatch.measure)}"
    if mismatch.other is None:
        return f"{said}, and {_ASKED_PLAIN.get(mismatch.kind, 'it')} is a plain number"
    both = f"{said}, and {_shown(mismatch.other)} is {measured(mismatch.expected)}"
    ratio = mismatch.measure / mismatch.expected
    if without_size(ratio).is_none:
        both += f": a factor of {size_of(ratio):g} is missing"
    return both


def _shown(node: Node) -> str:
    text = write(node)
    return f"`{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"
