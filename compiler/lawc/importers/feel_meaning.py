"""What a part of an expression of FEEL means in a rule, and what its names stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """A part of an expression in the language of rules.

    Attributes:
        text: As a rule writes it.
        kind: `number`, `string`, `boolean`, `date`, or `null`.
        binds: How tightly its outermost sign binds: 9 a value, 1 a choice.
        name: The quantity, where it is one.
        string: The text, where it is one.
    """

    text: str
    kind: str
    binds: int = 9
    name: str = ""
    string: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity that an expression may name."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Speech:
    """What the names of an expression mean.

    Attributes:
        names: Quantities by the path that the file writes, such as `Applicant.Monthly.Income`.
        word: Returns the word that stands for a text, of a quantity where one is compared with it.
        call: Returns the quantity that a function of the file gives, or None where there is none
            of that name.
    """

    names: Mapping[str, Known]
    word: Callable[[str, str], str]
    call: Callable[[str, list[Meaning]], Known | None] | None = None
