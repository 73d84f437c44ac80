"""An editor for tests: it starts the server as editors do, and speaks the protocol with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

Answer = TypeVar("Answer")

FALL = """\
law fall@1.0.0
  title   "Free fall"
  status  draft
  import  motion.earth@1 (g0)

  symbols
    t : time since release  [s]  0 .. 10
    h : depth of the fall   [m]

  equations
    fall: h = g0*t^2/2

  checks
    example: h = 20 [m] within 1 [m] given t = 2 [s]
"""

EARTH = """\
constants earth@1.0.0
  title   "The earth"
  source  "ISO 80000-3"

  g0 : acceleration of free fall = 9.80665 [m/s^2]
"""


class Editor:
    """One session; `findings` holds what was last published, by file name."""

    def __init__(self) -> None:
        self.client = LanguageClient("test", "1")
        self.findings: dict[str, list[types.Diagnostic]] = {}
        self.versions: dict[str, int] = {}
        self._news = asyncio.Event()

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.findings[Path(params.uri).name] = list(params.diagnostics)
            self._news.set()

    async def start(self, root: Path) -> None:
        await self.client.start_io(sys.executable, "-m", "lawc", "lsp")
        await self.client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), root_uri=root.as_uri())
        )
        self.client.initialized(types.InitializedParams())

    async def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_text(encoding="utf-8") if text is None else text
        self.versions[path.as_uri()] = 1
        item = types.TextDocumentItem(path.as_uri(), "law", 1, text)
        await self._then_news(
            lambda: self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        )

    async def write(self, path: Path, text: str) -> None:
        self.versions[path.as_uri()] += 1
        document = types.VersionedTextDocumentIdentifier(
            uri=path.as_uri(), version=self.versions[path.as_uri()]
        )
        change = types.TextDocumentContentChangeWholeDocument(text)
        await self._then_news(
            lambda: self.client.text_document_did_change(
                types.DidChangeTextDocumentParams(document, [change])
            )
        )

    async def save(self, path: Path) -> None:
        document = types.TextDocumentIdentifier(path.as_uri())
        await self._then_news(
            lambda: self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        )

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def _then_news(self, send: Callable[[], Any]) -> None:
        self._news.clear()
        send()
        async with asyncio.timeout(30):
            await self._news.wait()

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


def at(path: Path, text: str, word: str, after: int = 0) -> dict[str, Any]:
    """Return the document and the position of a word, as the protocol asks for them."""
    offset = text.index(word) + after
    line = text.count("\n", 0, offset)
    character = offset - (text.rfind("\n", 0, offset) + 1)
    return {
        "text_document": types.TextDocumentIdentifier(path.as_uri()),
        "position": types.Position(line, character),
    }


def edit(root: Path, session: Callable[[Editor], Awaitable[Answer]]) -> Answer:
    """Run a session with a server and return what it returns."""

    async def run() -> Answer:
        editor = Editor()
        await editor.start(root)
        try:
            return await session(editor)
        finally:
            await editor.stop()

    return asyncio.run(run())
