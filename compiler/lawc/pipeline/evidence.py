"""Hold laws against their own examples and claims, as a part of the check."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from lawc.diagnostics.diagnostic import Place, in_order
from lawc.knowledge.base import KnowledgeBase
from lawc.lowering.claims import findings


def with_evidence(base: KnowledgeBase, paths: Collection[str] | None = None) -> KnowledgeBase:
    """Return the knowledge base with what its laws' examples and claims bring to light.

    Args:
        base: Checked knowledge. A law that has errors is not calculated.
        paths: Sources whose laws are asked; all where it is None.
    """
    errors = [found.place for found in base.diagnostics if found.is_error]
    found = [
        finding
        for law in base.laws.values()
        if law.place is not None
        and (paths is None or law.place.path in paths)
        and not any(_holds(law.place, place) for place in errors)
        for finding in findings(law)
    ]
    return replace(base, diagnostics=in_order([*base.diagnostics, *found]))


def _holds(outer: Place, inner: Place) -> bool:
    return outer.path == inner.path and outer.start <= inner.start < outer.end
