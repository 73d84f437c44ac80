"""A rule and the text in which its author wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.syntax.parsing import parse

DECIDING = (
    "table",
    "grid",
    "scale",
    "score",
    "clauses",
    "apportion",
    "parameters",
    "calendar",
    "equations",
)
"""Words that begin a section in which a rule decides."""


@dataclass(frozen=True)
class Written:
    """A rule with its text, and where the text begins in its file."""

    rule: Rule
    text: str
    start: int

    def steps(self) -> list[str]:
        """Return the lines in which the rule decides, as they were written."""
        kept: list[str] = []
        inside = False
        for line in self.text.splitlines():
            if line.startswith("  ") and not line.startswith("   "):
                inside = line.split()[0] in DECIDING
                if inside and kept:
                    kept.append("")
            if inside and line.strip():
                kept.append(line[2:].rstrip())
        return kept


def written_rule(rule: Rule, base: KnowledgeBase) -> Written:
    """Return a rule with its text.

    Raises:
        LawcError: Its text is not among the sources of the knowledge.
    """
    source = base.sources.get(rule.place.path) if rule.place is not None else None
    if source is not None:
        for block in parse(source)[0].blocks:
            if block.kind == "rule" and block.name.text == rule.name:
                return Written(rule, block.text, block.place.start)
    raise LawcError(f"the text of {rule.identity} is not at hand")
