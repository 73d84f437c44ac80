"""A small project on disk, for an editor to open."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import EARTH, FALL


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shelf = tmp_path / "knowledge"
    shelf.mkdir()
    (shelf / "fall.law").write_text(FALL, encoding="utf-8")
    (shelf / "motion.law").write_text(EARTH, encoding="utf-8")
    return tmp_path
