"""The table that is kept beside the bytecode is the one that Lark makes of the grammar."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lawc.syntax import grammar
from lawc.syntax.table import FORMS


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Count what Lark makes, and keep tables in a folder of the test."""
    count: list[int] = []
    make = grammar.make_table

    def counted(text: str, forms: list[str]) -> dict[str, Any]:
        count.append(1)
        return make(text, forms)

    monkeypatch.setattr(grammar, "make_table", counted)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return count


def kept(folder: Path) -> Path:
    (file,) = folder.rglob("grammar*.json")
    return file


def test_a_kept_table_is_the_one_that_was_made(made: list[int], tmp_path: Path) -> None:
    fresh = grammar.plain_table(FORMS)
    assert grammar.plain_table(FORMS) == fresh
    assert len(made) == 1


@pytest.mark.parametrize("damage", ["", "{}", "other\n{}", "key\n[", "key\n", "key\n" + "[" * 5000])
def test_a_damaged_table_is_made_anew(made: list[int], tmp_path: Path, damage: str) -> None:
    grammar.plain_table(FORMS)
    file = kept(tmp_path)
    key = file.read_text().partition("\n")[0]
    file.write_text(damage.replace("key", key))
    assert set(grammar.plain_table(FORMS)["ends"]) == set(FORMS)
    assert len(made) == 2


def test_another_set_of_forms_has_another_table(made: list[int], tmp_path: Path) -> None:
    grammar.plain_table(FORMS)
    assert list(grammar.plain_table(FORMS[:2])["ends"]) == list(FORMS[:2])
    assert len(made) == 2


def test_nothing_is_written_where_bytecode_is_not(
    made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    grammar.plain_table(FORMS)
    assert list(tmp_path.rglob("*.json")) == []
