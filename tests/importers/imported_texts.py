"""What the tests of importers share: a text to its laws, and its findings."""

from __future__ import annotations

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Law
from lawc.syntax.parsing import parse, read_source


def laws_of(text: str) -> tuple[dict[str, Law], tuple[Diagnostic, ...]]:
    """Return the laws of a text by the name of their block, and all findings."""
    source, unread = read_source("imported.law", text.encode())
    document, misread = parse(source or Source("imported.law", ""))
    base, findings = check([document])
    laws = {identity.split(".")[-1]: law for identity, law in base.laws.items()}
    return laws, (*unread, *misread, *findings)
