"""Hold a form against its law at points that its making never saw.

Four kinds of points: scrambled Sobol points over the domain, independent random ones (the only
kind to which the binomial applies), faces and corners, and a climb from the worst of them all.
The reference runs with tighter tolerances than in training.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from lawc.certificate.certificate import Certificate
from lawc.certificate.measuring import RTOL, Errors, against_digits, against_solver, share
from lawc.certificate.searching import climb
from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.form import Form
from lawc.forms.formula import Formula
from lawc.forms.network import Network
from lawc.forms.tape import Tape
from lawc.knowledge.expression import Binary, Call, Expression, Number, Symbol
from lawc.lowering.groups import monomial
from lawc.lowering.program import Program
from lawc.lowering.rising import monotone_claims, prove
from lawc.lowering.tapes import tape

Array = NDArray[np.float64]
Progress = Callable[[float, str], None]

RISK = 1e-6
MARGIN = 1.25
"""Between the worst error seen and the bound of a statistical certificate."""

ROUNDING_MARGIN = 4.0
"""The same for rounding errors, which jump from point to point."""

AGREES = 1e-6
"""How closely a formula must agree with the reference, which has errors of its own."""

SEEDS = {"domain": 900_001, "iid": 900_002, "faces": 900_003, "climb": 900_004}
"""Training draws seeds below 900,000."""


def certify(
    form: Form,
    program: Program,
    *,
    trained_on: Collection[int] = (),
    points: int | None = None,
    progress: Progress = lambda fraction, what: None,
) -> Certificate:
    """Return how far a form may be off its law on the program's domain.

    Args:
        form: What is to be frozen, with the weights and the precision it will have.
        program: The law and the domain.
        trained_on: Seeds of all points that training and selection saw.
        points: Independent random points; by default 8,192 for a network, 384 for a formula.
        progress: Called with a fraction and a few words.

    Raises:
        BuildError: Training saw a seed of the certificate, or a formula is not that of the law.
        DomainError: The reference has no answer somewhere in the domain.
    """
    shared = set(trained_on) & set(SEEDS.values())
    if shared:
        raise BuildError(f"training saw the points of the certificate: seeds {sorted(shared)}")
    exact = form.tape if isinstance(form, Formula) else None
    count = points or (384 if exact is not None else 8192)
    errors: list[Errors] = []
    columns: dict[str, list[Array]] = {q.name: [] for q in program.inputs}
    kinds = {"iid": count, "domain": max(64, count // 2), "faces": max(64, count // 8)}
    measured = _measurer(form, exact, program)
    for number, (what, size) in enumerate(kinds.items()):
        progress(number / 4, f"{size} points, {what}")
        sample = dict(program.sample(size, seed=SEEDS[what], what=what))
        if exact is not None:
            _hold_to_law(form, program, sample)
        errors.append(measured(sample))
        for name in columns:
            columns[name].append(np.asarray(sample[name]))
    random = errors[0].shares
    seen = {name: np.concatenate(parts) for name, parts in columns.items()}
    shares = np.concatenate([error.shares for error in errors])
    progress(0.75, "climb from the worst")

    def measure(points: Mapping[str, Array]) -> Array:
        errors.append(measured(points))
        return errors[-1].shares

    climbed, heights = climb(program, measure, seen, shares, seed=SEEDS["climb"])
    seen = {name: np.concatenate([seen[name], climbed[name]]) for name in seen}
    shares = np.concatenate([shares, heights])
    row = int(np.argmax(shares))
    margin = MARGIN if exact is None else ROUNDING_MARGIN
    progress(1.0, "done")
    return Certificate(
        grade="C" if exact is None else "A",
        bound=float(shares[row]) * margin,
        worst=float(shares[row]),
        typical=float(np.sqrt(np.mean(random**2))),
        measure=_measure(program),
        points={**kinds, "climb": len(heights)},
        seeds=dict(SEEDS),
        worst_at={name: float(values[row]) for name, values in seen.items()},
        exceedance=math.log(1 / RISK) / count,
        worst_random=float(random.max()),
        risk=RISK,
        reference=_reference(program, exact),
        arithmetic="float64",
        error=_error_tape(program, errors, margin),
        moves=_moves(form, program),
        of=digest_of(form, program),
    )


def digest_of(form: Form, program: Program) -> str:
    """Return the sha256 of a form with its weights, and of the law and the domain it answers on."""
    ranges = [(q.name, q.unit.text, q.low, q.high, q.log) for q in program.inputs]
    about = [program.law.digest, str(program.signature), ranges, program.inside.to_json()]
    found = hashlib.sha256(json.dumps([form.spec(), about], sort_keys=True).encode())
    for name, weight in sorted(form.state_dict().items()):
        found.update(name.encode())
        found.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _moves(form: Form, program: Program) -> dict[str, str] | None:
    """Return what the law says of how outputs move with inputs, and whether it was proved."""
    if not isinstance(form, Network):
        return None
    found = {}
    for one in monotone_claims(program):
        verdict = prove(form, program, one)
        places = ", ".join(f"{name} = {value:.4g}" for name, value in (verdict.at or {}).items())
        where = f" at {places}" if places else ""
        found[one.text] = "proved" if verdict.holds else f"open: {verdict.why}{where}"
    return found or None


def _hold_to_law(form: Form, program: Program, sample: Mapping[str, Array]) -> None:
    """Refuse a formula that answers otherwise than the law; its digits cannot tell that."""
    worst = float(against_solver(form, program, sample).shares.max())
    if not worst <= AGREES:
        raise BuildError(
            f"this formula is not that of {program.law.identity}: it is off by {worst:.1e} of "
            f"the {_measure(program).removeprefix('the ')}"
        )


def _measurer(
    form: Form, exact: Tape | None, program: Program
) -> Callable[[Mapping[str, Array]], Errors]:
    if exact is not None:
        return lambda columns: against_digits(form, exact, program, columns)
    return lambda columns: against_solver(form, program, columns)


def _measure(program: Program) -> str:
    if program.kind in ("ode", "dae"):
        return f"largest value over the range of {program.variable}, for the same parameters"
    peaked = ", ".join(program.crossing)
    if len(program.crossing) == len(program.outputs):
        return "largest value over the domain"
    return "the value itself" + (f", of {peaked} the largest over the domain" if peaked else "")


def _reference(program: Program, exact: Tape | None) -> str:
    if exact is not None:
        return "the same formula with 50 digits"
    if program.kind in ("ode", "dae"):
        return f"ODE solver, tolerance {RTOL:g} a step, a second solver on a subset"
    return "bracketed root, to rounding" if program.kind == "implicit" else "the law's formula"


def _error_tape(program: Program, errors: list[Errors], margin: float) -> Tape:
    """Return the bound that a module states with each answer.

    An error is at most a share of the value, and at most a share of the output's scale; each of
    the two shares was found on all points, so the smaller bound may be stated.
    """
    outputs: dict[str, Expression] = {}
    alone = program.plan.fields is not None
    for name in program.signature.outputs:
        error, value, scale = (
            np.concatenate([getattr(found, what)[name] for found in errors])
            for what in ("error", "value", "monomial")
        )
        exponents = {} if alone else program.reduction.scales[name]
        bounds: list[Expression] = []
        of_scale = float(share(error, scale).max()) * margin
        if math.isfinite(of_scale):
            bounds.append(_product(of_scale, monomial(exponents)))
        of_value = float(share(error, np.abs(value)).max()) * margin
        # Where a value changes its sign it is nothing, which its error is not.
        one_sign = (value >= 0).all() or (value <= 0).all()
        if of_value < 1 and one_sign:
            # The value is known only to this share itself.
            bounds.append(_product(of_value / (1 - of_value), Call("abs", (Symbol(name),))))
        if not bounds:
            raise BuildError(f"no finite bound on the error of {name} was found")
        outputs[name] = bounds[0] if len(bounds) == 1 else Call("min", (bounds[0], bounds[1]))
    inputs = (*program.signature.inputs, *program.signature.outputs)
    return tape(outputs, inputs, {} if alone else program.reduction.constants)


def _product(share: float, of: Expression) -> Expression:
    return Binary("*", Number(share), of)
