"""A law that cannot be answered, or that contradicts itself, is refused, and the message says why.

Each text is a law in which something was planted: a condition that is missing, surplus or
contradictory, an equation too many or too few, several answers, or a stated solution that does not
satisfy the law. `# asked: …` in its first line is the signature; without it a law is asked in the
direction in which it is written. `LAWC_RECORD=1` writes the messages anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import CompileError, Source, in_order
from lawc.diagnostics.frame import render
from lawc.lowering.claims import findings
from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.syntax.parsing import parse, read_source

FOLDER = Path(__file__).parent
TEXTS = sorted(FOLDER.glob("*.law"))
ASKED = "# asked: "


def message(path: Path) -> str:
    """Return what is said of a text: findings of the check, of its claims, or the refusal."""
    source, unread = read_source(path.name, path.read_bytes())
    assert source is not None
    document, misread = parse(source)
    base, found = check([document])
    found = [*unread, *misread, *found]
    if not any(finding.is_error for finding in found):
        found += [one for law in base.laws.values() for one in findings(law)]
    if found:
        return _rendered(found, source)
    (law,) = base.laws.values()
    first = source.text.splitlines()[0]
    asked = first.removeprefix(ASKED) if first.startswith(ASKED) else default_signature(law)
    with pytest.raises(CompileError) as refusal:
        compile_law(law, asked)
    return f"{asked}: {refusal.value}"


def _rendered(found, source: Source) -> str:
    return render(in_order(found), {source.path: source}, color=False)


@pytest.mark.parametrize("path", TEXTS, ids=[path.stem for path in TEXTS])
def test_a_planted_fault_is_refused_with_its_message(path: Path) -> None:
    said = message(path) + "\n"
    expected = path.with_suffix(".expected.txt")
    if os.environ.get("LAWC_RECORD"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert "invalid" not in said


def test_many_kinds_of_fault_are_planted() -> None:
    assert len(TEXTS) >= 40


def test_no_record_is_left_without_its_text() -> None:
    texts = {path.with_suffix(".expected.txt").name for path in TEXTS}
    assert {path.name for path in FOLDER.glob("*.expected.txt")} == texts
