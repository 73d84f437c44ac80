"""The cases of each shipped rule stand on both sides of whatever divides its answers.

What divides is counted from the rule as it is decided: each comparison of a condition, the turn of
each `min` and `max`, and each threshold of a scale. Days are joined, since the same line of a rule
has other numbers in another year.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

import pytest
from test_shipped_rules import SHELF

from lawc.deciding.goals import atoms, conditions
from lawc.decision.decision import Apportion, Decision, Scale, decides, formulas
from lawc.decision.exact import Answers, DecisionError, decide, evaluate
from lawc.decision.formula import Apply, Formula, Named, Number, apply, walk
from lawc.decision.values import Absent
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule

FEWEST = 4
What = tuple[str, str, int, int]
Sides = dict[What, dict[int, set[int]]]
"""What divides, by kind, output, part and number; and the cases on each of its sides."""


def identities() -> Iterator[str]:
    for path in sorted(SHELF.rglob("*.rule")):
        stem = ".".join(path.relative_to(SHELF).with_suffix("").parts)
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("rule "):
                yield f"{stem}.{line.removeprefix('rule ').partition('@')[0]}"


IDENTITIES = tuple(identities())


def divisions(decision: Decision, answers: Answers) -> Iterator[tuple[What, int]]:
    """Yield what divides in a decision, each with the side on which a case stands."""
    for step in decision.steps:
        output = decides(step)[0]
        # The elements of a set are decided alike.
        name = output.partition("[")[0]
        for part, condition in conditions(step):
            for number, atom in enumerate(atoms(condition)):
                if not _names_a_word(atom, decision) and not _follows_from_range(atom, decision):
                    for value in _known(atom, answers, decision):
                        at = 0 if isinstance(step, Apportion) else part
                        yield ("condition", name, at, number), int(value != 0)
        for part, formula in enumerate(formulas(step)):
            for number, turn in enumerate(_turns(formula)):
                for value in _known(apply("subtract", *turn.parts), answers, decision):
                    yield ("turn", name, part, number), (value > 0) - (value < 0)
        if isinstance(step, Scale) and answers.because[output]:
            starts = itertools.accumulate(len(bands.brackets) for bands in step.bands)
            (spoke,) = answers.because[output]
            start = max((at for at in (0, *starts) if at <= spoke), default=0)
            for bracket in range(1, max(len(bands.brackets) for bands in step.bands)):
                yield ("threshold", name, bracket, 0), int(spoke - start >= bracket)


def _turns(formula: Formula) -> Iterator[Apply]:
    for node in walk(formula):
        if isinstance(node, Apply) and node.operation in ("min", "max") and len(node.parts) == 2:
            yield node


def _known(formula: Formula, answers: Answers, decision: Decision) -> Iterator[Fraction]:
    try:
        value = evaluate(formula, answers.values, decision.calendars)
    except DecisionError:
        return
    if not isinstance(value, Absent):
        yield value


def _names_a_word(atom: Formula, decision: Decision) -> bool:
    """Whether a choice is asked for one of its words: other tests hold each row to a case."""
    of = [part for part in walk(atom) if isinstance(part, Named)]
    return any(decision.port(one.name).kind == "one of" for one in of)


def _follows_from_range(atom: Formula, decision: Decision) -> bool:
    """Whether a comparison names the end of a declared range: `0 .. 3` of what begins at 0."""
    match atom:
        case Apply("less_equal", (Number(end), Named(name))):
            return decision.port(name).low == end
        case Apply("less_equal", (Named(name), Number(end))):
            return decision.port(name).high == end
    return False


def sides(rule: Rule) -> Sides:
    found: Sides = defaultdict(lambda: defaultdict(set))
    for number, case in enumerate(rule.cases):
        decision = decision_of(rule, case.day)
        for what, side in divisions(decision, decide(decision, case.given)):
            found[what][side].add(number)
    return found


@pytest.mark.parametrize("identity", IDENTITIES)
def test_cases_stand_on_both_sides_of_whatever_divides(
    identity: str, library: KnowledgeBase
) -> None:
    rule = library.rules[identity]
    found = sides(rule)
    assert [what for what, by_side in found.items() if len(by_side) < 2] == []
    straddling = {case for by_side in found.values() for some in by_side.values() for case in some}
    assert len(straddling if found else rule.cases) >= FEWEST


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_rule_claims_something_that_can_be_proved(identity: str, library: KnowledgeBase) -> None:
    assert library.rules[identity].claims


# Uniform texts that each state enacted on its own day, or whose day is not known.
UNDATED = (
    "law.us.courts.sale-limitation",
    "law.us.courts.writing-for-sale",
    "law.us.states.wisconsin-child-support",
)


def test_rules_of_law_say_since_when_they_are_in_force(library: KnowledgeBase) -> None:
    of_law = [library.rules[identity] for identity in IDENTITIES if identity.startswith("law.")]
    dated = {rule.identity for rule in of_law if all(one.since for one in rule.applies)}
    assert all(rule.applies for rule in of_law)
    assert {rule.identity for rule in of_law} - dated == set(UNDATED)
