"""Cut a line of a rule into tokens: those of all formulas, days, and words with hyphens."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import MOST_TOKENS, check_bounds, too_large
from lawc.syntax.days import day_of
from lawc.syntax.derivatives import Token
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS, normal
from lawc.syntax.tokens import tokenize

FORM = "rule"

# A text in quotation marks, a unit and a comment have no group, and nothing inside is looked at.
_RUN = re.compile(r'"[^"]*"|\[[^\]\n]*\]|#[^\n]*|(?<![\w.])(?P<RUN>\w(?:[\w+-]|\.(?!\.))*)')
_INSIDE = re.compile(
    r"(?<![\w.])(?P<DATE>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?!\w)"
    rf"|(?<![\w.])(?P<WORD>[{LETTERS}_][{LETTERS}_0-9]*(?:-[{LETTERS}][{LETTERS}_0-9]*)+)"
)


def rule_tokens(text: str, start: int, end: int, scope: Scope) -> list[Token]:
    """Return the tokens of a part of a rule; days and words with hyphens are one token each.

    A chain of words joined by hyphens is one word where the block declares it as a choice, or
    declares none of its parts; otherwise the hyphens are minus signs.

    Raises:
        UnreadableError: A part of it cannot be read, or a bound is passed.
    """
    found: list[Token] = []
    at = start
    for kind, first, last in specials(text, start, end, scope.names, scope.words):
        found += tokenize(text, at, first, FORM, scope)
        word = text[first:last]
        value = day_of(word, first, scope) if kind == "DATE" else word
        found.append((kind, value, first, last))
        at = last
    found += tokenize(text, at, end, FORM, scope)
    if at > start:
        # Each piece was short enough; the whole may not be.
        if len(found) > MOST_TOKENS:
            raise too_large(
                "this line is longer than 4,000 names, numbers and signs",
                Place(scope.path, start, end),
                "divide it into several clauses or rows",
            )
        check_bounds(found, scope.path)
    return found


def specials(
    text: str, start: int, end: int, names: Collection[str], words: Collection[str]
) -> Iterator[tuple[str, int, int]]:
    """Yield what is one token by its letters: `DATE` or `NAME`, and where it begins and ends.

    Args:
        text: The whole source.
        start: Offset of the first character.
        end: Offset behind the last one.
        names: The names of the block.
        words: Its choices that are no names by their letters.
    """
    for run in _RUN.finditer(text, start, end):
        if run.lastgroup is None:
            continue
        first, last = run.span()
        if run[0] in words:
            yield "NAME", first, last
            continue
        for match in _INSIDE.finditer(text, first, last):
            if match.lastgroup == "DATE":
                yield "DATE", *match.span()
            elif not any(normal(piece) in names for piece in match[0].split("-")):
                yield "NAME", *match.span()
