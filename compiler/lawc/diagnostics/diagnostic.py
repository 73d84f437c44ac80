"""What a pass finds: a code, a sentence, labelled places, and what to do.

A pass never prints and never raises for an author's mistake. It returns diagnostics; the
pipeline gathers those of all passes and shows or raises them once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from lawc.diagnostics.immutable import immutable


@dataclass(frozen=True)
class Source:
    """A text and the name under which people know it.

    Attributes:
        path: As shown in messages, relative to the project, with forward slashes.
        text: The decoded text, lines separated by `\\n`.
    """

    path: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets of the first character of each line."""
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return tuple(starts)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 1, without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]


@immutable
class Place:
    """Where something stands: a source's path and a range of character offsets in its text."""

    path: str
    start: int
    end: int

    def through(self, other: Place) -> Place:
        """Return the smallest place that covers this one and another of the same source."""
        return Place(self.path, min(self.start, other.start), max(self.end, other.end))


Spot = Place | tuple[str, int, int]
"""A place, or what it is made of."""


def placed(spot: Spot) -> Place:
    """Return the place of a spot."""
    return Place(*spot) if isinstance(spot, tuple) else spot


class Severity(StrEnum):
    """How much a finding matters: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@immutable
class Label:
    """A place and what is to be said there; the primary one stands in the headline."""

    place: Place
    text: str = ""
    primary: bool = True


class Applicability(StrEnum):
    """How far a repair may be trusted.

    A safe one keeps the meaning that the text can have had and no other: a tool may apply it to a
    whole file. One that needs confirmation changes what the text says, and a person decides. One
    for display is not complete as it stands: it shows the way.
    """

    SAFE = "safe"
    NEEDS_CONFIRMATION = "needs confirmation"
    DISPLAY_ONLY = "display only"


@immutable
class Repair:
    """One change of the text that would clear a finding; never applied unasked.

    Attributes:
        place: What is replaced; an empty place where something is put in.
        text: What stands there afterwards.
        title: What it does, in the words of a help; empty where the help of the finding says it.
        applicability: How far it may be trusted.
        cost: The lower, the likelier; it orders the repairs of one finding.
    """

    place: Place
    text: str
    title: str = ""
    applicability: Applicability = Applicability.NEEDS_CONFIRMATION
    cost: float = 1.0

    def applied(self, text: str) -> str:
        """Return a source's text after it."""
        return text[: self.place.start] + self.text + text[self.place.end :]


@immutable
class Diagnostic:
    """One finding, for one cause.

    Attributes:
        code: Stable name such as `L0203`; `lawc explain` prints its page.
        headline: One sentence, lower case, no full stop, no blame.
        labels: The places concerned; the first primary one locates the finding.
        notes: What explains it.
        helps: What to do, one thing each.
        repairs: Edits that a tool may offer, the likeliest first; each clears the finding alone.
    """

    code: str
    headline: str
    labels: tuple[Label, ...]
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    severity: Severity = field(default=Severity.ERROR)

    @property
    def place(self) -> Place:
        """Where the finding is shown."""
        return next((label.place for label in self.labels if label.primary), self.labels[0].place)

    @property
    def is_error(self) -> bool:
        """Whether the finding stops a build."""
        return self.severity is Severity.ERROR


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings sorted by source and place, each one once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.place.path, d.place.start, d.code)))


class LawcError(Exception):
    """Any refusal of lawc; its text is one sentence for a programmer."""


class CheckError(LawcError):
    """Sources have errors; `diagnostics` holds all of them."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], rendered: str) -> None:
        self.diagnostics = diagnostics
        super().__init__(rendered)


class DomainError(LawcError):
    """A value lies where it may not lie; the text names the quantity and the range."""


class ShapeError(LawcError):
    """A column has a shape that would broadcast silently; the text names the column."""


class CompileError(LawcError):
    """A law cannot be compiled for a signature; the text says what is missing or surplus."""


class BuildError(LawcError):
    """A module missed its tolerance or could not be made; the text gives the figure."""


class NotDeterminedError(LawcError):
    """Observations do not determine a parameter; the text says what they do determine.

    Attributes:
        undetermined: The parameters.
        combinations: What the observations determine instead, written out.
        helps: What would determine the parameters, one thing each.
    """

    def __init__(
        self,
        text: str,
        undetermined: tuple[str, ...] = (),
        combinations: tuple[str, ...] = (),
        helps: tuple[str, ...] = (),
    ) -> None:
        self.undetermined = undetermined
        self.combinations = combinations
        self.helps = helps
        super().__init__(text)
