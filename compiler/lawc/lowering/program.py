"""A law compiled for a signature: everything that follows from it, in one object.

A program is a plan with verbs. Each verb is one file of this folder; here they only meet, and
what costs time is done when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lawc.diagnostics.diagnostic import CompileError, DomainError, LawcError, ShapeError
from lawc.forms.columns import by_name, column_array, same_units
from lawc.forms.tape import Tape
from lawc.knowledge.law import Law, Quantity
from lawc.lowering import properties as claimed
from lawc.lowering.answers import Written, written_out
from lawc.lowering.c_source import c_source
from lawc.lowering.closed_form import closed_form
from lawc.lowering.columns import Columns
from lawc.lowering.crossing import crossing
from lawc.lowering.differentiable import answers
from lawc.lowering.domain import Region, valid_region
from lawc.lowering.fields.loss import FieldLoss
from lawc.lowering.fields.planning import field_estimate
from lawc.lowering.fields.residual import FieldEquations, FieldResidual
from lawc.lowering.groups import Reduction, reduce
from lawc.lowering.invariance import invariances
from lawc.lowering.loss import Loss
from lawc.lowering.networks import Network
from lawc.lowering.plan import Plan, Signature
from lawc.lowering.properties import Property
from lawc.lowering.reference import checked_answers, reference, trajectory_scale
from lawc.lowering.residual import Equations, Residual
from lawc.lowering.returning import plan_either_way
from lawc.lowering.sampler import answered, sample, trajectories
from lawc.lowering.source import source

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = NDArray[np.float64]


def compile_law(law: Law, signature: str | Signature) -> Program:
    """Return the program that answers a signature, such as `t x0 m c k F0 w -> x`.

    Raises:
        CompileError: The law does not determine the outputs from the inputs; the text says what
            is missing or surplus.
    """
    return Program(plan_either_way(law, signature))


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """A law that answers one signature: `sample`, `reference`, `residual`, `loss`, `properties`.

    Columns go in and come out by name, shape (n,), in declared units.

    Attributes:
        plan: Which equation gives what, in which order.
    """

    plan: Plan

    @property
    def law(self) -> Law:
        """The law it was compiled from, with the ranges that count here."""
        return self.plan.law

    @property
    def signature(self) -> Signature:
        """Names of inputs and outputs."""
        return self.plan.signature

    @property
    def kind(self) -> str:
        """`explicit`, `implicit`, `ode`, `dae`, `boundary-value` or `field`."""
        return self.plan.kind.value

    @property
    def inputs(self) -> tuple[Quantity, ...]:
        """The inputs, with ranges in declared units."""
        return tuple(self.law.quantities[name] for name in self.signature.inputs)

    @property
    def outputs(self) -> tuple[Quantity, ...]:
        """The outputs."""
        return tuple(self.law.quantities[name] for name in self.signature.outputs)

    @property
    def variable(self) -> str | None:
        """The quantity along which a differential equation evolves, None for other laws."""
        return self.plan.flow.variable if self.plan.flow else None

    @cached_property
    def reduction(self) -> Reduction:
        """Dimensionless groups of the inputs, and a scale for each output."""
        self._refuse_fields("dimensionless groups")
        return reduce(self.plan)

    @cached_property
    def region(self) -> Region:
        """The conditions of `valid`, as far as the inputs decide them."""
        return valid_region(self.plan)

    @property
    def inside(self) -> Tape:
        """SI inputs to the margins of `valid`: positive inside, without units."""
        return self.region.margins

    @cached_property
    def closed_form(self) -> Tape | None:
        """SI inputs to SI outputs where the answer can be written out and was verified."""
        if self.plan.fields is not None:
            return None
        return closed_form(self.plan)

    @cached_property
    def written(self) -> Written | None:
        """Inputs to outputs, all in declared units, where the plan is written out."""
        return written_out(self.plan)

    @cached_property
    def equations(self) -> Equations | FieldEquations:
        """The law in terms of the outputs and their derivatives."""
        if self.plan.fields is not None:
            return FieldEquations(self.plan)
        return Equations(self.plan)

    def within(self, domain: Mapping[str, tuple[float, float]]) -> Program:
        """Return the program for narrower ranges of some inputs, in declared units.

        Raises:
            CompileError: A name is no input.
            DomainError: A range is empty or leaves the declared one.
        """
        quantities = dict(self.law.quantities)
        for name, (low, high) in domain.items():
            if name not in self.signature.inputs:
                raise CompileError(
                    f"{name} is no input; inputs are {', '.join(self.signature.inputs)}"
                )
            old = quantities[name]
            inside = (old.low is None or low >= old.low) and (old.high is None or high <= old.high)
            if not low <= high or not inside:
                raise DomainError(
                    f"{low:g} .. {high:g} is no part of the range of {name}, "
                    f"{old.low} .. {old.high}"
                )
            quantities[name] = replace(old, low=float(low), high=float(high))
        law = replace(self.law, quantities=quantities)
        return compile_law(law, self.signature)

    def sample(self, n: int, seed: int = 0, *, what: str = "domain") -> Columns:
        """Return n rows of inputs inside ranges and `valid`.

        Args:
            n: Number of rows.
            seed: The same seed gives the same rows.
            what: `domain` for scrambled Sobol points, `iid` for independent random ones, `faces`
                for corners and faces of the box.

        Raises:
            CompileError: An input has no declared range.
            DomainError: `valid` leaves almost nothing of the ranges.
        """
        rows = sample(self.plan, n, seed, what=what, valid=self.region)
        return self.columns(rows, kind=what, seed=seed)

    def trajectories(self, count: int, times: int, seed: int = 0) -> Columns:
        """Return `count` sets of parameters, each at `times` values of the variable.

        Raises:
            CompileError: There is no variable, or an input has no declared range.
            DomainError: `valid` leaves almost nothing of the ranges.
        """
        rows = trajectories(self.plan, count, times, seed)
        return self.columns(rows, kind="trajectories", seed=seed, times=times)

    def reference(self, columns: Mapping[str, Any], *, strict: bool = True) -> Columns:
        """Return the outputs: from a formula, a root or a solver, never from a network.

        Args:
            columns: Each input in its declared unit, shape (n,); other columns are left alone.
            strict: Whether a row without an answer raises; otherwise it is NaN.

        Raises:
            DomainError: A row has no answer, or a column says that it is in another unit.
            ShapeError: A column is missing, no numbers, or of another shape.
        """
        by_name(columns)
        self._same_units(columns)
        asked = self.signature.inputs
        rows = {n: (column_array(n, columns[n]) if n in asked else columns[n]) for n in columns}
        found = reference(self.plan, rows, strict=strict, written=self.written)
        lineage = dict(columns.lineage) if isinstance(columns, Columns) else {}
        made = self.columns({name: np.atleast_1d(values) for name, values in found.items()})
        if self.plan.fields is not None:
            lineage["estimated error"] = field_estimate(self.plan)
        return replace(made, lineage={**lineage, **made.lineage, "reference": self.kind})

    def rows(self, n: int, seed: int = 0, *, what: str = "domain", strict: bool = True) -> Columns:
        """Return what `sample` and `reference` do, inputs and outputs, in one pass if possible.

        Raises:
            CompileError: An input has no declared range.
            DomainError: `valid` leaves almost nothing of the ranges, or a row has no answer.
        """
        made = None
        if self.written is not None:
            made = answered(self.plan, self.written.tape, n, seed, what=what, valid=self.region)
        if made is None or self.written is None:
            inputs = self.sample(n, seed, what=what)
            return inputs | self.reference(inputs, strict=strict)
        values, finite = made
        found = {name: values[name] for name in self.signature.outputs}
        found = checked_answers(self.written, values, found, finite=finite, strict=strict)
        return self.columns({**values, **found}, kind=what, seed=seed, reference=self.kind)

    def answers(self, columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the outputs of an algebraic law, twice differentiable by its inputs.

        Raises:
            CompileError: The law follows from a solver.
            DomainError: A row has no answer, or a column says that it is in another unit.
            ShapeError: A column is missing or has another shape.
        """
        self._same_units(columns)
        return answers(self.plan, columns)

    def scale(self, columns: Mapping[str, Any]) -> dict[str, Array]:
        """Return what an error of each output is measured against, in declared units.

        It is the largest |output| over the variable's range for a differential equation, the
        largest over the domain for another output that has both signs there, and |output| itself
        otherwise.
        """
        self._same_units(columns)
        rows = {name: np.asarray(columns[name]) for name in columns}
        found = trajectory_scale(self.plan, rows)
        return found | {n: np.full_like(found[n], size) for n, size in self.crossing.items()}

    @cached_property
    def crossing(self) -> Mapping[str, float]:
        """The largest |output| over the domain of those outputs that change their sign there.

        In declared units; of an algebraic law whose inputs have ranges, else empty.
        """
        return crossing(self.plan, self.region)

    def residual(self, network: Network) -> Residual | FieldResidual:
        """Return the residual of a network: from columns to {label: tensor (n,)}.

        For a law of fields its `conditions` are told in the same way.

        Raises:
            ShapeError: The network answers in a wrong shape, or its rows are not independent.
        """
        return self.equations(network)

    def loss(
        self, network: Network, columns: Mapping[str, Any], weight: float | None = None
    ) -> Tensor:
        """Return the balanced loss of residuals, conditions and claims, shape ().

        Its weight is 1, and 0 for a contested law unless another one is asked for.

        Raises:
            ShapeError: There is no row, a column is missing, or the network answers in a wrong
                shape.
        """
        by_name(columns)
        self._same_units(columns)
        if any(np.shape(columns[n])[:1] == (0,) for n in self.signature.inputs if n in columns):
            raise ShapeError("a loss is a mean over rows, and there is no row")
        return self.objective(network, columns, weight)

    @cached_property
    def objective(self) -> Loss | FieldLoss:
        """The loss, with what counts in it and what does not; `parts` gives its parts by label."""
        equations = self.equations
        return FieldLoss(equations) if isinstance(equations, FieldEquations) else Loss(equations)

    def source(self, target: str) -> str:
        """Return readable code of the program: Python for `torch` or `numpy`, or `c`.

        Raises:
            CompileError: The answer cannot be written out as C.
        """
        self._refuse_fields("source")
        if target == "c":
            return c_source(self.plan, self.written and self.written.tape, self.closed_form)
        return source(self.plan, target, self.closed_form)

    def properties(self) -> tuple[Property, ...]:
        """Return what must hold for every state: claims, examples, the law itself."""
        return claimed.properties(self.plan)

    def invariances(self) -> tuple[Property, ...]:
        """Return what its residual must keep at every state: batch, order of rows and precision.

        Raises:
            CompileError: An input has no declared range, or the law has no residual.
        """
        return invariances(self.equations)

    def states(self) -> SearchStrategy[dict[str, float]]:
        """Return a hypothesis strategy of inputs in declared units, inside `valid`."""
        return claimed.states(self.plan)

    def columns(self, values: Mapping[str, Array], **how: Any) -> Columns:
        """Return values of quantities, in declared units, as columns of this program.

        The arrays are fresh: nobody writes to them any more, so they need not be copied.
        """
        for array in values.values():
            array.flags.writeable = False
        units = {name: self.law.quantities[name].unit.text for name in values}
        return Columns(values, units, self.lineage(**how))

    def lineage(self, **how: Any) -> dict[str, Any]:
        """Return what columns of this program are made from, and how they were made."""
        return {
            "law": self.law.identity,
            "version": self.law.version,
            "digest": self.law.digest,
            "signature": str(self.signature),
            "lawc": _version(),
            **how,
        }

    def _same_units(self, columns: Mapping[str, Any]) -> None:
        same_units(columns, {q.name: q.unit.text for q in (*self.inputs, *self.outputs)})

    def _refuse_fields(self, what: str) -> None:
        if self.plan.fields is not None:
            raise CompileError(
                f"{self.law.identity} is a law of fields, for which {what} are not made yet; it "
                "is sampled and answered by `reference`"
            )

    def __repr__(self) -> str:
        lines = [f"{self.law.identity}: {self.signature} ({self.kind})"]
        for side, quantities in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines.append(f"  {side}: {', '.join(_shown(q) for q in quantities)}")
        try:
            reduction = self.reduction
        except LawcError as problem:
            lines.append(f"  groups: {problem}")
        else:
            lines.append(f"  groups: {', '.join(map(str, reduction.groups)) or 'none'}")
        if self.region.unchecked:
            lines.append(f"  not decided by the inputs: {'; '.join(self.region.unchecked)}")
        return "\n".join(lines)


def _shown(quantity: Quantity) -> str:
    unit = f" [{quantity.unit.text}]" if quantity.unit.text else ""
    if quantity.low is None or quantity.high is None:
        return f"{quantity.name}{unit}"
    log = " log" if quantity.log else ""
    return f"{quantity.name}{unit} {quantity.low:g} .. {quantity.high:g}{log}"


@cache
def _version() -> str:
    try:
        return version("lawc")
    except PackageNotFoundError:
        return ""
