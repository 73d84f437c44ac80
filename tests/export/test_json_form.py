"""Laws go to JSON and come back without loss; what is not in the form is refused with its path."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from lawc.analysis.checking import check
from lawc.cli.app import app
from lawc.diagnostics.diagnostic import CheckError, LawcError, Place, Source
from lawc.export.formats import schema_text
from lawc.export.json_form import SCHEMA_ID, to_json, told, usual
from lawc.export.json_reading import MOST_BYTES, UnfitError, read_json
from lawc.export.json_schema import schema
from lawc.importers.formats import import_file
from lawc.syntax import document as written
from lawc.syntax.comparing import without_places
from lawc.syntax.document import Document
from lawc.syntax.parsing import parse
from lawc.syntax.rules import document as rule_document

sys.path.insert(0, str(Path(__file__).parents[1] / "syntax"))
from formulas import LAW, conditions, law, sides
from rule_texts import HEAD

pytestmark = pytest.mark.usefixtures("own_time")

ROOT = Path(__file__).parents[2]
EVERY = (Path(__file__).parent / "every_line.law").read_text(encoding="utf-8")
PUBLISHED = ROOT / "compiler" / "lawc" / "export" / "law-document.schema.json"
EVERY_RULE = (Path(__file__).parent / "every_line.rule").read_text(encoding="utf-8")
RULES = tuple(sorted((ROOT / "rules").rglob("*.rule")))
SHIPPED = tuple(sorted((ROOT / "knowledge").rglob("*.law")))
CORPUS = {
    **{path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in SHIPPED},
    "docs/language.law.md": (ROOT / "docs" / "language.md").read_text(encoding="utf-8"),
    "docs/rule-language.rule.md": (ROOT / "docs" / "rule-language.md").read_text(encoding="utf-8"),
    "every/line.law": EVERY,
    "every/line.rule": EVERY_RULE,
    "formulas.law": LAW,
}

value = st.recursive(
    st.sampled_from(["x", "y", "2 [USD]", "x/2", "-x", "1e-3", "value(x, [USD])", "min(x, y)"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("{}*({} - {})".format, inner, inner, inner),
        st.builds("(if {} is known then {} else {})".format, inner, inner, inner),
        st.builds("(({} is not applicable or {} < {}) and not d > 2024-01-01)".format,
                  inner, inner, inner),
    ),
    max_leaves=5,
)  # fmt: skip

validator = Draft202012Validator(schema())


def document(text: str, path: str = "a.law") -> Document:
    found, findings = parse(Source(path, text))
    assert findings == ()
    return found


def hold(text: str, path: str = "a.law") -> None:
    """The promise: nothing is lost either way, and the schema knows all of it."""
    before = document(text, path)
    form = to_json(before)
    validator.validate(form)
    after, again = read_json("laws.json", json.dumps(form).encode())
    assert without_places(after) == without_places(before)
    assert to_json(after) == form
    assert to_json(document(again, form["path"])) == form


@pytest.mark.parametrize("path", CORPUS)
def test_laws_go_to_json_and_back_without_loss(path: str) -> None:
    hold(CORPUS[path], path)


@settings(max_examples=60)
@given(sides, sides, conditions)
def test_any_formula_goes_to_json_and_back(left: str, right: str, condition: str) -> None:
    symbols = "t : time [s]\nx : place (t) [m]\nm : mass [kg]\nF0, k_1, α, µ, S : a [1]"
    symbols += "\nw : velocity vector3 [m/s]"
    hold(law(symbols=symbols, equations=f"{left} = {right}", valid=f'{condition} "words"'))


@pytest.mark.parametrize(
    "formula", ["d/dt(x)", "(dx)/(dt)", "d2/dt2(x)", "dx/(dt)*d/dt(x)", "m/dx"]
)
def test_a_derivative_and_a_quotient_of_alike_names_stay_apart(formula: str) -> None:
    symbols = "t : time [s]\nx : place (t) [m]\nm : m [kg]\ndx : step [m]\ndt : step [s]"
    hold(law(symbols=symbols, equations=f"m = {formula}"))


def leaves(value: Any) -> Iterator[Any]:
    """Yield all dataclasses of a document."""
    if isinstance(value, tuple):
        for part in value:
            yield from leaves(part)
    elif is_dataclass(value) and not isinstance(value, Place | Source):
        yield value
        for field in fields(value):
            yield from leaves(getattr(value, field.name))


def test_every_field_of_a_document_is_carried() -> None:
    kinds = {
        kind
        for module in (written, rule_document)
        for kind in vars(module).values()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
    } - {Document, written.Word}
    wanted = {f"{kind.__name__}.{name}" for kind in kinds for name in told(kind)}
    filled = {
        f"{type(node).__name__}.{name}"
        for path, text in CORPUS.items()
        for node in leaves(document(text, path).blocks)
        if type(node) in kinds
        for name in told(type(node))
        if name not in usual(type(node)) or getattr(node, name) != usual(type(node))[name]
    }
    # A new field needs a line in every_line.law, which then goes to JSON and back.
    assert wanted - filled == set()


def of_rules(documents: Iterable[Document]) -> dict[str, str]:
    """Return the digests of all rules of some documents."""
    base, findings = check(list(documents))
    assert [found for found in findings if found.is_error] == []
    return {identity: rule.digest for identity, rule in base.rules.items()}


def test_every_shipped_rule_keeps_its_digest() -> None:
    constants = [document(text, path) for path, text in CORPUS.items() if "constants" in path]
    written = [document(p.read_text("utf-8"), p.relative_to(ROOT).as_posix()) for p in RULES]
    back: list[Document] = []
    for one in written:
        form = to_json(one)
        after, text = read_json("rules.json", json.dumps(form).encode())
        assert to_json(after) == form and after.source.text == text
        back.append(after)
    before = of_rules([*constants, *written])
    assert len(before) >= 139 and of_rules([*constants, *back]) == before


@settings(max_examples=60)
@given(value, value)
def test_any_formula_of_a_rule_goes_to_json_and_back(one: str, other: str) -> None:
    text = f"  clauses\n    x = {one} when stage = G1\n    x = 2 [USD] when not ({other} > 3)\n"
    cell = f"  table stage by y\n    | y | stage |\n    | < {one} | G1 |\n    | - | very-high |\n"
    hold(HEAD + text + "\n" + cell, "a.rule")


def test_the_published_schema_is_the_one_of_the_form() -> None:
    Draft202012Validator.check_schema(schema())
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def small(text: str = EVERY) -> dict[str, Any]:
    return to_json(document(text))


def refused(form: Any) -> str:
    with pytest.raises(LawcError) as refusal:
        read_json("laws.json", json.dumps(form).encode())
    return str(refusal.value)


def test_a_key_that_is_not_known_is_refused_with_its_path() -> None:
    form = small()
    form["blocks"][0]["symbols"][2]["units"] = "m"
    assert "laws.json#/blocks/0/symbols/2/units: this key is none of" in refused(form)
    assert not validator.is_valid(form)


def test_a_missing_key_and_a_wrong_type_are_refused_with_their_path() -> None:
    form = small()
    del form["blocks"][0]["equations"][0]["right"]
    assert refused(form) == "laws.json#/blocks/0/equations/0: the key right is missing"
    form = small()
    form["blocks"][1]["symbols"][0]["log"] = "yes"
    assert "#/blocks/1/symbols/0/log: expected true or false" in refused(form)
    assert "#/$schema: expected" in refused({**small(), "$schema": "urn:other"})


def test_a_formula_that_cannot_be_read_is_shown_with_its_path() -> None:
    form = small()
    form["blocks"][0]["equations"][0]["left"] = "m a"
    form["blocks"][0]["always"][1]["subject"] = "sin("
    with pytest.raises(CheckError) as refusal:
        read_json("laws.json", json.dumps(form).encode())
    assert "--> laws.json#/blocks/0/equations/0/left:1:3" in str(refusal.value)
    assert [found.place.path.partition("#")[2] for found in refusal.value.diagnostics] == [
        "/blocks/0/equations/0/left",
        "/blocks/0/always/1/subject",
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("symbols", 0, "words"), "time # a comment"),
        (("symbols", 0, "words"), "time [kg] 1 .. 2"),
        (("symbols", 0, "words"), "time\n    z : more"),
        (("symbols", 0, "unit"), "m] 0 .. 1 ["),
        (("symbols", 0, "high"), "1 log"),
        (("symbols", 0, "names"), ["t", "a:b"]),
        (("head", 0, "value"), 'a" # "'),
        (("equations", 0, "label"), "a: b"),
        (("equations", 0, "relation"), "= 1 +"),
        (("equations", 1, "right"), "x # a comment"),
        (("valid", 0, "condition"), 'x < 1 "words"'),
        (("valid", 0, "words"), 'a" "b'),
        (("always", 0, "form"), "is constant where m > 1"),
        (("always", 3, "towards"), None),
        (("examples", 0, "value"), "1 within 2"),
        (("examples", 0, "given"), [["t", "1, m = 2"]]),
        (("imports", 0, "identity"), "../../secret (R"),
        (("name",), "a@1"),
        (("kind",), "rule"),
        (("kind",), "# law"),
        (("kind",), "law\u2028"),
        (("name",), "\ud800"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(
    path: tuple[str | int, ...], value: Any
) -> None:
    form = small()
    node: Any = form["blocks"][0]
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    assert "laws.json" in refused(form) or "a.law" in refused(form)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps", 0, "rows", 0, "cells", 5, "text"), 'one" | "two'),
        (("steps", 0, "rows", 0, "cells", 6, "text"), "G1"),
        (("steps", 0, "rows", 0, "cells", 5, "text"), 'a" # "b'),
        (("steps", 0, "rows", 0, "cells", 0, "tests", 0, "low"), "90 | - | -"),
        (("steps", 0, "rows", 0, "cells", 0, "tests", 0, "relation"), ">= 3, <"),
        (("steps", 0, "rows", 0, "cells", 0), {"value": "3 + 1"}),
        (("steps", 0, "rows", 0, "cells"), []),
        (("steps", 0, "header", 1, "name"), "ACR | x"),
        (("steps", 0, "policy"), "last"),
        (("steps", 0, "kind"), "score"),
        (("steps", 0, "step"), "scale"),
        (("steps", 0, "step"), "nothing"),
        (("steps", 1, "header", 1, "name"), "> 3"),
        (("steps", 1, "header", 1, "tests"), []),
        (("steps", 2, "rounding", "mode"), "down to 3 [USD] by"),
        (("steps", 4, "words"), 'a" when x > 3 "'),
        (("steps", 4, "label"), "A1: x = 3 [USD] when y"),
        (("steps", 5, "defeats"), ["A1 when x"]),
        (("soft", 0, "widths", 0, 1), "3, x +/- 2"),
        (("sample", 0, "unit"), "USD] 3"),
        (("sample", 0, "family"), "normal(3)"),
        (("applies", 0, "jurisdiction"), "US from 2020-01-01"),
        (("applies", 0, "since"), "3"),
        (("calendar", 0, "key"), "holiday"),
        (("calendar", 0, "values"), ["2024-01-01, 3"]),
        (("cases", 0, "header", 0, "name"), "as  of"),
        (("parameters", 0, "rows", 0, "cells", 1, "value"), "1 [USD] # no"),
    ],
)
def test_what_would_be_read_as_another_rule_is_refused(
    path: tuple[str | int, ...], value: Any
) -> None:
    form = small(EVERY_RULE)
    node: Any = form["blocks"][0]["rule"]
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    assert "laws.json" in refused(form) or "a.law" in refused(form)


def test_a_law_has_no_part_of_a_rule_and_a_rule_no_equation() -> None:
    law_form, rule_form = small(), small(EVERY_RULE)
    equations = law_form["blocks"][0]["equations"]
    law_form["blocks"][0]["rule"] = rule_form["blocks"][0]["rule"]
    rule_form["blocks"][0]["equations"] = equations
    assert "#/blocks/0/rule" in refused(law_form)
    assert "#/blocks/0" in refused(rule_form)


@pytest.mark.parametrize("keys", [("right", "variable"), ("variable",), ("variable", "at")])
def test_a_boundary_that_says_no_place_is_refused(keys: tuple[str, ...]) -> None:
    form = small()
    (lines,) = [block["boundary"] for block in form["blocks"] if "boundary" in block]
    for key in keys:
        lines[0].pop(key)
    assert "/boundary/0" in refused(form)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1, 2",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
        b'{"$schema": NaN}',
        b'{"blocks": [], "blocks": []}',
        b'{"a": 1e999}',
        b"\xff\xfe",
        b'"' + b"\\" * 200_000,
        b" " * (MOST_BYTES + 1),
        json.dumps({"$schema": SCHEMA_ID, "blocks": [{"kind": "law"}] * 1000}).encode(),
        json.dumps({"$schema": SCHEMA_ID, "blocks": {}}).encode(),
        json.dumps({"$schema": SCHEMA_ID, "path": "a\nb", "blocks": []}).encode(),
    ],
    ids=range(14),
)
def test_a_hostile_file_is_refused_at_once(data: bytes) -> None:
    start = perf_counter()
    with pytest.raises(UnfitError):
        read_json("laws.json", data)
    assert perf_counter() - start < 1


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.sampled_from(
        ["t", "x < 1", "x = 1", "#", '"', "[", "..", "oo", "law", "if", "1 .. 2", "-1"]
    ),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
)


@settings(max_examples=100)
@given(text=st.sampled_from([EVERY, EVERY_RULE]), data=st.data())
def test_any_change_is_refused_or_carried_without_loss(text: str, data: st.DataObject) -> None:
    form = small(text)
    node: Any = form
    while True:
        key: Any = data.draw(
            st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node)))
        )
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(odd)
    try:
        after, text = read_json("laws.json", json.dumps(form).encode())
    except LawcError:
        return
    again, findings = parse(Source(after.source.path, text))
    assert findings == ()
    assert without_places(again) == without_places(after)


def test_the_commands_export_and_import_a_file(tmp_path: Path) -> None:
    run = CliRunner().invoke
    source, target = SHIPPED[0], tmp_path / "laws.json"
    assert run(app, ["export", str(source), "-o", str(target)]).exit_code == 0
    text = import_file(target.name, target.read_bytes()).text
    assert without_places(document(text)) == without_places(
        document(source.read_text(encoding="utf-8"))
    )
    assert run(app, ["export", "--schema"]).output == schema_text()
    assert run(app, ["export", str(source), "--to", "yaml"]).exit_code == 1
    broken = tmp_path / "broken.law"
    broken.write_text("law a\n  equations\n    F = m a\n", encoding="utf-8")
    assert isinstance(run(app, ["export", str(broken)]).exception, CheckError)
