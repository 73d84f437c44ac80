"""Cut a line of a rule into tokens: those of all formulas, days, and words with hyphens."""

from __future__ import annotations

import re
from functools import lru_cache

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import MOST_TOKENS, check_bounds, too_large
from lawc.syntax.days import day_of
from lawc.syntax.derivatives import Token
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import LETTERS, normal
from lawc.syntax.tokens import tokenize

FORM = "rule"


def rule_tokens(text: str, start: int, end: int, scope: Scope) -> list[Token]:
    """Return the tokens of a part of a rule; days and words with hyphens are one token each.

    A chain of words joined by hyphens is one word where the block declares it as a choice, or
    declares none of its parts; otherwise the hyphens are minus signs.

    Raises:
        UnreadableError: A part of it cannot be read, or a bound is passed.
    """
    found: list[Token] = []
    at = start
    for match in special(scope.words).finditer(text, start, end):
        if match.lastgroup is None or match.start() < at:
            continue
        token = _token(match, scope)
        if token is not None:
            found += tokenize(text, at, token[2], FORM, scope)
            found.append(token)
            at = token[3]
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


@lru_cache(maxsize=64)
def special(words: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern of what is one token by its letters; choices are these words.

    Its groups are CHOICE, DATE and WORD; a text in quotation marks, a unit and a comment match and
    have no group.
    """
    longest = sorted(words, key=lambda word: (-len(word), word))
    choices = "|".join(map(re.escape, longest)) or "(?!)"
    return re.compile(
        rf'"[^"]*"|\[[^\]\n]*\]|#[^\n]*|(?<![\w.])(?P<CHOICE>{choices})(?![\w])'
        r"|(?<![\w.])(?P<DATE>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?!\w)"
        rf"|(?<![\w.])(?P<WORD>[{LETTERS}_][{LETTERS}_0-9]*(?:-[{LETTERS}][{LETTERS}_0-9]*)+)"
    )


def _token(match: re.Match[str], scope: Scope) -> Token | None:
    start, end = match.span()
    word = match[0]
    if match.lastgroup == "DATE":
        return "DATE", day_of(word, start, scope), start, end
    if match.lastgroup == "WORD":
        pieces = [normal(piece) for piece in word.split("-")]
        if any(piece in scope.names for piece in pieces):
            return None
    return "NAME", word, start, end
