"""What a law is made of does not change in anybody's hands."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

import lawc


def test_no_part_of_a_law_takes_an_assignment() -> None:
    law = lawc.library()["physics.mechanics.damped-oscillator"]
    parts: list[Any] = [
        law,
        law.quantities["m"],
        law.quantities["m"].unit,
        law.quantities["m"].dimension,
        law.equations[0],
        law.conditions[0],
        law.validity[0],
        law.examples[0],
        law.claims[0],
    ]
    for part in parts:
        name = next(iter(part.__dataclass_fields__))
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, getattr(part, name))
