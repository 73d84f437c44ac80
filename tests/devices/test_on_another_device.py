"""Values on another device are those of the processor, on one that is as strict as a card.

What is shown stands in the files `on_*.py` beside this one. Each runs in a process of its own:
torch has one place for devices of others, and takes them in before its first backward pass.
`LAWC_DEVICE=cuda` runs the same on a card (`benchmarks/on_cuda.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.devices.strict import SETUP
from torch.utils import backend_registration

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.skipif(
    not hasattr(backend_registration, SETUP),
    reason="this torch takes no device that is written in Python",
)
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("on_*.py")))
def test_values_are_those_of_the_processor(name: str) -> None:
    # Helpers of the rooms are found by their own names, as where the rooms are tested.
    beside = os.pathsep.join(
        str(ROOT / "tests" / room) for room in ("linking", "artifact", "lowering")
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(HERE / name)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": beside, "LAWC_DEVICE": "strict"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
