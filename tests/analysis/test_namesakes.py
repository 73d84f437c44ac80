"""A name without a declaration is led to the constant that is written otherwise on the shelf."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.constants import meant, shelve
from lawc.pipeline.checking import check_text, read_library

SHELF = shelve(read_library().constants, ())
HELD = sorted({name for block in SHELF.blocks.values() for name in block})


@given(st.sampled_from(HELD))
def test_a_constant_is_found_by_its_own_name_first(name: str) -> None:
    found = meant(name, SHELF)
    assert found is not None
    home, constant = found
    assert constant.name == name
    assert SHELF.blocks[home][name] is constant


@pytest.mark.parametrize(
    ("written", "name"),
    [("g", "g0"), ("kB", "k_B"), ("NA", "N_A"), ("eps0", "eps_0"), ("mu0", "mu_0"), ("a0", "a_0")],
)
def test_an_underscore_or_a_nought_may_be_left_out(written: str, name: str) -> None:
    found = meant(written, SHELF)
    assert found is not None and found[1].name == name


@given(st.sampled_from(["q", "w9", "zz", "speed"]))
def test_what_no_constant_is_like_means_none(name: str) -> None:
    assert meant(name, SHELF) is None


def test_a_constant_of_another_dimension_is_not_meant() -> None:
    """`g` is no acceleration here, so nobody is led to standard gravity."""
    text = """\
law still@1.0.0
  title   "A share"
  status  draft

  symbols
    a : part   [kg]  0 .. 1
    b : whole  [kg]  1 .. 2

  equations
    share: a = g*b
"""
    (found,) = [one for one in check_text("still.law", text).diagnostics if one.code == "L0111"]
    assert found.headline == "`g` is not declared"
    assert not any("g0" in said for said in (*found.helps, *(one.text for one in found.labels)))
