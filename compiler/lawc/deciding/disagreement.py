"""How far a network's answers are from those of a rule: a loss whose value is exact.

The answers of the rule are its exact ones, with the slopes of its soft form: where no threshold is
near, the loss is that of a label; where one is, inputs that move are told which way to go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lawc.deciding.given import Given, gather
from lawc.deciding.population import Population
from lawc.decision.admission import bounds
from lawc.decision.decision import Port
from lawc.decision.soft.form import Soft
from lawc.diagnostics.diagnostic import DomainError, ShapeError

Network = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
"""From the inputs of a rule, as numbers, to answers; and to inputs that it finds itself."""

LEAST = 1e-12
"""The least probability of an agreement, so that the logarithm of none is finite."""
_ROWS = 512
_SLACK = 0.01
"""What low precision may take from a probability."""


class Disagreement:
    """The loss of a network against a rule as of a day.

    A word or a `yes/no` is a probability: of all words, shape (n, words), or of yes, shape (n,).
    Its part is the mean of -ln P, where P is the chance that network and rule agree. The part of a
    number is the mean square of the difference, in units of what the answers of the rule differ.
    """

    def __init__(self, population: Population) -> None:
        self.decision, self._evaluate = population.decision, population.evaluate
        self._population = population
        self._outputs = tuple(map(self.decision.port, self.decision.outputs))
        self._soft: dict[tuple[frozenset[str], torch.device], Soft] = {}
        self._sizes = self._measured()

    def parts(self, network: Network, columns: Given) -> dict[str, Tensor]:
        """Return the part of each output that the network answers, shape ().

        Args:
            network: Is given the inputs as tensors, shape (n,): numbers in declared units, places
                of words, day numbers, NaN where unknown. It returns answers by name of an output;
                what it returns by name of an input stands in its place: a number, or
                probabilities. The loss is found where its answers are.
            columns: Of the inputs, as `decide` takes them; those that the network finds may lack.
                With tensors among them all are shown where these are, otherwise on the processor.

        Raises:
            ShapeError: A column is missing, or a column or an answer has another shape.
            DomainError: What should be probabilities is none, or as `decide`.
            DecisionError: As `decide`.
        """
        answers, rule, known = self._both(network, columns)
        found: dict[str, Tensor] = {}
        for port in self._outputs:
            if port.name not in answers:
                continue
            mine, theirs = answers[port.name], rule[port.name]
            _demand_shape(port.name, mine, tuple(theirs.shape))
            _demand_chances(port, mine)
            mine = mine.to(theirs)
            if port.choices or port.kind == "yes/no":
                rows = -torch.log(_agreement(mine, theirs).clamp_min(LEAST))
            else:
                rows = ((mine - theirs) / self._sizes[port.name]) ** 2
            counts = known[port.name]
            found[port.name] = torch.where(counts, rows, 0.0).sum() / counts.sum().clamp_min(1)
        if not found:
            names = ", ".join(port.name for port in self._outputs)
            told = ", ".join(answers) or "none"
            raise ShapeError(f"expected an answer for one of {names}, got {told}")
        return found

    def __call__(self, network: Network, columns: Given) -> Tensor:
        """Return the mean of all parts, shape ()."""
        found = self.parts(network, columns)
        return torch.stack(list(found.values())).mean()

    def disagreeing(self, network: Network, columns: Given) -> dict[str, float]:
        """Return by output the share of rows in which the network says another word than the rule.

        Of a number it is the share that is off by more than half of its finest step, or by more
        than a millionth of what answers differ.
        """
        with torch.no_grad():
            answers, rule, known = self._both(network, columns)
        shares: dict[str, float] = {}
        for port in self._outputs:
            if port.name not in answers:
                continue
            mine, theirs = answers[port.name].to(rule[port.name]), rule[port.name]
            if port.choices:
                wrong = mine.argmax(1) != theirs.argmax(1)
            elif port.kind == "yes/no":
                wrong = (mine >= 0.5) != (theirs >= 0.5)
            else:
                step = float(port.step) / 2 if port.step else 1e-6 * self._sizes[port.name]
                wrong = (mine - theirs).abs() > step
            counts = known[port.name]
            shares[port.name] = float((wrong & counts).sum() / counts.sum().clamp_min(1))
        return shares

    def _both(
        self, network: Network, columns: Given
    ) -> tuple[Mapping[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """Return what the network says, what the rule says, and where the rule says something."""
        given, masks = self._tensors(columns)
        shown = {
            name: torch.where(masks[name], torch.nan, column) if name in masks else column
            for name, column in given.items()
        }
        answers = network(shown)
        if not isinstance(answers, Mapping) or not all(
            isinstance(answer, Tensor) for answer in answers.values()
        ):
            raise ShapeError(
                f"expected answers by name, as tensors, of the network, got {_kinds(answers)}"
            )
        found = {port.name: answers[port.name] for port in self.decision.inputs
                 if port.name in answers}  # fmt: skip
        likely = frozenset(
            port.name
            for port in self.decision.inputs
            if port.name in found and (port.choices or port.kind == "yes/no")
        )
        rows = max((len(column) for column in (*given.values(), *found.values())), default=1)
        for port in self.decision.inputs:
            name = port.name
            if name in found:
                _demand_shape(
                    name, found[name], (rows, len(port.choices))[: 1 + bool(port.choices)]
                )
                _demand_chances(port, found[name])
                given[name] = found[name] if name in likely else _within(port, found[name])
                masks.pop(name, None)
            elif name not in given:
                raise ShapeError(f'expected a column for "{name}", got none')
        place = next((answer.device for answer in answers.values()), torch.device("cpu"))
        if (likely, place) not in self._soft:
            self._soft[likely, place] = Soft(self.decision, tuple(likely), device=place)
        soft = self._soft[likely, place]
        if likely:
            everywhere = torch.ones(rows, dtype=torch.bool, device=place)
            said = soft(given, masks=masks)
            return answers, said, dict.fromkeys(said, everywhere)
        exact, known = self._exact(given, masks)
        known = {name: there.to(place) for name, there in known.items()}
        return answers, soft(given, exact, masks), known

    def _tensors(self, columns: Given) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return what is given of the inputs as numbers, and where they are unknown.

        What is no tensor goes to where the tensors are.
        """
        listed = [port for port in self.decision.inputs if port.name in columns]
        kept = {p.name: columns[p.name] for p in listed if isinstance(columns[p.name], Tensor)}
        plain: dict[str, Any] = {
            port.name: columns[port.name] for port in listed if port.name not in kept
        }
        values, masks, _ = gather([port for port in listed if port.name in plain], plain)
        place = next((tensor.device for tensor in kept.values()), torch.device("cpu"))
        given = {
            name: torch.from_numpy(np.asarray(array, np.float64).copy()).to(place)
            for name, array in values.items()
        }
        missing = {name: torch.from_numpy(mask != 0).to(place) for name, mask in masks.items()}
        for name, tensor in kept.items():
            tensor = tensor[None] if tensor.dim() == 0 else tensor
            given[name] = tensor.double().nan_to_num()
            if tensor.isnan().any():
                missing[name] = tensor.isnan()
        longest = max((len(column) for column in given.values() if len(column) != 1), default=1)
        given = {n: c.expand(longest) if c.shape == (1,) else c for n, c in given.items()}
        for name, column in given.items():
            _demand_shape(name, column, (longest,))
        return given, {n: m.expand(longest) if len(m) == 1 else m for n, m in missing.items()}

    def _exact(
        self, given: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        ports = {port.name: port for port in self.decision.inputs}
        columns = {n: _on_step(ports[n], c.detach().cpu().numpy()) for n, c in given.items()}
        unknown = {n: m.cpu().numpy().astype(np.int8) for n, m in masks.items()}
        found = self._evaluate(columns, unknown)
        exact: dict[str, Tensor] = {}
        known: dict[str, Tensor] = {}
        for port in self._outputs:
            values = np.array(found.values[port.name], np.float64)
            mask = found.masks.get(port.name)
            there = np.ones(len(values), np.bool_) if mask is None else np.asarray(mask) == 0
            exact[port.name] = torch.from_numpy(np.where(there, values, 0.0))
            known[port.name] = torch.from_numpy(there)
        return exact, known

    def _measured(self) -> dict[str, float]:
        """Return how much the numbers that the rule answers differ, from rows of a fixed seed."""
        if not self.decision.inputs:
            return {port.name: 1.0 for port in self._outputs}
        rows = self._population.rows(0, _ROWS)
        found = self._evaluate(rows.columns, rows.masks)
        sizes: dict[str, float] = {}
        for port in self._outputs:
            values = np.asarray(found.values[port.name], np.float64)
            mask = found.masks.get(port.name)
            values = values if mask is None else values[np.asarray(mask) == 0]
            spread = float(values.std()) if len(values) else 0.0
            sizes[port.name] = spread if spread > 0 else 1.0
        return sizes


def _demand_shape(name: str, column: Tensor, wanted: tuple[int, ...]) -> None:
    if tuple(column.shape) != wanted:
        raise ShapeError(f'expected shape {wanted}, got {tuple(column.shape)} for "{name}"')


def _demand_chances(port: Port, column: Tensor) -> None:
    """Refuse what is no probability; a network that is not a number anywhere is let through.

    Raises:
        DomainError: A value is outside of 0 and 1, or those of all words do not sum to 1.
    """
    if not port.choices and port.kind != "yes/no":
        return
    with torch.no_grad():
        low, high = (column < -_SLACK).any(), (column > 1 + _SLACK).any()
        if low | high:
            hint = "softmax" if port.choices else "sigmoid"
            raise DomainError(
                f'expected probabilities for "{port.name}", got values outside of 0 and 1; '
                f"take the {hint} of them"
            )
        if port.choices and ((column.double().sum(1) - 1).abs() > _SLACK).any():
            raise DomainError(
                f'expected probabilities for "{port.name}" that sum to 1; take the softmax'
            )


def _kinds(answers: object) -> str:
    if not isinstance(answers, Mapping):
        return type(answers).__name__
    return ", ".join(f"{name}: {type(answer).__name__}" for name, answer in answers.items())


def _agreement(one: Tensor, other: Tensor) -> Tensor:
    """Return the chance that two say the same."""
    if one.dim() == 2:
        return (one * other).sum(1)
    return one * other + (1 - one) * (1 - other)


def _within(port: Port, column: Tensor) -> Tensor:
    low, high = (None if end is None else float(end) for end in bounds(port))
    return column if low is None and high is None else column.clamp(low, high)


def _on_step(port: Port, column: Any) -> Any:
    """Return a column with whole coins and days; a network finds others."""
    if port.step is None:
        return column
    return np.rint(column / float(port.step)) * port.step.numerator / port.step.denominator
