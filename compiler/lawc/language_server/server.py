"""Serve an editor: findings as one types, hover, completion, definitions, repairs, layout.

Dimensions, names, structure and conditions are checked at every keystroke. Examples and claims
need calculation; they are checked when a file is saved, in a process of their own.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from lawc.diagnostics.diagnostic import Applicability, Diagnostic, Place, Source
from lawc.language_server.completing import Kind, complete
from lawc.language_server.hovering import hover
from lawc.language_server.places import Entry, declared_at, outline
from lawc.language_server.positions import Position, offset_at, position_at
from lawc.language_server.project import OpenProject
from lawc.language_server.subjects import Subject, subject_at
from lawc.project import shelves
from lawc.syntax.formatting import formatted

_KINDS = {
    Kind.SYMBOL: types.CompletionItemKind.Variable,
    Kind.CONSTANT: types.CompletionItemKind.Constant,
    Kind.FUNCTION: types.CompletionItemKind.Function,
    Kind.UNIT: types.CompletionItemKind.Unit,
    Kind.KEYWORD: types.CompletionItemKind.Keyword,
    Kind.BLOCK: types.CompletionItemKind.Module,
}
_ENTRIES = {
    "block": types.SymbolKind.Module,
    "symbol": types.SymbolKind.Variable,
    "equation": types.SymbolKind.Operator,
}
_CALCULATED = ("L0501", "L0502")


@dataclass
class Session:
    """What one editor has open.

    Attributes:
        projects: By their root; None for files outside any project.
        calculated: Findings about examples and claims, as the protocol writes them, by URI.
        running: The calculations that have not ended.
        uris: How the editor calls the texts that it has open, by project root and name.
    """

    projects: dict[Path | None, OpenProject] = field(default_factory=dict)
    calculated: dict[str, list[types.Diagnostic]] = field(default_factory=dict)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    uris: dict[tuple[Path | None, str], str] = field(default_factory=dict)

    def find(self, uri: str) -> tuple[OpenProject, str]:
        """Return the project of a text, and the text's name in it."""
        path = Path(to_fs_path(uri) or uri)
        root = shelves.find_root(path.parent)
        project = self.projects.setdefault(root, OpenProject(root))
        return project, project.shown(path)

    def uri(self, project: OpenProject, shown: str) -> str | None:
        """Return how the editor calls a text, or how it would."""
        path = project.path(shown)
        opened = self.uris.get((project.root, shown))
        return opened or (None if path is None else from_fs_path(str(path)))


def serve() -> None:
    """Serve one editor on standard input and output, until it closes them."""
    make_server().start_io()


