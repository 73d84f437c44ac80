"""What a project has published is recorded when asked for, and compared at every check."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lawc.cli.app import app
from lawc.diagnostics.diagnostic import Diagnostic, LawcError
from lawc.language_server.project import OpenProject
from lawc.pipeline import composing
from lawc.pipeline.checking import read_paths, read_project
from lawc.pipeline.publishing import SHOWN, published
from lawc.pipeline.survey import keeper_of, survey
from lawc.project.changes import look
from lawc.project.shelves import knowledge_files

SPRING = """\
law spring@1.0.0
  title   "Spring"
  status  contested
  symbols
    x     : stretch    [m]    0 .. 1
    kappa : stiffness  [N/m]  1 .. 5
    F     : force      [N]
  equations
    F = kappa*x
"""
PAIR = """\
system pair@1.0.0
  title   "Two springs, one behind the other"
  status  contested
  use spring as first
  use spring as second
  connect
    second.kappa = first.kappa
"""
DRAFT = SPRING.replace("spring", "draft").replace("contested", "draft").replace("*x", "*x/2")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    root = tmp_path / "project"
    (root / "knowledge").mkdir(parents=True)
    (root / "knowledge" / "one.law").write_text(SPRING)
    (root / "knowledge" / "two.law").write_text(PAIR + "\n" + DRAFT)
    return root


def lawc(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def record(root: Path) -> Result:
    return lawc("--record", root / "knowledge")


def change(root: Path, old: str, new: str, file: str = "one.law") -> None:
    path = root / "knowledge" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def found(root: Path) -> tuple[Diagnostic, ...]:
    """Return what is found, the same in every way of checking."""
    shelf = [root / "knowledge"]
    fresh = survey(shelf).diagnostics
    for _ in range(2):
        assert survey(shelf, keeper=keeper_of(shelf)).diagnostics == fresh
    assert read_paths(shelf)[0].diagnostics == fresh
    return fresh


def codes(root: Path) -> list[tuple[str, str]]:
    return [(one.code, one.place.path.removeprefix("knowledge/")) for one in found(root)]


def test_published_laws_are_recorded_and_drafts_are_not(root: Path) -> None:
    assert not published(root)
    done = record(root)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"2 versions recorded in {SHOWN}")
    assert sorted(published(root)) == ["one.spring", "two.pair"]
    text = (root / SHOWN).read_text()
    assert record(root).stdout.splitlines()[-1] == f"{SHOWN} stands"
    assert (root / SHOWN).read_text() == text
    assert [shown for shown, _ in knowledge_files(root)] == [
        "knowledge/one.law",
        "knowledge/two.law",
    ]


def test_a_change_is_found_in_the_law_and_in_the_system_that_uses_it(root: Path) -> None:
    record(root)
    assert codes(root) == []
    change(root, "kappa*x", "2*kappa*x")
    assert codes(root) == [("L0610", "one.law"), ("L0610", "two.law")]
    assert not any(one.is_error for one in found(root))
    change(root, "spring@1.0.0", "spring@2.0.0")
    change(root, "pair@1.0.0", "pair@2.0.0", "two.law")
    assert codes(root) == []


def test_an_editor_shows_it_as_one_types_and_bears_with_a_broken_record(root: Path) -> None:
    record(root)
    project = OpenProject(root)
    project.write("knowledge/one.law", SPRING.replace("0 .. 1", "0 .. 0.5"))
    assert [one.code for one in project.look("knowledge/one.law").findings] == ["L0610"]
    assert [one.code for one in project.look_at_all()["knowledge/one.law"]] == ["L0610"]
    (root / SHOWN).write_text("<<<<<<< ours")
    project.refresh()
    assert project.look("knowledge/one.law").findings == ()


def test_a_record_that_changes_is_seen_though_no_law_did(root: Path) -> None:
    record(root)
    text = (root / SHOWN).read_text()
    assert codes(root) == []
    (root / SHOWN).write_text(text.replace('"version": "1.0.0"', '"version": "1.0.1"'))
    assert codes(root) == [("L0610", "one.law"), ("L0610", "two.law")]
    (root / SHOWN).unlink()
    assert codes(root) == []


def test_only_laws_that_are_not_as_recorded_are_read_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(root)
    found(root)
    monkeypatch.setattr(composing, "laws_of", None)
    shelf = [root / "knowledge"]
    assert survey(shelf, keeper=keeper_of(shelf)).diagnostics == ()


@pytest.mark.parametrize(
    ("old", "new"), [("kappa*x", "2*kappa*x"), ("[N]", "[kg]"), ("@1.0.0", "@0.9.0")]
)
def test_nothing_is_recorded_where_something_is_wrong(root: Path, old: str, new: str) -> None:
    record(root)
    text = (root / SHOWN).read_text()
    change(root, old, new)
    change(root, "status  draft", "status  contested", "two.law")
    done = record(root)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == f"{SHOWN} stays as it is: see the findings"
    assert (root / SHOWN).read_text() == text


def test_a_part_of_a_project_is_recorded_beside_the_rest(root: Path) -> None:
    lawc("--record", root / "knowledge" / "one.law")
    assert sorted(published(root)) == ["one.spring"]
    (root / "knowledge" / "one.law").unlink()
    (root / "knowledge" / "two.law").write_text(DRAFT.replace("draft\n", "contested\n"))
    record(root)
    assert sorted(published(root)) == ["one.spring", "two.draft"]


@pytest.mark.parametrize("more", ["--quick", "--watch"])
def test_what_is_recorded_was_checked_in_full(root: Path, more: str) -> None:
    done = lawc("--record", more, root / "knowledge")
    assert isinstance(done.exception, LawcError)
    assert not (root / SHOWN).exists()


def test_a_record_is_no_link_no_folder_and_no_pipe(root: Path) -> None:
    file = root / SHOWN
    file.mkdir()
    with pytest.raises(LawcError, match="is no file"):
        survey([root / "knowledge"])
    file.rmdir()
    os.mkfifo(file)
    with pytest.raises(LawcError, match="is no file"):
        read_project(root)
    file.unlink()
    (root / "elsewhere").write_text("{}")
    file.symlink_to(root / "elsewhere")
    with pytest.raises(LawcError, match="symbolic link"):
        survey([root / "knowledge"])
    assert isinstance(record(root).exception, LawcError)


def test_a_watched_project_notices_that_its_record_was_written(root: Path) -> None:
    before = look([root / "knowledge"])
    record(root)
    assert look([root / "knowledge"]) != before
