"""A stored module is trusted only as far as its digests reach, and is never half there."""

from __future__ import annotations

import json
import math
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from area import manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.artifact import paths
from lawc.artifact.manifest import Golden, Manifest, ManifestError, finite, read_manifest
from lawc.artifact.store import load, save
from lawc.diagnostics.diagnostic import DomainError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "modules" / "geometry" / "area"
    save(place, manifest(), {})
    return place


def test_what_was_saved_is_loaded(folder: Path) -> None:
    assert load(folder).manifest == manifest().seal()
    assert float(load(folder)({"a": 2.0, "b": 30.0}).value) == pytest.approx(6.0)
    assert sorted(path.name for path in folder.iterdir()) == ["card.md", "manifest.json"]


def test_a_module_whose_answers_differ_from_its_golden_ones_is_not_saved(tmp_path: Path) -> None:
    wrong = manifest().golden.model_copy(update={"outputs": {"A": [1.0, 7.0]}})
    with pytest.raises(DomainError, match=r"answers A off by 1\.4e-01 of its stored"):
        save(tmp_path / "area", manifest(golden=wrong), {})
    assert list(tmp_path.iterdir()) == []


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_change_of_a_manifest_is_refused(data: st.DataObject) -> None:
    text = manifest().seal().to_text().encode()
    position = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(32, 126))
    changed = text[:position] + bytes([byte]) + text[position + 1 :]
    with suppress(ManifestError):
        # Space for space, or another spelling of the same content, is no change.
        assert read_manifest(changed) == read_manifest(text)


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (b"", "not a manifest: Expecting value"),
        (b"{}", "not a manifest: name: Field required"),
        (b"[]", "not a manifest: as a whole: "),
        (b"[" * 100_000, "not a manifest: maximum recursion depth"),
        (b'{"a":' * 50_000, "not a manifest: maximum recursion depth"),
        (b"\xff\xfe", "not a manifest: 'utf-8' codec"),
        (b'{"format": NaN}', "finite numbers only, got NaN"),
        (b'{"format": -Infinity}', "finite numbers only, got -Infinity"),
        (b" " * 9_000_000, "at most 8000000 bytes, this one 9000000"),
        (b'{"format": 1e999}', "not a manifest: format: "),
    ],
    ids=lambda given: given[:24] if isinstance(given, bytes) else "",
)
def test_a_hostile_manifest_is_refused_at_once(hostile: bytes, says: str) -> None:
    began = time.process_time()
    with pytest.raises(ManifestError, match=re.escape(says)) as caught:
        read_manifest(hostile)
    assert time.process_time() - began < 1.0
    assert "\n" not in str(caught.value)


def sealed_with(**changes: object) -> Manifest:
    """A manifest that was changed by somebody who can compute digests."""
    return manifest(**changes).seal()


def port(number: int, **changes: object) -> dict[str, object]:
    ports = [one.model_dump() for one in manifest().inputs]
    ports[number].update(changes)
    return {"inputs": ports}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (port(0, factor=0), "inputs.0: Value error, the unit of a has the factor zero"),
        (port(0, low=10.0), "the range of a is empty: 10.0 .. 10.0"),
        (port(0, exec="x"), "inputs.0.exec: Extra inputs"),
        (port(0, name=""), "inputs.0.name: "),
        (port(0, low="-Infinity"), "inputs.0.low: "),
        (port(1, low=0.0), "a logarithmic range of b begins above zero"),
        (port(1, low=None), "a logarithmic range of b begins above zero"),
        (port(1, name="a"), "ports have different names, got ['a', 'a', 'A']"),
        ({"outputs": []}, "outputs: "),
        ({"format": 2}, "format: "),
        ({"more": 1}, "more: Extra inputs"),
        ({"name": "x" * 401}, "name: "),
        (
            {"golden": {"inputs": {"a": [1.0], "b": [1.0, 2.0]}, "outputs": {"A": [0.1]}}},
            "golden columns have different lengths",
        ),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(
    changes: dict[str, object], says: str
) -> None:
    data = {**json.loads(manifest().to_text()), **changes}
    with pytest.raises(ManifestError, match=re.escape(says)):
        read_manifest(json.dumps(data).encode())


def test_what_json_has_no_number_for_is_stored_as_nothing() -> None:
    stored = read_manifest(manifest(provenance={"loss": math.inf}).seal().to_text().encode())
    assert stored.provenance == {"loss": None}
    assert [finite(value) for value in (1.5, None, math.inf, math.nan)] == [1.5, None, None, None]


def formula(inputs: list[str], *steps: list[object]) -> dict[str, object]:
    tape = {
        "inputs": inputs,
        "steps": list(steps),
        "outputs": [["A", len(inputs) + len(steps) - 1]],
    }
    return {"kind": "formula", "tape": tape}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("form", formula(["a"], ["import", 0]), "step 0 has the unknown operation 'import'"),
        ("form", {"kind": "pickle"}, "expected a form of kind formula or network"),
        ("form", formula(["a"], ["exp", 7]), "step 0 reads a register that is not written yet"),
        ("form", formula(["z"]), "the form of geometry/area does not fit its ports"),
        ("form", formula(["a"], ["constant", 10**400]), "step 0 is a constant beyond any float"),
        (
            "valid",
            {"inputs": ["zz"], "steps": [], "outputs": [["m", 0]]},
            "the conditions of geometry/area read more than its inputs",
        ),
        (
            "error",
            {"inputs": ["a"], "steps": [], "outputs": [["B", 0]]},
            "the error bound of geometry/area does not fit its ports",
        ),
        (
            "error",
            {"inputs": ["zz"], "steps": [], "outputs": [["A", 0]]},
            "the error bound of geometry/area does not fit its ports",
        ),
        (
            "golden",
            Golden(inputs={"a": [1.0]}, outputs={"A": [1.0]}),
            "the golden points of geometry/area do not fit its ports",
        ),
        (
            "golden",
            Golden(inputs={"a": [1.0], "b": [1.0]}, outputs={"B": [1.0]}),
            "the golden points of geometry/area do not fit its ports",
        ),
    ],
)
def test_a_sealed_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, key: str, value: object, says: str
) -> None:
    (tmp_path / paths.MANIFEST).write_text(sealed_with(**{key: value}).to_text())
    with pytest.raises(ManifestError, match=re.escape(says)):
        load(tmp_path)


def test_a_folder_that_stepped_aside_is_read_and_put_back(folder: Path) -> None:
    """The state after a kill between the two renames of a replacement."""
    aside = folder.parent / f".{folder.name}.old"
    folder.rename(aside)
    assert load(folder).verify() < 1e-12
    assert paths.read_build_key(folder) == ""
    paths.recover(folder)
    assert folder.is_dir() and not aside.exists()


def test_a_half_written_new_folder_is_dropped_and_the_old_one_stands(folder: Path) -> None:
    left = folder.parent / f".{folder.name}.new-1234"
    left.mkdir()
    (left / paths.MANIFEST).write_text("{")
    assert load(folder).verify() < 1e-12
    save(folder, manifest(licence="CC0"), {})
    assert not left.exists()
    assert load(folder).manifest.licence == "CC0"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
