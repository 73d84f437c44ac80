"""The command prints drafts, says what is wrong with them, and refuses in one sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cellml_texts import apply, ci, cn, component, model, variable

DOCS = Path(__file__).parents[2] / "docs" / "importing.md"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lawc", "import", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
    )


def shown() -> list[str]:
    return re.findall(r"```\w*\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_shows_what_a_table_becomes(tmp_path: Path) -> None:
    laws, units, text, findings, *_ = shown()
    (tmp_path / "laws.csv").write_text(laws, encoding="utf-8")
    (tmp_path / "units.csv").write_text(units, encoding="utf-8")
    done = run(tmp_path, "laws.csv", "--units", "units.csv")
    assert (done.stdout, done.stderr, done.returncode) == (text, findings, 1)


@pytest.mark.parametrize(("place", "name"), [(4, "cooling.cellml"), (6, "decay.xml")])
def test_the_page_shows_what_a_model_becomes(tmp_path: Path, place: int, name: str) -> None:
    markup, text = shown()[place : place + 2]
    (tmp_path / name).write_text(markup, encoding="utf-8")
    done = run(tmp_path, name)
    assert (done.stdout, done.stderr, done.returncode) == (text, "no findings, 1 law checked\n", 0)


def test_a_law_is_written_to_a_new_file_only(tmp_path: Path) -> None:
    data = model(component(variable("x"), apply("eq", ci("x"), cn("2"))))
    (tmp_path / "m.cellml").write_bytes(data)
    assert run(tmp_path, "m.cellml", "--to", "shelf/m.law").returncode == 0
    written = (tmp_path / "shelf" / "m.law").read_text(encoding="utf-8")
    assert "status  draft" in written
    again = run(tmp_path, "m.cellml", "--to", "shelf/m.law")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert (tmp_path / "shelf" / "m.law").read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.cellml", b"<model/>", "reads otherwise"),
        ("m.xyz", b"hello", "no format that can be imported"),
        ("missing.cellml", None, "cannot be read"),
    ],
)
def test_a_file_that_is_not_understood_is_one_sentence(
    name: str, data: bytes | None, said: str, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run(tmp_path, name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
