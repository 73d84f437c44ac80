"""Initial-value problems for tests, written as text."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np

from lawc.knowledge.expression import Binary, Call, Expression, Negative, Number, Symbol
from lawc.lowering.plan import Flow, State
from lawc.lowering.systems import system
from lawc.solvers.trajectories import Array, Trajectories

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


def read(text: str) -> Expression:
    """Return an expression written as Python writes it."""
    return _read(ast.parse(text, mode="eval").body)


def _read(node: ast.expr) -> Expression:
    match node:
        case ast.BinOp(left, operator, right):
            return Binary(_OPERATORS[type(operator)], _read(left), _read(right))
        case ast.UnaryOp(ast.USub(), operand):
            return Negative(_read(operand))
        case ast.Constant(int() | float() as value):
            return Number(value)
        case ast.Name(name):
            return Symbol(name)
        case ast.Call(ast.Name(name), arguments):
            return Call(name, tuple(_read(argument) for argument in arguments))
    raise ValueError(f"expected arithmetic, got {ast.unparse(node)}")


def runs(
    rates: dict[str, str], initial: Mapping[str, float | Array], span: float, **parameters: object
) -> Trajectories:
    """Return trajectories from t = 0 on, one for each value of the parameters."""
    states = tuple(State(name, 0, name, read(rate), Number(0)) for name, rate in rates.items())
    equations = system(Flow("t", Number(0), states), {})
    starts = np.broadcast_arrays(*initial.values(), *map(np.asarray, parameters.values()))
    given = [np.atleast_1d(values).astype(float) for values in starts]
    count = len(given[0])
    return Trajectories(
        equations,
        np.zeros(count),
        np.full(count, span),
        np.stack(given[: len(initial)]),
        dict(zip(parameters, given[len(initial) :], strict=True)),
    )
