"""The JSON form of a document: what is written line by line, as objects of strings.

The form follows the dataclasses of a document, field by field, so that a field which is new there
is new here too, in the schema as in both directions. A formula is a string of the language in its
one spelling; a name, a unit, an identity is a string; a field that has its usual value is left
out. Places, comments and the layout are no part of it.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from lawc.diagnostics.diagnostic import LawcError
from lawc.syntax.comparing import said
from lawc.syntax.composing import known_names, write_formula
from lawc.syntax.document import AlwaysLine, Block, Document, ExampleLine, Word
from lawc.syntax.scope import Scope
from lawc.syntax.tree import Name, Node, UnitText

VERSION = 1
SCHEMA_ID = f"urn:lawc:schema:document:{VERSION}"

UNTOLD: dict[type, frozenset[str]] = {
    # What broken lines would have declared; a document with broken lines has no JSON form. The
    # sections of a rule have none yet, and a document with rules is refused.
    Block: frozenset({"declared", "mentioned", "rule"}),
    # Only claims and examples of rules have them.
    AlwaysLine: frozenset({"jumps"}),
    ExampleLine: frozenset({"day"}),
}
_LATE = {"RuleSections": object}
"""What a document imports only for type checkers, so that laws load nothing of rules."""


def to_json(document: Document) -> dict[str, Any]:
    """Return the JSON form of a document that was read without findings.

    Raises:
        LawcError: It has a rule, which has no JSON form.
    """
    for block in document.blocks:
        if block.kind == "rule":
            raise LawcError(
                f"`{block.name.text}` is a rule, and the JSON form is for laws; its decision as "
                "of a day is written by `lawc emit`"
            )
    return {
        "$schema": SCHEMA_ID,
        # Of a page only its fences are told, so that what comes back is an ordinary file.
        "path": document.source.path.removesuffix(".md"),
        "blocks": [_encoded(block, Block, known_names(block)) for block in document.blocks],
    }


@cache
def told(kind: type) -> dict[str, Any]:
    """Return the fields of a dataclass that stand in the form, with their types."""
    hints = get_type_hints(kind, localns=_LATE)
    untold = UNTOLD.get(kind, frozenset())
    return {name: hints[name] for name in said(kind) if name not in untold}


@cache
def usual(kind: type) -> dict[str, Any]:
    """Return the values that may be left out, by field."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
        elif options(told(kind).get(field.name))[1]:
            found[field.name] = None
    return found


def options(hint: Any) -> tuple[tuple[Any, ...], bool]:
    """Return the types that a hint allows, and whether it allows None."""
    if get_origin(hint) not in (Union, types.UnionType):
        return (hint,), False
    kinds = get_args(hint)
    return tuple(kind for kind in kinds if kind is not type(None)), type(None) in kinds


def is_formula(kinds: tuple[Any, ...]) -> bool:
    """Return whether one of these types is an expression."""
    return Node in kinds


def _encoded(value: Any, hint: Any, known: Scope) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        inner = get_args(hint)
        each = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return [_encoded(part, kind, known) for part, kind in zip(value, each, strict=True)]
    if isinstance(value, Word | UnitText):
        return value.text
    if isinstance(value, Name):
        return value.name
    if isinstance(value, Node):
        return write_formula(value, known)
    kind = type(value)
    default = usual(kind)
    return {
        name: _encoded(part, part_hint, known)
        for name, part_hint in told(kind).items()
        if (part := getattr(value, name)) != default.get(name, MISSING)
    }
