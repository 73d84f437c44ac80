"""Write findings for machines: from diagnostics to JSON.

The keys are stable: a tool may rely on them. Lines and columns count from 1, columns count
characters, and an end stands after the last character.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypedDict

from lawc.diagnostics.diagnostic import Diagnostic, Place, Source


class PlaceRecord(TypedDict):
    """Where something stands; the numbers are None where the source cannot be read."""

    file: str
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None


class LabelRecord(PlaceRecord):
    """A place and what is said there."""

    text: str
    primary: bool


class RepairRecord(PlaceRecord):
    """A place, the text that may replace it, what that does, and how far to trust it."""

    text: str
    title: str
    applicability: str


class Record(PlaceRecord):
    """One finding."""

    code: str
    severity: str
    headline: str
    labels: list[LabelRecord]
    notes: list[str]
    helps: list[str]
    repairs: list[RepairRecord]


def record(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[Record]:
    """Return the findings as plain data, in the order given."""
    return [_record(finding, sources) for finding in diagnostics]


def to_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """Return the findings as the text of one JSON list."""
    return json.dumps(record(diagnostics, sources), ensure_ascii=False, indent=2)


def _record(finding: Diagnostic, sources: Mapping[str, Source]) -> Record:
    where = _place(finding.place if finding.labels else Place("", 0, 0), sources)
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "headline": finding.headline,
        **where,
        "labels": [
            {**_place(label.place, sources), "text": label.text, "primary": label.primary}
            for label in finding.labels
        ],
        "notes": list(finding.notes),
        "helps": list(finding.helps),
        "repairs": [
            {
                **_place(repair.place, sources),
                "text": repair.text,
                "title": repair.title,
                "applicability": str(repair.applicability),
            }
            for repair in finding.repairs
        ],
    }


def _place(place: Place, sources: Mapping[str, Source]) -> PlaceRecord:
    source = sources.get(place.path)
    if source is None:
        return {
            "file": place.path,
            "line": None,
            "column": None,
            "end_line": None,
            "end_column": None,
        }
    line, column = source.line_column(min(place.start, len(source.text)))
    end_line, end_column = source.line_column(min(place.end, len(source.text)))
    return {
        "file": place.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
