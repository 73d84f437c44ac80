"""The page on layout, JSON and sympy shows what happens."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lawc.diagnostics.diagnostic import LawcError, Source
from lawc.export.formats import as_json
from lawc.export.json_reading import read_json
from lawc.syntax.formatting import formatted
from lawc.syntax.parsing import parse

PAGE = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_messy_law_becomes_the_neat_one() -> None:
    messy, neat = blocks("law")
    assert formatted(Source("a.law", messy)).text == neat


def test_the_json_goes_to_text_and_back() -> None:
    form, _ = blocks("json")
    document, text = read_json("laws.json", form.encode())
    assert as_json(document) == form
    again, findings = parse(Source("physics/fall.law", text))
    assert not findings
    assert as_json(again) == form


def test_the_step_on_the_page_is_the_table_it_says() -> None:
    text = """\
rule r@1.0.0
  title "A rule"
  status draft

  symbols
    eGFR  : filtration rate [mL/min]  0 .. 200
    stage : category        one of G1, G2

  table stage by eGFR
    | eGFR      | stage |
    | >= 90     | G1    |
    | 60 ..< 90 | G2    |
"""
    document, findings = parse(Source("a.rule", text))
    assert not findings
    (step,) = json.loads(as_json(document))["blocks"][0]["rule"]["steps"]
    assert json.loads(blocks("json")[1]) == step


def test_the_refusals_are_those_that_are_printed() -> None:
    form: dict[str, Any] = json.loads(blocks("json")[0])
    unknown, unreadable, *_ = blocks("text")
    form["blocks"][0]["symbols"][0]["units"] = "s"
    with pytest.raises(LawcError) as refusal:
        read_json("laws.json", json.dumps(form).encode())
    assert f"{refusal.value}\n" == unknown
    del form["blocks"][0]["symbols"][0]["units"]
    form["blocks"][0]["equations"][0]["right"] = "9.80665 m/s^2*t^2/2"
    with pytest.raises(LawcError) as refusal:
        read_json("laws.json", json.dumps(form).encode())
    assert f"{refusal.value}".strip() == unreadable.strip()


def test_the_python_prints_what_is_shown() -> None:
    steps, shown = blocks("python"), blocks("text")[2:]
    names: dict[str, object] = {}
    for step, wanted in zip(steps, shown, strict=True):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(step, names)  # noqa: S102
        assert out.getvalue().strip() == wanted.strip()
