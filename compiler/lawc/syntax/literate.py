"""Read laws in a Markdown page: everything outside its fences becomes space.

The text keeps its length and its lines, so places count in the page.
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"^```[ ]*(?:law|rule)[ ]*\n(.*?)(?:^```[ ]*$|\Z)", re.MULTILINE | re.DOTALL)
_INK = re.compile(r"[^\n]+")


def fences(text: str) -> list[tuple[int, int]]:
    """Return the range of the content of each fence."""
    return [fence.span(1) for fence in _FENCE.finditer(text)]


def only_fences(text: str) -> str:
    """Return a text in which only the content of ```` ```law ```` fences is left."""
    kept: list[str] = []
    at = 0
    for start, end in fences(text):
        kept.append(_blank(text[at:start]))
        kept.append(text[start:end])
        at = end
    kept.append(_blank(text[at:]))
    return "".join(kept)


def _blank(text: str) -> str:
    return _INK.sub(lambda match: " " * len(match[0]), text)
