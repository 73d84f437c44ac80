"""Serve an editor over the Language Server Protocol, on standard input and output."""

from __future__ import annotations

from lawc.diagnostics.diagnostic import LawcError

try:
    from lawc.language_server.server import serve
except ModuleNotFoundError as missing:
    raise LawcError(
        f"the language server needs `{missing.name}`: pip install 'lawc[lsp]'"
    ) from missing


def command() -> None:
    """Serve an editor: findings as one types, hover, completion, definitions, repairs, outline."""
    serve()
