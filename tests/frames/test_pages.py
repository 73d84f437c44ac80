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


def test_a_code_is_found_in_any_case_and_an_unknown_one_is_refused_with_the_list() -> None:
    assert explain("l0203") == explain(" L0203 ")
    with pytest.raises(LawcError, match="L0203"):
        explain("L9999")
