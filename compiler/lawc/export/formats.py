"""What a document can be exported to: one row for each format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from lawc.export.json_form import to_json
from lawc.export.json_schema import schema
from lawc.syntax.document import Document


def as_json(document: Document) -> str:
    """Return a document in the JSON form, as the text of a file."""
    return json.dumps(to_json(document), indent=2, ensure_ascii=False) + "\n"


def schema_text() -> str:
    """Return the JSON Schema of the JSON form, as the text of a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Document], str]] = {"json": as_json}
"""From the name of a format to what writes it; the document was read without findings."""
