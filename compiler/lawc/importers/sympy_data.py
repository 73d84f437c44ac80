"""What a law is in Python, before it is written out: equations of sympy and keyword data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Required, TypedDict

# sympy's own types say too little to be of use here; what is given is tested when it is read.
LabelledEquations = Mapping[str, Any] | Iterable[Any]
Conditions = Mapping[Any, str] | Iterable[Any]


class QuantityData(TypedDict, total=False):
    """What a line of `symbols` says; `range` and `default` are numbers in the unit.

    A `shape` of 2 or 3 makes a vector. `depends` says what a quantity moves with, where no function
    of sympy says it.
    """

    words: str
    unit: str
    range: tuple[Any, Any]
    log: bool
    default: Any
    shape: int
    depends: Sequence[Any]


class ExampleData(TypedDict, total=False):
    """A worked value; its numbers are in the units that the quantities declare."""

    quantity: Required[Any]
    value: Required[Any]
    within: float
    given: Mapping[Any, Any]


@dataclass(frozen=True)
class SympyLaw:
    """All that a law says, as one gives it in Python; `lawc.Law.from_sympy` explains it."""

    identity: str
    quantities: Mapping[Any, QuantityData]
    equations: LabelledEquations = ()
    definitions: LabelledEquations = ()
    fits: LabelledEquations = ()
    title: str = ""
    status: str = "draft"
    sources: Sequence[str] = ()
    notes: Sequence[str] = ()
    imports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    supersedes: Sequence[str] = ()
    initial: Iterable[Any] | Mapping[Any, Any] = ()
    valid: Conditions = ()
    examples: Iterable[ExampleData | str] = ()
    claims: Iterable[Any] = ()
    boundary: Iterable[Any] = ()
    reactions: Iterable[str] = ()
    coordinates: str = ""
