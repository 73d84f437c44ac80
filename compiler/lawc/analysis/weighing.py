"""Try repairs before they are offered: which of them leaves the least to say about the law.

A repair is applied to the text of its block, and the block is checked again. One that leaves a
name unused, an unknown undetermined or another mismatch is less likely than one that leaves
nothing; and a finding that goes away with the best repair of another one has the same cause, so it
is not said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from lawc.analysis.proposals import with_help
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair
from lawc.syntax.document import Block

MOST_TRIED = 14
MOST_FINDINGS = 4
"""Findings of a block up to which repairs are tried; of many, each is as good as its cost."""

Again = Callable[[str], list[Diagnostic] | None]
"""Checks the text of a block anew; None where it cannot be read."""


def weighed(block: Block, findings: Sequence[Diagnostic], again: Again) -> list[Diagnostic]:
    """Return the findings of a block, each cause once, with their repairs in order of likelihood.

    Args:
        block: As written, errors and all.
        findings: All that was found in it.
        again: How a changed text of the block is checked.
    """
    left = list(findings)
    done: list[Diagnostic] = []
    while left and len(findings) <= MOST_FINDINGS:
        position = next((n for n, f in enumerate(left) if len(f.repairs) > 0), None)
        if position is None:
            break
        finding = left.pop(position)
        best, follows = _tried(block, finding, [*done, *left], again)
        done.append(best)
        left = [other for other in left if _named(other) not in follows]
        done = [other for other in done if other is best or _named(other) not in follows]
    return [with_help(finding) for finding in (*done, *left)]


def _tried(
    block: Block, finding: Diagnostic, others: Sequence[Diagnostic], again: Again
) -> tuple[Diagnostic, frozenset[tuple[str, str]]]:
    """Return a finding with its repairs ordered, and what else goes away with the first of them."""
    if not others and len(finding.repairs) < 2:
        return finding, frozenset()
    standing = Counter(_named(other) for other in others)
    outcomes: list[tuple[tuple[int, float], Repair, frozenset[tuple[str, str]]]] = []
    for repair in finding.repairs[:MOST_TRIED]:
        text = _applied(block, repair)
        found = again(text) if text is not None else None
        if found is None:
            outcomes.append(((len(others) + 2, repair.cost), repair, frozenset()))
            continue
        names = Counter(_named(other) for other in found)
        gone = frozenset(name for name in standing if name not in names)
        outcomes.append(((len(found), repair.cost), repair, gone))
    outcomes.sort(key=lambda outcome: outcome[0])
    (count, _), _, follows = outcomes[0]
    # A worse outcome is a higher price, so that nothing worse stands beside the best in the help.
    repairs = tuple(replace(r, cost=r.cost + (key[0] - count)) for key, r, _ in outcomes)
    return replace(finding, repairs=(*repairs, *finding.repairs[MOST_TRIED:])), follows


def _applied(block: Block, repair: Repair) -> str | None:
    """Return the text of a block after a repair, None where the repair lies outside it."""
    start = block.place.start
    place = Place(repair.place.path, repair.place.start - start, repair.place.end - start)
    if place.start < 0 or place.end > len(block.text):
        return None
    return replace(repair, place=place).applied(block.text)


def _named(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, finding.headline
