"""Small laws for the demonstration, without a build."""

from __future__ import annotations

import pytest
import torch

from lawc.demo import experiment
from lawc.demo.experiment import Task


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an experiment a matter of a second."""
    monkeypatch.setattr(experiment, "SEEDS", 2)
    monkeypatch.setattr(experiment, "SIZES", 2)
    monkeypatch.setattr(experiment, "STRENGTHS", (0.01, 100.0))


@pytest.fixture
def straight() -> Task:
    """Four groups on a straight line through zero, with a little of their own."""
    x = torch.arange(1.0, 13.0, dtype=torch.float64)
    groups = tuple("abcd"[k % 4] for k in range(12))
    own = torch.tensor([0.1, -0.1, 0.05, -0.05], dtype=torch.float64).repeat(3)
    return Task("straight", "y", "m", "group", {"x": x, "y": 2 * x + own}, groups, 3, "x")
