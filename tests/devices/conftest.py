"""The device that values are compared on: one that computes on the processor, or a card by name."""

from __future__ import annotations

import os

import pytest
import torch
from tests.devices.strict import STRICT, register

PLACE = os.environ.get("LAWC_DEVICE", STRICT)


@pytest.fixture(scope="session")
def place() -> torch.device:
    """The device, with its number."""
    return register() if PLACE == STRICT else torch.device(PLACE, 0)
