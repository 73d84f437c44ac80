"""Decide what is asked of a law: which quantities are known, measured, and to be found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lawc.diagnostics.diagnostic import CompileError, LawcError
from lawc.knowledge.law import Law
from lawc.lowering.directions import direction
from lawc.lowering.plan import Plan, Signature
from lawc.lowering.planning import make_plan
from lawc.lowering.program import Program


@dataclass(frozen=True)
class Question:
    """A law asked for some of its parameters.

    Attributes:
        plan: Answers the measured outputs from the known inputs and the unknown parameters.
        known: Inputs that have a column.
        unknown: Parameters to be found, in order.
        spare: Other quantities that the law gives and nothing measured.
    """

    plan: Plan
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    spare: tuple[str, ...] = ()

    @property
    def law(self) -> Law:
        """The law that is asked."""
        return self.plan.law

    @property
    def outputs(self) -> tuple[str, ...]:
        """The measured quantities."""
        return self.plan.signature.outputs


def ask(
    source: Program | Law,
    columns: Collection[str],
    unknown: Sequence[str] | None,
    outputs: Sequence[str] | None = None,
) -> Question:
    """Return the question that a law, its columns and its unknown parameters make.

    Args:
        source: A law, or a program whose outputs are the measured ones.
        columns: Quantities that have a column.
        unknown: Parameters to be found; None for all that have neither a column nor a default.
        outputs: The measured ones; by default those with a column that the law gives.

    Raises:
        LawcError: A name is unknown, has two roles, or nothing gives a quantity that is needed.
        CompileError: The law cannot be asked in this direction.
    """
    law = source.law if isinstance(source, Program) else source
    for name in (*(unknown or ()), *(outputs or ())):
        _check_known(law, name)
    for name in unknown or ():
        if law.quantities[name].depends:
            raise LawcError(
                f"{name} depends on {', '.join(law.quantities[name].depends)}; what can be found "
                "is a parameter, such as the value it starts from"
            )
        if law.quantities[name].kind != "number":
            raise LawcError(
                f"{name} is declared as {law.quantities[name].kind}; only numbers that may move "
                "freely are found"
            )
        if name in columns:
            raise LawcError(f"{name} is to be found but has a column; leave one of the two out")
    if len(set(unknown or ())) != len(unknown or ()):
        raise LawcError("a parameter stands twice among the unknown ones")
    if law.boundary or any(len(quantity.depends) > 1 for quantity in law.quantities.values()):
        return _of_fields(source, columns, unknown, outputs)
    if isinstance(source, Program):
        held = (*source.signature.inputs, *(unknown or ()))
        written = direction(law, source.signature.outputs, held)
    else:
        written = direction(law, tuple(outputs or ()), tuple(unknown or ()))
    if outputs is None and isinstance(source, Program):
        outputs = tuple(name for name in source.signature.outputs if name in columns)
    elif outputs is None:
        outputs = tuple(n for n in law.quantities if n in columns and n in written.outputs)
    if not outputs:
        gives = [name for name in law.quantities if name in written.outputs]
        raise LawcError(
            f"no column holds what {law.identity} gives: {', '.join(gives)}; columns are taken "
            f"for {', '.join(columns) or 'nothing'}"
        )
    lacking = [name for name in outputs if name not in columns]
    if lacking:
        raise LawcError(f"no column holds {', '.join(lacking)}")
    needed = written.needs(outputs) - written.outputs - set(outputs)
    known = tuple(n for n in law.quantities if n in needed and n in columns)
    free = [n for n in law.quantities if n in needed and n not in columns]
    if unknown is None:
        unknown = tuple(n for n in free if law.quantities[n].default is None)
    if not unknown:
        raise LawcError(f"nothing of {law.identity} is unknown; name a parameter to be found")
    open_ = [n for n in free if n not in unknown and law.quantities[n].default is None]
    if open_:
        raise LawcError(
            f"nothing gives {', '.join(open_)}, which {', '.join(outputs)} needs: "
            "a column, a default, or a place among the unknown"
        )
    plan = make_plan(law, Signature((*known, *unknown), tuple(outputs)))
    spare = tuple(n for n in law.quantities if n in written.outputs and n not in outputs)
    return Question(plan, known, tuple(unknown), spare)


def _of_fields(
    source: Program | Law,
    columns: Collection[str],
    unknown: Sequence[str] | None,
    outputs: Sequence[str] | None,
) -> Question:
    """Return the question to a law of fields: places and times are known, parameters are not."""
    law = source.law if isinstance(source, Program) else source
    if outputs is None:
        fields = [n for n, quantity in law.quantities.items() if quantity.depends and n in columns]
        if isinstance(source, Program):
            fields = [n for n in source.signature.outputs if n in columns]
        outputs = tuple(fields)
    if not outputs:
        raise LawcError(f"no column holds a field of {law.identity}")
    if unknown is None:
        variables = {name for q in law.quantities.values() for name in q.depends}
        unknown = tuple(
            name
            for name, quantity in law.quantities.items()
            if not quantity.depends
            and quantity.default is None
            and name not in columns
            and name not in variables
        )
    if not unknown:
        raise LawcError(f"nothing of {law.identity} is unknown; name a parameter to be found")
    known = tuple(n for n in law.quantities if n in columns and n not in outputs)
    plan = make_plan(law, Signature((*known, *unknown), tuple(outputs)))
    return Question(plan, known, tuple(unknown))


def widened(question: Question, further: str) -> Question | None:
    """Return the question with one more measured output, None where the law cannot give it."""
    signature = Signature(
        question.plan.signature.inputs, (*question.plan.signature.outputs, further)
    )
    try:
        plan = make_plan(question.law, signature)
    except CompileError:
        return None
    return Question(plan, question.known, question.unknown)


def _check_known(law: Law, name: str) -> None:
    if name in law.quantities:
        return
    if name in law.constants:
        raise LawcError(f"{name} is a constant of {law.identity}, not a parameter to be found")
    near = get_close_matches(name, law.quantities, n=3, cutoff=0.4)
    hint = f"; near to it: {', '.join(near)}" if near else f"; it has {', '.join(law.quantities)}"
    raise LawcError(f"{law.identity} has no quantity {name!r}{hint}")
