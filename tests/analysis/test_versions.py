"""The version that a change asks for follows from what changed."""

from __future__ import annotations

import pytest
from analysis_texts import checked
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.versions import Bump, changes, is_enough, next_version, required_bump

TEXT = """law fall@1.0.0
  title   "Fall"
  status  draft
  symbols
    t : time   [s]      0 .. 10
    g : pull   [m/s^2]  1 .. 30
    h : depth  [m]
  equations
    fall: h = g*t^2/2
  valid
    t < 9 [s]  "not too long"
  checks
    always h rises with t
"""
parts = st.integers(0, 20)


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ("Fall", "Fall", Bump.NONE),
        ("g*t^2/2", "t^2 * g / 2  # the same", Bump.NONE),
        ('"Fall"', '"Free fall"', Bump.PATCH),
        ("0 .. 10", "0 .. 20", Bump.MINOR),
        ("always h rises with t", "always h rises with t\n    always h rises with g", Bump.MINOR),
        ('    t < 9 [s]  "not too long"\n', "", Bump.MINOR),
        ("status  draft", "status  contested", Bump.MINOR),
        ("0 .. 10", "0 .. 9.5", Bump.MAJOR),
        ("g*t^2/2", "g*t^2/3", Bump.MAJOR),
        ("[m]", "[km]", Bump.MAJOR),
        ('"not too long"', '"not too long"\n    g > 2 [m/s^2]', Bump.MAJOR),
        ("status  draft", "status  retired\n  successor other", Bump.MAJOR),
    ],
)
def test_a_change_asks_for_its_bump(old: str, new: str, bump: Bump) -> None:
    other = TEXT.replace("law fall", "law other").replace("t^2/2", "t^2/4")
    keys = "tests.file1.fall"
    before = checked(TEXT + other).base[keys]
    after = checked(TEXT.replace(old, new, 1) + other).base[keys]
    assert required_bump(before, after) is bump
    assert bool(changes(before, after)) == (bump is not Bump.NONE)


@given(parts, parts, parts, st.sampled_from(Bump))
def test_the_next_version_is_enough_and_the_old_one_is_not(
    major: int, minor: int, patch: int, bump: Bump
) -> None:
    version = f"{major}.{minor}.{patch}"
    assert is_enough(version, next_version(version, bump), bump)
    assert is_enough(version, version, bump) == (bump is Bump.NONE)
    assert is_enough(version, next_version(version, Bump.MAJOR), bump)
