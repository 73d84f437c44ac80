"""A rule to add sections to, and what is found in it."""

from __future__ import annotations

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.syntax.document import Block
from lawc.syntax.parsing import parse

HEAD = """\
rule r@1.0.0
  title "A rule"
  status draft

  symbols
    x, y : amounts  [USD]  0 .. 100
    stage : stage  one of G1, G2, very-high
    d : day  date

"""


def blocks_of(text: str, head: str = HEAD) -> tuple[Block, list[Diagnostic], str]:
    """Return a rule with these sections, and the findings."""
    source = Source("a.rule", head + text)
    document, findings = parse(source)
    return document.blocks[0], list(findings), source.text


def table(cell: str, row: str = "") -> str:
    """Return a table with one cell to look at."""
    return f"  table stage by x\n    | x | stage |\n    | {cell} | G1 |\n{row}"
