"""What a signature asks of a rule, and the part of its decision that answers it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawc.deciding.words import meant
from lawc.decision.decision import Decision, Step, decides, reads
from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.rule import Rule

ARROWS = ("->", "→")
_NAMES = re.compile(r"[^\s,\[]+(?:\[[^\]\n]*\])?")
"""Names, and elements such as `x[a, 1]`."""


def read_signature(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return inputs and outputs of `eGFR ACR -> risk`; commas may stand between names.

    Raises:
        CompileError: It has not one arrow, names no output, or a name twice.
    """
    for arrow in ARROWS:
        text = text.replace(arrow, "\n")
    sides = [_NAMES.findall(side) for side in text.split("\n")]
    if len(sides) != 2 or not sides[1]:
        raise CompileError("expected inputs, an arrow and outputs, as in 'eGFR ACR -> risk'")
    names = [*sides[0], *sides[1]]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CompileError(f"{twice} stands twice in the signature")
    return tuple(sides[0]), tuple(sides[1])


@dataclass(frozen=True)
class RuleSignature:
    """What is given and what is asked for; names of quantities."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' '.join(self.inputs)} -> {' '.join(self.outputs)}"


def signature_of(rule: Rule, text: str | None = None) -> RuleSignature:
    """Return the signature that a text means, by default all that a rule decides.

    Raises:
        CompileError: A name is unknown, or the inputs are not just what the outputs depend on.
    """
    if text is None:
        needs = needed(rule.steps, rule.outputs)
        return RuleSignature(tuple(name for name in rule.inputs if name in needs), rule.outputs)
    inputs, outputs = read_signature(text)
    known = (*rule.inputs, *rule.outputs)
    for name in (*inputs, *outputs):
        if name not in known:
            hint = meant(name, known, "there are")
            raise CompileError(f"{rule.identity} has no quantity {name!r}; {hint}")
    for name in outputs:
        if name not in rule.outputs:
            raise CompileError(f"{name} is given, not decided, so it is no output")
    for name in inputs:
        if name not in rule.inputs:
            raise CompileError(f"{name} is decided by the rule, so it is no input")
    needs = needed(rule.steps, outputs)
    missing = [name for name in rule.inputs if name in needs and name not in inputs]
    if missing:
        raise CompileError(f"the outputs also depend on {', '.join(missing)}; add to the inputs")
    surplus = [name for name in inputs if name not in needs]
    if surplus:
        raise CompileError(f"the outputs do not depend on {', '.join(surplus)}; leave it out")
    return RuleSignature(inputs, outputs)


def needed(steps: Sequence[Step], outputs: Sequence[str]) -> frozenset[str]:
    """Return the names that outputs depend on, with the outputs themselves."""
    found = set(outputs)
    for step in reversed(steps):
        if found & set(decides(step)):
            found |= reads(step) | set(decides(step))
    return frozenset(found)


def sliced(decision: Decision, signature: RuleSignature) -> Decision:
    """Return the steps that the outputs need, with the inputs in the order of the signature.

    An input that nothing reads on this day stays, since it is read on another.
    """
    names = needed(decision.steps, signature.outputs) | set(signature.inputs)
    return replace(
        decision,
        inputs=tuple(decision.port(name) for name in signature.inputs),
        decided=tuple(port for port in decision.decided if port.name in names),
        outputs=signature.outputs,
        steps=tuple(step for step in decision.steps if names & set(decides(step))),
        softness=tuple(s for s in decision.softness if {s.output, s.input} <= names),
    )
