"""The command for a CUDA machine ends where there is none, and works on a device that is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.devices.strict import SETUP
from torch.utils import backend_registration

ROOT = Path(__file__).parents[2]


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/on_cuda.py", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_without_a_card_it_says_so_and_ends() -> None:
    done = ran()
    assert (done.returncode, done.stdout) == (0, "no CUDA device here\n"), done.stderr[-2000:]


@pytest.mark.skipif(
    not hasattr(backend_registration, SETUP),
    reason="this torch takes no device that is written in Python",
)
def test_on_a_device_it_compares_and_measures() -> None:
    small = "--points 40 --width 6 --rows 2000 --rounds 1 --laws Burgers --cases on_strict.py"
    done = ran("--device", "strict", *small.split())
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Equalities: 15 passed" in done.stdout
    law = next(line for line in done.stdout.splitlines() if line.startswith("| Burgers"))
    # Nothing compiles for this device, so eager torch is measured and chosen.
    assert "none here" in law and "| eager |" in law
    for rule in ("income-tax, exact", "ckd-risk, exact", "ckd-risk, soft"):
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"| {rule}"))
        assert line.endswith(" 0 |"), line
