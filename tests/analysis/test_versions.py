"""The version that a change asks for follows from what changed, and is asked for."""

from __future__ import annotations

import pytest
from analysis_texts import Checked, checked
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.published import State, mark, state_of
from lawc.analysis.recorded import UNRECORDED, Record
from lawc.analysis.versions import Bump, changes, is_enough, next_version
from lawc.diagnostics.codes import explain
from lawc.diagnostics.diagnostic import Applicability, Severity

TEXT = """law fall@1.0.0
  title   "Fall"
  status  contested
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
OTHER = TEXT.replace("law fall", "law other").replace("t^2/2", "t^2/4")
IDENTITY = "tests.file1.fall"
CHANGES = [
    ("Fall", "Fall", Bump.NONE),
    ("g*t^2/2", "t^2 * g / 2  # the same", Bump.NONE),
    ("t : time   [s]      0 .. 10\n    g : pull   [m/s^2]  1 .. 30",
     "g : pull   [m/s^2]  1 .. 30\n    t : time   [s]      0 .. 10", Bump.NONE),
    ("[m/s^2]", "[m*s^-2]", Bump.NONE),
    ("fall: h", "drop: h", Bump.NONE),
    ('"Fall"', '"Free fall"', Bump.PATCH),
    ("time ", "a time ", Bump.PATCH),
    ("always h rises", "example: h = 45 [m] given t = 3 [s], g = 10 [m/s^2]\n    always h rises",
     Bump.PATCH),
    ("0 .. 10", "0 .. 20", Bump.MINOR),
    ("always h rises with t", "always h rises with t\n    always h rises with g", Bump.MINOR),
    ('    t < 9 [s]  "not too long"\n', "", Bump.MINOR),
    ("status  contested", 'status  confirmed\n  source "A book"', Bump.MINOR),
    ("0 .. 10", "0 .. 9.5", Bump.MAJOR),
    ("g*t^2/2", "g*t^2/3", Bump.MAJOR),
    ("[m]", "[km]", Bump.MAJOR),
    ('"not too long"', '"not too long"\n    g > 2 [m/s^2]', Bump.MAJOR),
    ("status  contested", "status  retired\n  successor other", Bump.MAJOR),
]  # fmt: skip
DEFINED = TEXT.replace("[m]\n", "[m]\n    v : speed [m/s]\n").replace(
    "g*t^2/2\n", "g*t^2/2\n    end: v := g*t\n"
)
parts = st.integers(0, 20)
versions = st.builds("{}.{}.{}".format, parts, parts, parts)


def check(text: str, record: Record = UNRECORDED) -> Checked:
    return checked(text + OTHER, record=record)


def most(before: State, after: State) -> Bump:
    return max((bump for bump, _ in changes(before, after)), default=Bump.NONE)


def recorded(text: str) -> Record:
    return Record({}).with_laws({IDENTITY: check(text).base[IDENTITY]})


@pytest.mark.parametrize(("old", "new", "bump"), CHANGES)
def test_a_change_asks_for_its_bump(old: str, new: str, bump: Bump) -> None:
    laws = [check(text).base[IDENTITY] for text in (TEXT, TEXT.replace(old, new, 1))]
    before, after = map(state_of, laws)
    assert most(before, after) is bump
    assert bool(changes(before, after)) == (bump is not Bump.NONE)
    # A mark that stays says that nothing changed; it may differ where nothing did.
    assert bump is Bump.NONE or mark(laws[0]) != mark(laws[1])


def test_a_definition_of_a_new_quantity_is_a_minor_change() -> None:
    before, after = (state_of(check(text).base[IDENTITY]) for text in (TEXT, DEFINED))
    assert most(before, after) is Bump.MINOR
    assert most(after, before) is Bump.MAJOR


@given(parts, parts, parts, st.sampled_from(Bump))
def test_the_next_version_is_enough_and_the_old_one_is_not(
    major: int, minor: int, patch: int, bump: Bump
) -> None:
    version = f"{major}.{minor}.{patch}"
    assert is_enough(version, next_version(version, bump), bump)
    assert is_enough(version, version, bump) == (bump is Bump.NONE)
    assert is_enough(version, next_version(version, Bump.MAJOR), bump)


@given(version=versions, change=st.sampled_from(CHANGES), higher=versions)
def test_the_derived_version_is_accepted_and_a_lower_one_is_not(
    version: str, change: tuple[str, str, Bump], higher: str
) -> None:
    old, new, bump = change
    record = recorded(TEXT.replace("1.0.0", version))
    right = next_version(version, bump)
    changed = TEXT.replace(old, new, 1)
    assert check(changed.replace("1.0.0", right, 1), record).codes == []
    found = check(changed.replace("1.0.0", higher, 1), record)
    numbers, least = ([int(n) for n in v.split(".")] for v in (higher, right))
    assert found.codes == (["L0610"] if numbers < least else [])
    for finding in found.findings:
        assert finding.severity is Severity.WARNING
        (repair,) = finding.repairs
        assert repair.applicability is Applicability.SAFE
        assert check(repair.applied(changed.replace("1.0.0", higher, 1)), record).codes == []


def test_a_draft_and_what_is_not_recorded_may_change_as_they_like() -> None:
    draft = TEXT.replace("contested", "draft")
    assert len(recorded(TEXT)) == 1
    assert check(draft.replace("t^2/2", "t^2/3"), recorded(TEXT)).codes == []
    assert check(TEXT.replace("t^2/2", "t^2/3"), Record({})).codes == []


def test_a_law_that_lost_its_version_gets_it_again() -> None:
    text = TEXT.replace("@1.0.0", "", 1)
    (finding,) = check(text, recorded(TEXT)).findings
    assert "lower than the recorded one" in finding.headline
    assert finding.repairs[0].applied(text) == TEXT


def test_at_most_three_changes_are_named_the_heaviest_first() -> None:
    text = TEXT.replace("0 .. 10", "0 .. 20").replace("1 .. 30", "2 .. 30")
    text = text.replace("t^2/2", "t^2/3").replace("rises with t", "rises with g")
    (finding,) = check(text, recorded(TEXT)).findings
    assert finding.notes == (
        "the equation `fall` changed; the range of `g` is narrower; the range of `t` is wider; "
        "1 more change",
    )


def test_the_page_shows_a_change_that_is_found_and_a_version_that_mends_it() -> None:
    first, last = (
        part.partition("```law\n")[2] for part in explain("L0610").split("```\n") if "law" in part
    )
    record = recorded(first.replace("0 .. 5", "0 .. 10"))
    assert check(first, record).codes == ["L0610"]
    assert check(last, record).codes == []
