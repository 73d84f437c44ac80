"""The tokens of fields and sums: `∇`, `∇·`, `(v·∇)`, and the words and signs inside `sum(…)`.

They are rare, and looked for only where a line has such a sign; a quantity may be called `sum`
or `in` as long as it is not written as a function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.derivatives import Token
from lawc.syntax.tree import Name

FOLDS = {"sum": "FOLD", "product": "FOLD", "integral": "INTEGRAL"}

_NABLA = re.compile(r"∇[ ]*(?:(\^2(?![0-9])|²)|([·⋅∙])|(×))?")
_CLOSED = re.compile(r"∇[ ]*\)")
_ABOUT = frozenset({"EVEN", "ODD", "PERIODIC", "CONTINUOUS"})


def joins(tokens: Sequence[Token]) -> bool:
    """Return whether the word `in` means something behind some tokens."""
    if not tokens:
        return False
    if tokens[-1][0] in _ABOUT:
        return True
    return len(tokens) > 2 and tokens[-3][0] == "FOLD" and tokens[-2][0] == "LPAR"


def field_token(text: str, tokens: list[Token], start: int, end: int, path: str) -> Token | None:
    """Return the token that a sign of fields or sums begins, or None for any other sign.

    `(v·∇)` takes back the tokens of its beginning.
    """
    if text[start] == ":":
        inside = any(token[0] == "IN" for token in tokens)
        return ("COLON", ":", start, start + 1) if inside else None
    if text[start] != "∇":
        return None
    closed = _CLOSED.match(text, start, end)
    if closed is not None and [token[0] for token in tokens[-3:]] == ["LPAR", "NAME", "STAR"]:
        bracket, (_, name, first, last), _ = tokens[-3:]
        del tokens[-3:]
        vector = Name(Place(path, first, last), name)
        place = Place(path, bracket[2], closed.end())
        return "ALONG", (place, vector), bracket[2], closed.end()
    match = _NABLA.match(text, start, end)
    assert match is not None
    square, dot, cross = match.groups()
    word = "laplacian" if square else "div" if dot else "curl" if cross else "grad"
    return "NABLA", (Place(path, start, match.end()), word), start, match.end()
