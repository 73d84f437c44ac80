"""Which answers depend on whether a fact is known, and not on the fact alone."""

from __future__ import annotations

from lawc.decision.decision import Decision, formulas
from lawc.decision.formula import Apply, Named, walk
from lawc.decision.partial import needed


def asked_whether_known(decision: Decision, output: str) -> str | None:
    """Return a name of which an output asks whether it is known, and that may be unknown."""
    part = needed(decision, (output,))
    surely = {port.name for port in decision.inputs if not port.may_be_unknown}
    if len(surely) == len(decision.inputs):
        return None
    for step in part.steps:
        for formula in formulas(step):
            for node in walk(formula):
                if isinstance(node, Apply) and node.operation == "is_known":
                    asked = node.parts[0]
                    if not isinstance(asked, Named):
                        return output
                    if asked.name not in surely:
                        return asked.name
    return None
