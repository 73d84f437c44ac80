"""The command prints drafts, says what is wrong with them, and refuses in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cellml_texts import apply, ci, cn, component, model, variable


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lawc", "import", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
    )


def test_drafts_and_findings_leave_on_two_streams(tmp_path: Path) -> None:
    (tmp_path / "laws.csv").write_text("id,Output,Formula\nfall,v,sqrt(g)\n", encoding="utf-8")
    units = "Variable,Units,m,s\nv,speed,1,-1\ng,acceleration,1,-2\n"
    (tmp_path / "units.csv").write_text(units, encoding="utf-8")
    done = run(tmp_path, "laws.csv", "--units", "units.csv")
    assert done.returncode == 1
    assert done.stdout.startswith("law fall@0.1.0\n") and "v = sqrt(g)" in done.stdout
    assert "error[L0203]" in done.stderr and "error" not in done.stdout
    (tmp_path / "laws.csv").write_text("id,Output,Formula\nfall,v,g*g/g\n", encoding="utf-8")
    (tmp_path / "units.csv").write_text(units.replace("1,-1", "1,-2"), encoding="utf-8")
    done = run(tmp_path, "laws.csv", "--units", "units.csv")
    assert (done.stderr, done.returncode) == ("no findings, 1 law checked\n", 0)


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
