"""Read one line of a form: tokens, table, and the finding where they do not fit together."""

from __future__ import annotations

from typing import Any

from lawc.syntax.mistakes import explain, nothing
from lawc.syntax.plain_lines import read_plain_line
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.scope import Scope
from lawc.syntax.table import Stop, read
from lawc.syntax.tokens import tokenize


def read_line(text: str, start: int, end: int, form: str, scope: Scope) -> Any:
    """Return the parts of a line, as building.py makes them for its form.

    Args:
        text: The whole source.
        start: Offset of the first character of the formula.
        end: Offset behind its last one.
        form: One of `table.FORMS`.
        scope: The names of the block.

    Raises:
        UnreadableError: The line cannot be read.
    """
    plain = read_plain_line(text, start, end, form, scope)
    if plain is not None:
        return plain
    tokens = tokenize(text, start, end, form, scope)
    if not tokens and form != "declaration":
        raise UnreadableError(nothing(text, start, scope))
    close = tokens[-1][3] if tokens else start
    result = read(form, tokens, scope.path, close)
    if result.__class__ is Stop:
        raise UnreadableError(explain(text, form, tokens, result, scope))
    return result
