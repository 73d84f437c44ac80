"""A rule compiled for a signature: everything that follows from it, in one object.

A rule with dates is another decision on other days. A program asks as of one day, or with a day
for each row; between two days on which the law changes it is compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawc.deciding import properties as claimed
from lawc.deciding.answered import Answered, answered, said, scores_of
from lawc.deciding.case import CaseAnswer, answer_case
from lawc.deciding.disagreement import Disagreement, Network
from lawc.deciding.drawing import Marginal, Rows
from lawc.deciding.given import Given, days, gather
from lawc.deciding.labels import labels_of, shown_port
from lawc.deciding.merging import Merged, of_row
from lawc.deciding.open_facts import next_questions, what_can_be
from lawc.deciding.population import Population, marginals_of
from lawc.deciding.properties import RuleProperty
from lawc.deciding.sampler import rows
from lawc.deciding.slicing import RuleSignature, signature_of, sliced
from lawc.deciding.stating import like_table, stated
from lawc.deciding.tensors import settled
from lawc.decision.columns.evaluator import Decided
from lawc.decision.columns.on_torch import TorchEvaluator
from lawc.decision.decision import Decision, Port
from lawc.decision.operations import DecisionError
from lawc.decision.rowwise import Evaluate, evaluator_of
from lawc.decision.rowwise import Evaluator as Rowwise
from lawc.diagnostics.diagnostic import CompileError, ShapeError
from lawc.knowledge.as_of import change_days, constants_of, decision_of
from lawc.knowledge.rule import Rule
from lawc.knowledge.words import Status

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from torch import Tensor

    from lawc.deciding.words import Word

Array = NDArray[Any]


def compile_rule(
    rule: Rule, signature: str | RuleSignature | None = None, as_of: str | date | None = None
) -> RuleProgram:
    """Return the program that answers a signature, such as `eGFR ACR -> risk`.

    Args:
        rule: A checked rule.
        signature: By default all that the rule decides, from all that it reads.
        as_of: The day of the question; None where each question brings its own.

    Raises:
        CompileError: A name is unknown, inputs are missing or surplus, or the rule is not in force
            on that day.
    """
    text = None if signature is None else str(signature)
    program = RuleProgram(rule, signature_of(rule, text), _day(as_of))
    if program.as_of is not None or not rule.is_dated:
        _ = program.decision
    return program


@dataclass(frozen=True, eq=False, repr=False)
class RuleProgram:
    """A rule that answers one signature.

    Attributes:
        rule: From a knowledge base.
        signature: Names of inputs and outputs.
        as_of: The day of every question; None where a rule has no dates, or questions bring days.
    """

    rule: Rule
    signature: RuleSignature
    as_of: date | None = None
    _made: dict[int | None, Compiled] = field(default_factory=dict)

    @property
    def decision(self) -> Decision:
        """The decision as of the day of the program.

        Raises:
            CompileError: The rule has dates and the program no day.
        """
        return self.at(self.as_of).decision

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The inputs, with ranges in declared units; the same on all days."""
        return self._some.decision.inputs

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The outputs."""
        return tuple(self._some.decision.port(name) for name in self.signature.outputs)

    def at(self, day: date | None) -> Compiled:
        """Return the decision of a day and its evaluators.

        Raises:
            CompileError: The rule is not in force on that day.
        """
        key = None if day is None else day.toordinal()
        if key is not None and not self.rule.is_dated:
            key = None
        begun = _epoch(self.rule, key)
        if begun not in self._made:
            decision = sliced(decision_of(self.rule, key), self.signature)
            self._made[begun] = Compiled(decision, evaluator_of(decision), labels_of(decision))
        return self._made[begun]

    def decide(self, columns: Given, as_of: Any = None) -> Answered:
        """Return what the rule decides in each row.

        Args:
            columns: Each input in its declared unit, as an array, a list or one value for all
                rows: words, dates, yes and no as people write them, None where a value is unknown.
                A data frame will do; other columns are left alone. A number for a word is its
                place, from zero, unless the words themselves are numbers.
            as_of: A day or a column of days, where the program has none of its own.

        Raises:
            CompileError: The rule is not in force on some day, or has dates and none is given.
            DomainError: A value is not what its quantity takes.
            DecisionError: A row is not answered.
            ShapeError: A column is missing or has another shape.
        """
        values, masks, count = gather(self.inputs, columns)
        self._demand_no_day(as_of)
        asked = None if as_of is None or not self.rule.is_dated else days(as_of)
        if asked is None or asked.ndim == 0:
            made = self.at(self.as_of if asked is None else date.fromordinal(int(asked)))
            return answered(made.decision, made.evaluator(values, masks), count, made.labels)
        if count == 1 and len(asked) > 1:
            values = {name: np.repeat(array, len(asked)) for name, array in values.items()}
            masks = {name: np.repeat(mask, len(asked)) for name, mask in masks.items()}
            count = len(asked)
        if asked.shape != (count,):
            raise ShapeError(f"expected shape ({count},), got {asked.shape} for the days")
        return self._by_day(values, masks, asked)

    def answers(self, columns: Mapping[str, Tensor], as_of: str | date | None = None) -> Decided:
        """Return what the rule decides in each row as numbers, in torch, where the columns are.

        Args:
            columns: Tensors of shape (n,) or (), on one device: float64 or whole numbers, places
                of words, 1 and 0, day numbers as `date.toordinal` counts; NaN where unknown.
            as_of: The day of the question, where the program has none of its own.

        Raises:
            CompileError, DomainError, DecisionError, ShapeError: As `decide`.
        """
        made = self.at(self._asked(as_of))
        return made.in_torch(*settled(self.inputs, columns))

    def case(self, given: Mapping[str, Any], as_of: str | date | None = None) -> CaseAnswer:
        """Return what the rule decides of one case, exactly, and why; printed, it explains itself.

        Args:
            given: Each input in its declared unit; None or a missing name where it is unknown.
            as_of: The day of the question, where the program has none of its own.

        Raises:
            CompileError: The rule is not in force on that day.
            DomainError: A value is not what its quantity takes.
            DecisionError: The case is not answered.
        """
        return answer_case(self.at(self._asked(as_of)).decision, given)

    def possible(self, given: Mapping[str, Any], as_of: str | date | None = None) -> dict[str, str]:
        """Return for each output what can still come out, in words.

        Args:
            given: What is known; all else can be whatever its quantity takes.
            as_of: As for `case`.

        Raises:
            DomainError, DecisionError: As `case`.
        """
        return what_can_be(self.at(self._asked(as_of)).decision, given)

    def ask(self, given: Mapping[str, Any], as_of: str | date | None = None) -> dict[str, float]:
        """Return the unknown inputs that matter, the most telling first, with its gain in bits.

        Raises:
            DomainError, DecisionError: As `case`.
        """
        return next_questions(self.at(self._asked(as_of)).decision, given)

    def reference(self, columns: Given) -> Answered:
        """Return what `decide` does, by the exact evaluator, one row after another: slow.

        Raises:
            CompileError, DomainError, DecisionError, ShapeError: As `decide`.
        """
        values, masks, count = gather(self.inputs, columns)
        return answered(self.decision, Rowwise(self.decision)(values, masks), count)

    def sample(
        self,
        n: int,
        seed: int = 0,
        *,
        marginals: Mapping[str, Marginal] | None = None,
        like: Given | None = None,
    ) -> dict[str, Array]:
        """Return n rows of inputs in words that the rule answers; the same ones for a seed.

        Inputs are distributed as the rule says under `sample`, the others over their range, and
        half of the rows have one of those at an edge, or right beside it. A missing value is
        `unknown`, NaN or NaT.

        Args:
            marginals: By name, how an input is distributed, in place of what the rule says.
            like: A table whose rows the drawn ones are to be like, with columns for some inputs.

        Raises:
            DecisionError: The rule answers almost none of them.
            DomainError: What is asked for does not fit an input, or its range.
            ShapeError: The table has no row, or no column that is an input.
            ValueError: The number of rows or the seed is no whole number from 0 on.
        """
        if not self.inputs:
            return {}
        return self._words(self.population(marginals, like).rows(seed, n))

    def population(
        self, marginals: Mapping[str, Marginal] | None = None, like: Given | None = None
    ) -> Population:
        """Return what `sample` draws from, group by group, as columns of numbers."""
        made = self.at(self.as_of)
        table = {} if like is None else like_table(self.inputs, like)
        drawn = stated(self.inputs, marginals_of(self.rule), marginals)
        return Population(made.decision, made.evaluator, drawn, table)

    def cover(
        self,
        n: int,
        seed: int = 0,
        *,
        marginals: Mapping[str, Marginal] | None = None,
        like: Given | None = None,
    ) -> dict[str, Array]:
        """Return n rows, the first of which show all that the rule can show.

        Each row, clause and exception is at work in one, and both sides of each boundary are
        there; they are searched for, which may take a while. The others are drawn, near the edges
        often, and may lie where the rule does not answer.

        Args:
            marginals: By name, how an input is distributed, in place of what the rule says:
                `Normal`, `Uniform`, `Shares` or `Stated`.
            like: A table whose rows the drawn ones are to be like, with columns for some inputs.
        """
        table = None if like is None else like_table(self.inputs, like)
        drawn = stated(self.inputs, marginals_of(self.rule), marginals)
        return self._words(rows(self.decision, seed, n, drawn, table))

    def _words(self, drawn: Rows) -> dict[str, Array]:
        return {
            port.name: said(port, drawn.columns[port.name], drawn.masks.get(port.name))
            for port in self.inputs
        }

    def properties(self) -> tuple[RuleProperty, ...]:
        """Return what must hold at every state: the claims of the rule, as of the day.

        Raises:
            CompileError: The rule has dates and the program no day.
        """
        day = None if self.as_of is None else self.as_of.toordinal()
        return claimed.properties(self.rule, self.decision, constants_of(self.rule, day))

    def states(self) -> SearchStrategy[dict[str, Word]]:
        """Return a hypothesis strategy of cases in words, half of them near the edges.

        Raises:
            LawcError: hypothesis is not installed.
        """
        return claimed.states(self.decision)

    def loss(self, network: Network, columns: Given, weight: float | None = None) -> Tensor:
        """Return how far the answers of a network are from those of the rule, shape ().

        The value is exact, its slopes are those of the rule blurred by the widths of `soft`. Its
        weight is 1, and 0 for a contested rule unless another one is asked for. Arguments and
        errors are those of `Disagreement.parts`.
        """
        if weight is None:
            weight = 0.0 if self.rule.status is Status.CONTESTED else 1.0
        return weight * self.objective(network, columns)

    @cached_property
    def objective(self) -> Disagreement:
        """The loss; `parts` gives it by output, `disagreeing` the share of rows that differ."""
        return Disagreement(self.population())

    def _by_day(self, values: dict[str, Array], masks: dict[str, Array], asked: Array) -> Answered:
        """Evaluate rows of many days: those between two changes of the law together."""
        changes = np.array(change_days(self.rule), dtype=np.int64)
        epochs = np.searchsorted(changes, asked, side="right")
        present = np.unique(epochs)
        if len(present) <= 1:
            made = self.at(date.fromordinal(int(asked[0]))) if len(asked) else self._some
            found = made.evaluator(values, masks)
            return answered(made.decision, found, len(asked), made.labels)
        merged = Merged(len(asked))
        order = np.argsort(epochs, kind="stable")
        ends = np.searchsorted(epochs[order], present, side="right")
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            some = order[begin:end]
            made = self.at(date.fromordinal(int(asked[some][0])))
            try:
                found = made.evaluator(
                    {name: array[some] for name, array in values.items()},
                    {name: mask[some] for name, mask in masks.items()},
                )
            except DecisionError as problem:
                raise DecisionError(of_row(str(problem), some)) from None
            merged.put(some, found, made.labels, self.signature.outputs, scores_of(made.decision))
        found = answered(self._some.decision, merged.decided(), len(asked), merged.labels())
        return replace(found, scores=frozenset())

    def _asked(self, as_of: Any) -> date | None:
        """Return the day of a question."""
        self._demand_no_day(as_of)
        return self.as_of or _day(as_of)

    def _demand_no_day(self, as_of: Any) -> None:
        """Refuse a day where the program has one.

        Raises:
            CompileError: It has.
        """
        if as_of is not None and self.as_of is not None and self.rule.is_dated:
            raise CompileError(f"this program already asks as of {self.as_of}")

    @property
    def _some(self) -> Compiled:
        """The decision of some day, for what does not depend on it."""
        if self._made:
            return next(iter(self._made.values()))
        if self.as_of is not None or not self.rule.is_dated:
            return self.at(self.as_of)
        for day in reversed(change_days(self.rule)):
            try:
                return self.at(date.fromordinal(day))
            except CompileError:
                continue
        raise CompileError(f"{self.rule.identity} is in force on no day")

    def __repr__(self) -> str:
        day = f" as of {self.as_of}" if self.as_of else ""
        lines = [f"{self.rule.identity}: {self.signature}{day}"]
        for side, ports in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines.append(f"  {side}: {', '.join(map(shown_port, ports))}")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Compiled:
    """A decision with what evaluates it."""

    decision: Decision
    evaluator: Evaluate
    labels: Mapping[str, tuple[str, ...]]

    @cached_property
    def in_torch(self) -> TorchEvaluator:
        """What evaluates it for tensors."""
        return TorchEvaluator(self.decision)


def _epoch(rule: Rule, day: int | None) -> int | None:
    """Return the day since which the law is what it is on a day."""
    if day is None:
        return None
    return max((change for change in change_days(rule) if change <= day), default=-1)


def _day(as_of: Any) -> date | None:
    if as_of is None:
        return None
    asked = days(as_of)
    if asked.ndim:
        raise ShapeError(f"expected one day, got {len(asked)} of them")
    return date.fromordinal(int(asked))
