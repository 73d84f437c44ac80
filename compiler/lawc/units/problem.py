"""What a text that is not a unit has wrong, where, and what may be meant."""

from __future__ import annotations

from typing import Literal

from lawc.diagnostics.immutable import immutable

Kind = Literal["unknown", "ambiguous", "malformed", "too large", "offset", "logarithm", "constant"]


@immutable
class UnitProblem:
    """Why a text is not a unit.

    Attributes:
        kind: `unknown` name, `ambiguous` spelling, `malformed` text, `too large` to be a unit,
            or a scale with an `offset` (°C) where only a difference (K) has a meaning.
        text: The whole text.
        start: Offset of the first character of the part concerned.
        end: Offset after its last character.
        candidates: What may stand in place of that part, the likeliest first.
        reason: One sentence that explains the refusal; may be empty.
    """

    kind: Kind
    text: str
    start: int
    end: int
    candidates: tuple[str, ...] = ()
    reason: str = ""

    @property
    def part(self) -> str:
        """The part concerned."""
        return self.text[self.start : self.end]

    @property
    def repaired(self) -> tuple[str, ...]:
        """The whole text with each of the candidates in place."""
        before, after = self.text[: self.start], self.text[self.end :]
        return tuple(before + candidate + after for candidate in self.candidates)


class RefusedError(Exception):
    """Ends the reading of one unit; never leaves `parse_unit`."""

    def __init__(self, problem: UnitProblem) -> None:
        self.problem = problem
        super().__init__(problem.reason)
