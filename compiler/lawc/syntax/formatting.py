"""Write a file of laws in the one layout of the shelf; only white space changes.

A line that cannot be read stays exactly as it is, and so does all of a page around its fences.
The result is read again: where it does not say the same, the text is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.diagnostics.immutable import immutable
from lawc.diagnostics.width import display_width
from lawc.syntax import columns
from lawc.syntax.blocks import scan
from lawc.syntax.comparing import say_the_same
from lawc.syntax.declarations import indexed_in, names_of
from lawc.syntax.layout import Element, Kind, elements, without_comment
from lawc.syntax.literate import fences, only_fences
from lawc.syntax.parsing import parse
from lawc.syntax.raw_blocks import RawBlock
from lawc.syntax.rules.layout import laid_out as rule_lines
from lawc.syntax.rules.layout import table, with_header
from lawc.syntax.sections import TABLES
from lawc.syntax.spacing import WIDTH, Piece, by_lines, joined, pieces, wrapped

_QUOTED = re.compile(r'"[^"]*"')
_INK = re.compile(r"\s+")
_KEY_WIDTH = 8
_MOST_BALANCED = 50

# In these sections `#` always begins a comment, also between quotation marks.
_FREE_TEXT = (
    "symbols", "constants", "import", "use", "supersedes", "successor", "status", "coordinates",
    "applies",
)  # fmt: skip
# An author breaks an equation where it makes sense; a list is filled.
_FILLED = ("checks", "calendar", "soft", "sample")

_COLUMNS: dict[str, Callable[[str, str], bool]] = {
    "initial": lambda kind, text: text == "at",
    "boundary": lambda kind, text: text in ("at", "on"),
    "valid": lambda kind, text: kind == "STRING",
}


@immutable
class Formatted:
    """A text in its layout.

    Attributes:
        text: The text; as it was, where it has been left alone.
        refusal: Why it has been left alone; empty where it has not.
        unread: How many findings the parser has about lines that therefore stay as they are.
    """

    text: str
    refusal: str = ""
    unread: int = 0


def formatted(source: Source) -> Formatted:
    """Return a source in the layout of the shelf."""
    document, findings = parse(source)
    text = laid_out(source, findings)
    if text == source.text:
        return Formatted(text, unread=len(findings))
    after, found = parse(Source(source.path, text))
    if _INK.sub("", text) != _INK.sub("", source.text):
        return Formatted(source.text, "something besides white space would change")
    if not say_the_same(after, document) or _said(found) != _said(findings):
        return Formatted(source.text, "it would be read differently")
    return Formatted(text, unread=len(findings))


def _said(findings: Iterable[Diagnostic]) -> list[tuple[str, str]]:
    return sorted((found.code, found.headline) for found in findings)


def laid_out(source: Source, findings: Iterable[Diagnostic] = ()) -> str:
    """Return a text in its layout, unread; lines with findings stay as they are."""
    literate = source.path.endswith(".md")
    text = only_fences(source.text) if literate else source.text
    blocks, _ = scan(text, source.path)
    broken = {
        number
        for found in findings
        for number in range(
            source.line_column(found.place.start)[0], source.line_column(found.place.end)[0] + 1
        )
    }
    inside = None
    if literate:
        inside = {
            number
            for start, end in fences(source.text)
            for number in range(source.line_column(start)[0], source.line_column(end)[0])
        }
    names = [_names(text, block, source.path) for block in blocks]
    found = elements(source, inside, blocks, names, broken)
    _format(found)
    _indent_comments(found)
    lines: list[str] = []
    before: Element | None = None
    for element, after in zip(found, _followers(found), strict=True):
        lines += [""] * _blanks(before, element, after)
        lines += element.out
        before = element
    return "\n".join(lines) + ("\n" if lines and not literate else "")


def _names(text: str, block: RawBlock, path: str) -> Collection[str]:
    found: set[str] = set()
    for section in block.sections:
        if section.key in ("symbols", "constants"):
            for line in section.items:
                named = names_of(text, line, path)
                found.update(name.name for name in named)
                found.update(f"{name.name}[" for name in indexed_in(text, line, named))
    return found


def _format(found: Sequence[Element]) -> None:
    """Lay out headers, keys, lines of the head and the items of each section."""
    for element in found:
        code, comment = without_comment(element.lines[0], quoted=False)
        if element.kind is Kind.HEADER:
            element.out = [_with(re.sub(r"\s*@\s*", "@", " ".join(code.split())), comment)]
        elif element.kind is Kind.KEY and element.key in TABLES:
            element.out = with_header(element)
        elif element.kind is Kind.KEY:
            element.out = [_with("  " + code.strip(), comment)]
        elif element.kind is Kind.HEAD:
            element.out = _head(element)
    run = 0
    for element in found:
        # An empty line in a section begins new columns.
        run += element.blanks > 0
        element.run = run
    items = (element for element in found if element.kind is Kind.ITEM)
    for _, group in groupby(items, key=lambda element: (element.group, element.run)):
        _section(list(group))
    _align_comments(found)


def _section(items: Sequence[Element]) -> None:
    """Lay out the items of one section."""
    plain: list[tuple[Element, str, str]] = []
    for item in items:
        if item.key == "checks" and item.lines[0].split()[:1] == ["examples"]:
            item.out = _table(item)
            continue
        rows = [without_comment(row, quoted=item.key not in _FREE_TEXT) for row in item.lines]
        if any(comment for _, comment in rows[:-1]):
            item.out = _between_comments(item, rows)
        else:
            plain.append((item, "\n".join(code for code, _ in rows), rows[-1][1]))
    codes = [code for _, code, _ in plain]
    for (item, _, comment), rows in zip(plain, _rows(items[0], codes), strict=True):
        space = " " * item.level
        item.out = [space + rows[0], *(f"{space}  {row}" for row in rows[1:])]
        item.out[-1] = _with(item.out[-1], comment)


def _rows(item: Element, codes: Sequence[str]) -> list[list[str]]:
    """Return the lines of the items of a section like this item's, the first one not indented."""
    if item.words is not None and item.key != "symbols":
        return rule_lines(codes, item.names, item.words, lambda hidden: _plain_rows(item, hidden))
    return _plain_rows(item, codes)


