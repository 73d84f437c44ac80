"""Terms of the solver: a value, when it is applicable, and when it has no result."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from lawc.diagnostics.immutable import immutable
from lawc.proofs.library import FALSE, TRUE, all_of, any_of, either, is_false, is_true, z3
from lawc.proofs.world import Real, as_fraction, quotient


@immutable
class Term:
    """A value of the solver, when it is applicable, and when it has no result."""

    value: Real
    applicable: Real = TRUE
    fails: Real = FALSE


def truth(term: Term) -> Real:
    """Return a term as a condition."""
    held = term.value if z3.is_bool(term.value) else term.value != 0
    return conjunction([held, term.applicable])


def choose(condition: Real, first: Term, second: Term) -> Term:
    """Return one term under a condition, and the other where it does not hold."""
    a, b = first.value, second.value
    if not (z3.is_bool(a) and z3.is_bool(b)):
        a, b = alike(as_number(a), as_number(b))
    value = a if a.eq(b) else either(condition, a, b)
    same = first.applicable.eq(second.applicable)
    applicable = (
        first.applicable if same else either(condition, first.applicable, second.applicable)
    )
    fails = FALSE
    if not (is_false(first.fails) and is_false(second.fails)):
        fails = either(condition, first.fails, second.fails)
    return Term(value, applicable, fails)


def conjunction(conditions: list[Real]) -> Real:
    """Return that all of these hold, without what is plainly true."""
    kept = [c for c in conditions if not is_true(c)]
    return TRUE if not kept else kept[0] if len(kept) == 1 else all_of(kept)


def disjunction(conditions: list[Real]) -> Real:
    """Return that one of these holds, without what plainly does not."""
    kept = [c for c in conditions if not is_false(c)]
    return FALSE if not kept else kept[0] if len(kept) == 1 else any_of(kept)


def negation(condition: Real) -> Real:
    """Return that a condition does not hold."""
    if is_true(condition) or is_false(condition):
        return FALSE if is_true(condition) else TRUE
    return z3.Not(condition)


def as_number(value: Real) -> Real:
    """Return a condition as 1 or 0, a number as it is."""
    return either(value, _ONE, _ZERO) if z3.is_bool(value) else value


def as_real(value: Real) -> Real:
    """Return a whole number as a real one."""
    return z3.ToReal(value) if z3.is_int(value) else value


def exactly(value: Fraction) -> Real:
    """Return an exact number, whole where it is."""
    return _whole(value.numerator) if value.denominator == 1 else quotient(value)


@lru_cache(maxsize=4096)
def _whole(value: int) -> Real:
    """Return a whole number for the solver."""
    return z3.IntVal(value)


_ONE, _ZERO = z3.IntVal(1), z3.IntVal(0)


def exactly_real(value: int) -> Real:
    """Return a whole number as a real one."""
    return z3.RealVal(value)


def rounded(operation: str, value: Real, step: Real) -> Real:
    """Return the multiple of a step that `round_…` goes to."""
    count = z3.simplify(as_real(value) / as_real(step))
    half = z3.Q(1, 2)
    low = z3.ToInt(count)
    match operation:
        case "round_floor":
            whole = low
        case "round_ceiling":
            whole = -z3.ToInt(-count)
        case "round_to_zero":
            whole = z3.If(count >= 0, low, -z3.ToInt(-count))
        case "round_from_zero":
            whole = z3.If(count >= 0, -z3.ToInt(-count), low)
        case "round_half_from_zero":
            whole = z3.If(count >= 0, z3.ToInt(count + half), -z3.ToInt(half - count))
        case "round_half_even":
            near = z3.ToInt(count + half)
            tie = z3.And(z3.ToReal(near) == count + half, near % 2 == 1)
            whole = z3.If(tie, near - 1, near)
        case _:
            raise ValueError(f"{operation!r} is no way of rounding")
    size = as_fraction(z3.simplify(step))
    return whole * step if size is not None and size.denominator == 1 else z3.ToReal(whole) * step


def alike(a: Real, b: Real) -> tuple[Real, Real]:
    """Return two numbers as of one sort."""
    return (a, b) if z3.is_int(a) == z3.is_int(b) else (as_real(a), as_real(b))
