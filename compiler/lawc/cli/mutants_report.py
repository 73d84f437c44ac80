"""Print mutation scores: a table of laws, a table of slips, and the survivors in their places."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lawc.analysis.edits import Kind
from lawc.diagnostics.frame import render
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law, Status
from lawc.knowledge.rule import Rule
from lawc.pipeline.mutant_pool import Place, scores
from lawc.pipeline.mutation import GOAL, KILLED, Fate, Memory, Score, survivors_found


class Tell(Protocol):
    """Called with a law, and how many of all mutants are judged."""

    def __call__(self, law: Law, done: int, total: int) -> None:
        """Show how far it is."""


def judge(
    laws: Sequence[Law],
    base: KnowledgeBase,
    place: Place,
    *,
    root: Path | None,
    jobs: int | None,
    console: Console,
) -> list[Score]:
    """Return the scores of laws, with a bar while they are judged."""
    with _bar(console) as tell:
        return scores(laws, base, place, jobs=jobs, memory=Memory(root), tell=tell)


def judge_rules(rules: Sequence[Rule], base: KnowledgeBase, console: Console) -> list[Score]:
    """Return the scores of rules, one after the other, each in this process."""
    if not rules:
        return []
    # What serves rules is loaded only where there are some.
    rule_score = import_module("lawc.pipeline.rules.mutation").rule_score
    found: list[Score] = []
    for rule in rules:
        with console.status(rule.identity):
            found.append(rule_score(rule, base))
    return found


def print_scores(console: Console, found: Sequence[Score], base: KnowledgeBase) -> None:
    """Print what became of the mutants."""
    for line in table(found):
        console.print(line, markup=False, soft_wrap=True)
    for score in found:
        for verdict in score.verdicts:
            if verdict.fate in (Fate.TIME, Fate.BROKEN):
                why = f": {verdict.by}" if verdict.by else ""
                console.print(
                    f"{score.law}: {verdict.text} is {verdict.fate}{why}",
                    markup=False,
                    soft_wrap=True,
                )
    findings = [one for score in found for one in survivors_found(score)]
    if findings:
        color = console.is_terminal and "NO_COLOR" not in os.environ
        # The frame draws its own colours.
        sys.stdout.write("\n" + render(findings, base.sources, color=color) + "\n")
    for score in found:
        for line in score.advice:
            console.print(f"{score.law}: {line}", markup=False, soft_wrap=True)


def below(found: Sequence[Score], base: KnowledgeBase) -> list[str]:
    """Return the confirmed laws and rules whose checks notice too few slips."""
    return [
        score.law
        for score in found
        if base[score.law].status is Status.CONFIRMED and score.share < GOAL
    ]


HEADINGS = ("mutants", "alike", "checker", "examples", "claims", "late", "survive", "score")


def table(found: Sequence[Score]) -> Iterator[str]:
    """Yield a line for each law and for each kind of slip, with headings."""
    ordered = sorted(found, key=lambda score: score.law)
    rows = [(score.law, _row([score], None)) for score in ordered]
    if len(found) > 1:
        rows.append(("all", _row(found, None)))
    yield from _lines("law", rows)
    if len(found) > 1:
        yield ""
        made = {verdict.kind for score in found for verdict in score.verdicts}
        kinds = dict.fromkeys((*(kind.value for kind in Kind), *sorted(made)))
        yield from _lines("slip", [(kind, _row(found, kind)) for kind in kinds if kind in made])


def _lines(first: str, rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    width = max(len(name) for name, _ in (*rows, (first, ())))
    for name, numbers in ((first, HEADINGS), *rows):
        columns = [f"{n:>{len(head)}}" for n, head in zip(numbers, HEADINGS, strict=True)]
        yield f"{name:<{width}}  {'  '.join(columns)}"


def _row(found: Sequence[Score], kind: str | None) -> list[str]:
    def count(*fates: Fate) -> int:
        return sum(score.count(*fates, kind=kind) for score in found)

    alike = count(Fate.EQUIVALENT)
    counted = count() - alike
    killed = count(*KILLED)
    share = shown(killed / counted) if counted else "–"
    late = count(Fate.TIME, Fate.BROKEN)
    numbers = [count(), alike, *(count(fate) for fate in KILLED), late, count(Fate.SURVIVED)]
    return [*map(str, numbers), share]


def shown(share: float) -> str:
    """Return a share as people read it; what is not all never reads as all."""
    return f"{math.floor(share * 1000) / 10:g}%"


@contextmanager
def _bar(console: Console) -> Iterator[Tell]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("mutants", total=None)

        def tell(law: Law, done: int, total: int) -> None:
            progress.update(task, description=law.identity, completed=done, total=total)

        yield tell
