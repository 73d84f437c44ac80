"""Drive the properties of a law with hypothesis, outside any test runner."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lawc.knowledge.law import Law
from lawc.lowering.claims import ClaimResult, test_claims, test_examples
from lawc.lowering.fields.laws import is_of_fields
from lawc.lowering.planning import make_plan
from lawc.lowering.properties import drive, properties
from lawc.lowering.signature import default_signature


@dataclass(frozen=True)
class Tested:
    """How one property fared.

    Attributes:
        law: Identity.
        name: The claim or example as written.
        states: How many states were drawn.
        problem: What was found at the first counterexample, None where it held.
        proof: Of a claim about a rule, how it was decided, or that it was not.
        remarks: What a reader of a rule should see, though nothing is wrong: then this is no
            property, and `name` says what they are about.
    """

    law: str
    name: str
    states: int
    problem: str | None
    proof: str = ""
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def try_law(law: Law, states: int) -> tuple[Tested, ...]:
    """Try every property of a law, in the direction in which it is written.

    Raises:
        CompileError: The law cannot be compiled, or an input has no range.
        LawcError: hypothesis is not installed.
    """
    if is_of_fields(law):
        return _try_fields(law, states)
    plan = make_plan(law, default_signature(law))
    return tuple(
        Tested(law.identity, found.name, states, drive(plan, found, states))
        for found in properties(plan)
    )


def _try_fields(law: Law, states: int) -> tuple[Tested, ...]:
    """Try a law of fields at many points of few solutions, since each state would ask for one.

    The reference holds each solution against the law itself.
    """
    found = [(f"example: {result.text}", result) for result in test_examples(law)]
    found += [(result.text, result) for result in test_claims(law, states)]
    return tuple(Tested(law.identity, name, r.tested, _problem(r)) for name, r in found)


def _problem(result: ClaimResult) -> str | None:
    if result.holds:
        return None
    return result.detail if result.holds is False else f"not tried: {result.detail}"
