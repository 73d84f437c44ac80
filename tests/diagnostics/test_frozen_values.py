"""A frozen value is a dataclass like any other, but for assignments, which it refuses."""

from __future__ import annotations

import copy
import inspect
import weakref
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.diagnostics.immutable import frozen


@frozen
class Pair:
    """Two numbers and a remark."""

    left: int
    right: int = 0
    remark: str = field(default="", compare=False)

    @property
    def total(self) -> int:
        return self.left + self.right


numbers = st.integers(-3, 3)


@given(numbers, numbers, numbers, numbers)
def test_values_are_equal_where_the_fields_that_compare_are(a: int, b: int, c: int, d: int) -> None:
    one, other = Pair(a, b, "one"), Pair(c, right=d)
    assert (one == other) is ((a, b) == (c, d))
    assert one != other or hash(one) == hash(other)


@given(numbers, numbers)
def test_copies_and_replacements_are_values_of_the_same_class(left: int, right: int) -> None:
    pair = Pair(left, right, "kept")
    for other in (copy.copy(pair), copy.deepcopy(pair), replace(pair, left=left)):
        assert type(other) is Pair
        assert (other, other.remark, other.total) == (pair, "kept", left + right)
    assert replace(pair, right=right + 1) != pair


def test_nothing_of_a_value_can_be_set_or_deleted() -> None:
    pair: Any = Pair(1, 2)
    for name in ("left", "remark", "total", "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(pair, name, 3)
        with pytest.raises(FrozenInstanceError):
            delattr(pair, name)
    assert pair == Pair(1, 2)


def test_the_class_shows_its_fields_its_signature_and_its_own_name() -> None:
    assert is_dataclass(Pair)
    assert [part.name for part in fields(Pair)] == ["left", "right", "remark"]
    assert list(inspect.signature(Pair).parameters) == ["left", "right", "remark"]
    assert (Pair.__name__, Pair.__module__, Pair.__doc__) == (
        "Pair",
        __name__,
        "Two numbers and a remark.",
    )
    assert repr(Pair(1)) == "Pair(left=1, right=0, remark='')"


def test_a_value_can_be_held_weakly_and_lacks_no_field() -> None:
    pair = Pair(1)
    assert weakref.ref(pair)() is pair
    make: Any = Pair
    with pytest.raises(TypeError):
        make()
