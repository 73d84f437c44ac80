"""Every law that ships is complete, stands alone, and is held by its own examples and claims."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.expression import Binary, Number, Symbol, names
from lawc.knowledge.law import Law, Status
from lawc.lowering.claims import findings
from lawc.lowering.fields.laws import is_of_fields
from lawc.lowering.refusing import refusal
from lawc.pipeline.checking import read

ROOT = Path(__file__).parents[2]
FILES = tuple(sorted((ROOT / "knowledge").rglob("*.law")))
DISCIPLINES = ("physics", "chemistry", "biology", "medicine", "sociology")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def identities() -> list[str]:
    return [
        ".".join((*path.relative_to(ROOT / "knowledge").with_suffix("").parts, name))
        for path in FILES
        for name in re.findall(
            r"^(?:law|system) ([\w-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]


every_law = pytest.mark.parametrize("identity", identities())
every_file = pytest.mark.parametrize("path", FILES, ids=shown)


def said(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{one.code} {one.place.path}: {one.headline}" for one in found]


def test_the_shelf_has_no_findings(library: KnowledgeBase) -> None:
    assert said(library.diagnostics) == []
    assert sorted(library.laws) == sorted(identities())


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_a_discipline_has_two_laws_or_more(library: KnowledgeBase, discipline: str) -> None:
    assert sum(law.discipline == discipline for law in library.values()) >= 2


@every_file
def test_a_file_loads_with_nothing_but_its_imports(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    homes = {
        ROOT.joinpath("knowledge", *identity.split(".")[:-1]).with_suffix(".law")
        for identity in re.findall(r"^ +(?:import|use) +([\w.-]+)", text, re.MULTILINE)
    }
    texts = read((shown(file), file) for file in (path, *sorted(homes - {path})))
    _, found = check(texts.documents)
    assert said((*texts.findings, *found)) == []


@every_file
def test_a_text_is_plain_and_names_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert "\t" not in text
    assert not re.search(r"/(home|work|tmp|root|usr|Users)/|[A-Z]:\\", text)
    assert text.startswith("# ")


@every_law
def test_a_law_says_where_it_comes_from(library: KnowledgeBase, identity: str) -> None:
    law = library[identity]
    # What no program can hold cannot be checked by numbers, so it is a draft here.
    assert (law.status is Status.DRAFT) == bool(refusal(law))
    assert law.status in (Status.CONFIRMED, Status.EMPIRICAL, Status.DRAFT)
    assert law.version.count(".") == 2
    assert law.title
    assert law.sources
    # A citation can be looked up: it has an author and a year.
    assert all(re.search(r"\w{3}.*\((1[6-9]|20)\d\d\)", source) for source in law.sources)
    if law.status is Status.EMPIRICAL:
        assert law.notes, "an empirical law says how far it may be wrong"


@every_law
def test_all_that_a_law_does_not_answer_has_a_range(library: KnowledgeBase, identity: str) -> None:
    law = library[identity]
    for quantity in law.quantities.values():
        if quantity.low is None or quantity.high is None:
            assert quantity.name in answered(law), f"{quantity.name} has no range"
        elif quantity.low > 0 and quantity.high >= 1000 * quantity.low and quantity.depends == ():
            assert quantity.log, f"{quantity.name} spans decades on a linear scale"


@every_law
def test_a_law_has_examples_and_claims(library: KnowledgeBase, identity: str) -> None:
    law = library[identity]
    if refusal(law):
        # Nothing can be calculated, so an example or a claim would only look like evidence.
        assert law.examples == law.claims == ()
        return
    # A law of fields without conditions has fields as examples, which claims put into it.
    free = is_of_fields(law) and not law.conditions and not law.boundary
    assert len(law.examples) >= (0 if free else 2)
    assert len(law.claims) >= 2


@every_law
def test_the_examples_and_claims_of_a_law_hold(library: KnowledgeBase, identity: str) -> None:
    assert said(tuple(findings(library[identity]))) == []


@every_law
def test_an_equation_that_is_a_little_wrong_fails_an_example(
    library: KnowledgeBase, identity: str
) -> None:
    law = library[identity]
    if refusal(law):
        return
    if is_of_fields(law):
        # Their examples are as exact as coarse solutions; their mutation scores say what they see.
        return
    for index, equation in enumerate(law.equations):
        wrong = replace(equation, right=Binary("*", Number(1.001), equation.right))
        equations = (*law.equations[:index], wrong, *law.equations[index + 1 :])
        mutant = replace(law, equations=equations, claims=(), digest=f"wrong {index}")
        assert any(found.code == "L0501" for found in findings(mutant)), equation.label


def answered(law: Law) -> frozenset[str]:
    """Names that equations write out, and states."""
    written = {
        name
        for equation in law.equations
        for name in names(equation.left)
        if isinstance(equation.left, Symbol)
    }
    states = {quantity.name for quantity in law.quantities.values() if quantity.depends}
    return frozenset(written | states)
