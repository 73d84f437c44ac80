"""Dimensions form a group under multiplication, with rational powers, and print as people write."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lawc.units.dimension import BASES, NONE, Dimension

powers = st.fractions(min_value=-6, max_value=6, max_denominator=4)
bases = st.sampled_from([*BASES, "currency:EUR", "currency:USD"])
dimensions = st.dictionaries(bases, powers, max_size=5).map(Dimension.of)


@given(dimensions, dimensions, dimensions)
def test_the_product_is_associative_and_commutative(
    a: Dimension, b: Dimension, c: Dimension
) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * b == b * a


@given(dimensions, dimensions)
def test_the_plain_number_is_neutral_and_a_quotient_undoes_a_product(
    a: Dimension, b: Dimension
) -> None:
    assert a * NONE == a
    assert (a * b) / b == a
    assert (a / a).is_none


@given(dimensions, dimensions, powers, powers)
def test_powers_distribute_and_add_up(a: Dimension, b: Dimension, p: Fraction, q: Fraction) -> None:
    assert (a * b) ** p == a**p * b**p
    assert a**p * a**q == a ** (p + q)
    assert (a**p) ** q == a ** (p * q)


@given(st.dictionaries(bases, powers, max_size=5))
def test_a_dimension_keeps_the_exponents_it_was_made_of(given_powers: dict[str, Fraction]) -> None:
    made = Dimension.of(given_powers)
    assert all(made.exponent(base) == power for base, power in given_powers.items())
    assert all(power != 0 for _, power in made.exponents)


def test_a_dimension_prints_in_the_order_of_a_textbook() -> None:
    energy = Dimension.of({"time": -2, "length": 2, "mass": 1})
    assert str(energy) == "mass · length² / time²"
    assert str(Dimension.of({"time": -1, "length": -2, "amount": 1})) == "amount / (length² · time)"
    assert str(Dimension.of({"time": -1})) == "1 / time"
    assert str(Dimension.of({"length": Fraction(1, 2)})) == "length^(1/2)"
    assert str(Dimension.of({"currency:EUR": 1, "count": -1})) == "EUR / count"
    assert str(NONE) == "a plain number"
