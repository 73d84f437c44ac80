"""Carry out a tape with any number of digits, to try formulas out beyond rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath

from lawc.forms.tape import Tape, run


def _power(base: Any, exponent: Any) -> Any:
    if exponent == int(exponent):
        return base ** int(exponent)
    return mpmath.power(base, exponent)


def _exprel(z: Any) -> Any:
    return mpmath.mpf(1) if z == 0 else mpmath.expm1(z) / z


def _lambert_w_exp(z: Any) -> Any:
    """Return the solution of w + ln w = z, where exp(z) need not be a number of any size."""
    if z < 1000:
        return mpmath.lambertw(mpmath.exp(z)).real
    w = z - mpmath.log(z)
    for _ in range(60):
        step = (w + mpmath.log(w) - z) * w / (w + 1)
        w -= step
        if abs(step) < mpmath.eps * w:
            break
    return w


TABLE: Mapping[str, Callable[..., Any]] = {
    "constant": mpmath.mpf,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda a: -a,
    "power": _power,
    "square": lambda a: a * a,
    "exp": mpmath.exp,
    "ln": mpmath.log,
    "log10": lambda a: mpmath.log(a) / mpmath.log(10),
    "log2": lambda a: mpmath.log(a) / mpmath.log(2),
    "sqrt": mpmath.sqrt,
    "abs": abs,
    "sign": mpmath.sign,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "elliptic_k": mpmath.ellipk,
    "lambert_w": lambda a: mpmath.lambertw(a).real,
    "lambert_w_exp": _lambert_w_exp,
    "expm1": mpmath.expm1,
    "exprel": _exprel,
    "min": min,
    "max": max,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "where": lambda condition, a, b: a if condition else b,
}
"""A function for each operation of a tape, on numbers of mpmath and plain booleans."""


def evaluate(tape: Tape, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a tape at one point, in the precision that mpmath is set to.

    Raises:
        ArithmeticError: A step has no value there.
        ValueError: A step has no value there.
    """
    given = [mpmath.mpf(values[name]) for name in tape.inputs]
    return dict(zip((name for name, _ in tape.outputs), run(tape, given, TABLE), strict=True))
