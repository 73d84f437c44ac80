"""What a check has to say of one file, as it is kept between runs and sent between processes."""

from __future__ import annotations

import json
from typing import Any

from lawc.analysis.constants import ConstantBlock
from lawc.analysis.register import Entry
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.immutable import immutable
from lawc.pipeline.plain import UnreadError, decode, encode

_HEAD = tuple[
    tuple[Diagnostic, ...],
    tuple[ConstantBlock, ...],
    tuple[tuple[str, str, str], ...],
    tuple[str, ...],
    tuple[str, ...],
]
_JSON = json.JSONEncoder(separators=(",", ":"))
_LINE = (str, str, int, int)
_BLOCK = (str, str, int, int, str, list, str, str, str, list)


@immutable
class Judged:
    """A block, what is wrong with it, and the key under which its examples and claims held."""

    entry: Entry
    findings: tuple[Diagnostic, ...]
    evidence: str = ""


@immutable
class Verdict:
    """All that one file has to say.

    Attributes:
        findings: About its text, before any name is looked up.
        constants: Its blocks of constants.
        asked: What its laws asked of the shelf of constants, and the digests of the answers.
        mentioned: Other files that its findings point into.
        systems: Names of its systems, which are judged when all laws are known.
        blocks: Each known by itself.
        whole: Whether its entries have digests and marks, and its blocks keys of evidence.
    """

    findings: tuple[Diagnostic, ...]
    constants: tuple[ConstantBlock, ...]
    asked: tuple[tuple[str, str, str], ...]
    mentioned: tuple[str, ...]
    systems: tuple[str, ...]
    blocks: tuple[Judged, ...]
    whole: bool = True


def to_text(verdict: Verdict) -> str:
    """Return a verdict as one line of JSON."""
    head = (verdict.findings, verdict.constants, verdict.asked, verdict.mentioned, verdict.systems)
    blocks = [
        [
            e.identity,
            e.kind,
            e.start,
            e.end,
            e.gist,
            e.head,
            e.digest,
            e.mark,
            b.evidence,
            encode(b.findings),
        ]
        for b in verdict.blocks
        for e in (b.entry,)
    ]
    return _JSON.encode([encode(head), blocks, verdict.whole])


def from_text(path: str, text: str) -> Verdict:
    """Return the verdict about the file with this path.

    Raises:
        UnreadError: The text is nothing that `to_text` writes.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UnreadError("this is not JSON") from problem
    if type(data) is not list or len(data) != 3 or type(data[1]) is not list:
        raise UnreadError("expected a head and blocks")
    findings, constants, asked, mentioned, systems = decode(_HEAD, data[0])
    blocks = tuple(_judged(path, row) for row in data[1])
    return Verdict(findings, constants, asked, mentioned, systems, blocks, data[2] is True)


def _judged(path: str, row: Any) -> Judged:
    if type(row) is not list or tuple(map(type, row)) != _BLOCK:
        raise UnreadError("expected a block")
    identity, kind, start, end, gist, head, digest, mark, evidence, findings = row
    found = decode(tuple[Diagnostic, ...], findings) if findings else ()
    entry = Entry(identity, kind, path, start, end, gist, _lines(head), digest, mark)
    return Judged(entry, found, evidence)


def _lines(head: list[Any]) -> tuple[tuple[str, str, int, int], ...]:
    """Return what a head says; `decode` takes far longer, and there are ten thousand of them."""
    for line in head:
        if type(line) is not list or tuple(map(type, line)) != _LINE:
            raise UnreadError("expected lines of a head")
    return tuple(map(tuple, head))