def _plain_rows(item: Element, codes: Sequence[str]) -> list[list[str]]:
    key, level = item.key, item.level
    if key == "symbols":
        return columns.declarations(codes, item.names)
    if key == "constants":
        return columns.constants(codes)
    if key in _COLUMNS:
        return _aligned(key, level, codes)
    if key in _FILLED:
        return [_filled(pieces(code), level) for code in codes]
    return [_as_broken(pieces(code), level) for code in codes]


def _aligned(key: str, level: int, codes: Sequence[str]) -> list[list[str]]:
    """Return items below each other; those that take several lines stand aside."""
    rows: dict[int, list[str]] = {}
    flat = [number for number, code in enumerate(codes) if "\n" not in code]
    # One that does not fit is broken, and then is as little a part of the columns when read again.
    while len(rows) != len(flat):
        found = columns.split_before(_COLUMNS[key], [codes[number] for number in flat])
        rows = {n: row for n, row in zip(flat, found, strict=True) if _fits(row, level)}
        flat, rows = list(rows), rows if len(rows) == len(flat) else {}
    return [
        rows[number] if number in rows else _as_broken(pieces(code), level)
        for number, code in enumerate(codes)
    ]


def _fits(row: Sequence[str], level: int) -> bool:
    return display_width(row[0]) + level <= WIDTH


def _filled(line: Sequence[Piece], level: int) -> list[str]:
    return wrapped(line, level, level + 2)


def _as_broken(line: Sequence[Piece], level: int) -> list[str]:
    """Return lines that begin where the author began them, and others where they are too long."""
    first, *rest = by_lines(line)
    return [
        *wrapped(first, level, level + 2),
        *(row for part in rest for row in wrapped(part, level + 2, level + 2)),
    ]


