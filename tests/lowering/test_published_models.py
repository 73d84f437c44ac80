"""Published models, stated as laws, answer as their references do."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@cache
def benchmark() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        path = BENCHMARKS / "published_models.py"
        spec = importlib.util.spec_from_file_location("published_models", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


@pytest.mark.parametrize("part", ["cantera", "strogatz"])
def test_published_models_answer_as_their_references(material: Path, part: str) -> None:
    lines = list(benchmark().PARTS[part]())
    assert len(lines) >= 7
    for line in lines:
        assert line.limit is None or line.error <= 1e-6, str(line)
