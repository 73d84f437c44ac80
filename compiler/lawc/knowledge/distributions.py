"""How a quantity is distributed: a family of a closed table, and its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.expression import Expression


@dataclass(frozen=True)
class Distribution:
    """`label: quantity ~ family(parameters)`, in SI."""

    label: str
    quantity: str
    family: str
    parameters: tuple[Expression, ...]
    place: Place | None = field(default=None, compare=False)
