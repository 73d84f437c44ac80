"""Pages that are played show what is printed; `python tests/content/played.py NAME…` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from played import DOCS, play, run

PAGES = (
    "tutorial.md",
    "rule-tutorial.md",
    "fitting.md",
    "importing.md",
    "residuals.md",
    "rules.md",
    "rules-in-networks.md",
)


@pytest.mark.parametrize("name", PAGES)
def test_every_answer_on_the_page_is_what_is_printed(name: str, tmp_path: Path) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert play(page, tmp_path).splitlines() == page.splitlines()


def test_the_tutorial_ends_with_a_confirmed_law_without_findings(tmp_path: Path) -> None:
    play((DOCS / "tutorial.md").read_text(encoding="utf-8"), tmp_path)
    file = tmp_path / "settling" / "knowledge" / "physics" / "settling.law"
    assert "status  confirmed" in file.read_text(encoding="utf-8")
    assert run(f"lawc check {file}", tmp_path).startswith("no findings")
