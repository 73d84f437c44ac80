"""How numbers of each family of the language are drawn, by numpy.

The parameters are those of `knowledge.distributions.FAMILIES`, in their order; numpy takes scales
where the language takes rates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FAMILIES: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {
        "normal": lambda c, mean, sd, n: c.normal(mean, sd, n),
        "lognormal": lambda c, mean, sd, n: c.lognormal(mean, sd, n),
        "exponential": lambda c, rate, n: c.exponential(1 / rate, n),
        "gamma": lambda c, shape, rate, n: c.gamma(shape, 1 / rate, n),
        "beta": lambda c, a, b, n: c.beta(a, b, n),
        "uniform": lambda c, low, high, n: c.uniform(low, high, n),
        "poisson": lambda c, mean, n: c.poisson(mean, n).astype(np.float64),
        "binomial": lambda c, trials, p, n: c.binomial(int(trials), p, n).astype(np.float64),
        "bernoulli": lambda c, p, n: (c.random(n) < p).astype(np.float64),
        "geometric": lambda c, p, n: c.geometric(p, n).astype(np.float64),
        "weibull": lambda c, shape, scale, n: scale * c.weibull(shape, n),
        "pareto": lambda c, least, exponent, n: least * (1 + c.pareto(exponent, n)),
        "student_t": lambda c, df, at, scale, n: at + scale * c.standard_t(df, n),
        "cauchy": lambda c, at, scale, n: at + scale * c.standard_cauchy(n),
        "laplace": lambda c, at, scale, n: c.laplace(at, scale, n),
        "logistic": lambda c, at, scale, n: c.logistic(at, scale, n),
        "chi_squared": lambda c, df, n: c.chisquare(df, n),
    }
)
"""From a generator, the parameters and a number of rows to as many numbers."""
