"""How a law answers a signature: which equation gives what, in which order.

A plan is data. It says, without solving anything, that an output is written out (an assignment),
is the root of an equation in a bracket, solves several equations together with others, or follows
from an initial-value problem of first order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from lawc.knowledge.expression import Expression, names
from lawc.knowledge.law import Boundary, Condition, Equation, Law


class Kind(StrEnum):
    """The hardest step of a plan."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"
    ODE = "ode"
    DAE = "dae"
    BOUNDARY_VALUE = "boundary-value"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and outputs, by name, in the order in which columns and tensors hold them."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' '.join(self.inputs)} -> {' '.join(self.outputs)}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A quantity that is written out in terms of inputs, constants and earlier steps.

    Attributes:
        turned: The equation that was turned round to give it, if one was: a row counts only if
            its value satisfies this.
    """

    quantity: str
    expression: Expression
    turned: Equation | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the step gives."""
        return (self.quantity,)

    @property
    def reads(self) -> frozenset[str]:
        """Names of what must be known before the step."""
        return names(self.expression)


@dataclass(frozen=True, slots=True)
class Root:
    """A quantity that makes an expression zero, inside a bracket in SI units.

    Attributes:
        conditions: What of the law's validity speaks of the quantity: of several roots in the
            bracket, those that satisfy it count.
    """

    quantity: str
    expression: Expression
    low: float
    high: float
    log: bool
    conditions: tuple[Expression, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the step gives."""
        return (self.quantity,)

    @property
    def reads(self) -> frozenset[str]:
        """Names of what must be known before the step."""
        return _named(self.expression, *self.conditions) - {self.quantity}


@dataclass(frozen=True, slots=True)
class Bracket:
    """Where an unknown is searched for, in SI units; None where it has no end."""

    quantity: str
    low: float | None
    high: float | None
    log: bool


@dataclass(frozen=True, slots=True)
class Together:
    """Several quantities that make as many expressions zero at once.

    Attributes:
        brackets: One for each unknown, in order.
        expressions: As many as there are unknowns.
        linear: Whether all expressions are linear in the unknowns taken together.
        conditions: What of the law's validity speaks of an unknown: of several solutions inside
            the brackets, those that satisfy it count.
    """

    brackets: tuple[Bracket, ...]
    expressions: tuple[Expression, ...]
    linear: bool = False
    conditions: tuple[Expression, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the step gives."""
        return tuple(bracket.quantity for bracket in self.brackets)

    @property
    def reads(self) -> frozenset[str]:
        """Names of what must be known before the step."""
        return _named(*self.expressions, *self.conditions) - set(self.quantities)


Step: TypeAlias = Assignment | Root | Together


def _named(*expressions: Expression) -> frozenset[str]:
    return frozenset[str]().union(*map(names, expressions))


@dataclass(frozen=True, slots=True)
class State:
    """One component of a first-order system.

    Attributes:
        quantity: The law's quantity.
        order: Which of its derivatives this component is; zero for the quantity itself.
        rate: d(component)/d(variable), in terms of state symbols, inputs, constants and variable.
        start: Its value where the variable has the plan's `start`.
        symbol: The name by which `rate` expressions speak of it: `x` for order zero, `x'1`, `x'2`
            for its derivatives, which no author can write.
    """

    quantity: str
    order: int
    symbol: str
    rate: Expression
    start: Expression


@dataclass(frozen=True, slots=True)
class Happening:
    """An event on the way of a flow.

    Attributes:
        label: The author's word for it, or its condition.
        value: Not negative where its condition holds, in terms of states, the variable and names
            that stand still.
        resets: New values of states by their symbols, of values just before it; None where the
            flow ends with it.
    """

    label: str
    value: Expression
    resets: Mapping[str, Expression] | None


@dataclass(frozen=True, slots=True)
class Flow:
    """An initial-value problem: all states start together and follow their rates.

    Attributes:
        states: Components of the law's states; behind them what is carried along with them.
        algebraic: What ties carried unknowns to states: equations that must hold all along.
        events: What happens on the way.
    """

    variable: str
    start: Expression
    states: tuple[State, ...]
    algebraic: tuple[Step, ...] = ()
    events: tuple[Happening, ...] = ()


@dataclass(frozen=True, eq=False)
class Fields:
    """A problem of fields, as the law states it.

    Attributes:
        coordinates: In space, in the order of declaration.
        time: What the fields also move in, None where they are at rest.
        quantities: The fields; the equation of the same number gives a field.
        equations: What is zero everywhere, in terms of the fields and their derivatives.
        conditions, boundary: Those of the law, with what is defined written out.
        outputs: For each output an expression of the fields and their derivatives.
        parameters: Names that stand still in all of this, and are not fixed.
        exact: The fields themselves, where the law states and keeps them.
        aim: What a solution may be off, relative to each field; None for what a reference may.
    """

    coordinates: tuple[str, ...]
    time: str | None
    quantities: tuple[str, ...]
    equations: tuple[Expression, ...]
    conditions: tuple[Condition, ...]
    boundary: tuple[Boundary, ...]
    outputs: Mapping[str, Expression]
    parameters: tuple[str, ...]
    exact: Mapping[str, Expression] | None = None
    aim: float | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that is needed to answer a signature.

    Attributes:
        fixed: SI values of constants, and of defaults of quantities that are no input.
        before: Steps that need no state of the flow, in order.
        flow: The initial-value problem, if there is one.
        after: Steps that read states, derivatives or the variable, in order.
        fields: The problem of fields, if there is one; it follows from `before`.
    """

    law: Law
    signature: Signature
    kind: Kind
    fixed: Mapping[str, float]
    before: tuple[Step, ...] = ()
    flow: Flow | None = None
    after: tuple[Step, ...] = ()
    fields: Fields | None = None
