"""Indentation and headings carry the structure; what resembles it is read as what it resembles."""

import pytest
from formulas import LAW, law, only, read

SECTIONS = ("symbols", "equations", "initial", "valid", "checks")


def test_a_block_knows_its_name_its_version_and_its_text() -> None:
    first, second = read(LAW)[0].blocks
    assert first.version and second.version
    assert (first.kind, first.name.text, first.version.text) == (
        "law",
        "damped-oscillator",
        "1.0.0",
    )
    assert (second.kind, second.name.text) == ("constants", "set")
    assert first.text.startswith("law damped") and first.text.endswith("0 [J] <= E")
    assert second.text == LAW[LAW.index("constants set") :].rstrip("\n")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("indent", [0, 1, 3])
def test_a_heading_that_is_indented_oddly_still_begins_its_section(
    section: str, indent: int
) -> None:
    whole = read(LAW)[0].blocks[0]
    document, findings = read(LAW.replace(f"\n  {section}\n", f"\n{' ' * indent}{section}\n"))
    assert only(findings).code == "L0105"
    block = document.blocks[0]
    for name in ("symbols", "equations", "initial", "valid", "examples", "always"):
        assert len(getattr(block, name)) == len(getattr(whole, name))


@pytest.mark.parametrize("indent", [0, 1, 2, 3, 5])
def test_an_item_that_is_indented_oddly_is_still_read(indent: int) -> None:
    text = LAW.replace("    x = 1 [m]", f"{' ' * indent}x = 1 [m]")
    document, findings = read(text)
    assert only(findings).code == "L0105"
    assert len(document.blocks[0].initial) == 2


def test_a_line_indented_further_continues_the_one_before() -> None:
    document, findings = read(law(equations="F = m*v\n      + 3 # three\n\n      - x\nv = F"))
    assert not findings
    assert len(document.blocks[0].equations) == 2


def test_a_misspelt_section_is_read_as_the_one_meant() -> None:
    document, findings = read(LAW.replace("  symbols", "  symbls"))
    assert only(findings).helps == ("write `symbols`",)
    assert len(document.blocks[0].symbols) == 6


@pytest.mark.parametrize(
    ("written", "meant"), [("parameters", "symbols"), ("variables", "symbols"), ("tests", "checks")]
)
def test_a_section_under_the_name_of_others_is_read_as_the_one_meant(
    written: str, meant: str
) -> None:
    document, findings = read(LAW.replace(f"  {meant}\n", f"  {written}\n"))
    assert only(findings).helps == (f"write `{meant}`",)
    assert only(findings).headline == f"`{written}` is not a section"
    whole = read(LAW)[0].blocks[0]
    for name in ("symbols", "examples", "always"):
        assert len(getattr(document.blocks[0], name)) == len(getattr(whole, name))


def test_conditions_are_of_a_moment_or_of_a_side() -> None:
    _, findings = read(LAW.replace("  initial\n", "  conditions\n"))
    (help,) = findings[0].helps
    assert "`initial`" in help
    assert "`boundary`" in help


def test_what_joins_laws_stands_in_a_system() -> None:
    _, findings = read(law(connect="a = b"))
    assert only(findings).headline == "`connect` stands in a `system`, and this is a `law`"


def test_a_block_without_a_readable_name_is_read_all_the_same() -> None:
    document, findings = read(LAW.replace("law damped-oscillator@", "law Damped oscillator@"))
    assert only(findings).helps == ("join words with hyphens: `law damped-oscillator@1.0.0`",)
    assert len(document.blocks[0].equations) == 4


def test_tabs_are_reported_once_and_stand_for_two_spaces() -> None:
    document, findings = read(LAW.replace("\n    ", "\n\t\t").replace("\n  ", "\n\t"))
    assert only(findings).code == "L0105"
    assert len(document.blocks[0].equations) == 4


def test_text_before_any_header_is_reported_once() -> None:
    _, findings = read("  symbols\n    t : time [s]\n" + LAW)
    assert only(findings).headline == "this line stands before the header of a block"


def test_comments_and_empty_lines_mean_nothing() -> None:
    text = LAW.replace("\n\n", "\n# a comment: with = signs\n\n   # and another\n")
    document, findings = read(text)
    assert not findings and len(document.blocks[0].equations) == 4


def test_places_in_a_markdown_page_count_in_the_page() -> None:
    page = f"# Heading\n\nProse: law x\n\n```law\n{LAW}```\n\n    law y@1\n"
    document, findings = read(page, "a.law.md")
    assert not findings
    assert [block.name.text for block in document.blocks] == ["damped-oscillator", "set"]
    place = document.blocks[0].equations[3].place
    assert page[place.start : place.end] == "d/dt(m*x) = 0"
    broken = only(read(page.replace("d/dt(m*x) = 0", "d/dt(m*x) = "), "a.law.md")[1])
    assert page.count("\n", 0, broken.place.start) == page[: page.index("d/dt(")].count("\n")


def test_a_head_keeps_every_source_and_joins_the_lines_of_a_note() -> None:
    text = (
        'law a@1\n  source "A, # 1"\n    "B"\n  source "C" # c\n  note "one\n    two"\n'
        "  supersedes b.c@1.0.0\n  status draft\n"
    )
    document, findings = read(text)
    assert not findings
    assert [(line.key.text, line.value.text) for line in document.blocks[0].head] == [
        ("source", "A, # 1"),
        ("source", "B"),
        ("source", "C"),
        ("note", "one two"),
        ("supersedes", "b.c@1.0.0"),
        ("status", "draft"),
    ]


@pytest.mark.parametrize(
    "line", ["title Bad", "title", 'title "a', "status", "status a b", "import a", "import a (1)"]
)
def test_a_line_of_the_head_that_cannot_be_read_is_located(line: str) -> None:
    text = f'law a@1\n  {line}\n  note "n"\n'
    document, findings = read(text)
    assert only(findings).helps
    assert text.count("\n", 0, findings[0].place.start) == 1
    assert document.blocks[0].head[-1].value.text == "n"
