"""What a part of an expression of FEEL means in a rule, and what its names stand for.

A comparison of FEEL with `null` is neither true nor false, a condition of a rule is one of both. So
a condition is written twice: when it is true, and when it is false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Meaning:
    """A part of an expression in the language of rules.

    Attributes:
        text: As a rule writes it; of a condition, when it is true.
        kind: `number`, `string`, `boolean`, `date`, or `null`.
        binds: How tightly its outermost sign binds: 9 a value, 1 a choice.
        name: The quantity, where it is one.
        string: The text, where it is one.
        denied: When a condition is false, where that is not all that it is not true.
        is_optional: Whether it may be `null`.
    """

    text: str
    kind: str
    binds: int = 9
    name: str = ""
    string: str | None = None
    denied: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity that an expression may name."""

    name: str
    kind: str
    is_optional: bool = False

    @property
    def meaning(self) -> Meaning:
        """Return what an expression means that names it."""
        return Meaning(self.name, self.kind, 9, self.name, is_optional=self.is_optional)


@dataclass(frozen=True)
class Speech:
    """What the names of an expression mean.

    Attributes:
        names: Quantities by the path that the file writes, such as `Applicant.Monthly.Income`.
        word: Returns the word that stands for a text, of a quantity where one is compared with it.
        call: Returns the quantity that a function of the file gives, or None where there is none
            of that name.
        functions: The names of the functions of the file.
    """

    names: Mapping[str, Known]
    word: Callable[[str, str], str]
    call: Callable[[str, list[Meaning]], Known | None] | None = None
    functions: frozenset[str] = frozenset()

    @cached_property
    def paths(self) -> re.Pattern[str]:
        """What matches the longest name that stands somewhere."""
        return either_of(self.names)

    @cached_property
    def calls(self) -> re.Pattern[str]:
        """What matches the name of a function of the file, before a bracket."""
        return re.compile(rf"{either_of(self.functions).pattern}(?=\s*\()")


def either_of(names: Mapping[str, object] | frozenset[str]) -> re.Pattern[str]:
    """Return what matches one of some names as a whole, with any space between its words."""
    longest = sorted((name.split() for name in names), key=lambda n: -len(" ".join(n)))
    written = [r"\s+".join(map(re.escape, name)) for name in longest if name]
    # Without a name it matches nowhere.
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)" if written else r"(?!)")
