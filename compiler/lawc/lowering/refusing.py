"""What a law may say and no program can hold yet: refused by name, never compiled to less."""

from __future__ import annotations

from collections.abc import Iterator

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import (
    Expression,
    Integral,
    distinct,
)
from lawc.knowledge.law import Law
from lawc.knowledge.writing import write_expression


def refuse_unreadable(law: Law) -> None:
    """Refuse a law with integrals or quantities that are no numbers.

    Raises:
        CompileError: It says what stands in the way.
    """
    reason = next(_reasons(law), "")
    if reason:
        raise CompileError(f"{law.identity} {reason}")


def refusal(law: Law) -> str:
    """Return why the checks of a law cannot be calculated; empty where they can."""
    reason = next(_reasons(law), "")
    return f"{law.identity} {reason}" if reason else ""


def _reasons(law: Law) -> Iterator[str]:
    for side in _expressions(law):
        for node in distinct(side):
            if isinstance(node, Integral):
                text = write_expression(node)
                yield f"has the integral `{text}`; integrals are not compiled yet"
    for quantity in law.quantities.values():
        if quantity.kind != "number":
            yield (
                f"has {quantity.name}, which is {_KINDS.get(quantity.kind, quantity.kind)}; "
                "only numbers are compiled in a law; a rule decides by words and days"
            )
        if quantity.may_be_unknown:
            yield f"has {quantity.name}, which may be unknown; missing values are not compiled yet"


_KINDS = {
    "yes/no": "a yes or no",
    "one of": "one of several words",
    "integer": "a whole number",
    "date": "a date",
}


def _expressions(law: Law) -> Iterator[Expression]:
    for equation in law.equations:
        yield equation.left
        yield equation.right
    for condition in law.conditions:
        yield condition.value
        yield condition.at
    for event in law.events:
        yield event.condition
        yield from (change.value for change in event.changes)
    for line in law.validity:
        yield line.condition
