"""The least set of channels that a network must carry for what is read of it.

A linear differential operator with constant coefficients is a polynomial in ∂/∂x. By Leibniz and
Faà di Bruno, what it makes of a product or of a function of a function speaks of the derivatives of
that polynomial, of all orders, and of nothing else: their span is closed, and a basis of it is all
that layers have to carry. So the Laplacian in the plane costs four channels, not five, and
∂t − ν∂xx three, not four. Coefficients are exact until the basis is made.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Index = tuple[int, ...]
"""Orders in the variables, in their order."""
Polynomial = Mapping[Index, Fraction]

LARGEST = 1000
"""A basis with larger coefficients would lose digits; single derivatives are carried then."""


@dataclass(frozen=True)
class Algebra:
    """Channels that are closed under composition, and how they multiply.

    Attributes:
        basis: Operators; the first is the value itself.
        products: For each channel i, the (j, k, c) with c·a_j·b_k in the i-th channel of a·b, where
            neither j nor k is the value: that part is a_0·b_i + a_i·b_0.
        reads: Each operator that was asked for, as (channel, coefficient) pairs.
    """

    basis: tuple[dict[Index, Fraction], ...]
    products: tuple[tuple[tuple[int, int, float], ...], ...]
    reads: tuple[tuple[tuple[int, float], ...], ...]

    def __len__(self) -> int:
        return len(self.basis)


def algebra(operators: Sequence[Polynomial], variables: int) -> Algebra:
    """Return the least algebra that holds these operators in so many variables."""
    found = _algebra(operators, variables)
    if any(abs(c) > LARGEST for polynomial in found.basis for c in polynomial.values()):
        # Each derivative alone, which spans more but has no coefficients.
        single = sorted({index for one in operators for index in one})
        alone = _algebra([{index: Fraction(1)} for index in single], variables)
        places = dict(zip(single, alone.reads, strict=True))
        reads = tuple(
            tuple((k, c * float(value)) for index, value in one.items() for k, c in places[index])
            for one in operators
        )
        return Algebra(alone.basis, alone.products, reads)
    return found


def _algebra(operators: Sequence[Polynomial], variables: int) -> Algebra:
    zero = (0,) * variables
    closed: list[dict[Index, Fraction]] = [{zero: Fraction(1)}]
    waiting = [dict(one) for one in operators]
    seen: set[tuple[tuple[Index, Fraction], ...]] = set()
    while waiting:
        one = _scaled(waiting.pop())
        key = tuple(sorted(one.items()))
        if not one or key in seen:
            continue
        seen.add(key)
        closed.append(one)
        waiting += [_derived(one, variable) for variable in range(variables)]
    basis: dict[Index, dict[Index, Fraction]] = {}
    for one in sorted(closed, key=lambda p: (_degree(p), len(p), sorted(p))):
        rest = _reduced(one, basis)
        if not rest:
            continue
        # The largest coefficient becomes one, so that the others stay small.
        pivot = max(rest, key=lambda index: (abs(rest[index]), index))
        rest = {index: value / rest[pivot] for index, value in rest.items()}
        for other in basis:
            basis[other] = _reduced(basis[other], {pivot: rest})
        basis[pivot] = rest
    pivots = list(basis)
    places = {pivot: k for k, pivot in enumerate(pivots)}
    reads = []
    for one in operators:
        reads.append(tuple((places[i], float(c)) for i, c in one.items() if i in places and c))
    return Algebra(
        tuple(basis[pivot] for pivot in pivots),
        tuple(_parts(basis[pivot], places) for pivot in pivots),
        tuple(reads),
    )


def _parts(
    polynomial: Polynomial, places: Mapping[Index, int]
) -> tuple[tuple[int, int, float], ...]:
    """Return P(ξ + η) as a sum of products of basis elements, read off at their pivots."""
    found: dict[tuple[int, int], Fraction] = {}
    for index, value in polynomial.items():
        for one in itertools.product(*(range(order + 1) for order in index)):
            other = tuple(whole - part for whole, part in zip(index, one, strict=True))
            if any(one) and any(other) and one in places and other in places:
                ways = math.prod(map(math.comb, index, one))
                key = places[one], places[other]
                found[key] = found.get(key, Fraction(0)) + value * ways
    return tuple((j, k, float(value)) for (j, k), value in sorted(found.items()) if value)


def _reduced(polynomial: Polynomial, basis: Mapping[Index, Polynomial]) -> dict[Index, Fraction]:
    rest = dict(polynomial)
    for pivot, other in basis.items():
        factor = rest.get(pivot)
        if factor:
            for index, value in other.items():
                rest[index] = rest.get(index, Fraction(0)) - factor * value
    return {index: value for index, value in rest.items() if value}


def _scaled(polynomial: Polynomial) -> dict[Index, Fraction]:
    largest = max((abs(value) for value in polynomial.values()), default=Fraction(0))
    return {index: value / largest for index, value in polynomial.items() if value}


def _derived(polynomial: Polynomial, variable: int) -> dict[Index, Fraction]:
    return {
        (*index[:variable], index[variable] - 1, *index[variable + 1 :]): value * index[variable]
        for index, value in polynomial.items()
        if index[variable]
    }


def _degree(polynomial: Polynomial) -> int:
    return max(sum(index) for index in polynomial)
