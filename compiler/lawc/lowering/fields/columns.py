"""An expression of fields and their derivatives in the columns that a solver answers."""

from __future__ import annotations

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.expression import Derivative, Expression, MixedDerivative, Symbol, rebuild
from lawc.knowledge.writing import write_expression
from lawc.lowering.plan import Fields
from lawc.solvers.field_problem import slope_name


def in_columns(side: Expression, fields: Fields) -> Expression:
    """Return an expression with columns in the place of fields and slopes.

    Raises:
        CompileError: It speaks of a derivative that is not answered.
    """

    def change(node: Expression) -> Expression | None:
        match node:
            case Derivative(quantity, by, 1) if by in fields.coordinates:
                return Symbol(slope_name(quantity, by))
            case Derivative(quantity, by, 1):
                # Where the law is of second order in time, its speed is a field.
                return Symbol(rate_of(quantity))
            case Derivative() | MixedDerivative():
                raise CompileError(
                    f"`{write_expression(node)}` is not answered: a solved field has its value "
                    "and its first derivatives in space"
                )
        return None

    return rebuild(side, change)


def rate_of(name: str) -> str:
    """Return the name of the rate of a field that is moved by the second order."""
    return f"{name}''"
