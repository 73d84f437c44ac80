"""Hold laws against their own examples and claims, as a part of the check.

What held once is not calculated again (`memory.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from lawc.diagnostics.diagnostic import Diagnostic, Place, in_order
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.pipeline.memory import evidence_key, recall, remember, rule_evidence_key

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule


def with_evidence(
    base: KnowledgeBase,
    paths: Collection[str] | None = None,
    *,
    memory: Path | None = None,
    tell: Callable[[str], None] = lambda identity: None,
) -> KnowledgeBase:
    """Return the knowledge base with what its laws' examples and claims bring to light.

    Args:
        base: Checked knowledge. A law that has errors is not calculated.
        paths: Sources whose laws are asked; all where it is None.
        memory: A file that remembers what held; nothing is remembered where it is None.
        tell: Called with the identity of each law that is calculated.
    """
    errors = [found.place for found in base.diagnostics if found.is_error]
    known = recall(memory)
    keyed = [(law, evidence_key(law)) for law in base.laws.values()]
    keyed += [(rule, rule_evidence_key(rule)) for rule in base.rules.values()]
    asked = [
        (law, key)
        for law, key in keyed
        if (place := law.place) is not None
        and (paths is None or place.path in paths)
        and not any(_holds(place, error) for error in errors)
        and key
        and key not in known
    ]
    found: list[Diagnostic] = []
    held: list[str] = []
    for law, key in asked:
        tell(law.identity)
        new = calculate(law)
        found.extend(new)
        if not new:
            held.append(key)
    if held:
        remember(memory, [*known, *held])
    return replace(base, diagnostics=in_order([*base.diagnostics, *found]))


def calculate(law: Law | Rule) -> tuple[Diagnostic, ...]:
    """Return what the examples and claims of a law or rule without errors bring to light."""
    if isinstance(law, Law):
        return import_module("lawc.lowering.claims").findings(law)
    return import_module("lawc.pipeline.rules.evidence").findings(law)


def _holds(outer: Place, inner: Place) -> bool:
    return outer.path == inner.path and outer.start <= inner.start < outer.end
