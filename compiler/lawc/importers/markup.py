"""Markup (XML) to a tree of elements, and nothing else.

A document type is refused, so there are no entities, and nothing outside the bytes given is ever
opened. Size, depth, the number of elements and the length of a text are bounded while reading.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from lawc.importers.imported import ImportRefusedError

MOST_BYTES = 8_000_000
MOST_ELEMENTS = 100_000
MOST_ATTRIBUTES = 50
DEEPEST = 100
LONGEST_TEXT = 100_000
_BROKEN = (expat.ExpatError, UnicodeError, LookupError, ValueError)


@dataclass(slots=True)
class Element:
    """An element: its namespace and name, attributes by `namespace name` or `name`, and content.

    Attributes:
        text: All characters directly inside it, without those of its children.
        line: Where it begins, from 1.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def named(self, name: str) -> Iterator[Element]:
        """Yield the children of this name in the namespace of this element."""
        for child in self.children:
            if child.name == name and child.namespace == self.namespace:
                yield child

    def get(self, name: str) -> str | None:
        """Return an attribute, with or without the element's own namespace."""
        value = self.attributes.get(name)
        return value if value is not None else self.attributes.get(f"{self.namespace} {name}")


def read_markup(data: bytes) -> Element:
    """Return the outermost element of a document.

    Raises:
        ImportRefusedError: It is not well-formed, has a document type, or passes a bound.
    """
    if len(data) > MOST_BYTES:
        raise ImportRefusedError(f"a document has at most {MOST_BYTES:,} bytes")
    _count(data)
    return _Reader().read(data)


def _count(data: bytes) -> None:
    """Refuse too many elements before one of them is kept."""
    parser = expat.ParserCreate()
    seen = 0

    def start(_: str, __: object) -> None:
        nonlocal seen
        seen += 1
        if seen > MOST_ELEMENTS:
            raise ImportRefusedError(
                f"line {parser.CurrentLineNumber}: a document has at most {MOST_ELEMENTS:,} "
                "elements"
            )

    def refuse(*_: object) -> None:
        # What this means is said by the reading itself.
        raise _LeftUnreadError

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    with contextlib.suppress(_LeftUnreadError, *_BROKEN):
        parser.Parse(data, True)


class _LeftUnreadError(Exception):
    """The counting ends."""


class _Reader:
    """Handlers of one parser; the first refusal ends the reading."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.open: list[Element] = []
        self.root: Element | None = None
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._document_type
        self.parser.EntityDeclHandler = self._entity
        self.parser.ExternalEntityRefHandler = self._entity
        self.parser.buffer_text = True

    def read(self, data: bytes) -> Element:
        try:
            self.parser.Parse(data, True)
        except _BROKEN as problem:
            raise ImportRefusedError(
                f"line {self.parser.CurrentLineNumber} cannot be read as XML: {problem}"
            ) from None
        if self.root is None:
            raise ImportRefusedError("the document is empty")
        return self.root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= DEEPEST:
            raise self._refusal(f"elements nest at most {DEEPEST} deep")
        if len(attributes) > MOST_ATTRIBUTES or any(
            len(text) > LONGEST_TEXT for pair in attributes.items() for text in pair
        ):
            raise self._refusal("the attributes of an element are too many or too long")
        namespace, _, local = name.rpartition(" ")
        element = Element(namespace, local, attributes, self.parser.CurrentLineNumber)
        if self.open:
            parent = self.open[-1]
            parent.children.append(element)
            # Characters on both sides of a child are two words.
            parent.text += " " if parent.text else ""
        else:
            self.root = element
        self.open.append(element)

    def _end(self, name: str) -> None:
        self.open.pop()

    def _characters(self, text: str) -> None:
        if not text.isspace():
            element = self.open[-1]
            element.text += text
            if len(element.text) > LONGEST_TEXT:
                raise self._refusal(f"a text has at most {LONGEST_TEXT:,} characters")

    def _document_type(self, *_: object) -> None:
        raise self._refusal("a document type stands here, which may define entities")

    def _entity(self, *_: object) -> int:
        raise self._refusal("an entity stands here")

    def _refusal(self, sentence: str) -> ImportRefusedError:
        return ImportRefusedError(f"line {self.parser.CurrentLineNumber}: {sentence}")
