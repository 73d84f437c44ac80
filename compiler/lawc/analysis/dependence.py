"""Note what a law asks of the shelf of constants, so that its findings hold while the answers do.

A file's findings depend on its text, and on the answers to the questions that its laws asked: what
an import means, which blocks define a name, what a block holds. Where all answers are still the
same, the file need not be read again, whatever else has changed. A shelf that takes notes answers
like any other; what goes through all blocks is noted as a question about everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TypeVar

from lawc.analysis.constants import ConstantShelf

Question = tuple[str, str]
"""`("find", identity)`, `("holders", name)`, `("block", identity)` or `("all", "")`."""

_V = TypeVar("_V")


class NotingShelf(ConstantShelf):
    """A shelf that notes what it is asked.

    Attributes:
        asked: The questions so far, in order.
    """

    def __init__(self, shelf: ConstantShelf) -> None:
        self.asked: dict[Question, None] = {}
        self._shelf = shelf
        super().__init__(
            _Noted(shelf.blocks, self.asked),
            _Noted(shelf.versions, self.asked),
            _Noted(shelf.ghosts, self.asked),
        )

    def find(self, identity: str) -> tuple[str, ...]:
        """Return the blocks that an identity may mean."""
        self.asked["find", identity] = None
        return self._shelf.find(identity)

    def holders(self, name: str) -> list[str]:
        """Return the identities of the blocks that define a name."""
        self.asked["holders", name] = None
        return self._shelf.holders(name)


class Answers:
    """What a shelf answers, each answer as a digest."""

    def __init__(self, shelf: ConstantShelf) -> None:
        self._shelf = shelf
        self._known: dict[Question, str] = {}

    def answer(self, question: Question) -> str:
        """Return the digest of the answer to a question; empty for one that nobody asks."""
        known = self._known.get(question)
        if known is None:
            known = self._known[question] = self._answer(*question)
        return known

    def _answer(self, kind: str, name: str) -> str:
        match kind:
            case "find":
                return _digest(self._shelf.find(name))
            case "holders":
                return _digest(self._shelf.holders(name))
            case "block":
                return self._block(name)
            case "all":
                return _digest([(key, self.answer(("block", key))) for key in self._shelf.blocks])
        return ""

    def _block(self, identity: str) -> str:
        """Return the digest of a block as laws see it: everything but where it stands."""
        block = self._shelf.blocks.get(identity)
        if block is None:
            return _digest(None)
        return _digest(
            (
                self._shelf.versions.get(identity),
                sorted(self._shelf.ghosts.get(identity, ())),
                [
                    (c.name, c.words, c.value, c.uncertainty, c.source, str(c.unit.dimension))
                    for c in block.values()
                ],
                [(c.unit.text, c.unit.factor, c.unit.offset) for c in block.values()],
            )
        )


class _Noted(Mapping[str, _V]):
    """A mapping that notes which blocks were looked at."""

    def __init__(self, of: Mapping[str, _V], asked: dict[Question, None]) -> None:
        self._of = of
        self._asked = asked

    def __getitem__(self, key: str) -> _V:
        self._asked["block", key] = None
        return self._of[key]

    def __iter__(self) -> Iterator[str]:
        self._asked["all", ""] = None
        return iter(self._of)

    def __len__(self) -> int:
        self._asked["all", ""] = None
        return len(self._of)


def _digest(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:32]
