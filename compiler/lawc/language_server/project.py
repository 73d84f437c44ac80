"""The project that an editor has open: texts that may not be saved yet, over the files on disk.

A keystroke checks one file against what the other files say, which takes milliseconds. What that
file changes for the others is found when it is saved, by a check of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.analysis.checking import check
from lawc.analysis.recorded import UNRECORDED, Record
from lawc.diagnostics.diagnostic import Diagnostic, LawcError, Source, in_order
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import read_library
from lawc.pipeline.publishing import published
from lawc.project import shelves
from lawc.syntax.document import Block, Document
from lawc.syntax.parsing import parse, read_source


@dataclass(frozen=True)
class Page:
    """One text, what was read of it, and what could not be read.

    Attributes:
        stamp: What tells whether a file on disk is still the same; None for a text in an editor.
    """

    source: Source
    document: Document | None
    unreadable: tuple[Diagnostic, ...]
    stamp: tuple[int, int] | None = None


@dataclass(frozen=True)
class Checked:
    """A page with the knowledge around it, and all findings about it."""

    page: Page
    base: KnowledgeBase
    findings: tuple[Diagnostic, ...]


class OpenProject:
    """The knowledge around some open texts; nothing is ever written."""

    def __init__(self, root: Path | None) -> None:
        """Open the project at a root; without one only what is opened, and the library, count."""
        self.root = root.resolve() if root is not None else None
        self._texts: dict[str, Page] = {}
        self._files: dict[str, Page] = {}
        self._around: tuple[str, KnowledgeBase] | None = None
        self._library: KnowledgeBase | None = None
        self._record: Record | None = None

    def shown(self, path: Path) -> str:
        """Return the name of a file in messages."""
        return shelves.shown_path(path, self.root)

    def path(self, shown: str) -> Path | None:
        """Return where a text that a message names lies on disk, also one of the library."""
        for root in (self.root, shelves.library()):
            if isinstance(root, Path) and (root / shown).is_file():
                return root / shown
        return None

    def write(self, shown: str, text: str) -> None:
        """Take the text of an editor in place of the file's."""
        before = self._texts.get(shown)
        page = _page(shown, text.encode("utf-8", "surrogatepass"), None)
        if before is None or before.source.text != page.source.text:
            self._texts[shown] = page
            if self._around is not None and self._around[0] != shown:
                self._around = None

    def close(self, shown: str) -> None:
        """Take the file's text again."""
        self._texts.pop(shown, None)
        self._around = None

    def refresh(self) -> None:
        """Look at the files on disk again."""
        self._around = None
        self._record = None

    def source(self, shown: str) -> Source | None:
        """Return a text of the project or of the library, or None where there is none."""
        page = self._texts.get(shown) or self._files.get(shown)
        return page.source if page is not None else self._known().sources.get(shown)

    def look(self, shown: str) -> Checked:
        """Return one open text, checked against all others as they were last read.

        Raises:
            KeyError: The text is not open.
        """
        page = self._texts[shown]
        around = self._rest(shown)
        if page.document is None:
            return Checked(page, around, page.unreadable)
        base, findings = check([page.document], known=around, record=self._published())
        own = [f for f in findings if f.place.path == shown]
        return Checked(page, base, in_order([*page.unreadable, *own]))

    def look_at_all(self) -> Mapping[str, tuple[Diagnostic, ...]]:
        """Return the findings of every text of the project, none left out; reads what changed."""
        pages = self._pages()
        documents = [page.document for page in pages.values() if page.document is not None]
        _, findings = check(documents, known=self._imported(), record=self._published())
        by_path: dict[str, list[Diagnostic]] = {
            shown: list(page.unreadable) for shown, page in pages.items()
        }
        for finding in findings:
            if finding.place.path in by_path:
                by_path[finding.place.path].append(finding)
        return {shown: in_order(found) for shown, found in by_path.items()}

    def blocks(self) -> Mapping[str, tuple[Block, ...]]:
        """Return the blocks of every text, by its name in messages."""
        return {
            shown: page.document.blocks
            for shown, page in self._pages().items()
            if page.document is not None
        }

    def _pages(self) -> dict[str, Page]:
        """Return every text of the project: an editor's where there is one, else the file's."""
        files: dict[str, Page] = {}
        if self.root is not None:
            for shown, file in shelves.shelf(self.root, "knowledge").files(
                shelves.KNOWLEDGE_SUFFIXES
            ):
                page = self._file(shown, file)
                if page is not None:
                    files[shown] = page
        self._files = files
        return {**files, **self._texts}

    def _file(self, shown: str, file: Traversable) -> Page | None:
        """Return a file, read again only where its stamp says that it changed."""
        stamp: tuple[int, int] | None = None
        try:
            if isinstance(file, Path):
                found = file.stat()
                stamp = (found.st_mtime_ns, found.st_size)
            earlier = self._files.get(shown)
            if earlier is not None and stamp is not None and earlier.stamp == stamp:
                return earlier
            return _page(shown, file.read_bytes(), stamp)
        except OSError:
            # A file may go away between the listing and the reading.
            return None

    def _rest(self, shown: str) -> KnowledgeBase:
        """Return what all texts but one say."""
        if self._around is None or self._around[0] != shown:
            pages = self._pages()
            documents = [
                page.document
                for name, page in pages.items()
                if name != shown and page.document is not None
            ]
            base, _ = check(documents, known=self._imported())
            self._around = (shown, base)
        return self._around[1]

    def _imported(self) -> KnowledgeBase | None:
        """Return the library, unless it is the project that is open."""
        library = shelves.library()
        own = isinstance(library, Path) and self.root == library.resolve()
        return None if own else self._known()

    def _published(self) -> Record:
        if self._record is None:
            try:
                self._record = published(self.root)
            except LawcError:
                # A record with a merge in it is no reason to say nothing of the laws.
                self._record = UNRECORDED
        return self._record

    def _known(self) -> KnowledgeBase:
        if self._library is None:
            self._library = read_library()
        return self._library


def block_at(document: Document, source: Source, offset: int) -> Block | None:
    """Return the block in which an offset lies: the last one whose header stands before it."""
    found = None
    for block in document.blocks:
        if block.place.start <= offset:
            found = block
    return found


def _page(shown: str, data: bytes, stamp: tuple[int, int] | None) -> Page:
    source, findings = read_source(shown, data)
    if source is None:
        return Page(Source(shown, data.decode("utf-8", "replace")), None, findings, stamp)
    document, found = parse(source)
    return Page(source, document, in_order([*findings, *found]), stamp)
