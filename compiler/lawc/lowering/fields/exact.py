"""A field that a law states exactly: held against its equations and conditions, then answered.

The statement is a claim, `always u = exp(-t)*sin(pi*x)`. Its derivatives are written out by the
rules of calculus and put into each equation and condition at points of the region; what is left
over beside the terms is rounding, or the statement is wrong and the law is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import minus
from lawc.knowledge.differentiate import derivative
from lawc.knowledge.expression import (
    Comparison,
    Derivative,
    Expression,
    MixedDerivative,
    Number,
    Symbol,
    names,
    rebuild,
    substitute,
)
from lawc.knowledge.law import Always, Claim, Law
from lawc.knowledge.writing import write_boundary, write_condition, write_expression
from lawc.lowering.balance import terms
from lawc.lowering.domain import span
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.plan import Fields
from lawc.lowering.tapes import tape

POINTS = 64
ROUNDING = 1e-8
"""What an equation may be missed by, relative to its terms there and elsewhere."""


class MisstatedError(CompileError):
    """A law states a field that does not satisfy it."""


def exact_fields(
    law: Law, problem: Fields, fixed: Mapping[str, float]
) -> Mapping[str, Expression] | None:
    """Return the fields that a law states, by name; None where it does not state them all.

    Raises:
        MisstatedError: A statement misses an equation or a condition.
    """
    stated = _stated(law, problem, fixed)
    if not problem.quantities or stated.keys() < set(problem.quantities):
        return None
    return hold(law, problem, fixed, stated)


def example_field(
    claim: Claim, problem: Fields, fixed: Mapping[str, float]
) -> Mapping[str, Expression] | None:
    """Return the field that a claim gives as an example of its law; None where it gives none.

    Such a claim is `always p = … where u = …, v = …`: it names all fields, each once.
    """
    found: dict[str, Expression] = {}
    for side in (claim.subject, *claim.where):
        match side:
            case Comparison(("=",), (Symbol(name), body)) if name in problem.quantities:
                if name in found:
                    return None
                found[name] = body
            case _:
                return None
    if claim.form is not Always.COMPARISON or found.keys() != {*problem.quantities}:
        return None
    for _ in found:
        found = {name: substitute(body, found) for name, body in found.items()}
    return found if _spoken(found) <= _given(problem, fixed) else None


def hold(
    law: Law, problem: Fields, fixed: Mapping[str, float], stated: Mapping[str, Expression]
) -> Mapping[str, Expression] | None:
    """Return fields that satisfy all equations and conditions; None where it cannot be told.

    Raises:
        MisstatedError: They miss one.
    """
    if any(line.part for line in problem.boundary):
        # Points of a rim are not drawn here; the field is solved instead.
        return None
    columns = _columns(law, problem)

    def judge(side: Expression, anywhere: Expression, text: str) -> None:
        missed = _missed(side, anywhere, columns, fixed)
        if missed > ROUNDING:
            fields = " and ".join(f"{n} = {write_expression(e)}" for n, e in stated.items())
            raise MisstatedError(
                f"{law.identity} claims `{fields}`, which misses `{text}` by {missed:.1e} of its "
                "terms"
            )

    for equation in problem.equations:
        whole = written_with(equation, stated)
        judge(whole, whole, f"{write_expression(equation)} = 0")
    for condition in problem.conditions:
        whole = written_with(condition.side, stated)
        here = substitute(whole, {condition.variable: condition.at})
        judge(here, whole, write_condition(condition))
    for line in problem.boundary:
        if line.is_periodic:
            low, high = (Number(end) for end in span(law, line.variable))
            body = stated[line.quantity]
            first, last = (substitute(body, {line.variable: end}) for end in (low, high))
            judge(minus(first, last), body, write_boundary(line))
            continue
        if not isinstance(line.at, Expression):
            return None
        whole = written_with(line.side, stated)
        here = substitute(whole, {line.variable: line.at, **dict(line.further)})
        judge(here, whole, write_boundary(line))
    return stated


def _stated(law: Law, problem: Fields, fixed: Mapping[str, float]) -> dict[str, Expression]:
    """Return what claims of equality say fields are, in terms of what is given."""
    given = _given(problem, fixed)
    found: dict[str, Expression] = {}
    for claim in law.claims:
        if claim.form is not Always.COMPARISON or claim.where:
            continue
        match claim.subject:
            case Comparison(("=",), (Symbol(name), body)) if (
                name in problem.quantities and names(body) <= given
            ):
                found.setdefault(name, body)
    return found


def _given(problem: Fields, fixed: Mapping[str, float]) -> set[str]:
    """Return what a field may be stated in."""
    time = {problem.time} if problem.time is not None else set[str]()
    return {*problem.coordinates, *problem.parameters, *fixed} | time


def _spoken(stated: Mapping[str, Expression]) -> frozenset[str]:
    return frozenset[str]().union(*map(names, stated.values()))


def written_with(side: Expression, stated: Mapping[str, Expression]) -> Expression:
    """Return an expression with stated fields and their derivatives written out."""

    def change(node: Expression) -> Expression | None:
        match node:
            case Symbol(name) if name in stated:
                return stated[name]
            case Derivative(name, by, order) if name in stated:
                return _derived(stated[name], {by: order})
            case MixedDerivative(name, orders) if name in stated:
                return _derived(stated[name], dict(orders))
        return None

    return rebuild(side, change)


def _derived(body: Expression, orders: Mapping[str, int]) -> Expression:
    for by, order in orders.items():
        for _ in range(order):
            body = derivative(body, by)
    return body


def _columns(law: Law, problem: Fields) -> dict[str, Array]:
    """Return SI values of everything that varies, anywhere in the declared ranges."""
    generator = np.random.default_rng(17)
    known = [*problem.coordinates, *([problem.time] if problem.time else []), *problem.parameters]
    columns = {}
    for name in known:
        quantity = law.quantities[name]
        if quantity.low is None or quantity.high is None:
            raise CompileError(f"the range of {name} is not declared")
        share = generator.random(POINTS)
        values = quantity.low + (quantity.high - quantity.low) * share
        if quantity.log and quantity.low > 0:
            values = quantity.low * (quantity.high / quantity.low) ** share
        columns[name] = values * quantity.unit.factor + quantity.unit.offset
    return columns


def _missed(
    side: Expression,
    anywhere: Expression,
    columns: Mapping[str, Array],
    fixed: Mapping[str, float],
) -> float:
    """Return the largest value of a side over the size of terms, there and all over the ranges.

    Args:
        side: What is to be zero.
        anywhere: The same away from its end: where a sine ends at pi, rounding is small beside it.
        columns: SI values of all that varies.
        fixed: SI values of names that do not vary.
    """
    parts = {f"{k}": part for k, part in enumerate(terms(side))}
    usual = {f"usual {k}": part for k, part in enumerate(terms(anywhere))}
    outputs = {"side": side, **parts, **usual}
    used = sorted(frozenset[str]().union(*map(names, outputs.values())) - fixed.keys())
    found = evaluate(tape(outputs, used, fixed), {name: columns[name] for name in used})
    size = np.atleast_1d(sum(np.abs(found[n]) for n in parts))
    elsewhere = np.atleast_1d(sum(np.abs(found[n]) for n in usual))
    missed = np.atleast_1d(np.abs(found["side"]))
    with np.errstate(all="ignore"):
        share = missed / (size + np.mean(elsewhere[np.isfinite(elsewhere)]))
    return float(np.nan_to_num(np.where(missed == 0, 0.0, share), nan=np.inf).max())
