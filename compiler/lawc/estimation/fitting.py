"""Find unknown parameters of a law from observations: `lawc.fit`.

The order is that of a careful person: are the columns what the law speaks of, could they determine
the parameters at all, where is the misfit least, did the search arrive, is there another answer
that is as good, and how far may each parameter move. The first question that is answered with no
ends the fit, with what would help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import norm, t

from lawc.diagnostics.diagnostic import DomainError, LawcError, NotDeterminedError
from lawc.estimation.correcting import corrected
from lawc.estimation.determining import refuse_flatness, refuse_structure, singular
from lawc.estimation.estimate import Estimate
from lawc.estimation.judging import covariance_of, differ, errors_of, open_ends, refuse_open, rivals
from lawc.estimation.models import Model
from lawc.estimation.observations import (
    Observations,
    Reading,
    check_names,
    observe,
    with_columns,
)
from lawc.estimation.problems import Problem, check_errors, parameters
from lawc.estimation.profiles import Scale
from lawc.estimation.questions import Question, ask
from lawc.estimation.searching import Minimum, draw_starts, search
from lawc.estimation.tables import read_table
from lawc.knowledge.law import Law
from lawc.lowering.numpy_table import Array
from lawc.lowering.program import Program
from lawc.lowering.reference import reference

_STARTS = 8
_STARTS_OF_COURSES = 6
_STARTS_OF_FIELDS = 2
_STARTS_OF_LONG_TABLES = 3
_LONG = 20_000
_REWEIGHTED = 30
_CONFIRMED = 1e-7


def fit(
    source: Program | Law,
    observations: Any,
    unknown: str | Sequence[str] | None = None,
    *,
    outputs: str | Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    where: Mapping[str, Any] | None = None,
    errors: str = "absolute",
    sigma: Any = None,
    weights: Any = None,
    group: str | None = None,
    each: str | Sequence[str] = (),
    missing: str = "refuse",
    outside: str = "refuse",
    start: Mapping[str, float] | None = None,
    starts: int | None = None,
    seed: int = 0,
    confidence: float = 0.95,
    profile: bool = False,
    limits: bool = False,
) -> Estimate:
    """Return the parameters of a law at which it comes nearest to observations.

    Args:
        source: A law, or a program whose outputs were measured.
        observations: Columns by name: a mapping, a data frame, `Columns`, or the path of a .csv,
            .tsv or .parquet file. A column of a quantity is in its declared unit unless the
            table, or `units`, says otherwise.
        unknown: Parameters to be found, as a sequence or as one text of names; None for all that
            have neither a column nor a default. Declared ranges bound them.
        outputs: Measured quantities; by default those with a column that the law gives.
        columns: The column of a quantity, where it has another name.
        units: The unit of a quantity or a column, where it is not the declared one.
        where: Only rows in which these columns have these values.
        errors: `absolute`, `relative` to the measured value, or `log`.
        sigma: Standard errors of the measured values: a column, a number, an array, or a mapping
            from outputs to these. Without them the variance is that of the residuals.
        weights: A column or an array by which squared residuals are multiplied.
        group: A column that parts the rows into courses.
        each: Unknown parameters that have a value of their own in each group.
        missing: `refuse` or `drop` rows with missing values.
        outside: `refuse` or `keep` inputs outside their declared range.
        start: Values to begin with; others are found over the declared ranges.
        starts: How many searches to make.
        seed: Of the points from which searches begin.
        confidence: Of the intervals.
        profile: Whether intervals are taken from profiles of the misfit.
        limits: Whether a parameter that the data bound on one side only is reported, instead of
            refused.

    Raises:
        NotDeterminedError: The observations do not determine a parameter; the text says what they
            do determine, and what would help.
        DomainError: A value lies outside the declared range, or the best fit outside `valid`.
        LawcError: A column, a unit or a value does not fit; there are too few values; or no
            search arrived at a minimum.
        CompileError: The law cannot be asked in this direction.
    """
    if missing not in ("refuse", "drop") or outside not in ("refuse", "keep"):
        raise LawcError("expected missing to be refuse or drop, and outside to be refuse or keep")
    if not 0 < confidence < 1:
        raise LawcError(f"expected a confidence between 0 and 1, got {confidence:g}")
    if (starts is not None and starts < 1) or seed < 0:
        raise LawcError(f"expected starts >= 1 and seed >= 0, got {starts} and {seed}")
    table = read_table(observations).matching(where or {})
    reading = Reading(
        columns or {}, units or {}, sigma, weights, group, missing == "drop", outside == "keep"
    )
    law = source.law if isinstance(source, Program) else source
    check_names(law, table, reading)
    has = with_columns(law, table, reading)
    question = ask(source, has, _names(unknown), _names(outputs))
    observed = observe(question.law, table, question.known, question.outputs, reading)
    check_errors(errors, observed)
    problem = _problem(question, observed, errors, _names(each) or ())
    _check_enough(problem)
    _check_valid(problem)
    refuse_structure(question, problem, seed)
    stated = _stated(problem, start)
    count = starts or _starts(problem)
    begin = draw_starts(problem, count, stated, seed)
    minima, problem = _weighed(problem, begin)
    best, others = _chosen(problem, minima)
    refuse_flatness(question, problem, best.theta, best.matrix)
    notes: list[str] = []
    if problem.model.dear:
        problem, best, notes = corrected(problem, best)
    else:
        _confirm(problem, best.theta)
    estimate = _estimated(question, problem, best, others, minima, confidence, profile, limits)
    return replace(estimate, notes=(*estimate.notes, *notes)) if notes else estimate


def _starts(problem: Problem) -> int:
    """Return how many searches to make: fewer where each is long."""
    if problem.model.dear:
        return _STARTS_OF_FIELDS
    if len(problem.observed) > _LONG:
        return _STARTS_OF_LONG_TABLES
    return _STARTS if problem.model.plan.flow is None else _STARTS_OF_COURSES


def _names(given: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        return tuple(given.replace(",", " ").split())
    return tuple(given)


def _problem(
    question: Question, observed: Observations, errors: str, each: Sequence[str]
) -> Problem:
    for name in each:
        if name not in question.unknown:
            raise LawcError(f"{name} is to differ between groups but is not among the unknown")
    if each and not observed.groups:
        raise LawcError(f"{', '.join(each)} differs between groups; name the column of the group")
    model = Model(question.plan, question.unknown)
    quantities = [question.law.quantities[name] for name in question.unknown]
    found = parameters(quantities, each, observed.groups)
    return Problem(model, observed, found, errors, dict.fromkeys(question.outputs, 1.0), {})


def _check_enough(problem: Problem) -> None:
    values, wanted = problem.observed.values, len(problem.parameters)
    known = bool(problem.observed.sigma)
    if values < wanted or (values == wanted and not known):
        more = wanted - values + (0 if known else 1)
        why = "" if values < wanted else ", and none is left to judge the fit by"
        raise NotDeterminedError(
            f"{_counted(values, 'measured value')} cannot determine "
            f"{_counted(wanted, 'parameter')}{why}; "
            f"{more} more {'is' if more == 1 else 'are'} needed"
            + ("" if values < wanted else ", or standard errors of the values"),
            undetermined=tuple(parameter.name for parameter in problem.parameters),
            helps=(f"observe {more} more",),
        )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _check_valid(problem: Problem) -> None:
    """Refuse rows that no parameters could bring into `valid`: those that inputs alone decide."""
    found = None
    for point in (0.25, 0.5, 0.75):
        theta = np.array([_between(p.low, p.high, p.log, point) for p in problem.parameters])
        here = {text: set(rows.tolist()) for text, rows in problem.outside(problem.filled(theta))}
        if found is None:
            found = here
        else:
            found = {n: found[n] & here[n] for n in found if n in here}
    spoken = set(problem.model.unknown)
    for text, rows in (found or {}).items():
        if rows and not _speaks(problem, text, spoken):
            first = ", ".join(str(row) for row in sorted(rows)[:5])
            raise DomainError(
                f"{len(rows)} of {len(problem.observed)} rows lie where the law is not valid "
                f"({text}), first {first}; leave them out"
            )


def _speaks(problem: Problem, text: str, names: set[str]) -> bool:
    """Return whether a condition, by its text, reads one of these names."""
    number = problem.region.conditions.index(text)
    tape = problem.region.truth
    reach_: set[int] = {tape.outputs[number][1]}
    size = len(tape.inputs)
    for k in reversed(range(len(tape.steps))):
        if size + k in reach_:
            reach_.update(tape.steps[k].operands)
    return any(name in names for k, name in enumerate(tape.inputs) if k in reach_)


def _between(low: float, high: float, log: bool, share: float) -> float:
    if not (np.isfinite(low) and np.isfinite(high)):
        return low if np.isfinite(low) else high if np.isfinite(high) else share
    if log:
        return float(low * (high / low) ** share)
    return low + (high - low) * share


def _stated(problem: Problem, start: Mapping[str, float] | None) -> Array | None:
    given = dict(start or {})
    values = np.full(len(problem.parameters), np.nan)
    for k, parameter in enumerate(problem.parameters):
        name = parameter.quantity.name
        if parameter.name in given or name in given:
            values[k] = given.pop(parameter.name, given.get(name, np.nan))
            if not parameter.low <= values[k] <= parameter.high:
                raise DomainError(
                    f"the start {name} = {values[k]:g} lies outside its range "
                    f"{parameter.low:g} .. {parameter.high:g}"
                )
        elif parameter.quantity.default is not None:
            values[k] = parameter.quantity.default
    unused = [n for n in given if n not in {p.quantity.name for p in problem.parameters}]
    if unused:
        raise LawcError(f"a start is given for {', '.join(unused)}, which is not to be found")
    return values if np.isfinite(values).any() else None


def _weighed(problem: Problem, begin: Sequence[Array]) -> tuple[list[Minimum], Problem]:
    """Search; where outputs of unlike units have no errors of their own, find these along the way.

    Their variances are those of maximum likelihood: each output's own residuals over its number.
    """
    outputs = problem.observed.outputs
    units = {problem.model.plan.law.quantities[name].unit.dimension for name in outputs}
    if len(units) < 2 or problem.observed.sigma or problem.errors != "absolute":
        return search(problem, begin), problem
    spreads = {n: float(np.nanstd(column)) or 1.0 for n, column in outputs.items()}
    problem = problem.scaled(spreads)
    minima = search(problem, begin)
    for _ in range(_REWEIGHTED):
        if not minima:
            break
        before = dict(problem.scales)
        found = _spreads(problem, minima[0])
        problem = problem.scaled({n: max(found[n], 1e-12 * spreads[n]) for n in found})
        minima = search(problem, [minima[0].theta])
        if all(abs(problem.scales[n] / before[n] - 1) < 1e-6 for n in before):
            break
    return search(problem, [m.theta for m in minima[:1]] + list(begin)), problem


def _spreads(problem: Problem, minimum: Minimum) -> dict[str, float]:
    spreads, first = {}, 0
    share = problem.observed.values / (problem.observed.values - len(problem.parameters))
    for name, (rows, _, _) in problem.kept.items():
        part = minimum.residual[first : first + len(rows)] * problem.scales[name]
        first += len(rows)
        spreads[name] = float(np.sqrt(np.mean(part**2) * share))
    return spreads


def _chosen(problem: Problem, minima: Sequence[Minimum]) -> tuple[Minimum, list[Minimum]]:
    """Return the best minimum inside `valid`, and others that differ from it.

    Raises:
        LawcError: No search arrived.
        DomainError: The best fits lie where the law is not valid.
    """
    if not minima:
        raise LawcError(
            f"{problem.model.plan.law.identity} has no answer in the observed rows at any start; "
            "narrow the ranges of the parameters, or give a start"
        )
    arrived = [minimum for minimum in minima if minimum.arrived]
    valid = [minimum for minimum in arrived if not problem.outside(minimum.theta)]
    if not arrived or (minima[0].rss < arrived[0].rss * (1 - 1e-3) and not minima[0].arrived):
        basis, _ = singular(problem, minima[0].matrix)
        if not len(basis):
            raise LawcError(
                f"no search arrived at a minimum: the best one ended with rss {minima[0].rss:.6g}, "
                f"of which {minima[0].offset ** 2:.1e} could still be removed; give a start, or "
                "narrow the ranges"
            )
        return minima[0], []
    if not valid:
        text, rows = problem.outside(arrived[0].theta)[0]
        told = ", ".join(
            f"{p.name} = {v:.6g}" for p, v in zip(problem.parameters, arrived[0].theta, strict=True)
        )
        raise DomainError(
            f"the best fit lies where the law is not valid ({text}): {told}, in {len(rows)} rows"
        )
    best = valid[0]
    return best, [m for m in valid[1:] if differ(problem, m, best)]


def _confirm(problem: Problem, theta: Array) -> None:
    """Hold the predictions at the best fit against the reference, which checks itself.

    Raises:
        DomainError: The reference does not satisfy the law there, or answers otherwise.
    """
    answers = reference(problem.model.plan, problem.columns(theta))
    for name, predicted in problem.predicted(theta).items():
        gap = np.max(np.abs(predicted - answers[name]), initial=0.0)
        # Written so that a gap that is no number is one.
        if not gap <= _CONFIRMED * np.max(np.abs(answers[name]), initial=0.0):
            raise DomainError(
                f"predictions of {name} are off by {gap:.1e} from the reference of "
                f"{problem.model.plan.law.identity}"
            )


def _estimated(
    question: Question,
    problem: Problem,
    best: Minimum,
    others: Sequence[Minimum],
    minima: Sequence[Minimum],
    confidence: float,
    profile: bool,
    limits: bool,
) -> Estimate:
    dof = problem.observed.values - len(problem.parameters)
    known = bool(problem.observed.sigma)
    variance = 1.0 if known else best.rss / dof
    quantile = float(norm.ppf((1 + confidence) / 2) if known else t.ppf((1 + confidence) / 2, dof))
    covariance = covariance_of(best, variance)
    spread = np.sqrt(np.diag(covariance))
    steps = errors_of(best, covariance, variance)
    scale = Scale(variance, quantile, steps, covariance)
    notes = [*problem.observed.notes, *rivals(problem, best, others, scale)]
    ends, reached = open_ends(problem, best, scale, profile)
    refuse_open(problem, best, ends, variance, limits)
    names = tuple(parameter.name for parameter in problem.parameters)
    stops = {names[k]: float(best.theta[k]) for k in np.flatnonzero(best.stopped)}
    shown = np.where(best.stopped != 0, np.nan, spread)
    blank = np.where(np.outer(best.stopped == 0, best.stopped == 0), covariance, np.nan)
    predicted = problem.predicted(best.theta)
    here = sum(not differ(problem, minimum, best) for minimum in minima)
    scales = problem.scales if any(s != 1.0 for s in problem.scales.values()) else {}
    return Estimate(
        source=question.law,
        signature=question.plan.signature,
        names=names,
        values={n: float(v) for n, v in zip(names, best.theta, strict=True)},
        standard_errors={n: float(v) for n, v in zip(names, shown, strict=True)},
        intervals={
            n: reached[n]
            if profile or n in ends
            else (float(v - quantile * error), float(v + quantile * error))
            for n, v, error in zip(names, best.theta, shown, strict=True)
        },
        covariance=blank,
        residuals={n: problem.observed.outputs[n] - predicted[n] for n in question.outputs},
        rss=best.rss,
        n=problem.observed.values,
        dof=dof,
        errors=problem.errors,
        known_errors=known,
        confidence=confidence,
        profiled=profile,
        condition=singular(problem, best.matrix)[1],
        stopped=stops,
        open_ends=ends,
        reached=(len(minima), here),
        scales=scales,
        notes=tuple(notes),
    )
