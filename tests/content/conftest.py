"""The shipped shelf, read and checked once for all tests of its content."""

from __future__ import annotations

import pytest

from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import read_library


@pytest.fixture(scope="session")
def library() -> KnowledgeBase:
    return read_library()
