"""How many claims about the rules that ship are decided, and how many slips are noticed.

    python benchmarks/rules_proofs.py [--only claims|mutants|check] [--mutants 500] [--write]

Claims: each `always` sentence, as of the newest day of its rule, with the limits that the library
uses where none are given; decided means proved, or refuted by a case that the rule itself answers,
within 2 seconds. Mutants: single slips, drawn with a fixed seed from all slips of all rules; one
that is proved to say what the rule says, or has the same digest, is not counted. CPU seconds of
one process. Check: `lawc check rules --no-cache`, CPU seconds of all its
processes. `--write` puts the tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from results import keep

from lawc.analysis.constants import ConstantShelf
from lawc.analysis.rules.checking import know_rule
from lawc.analysis.rules.mutants import RuleMutant, rule_mutants
from lawc.diagnostics.diagnostic import CompileError, Source
from lawc.knowledge.as_of import change_days, decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import read_library
from lawc.pipeline.mutation import KILLED, Fate
from lawc.pipeline.rules.mutation import PATIENCE, judge_mutant
from lawc.pipeline.rules.texts import Written, written_rule
from lawc.proofs.claims import prove_claim
from lawc.proofs.equality import prove_equal
from lawc.proofs.rules import fixed, prove_rule
from lawc.proofs.search import QUICK, Limits
from lawc.proofs.verdict import Verdict, Word
from lawc.syntax.parsing import parse

ROOT = Path(__file__).parents[1]
SECONDS = 2.0
SEED = 6


def newest(rule: Rule) -> int | None:
    """Return the newest day as of which a rule decides."""
    if not rule.is_dated:
        return None
    for day in reversed(change_days(rule)):
        try:
            decision_of(rule, day)
        except CompileError:
            continue
        return day
    return None


def claims(base: KnowledgeBase) -> list[tuple[str, str, Verdict]]:
    """Return the verdict on every claim."""
    made: list[tuple[str, str, Verdict]] = []
    for rule in base.rules.values():
        day = newest(rule)
        decision = decision_of(rule, day)
        for claim in rule.claims:
            verdict = prove_claim(decision, fixed(rule, claim, day), Limits())
            made.append((rule.identity, claim.text, verdict))
    return made


def show_claims(made: list[tuple[str, str, Verdict]]) -> str:
    """Return the table of verdicts, with every claim that was not decided in time."""
    decided = [v for _, _, v in made if v.word is not Word.UNKNOWN and v.seconds <= SECONDS]
    words = Counter(v.word.value for _, _, v in made)
    means = Counter(v.means for _, _, v in made if v.word is Word.PROVED)
    seconds = sorted(v.seconds for _, _, v in made)
    lines = [
        f"{len(made)} claims; decided within {SECONDS:g} s: {len(decided)} "
        f"({len(decided) / len(made):.1%}); "
        + ", ".join(f"{word} {count}" for word, count in sorted(words.items())),
        "Proved by " + ", ".join(f"{m} {count}" for m, count in means.most_common()),
        f"Seconds: median {statistics.median(seconds):.3f}, 95 % below "
        f"{seconds[int(0.95 * len(seconds))]:.2f}, longest {seconds[-1]:.2f}",
    ]
    late = [
        f"| {identity} | {text} | {v.word.value} | {v.seconds:.2f} |"
        for identity, text, v in made
        if v.word is not Word.PROVED or v.seconds > SECONDS
    ]
    if late:
        lines += ["", "| not proved within 2 s | claim | verdict | s |", "|---|---|---|--:|", *late]
    return "\n".join(lines)


def first_check() -> str:
    """Return how long a check of all rules takes where nothing of them is kept."""
    before = getrusage(RUSAGE_CHILDREN)
    command = [Path(sys.executable).with_name("lawc"), "check", "rules", "--no-cache"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = ended.stderr.strip() or ended.stdout.strip()
    return f"`lawc check rules --no-cache`: {seconds:.1f} CPU seconds; {said.splitlines()[-1]}"


def mutants(base: KnowledgeBase, count: int) -> list[tuple[str, RuleMutant, Fate, str]]:
    """Return who noticed each slip of a seeded draw."""
    every: list[tuple[Written, RuleMutant]] = []
    for rule in base.rules.values():
        written = written_rule(rule, base)
        words = tuple(q.choices for q in rule.quantities.values())
        every += [(written, mutant) for mutant in rule_mutants(written.text, words)]
    chosen = random.Random(SEED).sample(every, min(count, len(every)))
    print(f"{len(every)} slips in {len(base.rules)} rules; {len(chosen)} drawn", flush=True)
    before = {}
    made: list[tuple[str, RuleMutant, Fate, str]] = []
    for written, mutant in chosen:
        rule = written.rule
        if rule.identity not in before:
            before[rule.identity] = prove_rule(rule, QUICK, PATIENCE)
        fate, by = judge_mutant(written, mutant, base, before[rule.identity])
        if fate is Fate.SURVIVED and is_same(written, mutant, base):
            fate = Fate.EQUIVALENT
        made.append((rule.identity, mutant, fate, by))
        if len(made) % 50 == 0:
            print(show_mutants(made).splitlines()[0], flush=True)
    return made


def is_same(written: Written, mutant: RuleMutant, base: KnowledgeBase) -> bool:
    """Return whether a slip is proved to change no answer, on any day."""
    source = Source("mutant.rule", mutant.applied(written.text))
    shelf = ConstantShelf(base.constants)
    block = parse(source)[0].blocks[0]
    other, _ = know_rule(block, written.rule.identity, source, shelf)
    if other is None:
        return False
    if not other.is_dated:
        pairs = [(decision_of(written.rule), decision_of(other))]
    else:
        pairs = []
        for day in sorted({*change_days(written.rule), *change_days(other)}):
            sides = []
            for rule in (written.rule, other):
                try:
                    sides.append(decision_of(rule, day))
                except CompileError:
                    sides.append(None)
            if (sides[0] is None) != (sides[1] is None):
                return False
            if sides[0] is not None:
                pairs.append((sides[0], sides[1]))
    return all(prove_equal(a, b).word is Word.PROVED for a, b in pairs if b is not None)


def show_mutants(made: list[tuple[str, RuleMutant, Fate, str]]) -> str:
    """Return the table of fates, with what survived."""
    fates = Counter(fate for _, _, fate, _ in made)
    counted = len(made) - fates[Fate.EQUIVALENT]
    killed = sum(fates[fate] for fate in KILLED)
    lines = [
        f"{len(made)} slips, {fates[Fate.EQUIVALENT]} say the same; of {counted} others "
        f"{killed} noticed ({killed / max(counted, 1):.1%}): "
        + ", ".join(f"{fate.value} {fates[fate]}" for fate in KILLED),
        "",
        "| kind of slip | noticed | of |",
        "|---|--:|--:|",
    ]
    for kind in sorted({mutant.kind for _, mutant, _, _ in made}):
        mine = [f for _, m, f, _ in made if m.kind == kind and f is not Fate.EQUIVALENT]
        lines.append(f"| {kind} | {sum(f in KILLED for f in mine)} | {len(mine)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["claims", "mutants", "check"])
    parser.add_argument("--mutants", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    base = read_library()
    start = time.process_time()
    text = [
        f"`python benchmarks/rules_proofs.py`, slips of seed {SEED}, CPU seconds of one thread, "
        f"{platform.machine()}."
    ]
    if asked.only in (None, "check"):
        text.append(first_check())
        print(text[-1], flush=True)
    if asked.only in (None, "claims"):
        text.append(show_claims(claims(base)))
        print(text[-1], flush=True)
    if asked.only in (None, "mutants"):
        made = mutants(base, asked.mutants)
        text.append(show_mutants(made))
        print(text[-1], flush=True)
        for identity, mutant, fate, _ in made:
            if fate not in KILLED and fate is not Fate.EQUIVALENT:
                print(f"  {fate.value}: {identity}: {mutant.text}")
    print(f"{time.process_time() - start:.0f} CPU seconds")
    if asked.write:
        keep("## Proofs about rules", "\n\n".join(text))


if __name__ == "__main__":
    main()
