"""What a reader of another format gives: laws as text, and what a person should know about them.

The text goes through the ordinary checker, as if it had been typed; nothing that a foreign file
says is trusted more than that.
"""

from __future__ import annotations

from dataclasses import dataclass

from lawc.diagnostics.diagnostic import LawcError

MOST_BYTES = 16_000_000


class ImportRefusedError(LawcError):
    """A file cannot be imported; the text says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the file that the text of its laws cannot say.

    Attributes:
        where: The part of the file, such as `equation b = bCst in component main`.
        sentence: What was found or left out, lower case and without a full stop.
        is_error: Whether the file contradicts itself there, or the part was left out.
    """

    where: str
    sentence: str
    is_error: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


@dataclass(frozen=True, slots=True)
class Imported:
    """The laws of a file in the language of laws.

    Attributes:
        text: Blocks of drafts, as a `.law` file holds them; empty where none could be written.
        remarks: In the order of the file.
    """

    text: str
    remarks: tuple[Remark, ...] = ()
