"""The signs of an expression of FEEL: numbers, texts, names with spaces, functions."""

from __future__ import annotations

import contextlib
import re

from lawc.importers.feel.functions import FUNCTIONS
from lawc.importers.feel.meaning import Speech
from lawc.importers.imported import ImportRefusedError

MOST_SIGNS = 2_000

_STRING = r'"(?:[^"\\]|\\.)*"'
_PIECE = re.compile(
    rf"(?P<STRING>{_STRING})|(?P<NUMBER>[0-9]+(?:\.(?!\.)[0-9]+)?|\.[0-9]+)"
    r"|(?P<SIGN>\*\*|\.\.|<=|>=|!=|[-+*/<>=()\[\],.])|(?P<NAME>[^\W\d]\w*)|(?P<OTHER>\S)",
    re.DOTALL,
)
# A function whose name may be that of a decision, or begin as one, is one before a bracket.
_CALLED = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(FUNCTIONS, key=len, reverse=True))})(?=\s*\()")
_LITERAL = re.compile(_STRING, re.DOTALL)
_LISTED = re.compile(rf"\s*{_STRING}\s*(?:,\s*{_STRING}\s*)*", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_MEANT = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}


def cut(text: str, speech: Speech) -> list[tuple[str, str]]:
    """Return the signs of a text, each with its kind; a name with spaces is one.

    Raises:
        ImportRefusedError: There are too many.
    """
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        called = speech.calls.match(text, at) or _CALLED.match(text, at)
        path = None if called else speech.paths.match(text, at)
        if called is not None:
            match, sign = called, ("NAME", " ".join(called[0].split()))
        elif path is not None:
            match, sign = path, ("PATH", " ".join(path[0].split()))
        else:
            match = _PIECE.match(text, at)
            assert match is not None
            sign = (match.lastgroup or "", match[0])
        found.append(sign)
        at = match.end()
        if len(found) > MOST_SIGNS:
            raise ImportRefusedError("this expression is too long")
    return found


def meant(literal: str) -> str:
    """Return the text that a literal with its quotation marks stands for.

    Raises:
        ImportRefusedError: It holds half of a character.
    """

    def letter(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2]
        if code is None:
            return _MEANT.get(escape[3], escape[0])
        if int(code, 16) > 0x10FFFF:
            raise ImportRefusedError(f"{escape[0]} is no character")
        return chr(int(code, 16))

    spelled = _ESCAPE.sub(letter, literal[1:-1])
    try:
        # A character beyond the first 65,536 may be written as two halves.
        return spelled.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ImportRefusedError("half of a character stands in a text") from None


def texts_in(text: str) -> list[str]:
    """Return the texts that stand anywhere in some expressions, without those that are none."""
    found: list[str] = []
    for literal in _LITERAL.findall(text):
        with contextlib.suppress(ImportRefusedError):
            found.append(meant(literal))
    return found


def listed_texts(values: str) -> list[str]:
    """Return the texts of a list of nothing but texts; none where it is anything else."""
    return texts_in(values) if _LISTED.fullmatch(values) else []
