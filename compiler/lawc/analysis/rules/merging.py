"""One finding for one cause: places that disagree with one declaration are told together."""

from __future__ import annotations

from dataclasses import replace

from lawc.analysis.rules.scope import RuleScope
from lawc.diagnostics.diagnostic import Diagnostic

DISAGREEING = frozenset(("L0208", "L0209"))
"""Two parts measure different things."""


def merged(scope: RuleScope) -> list[Diagnostic]:
    """Return the findings of a rule, with those that one declaration explains as the first of them.

    A declaration explains several where each of them holds its quantity against the same other
    dimension.
    """
    kept: list[Diagnostic] = []
    first: dict[tuple[str, str], int] = {}
    more: dict[int, int] = {}
    for found in scope.findings:
        cause = _cause(found, scope) if found.code in DISAGREEING else None
        if cause is not None and cause in first:
            more[first[cause]] = more.get(first[cause], 0) + 1
            continue
        if cause is not None:
            first[cause] = len(kept)
        kept.append(found)
    for at, count in more.items():
        said = "1 more place says" if count == 1 else f"{count} more places say"
        kept[at] = replace(kept[at], notes=(*kept[at].notes, f"{said} the same"))
    return kept


def told_once(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Return findings without those that say the same of another element, at the same place."""
    first = {(found.code, found.place): found for found in reversed(findings)}
    kept = {id(found) for found in first.values()}
    return [found for found in findings if id(found) in kept]


def _cause(found: Diagnostic, scope: RuleScope) -> tuple[str, str] | None:
    """Return the one quantity that a finding speaks of, and what it is held against."""
    named = [label for label in found.labels if scope.text(label.place) in scope.quantities]
    others = [label.text for label in found.labels if label not in named]
    if len(named) != 1 or len(others) != 1:
        return None
    return scope.text(named[0].place), others[0]
