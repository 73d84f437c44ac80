"""Write a program down as the C that answers many rows: what `reference` compiles and calls."""

from __future__ import annotations

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.law import Quantity
from lawc.lowering.answers import in_declared_units
from lawc.lowering.plan import Plan
from lawc.native.evaluator import evaluator_source


def c_source(plan: Plan, written: Tape | None, closed: Tape | None = None) -> str:
    """Return C of a program, with what its columns are.

    Args:
        plan: What the text computes.
        written: Inputs to outputs in declared units, where the plan is written out.
        closed: SI inputs to SI outputs, where a closed form was found.

    Raises:
        CompileError: The answer cannot be written out, or takes too many steps.
    """
    if written is None and closed is not None:
        written = in_declared_units(plan, closed)
    text = None if written is None else evaluator_source(written)
    if written is None or text is None:
        raise CompileError(
            f"{plan.law.identity} has no formula for {plan.signature} that can be written as C"
        )
    law = plan.law
    version = f"@{law.version}" if law.version else ""
    lines = [
        _clean(f"{law.title}: {law.identity}{version}, {law.status.value}."),
        "columns, in this order:",
        *(f"    {_column(law.quantities[name])}" for name in written.inputs),
        "results:",
        *(f"    {_column(law.quantities[name])}" for name, _ in written.outputs),
    ]
    if law.sources:
        lines += ["source:", *(f"    {_clean(source)}" for source in law.sources)]
    return "/* {}\n*/\n\n{}".format("\n   ".join(lines), text)


def _column(quantity: Quantity) -> str:
    unit = quantity.unit.text or "plain number"
    return _clean(f"{quantity.name}: {quantity.words or quantity.name}, {unit}")


def _clean(line: str) -> str:
    """Return a line that neither ends a comment nor joins the next line."""
    return " ".join(line.replace("*/", "* /").replace("/*", "/ *").split()).rstrip("\\")