def make_server(calculate: bool = True) -> LanguageServer:
    """Return a server that is not started.

    Args:
        calculate: Whether examples and claims are calculated when a file is saved.
    """
    server = LanguageServer(
        "lawc", version("lawc"), text_document_sync_kind=types.TextDocumentSyncKind.Incremental
    )
    session = Session()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        _look(ls, session, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        session.calculated.pop(params.text_document.uri, None)
        _look(ls, session, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(ls: LanguageServer, params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        _look_at_all(ls, session, uri)
        if calculate:
            earlier = session.running.pop(uri, None)
            if earlier is not None:
                earlier.cancel()
            session.running[uri] = asyncio.create_task(_calculate(ls, session, uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
        project, shown = session.find(params.text_document.uri)
        project.close(shown)
        session.uris.pop((project.root, shown), None)
        session.calculated.pop(params.text_document.uri, None)
        _publish(ls, params.text_document.uri, [])

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: LanguageServer, params: types.HoverParams) -> types.Hover | None:
        found = _subject(ls, session, params.text_document.uri, params.position)
        if found is None:
            return None
        subject, project, source = found
        text = hover(subject, project.look(source.path).base, source)
        content = types.MarkupContent(types.MarkupKind.Markdown, text)
        return types.Hover(content, _range(source, subject.place, _encoding(ls)))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=["[", "(", ".", " "]),
    )
    def completed(ls: LanguageServer, params: types.CompletionParams) -> types.CompletionList:
        project, shown = session.find(params.text_document.uri)
        seen = project.look(shown)
        offers = ()
        if seen.page.document is not None:
            source = seen.page.source
            offset = offset_at(source, _position(params.position), _encoding(ls))
            offers = complete(seen.page.document, seen.base, source, offset)
        items = [
            types.CompletionItem(offer.text, kind=_KINDS[offer.kind], detail=offer.detail or None)
            for offer in offers
        ]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(ls: LanguageServer, params: types.DefinitionParams) -> types.Location | None:
        found = _subject(ls, session, params.text_document.uri, params.position)
        if found is None:
            return None
        subject, project, source = found
        place = declared_at(subject, project.look(source.path).base)
        return None if place is None else _location(ls, session, project, place)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outlined(
        ls: LanguageServer, params: types.DocumentSymbolParams
    ) -> list[types.DocumentSymbol]:
        project, shown = session.find(params.text_document.uri)
        page = project.look(shown).page
        entries = outline(page.document) if page.document is not None else ()
        return [_entry(entry, page.source, _encoding(ls)) for entry in entries]

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def laid_out(
        ls: LanguageServer, params: types.DocumentFormattingParams
    ) -> list[types.TextEdit]:
        project, shown = session.find(params.text_document.uri)
        source = project.look(shown).page.source
        text = formatted(source).text
        if text == source.text:
            return []
        whole = Place(source.path, 0, len(source.text))
        return [types.TextEdit(_range(source, whole, _encoding(ls)), text)]

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def repaired(ls: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        project, shown = session.find(params.text_document.uri)
        seen = project.look(shown)
        encoding = _encoding(ls)
        first = offset_at(seen.page.source, _position(params.range.start), encoding)
        last = offset_at(seen.page.source, _position(params.range.end), encoding)
        return [
            action
            for finding in seen.findings
            if finding.place.start <= last and finding.place.end >= first
            for action in _repairs(finding, params.text_document.uri, seen.page.source, encoding)
        ]

    return server


def _look(ls: LanguageServer, session: Session, uri: str) -> None:
    """Take a text from the editor, check it, and publish what is found."""
    project, shown = session.find(uri)
    session.uris[(project.root, shown)] = uri
    project.write(shown, ls.workspace.get_text_document(uri).source)
    seen = project.look(shown)
    found = [_diagnostic(ls, session, project, f) for f in seen.findings]
    _publish(ls, uri, [*found, *session.calculated.get(uri, [])])


def _look_at_all(ls: LanguageServer, session: Session, uri: str) -> None:
    """Check all texts of a project, and publish what is found in each."""
    project, _ = session.find(uri)
    project.refresh()
    for shown, findings in project.look_at_all().items():
        where = session.uri(project, shown)
        if where is not None:
            found = [_diagnostic(ls, session, project, finding) for finding in findings]
            _publish(ls, where, [*found, *session.calculated.get(where, [])])


async def _calculate(ls: LanguageServer, session: Session, uri: str) -> None:
    """Check the examples and claims of a saved file; drop the answer if the text moved on."""
    path = to_fs_path(uri)
    if path is None:
        return
    text = ls.workspace.get_text_document(uri).source
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lawc", "check", path, "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if ls.workspace.get_text_document(uri).source != text:
        return
    try:
        records: list[dict[str, Any]] = json.loads(output)
    except ValueError:
        # The command refused the file as a whole; what is wrong has been published.
        return
    project, shown = session.find(uri)
    source = project.source(shown)
    if source is None:
        return
    session.calculated[uri] = [
        _calculated(record, source, _encoding(ls))
        for record in records
        if record["code"] in _CALCULATED and record["file"] == shown
    ]
    _look(ls, session, uri)


def _calculated(record: dict[str, Any], source: Source, encoding: str) -> types.Diagnostic:
    lines = source.line_starts
    start = lines[record["line"] - 1] + record["column"] - 1
    end = lines[record["end_line"] - 1] + record["end_column"] - 1
    message = "\n".join([record["headline"], *record["notes"], *record["helps"]])
    place = _range(source, Place(source.path, start, end), encoding)
    return _message(place, record["code"], record["severity"] == "error", message)


def _diagnostic(
    ls: LanguageServer, session: Session, project: OpenProject, finding: Diagnostic
) -> types.Diagnostic:
    source = project.source(finding.place.path) or Source(finding.place.path, "")
    primary = next((label.text for label in finding.labels if label.place == finding.place), "")
    said = [finding.headline + (f": {primary}" if primary else "")]
    said += [*finding.notes, *finding.helps]
    related = []
    for label in finding.labels:
        location = (
            None if label.place == finding.place else _location(ls, session, project, label.place)
        )
        if location is not None:
            text = label.text or "see here"
            related.append(types.DiagnosticRelatedInformation(location, text))
    place = _range(source, finding.place, _encoding(ls))
    made = _message(place, finding.code, finding.is_error, "\n".join(said))
    made.related_information = related or None
    return made


def _message(place: types.Range, code: str, error: bool, message: str) -> types.Diagnostic:
    severity = types.DiagnosticSeverity.Error if error else types.DiagnosticSeverity.Warning
    return types.Diagnostic(place, message, severity=severity, code=code, source="lawc")


def _repairs(
    finding: Diagnostic, uri: str, source: Source, encoding: str
) -> list[types.CodeAction]:
    """Return a quick fix for each repair that a finding offers."""
    actions = []
    for repair in finding.repairs:
        if repair.applicability is Applicability.DISPLAY_ONLY:
            continue
        edit = types.TextEdit(_range(source, repair.place, encoding), repair.text)
        old = source.text[repair.place.start : repair.place.end]
        title = f"replace `{old}` by `{repair.text}`" if old else f"insert `{repair.text}`"
        actions.append(
            types.CodeAction(
                f"{repair.title or title} ({finding.code})",
                kind=types.CodeActionKind.QuickFix,
                is_preferred=repair.applicability is Applicability.SAFE,
                edit=types.WorkspaceEdit(changes={uri: [edit]}),
            )
        )
    return actions


def _subject(
    ls: LanguageServer, session: Session, uri: str, position: types.Position
) -> tuple[Subject, OpenProject, Source] | None:
    project, shown = session.find(uri)
    seen = project.look(shown)
    if seen.page.document is None:
        return None
    source = seen.page.source
    offset = offset_at(source, _position(position), _encoding(ls))
    subject = subject_at(seen.page.document, seen.base, source, offset)
    return None if subject is None else (subject, project, source)


def _entry(entry: Entry, source: Source, encoding: str) -> types.DocumentSymbol:
    place = _range(source, entry.place, encoding)
    children: Sequence[types.DocumentSymbol] = [
        _entry(part, source, encoding) for part in entry.parts
    ]
    return types.DocumentSymbol(
        entry.name or "?",
        _ENTRIES[entry.kind],
        place,
        place,
        detail=entry.detail or None,
        children=children or None,
    )


def _location(
    ls: LanguageServer, session: Session, project: OpenProject, place: Place
) -> types.Location | None:
    source, uri = project.source(place.path), session.uri(project, place.path)
    if source is None or uri is None:
        return None
    return types.Location(uri, _range(source, place, _encoding(ls)))


def _range(source: Source, place: Place, encoding: str) -> types.Range:
    start, end = (position_at(source, at, encoding) for at in (place.start, place.end))
    return types.Range(
        types.Position(start.line, start.character), types.Position(end.line, end.character)
    )


def _position(position: types.Position) -> Position:
    return Position(position.line, position.character)


def _encoding(ls: LanguageServer) -> str:
    return str(getattr(ls.workspace.position_encoding, "value", ls.workspace.position_encoding))


def _publish(ls: LanguageServer, uri: str, found: list[types.Diagnostic]) -> None:
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))
