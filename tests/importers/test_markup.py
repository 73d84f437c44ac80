"""Markup is read without entities, without opening anything, and in bounded time."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from cellml_texts import CELLML, MATHML, apply, ci, cn, component, model, variable
from hypothesis import given
from hypothesis import strategies as st

from lawc.importers.formats import import_file
from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import DEEPEST, MOST_BYTES, read_markup

pytestmark = pytest.mark.usefixtures("own_time")

ROOT = f'<model xmlns="{CELLML}" name="m">'


def typed(declarations: str, body: str = "") -> str:
    """Return a model behind a document type."""
    return f"<!DOCTYPE m [{declarations}]>{ROOT}{body}</model>"


LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 30)
)
NEGATED = "<apply><minus/>" * 5_000 + "<ci>x</ci>" + "</apply>" * 5_000
MANY = " ".join(f"b{i}='1'" for i in range(100_000))
NINES = f"<cn cellml:units='second'>{'9' * 90_000}</cn>"
PIECE = f"<piece>{cn('1')}{apply('lt', ci('x'), cn('2'))}</piece>"


def of_x(formula: str) -> str:
    """Return a model with one equation."""
    return model(component(variable("x"), apply("eq", ci("x"), formula))).decode()


HOSTILE = {
    "a long product": of_x(apply("times", *[ci("x")] * 20_000)),
    "nested products": of_x("<apply><times/>" * 90 + (ci("x") * 100 + "</apply>") * 90),
    "many pieces": of_x(f"<piecewise>{PIECE * 10_000}</piecewise>"),
    "an entity bomb": typed(LAUGHS, "&a29;"),
    "a quadratic entity": typed(f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 5_000),
    "an external entity": typed('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;"),
    "a parameter entity": typed('<!ENTITY % a SYSTEM "http://127.0.0.1:9/x">%a;'),
    "an external document type": f'<!DOCTYPE m SYSTEM "http://127.0.0.1:9/m">{ROOT}</model>',
    "an entity of nobody": f"{ROOT}&nobody;</model>",
    "deep nesting": ROOT + "<a>" * 100_000 + "</a>" * 100_000 + "</model>",
    "deep nesting, unclosed": ROOT + "<a>" * 1_000_000,
    "a deep formula": model(component(variable("x"), apply("eq", ci("x"), NEGATED))).decode(),
    "many elements": ROOT + "<a/>" * 1_000_000 + "</model>",
    "a huge attribute": f'<model xmlns="{CELLML}" name="{"x" * 5_000_000}"/>',
    "many attributes": f"{ROOT}<a {MANY}/></model>",
    "a huge text": f"{ROOT}<a>{'x' * 5_000_000}</a></model>",
    "a huge number": model(component(variable("x"), apply("eq", ci("x"), NINES))).decode(),
    "an encoding of nobody": f'<?xml version="1.0" encoding="nobody"?>{ROOT}</model>',
    "a namespace of nobody": '<model xmlns="http://www.cellml.org/cellml/9.9#" name="m"/>',
    "another root": f'<math xmlns="{MATHML}">www.cellml.org/cellml/</math>',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_markup_is_refused_quickly(text: str) -> None:
    begun = time.process_time()
    try:
        imported = import_file("model.cellml", text.encode())
        assert any(remark.is_error for remark in imported.remarks)
        assert imported.text == ""
    except ImportRefusedError as refusal:
        assert "\n" not in str(refusal)
        assert len(str(refusal)) < 300
    assert time.process_time() - begun < 1


LAUGHING_UNITS = "".join(
    f'<units name="u{i}"><unit units="u{i + 1}"/><unit units="u{i + 1}" exponent="-1"/></units>'
    for i in range(45)
)
LONG = [f"v{i}" for i in range(5_000)]
SLOW = {
    "units that use others twice": model(
        LAUGHING_UNITS
        + '<units name="u45"/>'
        + component(variable("x", "u0"), apply("eq", ci("x"), cn("1", "u0")))
    ),
    "large units": model(
        '<units name="u"><unit units="metre" prefix="300" exponent="3"/></units>'
        + component(variable("x", "u"), apply("eq", ci("x"), cn("1")))
    ),
    "equations in the worst order": model(
        component(
            "".join(variable(name) for name in LONG) + variable("end", initial="1"),
            "".join(
                apply("eq", ci(one), ci(other))
                for one, other in zip(LONG, [*LONG[1:], "end"], strict=True)
            ),
        )
    ),
    "names of one letter": model(
        "".join(
            component(variable("é" * i), apply("eq", ci("é" * i), cn("1")), f"c{i}")
            for i in range(1, 150)
        )
    ),
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW.keys())
def test_what_could_take_long_is_read_quickly(data: bytes) -> None:
    begun = time.process_time()
    import_file("model.cellml", data)
    assert time.process_time() - begun < 2


def test_a_formula_as_deep_as_allowed_costs_no_recursion_error() -> None:
    inner = "<apply><minus/>" * (DEEPEST - 10) + "<ci>x</ci>" + "</apply>" * (DEEPEST - 10)
    imported = import_file("m.cellml", model(component(variable("x"), apply("eq", ci("x"), inner))))
    assert imported.text


def test_other_files_are_named_and_never_opened(tmp_path: Path) -> None:
    other = tmp_path / "other.cellml"
    data = model(f'<import href="{other.as_uri()}"/>' + component(variable("x", initial="1"), ""))
    imported = import_file("m.cellml", data)
    assert [r.sentence for r in imported.remarks] == ["import is not read: only this file is"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_markup(data)
    except ImportRefusedError as refusal:
        assert "\n" not in str(refusal)


@given(st.data())
def test_a_damaged_model_is_read_or_refused(data: st.DataObject) -> None:
    text = model(component(variable("x", "second", "1"), apply("eq", ci("x"), ci("x"))))
    at = data.draw(st.integers(0, len(text) - 1))
    what = data.draw(st.sampled_from([b"", b"<", b">", b"&", b'"', b"</apply>", b"<ci/>", b"\xff"]))
    wide = data.draw(st.integers(0, 30))
    with contextlib.suppress(ImportRefusedError):
        import_file("m.cellml", text[:at] + what + text[at + wide :])


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(ImportRefusedError, match="bytes"):
        read_markup(b"<" * (MOST_BYTES + 1))


def test_text_on_both_sides_of_a_child_stays_apart() -> None:
    assert read_markup(b"<cn>1.5<sep/>3</cn>").text.split() == ["1.5", "3"]
