"""What a law says of the laws before and behind it holds, or is said not to."""

from __future__ import annotations

import pytest
from analysis_texts import checked


def law(name: str, head: str = "", version: str = "1.0.0", factor: int = 2) -> str:
    lines = "".join(f"  {line}\n" for line in head.split("; ") if line)
    status = "" if "status" in head else "  status draft\n"
    return (
        f'law {name}@{version}\n  title "A law"\n{status}{lines}  symbols\n'
        f"    x : input [1] 0 .. 1\n    y : output [1]\n  equations\n    y := {factor}*x\n\n"
    )


OLD = law("old", "status retired; successor new", factor=3)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (law("new", "supersedes old@1.0.0") + OLD, []),
        (law("new", "supersedes old") + law("old", "status retired", factor=3), []),
        (law("new", "supersedes new@1.2.0", "2.0.0"), []),
        (law("new", "supersedes new@2.0.0", "2.0.0"), ["L0608"]),
        (law("new", "supersedes new"), ["L0608"]),
        (law("new", "supersedes odl") + OLD, ["L0608"]),
        (law("new", "supersedes old@1.0.1") + OLD, ["L0608"]),
        (law("new", "supersedes old") + law("old", factor=3), ["L0608"]),
        (law("new", "supersedes old; status retired")
         + law("old", "supersedes new; status retired", factor=3), ["L0608"]),
        (law("old", "status retired"), ["L0609"]),
        (law("old", "status retired; successor gone"), ["L0609"]),
        (law("old", "status retired; successor old"), ["L0609"]),
        (law("new", "status retired; successor old") + OLD, ["L0609", "L0609"]),
    ],
)  # fmt: skip
def test_succession_is_checked(text: str, codes: list[str]) -> None:
    assert checked(text).codes == codes


def test_a_superseded_law_that_is_in_force_is_a_warning() -> None:
    found = checked(law("new", "supersedes old") + law("old", factor=3)).findings
    assert [finding.is_error for finding in found] == [False]


def test_a_law_of_the_library_may_be_superseded() -> None:
    library = checked(law("old")).base
    assert checked(law("new", "supersedes tests.file1.old", factor=3), known=library).codes == []


def test_a_retired_law_names_what_follows_it() -> None:
    base = checked(law("new", "supersedes old") + OLD).base
    assert base["tests.file1.old"].successor == "new"
