"""A decision for gradients: thresholds are blurred by real widths, answers averaged over the blur.

The soft answer is exact wherever no threshold is within its blur, and it is unchanged when rows
are split, merged or moved, or when sentences are written in another way that says the same. What
is reported is the exact answer: `Soft.forward(columns, exact)` gives it the gradient of the soft.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import torch
from torch import Tensor, nn

from lawc.decision.admission import grain
from lawc.decision.conditions import cell_condition, row_condition
from lawc.decision.decision import (
    Apportion,
    Bands,
    Clauses,
    Decision,
    OneOf,
    Scale,
    Score,
    Step,
    Table,
    decides,
    formulas,
)
from lawc.decision.formula import Apply, Formula, Number, apply, number, walk
from lawc.decision.guards import guards
from lawc.decision.margins import Margin, place_of
from lawc.decision.soft.axes import Axis, Lift, Node, Run, combined, fixed, summed, weights, whole
from lawc.decision.soft.corners import ramps
from lawc.decision.soft.formulas import Scope, as_number, chosen
from lawc.decision.soft.lines import average
from lawc.decision.soft.merging import merged

YES_NO = 2


class Soft(nn.Module):
    """The soft form of a decision.

    Args:
        decision: What is decided; its `softness` gives the widths.
        learned: Names of inputs that are given as memberships: a `yes/no` as the probability of
            yes, shape (n,); a word as the probabilities of all words, shape (n, words).
        outputs: Which quantities to answer; the decision's outputs if left out.
        dtype, device: Of what is answered.

    Raises:
        ValueError: The decision has an operation without a soft form, or there are too many cells.
    """

    def __init__(
        self,
        decision: Decision,
        learned: Sequence[str] = (),
        outputs: Sequence[str] | None = None,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.decision = decision
        self.outputs = tuple(decision.outputs if outputs is None else outputs)
        self._dtype, self._device = dtype, device
        self._scope = Scope(dtype, device)
        self._learned = frozenset(learned)
        self._scope.steps = {
            port.name: grain(port) for port in (*decision.inputs, *decision.decided)
        }
        self._scope.calendars = decision.calendars
        self._enter(decision)
        margins = [m for step in decision.steps for m in self._margins(step)]
        for margin in margins:
            self._scope.note(margin)
        settled: set[object] = set()
        for step in decision.steps:
            for margin in self._margins(step):
                if margin.key not in settled:
                    settled.add(margin.key)
                    self._scope.settle(margin)
            self._scope.nodes.update(self._step(step))
        self._answers = {name: self._answer(name) for name in self.outputs}

    def forward(
        self,
        columns: Mapping[str, Tensor],
        exact: Mapping[str, Tensor] | None = None,
        masks: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the answers of all rows.

        Args:
            columns: By name of an input, shape (n,), or (n, words) where it is learned.
            exact: By name of an output, the exact answers, as numbers, truths or places of words;
                where given they are what comes out, with the gradient of the soft answer.
            masks: By name of an input, where it is unknown.

        Returns:
            By name of an output: numbers, shape (n,); for a `yes/no` the probability of yes,
            shape (n,); for a word the memberships, shape (n, words). A number that is not
            applicable in some cells is the mean over the others.
        """
        given = {
            name: column.to(dtype=self._dtype, device=self._device)
            for name, column in columns.items()
        }
        for name, mask in (masks or {}).items():
            given[f"{name} is missing"] = mask.to(self._device) != 0
        run = Run(given)
        rows = max((len(column) for column in given.values()), default=1)
        soft = {}
        for name, (node, width) in self._answers.items():
            soft[name] = _mean(node, width, run, rows, self._dtype)
        if exact is None:
            return soft
        return {name: self._reported(name, value, exact) for name, value in soft.items()}

    def node(self, name: str) -> Node:
        """Return a quantity over cells."""
        return self._scope.nodes[name]

    def axis_of(self, name: str) -> Axis:
        """Return the axis of a learned input."""
        return self._scope.axis(("learned", name)).axis

    def _reported(self, name: str, soft: Tensor, exact: Mapping[str, Tensor]) -> Tensor:
        if name not in exact:
            return soft
        told = exact[name].to(self._device)
        if soft.dim() == 2:
            told = nn.functional.one_hot(told.long(), soft.shape[1])
        return soft + (told.to(soft.dtype) - soft).detach()

    def _enter(self, decision: Decision) -> None:
        for port in decision.inputs:
            name = port.name
            if name in self._learned:
                size = len(port.choices) or YES_NO
                axis = self._scope.axis(("learned", name)).axis
                axis.size = size
                axis.memberships = _given(name, bool(port.choices))
                axis.lines = _given_lines(name, bool(port.choices))
                values = self._scope.numbers([float(i) for i in range(size)])[None]
                self._scope.nodes[name] = fixed(values, None, (axis,))
                continue
            self._scope.nodes[name] = Node((), _column(name))
            if port.may_be_unknown:
                missing = f"{name} is missing"
                self._scope.nodes[missing] = Node((), _missing(name, missing))

    def _blur(self, step: Step) -> dict[str, Fraction]:
        """Return the widths along what a step reads; the widest where outputs differ."""
        found: dict[str, Fraction] = {}
        for soft in self.decision.softness:
            if soft.output in decides(step) and soft.width > 0 and soft.input not in self._learned:
                found[soft.input] = max(soft.width, found.get(soft.input, soft.width))
        return found

    def _margins(self, step: Step) -> list[Margin]:
        blur = self._blur(step)
        if not blur:
            return []
        conditions = list(formulas(step))
        if isinstance(step, Table):
            conditions += [
                cell_condition(cell, name)
                for row in step.rows
                for cell, name in zip(row.cells, step.on, strict=True)
            ]
        found = []
        for formula in conditions:
            for node in walk(formula):
                if isinstance(node, Apply) and node.operation in ("less", "less_equal", "equal"):
                    a, b = node.parts
                    margin = place_of(node.operation, a, b, blur, self._scope.steps)
                    if margin is not None:
                        found.append(margin)
        return found

    def _step(self, step: Step) -> dict[str, Node]:
        blur = self._blur(step)
        spread = self._scope.spread
        match step:
            case Table():
                return self._table(step, blur)
            case Clauses(output=output):
                held = guards(step)
                pairs = [(spread(held[c.label], blur), spread(c.value, blur)) for c in step.clauses]
                return {output: self._first(pairs)}
            case Score(output=output):
                zero = self._scope.number(0)
                lines = [
                    combined(chosen, (spread(p.when, blur), spread(p.points, blur), zero))
                    for p in step.points
                ]
                return {output: summed([zero, *lines])}
            case Scale():
                return {step.output: self._scale(step, blur)}
            case Apportion(outputs=outputs):
                raise ValueError(
                    f"{outputs[0]}: what is apportioned comes in whole seats, whose slopes are 0, "
                    "and has no soft form; ask for other outputs"
                )

    def _first(self, pairs: Sequence[tuple[Node, Node]]) -> Node:
        """Return the value whose condition holds; exactly one does."""
        *rest, (_, value) = pairs
        for held, other in reversed(rest):
            value = combined(chosen, (held, other, value))
        return value

    def _table(self, step: Table, blur: Mapping[str, Fraction]) -> dict[str, Node]:
        rows = sorted(step.rows, key=lambda row: row.otherwise)
        hits = [
            self._scope.spread(
                row_condition(row, step.on),
                blur,
            )
            for row in rows
        ]
        return {
            name: self._first(
                [
                    (hit, self._scope.spread(row.answers[column], blur))
                    for hit, row in zip(hits, rows, strict=True)
                ]
            )
            for column, name in enumerate(step.outputs)
        }

    def _scale(self, step: Scale, blur: Mapping[str, Fraction]) -> Node:
        made = []
        for bands in step.bands:
            among: Formula = number(1)
            if step.by and bands.values is not None:
                among = cell_condition(OneOf(bands.values), step.by)
            made.append((self._scope.spread(among), self._brackets(step, bands, blur)))
        return self._first(made)

    def _brackets(self, step: Scale, bands: Bands, blur: Mapping[str, Fraction]) -> Node:
        """Return what a set of brackets gives; at once where all of them are numbers."""
        ramp = _ramp(bands)
        if ramp is None:
            return self._scope.spread(_marginal(step, bands), blur)
        made = combined(_ramped(*ramp), (self._scope.spread(step.on, blur),))
        if step.rounding is None:
            return made
        operation, to = step.rounding
        return self._scope.applied(operation, [made, self._scope.spread(to, blur)])

    def _answer(self, name: str) -> tuple[Node, int]:
        port = self.decision.port(name)
        node = self._scope.nodes[name]
        if not port.choices:
            return merged(node), 0
        size = len(port.choices)
        codes = torch.arange(size, device=self._device)
        node = whole(node)
        if node.constant is None:
            return node, size
        value, absent = node.constant
        spread_out = (value[..., None] == codes).to(self._dtype)
        if absent is not None:
            spread_out = spread_out * ~absent[..., None]
        return merged(fixed(spread_out, None, node.axes)), size


