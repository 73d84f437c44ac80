"""Blocks are found by identity, heads say what they must, and damage stays where it is."""

from __future__ import annotations

import re

import pytest
from analysis_texts import GOOD, HEAD, checked, law
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.analysis.identities import identity_of

SPRING = law("x : x [m] 0 .. 1\nk : k [N/m] 1 .. 2\nF : force [N]", "F = k*x")


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("knowledge/physics/mechanics.law", "physics.mechanics.fall"),
        ("rules/law/tax.rule", "law.tax.fall"),
        ("knowledge/physics/notes.law.md", "physics.notes.fall"),
        ("mechanics.law", "mechanics.fall"),
        ("drafts/mechanics.law", "drafts.mechanics.fall"),
        ("./knowledge/a.law", "a.fall"),
    ],
)
def test_an_identity_drops_shelf_and_suffix(path: str, identity: str) -> None:
    assert identity_of(path, "fall") == identity


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('  title   "A law of the tests"\n', "", "L0604"),
        ("  status  draft\n", "", "L0604"),
        ("status  draft", "status  confirmed", "L0604"),
        ("status  draft", "status  empirical", "L0604"),
        ("status  draft", "status  fine", "L0604"),
        ("@1.0.0", "@1.0", "L0605"),
        ("@1.0.0", "@01.0.0", "L0605"),
    ],
)
def test_a_head_says_what_it_must(old: str, new: str, code: str) -> None:
    assert old in SPRING
    assert checked(SPRING.replace(old, new)).codes == [code]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@1.0.0", ""),
        ("status  draft", 'status  confirmed\n  source  "a book"'),
        ("status  draft", "status  contested"),
    ],
)
def test_a_head_may_leave_out_what_it_need_not_say(old: str, new: str) -> None:
    assert checked(SPRING.replace(old, new)).codes == []


def test_a_retired_law_needs_no_source_but_a_successor() -> None:
    retired = SPRING.replace("status  draft", "status  retired")
    assert checked(retired).codes == ["L0609"]
    other = SPRING.replace("tested", "other").replace("k*x", "2*k*x")
    named = retired.replace("status  retired", "status  retired\n  successor other")
    assert checked(named, other).codes == []


def test_two_files_may_use_one_name_but_not_one_identity() -> None:
    other = SPRING.replace("0 .. 1", "0 .. 2")
    assert checked(SPRING, other).codes == []
    assert checked(SPRING + other).codes == ["L0601"]


def test_two_laws_that_say_the_same_are_found_in_any_file() -> None:
    turned = SPRING.replace("tested", "renamed").replace("k*x", "x*k")
    assert checked(SPRING, turned).codes == ["L0601"]


CONSTANTS = """constants codata@2022.0.0
  title "values"
  source "a book"

  R : gas constant = 8.3 [J/mol/K]
"""


def importing(line: str) -> str:
    text = law("n : n [mol] 1 .. 2\nT : t [K] 1 .. 2\nE : e [J]", "E = n*R*T")
    return text.replace("  symbols", f"  import  {line}\n\n  symbols")


@pytest.mark.parametrize(
    "line",
    ["codata (R)", "tests.file1.codata (R)", "tests.file1 (R)", "codata@2022 (R)"],
)
def test_constants_are_imported_by_identity(line: str) -> None:
    assert checked(CONSTANTS, importing(line)).codes == []


@pytest.mark.parametrize("line", ["codta (R)", "codata (S)", "codata@2018 (R)", "tests (R)"])
def test_an_unknown_import_is_reported_once(line: str) -> None:
    codes = [code for code in checked(CONSTANTS, importing(line)).codes if code != "L0111"]
    assert codes == ["L0603"]


def test_a_constant_has_one_value() -> None:
    other = CONSTANTS.replace("codata", "handbook")
    assert checked(CONSTANTS, other).codes == []
    assert checked(CONSTANTS, other.replace("8.3 ", "8.31 ")).codes == ["L0602"]
    assert checked(CONSTANTS, other.replace("8.3 [J/mol/K]", "0.0083 [kJ/mol/K]")).codes == []
    assert checked(CONSTANTS, other.replace("8.3 [J/mol/K]", "1 [1]")).codes == []


TOKEN = re.compile(r"\n *|[A-Za-z_]\w*|[\d.]+|\[[^\]\n]*\]|\S")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damage_is_reported_and_never_raises(data: st.DataObject) -> None:
    text = GOOD[data.draw(st.sampled_from(sorted(GOOD)))]
    tokens = list(TOKEN.finditer(text, len(HEAD)))
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = data.draw(st.sampled_from(tokens)), data.draw(st.sampled_from(tokens))
        edit = data.draw(st.sampled_from(("drop", "double", "replace")))
        new = {"drop": "", "double": one[0] * 2, "replace": other[0]}[edit]
        text = text[: one.start()] + new + text[one.end() :]
        tokens = list(TOKEN.finditer(text, len(HEAD)))
    result = checked(text)
    for finding in result.findings:
        assert 0 <= finding.place.start <= finding.place.end <= len(text)
