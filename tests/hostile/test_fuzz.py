"""Whatever is drawn from the grammar or spoilt, it ends with findings inside its text or with laws.

`benchmarks/fuzz.py` runs the same loops for any number of cases.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawc.pipeline.checking import read_library

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")
CASES = 80
KNOWN = read_library()


@pytest.fixture(scope="module", autouse=True)
def found() -> Iterator[None]:
    sys.path.insert(0, BENCHMARKS)
    yield
    sys.path.remove(BENCHMARKS)


@cache
def module(name: str) -> ModuleType:
    return importlib.import_module(name)


@cache
def sentences() -> Mapping[str, st.SearchStrategy[str]]:
    return module("fuzz_texts").sentences({})


@pytest.mark.parametrize("form", ["equation", "initial", "valid", "example", "always"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_sentence_of_the_grammar_is_a_law_or_has_findings_inside_it(
    form: str, data: st.DataObject
) -> None:
    judging = module("fuzz_judging")
    sentence = data.draw(sentences()[form])
    section = {"equation": "equations", "example": "checks", "always": "checks"}.get(form, form)
    start = {"example": "example: ", "always": "always "}.get(form, "")
    text = (
        'law drawn@1.0.0\n  title  "Drawn"\n  status  draft\n\n  symbols\n'
        "    a, b, x : what they are (t)  [1]\n    t : time  [s]  0 .. 9\n\n"
        f"  {section}\n    {start}{sentence}\n"
    )
    verdict = judging.judged(
        lambda case: judging.read_text(case, KNOWN, thorough=True), text.encode()
    )
    assert verdict.fault in ("", "slow"), verdict.trace


def test_what_is_drawn_and_spoilt_is_a_law_or_has_findings_inside_it() -> None:
    texts, judging = module("fuzz_texts"), module("fuzz_judging")
    material = texts.Material(texts.drawn(7, 40), texts.corpus())
    faults = []
    for at in range(CASES):
        _, data = material.case(7, at)
        verdict = judging.judged(lambda case: judging.read_text(case, KNOWN, thorough=True), data)
        if verdict.fault not in ("", "slow"):
            faults.append((data, verdict.trace))
    assert faults == []


def test_other_texts_that_are_spoilt_are_read_or_refused() -> None:
    readers, judging = module("fuzz_readers"), module("fuzz_judging")
    faults = []
    for reader in readers.READERS:
        for at in range(8):
            data = reader.case(7, at)
            verdict = judging.judged(reader.run, data, reader.refusals)
            if verdict.fault not in ("", "slow"):
                faults.append((reader.name, data, verdict.trace))
    assert faults == []


def test_the_same_seed_draws_the_same_cases() -> None:
    texts = module("fuzz_texts")
    lines = texts.drawn(3, 10)
    assert lines == texts.drawn(3, 10)
    material = texts.Material(lines, texts.corpus())
    assert [material.case(1, at) for at in range(6)] == [material.case(1, at) for at in range(6)]
