"""Events are checked like any other line, and are part of what a law says."""

from __future__ import annotations

import pytest

from lawc.analysis.digest import digest
from lawc.diagnostics.diagnostic import Source
from lawc.export.formats import as_json
from lawc.export.json_reading import read_json
from lawc.knowledge.law import Law
from lawc.pipeline.checking import check_text
from lawc.syntax.composing import composed
from lawc.syntax.parsing import parse

TEXT = """law ball@1.0.0
  title "A ball that bounces"
  status draft

  symbols
    t  : time          [s]      0 .. 1
    x  : height (t)    [m]
    v  : speed (t)     [m/s]
    g  : gravity       [m/s^2]  9 .. 10
    e  : restitution   [1]      0.5 .. 0.9

  equations
    fall: dv/dt = -g
    way: dx/dt = v

  initial
    x = 1 [m] at t = 0 [s]
    v = 0 [m/s] at t = 0 [s]

  events
    EVENT
"""
GOOD = "bounce: when x <= 0 [m]: x = 0 [m], v = -e*v"


def codes(event: str) -> set[str]:
    base = check_text("tests.law", TEXT.replace("EVENT", event))
    return {found.code for found in base.diagnostics if found.place.path == "tests.law"}


def law(event: str) -> Law:
    base = check_text("tests.law", TEXT.replace("EVENT", event))
    return base["tests.ball"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("when x <= 0 [s]: v = -e*v", "L0209"),
        ("when x <= 0 [m]: v = -e*x", "L0209"),
        ("when x <= 0 [m]: v = -q*v", "L0111"),
        ("when x = 0 [m]: v = -e*v", "L0417"),
        ("when x <= 0 [m] and v < 0 [m/s]: v = -e*v", "L0417"),
        ("when e < 0.7 [1]: v = -e*v", "L0417"),
        ("when x <= 0 [m]: g = 2*g", "L0418"),
        ("when x <= 0 [m]: dv/dt = 0 [m/s^2]", "L0418"),
        ("when x <= 0 [m]: v = -e*v, v = 0 [m/s]", "L0418"),
        ("when x <= 0 [m]: v = dv/dt*1 [s]", "L0418"),
        ("when x <= 0 [m]", "L0101"),
        ("when x <= 0 [m]:", "L0101"),
        ("when : stop", "L0101"),
        ("x <= 0 [m]: stop", "L0101"),
        ("when x <= 0 [m]: v := -e*v", "L0101"),
        ("when x <= 0 [m]: v = -e*v,", "L0101"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(event: str, code: str) -> None:
    assert code in codes(event)


@pytest.mark.parametrize("by", ["t", "g"])
def test_an_event_sets_no_derivative_of_what_depends_on_several(by: str) -> None:
    text = TEXT.replace("height (t)", "height (t, g)").replace("    way: dx/dt = v\n", "")
    text = text.replace("dv/dt = -g", "d2x/dt2 = -g*e").replace(
        "v = 0 [m/s] at", "dx/dt = 0 [m/s] at"
    )
    text = text.replace("    v  : speed (t)     [m/s]\n", "")
    text = text.replace("EVENT", f"when x < 0 [m]: dx/d{by} = -dx/d{by}")
    base = check_text("tests.law", text)
    assert [d.code for d in base.diagnostics if d.place.path == "tests.law"] == ["L0101"]


@pytest.mark.parametrize(
    "event", [GOOD, GOOD[8:], "when t >= 0.5 [s]: stop", "end: when v < -e*3 [m/s]: stop"]
)
def test_an_event_is_read_and_written_back_in_every_form(event: str) -> None:
    text = TEXT.replace("EVENT", event)
    document, findings = parse(Source("tests.law", text))
    assert not findings
    again, _ = composed(document)
    written = again.source.text
    assert composed(again)[0].source.text == written
    assert event.split("when")[1].strip() in written
    read, _ = read_json("tests.json", as_json(document).encode())
    assert composed(read)[0].source.text == written


def test_an_event_is_part_of_what_a_law_says() -> None:
    said = digest(law(GOOD))
    assert digest(law(GOOD.replace("bounce", "rebound"))) == said
    assert digest(law(GOOD.replace("-e*v", "-e*v/2"))) != said
    assert digest(law("when x <= 0 [m]: stop")) != said
    without = TEXT.split("  events")[0].replace("e  :", "e  :")
    other = check_text("tests.law", without)["tests.ball"]
    assert digest(other) != said
