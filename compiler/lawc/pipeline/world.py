"""Files that are judged together: which verdicts hold, and which are to be made anew.

What is kept of a file holds while its bytes, the compiler, and the answers to what its laws asked
of the constants of all files stay the same. The key is taken of the very bytes that are judged, so
a file that is edited during a check cannot leave a wrong verdict behind. A system is judged again
when the text of a law that it uses changes, or when laws come and go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from importlib import import_module
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from lawc.analysis.constants import ConstantBlock, ConstantShelf, shelve
from lawc.analysis.dependence import Answers
from lawc.analysis.register import Entry
from lawc.diagnostics.diagnostic import LawcError
from lawc.pipeline.plain import UnreadError
from lawc.pipeline.revision import revision
from lawc.pipeline.verdict import Judged, Verdict, from_text, to_text
from lawc.project.cache import Kept

if TYPE_CHECKING:
    from lawc.pipeline.workers import Worker

SYSTEMS = "<systems>/"


class World:
    """Files that are judged together, with the constants of another world above them."""

    def __init__(
        self,
        files: Iterable[tuple[str, Traversable]],
        prefix: str,
        kept: Mapping[str, Kept],
        *,
        whole: bool = True,
    ) -> None:
        """Read files, and what is kept of them.

        Args:
            files: Each with the path that it is shown under.
            prefix: Of the names under which verdicts on these files are kept.
            kept: What is kept of all worlds.
            whole: Whether verdicts on them are to be whole; whole ones serve in any case.
        """
        self.prefix = prefix
        self._whole = whole
        self.texts: dict[str, bytes] = {}
        for shown, file in files:
            if shown not in self.texts:
                self.texts[shown] = _bytes(shown, file)
        self.keys = {path: _key(path, data) for path, data in self.texts.items()}
        self.shelf = ConstantShelf()
        self.above: World | None = None
        self.fresh: dict[str, Kept] = {}
        self._kept = kept
        self.systems: list[Judged] = []
        self._known: dict[str, tuple[str, Verdict]] = {}
        for path, key in self.keys.items():
            known = kept.get(prefix + path)
            if known is not None and known.key.startswith(key):
                try:
                    verdict = from_text(path, known.text)
                except UnreadError:
                    continue
                if verdict.whole or not whole:
                    self._known[path] = known.key, verdict

    @property
    def unknown(self) -> list[tuple[str, bytes]]:
        """The files of which no verdict is kept."""
        return [pair for pair in self.texts.items() if pair[0] not in self._known]

    def stand_below(self, above: World | None) -> None:
        """Take in all constants, those of another world too, which has taken in its own."""
        self.above = above
        self.shelf = shelve(above.shelf.blocks if above is not None else {}, self._constants())

    def judge(
        self, workers: Sequence[Worker] = (), first: Callable[[], None] = lambda: None
    ) -> None:
        """Judge the files of which no verdict is kept, or whose verdict does not hold.

        Args:
            workers: Processes that wait for files; where there is nothing to judge, they still do.
            first: What judges the world above, unless it is judged; done here while processes
                judge files, which ask only for the constants of that world.
        """
        above = self.above
        keys = {**(above.keys if above is not None else {}), **self.keys}
        answers = Answers(self.shelf)
        todo: list[tuple[str, bytes]] = []
        for path, data in self.texts.items():
            key, verdict = self._known.get(path, ("", None))
            if (
                verdict is None
                or key != _full_key(path, verdict, keys)
                or not (
                    all(answers.answer((kind, name)) == said for kind, name, said in verdict.asked)
                )
            ):
                todo.append((path, data))
        if not todo:
            first()
        else:
            judge_all = import_module("lawc.pipeline.crew").judge_all
            found = judge_all(self.shelf, todo, workers, first, whole=self._whole)
            for (path, _), (text, verdict) in zip(todo, found, strict=True):
                key = _full_key(path, verdict, keys)
                self._known[path] = key, verdict
                self.fresh[self.prefix + path] = Kept(key, text)
        self._compose({**keys, **self._prefixed(), **(above._prefixed() if above else {})})

    def _compose(self, keys: Mapping[str, str]) -> None:
        """Judge the systems, unless what they use, what they could use and they are the same."""
        paths = [path for path in self.texts if self._known[path][1].systems]
        if not paths:
            return
        seen = [(e.identity, e.kind, bool(e.gist)) for e in self._entries()]
        around = (seen, Answers(self.shelf).answer(("all", "")), [keys[path] for path in paths])
        base = sha256(repr(around).encode()).hexdigest()
        rows = {path: f"{self.prefix}{SYSTEMS}{path}" for path in paths}
        for path, row in rows.items():
            known = self._kept.get(row)
            try:
                verdict = from_text(path, known.text) if known is not None else None
            except UnreadError:
                verdict = None
            if verdict is None or known is None or known.key != _used(base, verdict, keys):
                break
            self.systems += verdict.blocks
        else:
            return
        self.systems = []
        found = import_module("lawc.pipeline.composing").composed(self)
        for path, row in rows.items():
            verdict = found[path]
            self.systems += verdict.blocks
            self.fresh[row] = Kept(_used(base, verdict, keys), to_text(verdict))

    def _entries(self) -> list[Entry]:
        own = [block.entry for block in self.blocks()]
        return own if self.above is None else [*self.above._entries(), *own]

    def _prefixed(self) -> dict[str, str]:
        return {self.prefix + path: key for path, key in self.keys.items()}

    def blocks(self) -> list[Judged]:
        """Return all blocks, in the order of the files, and the systems behind them."""
        own = [block for verdict in self.verdicts.values() for block in verdict.blocks]
        return [*own, *self.systems]

    def text(self, path: str) -> bytes:
        """Return the bytes of a file of this world, or else of the one above."""
        if path in self.texts or self.above is None:
            return self.texts.get(path, b"")
        return self.above.text(path)

    @property
    def rows(self) -> list[str]:
        """The names under which verdicts of these files may be kept."""
        return [self.prefix + more + path for path in self.texts for more in ("", SYSTEMS)]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each file, in order."""
        return {path: self._known[path][1] for path in self.texts}

    def _constants(self) -> list[ConstantBlock]:
        found: list[ConstantBlock] = []
        for path, data in self.texts.items():
            if path in self._known:
                found += self._known[path][1].constants
            else:
                found += import_module("lawc.pipeline.judging").constants_in(path, data)
        return found


def _bytes(shown: str, file: Traversable) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise LawcError(f"{shown} cannot be read: {problem.strerror}") from problem


def _key(path: str, data: bytes) -> str:
    """Return the key of a file by itself: what compiles it, its name and its bytes."""
    return sha256(b"\n".join((revision().encode(), path.encode(), data))).hexdigest()


def _full_key(path: str, verdict: Verdict, keys: Mapping[str, str]) -> str:
    """Return the key of a file with those of all files that its findings point into."""
    return ":".join([keys[path], *(keys.get(other, "") for other in verdict.mentioned)])


def _used(base: str, verdict: Verdict, keys: Mapping[str, str]) -> str:
    """Return the key of systems with those of all files that they use or point into."""
    return ":".join([base, *(keys.get(other, "") for other in verdict.mentioned)])
