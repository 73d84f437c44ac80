"""What observations say about the parameters of a law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult

from lawc.analysis.digest import digest
from lawc.estimation import showing
from lawc.knowledge.law import Law
from lawc.knowledge.words import Status
from lawc.lowering.numpy_table import Array
from lawc.lowering.plan import Signature
from lawc.lowering.program import Program, compile_law


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """Parameters found from observations, with how well they are known.

    Numbers are in declared units. Residuals are compared as `errors` says, so that `rss` and `rse`
    are of differences, shares or logarithms.

    Attributes:
        source: The law that was fitted.
        signature: From known inputs and unknown parameters to measured outputs.
        names: The parameters, in order; `x0[3]` is the value of `x0` in group 3.
        values: Where the misfit is least.
        standard_errors: From the Fisher information; NaN where a bound stops a parameter.
        intervals: At the confidence asked for: by the t distribution, or by the profile.
        covariance: Shape (parameters, parameters); NaN where a bound stops a parameter.
        residuals: Measured minus predicted for each output, NaN where it was not measured.
        rss: Sum of squared residuals, weighted as asked.
        n: Number of measured values.
        dof: Values less parameters.
        errors: `absolute`, `relative` or `log`.
        known_errors: Whether standard errors of the observations were given.
        confidence: Of the intervals.
        profiled: Whether the intervals are from profiles.
        condition: Largest over smallest singular value of the scaled derivatives.
        stopped: Parameters that a bound stops, with the bound.
        open_ends: Sides on which the observations set no limit: name to `below` or `above`.
        reached: How many starts were made and how many ended at this minimum.
        scales: Standard deviations of several outputs that were found along with the parameters.
        notes: What is odd about the observations or the fit, in words.
    """

    source: Law
    signature: Signature
    names: tuple[str, ...]
    values: Mapping[str, float]
    standard_errors: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    covariance: Array
    residuals: Mapping[str, Array]
    rss: float
    n: int
    dof: int
    errors: str
    known_errors: bool
    confidence: float
    profiled: bool
    condition: float
    stopped: Mapping[str, float]
    open_ends: Mapping[str, str]
    reached: tuple[int, int]
    scales: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> float:
        if name not in self.values:
            raise KeyError(f"no parameter {name!r} among {', '.join(self.names)}")
        return self.values[name]

    @property
    def digest(self) -> str:
        """Of the law that was fitted."""
        return self.source.digest

    @property
    def rse(self) -> float:
        """Residual standard error: the root of `rss` over `dof`; NaN without degrees of freedom."""
        return float(np.sqrt(self.rss / self.dof)) if self.dof > 0 else float("nan")

    @property
    def correlation(self) -> Array:
        """Correlations of the parameters, shape (parameters, parameters)."""
        spread = np.sqrt(np.diag(self.covariance))
        with np.errstate(all="ignore"):
            return self.covariance / np.outer(spread, spread)

    @property
    def units(self) -> dict[str, str]:
        """The declared unit of each parameter."""
        return {name: self.source.quantities[_plain(name)].unit.text for name in self.names}

    @property
    def determined(self) -> dict[str, bool]:
        """Whether the observations bound each parameter on both sides."""
        return {n: n not in self.open_ends and n not in self.stopped for n in self.names}

    def law(self) -> Law:
        """Return the law as a draft in which these values are the defaults.

        Values that differ between groups are left out: a law has one default for each quantity.
        """
        quantities = dict(self.source.quantities)
        for name in self.names:
            if name in quantities:
                quantities[name] = replace(quantities[name], default=self.values[name])
        told = ", ".join(
            f"{n} = {self.values[n]:.6g} ± {self.standard_errors[n]:.2g}" for n in self.names
        )
        made = replace(
            self.source,
            status=Status.DRAFT,
            quantities=quantities,
            notes=(*self.source.notes, f"fitted to {self.n} observed values: {told}"),
            digest="",
            text="",
        )
        return replace(made, digest=digest(made))

    def program(self) -> Program:
        """Return the program that answers the measured outputs with these values in place.

        Parameters with a value for each group stay inputs.
        """
        kept = {name for name in self.names if name in self.source.quantities}
        inputs = tuple(name for name in self.signature.inputs if name not in kept)
        return compile_law(self.law(), Signature(inputs, self.signature.outputs))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as lists, numbers and strings; what is no number is null."""
        return showing.plain(self)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_html_(self) -> str:
        return showing.fragment(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from showing.renderables(self)


def _plain(name: str) -> str:
    return name.partition("[")[0]
