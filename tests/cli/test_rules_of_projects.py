"""A check of a project, without words, is one of its laws and of its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from lawc.cli.checking import check
from lawc.pipeline.survey import survey
from lawc.project.cache import Recent

LAW = """law free-fall@1.0.0
  title   "Fall"
  status  draft

  symbols
    t : time      [s]  0 .. 10
    h : distance  [m]

  equations
    h = 4.9 [m/s^2]*t^2
"""
RULE = """rule tall@1.0.0
  title   "Size"
  status  draft

  symbols
    h : height  [m]  0 .. 3
    size : size  one of small, tall

  table size by h
    | h     | size  |
    | < 2   | small |
    | {} 2  | tall  |
"""


@pytest.mark.parametrize(("cell", "status"), [(">=", 0), (">", 1)])
def test_a_check_without_words_reads_laws_and_rules(
    cell: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, text in (("knowledge/fall.law", LAW), ("rules/size.rule", RULE.format(cell))):
        file = tmp_path / name
        file.parent.mkdir()
        file.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert check(None) == status
    printed = capsys.readouterr().out
    assert "1 law and 1 rule checked" in printed
    assert ("at h = 2 [m]" in printed) is bool(status)


def test_a_check_of_laws_judges_no_shipped_rule_and_forgets_none(tmp_path: Path) -> None:
    laws, rules = tmp_path / "one" / "knowledge", tmp_path / "two" / "rules"
    for folder, name, text in (
        (laws, "fall.law", LAW),
        (rules, "size.rule", RULE.replace("{}", ">=")),
    ):
        folder.mkdir(parents=True)
        (folder / name).write_text(text)
    keeper = Recent(None)

    def shipped_rules() -> set[str]:
        return {path for path in keeper.load() if path.startswith("<library>/rules")}

    survey([laws], keeper=keeper)
    assert shipped_rules() == set()
    survey([rules], keeper=keeper)
    known = shipped_rules()
    assert known
    survey([laws], keeper=keeper)
    assert shipped_rules() == known