def _mean(node: Node, size: int, run: Run, rows: int, dtype: torch.dtype) -> Tensor:
    """Return the average over cells of a node, or of the memberships of its words."""
    total: Tensor | None = None
    for term in node.terms or (node,):
        value, absent = term.run(run)
        if size and term.constant is None:
            value = as_number(value)[..., None] == torch.arange(size, device=value.device)
            if absent is not None:
                value = value & ~absent[..., None]
            absent = None
        part = _weighed(value.to(dtype), absent, term.axes, run, size)
        total = part if total is None else total + part
    assert total is not None
    return total.expand(rows, *total.shape[1:])


def _weighed(
    value: Tensor, absent: Tensor | None, axes: tuple[Axis, ...], run: Run, size: int
) -> Tensor:
    if not axes:
        return value
    if len(value) == 1 and absent is None and all(axis.lines is not None for axis in axes):
        lines = [run.of(axis.lines, axis.lines) for axis in axes if axis.lines is not None]
        told = average(value.reshape(-1, size or 1), lines)
        return told.t() if size else told[0]
    weight = run.of(axes, lambda run: weights(axes, run))
    if size:
        cells = value.flatten(1, -2)
        if len(value) == 1:
            return weight @ cells[0]
        return (weight[..., None] * cells).sum(1)
    cells = value.flatten(1)
    if absent is None:
        return weight @ cells[0] if len(value) == 1 else (weight * cells).sum(1)
    weight = weight * ~absent.flatten(1)
    share = weight.sum(1)
    return (weight * cells).sum(1) / torch.where(share > 0, share, 1.0)


