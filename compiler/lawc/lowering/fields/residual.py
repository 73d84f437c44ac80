"""Turn a law of fields into a differentiable residual.

A network is asked once for all partial derivatives that the equations read, by jets; conditions
are asked at the places where they hold, to which the rows are moved. Each part is divided by the
size of its terms (`sizes.py`), so that it is dimensionless and of order one where a network
knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from lawc.forms.columns import same_units
from lawc.jets.closure import Partial
from lawc.jets.jet import UnknownFunctionError
from lawc.jets.partials import partials
from lawc.lowering.derivatives import nested
from lawc.lowering.fields.parts import (
    Part,
    Pins,
    in_columns,
    partial_name,
    partials_in,
    take_apart,
)
from lawc.lowering.fields.places import Columns, Places
from lawc.lowering.fields.sizes import Trial, trial
from lawc.lowering.monomials import Size
from lawc.lowering.networks import Network, ask, check_rows, si_columns, tensors
from lawc.lowering.plan import Plan


class FieldEquations:
    """The equations and conditions of a law of fields, ready to be held against networks.

    Attributes:
        plan: The plan they come from.
        parts: What is zero, and where.
        places: Where conditions hold.

    Raises:
        CompileError: A field that the law speaks of is none of the outputs.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.parts = take_apart(plan)
        self.places = Places(plan)

    def __call__(self, network: Network) -> FieldResidual:
        """Return the residual of a network.

        Raises:
            ShapeError: The network answers in a wrong shape, or its rows are not independent.
        """
        check_rows(network, self.plan)
        return FieldResidual(self, network)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the equations that a network can violate."""
        return tuple(part.label for part in self.parts.equations)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that a network can violate, as they are written."""
        return tuple(part.label for part in self.parts.conditions)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Conditions that hold where no point can be, infinitely far away."""
        return self.parts.left_out

    @cached_property
    def trial(self) -> Trial:
        """What says how large terms are."""
        return trial(self.plan, self.parts)

    @cached_property
    def sizes(self) -> Mapping[str, Size]:
        """The typical size of the largest term of each equation and condition, by label."""
        every = (*self.parts.equations, *self.parts.conditions)
        return {part.label: self.trial.size(part.terms) for part in every}

    def si(self, columns: Mapping[str, Tensor]) -> Columns:
        """Return inputs in SI from inputs in declared units."""
        return si_columns(self.plan, columns)

    def declared(self, si: Mapping[str, Tensor]) -> Columns:
        """Return inputs in declared units from inputs in SI."""
        units = {name: self.plan.law.quantities[name].unit for name in si}
        return {n: (values - units[n].offset) / units[n].factor for n, values in si.items()}

    def values(
        self, network: Network, columns: Mapping[str, Tensor], wanted: Mapping[str, set[Partial]]
    ) -> Columns:
        """Return SI values of inputs, outputs and derivatives of outputs, all in one pass.

        Args:
            network: Who gives the outputs.
            columns: Inputs in declared units, shape (n,).
            wanted: Partial derivatives by output.
        """
        outputs, quantities = self.plan.signature.outputs, self.plan.law.quantities
        values = self.si(columns)
        asked: set[Partial] = {()}
        asked.update(*wanted.values())

        def stacked(given: dict[str, Any]) -> Any:
            return torch.stack([*ask(network, given, outputs).values()])

        for one, found in derived(stacked, columns, asked).items():
            step = 1.0
            for by, order in one:
                step *= quantities[by].unit.factor ** order
            for name, answer in zip(outputs, found, strict=True):
                if one and one not in wanted.get(name, ()):
                    continue
                unit = quantities[name].unit
                shift = 0.0 if one else unit.offset
                values[partial_name(name, one)] = answer * (unit.factor / step) + shift
        return values

    def hold(
        self, network: Network, columns: Mapping[str, Tensor], parts: Sequence[Part]
    ) -> list[Tensor]:
        """Return how far a network is from parts that hold at the rows themselves, in SI."""
        outputs = self.plan.signature.outputs
        wanted = partials_in([part.side for part in parts], outputs)
        values = self.values(network, columns, wanted)
        return self.places.evaluate([in_columns(part.side, outputs) for part in parts], values)


class FieldResidual:
    """The residual of one network: from columns in declared units to {label: tensor (n,)}."""

    def __init__(self, equations: FieldEquations, network: Network) -> None:
        self.equations = equations
        self.network = network

    def __call__(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return each equation's imbalance over its size, shape (n,), zero where it holds.

        Args:
            columns: Each input in its declared unit, shape (n,); arrays or tensors.

        Raises:
            ShapeError: A column is missing or of another shape.
            DomainError: A column says that it is in another unit.
        """
        plan = self.equations.plan
        same_units(columns, {n: q.unit.text for n, q in plan.law.quantities.items()})
        held = self.equations
        given = self._given(columns)
        found = held.hold(self.network, given, held.parts.equations)
        si = held.si(given)
        return {
            part.label: values / held.sizes[part.label].at(si)
            for part, values in zip(held.parts.equations, found, strict=True)
        }

    def conditions(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return each condition's imbalance over its size, shape (n,), zero where it holds.

        A row counts for the place to which it is moved: for a condition at x = 0 with its x set to
        zero, for one on a rim at its share of the rim. Where a hole takes that place away the law
        says nothing, and the imbalance is zero.

        Args:
            columns: Each input in its declared unit, shape (n,); arrays or tensors.

        Raises:
            ShapeError: A column is missing or of another shape.
        """
        held = self.equations
        given = self._given(columns)
        si = held.si(given)
        found: dict[str, Tensor] = {}
        by_place: dict[tuple[Pins, str], list[Part]] = {}
        for part in held.parts.conditions:
            by_place.setdefault((part.place.pins, part.place.rim), []).append(part)
        for parts in by_place.values():
            moved, good = held.places.move(si, parts[0].place)
            values = held.hold(self.network, held.declared(moved), parts)
            twins = [part for part in parts if part.place.twin]
            if twins:
                other = held.places.pinned(si, twins[0].place.twin)
                ends = held.hold(self.network, held.declared(other), twins)
                theirs = {part.label: end for part, end in zip(twins, ends, strict=True)}
                values = [
                    value - theirs[part.label] if part.label in theirs else value
                    for part, value in zip(parts, values, strict=True)
                ]
            for part, value in zip(parts, values, strict=True):
                whole = value / held.sizes[part.label].at(moved)
                found[part.label] = torch.where(good, whole, torch.zeros_like(whole))
        return {label: found[label] for label in held.conditions}

    def _given(self, columns: Mapping[str, Any]) -> Columns:
        """Return the inputs in declared units as tensors that the network can take."""
        return tensors(self.network, columns, self.equations.plan.signature.inputs)


def derived(
    function: Callable[[dict[str, Any]], Any],
    columns: Mapping[str, Tensor],
    wanted: Collection[Partial],
) -> dict[Partial, Tensor]:
    """Return partial derivatives by jets, or nested where jets have no rule for the function."""
    try:
        return partials(function, columns, wanted)
    except UnknownFunctionError:
        return nested(function, columns, wanted)
