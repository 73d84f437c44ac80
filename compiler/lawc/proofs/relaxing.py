"""A decision without its apportionments: what they hand out may be anything that its port takes.

What holds of every such case holds of those that the apportionment makes. A case that breaks
something there may be none of them, and nothing is said of it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from lawc.decision.decision import Apportion, Decision, Port, Step, decides, formulas, reads
from lawc.decision.formula import Apply, walk


def apportions(decision: Decision) -> bool:
    """Return whether a decision has an apportionment."""
    return any(isinstance(step, Apportion) for step in decision.steps)


def relaxed(decision: Decision) -> Decision:
    """Return a decision to which seats are given, and that answers what they are handed out by."""
    steps = tuple(step for step in decision.steps if not isinstance(step, Apportion))
    seats = [n for step in decision.steps if isinstance(step, Apportion) for n in step.outputs]
    left = {name for step in steps for name in decides(step)}
    read = {n for step in decision.steps if isinstance(step, Apportion) for n in reads(step)}
    kept = [name for name in left if name in decision.outputs or name in read]
    return replace(
        decision,
        inputs=(*decision.inputs, *(_from_zero(decision.port(name)) for name in seats)),
        decided=tuple(port for port in decision.decided if port.name in left),
        outputs=tuple(port.name for port in decision.decided if port.name in kept),
        steps=steps,
    )


def _from_zero(port: Port) -> Port:
    low = Fraction(0) if port.low is None else max(port.low, Fraction(0))
    return replace(port, low=low, may_be_unknown=False)


def before(decision: Decision, step: Step) -> Decision:
    """Return a decision up to a step, which answers all that it decides."""
    at = next(i for i, one in enumerate(decision.steps) if one is step)
    steps = decision.steps[:at]
    left = {name for one in steps for name in decides(one)}
    ports = tuple(port for port in decision.decided if port.name in left)
    return replace(decision, decided=ports, outputs=tuple(port.name for port in ports), steps=steps)


def following(decision: Decision, names: frozenset[str]) -> frozenset[str]:
    """Return the quantities that depend on some, and these."""
    found = set(names)
    for step in decision.steps:
        if found & reads(step):
            found.update(decides(step))
    return frozenset(found)


def leading(decision: Decision, names: frozenset[str]) -> frozenset[str]:
    """Return the quantities that some depend on, and these."""
    found = set(names)
    for step in reversed(decision.steps):
        if found.intersection(decides(step)):
            found |= reads(step)
    return frozenset(found)


def asks_whether_known(steps: tuple[Step, ...]) -> bool:
    """Return whether a step asks if something is known, or applicable."""
    return any(
        isinstance(node, Apply) and node.operation in ("is_known", "is_applicable")
        for step in steps
        for formula in formulas(step)
        for node in walk(formula)
    )