def _given(name: str, words: bool) -> Callable[[Run], Tensor]:
    def memberships(run: Run) -> Tensor:
        column = run.columns[name]
        return column if words else torch.stack((1 - column, column), -1)

    return memberships


def _given_lines(name: str, words: bool) -> Callable[[Run], Tensor]:
    def lines(run: Run) -> Tensor:
        column = run.columns[name]
        return column.t() if words else torch.stack((1 - column, column))

    return lines


def _column(name: str) -> Callable[[Run], Lift]:
    return lambda run: (run.columns[name], None)


def _missing(name: str, key: str) -> Callable[[Run], Lift]:
    def call(run: Run) -> tuple[Tensor, None]:
        return run.columns.get(key, torch.zeros_like(run.columns[name], dtype=torch.bool)), None

    return call


def _ramp(bands: Bands) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return the edges of brackets and how much the rate rises at each, where all are numbers."""
    edges: list[float] = []
    rates = [Fraction(0)]
    for bracket in bands.brackets:
        if not (isinstance(bracket.above, Number) and isinstance(bracket.rate, Number)):
            return None
        edges.append(float(bracket.above.value))
        rates.append(bracket.rate.value)
    return tuple(edges), tuple(float(b - a) for a, b in itertools.pairwise(rates))


def _ramped(edges: tuple[float, ...], rises: tuple[float, ...]) -> Callable[[Lift], Lift]:
    return lambda on: (ramps(as_number(on[0]), edges, rises), on[1])


def _marginal(step: Scale, bands: Bands) -> Formula:
    """Return what a set of brackets gives as a formula: a sum of ramps."""
    total, before = number(0), number(0)
    made: Formula = total
    for bracket in bands.brackets:
        past = apply("max", apply("subtract", step.on, bracket.above), number(0))
        more = apply("subtract", bracket.rate, before)
        made = apply("add", made, apply("multiply", more, past))
        before = bracket.rate
    if step.rounding is not None:
        made = apply(step.rounding[0], made, step.rounding[1])
    return made
