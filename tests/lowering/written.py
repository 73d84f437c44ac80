"""Programs of laws that tests write as text."""

from __future__ import annotations

from lawc.lowering.program import Program, compile_law
from lawc.pipeline.checking import check_text, demand


def compiled(text: str, signature: str) -> Program:
    """Return the program of the one law of a text, which has no error."""
    base = demand(check_text("tests.law", text))
    (law,) = (law for key, law in base.items() if key.startswith("tests."))
    return compile_law(law, signature)
