"""Score how many slips the checks of each shipped law notice.

    python benchmarks/mutation_score.py [-j N] [--write] [--fresh]

Every confirmed law must notice 95 % of the single-edit mutants that say something else than the
law. Laws whose text and checks are as they were keep their score, unless `--fresh` judges all anew.
`--write` keeps the scores in `knowledge/mutation.json`, from where they ship with the laws,
and the tables in `benchmarks/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

from lawc.cli.mutants_report import below, shown, table
from lawc.knowledge.law import Law
from lawc.lowering.refusing import refusal
from lawc.pipeline.checking import demand, read_library
from lawc.pipeline.mutant_pool import Place, scores
from lawc.pipeline.mutation import GOAL, MEMORY, Fate, Memory, Score, key_of, write_scores

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
TIME, BROKEN = Fate.TIME, Fate.BROKEN
HEADING = "## Slips that the checks of a law notice"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--jobs", type=int, default=None, help="processes")
    parser.add_argument("--write", action="store_true", help="keep the scores and the tables")
    parser.add_argument("--fresh", action="store_true", help="judge all anew")
    options = parser.parse_args()
    base = demand(read_library())
    laws = [law for law in base.laws.values() if not refusal(law)]
    unscored = [law.identity for law in base.laws.values() if refusal(law)]

    def tell(law: Law, done: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {total}  {law.identity:60}")

    clock = time.monotonic()
    memory = None if options.fresh else Memory(None)
    found = scores(laws, base, Place(), jobs=options.jobs, memory=memory, tell=tell)
    clock = time.monotonic() - clock
    spent = os.times()
    core = spent.user + spent.children_user
    lines = [*table(found), "", *said(found)]
    lines.append(f"no score, since no program holds them yet: {', '.join(unscored) or 'none'}")
    if options.fresh:
        lines.append(f"{clock:.0f} s on the clock, {core:.0f} core s")
    print("\n" + "\n".join(lines))
    for score in found:
        for verdict in score.survivors:
            print(f"{score.law}: {verdict.text} ({verdict.kind})")
        for line in score.advice:
            print(f"{score.law}: {line}")
    low = below(found, base)
    if low:
        print(f"confirmed laws below {GOAL:.0%}: {', '.join(low)}")
    if options.write:
        pairs = zip(laws, found, strict=True)
        ordered = sorted(pairs, key=lambda pair: pair[0].identity)
        kept = {key_of(law): score.to_json() for law, score in ordered}
        write_scores(ROOT / "knowledge" / MEMORY, kept)
        keep(lines)
    if low:
        raise SystemExit(1)


def said(found: list[Score]) -> list[str]:
    """Return what is worth a sentence."""
    every = Score("all", "", tuple(v for score in found for v in score.verdicts))
    survivors = [f"{score.law}: {v.text}" for score in found for v in score.survivors]
    late = [f"{s.law}: {v.text}" for s in found for v in s.verdicts if v.fate in (TIME, BROKEN)]
    return [
        f"the checker alone notices {shown(every.by_dimensions)}",
        f"all, without symbols of another dimension: {shown(every.strict_share)}",
        f"lowest score of a law: {shown(min(score.share for score in found))}",
        f"survivors: {'; '.join(survivors) or 'none'}",
        f"not judged in time, and counted as not noticed: {'; '.join(late) or 'none'}",
    ]


def keep(lines: list[str]) -> None:
    """Put the tables into the page of results."""
    text = RESULTS.read_text(encoding="utf-8")
    section = (
        f"{HEADING}\n\n`python benchmarks/mutation_score.py --write`, which is `lawc test "
        "--mutants` over the shelf. `alike`\nare mutants that answer as the law does in its whole "
        "domain; they count for nothing. The other\ncolumns say who notices first. Judged anew "
        "with other work on both cores, 37 laws took 263 s\non two workers, 84 seconds of one core."
        "\n\n"
        "```\n" + "\n".join(lines) + "\n```\n"
    )
    pattern = re.compile(rf"{re.escape(HEADING)}\n.*?(?=\n## |\Z)", re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: section, text)
    else:
        text = text.rstrip("\n") + "\n\n" + section
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
