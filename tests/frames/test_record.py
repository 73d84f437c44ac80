"""Findings for machines keep every field, with places as lines and columns."""

import json

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Repair, Severity, Source
from lawc.diagnostics.record import record, to_json

SOURCE = Source("a.law", "law a\n  x = é*y\n")
FINDING = Diagnostic(
    "L0111",
    "`y` is not declared",
    (Label(Place("a.law", 14, 15), "here"), Label(Place("b.law", 3, 4), "", primary=False)),
    notes=("a note",),
    helps=("declare it",),
    repairs=(Repair(Place("a.law", 14, 15), "z"),),
    severity=Severity.WARNING,
)


def test_a_record_has_all_that_a_frame_shows() -> None:
    assert record([FINDING], {"a.law": SOURCE}) == [
        {
            "code": "L0111",
            "severity": "warning",
            "headline": "`y` is not declared",
            "file": "a.law",
            "line": 2,
            "column": 9,
            "end_line": 2,
            "end_column": 10,
            "labels": [
                {
                    "file": "a.law",
                    "line": 2,
                    "column": 9,
                    "end_line": 2,
                    "end_column": 10,
                    "text": "here",
                    "primary": True,
                },
                {
                    "file": "b.law",
                    "line": None,
                    "column": None,
                    "end_line": None,
                    "end_column": None,
                    "text": "",
                    "primary": False,
                },
            ],
            "notes": ["a note"],
            "helps": ["declare it"],
            "repairs": [
                {
                    "file": "a.law",
                    "line": 2,
                    "column": 9,
                    "end_line": 2,
                    "end_column": 10,
                    "text": "z",
                    "title": "",
                    "applicability": "needs confirmation",
                }
            ],
        }
    ]


def test_the_json_reads_back_to_the_record() -> None:
    sources = {"a.law": SOURCE}
    assert json.loads(to_json([FINDING, FINDING], sources)) == record([FINDING, FINDING], sources)
    assert json.loads(to_json([], {})) == []
