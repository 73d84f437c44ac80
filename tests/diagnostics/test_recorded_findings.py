"""Every recorded text gives exactly the findings that are written down beside it.

What has been published of a text stands in its `.versions.json`.

`LAWC_RECORD=1` writes the findings anew; each is then to be read as an author would read it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lawc.analysis.checking import check
from lawc.analysis.recorded import UNRECORDED, read_record
from lawc.diagnostics.codes import CODES
from lawc.diagnostics.diagnostic import Diagnostic, Source, in_order
from lawc.diagnostics.frame import render
from lawc.pipeline.evidence import calculate
from lawc.pipeline.mutation import survivors_found
from lawc.syntax.parsing import parse, read_source
from scoring import score_here

FOLDER = Path(__file__).parent
TEXTS = sorted(path for ends in ("law", "law.md", "rule") for path in FOLDER.glob(f"*.{ends}"))
PROVED = {f"L{number:04d}" for number in range(730, 742)}
EVALUATED = {"L0501", "L0502", "L0503", "L0715", "L0716"} | PROVED
"""Found by calculating examples and claims, and by proof, after the checks."""
JUDGED = {"L0504"}
"""Found by making slips in the law."""


def findings_of(path: Path) -> tuple[tuple[Diagnostic, ...], Source]:
    source, unread = read_source(path.name, path.read_bytes())
    assert source is not None
    document, misread = parse(source)
    kept = path.with_suffix(".versions.json")
    record = read_record(kept.read_bytes(), kept.name) if kept.exists() else UNRECORDED
    base, found = check([document], record=record)
    if path.stem.split("-")[0] in EVALUATED:
        known = (*base.laws.values(), *base.rules.values())
        found = (*found, *(one for law in known for one in calculate(law)))
    if path.stem.split("-")[0] in JUDGED:
        scores = [score_here(law, base) for law in base.laws.values()]
        found = (*found, *(one for score in scores for one in survivors_found(score)))
    return in_order([*unread, *misread, *found]), source


@pytest.mark.parametrize("path", TEXTS, ids=[path.stem for path in TEXTS])
def test_a_recorded_text_gives_its_findings(path: Path) -> None:
    found, source = findings_of(path)
    text = render(found, {source.path: source}, color=False) + "\n"
    expected = path.with_suffix(".expected.txt")
    if os.environ.get("LAWC_RECORD"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEXTS, ids=[path.stem for path in TEXTS])
def test_a_recorded_text_is_named_for_a_code_that_it_gives(path: Path) -> None:
    found, _ = findings_of(path)
    assert path.stem.split("-")[0] in {finding.code for finding in found}


@pytest.mark.parametrize("path", TEXTS, ids=[path.stem for path in TEXTS])
def test_a_headline_is_one_plain_sentence(path: Path) -> None:
    found, _ = findings_of(path)
    for finding in found:
        headline = finding.headline
        assert headline[0] in "`" or headline[0].islower()
        assert not headline.endswith(".")
        assert "invalid" not in headline
        assert finding.labels
        assert len(finding.helps) <= 1


def test_every_code_has_a_recorded_text() -> None:
    recorded = {path.stem.split("-")[0] for path in TEXTS}
    assert set(CODES) - recorded == set()


def test_no_record_is_left_without_its_text() -> None:
    texts = {path.with_suffix(".expected.txt").name for path in TEXTS}
    assert {path.name for path in FOLDER.glob("*.expected.txt")} == texts
