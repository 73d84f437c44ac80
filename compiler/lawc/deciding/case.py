"""One case, decided exactly and explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lawc.deciding.labels import lots, told
from lawc.deciding.words import Word, in_numbers, in_words, meant, said
from lawc.decision.decision import Apportion, Decision, decides
from lawc.decision.exact import decide
from lawc.decision.values import Value
from lawc.diagnostics.diagnostic import DomainError


@dataclass(frozen=True)
class CaseAnswer:
    """What a rule decides of one case.

    Attributes:
        values: Of the outputs: words, dates, bools, exact numbers, or what is absent.
        because: For every quantity that was decided on the way, what spoke, in words.
        steps: Every decided quantity with its value, in order.
    """

    values: Mapping[str, Word]
    because: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Word]
    _units: Mapping[str, str]

    def __getitem__(self, name: str) -> Word:
        return self.values[name]

    def __str__(self) -> str:
        told_of = {name: _with_unit(word, self._units[name]) for name, word in self.steps.items()}
        wide = max(len(name) for name in told_of)
        far = max(len(value) for value in told_of.values())
        return "\n".join(
            f"{name:<{wide}} = {value:<{far}}  {'; '.join(self.because[name])}".rstrip()
            for name, value in told_of.items()
        )


def answer_case(decision: Decision, given: Mapping[str, Any]) -> CaseAnswer:
    """Return what a decision says of a case in words.

    Raises:
        DomainError: A name is no input, or a value is not what it takes.
        DecisionError: The case is not answered.
    """
    answers = decide(decision, numbers_of_case(decision, given))
    because: dict[str, tuple[str, ...]] = {}
    for step in decision.steps:
        for name in decides(step):
            because[name] = tuple(told(decision, step, i) for i in answers.because[name])
        if isinstance(step, Apportion):
            because.update(lots(step, answers.because))
    decided = {port.name: in_words(port, answers.values[port.name]) for port in decision.decided}
    return CaseAnswer(
        {name: decided[name] for name in decision.outputs},
        because,
        decided,
        {port.name: port.unit for port in decision.decided},
    )


def numbers_of_case(decision: Decision, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return a case in words as exact numbers; a row of a data frame is one, too.

    Raises:
        DomainError: There are no names, a name is no input, or a value is not what it takes.
    """
    if not hasattr(given, "keys"):
        raise DomainError(f"expected values by name, got {type(given).__name__}")
    ports = {port.name: port for port in decision.inputs}
    numbers: dict[str, Value] = {}
    for name in given.keys():  # noqa: SIM118
        if name not in ports:
            raise DomainError(f"{name!r} is no input; {meant(name, ports, 'inputs are')}")
        numbers[name] = in_numbers(ports[name], given[name])
    return numbers


def _with_unit(word: Word, unit: str) -> str:
    return f"{said(word)} [{unit}]" if isinstance(word, Fraction) and unit else said(word)
