"""Judge files one at a time: bytes and the shelf of constants to a verdict.

It is a process of its own too: it reads a shelf and files, and writes verdicts, in lines of JSON.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from lawc.analysis.checking import Known, constants_of, know
from lawc.analysis.constants import ConstantBlock, ConstantShelf
from lawc.analysis.dependence import Answers, NotingShelf
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.law import Law
from lawc.pipeline.memory import evidence_key, rule_evidence_key
from lawc.pipeline.plain import decode
from lawc.pipeline.verdict import Judged, Verdict, to_text
from lawc.syntax.parsing import parse, parse_only, read_source

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

# Whatever stands in column 1 and is no law may be constants, well or badly spelled. A pattern that
# begins with a letter of its own is sought several times as fast as one that begins with `^`.
_MAYBE_CONSTANTS = re.compile(r"\n(?!law[ \t@]|rule[ \t@]|[ \t#\n])[^\n]")


class Judge:
    """Judges files, given the shelf of all constants that they may import.

    A verdict is whole where entries have digests and marks, and blocks the keys of their evidence.
    """

    def __init__(self, shelf: ConstantShelf, *, whole: bool = True) -> None:
        self._shelf = shelf
        self._whole = whole
        self._answers = Answers(shelf)

    def verdict(self, path: str, data: bytes) -> Verdict:
        """Return what is to be said of a file."""
        source, unread = read_source(path, data)
        if source is None:
            return Verdict(unread, (), (), (), (), (), self._whole)
        document, misread = parse(source)
        shelf = NotingShelf(self._shelf)
        known = know(document, shelf, whole=self._whole)
        asked = tuple((*q, self._answers.answer(q)) for q in shelf.asked)
        blocks = tuple(Judged(k.entry, k.findings, self._evidence(k)) for k in known)
        mentioned = elsewhere(path, [found for block in blocks for found in block.findings])
        constants = tuple(constants_of(document))
        systems = tuple(block.name.text for block in document.blocks if block.kind == "system")
        return Verdict(
            (*unread, *misread), constants, asked, mentioned, systems, blocks, self._whole
        )

    def laws(self, path: str, data: bytes) -> tuple[dict[str, Law], dict[str, Rule]]:
        """Return the laws and the rules of a file that have no errors, by identity."""
        source, _ = read_source(path, data)
        laws: dict[str, Law] = {}
        rules: dict[str, Rule] = {}
        for known in know(parse(source)[0], self._shelf) if source is not None else ():
            if known.law is not None:
                laws.setdefault(known.entry.identity, known.law)
            if known.rule is not None:
                rules.setdefault(known.entry.identity, known.rule)
        return laws, rules

    def _evidence(self, known: Known) -> str:
        if not self._whole:
            return ""
        if known.rule is not None:
            return rule_evidence_key(known.rule)
        return evidence_key(known.law) if known.law is not None else ""


def constants_in(path: str, data: bytes) -> tuple[ConstantBlock, ...]:
    """Return the blocks of constants of a file, without reading its laws."""
    source, _ = read_source(path, data)
    if source is None:
        return ()
    if not path.endswith(".md") and _MAYBE_CONSTANTS.search("\n" + source.text) is None:
        return ()
    return tuple(constants_of(parse_only(source, "constants")))


def elsewhere(path: str, findings: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Return the other files that findings about a file point into."""
    places = [part.place for found in findings for part in (*found.labels, *found.repairs)]
    return tuple(dict.fromkeys(place.path for place in places if place.path != path))


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Judge files until the input ends.

    The first line is a shelf and whether verdicts are to be whole. Each further line is a path and
    a size, and that many bytes follow it; the answer is a line with the text of the verdict, or
    with nothing where judging failed.
    """
    shelf, whole = json.loads(incoming.readline())
    judge = Judge(decode(ConstantShelf, shelf), whole=whole is True)
    while line := incoming.readline():
        path, size = json.loads(line)
        data = incoming.read(size)
        try:
            answer = to_text(judge.verdict(path, data))
        except Exception:
            # The process that asked judges the file itself, and so shows what is wrong.
            answer = ""
        outgoing.write(answer.encode() + b"\n")
        outgoing.flush()


if __name__ == "__main__":
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)