def _between_comments(item: Element, rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return a continued item whose lines have comments, line by line."""
    level = item.level
    codes = [code.strip() for code, _ in rows]
    if item.key not in _FREE_TEXT:
        line = pieces("\n".join(codes))
        counts = [len(pieces(code)) for code in codes]
        if sum(counts) == len(line):
            at = 0
            for number, count in enumerate(counts):
                codes[number] = joined(line[at : at + count])
                at += count
    return [
        _with(" " * (level if number == 0 else level + 2) + code, comment)
        for number, (code, (_, comment)) in enumerate(zip(codes, rows, strict=True))
    ]


def _table(item: Element) -> list[str]:
    code, comment = without_comment(item.lines[0], quoted=False)
    if item.words is None:
        rows = columns.table(item.lines[1:])
    else:
        rows = table(item.lines[1:], item.names, item.words)
    return [_with("    " + code.strip(), comment), *(f"      {row}" for row in rows)]


def _head(element: Element) -> list[str]:
    """Return a line of the head: its key, and its texts below each other."""
    quoted = element.key not in _FREE_TEXT
    rows = [without_comment(row, quoted=quoted) for row in element.lines]
    key = element.key
    begin = f"  {key.ljust(_KEY_WIDTH - 1)} "
    if any(comment for _, comment in rows[:-1]):
        first, *others = rows
        return [
            _with(begin + first[0].strip().removeprefix(key).strip(), first[1]),
            *(_with(" " * len(begin) + code.strip(), comment).rstrip() for code, comment in others),
        ]
    text = "\n".join(code for code, _ in rows).strip().removeprefix(key).strip()
    comment = rows[-1][1]
    texts = (_QUOTED.findall(text) if quoted else []) or [text]
    lines: list[str] = []
    for value in texts:
        lines += _folded(" ".join(value.split()), len(begin), 1 if quoted else 0)
    space = " " * len(begin)
    out = [begin + lines[0], *(space + line for line in lines[1:])]
    return [*out[:-1], _with(out[-1], comment)]


def _folded(text: str, start: int, hang: int) -> list[str]:
    """Return words in as few lines as fit, of like length, the later ones a little further in."""
    words = text.split(" ")
    room = WIDTH - start - hang
    lines = _greedy(words, room)
    if len(lines) > _MOST_BALANCED:
        return [lines[0], *(" " * hang + line for line in lines[1:])]
    narrow, wide = 0, room
    while wide - narrow > 1:
        middle = (narrow + wide) // 2
        if len(_greedy(words, middle)) > len(lines):
            narrow = middle
        else:
            wide = middle
    first, *rest = _greedy(words, wide)
    return [first, *(" " * hang + line for line in rest)]


def _greedy(words: Sequence[str], room: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        # A line that began with `#` would be a comment.
        fits = display_width(lines[-1]) + 1 + display_width(word) <= room
        if fits or word.startswith("#"):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _align_comments(found: Sequence[Element]) -> None:
    """Set the comments behind neighbouring lines below each other."""
    run: list[tuple[Element, str, str]] = []
    for element in [*found, None]:
        if element is not None and element.kind is Kind.ITEM and len(element.out) == 1:
            code, comment = without_comment(element.out[0], quoted=element.key not in _FREE_TEXT)
            near = not run or (element.blanks == 0 and element.group == run[0][0].group)
            if comment and near:
                run.append((element, code, comment))
                continue
        column = max((display_width(code) for _, code, _ in run), default=0)
        widest = max((display_width(comment) for _, _, comment in run), default=0)
        if column + 2 + widest <= WIDTH:
            for item, code, comment in run:
                item.out = [code + " " * (column - display_width(code)) + f"  {comment}"]
        run = []


def _with(code: str, comment: str) -> str:
    return f"{code}  {comment}" if comment and code.strip() else f"{code}{comment}"


def _indent_comments(found: Sequence[Element]) -> None:
    """Indent comments like what they speak of: what follows at once, else what stands before."""
    before: Element | None = None
    for element, (after, gap) in zip(found, _followers(found), strict=True):
        if element.kind is not Kind.COMMENT:
            before = element
            continue
        line = element.lines[0]
        indent = len(line) - len(line.lstrip(" \t"))
        level = _comment_level(before, after, gap, indent)
        if level is not None:
            element.out = [" " * level + line.strip()]


def _followers(found: Sequence[Element]) -> list[tuple[Element | None, bool]]:
    """Return for each element the next one that is no comment, and whether a gap lies between."""
    answers: list[tuple[Element | None, bool]] = []
    after: Element | None = None
    gap = False
    for element in reversed(found):
        answers.append((after, gap))
        if element.kind is not Kind.COMMENT:
            after, gap = element, False
        gap = gap or element.blanks > 0
    return answers[::-1]


def _comment_level(
    before: Element | None, after: Element | None, gap: bool, indent: int
) -> int | None:
    """Return the column of a comment, or None where it stays as it is."""
    if (after is not None and after.kind is Kind.KEPT) or (
        before is not None and before.kind is Kind.KEPT
    ):
        return None
    opens = after is None or after.kind in (Kind.HEADER, Kind.OUTSIDE)
    if opens and indent == 0:
        return 0
    within = before is not None and before.kind not in (Kind.OUTSIDE, Kind.COMMENT)
    behind = opens or (after is not None and after.kind is Kind.KEY and (gap or indent >= 4))
    if within and before is not None and behind:
        return 4 if before.kind is Kind.KEY else before.level or 2
    return after.level if after is not None else 0


def _blanks(before: Element | None, element: Element, after: tuple[Element | None, bool]) -> int:
    """Return how many empty lines stand before an element.

    Args:
        before: The element before it.
        element: The element.
        after: The next one that is no comment, and whether a gap lies between.
    """
    begins = element.kind in (Kind.HEADER, Kind.KEY)
    exact = (Kind.OUTSIDE, Kind.KEPT)
    if element.kind in exact or (before is not None and before.kind in exact):
        within = before is not None and before.kind is Kind.KEPT
        return max(element.blanks, 1) if begins and within else element.blanks
    if before is None:
        return 0
    joins = before.kind is Kind.COMMENT and _level(before) == _level(element)
    if begins:
        # A comment that stands directly above belongs to it.
        return 0 if joins and element.blanks == 0 else 1
    follower, gap = after
    if element.kind is Kind.COMMENT and follower is not None and not gap and not joins:
        leads = follower.kind in (Kind.HEADER, Kind.KEY)
        if leads and _level(element) == follower.level:
            return 1
    if before.kind is Kind.KEY or (before.kind is Kind.HEADER and element.kind is Kind.HEAD):
        return 0
    if element.key == "constants" and element.kind is Kind.ITEM and before.kind is Kind.HEAD:
        return 1
    return min(element.blanks, 1)


def _level(element: Element) -> int:
    line = element.out[0]
    return len(line) - len(line.lstrip(" "))
