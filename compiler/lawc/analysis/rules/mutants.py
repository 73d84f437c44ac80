"""The mutants of a rule: the same text with one slip in it.

A slip is made where a rule decides: in tables, scales, scores, parameters, clauses and what is
apportioned. What is declared and what is claimed stays, since that is what has to notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise

from lawc.diagnostics.immutable import immutable


class Slip(StrEnum):
    """What was done."""

    BOUNDARY = "boundary open or closed"
    DIGIT = "last digit"
    SIGN = "sign"
    WORD = "another word"
    ROWS = "two answers exchanged"
    EXCEPTION = "exception dropped"
    CONDITION = "condition turned"
    UNIT = "unit swapped"
    ROUNDING = "rounded otherwise"
    STALE = "value of an earlier day"


@immutable
class RuleMutant:
    """A rule with one slip.

    Attributes:
        start, end: Of what was edited, in the text of the block.
        was, became: Both as text.
    """

    kind: Slip
    start: int
    end: int
    was: str
    became: str

    @property
    def text(self) -> str:
        """The slip in one line."""
        was = " ".join(self.was.split())
        became = " ".join(self.became.split())
        return f"`{was}` became `{became}`" if became else f"`{was}` was dropped"

    def applied(self, text: str) -> str:
        """Return the text of the block with the slip in it."""
        return text[: self.start] + self.became + text[self.end :]


_DECIDING = ("table", "grid", "scale", "score", "clauses", "apportion", "parameters")
_SECTION = re.compile(r"  ([a-z]+)\b")
_QUIET = re.compile(r'"[^"]*"|#.*|\d{4}-\d{1,2}-\d{1,2}|\[[^\]]*\]')
_NUMBER = re.compile(r"(?<![\w.+-])\d+(?:\.\d+)?(?![\w-]|\.\d)")
_RANGE = re.compile(r"<?\.\.<?")
_RELATION = re.compile(r"<=|>=|(?<![.<>])[<>](?![.=])")
_SIGN = re.compile(r"(?<=[\w)\] ])[-+*/](?=[ \w(])")
_TURNED = {"and": "or", "or": "and", "min": "max", "max": "min"}
_LOGIC = re.compile(r"\b(?:and|or|min|max)\b")
_UNIT = re.compile(r"(?<=\d )\[([^\]]+)\]")
_ROUNDED = re.compile(r"rounded (down|up|nearest|half even|toward zero|from zero)\b")
_OTHERS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_RANGES = {"..": "..<", "..<": "..", "<..": "..", "<..<": "<.."}
_SIGNS = {"+": "-", "-": "+", "*": "/", "/": "*"}
_ROUNDINGS = {"down": "up", "up": "down"}
_METHOD = re.compile(r"    rounding ([\w -]+?)[ ]*$")
_UNITS = {"m": "cm", "cm": "m", "kg": "g", "g": "kg", "USD": "EUR", "EUR": "USD", "d": "h"}


def rule_mutants(text: str, choices: tuple[tuple[str, ...], ...] = ()) -> tuple[RuleMutant, ...]:
    """Return the mutants of the text of a rule, in its order.

    Args:
        text: Of the block.
        choices: The words of each quantity that has some.
    """
    found: dict[tuple[int, int, str], RuleMutant] = {}
    for made in _all(text, choices):
        found.setdefault((made.start, made.end, made.became), made)
    return tuple(sorted(found.values(), key=lambda made: (made.start, made.end, made.became)))


def _all(text: str, choices: tuple[tuple[str, ...], ...]) -> Iterator[RuleMutant]:
    section, rows = "", list[tuple[int, str]]()
    words = {word: own for own in choices for word in own}
    start = 0
    for line in text.splitlines(keepends=True):
        head = _SECTION.match(line)
        if head is not None:
            yield from _exchanged(rows, section)
            section, rows = head[1], []
        elif section in _DECIDING:
            is_row = line.lstrip().startswith("|")
            # The first line of a table heads its columns.
            if is_row:
                rows.append((start, line))
            if not is_row or len(rows) > 1:
                yield from _line(start, line, section, words)
        start += len(line)
    yield from _exchanged(rows, section)


def _line(
    start: int, line: str, section: str, words: dict[str, tuple[str, ...]]
) -> Iterator[RuleMutant]:
    heard = _QUIET.sub(lambda match: " " * len(match[0]), line)

    def made(kind: Slip, match: re.Match[str], became: str) -> RuleMutant:
        return RuleMutant(kind, start + match.start(), start + match.end(), match[0], became)

    for match in _NUMBER.finditer(heard):
        yield made(Slip.DIGIT, match, _next(match[0]))
    for match in _RANGE.finditer(heard):
        yield made(Slip.BOUNDARY, match, _RANGES[match[0]])
    for match in _RELATION.finditer(heard):
        yield made(Slip.BOUNDARY, match, _OTHERS[match[0]])
    method = _METHOD.match(heard) if section == "apportion" else None
    if method is not None:
        yield made(Slip.ROUNDING, method, _other_method(method[1]))
    elif section in ("clauses", "apportion"):
        for match in _SIGN.finditer(heard):
            yield made(Slip.SIGN, match, _SIGNS[match[0]])
        for match in _LOGIC.finditer(heard):
            yield made(Slip.CONDITION, match, _TURNED[match[0]])
        match = re.search(r"except [^:]*?(?= when |:)", heard)
        if match is not None:
            yield made(Slip.EXCEPTION, match, "")
        for match in _ROUNDED.finditer(heard):
            other = _ROUNDINGS.get(match[1], "down")
            yield made(Slip.ROUNDING, match, f"rounded {other}")
    loud = re.sub(r'"[^"]*"|#.*', lambda match: " " * len(match[0]), line)
    for match in _UNIT.finditer(loud):
        other = _UNITS.get(match[1])
        if other is not None:
            yield made(Slip.UNIT, match, f"[{other}]")
    if words:
        pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", heard):
            own = words[match[0]]
            at = own.index(match[0])
            yield made(Slip.WORD, match, own[at - 1] if at else own[1])


def _other_method(method: str) -> str:
    """Return the line of another way to round seats, of those that one takes for it."""
    return f"    rounding {'down' if method == 'half-way' else 'half-way'}"


def _exchanged(rows: list[tuple[int, str]], section: str) -> Iterator[RuleMutant]:
    """Yield the exchange of the last cells of each two rows, and values that were not renewed."""
    last = [_last(start, line) for start, line in rows[1:]]
    for one, other in pairwise(last):
        if one is None or other is None or one[2] == other[2]:
            continue
        if section == "parameters":
            start, end, was = other
            yield RuleMutant(Slip.STALE, start, end, was, one[2])
        elif section in ("table", "grid", "score", "scale"):
            start, end = one[0], other[1]
            between = "".join(line for _, line in rows)
            offset = rows[0][0]
            whole = between[start - offset : end - offset]
            middle = between[one[1] - offset : other[0] - offset]
            yield RuleMutant(Slip.ROWS, start, end, whole, other[2] + middle + one[2])


def _last(start: int, line: str) -> tuple[int, int, str] | None:
    """Return where the last cell of a row stands, and what it says."""
    end = line.rstrip().rfind("|")
    begin = line.rfind("|", 0, end)
    said = line[begin + 1 : end].strip()
    if begin < 0 or not said:
        return None
    at = start + line.index(said, begin + 1)
    return at, at + len(said), said


def _next(number: str) -> str:
    """Return a number with one more in its last digit."""
    whole, dot, decimals = number.partition(".")
    raised = str(int(whole + decimals) + 1).zfill(len(whole + decimals))
    if not dot:
        return raised
    return f"{raised[: -len(decimals)]}.{raised[-len(decimals) :]}"
