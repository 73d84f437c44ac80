"""An editor sees findings as it types, and learns what stands under the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra `lsp` is not installed")

from editor import FALL, Editor, at, edit
from lsprotocol import types


def codes(editor: Editor, name: str) -> list[str]:
    return [str(found.code) for found in editor.findings.get(name, [])]


def test_a_mistake_is_reported_while_it_is_typed_and_goes_when_it_is_mended(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> list[list[str]]:
        seen = []
        await editor.open(path)
        seen.append(codes(editor, "fall.law"))
        await editor.write(path, FALL.replace("t^2/2", "t/2"))
        seen.append(codes(editor, "fall.law"))
        await editor.write(path, FALL)
        seen.append(codes(editor, "fall.law"))
        return seen

    assert edit(project, session) == [[], ["L0203"], []]


def test_columns_count_utf_16_units_as_the_protocol_asks(project: Path) -> None:
    path = project / "knowledge" / "fall.law"
    text = FALL.replace("fall: h = g0*t^2/2", "fall: h = g0*t^2/2 + 𝜆")

    async def session(editor: Editor) -> types.Diagnostic:
        await editor.open(path, text.replace("depth of", "𝜆 depth of").replace("+ 𝜆", "+ q"))
        return editor.findings["fall.law"][0]

    found = edit(project, session)
    line = next(line for line in text.splitlines() if "fall: h" in line)
    assert found.code == "L0111"
    assert found.range.start.character == line.index("+ ") + 2


def test_a_text_is_laid_out_as_the_shelf_is(project: Path) -> None:
    path = project / "knowledge" / "fall.law"
    messy = FALL.replace("fall: h = g0*t^2/2", "fall:h=g0 * t^2/2")

    async def session(editor: Editor) -> list[list[types.TextEdit]]:
        answers = []
        for text in (FALL, messy):
            await editor.open(path, text)
            found = await editor.client.text_document_formatting_async(
                types.DocumentFormattingParams(
                    types.TextDocumentIdentifier(path.as_uri()), types.FormattingOptions(2, True)
                )
            )
            answers.append(list(found or []))
        return answers

    neat, (change,) = edit(project, session)
    assert neat == []
    assert change.new_text == FALL
    assert (change.range.start.line, change.range.end.line) == (0, FALL.count("\n"))


def test_hover_tells_meaning_dimension_and_range(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> list[str]:
        await editor.open(path)
        answers = []
        for word, after in (("*t^2", 1), ("g0*", 0), ("[m]", 1), ("motion.earth", 3)):
            found = await editor.client.text_document_hover_async(
                types.HoverParams(**at(path, FALL, word, after))
            )
            assert found is not None
            assert isinstance(found.contents, types.MarkupContent)
            answers.append(found.contents.value)
        return answers

    symbol, constant, unit, block = edit(project, session)
    assert "time since release" in symbol and "time" in symbol and "0 to 10" in symbol
    assert "9.80665" in constant and "motion.earth" in constant
    assert "length" in unit
    assert "g0" in block


def test_hover_on_nothing_says_nothing(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> types.Hover | None:
        await editor.open(path)
        return await editor.client.text_document_hover_async(
            types.HoverParams(**at(path, FALL, '"Free', 3))
        )

    assert edit(project, session) is None


@pytest.mark.parametrize(
    ("line", "expected", "absent"),
    [
        ("    fall: h = ", {"g0", "t", "sqrt", "pi"}, {"title"}),
        ("    v : speed [", {"m", "J", "mmHg"}, {"g0", "title"}),
        ("  ", {"symbols", "equations", "title"}, {"g0"}),
        ("  status ", {"confirmed", "draft"}, {"g0"}),
        ("  import motion.", {"motion.earth"}, {"g0"}),
        ("  import motion.earth (", {"g0"}, {"sqrt"}),
    ],
)
def test_completion_offers_what_may_stand_there(
    project: Path, line: str, expected: set[str], absent: set[str]
) -> None:
    path = project / "knowledge" / "fall.law"
    place = "    fall: h = g0*t^2/2" if line.startswith("    fall") else "  status  draft"
    text = FALL.replace(place, line)

    async def session(editor: Editor) -> set[str]:
        await editor.open(path, text)
        found = await editor.client.text_document_completion_async(
            types.CompletionParams(**at(path, text, "\n" + line + "\n", len(line) + 1))
        )
        assert isinstance(found, types.CompletionList)
        return {item.label for item in found.items}

    offered = edit(project, session)
    assert expected <= offered
    assert not absent & offered


def test_definition_leads_to_the_line_that_declares(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> list[types.Location]:
        await editor.open(path)
        found = []
        for word in ("h = g0", "g0*t", "t^2"):
            answer = await editor.client.text_document_definition_async(
                types.DefinitionParams(**at(path, FALL, word))
            )
            assert isinstance(answer, types.Location)
            found.append(answer)
        return found

    depth, gravity, time = edit(project, session)
    assert depth.uri == time.uri == path.as_uri()
    assert depth.range.start.line == FALL[: FALL.index("h : depth")].count("\n")
    assert time.range.start.line == FALL[: FALL.index("t : time")].count("\n")
    assert gravity.uri.endswith("motion.law") and gravity.range.start.line == 4


def test_a_repair_is_offered_as_a_quick_fix_that_clears_the_finding(project: Path) -> None:
    path = project / "knowledge" / "fall.law"
    wrong = FALL.replace("fall: h = g0*t^2/2", "fall: h == g0*t^2/2")

    async def session(editor: Editor) -> tuple[list[str], str]:
        await editor.open(path, wrong)
        found = editor.findings["fall.law"][0]
        actions = await editor.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(path.as_uri()),
                found.range,
                types.CodeActionContext([found]),
            )
        )
        assert actions
        action = actions[0]
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None and action.edit.changes is not None
        change = action.edit.changes[path.as_uri()][0]
        assert isinstance(change, types.TextEdit)
        lines: list[str] = wrong.split("\n")
        start, end = change.range.start, change.range.end
        line = lines[start.line]
        lines[start.line] = line[: start.character] + change.new_text + line[end.character :]
        mended = "\n".join(lines)
        await editor.write(path, mended)
        return codes(editor, "fall.law"), mended

    assert edit(project, session) == ([], FALL)


def test_the_outline_names_laws_symbols_and_equations(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> list[types.DocumentSymbol]:
        await editor.open(path)
        found = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(types.TextDocumentIdentifier(path.as_uri()))
        )
        return [entry for entry in found or [] if isinstance(entry, types.DocumentSymbol)]

    (law,) = edit(project, session)
    assert law.name == "fall"
    assert [part.name for part in law.children or ()] == ["t", "h", "fall"]


def test_a_saved_file_is_checked_against_its_neighbours(project: Path) -> None:
    path = project / "knowledge" / "motion.law"
    text = path.read_text(encoding="utf-8").replace("[m/s^2]", "[m/s]")

    async def session(editor: Editor) -> list[str]:
        await editor.open(project / "knowledge" / "fall.law")
        await editor.open(path)
        await editor.write(path, text)
        path.write_text(text, encoding="utf-8")
        await editor.save(path)
        await editor.until(lambda: codes(editor, "fall.law") != [])
        return codes(editor, "fall.law")

    assert edit(project, session) == ["L0203"]


def test_a_false_example_is_found_when_the_file_is_saved(project: Path) -> None:
    path = project / "knowledge" / "fall.law"
    text = FALL.replace("h = 20 [m]", "h = 40 [m]")
    path.write_text(text, encoding="utf-8")

    async def session(editor: Editor) -> list[str]:
        await editor.open(path)
        assert codes(editor, "fall.law") == []
        await editor.save(path)
        await editor.until(lambda: "L0501" in codes(editor, "fall.law"))
        return codes(editor, "fall.law")

    assert edit(project, session) == ["L0501"]


def test_a_file_that_is_no_law_does_not_end_the_server(project: Path) -> None:
    path = project / "knowledge" / "fall.law"

    async def session(editor: Editor) -> list[str]:
        await editor.open(path, "law \x00 ⟦ [[[[\n  symbols\n\t\t: : :\n" + "(" * 5000)
        assert codes(editor, "fall.law") != []
        for offset in (0, 3, 20):
            params = types.HoverParams(
                types.TextDocumentIdentifier(path.as_uri()), types.Position(0, offset)
            )
            await editor.client.text_document_hover_async(params)
        await editor.write(path, FALL)
        return codes(editor, "fall.law")

    assert edit(project, session) == []
