"""Read texts that were drawn and spoilt, and count what becomes of them.

    python benchmarks/fuzz.py 100000 --seed 1 --readers 20000

Half of the cases are drawn from the grammar, half are files with spoilt bytes. Each ends with
findings inside its text or with laws; what does not is minimized and written to a folder. A case
is told by the seed and its number. The work is done in forks with limits of memory.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

from fuzz_judging import Verdict, judged, minimized, read_text
from fuzz_readers import READERS
from fuzz_texts import Material, corpus, drawn

from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import read_library

MEMORY = 1 << 30
BATCH = 2_000
LINES = 400
SECONDS_TO_MINIMIZE = 15.0


@dataclass
class Tally:
    """What became of cases, by the loop that ran them."""

    cases: Counter[str] = field(default_factory=Counter[str])
    accepted: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    slowest: tuple[float, str] = (0.0, "")
    megabytes: float = 0.0

    def add(self, other: dict[str, object]) -> None:
        """Add what a fork counted."""
        for name in ("cases", "accepted", "faults"):
            getattr(self, name).update(other[name])
        self.slowest = max(self.slowest, tuple(other["slowest"]))  # type: ignore[arg-type]


Loop = Callable[[int], tuple[str, bytes, Callable[[bytes], bool], tuple[type[Exception], ...]]]
"""Gives for the number of a case its kind, its bytes, what reads it, and how that may refuse."""


def texts(material: Material, known: KnowledgeBase, number: int) -> Loop:
    """Return the loop of texts of laws; each eighth is also formatted and exchanged."""

    def case(at: int):  # type: ignore[no-untyped-def]
        kind, data = material.case(number, at)
        thorough, page = at % 16 in (4, 7), at % 32 == 9
        return kind, data, lambda d: read_text(d, known, thorough=thorough, page=page), ()

    return case


def readers(number: int) -> Loop:
    """Return the loop of all other texts that are read, each kind in its turn."""

    def case(at: int):  # type: ignore[no-untyped-def]
        reader = READERS[at % len(READERS)]
        data = reader.case(number, at)
        return reader.name, data, reader.run, reader.refusals

    return case


def run(loop: Loop, first: int, last: int, folder: Path, tally: Tally) -> None:
    """Run cases in forks; one that ends its fork is counted as a fault and left behind."""
    shared = mmap.mmap(-1, 8)
    while first < last:
        end = min(first + BATCH, last)
        out = folder / f"batch-{os.getpid()}.json"
        out.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            out.write_text(json.dumps(_batch(loop, range(first, end), folder, shared)))
            os._exit(0)
        _, status, used = os.wait4(child, 0)
        tally.megabytes = max(tally.megabytes, used.ru_maxrss / 1024)
        if status == 0:
            tally.add(json.loads(out.read_text()))
            first = end
            done = sum(tally.cases.values())
            print(f"{done:,} cases, {sum(tally.faults.values())} faults", file=sys.stderr)
            continue
        at = struct.unpack("q", shared[:])[0]
        kind, data, _, _ = loop(at)
        tally.cases[kind] += at + 1 - first
        tally.faults[f"the process ended with {status}"] += 1
        (folder / f"ended-{at}").write_bytes(data)
        first = at + 1
    (folder / f"batch-{os.getpid()}.json").unlink(missing_ok=True)


def _batch(loop: Loop, cases: range, folder: Path, shared: mmap.mmap) -> dict[str, object]:
    counted: dict[str, Counter[str]] = {
        "cases": Counter(), "accepted": Counter(), "faults": Counter(),
    }  # fmt: skip
    slowest = (0.0, "")
    for at in cases:
        shared[:] = struct.pack("q", at)
        kind, data, read, refusals = loop(at)
        verdict = judged(read, data, refusals)
        counted["cases"][kind] += 1
        counted["accepted"][kind] += verdict.accepted
        slowest = max(slowest, (verdict.seconds / max(1, len(data) / 1000), f"{kind} {at}"))
        if verdict.fault:
            counted["faults"][f"{kind}: {verdict.fault}"] += 1
            _save(folder, at, kind, verdict, data, read, refusals)
    return {**counted, "slowest": slowest}


def _save(
    folder: Path,
    at: int,
    kind: str,
    verdict: Verdict,
    data: bytes,
    read: Callable[[bytes], bool],
    refusals: tuple[type[Exception], ...],
) -> None:
    """Write a case, its shortest form and its traceback, unless a like one is there."""
    safe = "".join(c if c.isalnum() else "-" for c in f"{kind} {verdict.fault}")[:80]
    if (folder / f"{safe}.txt").exists():
        return
    (folder / f"{safe}.txt").write_text(f"case {at}\n{verdict.trace}")
    (folder / f"{safe}.case").write_bytes(data)
    shorter = minimized(read, data, verdict.fault, refusals, SECONDS_TO_MINIMIZE)
    (folder / f"{safe}.min").write_bytes(shorter)


def rows(tally: Tally) -> Iterator[str]:
    """Return the lines of the table."""
    yield "kind          cases   accepted  rejected"
    for kind, count in tally.cases.items():
        accepted = tally.accepted[kind]
        yield f"{kind:12} {count:>7,}  {accepted:>8,}  {count - accepted:>8,}"
    yield f"tracebacks and other faults {sum(tally.faults.values())}"
    for fault, count in tally.faults.most_common():
        yield f"  {count} × {fault}"
    yield f"slowest {1000 * tally.slowest[0]:.0f} ms/kB ({tally.slowest[1]})"
    yield f"memory of a process at most {tally.megabytes:.0f} MB"


def main() -> None:
    """Run the cases and print what became of them."""
    parser = argparse.ArgumentParser(description="Read drawn and spoilt texts.")
    parser.add_argument("cases", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--readers", type=int, default=20_000, help="cases for other readers")
    parser.add_argument("--out", type=Path, default=Path(gettempdir()) / "lawc-fuzz")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    tally = Tally()
    if given.cases:
        material = Material(drawn(given.seed, LINES), corpus())
        loop = texts(material, read_library(), given.seed)
        run(loop, given.first, given.first + given.cases, given.out, tally)
    if given.readers:
        run(readers(given.seed), given.first, given.first + given.readers, given.out, tally)
    print("\n".join(rows(tally)))
    print(f"{time.monotonic() - begin:.0f} s; faults are in {given.out}")
    raise SystemExit(bool(tally.faults))


if __name__ == "__main__":
    main()
