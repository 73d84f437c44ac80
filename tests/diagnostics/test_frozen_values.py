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

from lawc.diagnostics.diagnostic import Place, Spot
from lawc.diagnostics.immutable import frozen, immutable
from lawc.syntax.tree import Binary, Name, Node


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


spots = st.tuples(st.sampled_from(("a", "b")), st.integers(0, 3), st.integers(0, 3))


@given(spots, spots, st.booleans())
def test_a_place_may_be_given_as_what_it_is_made_of(
    one: tuple[str, int, int], other: tuple[str, int, int], made: bool
) -> None:
    given: Spot = Place(*one) if made else one
    name, again = Name(given, "m"), Name(place=other, name="m")
    assert (name == again) is (one == other)
    assert name != again or hash(name) == hash(again)
    assert name == Name(Place(*one), "m") and name.place == Place(*one)
    assert name.place is name.place
    for copied in (copy.copy(name), copy.deepcopy(name), replace(name)):
        assert copied == name and repr(copied) == repr(name)
    sum_of = Binary(given, "+", name, again)
    match sum_of:
        case Binary(place, "+", Name(_, "m"), right):
            assert (place, right) == (Place(*one), again)
        case _:
            pytest.fail("a sum is a pattern of its parts")
    assert [part.name for part in fields(Binary)] == ["place", "operator", "left", "right"]


@immutable
class Kept:
    """A number, and others that it goes with."""

    number: int
    size: int = 2
    others: list[int] = field(default_factory=list)


@immutable
class Leaf(Node):
    """A node with a part that has a default."""

    size: int
    of: Node | None = None


def test_a_class_whose_fields_cannot_be_given_in_turn_is_refused() -> None:
    def moved(self: object) -> None:
        """Set what nobody gives."""

    number: dict[str, object] = {"__annotations__": {"size": int, "number": int}}
    for odd in ({"size": 2}, {"number": field(init=False)}, {"__post_init__": moved}):
        with pytest.raises(TypeError, match="Odd"):
            immutable(type("Odd", (), number | odd))


def test_what_is_left_out_of_an_immutable_value_is_its_default() -> None:
    assert Kept(1) == Kept(1, size=2, others=[])
    assert Kept(1).others is not Kept(1).others
    assert Leaf(("a", 0, 1), 3) == Leaf(of=None, size=3, place=Place("a", 0, 1))
    for wrong in (lambda: Leaf(("a", 0, 1)), lambda: Leaf(("a", 0, 1), 3, None, 4)):  # type: ignore
        with pytest.raises(TypeError, match=r"Leaf\.__init__\(\)"):
            wrong()
