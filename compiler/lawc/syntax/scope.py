"""The names that a block declares or imports: what decides how its formulas are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from lawc.diagnostics.immutable import immutable
from lawc.syntax.spelling import skeleton


@immutable
class Scope:
    """Names known before any formula of a block is read.

    Attributes:
        path: The source's path, for places.
        names: Declared and imported names.
        lookalikes: What each name looks like, mapped to the name; empty where all names are
            ASCII, since then each looks like itself.
        parts: What the parts of a system are called; a name of theirs is `part.name`.
        indexed: The names among them that are vectors or have indices: a bracket behind them
            is no unit.
        words: Choices that are no names by their letters: `very-high`, `A+`.
    """

    path: str
    names: frozenset[str] = frozenset()
    lookalikes: dict[str, str] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def twin(self, name: str) -> str | None:
        """Return another known name that looks the same as an unknown one."""
        if name in self.names:
            return None
        shape = name if name.isascii() else skeleton(name)
        other = self.lookalikes.get(shape)
        if other is None and shape in self.names:
            other = shape
        return other


def scope(
    path: str, names: Iterable[str], parts: Iterable[str] = (), indexed: Iterable[str] = ()
) -> Scope:
    """Return the scope of some names, of the parts of a system, and of names with elements."""
    known = frozenset(names)
    twins: dict[str, str] = {}
    if not "".join(known).isascii():
        twins = {skeleton(name): name for name in sorted(known, reverse=True)}
    return Scope(path, known, twins, frozenset(parts), frozenset(indexed))
