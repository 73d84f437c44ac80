"""A plain `check` starts without the library of the command line, and means what it means there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lawc.cli import check_command
from lawc.cli.app import app
from lawc.cli.start import OPTIONS, plain_check

WORDS = st.sampled_from(
    [*OPTIONS, "a.law", "knowledge", "a b", ".", "", "-", "--", "--js", "-q", "--help", "--quick=1"]
)


def by_the_library(words: list[str]) -> tuple[list[Path] | None, dict[str, bool]] | None:
    """Return what the library of the command line hands to `check`, or None where it does not."""
    asked: list[tuple[Any, dict[str, bool]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_command, "check", lambda paths, **given: asked.append((paths, given)))
        CliRunner().invoke(app, words)
    if not asked:
        return None
    ((paths, given),) = asked
    return paths or None, {name: value for name, value in given.items() if value}


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=5))
def test_a_plain_check_means_what_the_library_reads(words: list[str]) -> None:
    plain = plain_check(["check", *words])
    if plain is not None:
        assert plain == by_the_library(["check", *words])


def test_usual_checks_are_plain_and_all_else_is_not() -> None:
    assert plain_check(["check"]) == (None, {})
    assert plain_check(["check", "--quick", "a", "b"]) == ([Path("a"), Path("b")], {"quick": True})
    for words in ([], ["--help"], ["show", "a"], ["check", "--help"], ["check", "--jso"]):
        assert plain_check(words) is None


@pytest.mark.parametrize(
    ("words", "status"), [(["good.law"], 0), (["bad.law"], 1), (["missing.law"], 1)]
)
def test_a_plain_check_loads_no_library_of_the_command_line(
    words: list[str], status: int, tmp_path: Path
) -> None:
    good = 'constants a@1.0.0\n  title "A"\n  mine : speed [m/s] = 3 [m/s]\n'
    (tmp_path / "good.law").write_text(good, encoding="utf-8")
    (tmp_path / "bad.law").write_text("lau a@1.0.0\n", encoding="utf-8")
    program = (
        "import os, sys\nfrom lawc.cli.start import main\nos._exit = sys.exit\n"
        "try:\n    main()\nfinally:\n    print('typer' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", *words],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.endswith("False\n")


def test_what_a_check_prints_is_whole_though_its_process_ends_at_once(tmp_path: Path) -> None:
    names = [f"a_{number}" for number in range(400)]
    lines = [f"  {name} : speed = 3 [m/s]\n" for name in names]
    text = 'constants a@1.0.0\n  title "A"\n' + "".join(lines + lines)
    (tmp_path / "a.law").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lawc", "check", "--quick", "a.law"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert all(f"`{name}`" in done.stdout for name in names)
    assert "400 errors" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("words", [["check", "a.law"], ["check", "--json", "a.law"]])
def test_a_check_whose_listener_is_gone_ends_quietly(words: list[str], tmp_path: Path) -> None:
    good = 'constants a@1.0.0\n  title "A"\n  mine : speed [m/s] = 3 [m/s]\n'
    (tmp_path / "a.law").write_text(good, encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "lawc", *words]
    broken = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert broken.stderr == ""
    shell = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (shell.returncode, shell.stderr) == (0, "")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("chek", "there is no command `chek`: did you mean `check`?"),
        ("zzz", "there is no command `zzz`: `lawc --help` lists them."),
    ],
)
def test_a_command_that_is_none_is_refused_with_the_one_that_is_meant(word: str, said: str) -> None:
    ended = CliRunner().invoke(app, [word])
    assert ended.exit_code == 2 and said in ended.output
