"""Explain why a line is not what its form allows."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.derivatives import Token
from lawc.syntax.refusal import finding
from lawc.syntax.scope import Scope
from lawc.syntax.table import Stop


def explain(text: str, form: str, tokens: Sequence[Token], stop: Stop, scope: Scope) -> Diagnostic:
    """Return the finding."""
    if stop.index < len(tokens):
        _, _, start, end = tokens[stop.index]
        return finding(
            "L0101", f"`{text[start:end]}` cannot stand here", Place(scope.path, start, end)
        )
    end = tokens[-1][3] if tokens else 0
    return finding("L0101", "this line ends too early", Place(scope.path, max(0, end - 1), end))
