"""Imported rules without what no case reaches: an end that closes what has no gap.

An importer writes `otherwise`, or a clause that answers `not applicable`, where it cannot know
whether what stands above leaves a gap. The proofs know.
"""

from __future__ import annotations

from collections.abc import Iterator

from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text
from lawc.pipeline.evidence import calculate

DEAD = {"L0732": "| otherwise", "L0735": " not applicable when "}
"""By the code of what never speaks, what stands in a line that only closes a gap."""


def without_dead_ends(path: str, text: str) -> str:
    """Return the text of rules without ends that are proved never to speak.

    Args:
        path: Where the text will stand; it ends in `.rule`.
        text: As an importer wrote it, without imports; one that does not check is returned as it
            is.
    """
    findings = list(_findings(path, text))
    if any(found.is_error and str(found.code) not in DEAD for found in findings):
        return text
    dead = {
        text.count("\n", 0, found.place.start): DEAD[str(found.code)]
        for found in findings
        if str(found.code) in DEAD
    }
    lines = text.splitlines(keepends=True)
    kept = [line for number, line in enumerate(lines) if dead.get(number, "\n\n") not in line]
    return "".join(kept)


def _findings(path: str, text: str) -> Iterator[Diagnostic]:
    base = check_text(path, text, KnowledgeBase({}))
    own = [found for found in base.diagnostics if found.place.path == path]
    yield from own
    if any(found.is_error for found in own):
        return
    for rule in base.rules.values():
        if rule.place is not None and rule.place.path == path:
            yield from calculate(rule)
