"""Turn a fitted network where it moves the wrong way, and cover what is left.

First slopes of the wrong sign are sought among many points of the domain and made a term of the
cost, in rounds, each at the points where most is lacking then. What remains is covered by the least
share of something monotone with which the sentences are proved. The first costs no accuracy where
the law is right; the second costs what is added, and always comes to an end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lawc.forms.network import Network
from lawc.lowering.numpy_table import Array
from lawc.lowering.rising import Monotone, prove
from lawc.lowering.sampler import to_si
from lawc.training.broyden import Broyden
from lawc.training.budget import Budget
from lawc.training.covering import Cover, cover
from lawc.training.fitting import Fit
from lawc.training.train import Workshop
from lawc.training.turning import Turning

_SEED = 899_999
_POINTS = 20_000
_STEPS = 60
_ENOUGH = 0.02
"""Of the slope of a cover: what a slope should have where it is turned."""

_WEIGHT = 1e-6
_ROWS = 3_000
_TRIES, _MORE, _FIRST = 4, 10.0, 1e-2


@dataclass(frozen=True)
class Turned:
    """A network that moves as its law says, as far as that could be reached.

    Attributes:
        form: With its weights and what covers it.
        shares: Of the cover, by output; nothing where none was needed.
        held: The sentences that were proved.
        error: On fresh rows, as the workshop counts it.
        seconds: Of one core, that steps took.
    """

    form: Network
    shares: dict[str, float]
    held: tuple[Monotone, ...]
    error: float
    seconds: float


def turned(
    workshop: Workshop,
    form: Network,
    said: Sequence[Monotone],
    seconds: float,
    most: float,
) -> Turned:
    """Return a network whose sentences are proved, as many as can be.

    Args:
        workshop: With the rows and tapes that the network was fitted with.
        form: The network.
        said: The sentences.
        seconds: Of one core, for steps; proofs come on top.
        most: The largest share of a cover.
    """
    held = [one for one in said if prove(form, workshop.program, one).holds]
    shares: dict[str, float] = {}
    spent = 0.0
    outputs = list(dict.fromkeys(one.output for one in said if one not in held))
    for output in outputs:
        own = [one for one in said if one.output == output]
        given = cover(form, workshop.program, own, workshop.pool.pilot)
        if given is None:
            continue
        slopes = Turning(form, own, given, _size(workshop, output), _points(workshop, form, own))
        budget = Budget(seconds / len(outputs))
        lacking = -float(slopes.look(form.theta).min())
        # What a small share covers is not worth a turn, which takes from the rows.
        if 2.0 * lacking > most:
            form = _turn(workshop, form, slopes, budget)
            lacking = -float(slopes.look(form.theta).min())
            spent += budget.spent
        form, share, proved = _covered(workshop, form, own, given, lacking, most)
        if share:
            shares[output] = share
        held = [one for one in held if one.output != output] + proved
    if len(outputs) > 1:
        # All outputs share their weights, so what was proved of one was of others since moved.
        held = [one for one in said if prove(form, workshop.program, one).holds]
    kept = tuple(one for one in said if one in held)
    return Turned(form, shares, kept, error_of(workshop, form), spent)


def error_of(workshop: Workshop, form: Network) -> float:
    """Return the error of a network on fresh rows, as a workshop counts it."""
    pilot = workshop.fresh.pilot
    with torch.no_grad():
        found = form({name: torch.from_numpy(values) for name, values in pilot.si.items()})
    errors = []
    for name, truth in pilot.values.items():
        shares = np.abs(found[name].numpy() - truth) / pilot.scales[name]
        typical = workshop.error == "typical"
        errors.append(float(np.sqrt(np.mean(shares**2)) if typical else shares.max()))
    return max(errors) if all(map(math.isfinite, errors)) else math.inf


def _turn(workshop: Workshop, form: Network, slopes: Turning, budget: Budget) -> Network:
    """Return the network with weights for which slopes lack less, or the same one."""
    slopes.least, slopes.weight = _ENOUGH, _WEIGHT
    theta = best = form.theta
    lacks = slopes.choose(slopes.look(best))
    if not lacks:
        return form
    fresh = workshop.fit_of(workshop.fresh, form.sizes)
    fit = workshop.fit_of_pool(form.sizes)
    rows = torch.Generator().manual_seed(_SEED)
    found = lacks, _error(workshop, fresh, best)
    search: Broyden | None = None
    while not budget.is_over and not (found[0] == 0 and found[1] <= workshop.enough):
        # Other rows each time, so that those at hand are not all that is learned.
        drawn = fit.pick(torch.randperm(len(fit), generator=rows)[:_ROWS])
        function = _function(drawn, slopes)
        if search is None:
            search = Broyden(function, theta.numpy())
        else:
            search.replace(function)
        search.curvature = drawn.curvature
        if not search.run(budget, _STEPS):
            break
        theta = torch.from_numpy(search.theta.copy())
        reached = slopes.choose(slopes.look(theta)), _error(workshop, fresh, theta)
        if reached < found:
            best, found = theta, reached
    return Network(form.before, form.sizes, form.after, best)


def _error(workshop: Workshop, fresh: Fit, theta: Tensor) -> float:
    return fresh.typical(theta) if workshop.error == "typical" else fresh.worst(theta)


def _covered(
    workshop: Workshop,
    form: Network,
    said: Sequence[Monotone],
    given: Cover,
    lacking: float,
    most: float,
) -> tuple[Network, float, list[Monotone]]:
    """Return a network with the least share of its cover that suffices, and what is proved then."""
    best: tuple[Network, float, list[Monotone]] = (form, 0.0, [])
    share, order = 0.0, list(said)
    for number in range(_TRIES):
        made = given.over(form, share) if share else form
        proved = []
        last = share >= most or number == _TRIES - 1
        for one in list(order):
            if prove(made, workshop.program, one).holds:
                proved.append(one)
            elif not last:
                # What failed now is asked first of the next share.
                order.remove(one)
                order.insert(0, one)
                break
        if len(proved) > len(best[2]):
            best = made, share, proved
        if len(proved) == len(said) or last:
            break
        share = min(most, max(_MORE * share, 2.0 * lacking, _FIRST * most))
    return best


def _points(workshop: Workshop, form: Network, said: Sequence[Monotone]) -> dict[str, Array]:
    """Return points of the domain in SI at which slopes are looked at, none of them at a start."""
    program = workshop.program
    columns = dict(program.sample(_POINTS, seed=_SEED))
    drawn = to_si(program.inputs, {name: np.asarray(v) for name, v in columns.items()})
    pool = workshop.pool.pilot.si
    found = {name: np.concatenate([drawn[name], pool[name]]) for name in drawn}
    inside = np.ones(len(next(iter(found.values()))), dtype=bool)
    for quantity in program.inputs:
        if quantity.low == 0:
            inside &= found[quantity.name] > 0
    for one in said:
        inside &= one.region.holds(found).all(axis=0)
    return {name: values[inside] for name, values in found.items()}


def _size(workshop: Workshop, output: str) -> float:
    values = workshop.pool.pilot.values[output]
    return float(np.sqrt(np.mean(np.square(values)))) or 1.0


def _function(fit: Fit, slopes: Turning):
    def ask(values: Array) -> tuple[float, Array]:
        theta = torch.from_numpy(values)
        cost, slope = fit.cost_and_slope(theta)
        more, steeper = slopes(theta)
        if not math.isfinite(cost + more) or not bool(torch.isfinite(slope + steeper).all()):
            return math.inf, np.zeros_like(values)
        return cost + more, (slope + steeper).numpy()

    return ask
