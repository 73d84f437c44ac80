"""Settings for all tests: one thread each, no deadlines on a crowded machine, material if there."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Set before torch is imported: workers share the cores among themselves.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# A change is judged by the same examples each time; at a desk each run looks at new ones.
settings.register_profile("lawc", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("lawc")


@pytest.fixture(scope="session")
def material() -> Path:
    """The folder of published data and worked values beside the checkout."""
    folder = Path(__file__).parent.parent.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder of published material is not beside this checkout")
    return folder


@pytest.fixture(scope="module")
def own_time() -> Iterator[None]:
    """Keep the collector from what earlier tests left in this process while times are taken.

    A pass over that falls into whatever test is running.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
