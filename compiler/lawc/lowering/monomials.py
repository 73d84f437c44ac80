"""Products of powers, and sizes that follow them: evaluate and write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lawc.knowledge.expression import Binary, Expression, Number, Symbol

Exponents = Mapping[str, Fraction]

SEED = 20_011
"""Of the rows at which sizes are taken."""


@dataclass(frozen=True)
class Size:
    """How large something is, in SI, at given inputs.

    Attributes:
        typical: Median over the domain of its value over the product.
        exponents: Of the product, by name of an input or constant.
        constants: SI values of the constants among them.
    """

    typical: float = 1.0
    exponents: Exponents = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)

    def at(self, si: Mapping[str, Any]) -> Any:
        """Return the size at SI values of the inputs; arrays, tensors and floats alike."""
        return self.typical * product(self.exponents, {**self.constants, **si})


def product(exponents: Exponents, values: Mapping[str, Any]) -> Any:
    """Return the product of powers of arrays, tensors or floats; 1.0 where there is none."""
    total: Any = None
    for name, exponent in exponents.items():
        power = int(exponent) if exponent.denominator == 1 else float(exponent)
        factor = values[name] if power == 1 else values[name] ** float(power)
        total = factor if total is None else total * factor
    return 1.0 if total is None else total


def monomial(exponents: Exponents) -> Expression:
    """Return the product of powers as an expression, with one quotient at most."""

    def side(sign: int) -> Expression | None:
        total: Expression | None = None
        for name, exponent in exponents.items():
            if exponent * sign > 0:
                power = abs(exponent)
                factor = Symbol(name) if power == 1 else Binary("^", Symbol(name), _number(power))
                total = factor if total is None else Binary("*", total, factor)
        return total

    above, below = side(1) or Number(1), side(-1)
    return above if below is None else Binary("/", above, below)


def monomial_text(exponents: Exponents) -> str:
    """Return the product as a reader writes it: `c/(k^(1/2)*m^(1/2))`."""

    def side(sign: int) -> list[str]:
        parts = []
        for name, exponent in exponents.items():
            if exponent * sign > 0:
                power = abs(exponent)
                shown = str(power) if power.denominator == 1 else f"({power})"
                parts.append(name if power == 1 else f"{name}^{shown}")
        return parts

    above, below = side(1), side(-1)
    text = "*".join(above) or "1"
    if not below:
        return text
    return f"{text}/{below[0]}" if len(below) == 1 else f"{text}/({'*'.join(below)})"


def _number(power: Fraction) -> Expression:
    if power.denominator == 1:
        return Number(power.numerator)
    return Binary("/", Number(power.numerator), Number(power.denominator))
