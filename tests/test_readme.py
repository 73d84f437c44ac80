"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lawc.artifact.module import FrozenModule
from lawc.cli.build_command import command as build_command
from lawc.cli.checking import check
from lawc.cli.new_command import FIRST_LAW
from lawc.cli.new_command import command as new_command
from lawc.deciding.answered import Answered
from lawc.diagnostics.frame import render
from lawc.pipeline.checking import read_paths

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_law_it_shows_is_the_one_that_a_new_project_has() -> None:
    (law,) = blocks("law")
    assert law in FIRST_LAW


def test_the_message_it_shows_is_the_one_that_is_printed(tmp_path: Path) -> None:
    law = tmp_path / "knowledge" / "physics" / "fall.law"
    law.parent.mkdir(parents=True)
    law.write_text(FIRST_LAW.replace("g0/2*t^2", "g0/2*t"), encoding="utf-8")
    base, _ = read_paths([law])
    shown = render(base.diagnostics, base.sources, color=False)
    assert "error[L0203]" in shown
    assert shown in README


def test_the_module_and_the_network_it_shows_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_command(tmp_path / "first")
    monkeypatch.chdir(tmp_path / "first")
    capsys.readouterr()
    build_command([])
    start = README.index("physics/free-fall: compile")
    shown = README[start : README.index("```", start)]
    took = r"[\d.]+ s\n"
    assert re.sub(took, "", capsys.readouterr().out) == re.sub(took, "", shown)
    names: dict[str, Any] = {}
    steps = blocks("python")[0]
    exec(steps, names)  # noqa: S102
    answer, model, columns = names["answer"], names["model"], names["columns"]
    figures = f"value {answer.value:.4f}, error {answer.error:.1e}, inside {answer.inside:.1f}"
    assert figures in steps
    assert model(columns).tolist() == pytest.approx((9.80665 / 2 * columns["t"] ** 2).tolist())


def test_the_steps_it_shows_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    steps = blocks("python")[-2]
    names: dict[str, object] = {}
    exec("import lawc\n" + steps, names)  # noqa: S102
    module = names["module"]
    assert isinstance(module, FrozenModule)
    # A second's pendulum, to the first order in the amplitude: 2π·√(L/g)·(1 + θ²/16).
    assert float(module({"L": 0.994, "theta": 0.01}).value) == pytest.approx(2.0, abs=1e-3)


RULE = """rule bmi-class@1.0.0
  title   "Class of body mass index"
  status  draft

  symbols
    W   : weight           [kg]  2 .. 400
    H   : height           [m]   0.3 .. 2.6
    bmi : body mass index  [kg/m^2]
    class : class  one of under, normal, over, obese

  clauses
    bmi = W/H^2

  table class by bmi
    | bmi         | class  |
    | < 18.5      | under  |
    | 18.5 ..< 25 | normal |
    | 25 ..< 30   | over   |
    | > 30        | obese  |
"""


def test_the_gap_it_shows_is_the_one_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = tmp_path / "rules" / "medicine" / "k.rule"
    rule.parent.mkdir(parents=True)
    rule.write_text(RULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert check([Path("rules")]) == 1
    start = README.index("error[L0730]")
    shown = README[start : README.index("```", start)]
    assert shown in capsys.readouterr().out


def test_the_tax_it_shows_is_that_of_the_brackets() -> None:
    names: dict[str, object] = {}
    exec("import lawc\n" + blocks("python")[-1], names)  # noqa: S102
    found = names["found"]
    assert isinstance(found, Answered)
    # 26 USC 1(j) for 2024, on 85,400 of a single person and 220,800.50 of a couple.
    single = 0.10 * 11600 + 0.12 * 35550 + 0.22 * 38250
    couple = 0.10 * 23200 + 0.12 * 71100 + 0.22 * 106750 + 0.24 * 19750.5
    assert found["tax"] == pytest.approx([single, couple], abs=1e-9)
    assert f"exact: {single:.2f} and {couple:.2f}" in README
