"""How a quantity is distributed: a family of a closed table, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from types import MappingProxyType

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Expression


class Measure(Enum):
    """What a parameter measures, beside the quantity that is distributed."""

    SAME = "the same as the quantity"
    INVERSE = "one over the quantity"
    PLAIN = "a plain number"


class Bound(Enum):
    """Which values a parameter may have."""

    ANY = "any number"
    POSITIVE = "above zero"
    SHARE = "from 0 to 1"


@immutable
class Parameter:
    """One parameter of a family."""

    name: str
    measure: Measure
    bound: Bound = Bound.ANY


@immutable
class Family:
    """A family of distributions.

    Attributes:
        parameters: In the order in which they are written.
        plain: Whether it describes plain numbers only, such as counts, shares and logarithms.
    """

    parameters: tuple[Parameter, ...]
    plain: bool = False


@immutable
class Distribution:
    """`label: quantity ~ family(parameters)`, in SI.

    Attributes:
        factor: What the quantity is divided by first: the unit of `value(quantity, [unit])`.
    """

    label: str
    quantity: str
    family: str
    parameters: tuple[Expression, ...]
    place: Place | None = field(default=None, compare=False)
    factor: float = 1.0


_SAME, _INVERSE, _PLAIN = Measure.SAME, Measure.INVERSE, Measure.PLAIN
_POSITIVE, _SHARE = Bound.POSITIVE, Bound.SHARE

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "normal": Family(
            (Parameter("mean", _SAME), Parameter("standard deviation", _SAME, _POSITIVE))
        ),
        "lognormal": Family(
            (
                Parameter("mean of the logarithm", _PLAIN),
                Parameter("standard deviation of the logarithm", _PLAIN, _POSITIVE),
            ),
            plain=True,
        ),
        "exponential": Family((Parameter("rate", _INVERSE, _POSITIVE),)),
        "gamma": Family(
            (Parameter("shape", _PLAIN, _POSITIVE), Parameter("rate", _INVERSE, _POSITIVE))
        ),
        "beta": Family(
            (
                Parameter("first shape", _PLAIN, _POSITIVE),
                Parameter("second shape", _PLAIN, _POSITIVE),
            ),
            plain=True,
        ),
        "uniform": Family((Parameter("low end", _SAME), Parameter("high end", _SAME))),
        "poisson": Family((Parameter("mean", _PLAIN, _POSITIVE),), plain=True),
        "binomial": Family(
            (Parameter("number of trials", _PLAIN, _POSITIVE), Parameter("chance", _PLAIN, _SHARE)),
            plain=True,
        ),
        "bernoulli": Family((Parameter("chance", _PLAIN, _SHARE),), plain=True),
        "geometric": Family((Parameter("chance", _PLAIN, _SHARE),), plain=True),
        "weibull": Family(
            (Parameter("shape", _PLAIN, _POSITIVE), Parameter("scale", _SAME, _POSITIVE))
        ),
        "pareto": Family(
            (Parameter("least value", _SAME, _POSITIVE), Parameter("exponent", _PLAIN, _POSITIVE))
        ),
        "student_t": Family(
            (
                Parameter("degrees of freedom", _PLAIN, _POSITIVE),
                Parameter("location", _SAME),
                Parameter("scale", _SAME, _POSITIVE),
            )
        ),
        "cauchy": Family((Parameter("location", _SAME), Parameter("scale", _SAME, _POSITIVE))),
        "laplace": Family((Parameter("location", _SAME), Parameter("scale", _SAME, _POSITIVE))),
        "logistic": Family((Parameter("location", _SAME), Parameter("scale", _SAME, _POSITIVE))),
        "chi_squared": Family((Parameter("degrees of freedom", _PLAIN, _POSITIVE),), plain=True),
    }
)
"""The families of the language, by name."""
