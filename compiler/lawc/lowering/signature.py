"""Read a signature, `t x0 m -> x`: inputs, an arrow, outputs; commas may stand between names."""

from __future__ import annotations

from difflib import get_close_matches

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.law import Law
from lawc.lowering.directions import direction
from lawc.lowering.fields.laws import field_signature, is_of_fields
from lawc.lowering.plan import Signature

_ARROWS = ("->", "→")


def parse_signature(law: Law, text: str | Signature) -> Signature:
    """Return the signature that a text means for a law.

    Args:
        law: Whose quantities the names are.
        text: `inputs -> outputs`; a signature passes through the same checks.

    Raises:
        CompileError: The text has not one arrow, a side is empty, a name is unknown, stands
            twice, or is a constant.
    """
    signature = text if isinstance(text, Signature) else _split(text)
    if not signature.outputs:
        raise CompileError(f"the signature {str(signature)!r} names no output")
    seen: dict[str, str] = {}
    for side, side_names in (("inputs", signature.inputs), ("outputs", signature.outputs)):
        for name in side_names:
            if name in seen:
                where = side if seen[name] == side else "inputs and outputs"
                raise CompileError(f"{name} stands twice in the signature, among the {where}")
            seen[name] = side
            _check_known(law, name)
    return signature


def default_signature(law: Law) -> Signature:
    """Return the direction in which a law is written: what its equations name on the left.

    Inputs are the variables, in which things evolve, and the parameters that no equation gives, in
    the order of declaration; outputs are the other quantities. A default without a range stays.
    """
    if is_of_fields(law):
        return field_signature(law)
    written = direction(law)
    outputs = tuple(name for name in law.quantities if name in written.outputs)
    needed = written.needs(outputs) - written.outputs
    inputs = tuple(
        name
        for name, quantity in law.quantities.items()
        if name in needed and (quantity.default is None or quantity.low is not None)
    )
    return Signature(inputs, outputs)


def _split(text: str) -> Signature:
    for arrow in _ARROWS:
        text = text.replace(arrow, " -> ")
    if text.split().count("->") != 1:
        raise CompileError(
            f"expected a signature such as `t x0 m -> x` with one arrow, got {text.strip()!r}"
        )
    left, _, right = text.partition(" -> ")
    return Signature(*(tuple(side.replace(",", " ").split()) for side in (left, right)))


def _check_known(law: Law, name: str) -> None:
    if name in law.quantities:
        return
    if name in law.constants:
        raise CompileError(
            f"{name} is a constant of {law.identity}; a signature names quantities only"
        )
    folded = {known.casefold(): known for known in law.quantities}
    near = get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)
    hint = f"near to it: {', '.join(folded[key] for key in near)}; " if near else ""
    raise CompileError(
        f"{law.identity} has no quantity {name!r}; {hint}it has {', '.join(law.quantities)}"
    )
