"""The signs of an expression of FEEL: numbers, texts, names with spaces, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lawc.importers.feel_functions import FUNCTIONS
from lawc.importers.imported import ImportRefusedError

MOST_SIGNS = 2_000

_PIECE = re.compile(
    r'(?P<STRING>"(?:[^"\\]|\\.)*")|(?P<NUMBER>[0-9]+(?:\.(?!\.)[0-9]+)?|\.[0-9]+)'
    r"|(?P<SIGN>\*\*|\.\.|<=|>=|!=|[-+*/<>=()\[\],.])|(?P<NAME>[^\W\d]\w*)|(?P<OTHER>\S)"
)
# A function whose name may be that of a decision, or begin as one, is one before a bracket.
_CALLED = re.compile(
    rf"(?P<NAME>(?<!\w)(?:{'|'.join(sorted(FUNCTIONS, key=len, reverse=True))}))(?=\s*\()"
)


def cut(text: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the signs of a text, each with its kind; a name with spaces is one.

    Args:
        names: As the file declares them.

    Raises:
        ImportRefusedError: There are too many.
    """
    found: list[tuple[str, str]] = []
    paths = sorted(names, key=len, reverse=True)
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        called = _CALLED.match(text, at)
        path = next((p for p in paths if not called and _stands(p, text, at)), None)
        if path is not None:
            found.append(("PATH", path))
            at += len(path)
            continue
        match = called or _PIECE.match(text, at)
        assert match is not None
        found.append((match.lastgroup or "", match[0]))
        at = match.end()
        if len(found) > MOST_SIGNS:
            raise ImportRefusedError("this expression is too long")
    return found


def _stands(path: str, text: str, at: int) -> bool:
    """Return whether a path stands in a text, and is not the beginning of a longer word."""
    if not text.startswith(path, at):
        return False
    end = at + len(path)
    behind = text[end : end + 1]
    before = text[at - 1 : at] if at else ""
    inside = (before.isalnum() or before == "_") and path[0].isalnum()
    return not inside and not (behind and (behind.isalnum() or behind == "_"))
