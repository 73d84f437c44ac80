"""The JSON form of a document: what is written line by line, as objects of strings.

The form follows the dataclasses of a document, field by field, so that a field which is new there
is new here too, in the schema as in both directions. A formula is a string of the language in its
one spelling; a name, a unit, an identity is a string; a field that has its usual value is left
out. Places, comments and the layout are no part of it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from lawc.syntax.comparing import said
from lawc.syntax.composing import known_names, write_formula
from lawc.syntax.document import Block, Document, Word
from lawc.syntax.rules.document import (
    ApportionSection,
    Cell,
    ClauseLine,
    Column,
    RuleSections,
    ScaleSection,
    ScoreSection,
    TableSection,
)
from lawc.syntax.tree import Name, Node, UnitText
from lawc.syntax.writing import write

VERSION = 1
_DERIVED: dict[tuple[type, str], Any] = {(Cell, "text"): "", (Column, "name"): None}
"""Fields that may lack, since others say the same."""
SCHEMA_ID = f"urn:lawc:schema:document:{VERSION}"

UNTOLD: dict[type, frozenset[str]] = {
    # What broken lines would have declared; a document with broken lines has no JSON form.
    Block: frozenset({"declared", "mentioned"}),
}
TOLD: dict[type, tuple[str, ...]] = {
    # What people are told in a cell stands nowhere else.
    Cell: ("text",),
}
STEPS: dict[type, str] = {
    TableSection: "table",
    ScaleSection: "scale",
    ScoreSection: "score",
    ApportionSection: "apportion",
    ClauseLine: "clause",
}
"""What a step of a rule says of itself under `step`."""
_LATE = {"RuleSections": RuleSections}
"""What a document imports only for type checkers, so that laws load nothing of rules."""


def to_json(document: Document) -> dict[str, Any]:
    """Return the JSON form of a document that was read without findings."""
    return {
        "$schema": SCHEMA_ID,
        # Of a page only its fences are told, so that what comes back is an ordinary file.
        "path": document.source.path.removesuffix(".md"),
        "blocks": [_encoded(block, Block, _writer(block)) for block in document.blocks],
    }


def remarks(part: Any) -> Iterator[str]:
    """Yield what people are told in the cells of a document, whatever is decided there."""
    if isinstance(part, Cell):
        yield "" if _repeats(part, "text") else part.text
    elif isinstance(part, tuple):
        for one in part:
            yield from remarks(one)
    elif is_dataclass(part) and not isinstance(part, Node | Word):
        for name in told(type(part)):
            yield from remarks(getattr(part, name))


@cache
def told(kind: type) -> dict[str, Any]:
    """Return the fields of a dataclass that stand in the form, with their types."""
    hints = get_type_hints(kind, localns=_LATE)
    untold = UNTOLD.get(kind, frozenset())
    names = (*said(kind), *TOLD.get(kind, ()))
    return {name: hints[name] for name in names if name not in untold}


@cache
def usual(kind: type) -> dict[str, Any]:
    """Return the values that may be left out, by field."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif (kind, field.name) in _DERIVED:
            found[field.name] = _DERIVED[kind, field.name]
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
        elif options(told(kind).get(field.name))[1]:
            found[field.name] = None
    return found


@cache
def options(hint: Any) -> tuple[tuple[Any, ...], bool]:
    """Return the types that a hint allows, and whether it allows None."""
    if get_origin(hint) not in (Union, types.UnionType):
        return (hint,), False
    kinds = get_args(hint)
    return tuple(kind for kind in kinds if kind is not type(None)), type(None) in kinds


def is_formula(kinds: tuple[Any, ...]) -> bool:
    """Return whether one of these types is an expression."""
    return Node in kinds


def _writer(block: Block) -> Callable[[Node], str]:
    """Return what writes the formulas of a block: those of a rule have one reading."""
    if block.kind == "rule":
        return write
    known = known_names(block)
    return lambda node: write_formula(node, known)


def _encoded(value: Any, hint: Any, written: Callable[[Node], str]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        inner = get_args(hint)
        each = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return [_encoded(part, kind, written) for part, kind in zip(value, each, strict=True)]
    if isinstance(value, Word | UnitText):
        return value.text
    if isinstance(value, Name):
        return value.name
    if isinstance(value, Node):
        return written(value)
    kind = type(value)
    default = usual(kind)
    made = {"step": STEPS[kind]} if kind in STEPS else {}
    for name, part_hint in told(kind).items():
        part = getattr(value, name)
        if part != default.get(name, MISSING) and not _repeats(value, name):
            made[name] = _encoded(part, part_hint, written)
    return made


def _repeats(value: Any, name: str) -> bool:
    """Return whether a field only says in other words what the others say."""
    if isinstance(value, Cell) and name == "text":
        return bool(value.tests or value.value is not None or value.text in ("-", "otherwise"))
    return isinstance(value, Column) and name == "name" and bool(value.tests)
