"""Put a draft together: from what a reader found to the text of a law.

Free text of a foreign file loses whatever could end its line or be read as more than words, so
that no title of an author can become a formula.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CONTROL = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
)
_NOT_WORDS = re.compile(r"[^\w ,;'/·*^+-]+")
_WORDS_OF_KINDS = re.compile(r"\bmay be unknown\b|\bone of\b|\byes/no\b|\bvector\d|\binteger\b")
LONGEST_WORDS = 80
LONGEST_QUOTED = 400


@dataclass(frozen=True, slots=True)
class Symbol:
    """One line of `symbols`; all texts but the words are in the language already.

    Attributes:
        unit: Without brackets; `1` for a plain number, None where nobody knows it.
    """

    name: str
    words: str
    unit: str | None
    depends: str = ""
    low: str = ""
    high: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A law whose parts are text in the language; a line of equations may be a `# comment`."""

    name: str
    title: str
    sources: tuple[str, ...]
    symbols: tuple[Symbol, ...]
    equations: tuple[str, ...]
    initial: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()


def write_draft(draft: Draft) -> str:
    """Return a draft as a block, with a line end."""
    lines = [
        f"law {draft.name}@0.1.0",
        f'  title   "{quoted(draft.title)}"',
        "  status  draft",
        *(f'  source  "{quoted(source)}"' for source in draft.sources),
        *(f'  note    "{quoted(note)}"' for note in draft.notes),
        "",
        "  symbols",
        *_symbol_lines(draft.symbols),
    ]
    for section in ("reactions", "equations", "initial", "valid"):
        items: tuple[str, ...] = getattr(draft, section)
        if items:
            lines += ["", f"  {section}", *(f"    {item}" for item in items)]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text that may stand between quotation marks."""
    plain = _CONTROL.sub(" ", unicodedata.normalize("NFC", text).replace('"', "'")).strip()
    return plain[:LONGEST_QUOTED].strip() or "untitled"


def words(text: str) -> str:
    """Return a text that may stand as the words of a symbol."""
    plain = _CONTROL.sub(" ", unicodedata.normalize("NFC", text))
    plain = _WORDS_OF_KINDS.sub("", _NOT_WORDS.sub(" ", plain))
    plain = " ".join(plain.split())[:LONGEST_WORDS].strip()
    return "quantity" if not plain or plain == "log" else plain.removesuffix(" log")


def _symbol_lines(symbols: tuple[Symbol, ...]) -> list[str]:
    names = max((len(symbol.name) for symbol in symbols), default=0)
    rows = []
    for symbol in symbols:
        depends = f" ({symbol.depends})" if symbol.depends else ""
        said = f"{symbol.name:<{names}} : {words(symbol.words)}{depends}"
        unit = "" if symbol.unit is None else f"[{symbol.unit}]"
        limits = f"{symbol.low} .. {symbol.high}" if symbol.low and symbol.high else ""
        default = f"= {symbol.default}" if symbol.default else ""
        rows.append((said, "  ".join(part for part in (unit, limits, default) if part)))
    wide = max((len(said) for said, _ in rows if len(said) <= 60), default=0)
    return [f"    {said:<{wide}}  {rest}".rstrip() for said, rest in rows]
