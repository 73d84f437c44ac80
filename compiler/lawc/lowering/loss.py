"""One number to train by: residuals, initial conditions and claims, balanced.

Every part is a mean square of something dimensionless whose size is about one where the network
knows nothing, so the parts weigh alike. Claims count as penalties where they can be told from
values and derivatives: comparisons, rises, falls, constancy. The others are for tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.expression import Binary, Comparison, Expression, Symbol, names
from lawc.knowledge.law import Always, Claim, Law, Status
from lawc.knowledge.writing import write_claim
from lawc.lowering.derivatives import Values, with_derivative
from lawc.lowering.eliminating import MAX_DEPTH, Start, named
from lawc.lowering.monomials import Size
from lawc.lowering.networks import Network, si_columns, tensors
from lawc.lowering.regions import Where, split_where
from lawc.lowering.residual import Equations, Residual, mean_square
from lawc.lowering.sizing import sizes

_SLOPE = "#slope"


class Loss:
    """The balanced loss of a plan's law.

    Attributes:
        equations: The equations it is made from.
        claims: Texts of the claims that count.
        left_out: What does not count: equations and claims, by label or text.
    """

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        law = equations.plan.law
        starts = equations.balances.starts
        parts = [(claim, _Penalty.of(equations, claim)) for claim in law.claims]
        gaps = [gap for _, penalty in parts if penalty is not None for gap in penalty.gaps]
        found = _sizes(equations, [*(Symbol(start.name) for start in starts), *gaps])
        self._start_sizes = [found.pop(0) for _ in starts]
        for _, penalty in parts:
            if penalty is not None:
                penalty.sizes = [found.pop(0) for _ in penalty.gaps]
        self._penalties = [penalty for _, penalty in parts if penalty is not None]
        self.claims = tuple(write_claim(c) for c, penalty in parts if penalty is not None)
        self.left_out = equations.left_out + tuple(
            write_claim(claim) for claim, penalty in parts if penalty is None
        )

    def parts(self, network: Network, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return the mean square of each part, shape (), by its label."""
        found = {
            label: mean_square(values)
            for label, values in Residual(self.equations, network)(columns).items()
        }
        given = tensors(network, columns, self.equations.plan.signature.inputs)
        for start, size in zip(self.equations.balances.starts, self._start_sizes, strict=True):
            found[f"start of {start.name}"] = self._start(network, given, start, size)
        for penalty in self._penalties:
            found[penalty.text] = penalty(network, given)
        return found

    def __call__(
        self, network: Network, columns: Mapping[str, Any], weight: float | None = None
    ) -> Tensor:
        """Return the weighted mean of all parts, shape ().

        Args:
            network: What is judged.
            columns: Where.
            weight: By default 1, and 0 for a contested law, which nobody is to follow unasked.
        """
        law = self.equations.plan.law
        return weighted(law, weight, lambda: self.parts(network, columns))

    def _start(
        self, network: Network, columns: dict[str, Tensor], start: Start, size: Size
    ) -> Tensor:
        equations = self.equations
        curve = equations.curve(network, columns, start.depth)
        like = equations.at(columns)
        still = si_columns(equations.plan, columns)
        (at,) = equations.evaluate([start.at], {**still, "#like": like})
        values = curve(at.contiguous())
        gap = Binary("-", Symbol(start.name), start.value)
        return mean_square(equations.evaluate([gap], values)[0] / size.at(values))


