"""Every code has a page; its first example earns the code, its last one nothing at all."""

import re
from importlib.resources import files

import pytest

from lawc.analysis.checking import check
from lawc.diagnostics.codes import CODES, explain
from lawc.diagnostics.diagnostic import LawcError
from lawc.pipeline.evidence import calculate
from lawc.syntax.parsing import parse, read_source

NEEDS_NUMBERS = {"L0501", "L0502", "L0503", "L0504"}
"""Codes that a calculation finds, after the check."""
NEEDS_RECORD = {"L0610"}
"""Codes that are found by comparing with what was published."""


def examples(code: str) -> list[str]:
    page = explain(code)
    # A longer fence shows a page that holds a law.
    pages = re.findall(r"````\n(.*?\n)````", page, re.DOTALL)
    return pages or re.findall(r"```law\n(.*?\n)```", page, re.DOTALL)


def codes_of(text: str) -> set[str]:
    suffix = "law.md" if text.startswith("```") else "law"
    source, findings = read_source(f"knowledge/physics/example.{suffix}", text.encode())
    if source is None:
        return {finding.code for finding in findings}
    document, more = parse(source)
    base, last = check([document])
    tried = [one for rule in base.rules.values() for one in calculate(rule)]
    return {finding.code for finding in (*findings, *more, *last, *tried)}


def test_every_code_has_one_page_and_every_page_a_code() -> None:
    pages = {page.name for page in files("lawc.diagnostics").joinpath("pages").iterdir()}
    assert pages == {f"{code}.md" for code in CODES}


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_the_title_of_its_code_and_two_examples(code: str) -> None:
    page = explain(code)
    assert page.startswith(f"# {code} · {CODES[code]}\n")
    assert len(examples(code)) == 2
    assert "invalid" not in page
    assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize("code", sorted(set(CODES) - NEEDS_NUMBERS - NEEDS_RECORD))
def test_the_first_example_of_a_page_earns_its_code_and_no_other(code: str) -> None:
    assert codes_of(examples(code)[0]) == {code}


@pytest.mark.parametrize("code", CODES)
def test_the_repaired_example_of_a_page_earns_nothing(code: str) -> None:
    assert codes_of(examples(code)[-1]) == set()


@pytest.mark.parametrize("given", ["l0203", " L0203 ", "203", "0203", "l203"])
def test_a_code_is_found_as_people_write_it(given: str) -> None:
    assert explain(given) == explain("L0203")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("L9999", r"got 'L9999'; `lawc explain` lists them all"),
        ("L0305", r"got 'L0305'; near it are L0301, L0302, L0303, L0304; `lawc explain` lists"),
        ("unit", r"got 'unit'; `lawc explain` lists them all"),
        ("", r"got ''; `lawc explain` lists them all"),
    ],
)
def test_a_code_that_is_none_is_refused_with_those_near_it(given: str, said: str) -> None:
    with pytest.raises(LawcError, match=said):
        explain(given)
