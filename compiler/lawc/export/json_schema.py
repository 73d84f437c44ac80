"""The JSON Schema of the JSON form, made from the same dataclasses as the form itself.

The published file beside this one is what this gives; a test holds them equal.
"""

from __future__ import annotations

from typing import Any, get_args, get_origin

from lawc.export.json_form import SCHEMA_ID, STEPS, is_formula, options, told, usual
from lawc.syntax.document import Block, Word
from lawc.syntax.tree import Name, UnitText


def schema() -> dict[str, Any]:
    """Return the schema, in the dialect 2020-12."""
    definitions: dict[str, Any] = {
        "formula": {"type": "string", "description": "an expression of the language of laws"},
        "name": {"type": "string", "description": "a name in formulas"},
        "unit": {"type": "string", "description": "what stands between the brackets of a unit"},
        "text": {"type": "string"},
    }
    _define(Block, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Laws and rules as JSON",
        "description": "The blocks of a .law or a .rule file; see docs/exchange.md.",
        "type": "object",
        "properties": {
            "$schema": {"const": SCHEMA_ID},
            "path": {"type": "string", "description": "of the file; it tells the identities"},
            "blocks": {"type": "array", "items": {"$ref": "#/$defs/Block"}},
        },
        "required": ["$schema", "blocks"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _define(kind: type, definitions: dict[str, Any]) -> None:
    if kind.__name__ in definitions:
        return
    definitions[kind.__name__] = {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    if kind in STEPS:
        properties["step"] = {"const": STEPS[kind]}
        required.append("step")
    for name, hint in told(kind).items():
        kinds, optional = options(hint)
        properties[name] = _of(kinds, optional, definitions)
        if name not in usual(kind):
            required.append(name)
    definitions[kind.__name__] = {
        "description": (kind.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _of(kinds: tuple[Any, ...], optional: bool, definitions: dict[str, Any]) -> dict[str, Any]:
    found = _one(kinds, definitions)
    return {"anyOf": [found, {"type": "null"}]} if optional else found


def _one(kinds: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    kind = kinds[0]
    if kind in STEPS:
        for step in kinds:
            _define(step, definitions)
        return {"anyOf": [{"$ref": f"#/$defs/{step.__name__}"} for step in kinds]}
    if is_formula(kinds):
        return {"$ref": "#/$defs/formula"}
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if inner[1:] == (...,):
            return {"type": "array", "items": _of(*options(inner[0]), definitions)}
        entries = [_of(*options(part), definitions) for part in inner]
        return {
            "type": "array",
            "prefixItems": entries,
            "minItems": len(entries),
            "maxItems": len(entries),
        }
    named = {Word: "text", str: "text", UnitText: "unit", Name: "name"}.get(kind)
    if named is not None:
        return {"$ref": f"#/$defs/{named}"}
    if kind is bool:
        return {"type": "boolean"}
    if set(kinds) <= {int, float}:
        return {"type": "integer" if set(kinds) == {int} else "number"}
    _define(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}
