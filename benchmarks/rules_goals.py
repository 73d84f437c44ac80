"""Which rows, clauses, exceptions and decisive conditions of the shipped rules a case shows.

    python benchmarks/rules_goals.py [--rule PART] [--write]

Goals are those of `lawc.deciding.goals`: every row, clause, line and bracket at work, and every
atom of every condition decisive both ways (masking MC/DC), of each rule as of the newest day on
which it changes. A goal is reached where the exact evaluator answers a case of it, impossible
where it was shown that no case can, and else open. CPU seconds of one process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import suppress

from results import keep
from rules_proofs import newest

from lawc.deciding.edges import beside, edges
from lawc.deciding.goals import Goal
from lawc.deciding.sampler import Sampler
from lawc.decision.exact import decide, evaluate
from lawc.decision.operations import DecisionError, truth
from lawc.decision.values import Value
from lawc.knowledge.as_of import decision_of
from lawc.pipeline.checking import read_library


def missed(sampler: Sampler, missing: set[Goal]) -> int:
    """Return how many of the goals that count as reached no case shows, by the exact evaluator."""
    decision = sampler.decision
    answered = []
    for case in sampler.cases:
        with suppress(DecisionError):
            answered.append(decide(decision, case).values)

    def shows(values: Mapping[str, Value], goal: Goal) -> bool:
        try:
            return truth(evaluate(goal.condition, values, decision.calendars)) == 1
        except DecisionError:
            return False

    left = [goal for goal in sampler.goals if goal not in missing]
    return sum(not any(shows(values, goal) for values in answered) for goal in left)


def boundaries(sampler: Sampler) -> tuple[int, int]:
    """Return how many numbers inputs are compared with, and how many have cases on both sides.

    Both sides are the number itself and the next one that the input takes, above or below; a
    number at an end of the range has one side only and is met by itself.
    """
    count = met = 0
    for port in sampler.decision.inputs:
        seen = {case.get(port.name) for case in sampler.cases}
        for edge in edges(sampler.decision)[port.name]:
            count += 1
            near = beside(port, edge)
            met += len(seen.intersection(near)) >= min(2, len(near))
    return count, met


COMMAND = (
    "`python benchmarks/rules_goals.py`, one thread: each row, clause, line and bracket at work, "
    "each atom of\neach condition decisive both ways (masking MC/DC)."
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rule", default="")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    base = read_library()
    lines: list[str] = []
    totals = [0, 0, 0, 0]
    slowest, spent = ("", 0.0), 0.0
    unshown, edges_of_all, met = 0, 0, 0
    for rule in base.rules.values():
        if asked.rule not in rule.identity:
            continue
        decision = decision_of(rule, newest(rule))
        start = time.process_time()
        sampler = Sampler(decision)
        seconds = time.process_time() - start
        spent += seconds
        slowest = max(slowest, (rule.identity, seconds), key=lambda pair: pair[1])
        missing = {*sampler.impossible, *sampler.open}
        unshown += missed(sampler, missing)
        sides, both = boundaries(sampler)
        edges_of_all, met = edges_of_all + sides, met + both
        counts = [
            len(sampler.goals),
            len(sampler.goals) - len(missing),
            len(sampler.impossible),
            len(sampler.open),
        ]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        if sampler.open:
            lines.append(f"| {rule.identity} | {' | '.join(map(str, counts))} | {seconds:.1f} |")
            if asked.rule:
                for goal in sampler.open[:12]:
                    print(goal.kind, goal.output, goal.part, goal.atom)
    text = (
        f"{totals[0]:,} goals of {len(base.rules)} rules: {totals[1]:,} reached, "
        f"{totals[2]:,} shown to be impossible, {totals[3]:,} open; {spent:.0f} CPU seconds, "
        f"longest {slowest[1]:.1f} ({slowest[0]})\n"
        f"Not shown by any case although counted as reached: {unshown}\n"
        f"{edges_of_all:,} numbers with which inputs are compared: cases on both sides of {met:,}"
    )
    if lines:
        head = "| open in | goals | reached | impossible | open | s |\n|---|--:|--:|--:|--:|--:|"
        text += "\n\n" + "\n".join([head, *lines])
    print(text)
    if asked.write:
        keep("## Goals of rules", f"{COMMAND}\n\n{text}")


if __name__ == "__main__":
    main()
