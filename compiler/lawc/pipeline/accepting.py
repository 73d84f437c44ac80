"""Of which laws modules are made: what theory, authority or replication accepts."""

from __future__ import annotations

from lawc.diagnostics.diagnostic import BuildError
from lawc.knowledge.law import Law, Status
from lawc.knowledge.rule import Rule

ACCEPTED = (Status.CONFIRMED, Status.EMPIRICAL)
"""How far a law must be accepted for a module to be made of it."""


def demand_accepted(law: Law | Rule) -> None:
    """Let a law or a rule pass of which a module may be made.

    Raises:
        BuildError: It is contested, a draft or retired; the text says what to use instead.
    """
    if law.status in ACCEPTED:
        return
    instead = f"; its successor is {law.successor}" if law.successor else ""
    kind = "rules" if isinstance(law, Rule) else "laws"
    raise BuildError(
        f"{law.identity} is {law.status}; only confirmed and empirical {kind} are built{instead}"
    )
