"""A stored module is trusted only as far as its digests reach, and is never half there."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from area import manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.artifact import paths
from lawc.artifact.manifest import ManifestError, read_manifest
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
    "hostile",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b'{"format": NaN}',
        b" " * 9_000_000,
        b'{"format": 1e999}',
    ],
    ids=["empty", "no fields", "deep list", "deep object", "no text", "nan", "large", "infinite"],
)
def test_a_hostile_manifest_is_refused_at_once(hostile: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ManifestError):
        read_manifest(hostile)
    assert time.monotonic() - began < 1.0


def sealed_with(**changes: object) -> bytes:
    """A manifest that was changed by somebody who can compute digests."""
    data = json.loads(manifest().to_text())
    data.update(changes)
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (
            "form",
            {
                "kind": "formula",
                "tape": {"inputs": ["a"], "steps": [["import", 0]], "outputs": [["A", 1]]},
            },
        ),
        ("form", {"kind": "pickle"}),
        (
            "form",
            {
                "kind": "formula",
                "tape": {"inputs": ["a"], "steps": [["exp", 7]], "outputs": [["A", 1]]},
            },
        ),
        (
            "form",
            {"kind": "formula", "tape": {"inputs": ["z"], "steps": [], "outputs": [["A", 0]]}},
        ),
        (
            "form",
            {
                "kind": "formula",
                "tape": {
                    "inputs": ["a"],
                    "steps": [["constant", 10**400]],
                    "outputs": [["A", 1]],
                },
            },
        ),
        ("valid", {"inputs": ["zz"], "steps": [], "outputs": [["m", 0]]}),
        ("error", {"inputs": ["a"], "steps": [], "outputs": [["B", 0]]}),
    ],
)
def test_a_sealed_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, key: str, value: object
) -> None:
    changed = manifest(**{key: value}).seal()
    (tmp_path / paths.MANIFEST).write_text(changed.to_text())
    with pytest.raises(ManifestError):
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
