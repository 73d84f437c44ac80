"""One number to train fields by: equations, conditions and claims, balanced.

Every part is a mean square of something dimensionless whose size is about one where the network
knows nothing. Claims that compare, and claims of rising and falling, count as penalties; what a
law states its field to be does not, since that is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError
from lawc.knowledge.algebra import negative
from lawc.knowledge.differentiate import total_derivative
from lawc.knowledge.expression import Expression, names
from lawc.knowledge.law import Always, Claim
from lawc.knowledge.writing import write_claim
from lawc.lowering.fields.laws import Reading
from lawc.lowering.fields.parts import Part, Place, terms
from lawc.lowering.fields.residual import FieldEquations, FieldResidual
from lawc.lowering.loss import excesses, weighted
from lawc.lowering.networks import Network, tensors
from lawc.lowering.regions import split_where
from lawc.lowering.residual import mean_square


class FieldLoss:
    """The balanced loss of a law of fields.

    Attributes:
        equations: What it is made from.
        claims: Texts of the claims that count.
        left_out: What does not count: conditions and claims, by label or text.
    """

    def __init__(self, equations: FieldEquations) -> None:
        self.equations = equations
        claims = [(claim, _penalty(equations, claim)) for claim in equations.plan.law.claims]
        self._penalties = [(c, p, where) for c, found in claims if found for p, where in [found]]
        self.claims = tuple(write_claim(claim) for claim, found in claims if found)
        self.left_out = equations.left_out + tuple(
            write_claim(claim) for claim, found in claims if not found
        )

    def parts(self, network: Network, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return the mean square of each part, shape (), by its label."""
        residual = FieldResidual(self.equations, network)
        found = {**residual(columns), **residual.conditions(columns)}
        squares = {label: mean_square(values) for label, values in found.items()}
        given = tensors(network, columns, self.equations.plan.signature.inputs)
        for claim, parts, where in self._penalties:
            squares[write_claim(claim)] = self._missed(network, given, parts, where)
        return squares

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

    def _missed(
        self,
        network: Network,
        columns: dict[str, Tensor],
        parts: list[Part],
        where: tuple[Expression, ...],
    ) -> Tensor:
        held = self.equations
        moved, good = held.places.move(held.si(columns), parts[0].place)
        for condition in where:
            good = good & (held.places.evaluate([condition], moved)[0] > 0.5)
        total = torch.zeros_like(next(iter(moved.values()))).sum()
        found = held.hold(network, held.declared(moved), parts)
        for part, values in zip(parts, found, strict=True):
            over = torch.relu(values) / held.trial.size(part.terms).at(moved)
            total = total + mean_square(torch.where(good, over, torch.zeros_like(over)))
        return total / len(parts)


def _penalty(
    equations: FieldEquations, claim: Claim
) -> tuple[list[Part], tuple[Expression, ...]] | None:
    """Return what is at most zero where a claim holds; None where it cannot be told."""
    plan = equations.plan
    inputs = plan.signature.inputs
    where = split_where(claim.where, inputs, plan.fixed)
    reading = Reading(plan.law, plan.signature)
    fields = dict.fromkeys(plan.signature.outputs, inputs)
    try:
        match claim.form:
            case Always.COMPARISON:
                gaps = [reading.write_out(gap) for gap in excesses(claim.subject)]
            case Always.RISES | Always.FALLS if claim.by in inputs:
                slope = total_derivative(reading.write_out(claim.subject), claim.by, fields)
                gaps = [negative(slope) if claim.form is Always.RISES else slope]
            case _:
                return None
    except CompileError:
        return None
    told = {*inputs, *plan.fixed, *plan.signature.outputs}
    if not gaps or any(not names(side) <= told for side in (*gaps, *where.rest)):
        return None
    if any(names(side) & {*plan.signature.outputs} for side in where.rest):
        return None
    if not all(names(gap) & {*plan.signature.outputs} for gap in gaps):
        return None
    place = Place(tuple(where.exact.items()))
    return [Part(write_claim(claim), "", gap, terms(gap), place) for gap in gaps], where.rest
