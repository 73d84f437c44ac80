"""Against the public table of QUDT: no symbol, name or code is silently wrong."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "units_qudt.py"
    spec = importlib.util.spec_from_file_location("units_qudt", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_spelling_is_right_or_refused_but_for_the_listed_ones(
    benchmark: ModuleType, material: Path
) -> None:
    verdicts = benchmark.compare(material / "material/equations/qudt/qudt_units.csv")
    least = {"symbol": 0.84, "name": 0.91, "bare name": 0.91, "UCUM code": 0.95}
    for column, found in verdicts.items():
        counts = found.dimensions
        assert found.wrong == []
        assert counts["right"] + counts["refused"] >= 0.99 * counts.total(), column
        assert counts["right"] >= least[column] * counts.total(), column
    used = set().union(*(found.listed for found in verdicts.values()))
    assert used == set(benchmark.LISTED)
    used_factors = set().union(*(found.listed_factors for found in verdicts.values()))
    assert used_factors == set(benchmark.FACTORS)
