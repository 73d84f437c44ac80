"""Cut a decision at a quantity that it decides, so that this becomes an input."""

from __future__ import annotations

from dataclasses import replace

from lawc.decision.decision import Decision, Step, decides, reads


def cut_at(decision: Decision, name: str) -> Decision:
    """Return the decision with a decided quantity given, and without what only led to it."""
    steps = [step for step in decision.steps if name not in decides(step)]
    port = decision.port(name)
    while True:
        # Steps that nobody reads any more led to what is given now.
        read = frozenset().union(*map(reads, steps))
        kept = [step for step in steps if _is_kept(step, read, decision.outputs)]
        if len(kept) == len(steps):
            break
        steps = kept
    left = {decided for step in steps for decided in decides(step)}
    return replace(
        decision,
        inputs=(*decision.inputs, replace(port, may_be_unknown=False)),
        decided=tuple(p for p in decision.decided if p.name in left),
        outputs=tuple(output for output in decision.outputs if output in left),
        steps=tuple(steps),
    )


def _is_kept(step: Step, read: frozenset[str], outputs: tuple[str, ...]) -> bool:
    return any(name in read or name in outputs for name in decides(step))