class _Penalty:
    """How far a network is from a claim, as a mean square."""

    def __init__(
        self, equations: Equations, claim: Claim, gaps: list[Expression], where: Where
    ) -> None:
        self.text = write_claim(claim)
        self._equations, self._claim, self._where = equations, claim, where
        self.gaps = gaps
        self.sizes: list[Size] = []

    @staticmethod
    def of(equations: Equations, claim: Claim) -> _Penalty | None:
        """Return the penalty of a claim, None where it cannot be told from derivatives."""
        balances, plan = equations.balances, equations.plan
        where = split_where(claim.where, plan.signature.inputs, plan.fixed)
        match claim.form:
            case Always.COMPARISON:
                gaps = excesses(claim.subject)
            case Always.RISES | Always.FALLS if claim.by in plan.signature.inputs:
                gaps = [claim.subject]
            case Always.CONSTANT if balances.variable in plan.signature.inputs:
                gaps = [claim.subject]
            case _:
                return None
        needed = [named(part) for part in (*gaps, *where.rest)]
        if any((d := balances.depth(part)) is None or d >= MAX_DEPTH for part in needed):
            return None
        if not gaps or not all(names(g) & balances.depths.keys() for g in needed[: len(gaps)]):
            return None
        return _Penalty(equations, claim, [named(gap) for gap in gaps], where)

    def __call__(self, network: Network, columns: dict[str, Tensor]) -> Tensor:
        columns = self._placed(columns)
        values, inside = self._values(network, columns)
        total = torch.zeros_like(inside).sum()
        for gap, size in zip(self._excess(values), self.sizes, strict=True):
            total = total + mean_square(gap / size.at(values) * inside)
        return total / len(self.gaps)

    def _placed(self, columns: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the columns with the equalities of the claim's region put in exactly."""
        quantities = self._equations.plan.law.quantities
        si = si_columns(self._equations.plan, columns)
        placed = dict(columns)
        for name, body in self._where.exact.items():
            (value,) = self._equations.evaluate([body], si)
            unit = quantities[name].unit
            placed[name] = (value - unit.offset) / unit.factor
        return placed

    def _values(self, network: Network, columns: dict[str, Tensor]) -> tuple[Values, Tensor]:
        equations = self._equations
        parts = [*self.gaps, *(named(part) for part in self._where.rest)]
        depth = max(equations.balances.depth(part) or 0 for part in parts)
        by = self._by
        if by is None or by == equations.balances.variable:
            curve = equations.curve(network, columns, depth)
            if by is not None:
                curve = with_derivative(self._with_subject(curve), _slope)
            values = curve(equations.at(columns))
        else:
            unit = equations.plan.law.quantities[by].unit

            def sideways(at: Tensor) -> Values:
                moved = {**columns, by: (at - unit.offset) / unit.factor}
                return self._with_subject(equations.curve(network, moved, depth))(
                    equations.at(moved)
                )

            values = with_derivative(sideways, _slope)(columns[by] * unit.factor + unit.offset)
        inside = torch.ones_like(next(iter(values.values())))
        for condition in self._where.rest:
            inside = inside * equations.evaluate([named(condition)], values)[0]
        return values, inside.detach()

    @property
    def _by(self) -> str | None:
        if self._claim.form is Always.CONSTANT:
            return self._equations.balances.variable
        return self._claim.by if self._claim.form is not Always.COMPARISON else None

    def _with_subject(self, curve):
        def extended(at: Tensor) -> Values:
            values = curve(at.contiguous())
            return {**values, "#": self._equations.evaluate(self.gaps, values)[0]}

        return extended

    def _excess(self, values: Values) -> list[Tensor]:
        """Return by how much the claim is missed, zero where it holds, in SI."""
        if self._by is None:
            return [torch.relu(gap) for gap in self._equations.evaluate(self.gaps, values)]
        quantity = self._equations.plan.law.quantities[self._by]
        span = ((quantity.high or 0.0) - (quantity.low or 0.0)) * quantity.unit.factor
        slope = values[_SLOPE] * span
        match self._claim.form:
            case Always.RISES:
                return [torch.relu(-slope)]
            case Always.FALLS:
                return [torch.relu(slope)]
        return [slope]


def _sizes(equations: Equations, expressions: list[Expression]) -> list[Size]:
    """Return typical sizes over the domain, by one integration where one serves all."""
    try:
        return sizes(equations.plan, [[e] for e in expressions], equations.balances.variable)
    except LawcError:
        if len(expressions) == 1:
            # Nothing answers for it, so nothing says how large it is: it weighs as it stands.
            return [Size()]
        return [one for part in expressions for one in _sizes(equations, [part])]


def _slope(name: str) -> str | None:
    return _SLOPE if name == "#" else None


def weighted(law: Law, weight: float | None, parts: Callable[[], Mapping[str, Tensor]]) -> Tensor:
    """Return the weighted mean of parts, shape (); parts that weigh nothing are not asked for.

    Args:
        law: Whose parts they are.
        weight: By default 1, and 0 for a contested law.
        parts: Each of shape ().
    """
    if weight is None:
        weight = 0.0 if law.status is Status.CONTESTED else 1.0
    if weight == 0:
        # It has a gradient, of zeros, so that a sum of losses can be derived.
        return torch.zeros((), dtype=torch.float64, requires_grad=True)
    return weight * torch.stack(list(parts().values())).mean()


def excesses(subject: Expression) -> list[Expression]:
    """Return differences that are at most zero where a comparison holds.

    There are none for an equality, which no excess can say.
    """
    if not isinstance(subject, Comparison):
        return []
    found = []
    sides = pairwise(subject.operands)
    for operator, (left, right) in zip(subject.operators, sides, strict=True):
        if operator in ("<", "<="):
            found.append(Binary("-", left, right))
        elif operator in (">", ">="):
            found.append(Binary("-", right, left))
        else:
            return []
    return found
