"""Lay out the tables and lines of rules, by what lays out laws.

A day, a word with hyphens and a text in quotation marks stand for one name while a line is spaced,
so that their hyphens are taken for no minus; then they are put back, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from lawc.diagnostics.width import display_width
from lawc.syntax.layout import Element, without_comment
from lawc.syntax.rules.tokens import specials
from lawc.syntax.sections import TEXT_COLUMNS
from lawc.syntax.spacing import spaced

_STAND_IN = "ȣ"
_STANDING_IN = re.compile(f"{_STAND_IN}+")
_BAR = re.compile(r'"[^"\n]*"|\|')
# A unit behind the name of a heading.
_BEHIND_NAME = re.compile(r"\w+(?=\[)")
_OPEN = re.compile(r"(?<=\.\.) (?=<)|(?<=<) (?=\.\.)")


class Hidden:
    """A line in which what must not be spaced has been replaced by a name of the same width."""

    def __init__(self, code: str, names: Collection[str], words: frozenset[str]) -> None:
        """Hide what is special in a line of a block with these names and choices."""
        self.found: list[str] = []
        self.code = code
        if _STAND_IN in code:
            return
        pieces: list[str] = []
        at = 0
        for first, last in _hidden(code, names, words):
            self.found.append(code[first:last])
            pieces += (code[at:first], _STAND_IN * display_width(code[first:last]))
            at = last
        self.code = "".join((*pieces, code[at:]))

    def shown(self, rows: Sequence[str]) -> list[str]:
        """Return lines that were made from the hidden one, with all that was hidden."""
        if not self.found:
            return list(rows)
        waiting = iter(self.found)
        return [_STANDING_IN.sub(lambda _: next(waiting), row) for row in rows]


def _hidden(code: str, names: Collection[str], words: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield where something special begins and ends."""
    for _, first, last in specials(code, 0, len(code), names, words):
        yield first, last


def laid_out(
    codes: Sequence[str],
    names: Collection[str],
    words: frozenset[str],
    rows: Callable[[Sequence[str]], list[list[str]]],
) -> list[list[str]]:
    """Return the lines of items, as `rows` makes them of what is hidden."""
    hidden = [Hidden(code, names, words) for code in codes]
    made = rows([one.code for one in hidden])
    return [one.shown(lines) for one, lines in zip(hidden, made, strict=True)]


def table(rows: Sequence[str], names: Collection[str], words: frozenset[str]) -> list[str]:
    """Return the rows of a table with their cells below each other; comments stay where they are.

    Args:
        rows: Lines of a text; those that are no rows stay, without surrounding space.
        names: The names of the block.
        words: Its choices.
    """
    cut: list[list[str]] = []
    comments: list[str] = []
    texts: list[bool] = []
    for row in rows:
        code, comment = without_comment(row.strip(), quoted=True)
        cells = _cells(code)
        # The first row is the header, and says which columns are for people.
        texts = texts or [cell in TEXT_COLUMNS for cell in cells]
        cut.append(
            [
                cell if at < len(texts) and texts[at] else _spaced(cell, names, words)
                for at, cell in enumerate(cells)
            ]
        )
        comments.append(comment if cells else "")
    count = max(map(len, cut), default=0)
    widths = [
        max((display_width(cells[at]) for cells in cut if at < len(cells)), default=0)
        for at in range(count)
    ]
    made: list[str] = []
    for row, cells, comment in zip(rows, cut, comments, strict=True):
        if not cells:
            made.append(row.strip())
            continue
        padded = [
            cell + " " * (width - display_width(cell))
            for cell, width in zip(cells, widths, strict=False)
        ]
        line = "| " + " | ".join(padded) + " |"
        made.append(f"{line}  {comment}" if comment else line)
    return made


def with_header(element: Element) -> list[str]:
    """Return the header of a table, perhaps continued, and its rows."""
    head = next(
        (n for n, line in enumerate(element.lines) if line.lstrip()[:1] == "|"), len(element.lines)
    )
    begin: list[str] = []
    for number, line in enumerate(element.lines[:head]):
        code, comment = without_comment(line.strip(), quoted=False)
        hidden = Hidden(code, element.names, element.words or frozenset())
        code = hidden.shown([spaced(hidden.code)])[0]
        line = "  " + "    " * (number > 0) + code
        begin.append((f"{line}  {comment}" if comment and code else line + comment).rstrip())
    rows = table(element.lines[head:], element.names, element.words or frozenset())
    return [*begin, *(f"    {row}" if row else "" for row in rows)]


def _cells(code: str) -> list[str]:
    """Return the cells of a row; none where the line is no row."""
    if len(code) < 2 or code[0] != "|" or code[-1] != "|":
        return []
    bars = [match.start() for match in _BAR.finditer(code) if match[0] == "|"]
    if not bars or bars[-1] != len(code) - 1:
        return []
    return [code[at + 1 : bars[n + 1]].strip() for n, at in enumerate(bars[:-1])]


def _spaced(cell: str, names: Collection[str], words: frozenset[str]) -> str:
    """Return a cell with its signs apart; a text for people stays as it is."""
    if not _FORMULA.search(cell):
        return " ".join(cell.split())
    hidden = Hidden(cell, names, words)
    apart = _BEHIND_NAME.sub(
        lambda match: match[0] if f"{match[0]}[" in names else f"{match[0]} ",
        _OPEN.sub("", spaced(hidden.code)),
    )
    return hidden.shown([apart])[0]


# A cell without a sign or a bracket is a name, a number or words, and has nothing to be spaced.
_FORMULA = re.compile(r"[-+*/^(),=<>±≤≥≠·×→\[\]]|\.\.")
