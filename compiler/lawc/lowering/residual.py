"""Turn a law into a differentiable residual.

Each equation is a sum of terms that balances to zero. It is divided by the typical size of its
largest term (`sizing.py`): so one tolerance serves laws of any scale and any units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.columns import same_units
from lawc.forms.tape import Tape
from lawc.forms.torch_table import evaluate
from lawc.jets.closure import Partial
from lawc.jets.jet import UnknownFunctionError
from lawc.jets.partials import partials
from lawc.knowledge.expression import Binary, Expression, names
from lawc.lowering.derivatives import Curve, Values, with_derivative
from lawc.lowering.eliminating import Balances, eliminate
from lawc.lowering.flows import symbol
from lawc.lowering.monomials import Size
from lawc.lowering.networks import Network, ask, check_rows, si_columns, tensors
from lawc.lowering.plan import Plan
from lawc.lowering.sizing import sizes
from lawc.lowering.tapes import tape


def residual(plan: Plan) -> Equations:
    """Return a callable from a network to its residual.

    `residual(plan)(network)(columns)` gives, for each equation, a dimensionless tensor (n,) that
    is zero where the network's outputs satisfy it.
    """
    return Equations(plan)


class Equations:
    """The equations of a plan, ready to be held against networks.

    Attributes:
        plan: The plan they come from.
        balances: The law in terms of what a network gives.
    """

    def __init__(self, plan: Plan) -> None:
        if plan.law.events:
            raise CompileError(
                f"{plan.law.identity} has events; a network is not held to what jumps yet"
            )
        self.plan = plan
        self.balances: Balances = eliminate(plan)
        self._tapes: dict[tuple[str, ...], Tape] = {}

    def __call__(self, network: Network) -> Residual:
        """Return the residual of a network.

        Raises:
            ShapeError: The network answers in a wrong shape, or its rows are not independent.
        """
        check_rows(network, self.plan)
        return Residual(self, network)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the equations that a network can violate."""
        return tuple(balance.label for balance in self.balances.equations)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Labels of equations that speak of what the outputs do not tell."""
        return self.balances.left_out

    @cached_property
    def sizes(self) -> Mapping[str, Size]:
        """The typical size of each equation's largest term, by label."""
        found = sizes(self.plan, [b.terms for b in self.balances.equations], self.balances.variable)
        return {b.label: size for b, size in zip(self.balances.equations, found, strict=True)}

    def curve(self, network: Network, columns: dict[str, Tensor], depth: int) -> Curve:
        """Return SI values along the variable: inputs, outputs, what follows from them.

        Args:
            network: Who gives the outputs.
            columns: Inputs in declared units.
            depth: How often outputs are differentiated.
        """
        plan, variable = self.plan, self.balances.variable
        quantities = plan.law.quantities
        still = si_columns(plan, {n: values for n, values in columns.items() if n != variable})

        def outputs(at: Tensor) -> Values:
            given = dict(columns)
            values: Values = dict(still)
            if variable is not None and variable in given:
                unit = quantities[variable].unit
                given[variable] = (at - unit.offset) / unit.factor
                values[variable] = at
            for name, answer in ask(network, given, plan.signature.outputs).items():
                unit = quantities[name].unit
                values[name] = answer * unit.factor + unit.offset
            return self._defined(values, 0)

        curve: Curve = outputs
        for level in range(1, depth + 1):
            curve = self._raised(curve, level)
        return curve

    def values(self, network: Network, columns: Mapping[str, Any], depth: int) -> Values:
        """Return SI values at rows of inputs in declared units."""
        given = tensors(network, columns, self.plan.signature.inputs)
        if depth > 1 and self._is_told(depth):
            try:
                return self._in_one_pass(network, given, depth)
            except UnknownFunctionError:
                # The network does what jets have no rule for; nested forward mode has.
                pass
        return self.curve(network, given, depth)(self.at(given))

    def _in_one_pass(self, network: Network, columns: dict[str, Tensor], depth: int) -> Values:
        """Return SI values with all derivatives of the outputs to an order, by jets."""
        variable, quantities = self.balances.variable, self.plan.law.quantities
        assert variable is not None
        values = si_columns(self.plan, columns)
        step = quantities[variable].unit.factor
        wanted: list[Partial] = [(), *(((variable, k),) for k in range(1, depth + 1))]
        outputs = self.plan.signature.outputs

        def stacked(given: dict[str, Any]) -> Any:
            return torch.stack([*ask(network, given, outputs).values()])

        for orders, found in partials(stacked, columns, wanted).items():
            order = orders[0][1] if orders else 0
            for name, answer in zip(outputs, found, strict=True):
                unit = quantities[name].unit
                shift = unit.offset if order == 0 else 0.0
                values[symbol(name, order)] = answer * (unit.factor / step**order) + shift
        for definition in self.balances.definitions:
            (values[definition.quantity],) = self.evaluate([definition.expression], values)
        return values

    def _is_told(self, depth: int) -> bool:
        """Return whether derivatives of the outputs tell all: none of what follows from them."""
        told = {*self.plan.signature.inputs, *self.plan.fixed, *self.balances.still}
        outputs = self.plan.signature.outputs
        told |= {symbol(name, order) for name in outputs for order in range(depth + 1)}
        for definition in self.balances.definitions:
            if not names(definition.expression) <= told:
                return False
            told.add(definition.quantity)
        return all(names(t) <= told for b in self.balances.equations for t in b.terms)

    def at(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return SI values of the variable; of any input where there is none."""
        variable = self.balances.variable
        first = self.plan.signature.inputs[0]
        name = first if variable is None or variable not in columns else variable
        unit = self.plan.law.quantities[name].unit
        return columns[name] * unit.factor + unit.offset

    def evaluate(self, expressions: Sequence[Expression], values: Values) -> list[Tensor]:
        """Return expressions of known names, each of shape (n,)."""
        key = tuple(map(repr, expressions))
        if key not in self._tapes:
            bodies = {f"{number}": body for number, body in enumerate(expressions)}
            spoken = frozenset[str]().union(*map(names, expressions)) - self.plan.fixed.keys()
            self._tapes[key] = tape(bodies, sorted(spoken), self.plan.fixed)
        like = next(iter(values.values()))
        return [
            result.to(like).expand(like.shape) if result.shape != like.shape else result
            for result in evaluate(self._tapes[key], values).values()
        ]

    def _raised(self, curve: Curve, level: int) -> Curve:
        def rename(name: str) -> str | None:
            owner, mark, order = name.partition("'")
            number = int(order) if mark else 0
            if self.balances.depths.get(owner, -1) + number != level - 1:
                return None
            return symbol(owner, number + 1)

        raised = with_derivative(curve, rename)
        return lambda at: self._defined(raised(at), level)

    def _defined(self, values: Values, depth: int) -> Values:
        for definition in self.balances.definitions:
            if definition.depth == depth:
                (value,) = self.evaluate([definition.expression], values)
                values = {**values, definition.quantity: value}
        return values


class Residual:
    """The residual of one network: from columns in declared units to {label: tensor (n,)}."""

    def __init__(self, equations: Equations, network: Network) -> None:
        self.equations = equations
        self.network = network

    def __call__(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return each equation's imbalance over its scale, shape (n,), zero where it holds.

        Args:
            columns: Each input in its declared unit, shape (n,); arrays or tensors.

        Raises:
            ShapeError: A column is missing or of another shape.
            DomainError: A column says that it is in another unit.
        """
        plan = self.equations.plan
        same_units(columns, {n: q.unit.text for n, q in plan.law.quantities.items()})
        found = self.equations.balances.equations
        depth = max((balance.depth for balance in found), default=0)
        values = self.equations.values(self.network, columns, depth)
        sums = [total(balance.terms) for balance in found]
        if not sums:
            return {}
        known = self.equations.sizes
        return {
            balance.label: result / known[balance.label].at(values)
            for balance, result in zip(found, self.equations.evaluate(sums, values), strict=True)
        }


def total(terms: Sequence[Expression]) -> Expression:
    """Return the sum of terms."""
    result = terms[0]
    for term in terms[1:]:
        result = Binary("+", result, term)
    return result


def mean_square(values: Tensor) -> Tensor:
    """Return the mean of squares, shape ()."""
    return torch.mean(values * values)
