"""A broken line costs one finding, located in that line, and no other line is lost."""

import re

from formulas import LAW, law, read
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Source

_LEXEME = re.compile(r"[^\W\d]\w*|[0-9.]+|\S")
_LINES = LAW.split("\n")
# Without its heading, a section has no lines of its own.
_BREAKABLE = [
    number
    for number, line in enumerate(_LINES)
    if line.strip() and line.strip() not in ("symbols", "equations", "initial", "valid", "checks")
]


@st.composite
def broken_laws(draw: st.DrawFn) -> tuple[int, str]:
    """Return the number of a line and the law in which one token of it is gone or out of place."""
    number = draw(st.sampled_from(_BREAKABLE))
    line = _LINES[number]
    spans = [match.span() for match in _LEXEME.finditer(line)]
    # A header without its first word hides a whole block, and a comment any line.
    at = draw(st.integers(int(not line.startswith(" ")), len(spans) - 1))
    start, end = spans[at]
    edit = draw(st.sampled_from(["drop", "double", "swap", "replace"]))
    if edit == "drop":
        # What is left keeps its indentation, or it would continue the line before it.
        line = line[:start] + line[end:].lstrip(" ")
    elif edit == "double":
        line = f"{line[:end]} {line[start:]}"
    elif edit == "replace":
        line = line[:start] + draw(st.sampled_from("+*/^()[],=<>.:\"'#@²∂πаx1")) + line[end:]
    elif at + 1 < len(spans):
        first, last = spans[at + 1]
        line = f"{line[:start]}{line[first:last]} {line[start:end]}{line[last:]}"
    return number + 1, "\n".join([*_LINES[:number], line, *_LINES[number + 1 :]])


def test_the_whole_law_is_read_without_a_finding() -> None:
    document, findings = read(LAW)
    assert findings == ()
    block, constants = document.blocks
    assert [len(block.symbols), len(block.equations), len(block.initial)] == [6, 4, 2]
    assert [len(block.valid), len(block.examples), len(block.always)] == [1, 1, 5]
    assert [len(block.head), len(block.imports), len(constants.constants)] == [3, 1, 2]


@settings(max_examples=600)
@given(broken_laws())
def test_one_broken_token_gives_at_most_one_finding_and_in_its_line(
    broken: tuple[int, str],
) -> None:
    number, text = broken
    _, findings = read(text)
    assert len(findings) <= 1
    source = Source("a.law", text)
    for finding in findings:
        assert source.line_column(finding.place.start)[0] == number
        assert source.line_column(finding.place.end)[0] == number
        assert finding.place.start <= finding.place.end <= len(text)


@given(
    st.text(alphabet=st.sampled_from(list("law @1.0\n  :=+-*/^()[]\"'#|,<>dxt∂²α∞ifandgivenwhere")))
)
def test_no_text_ends_in_a_traceback(text: str) -> None:
    read(text)
    read(law(equations=text.replace("\n", " "), checks=f"always {text}".replace("\n", " ")))


@given(st.text())
def test_no_unicode_text_ends_in_a_traceback(text: str) -> None:
    document, findings = read(law(equations=text.replace("\r", "")))
    for finding in findings:
        assert 0 <= finding.place.start <= finding.place.end <= len(document.source.text)


def test_all_errors_of_a_file_come_in_one_run() -> None:
    text = law(equations="F = m x\nF = m*\nF = m*v/t\nF == m", valid="x <\nx > 3 [m]")
    document, findings = read(text)
    assert [finding.code for finding in findings] == ["L0102", "L0101", "L0104", "L0101"]
    assert len(document.blocks[0].equations) == 1
    assert len(document.blocks[0].valid) == 1


def test_a_broken_declaration_still_declares_its_names() -> None:
    document, findings = read(law(symbols="t : time [s\nu, w : speeds [m/s] 0 .. ..\nok : [1]"))
    assert len(findings) == 2
    block = document.blocks[0]
    assert block.declared == {"t", "u", "w"}
    assert [declaration.names[0].name for declaration in block.symbols] == ["ok"]


def test_names_of_a_broken_equation_are_kept_as_mentioned() -> None:
    document, _ = read(law(equations="F = m x"))
    assert {"F", "m", "x"} <= document.blocks[0].mentioned
