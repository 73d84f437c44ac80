"""Take off what only keeps the order: a rounding, a constant added, a positive factor."""

from __future__ import annotations

from lawc.decision.formula import Apply, Formula, Named, Number, parts
from lawc.proofs.steps import Definition, chain

_OUTER = frozenset(("floor", "ceiling", "exp", "ln", "log10", "log2", "sqrt"))


def peeled(formula: Formula, definitions: dict[str, Definition]) -> tuple[Formula, bool]:
    """Return what a formula rises with, and whether it falls with it instead.

    Where the inner one rises, the outer one does not fall; the other way it may stay level.
    """
    turned = False
    while True:
        match formula:
            case Named(name) if name in definitions:
                found = definitions[name]
                inner = found.value if len(found.answers) == 1 else _common(found)
                if inner is None:
                    return formula, turned
                formula = inner
            case Apply(operation, (inner, *_)) if operation in _OUTER:
                formula = inner
            case Apply(operation, (inner, Number())) if operation.startswith("round_"):
                formula = inner
            case Apply("add" | "min" | "max", (inner, Number()) | (Number(), inner)):
                formula = inner
            case Apply("subtract" | "divide", (inner, Number(value))) if (
                value > 0 or formula.operation == "subtract"
            ):
                formula = inner
            case Apply("subtract", (Number(), inner)) | Apply("negative", (inner,)):
                formula, turned = inner, not turned
            case Apply("multiply", (inner, Number(value)) | (Number(value), inner)) if value:
                formula, turned = inner, turned != (value < 0)
            case _:
                return formula, turned


def _common(definition: Definition) -> Formula | None:
    """Return what a step decides without the rounding that all its answers have in common."""
    ways = {(a.operation, a.parts[-1]) for a in definition.answers if isinstance(a, Apply)}
    if len(ways) != 1 or not all(isinstance(a, Apply) for a in definition.answers):
        return None
    operation, step = ways.pop()
    if not operation.startswith("round_") or not isinstance(step, Number):
        return None
    return chain(definition.cases, tuple(parts(answer)[0] for answer in definition.answers))
