"""Read laws in a Markdown page: everything outside its fences of `law` becomes space.

The text keeps its length and its lines, so places count in the page. Fences are those of
CommonMark: three or more backticks or tildes, closed by as many of the same. What another fence
holds is shown and not read, so a page can explain how laws are written.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.refusal import finding

_MARK = re.compile(r"^( *)(`{3,}|~{3,})[ ]*([^`\n]*)$", re.MULTILINE)
_INK = re.compile(r"[^\n]+")
_READ = ("law", "rule")


@immutable
class _Fence:
    mark: str
    read: bool
    start: int
    end: int
    inside: int


def fences(text: str) -> list[tuple[int, int]]:
    """Return the range of the content of each fence that is read."""
    return _scan(text, "")[0]


def fence_findings(text: str, path: str) -> list[Diagnostic]:
    """Return what is wrong with the fences of a page."""
    return _scan(text, path)[1]


def only_fences(text: str) -> str:
    """Return a text in which only the content of fences that are read is left."""
    kept: list[str] = []
    at = 0
    for start, end in fences(text):
        kept.append(_blank(text[at:start]))
        kept.append(text[start:end])
        at = end
    kept.append(_blank(text[at:]))
    return "".join(kept)


def _scan(text: str, path: str) -> tuple[list[tuple[int, int]], list[Diagnostic]]:
    ranges: list[tuple[int, int]] = []
    findings: list[Diagnostic] = []
    opened: _Fence | None = None
    for match in _MARK.finditer(text):
        space, mark, words = match[1], match[2], match[3].split()
        kind = words[0] if words else ""
        inside = min(match.end() + 1, len(text))
        fence = _Fence(mark, kind in _READ and not space, match.start(2), match.end(), inside)
        if opened is None:
            if kind in _READ and space:
                findings.append(_indented(fence, path))
            opened = fence
        elif not words and mark[0] == opened.mark[0] and len(mark) >= len(opened.mark):
            if opened.read:
                ranges.append((opened.inside, match.start()))
            opened = None
        elif opened.read and fence.read:
            # Nobody writes a law inside a law: the fence before was never closed.
            findings.append(_unclosed(opened, path, fence))
            ranges.append((opened.inside, match.start()))
            opened = fence
    if opened is not None and opened.read:
        findings.append(_unclosed(opened, path))
        ranges.append((opened.inside, len(text)))
    return ranges, findings


def _unclosed(fence: _Fence, path: str, other: _Fence | None = None) -> Diagnostic:
    notes = ["another fence begins before it ends"] if other is not None else []
    return finding(
        "L0121",
        "this fence is opened and not closed",
        Place(path, fence.start, fence.end),
        notes=notes,
        help="end it by the same sign on a line of its own, where the law ends",
    )


def _indented(fence: _Fence, path: str) -> Diagnostic:
    return finding(
        "L0121",
        "this fence is indented, and a law stands in column 1",
        Place(path, fence.start, fence.end),
        help="begin the fence and its law in column 1",
    )


def _blank(text: str) -> str:
    return _INK.sub(lambda match: " " * len(match[0]), text)
