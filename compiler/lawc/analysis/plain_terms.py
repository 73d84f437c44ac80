"""See the terms of a published fit: numbers times quantities that add up only as plain numbers.

`10*W + 6.25*H - 5*age` with a weight, a height and an age is no slip in a unit. Its numbers belong
to units that the source names in words, and `value` is how the language says them.
"""

from __future__ import annotations

from collections.abc import Sequence

from lawc.analysis.dimensions import Mismatch
from lawc.analysis.findings import finding
from lawc.analysis.measuring import Kind
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.syntax.tree import Binary, Name, Node, Number
from lawc.units.naming import describe_dimension


def are_plain_terms(mismatches: Sequence[Mismatch]) -> bool:
    """Return whether mismatches are those of one sum of numbers, each times a quantity or alone."""
    return bool(mismatches) and all(
        mismatch.kind is Kind.TERMS
        and mismatch.other is not None
        and mismatch.context.section == "equations"
        and any(_scaled(node) is not None for node in (mismatch.node, mismatch.other))
        and (mismatch.measure.is_none or _scaled(mismatch.node) is not None)
        and (mismatch.expected.is_none or _scaled(mismatch.other) is not None)
        for mismatch in mismatches
    )


def plain_terms_finding(scope: Scope, mismatches: Sequence[Mismatch]) -> Diagnostic:
    """Return the one finding about the terms of a fit."""
    first = mismatches[0]
    terms = [*(m.node for m in mismatches), *((first.other,) if first.other is not None else ())]
    scaled = [pair for node in sorted(terms, key=_start) if (pair := _scaled(node)) is not None]
    number, name = scaled[0]
    term = _value(scope, number, name)
    help = f"in a fit of plain numbers read each quantity in its unit: `{term}`"
    left = scope.block.equations[first.context.number].left
    if isinstance(left, Name) and left.name in scope.quantities:
        help += f" and so on, and `{_value(scope, None, left)} ~= …`"
    others = [(m.node.place, describe_dimension(m.measure)) for m in mismatches[1:]]
    if first.other is not None:
        others.insert(0, (first.other.place, describe_dimension(first.expected)))
    return finding(
        "L0208",
        "the terms of this sum have different dimensions",
        first.node.place,
        describe_dimension(first.measure),
        others=others,
        help=help,
    )


def _scaled(node: Node | None) -> tuple[Number, Name] | None:
    """Return the number and the quantity of a term such as `6.25*H`."""
    if not isinstance(node, Binary) or node.operator != "*":
        return None
    number, name = node.left, node.right
    if not isinstance(number, Number) or number.unit is not None or not isinstance(name, Name):
        return None
    return None if number.value in (1, 2) else (number, name)


def _value(scope: Scope, number: Number | None, name: Name) -> str:
    quantity = scope.quantities.get(name.name)
    unit = quantity.unit.text if quantity is not None else "…"
    factor = f"{scope.text(number)}*" if number is not None else ""
    return f"{factor}value({name.name}, [{unit}])"


def _start(node: Node) -> int:
    return node.place.start
