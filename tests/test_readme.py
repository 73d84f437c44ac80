"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lawc.artifact.module import FrozenModule
from lawc.cli.new_command import FIRST_LAW
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


def test_the_steps_it_shows_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    steps = blocks("python")[-1]
    names: dict[str, object] = {}
    exec("import lawc\n" + steps, names)  # noqa: S102
    module = names["module"]
    assert isinstance(module, FrozenModule)
    # A second's pendulum, to the first order in the amplitude: 2π·√(L/g)·(1 + θ²/16).
    assert float(module({"L": 0.994, "theta": 0.01}).value) == pytest.approx(2.0, abs=1e-3)
