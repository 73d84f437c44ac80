"""A rule with indices decides what Python says of each element, and of sums over all."""

from __future__ import annotations

import time
from fractions import Fraction
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.analysis.rules.mutants import rule_mutants
from lawc.decision.exact import decide
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.rule import Rule
from lawc.pipeline.checking import check_text
from lawc.pipeline.evidence import with_evidence
from lawc.syntax.comparing import say_the_same
from lawc.syntax.formatting import formatted
from lawc.syntax.parsing import parse

HEAD = 'rule it@1.0.0\n  title "A rule"\n  status draft\n\n'

words = st.lists(
    st.from_regex(r"[A-Z][a-z]{0,3}(-[a-z]{1,3})?", fullmatch=True).filter(
        lambda word: word.lower() not in ("if", "then", "else", "and", "or", "not", "in", "pi")
    ),
    min_size=2,
    max_size=6,
    unique=True,
)


def rule_of(body: str) -> Rule:
    document, misread = parse(Source("rules/x/some.rule", HEAD + body))
    base, findings = check([document])
    assert not misread and not findings, [(f.code, f.headline) for f in (*misread, *findings)]
    return next(iter(base.rules.values()))


def said(rule: Rule, given: dict[str, int]) -> dict[str, object]:
    decision = decision_of(rule)
    return dict(decide(decision, {name: Fraction(x) for name, x in given.items()}).values)


SHARES = """  symbols
    part : part one of {parts}
    m[part] : amount integer 0 .. 1000
    all : all of them integer
    both : product of one more than each integer
    share[part] : share [1]
    others[part] : all others integer
    size[part] : size one of none, some, most

  clauses
    all = sum(i in part: m[i])
    both = product(i in part: m[i] + 1)
    S1: share[part] = m[part]/all when all > 0
    S2: share[part] = 0 when all = 0
    others[part] = sum(i in part: if i = part then 0 else m[i])

  table size[part] by share[part], m[part]
    | share[part] | m[part] | size[part] |
    | -           | 0       | none       |
    | <= 1/2      | > 0     | some       |
    | > 1/2       | > 0     | most       |
"""


@given(parts=words, data=st.data())
def test_each_element_is_decided_by_its_own_values_and_by_all(
    parts: list[str], data: st.DataObject
) -> None:
    rule = rule_of(SHARES.format(parts=", ".join(parts)))
    assert rule.inputs == tuple(f"m[{part}]" for part in parts)
    amounts = data.draw(st.lists(st.integers(0, 1000), min_size=len(parts), max_size=len(parts)))
    found = said(rule, {f"m[{part}]": m for part, m in zip(parts, amounts, strict=True)})
    total = sum(amounts)
    assert found["all"] == total
    assert found["both"] == prod(m + 1 for m in amounts)
    for part, m in zip(parts, amounts, strict=True):
        share = Fraction(m, total) if total else 0
        assert found[f"share[{part}]"] == share
        assert found[f"others[{part}]"] == total - m
        assert found[f"size[{part}]"] == (0 if m == 0 else 1 if 2 * share <= 1 else 2)


@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_an_index_may_be_moved_and_a_clause_holds_for_what_it_names(x: list[int]) -> None:
    rule = rule_of(
        """  symbols
    spot : place integer 1 .. 4
    x[spot] : amount integer 0 .. 100
    up[spot] : how much more than before integer
    step[spot] : sum so far times its place integer

  clauses
    up[1] = x[1]
    U[i in 2 .. 4]: up[i] = x[i] - x[i - 1]
    step[spot] = spot*sum(k in spot: if k <= spot then x[k] else 0)
"""
    )
    found = said(rule, {f"x[{i}]": value for i, value in enumerate(x, 1)})
    assert [found[f"up[{i}]"] for i in range(1, 5)] == [x[0], *(x[i] - x[i - 1] for i in (1, 2, 3))]
    assert [found[f"step[{i}]"] for i in range(1, 5)] == [i * sum(x[:i]) for i in range(1, 5)]


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_two_indices_make_a_value_for_each_pair(x: list[int]) -> None:
    rule = rule_of(
        """  symbols
    row : row one of a, b
    col : column integer 1 .. 2
    x[row, col] : amount integer 0 .. 9
    across[row] : sum of a row integer
    down[col] : sum of a column integer

  clauses
    across[row] = sum(j in col: x[row, j])
    down[col] = sum(i in row: x[i, col])
"""
    )
    names = [f"x[{i}, {j}]" for i in "ab" for j in (1, 2)]
    assert rule.inputs == tuple(names)
    found = said(rule, dict(zip(names, x, strict=True)))
    assert [found["across[a]"], found["across[b]"]] == [x[0] + x[1], x[2] + x[3]]
    assert [found["down[1]"], found["down[2]"]] == [x[0] + x[2], x[1] + x[3]]


CASES = """  symbols
    part : part one of A, B-C
    m[part] : amount integer 0 .. 1000
    by : factor integer 1 .. 9
    more[part] : more of it integer
    all : all integer

  clauses
    more[part] = by*m[part]
    all = sum(i in part: more[i])

  checks
    examples by part given by = 3
      | part | m | -> more |
      | B-C  | 2 | {more}  |
      | A    | 1 | 3       |
    examples
      | m[A] | m[B-C] | by | -> all | -> more[A] |
      | 5    | 6      | 2  | 22     | 10         |
    example: more[B-C] = 8 given m[A] = 0, m[B-C] = 2, by = 4
    always more[part] rises with m[part]
    always sum(i in part: more[i]) = all
"""


def test_a_case_with_a_row_for_each_element_is_one_case() -> None:
    rule = rule_of(CASES.format(more=6))
    given_, expected = rule.cases[0].given, rule.cases[0].expected
    assert given_ == {"m[A]": 1, "m[B-C]": 2, "by": 3}
    assert expected == {"more[A]": 3, "more[B-C]": 6}
    assert len(rule.cases) == 3
    assert [claim.text for claim in rule.claims] == [
        "more[A] rises with m[A]",
        "more[B-C] rises with m[B-C]",
        "sum(i in part: more[i]) = all",
    ]


@pytest.mark.parametrize(("more", "codes"), [(6, []), (7, ["L0715"])])
def test_a_wrong_answer_of_one_element_is_found(more: int, codes: list[str]) -> None:
    text = HEAD + CASES.format(more=more)
    base = with_evidence(check_text("rules/x/some.rule", text, KnowledgeBase({})))
    assert [found.code for found in base.diagnostics] == codes


GROWING = """  applies in DE from 2020-01-01

  symbols
    part : part one of A, B-C
    m[part] : amount integer 0 .. 1000
    by : factor integer 1 .. 9
    more[part] : more of it integer

  parameters
    | from       | by |
    | 2020-01-01 | 2  |
    | 2024-01-01 | 3  |

  clauses
    more[part] = by*m[part]

  checks
    examples by part {day}
      | part | m | -> more |
      | B-C  | 2 | 6       |
      | A    | 1 | 3       |
"""


@pytest.mark.parametrize(
    ("day", "asked"),
    [("as of 2024-01-01", ""), ("as of 2023-12-31", "2023-12-31"), ("", "2020-01-01")],
)
def test_a_case_with_a_row_for_each_element_may_name_its_day(day: str, asked: str) -> None:
    text = HEAD.replace("draft\n\n", "draft\n") + GROWING.format(day=day)
    base = with_evidence(check_text("rules/x/some.rule", text, KnowledgeBase({})))
    notes = [note for found in base.diagnostics for note in found.notes if "as of" in note]
    assert {found.code for found in base.diagnostics} == ({"L0715"} if asked else set())
    assert set(notes) == ({f"asked as of {asked}"} if asked else set())


def test_a_rule_with_indices_is_laid_out_and_says_the_same() -> None:
    checks = (
        "\n  checks\n    examples by part\n      | part | m | -> share |\n      | A | 1 | 1 |\n"
    )
    text = HEAD + SHARES.format(parts="A, B-C") + checks
    made = formatted(Source("a.rule", text))
    assert made.refusal == "" and made.unread == 0
    assert "| share[part] | m[part] | size[part] |" in made.text
    one, other = (parse(Source("a.rule", t))[0] for t in (text, made.text))
    assert say_the_same(one, other)
    assert formatted(Source("a.rule", made.text)).text == made.text


def test_slips_are_made_in_what_is_apportioned() -> None:
    text = (Path(__file__).parents[2] / "rules/sociology/houses.rule").read_text("utf-8")
    text = text[text.index("rule parliament") :]
    made = rule_mutants(text)
    became = {(one.was.strip(), one.became.strip()) for one in made}
    assert ("rounding half-way", "rounding down") in became
    assert (">=", ">") in became
    for one in made:
        _, misread = parse(Source("rules/x/some.rule", one.applied(text)))
        assert not misread, one.text


def test_a_line_of_elements_with_one_mistake_is_told_once() -> None:
    body = SHARES.format(parts="A, B, C, D").replace("m[part]/all when", "m[part]/none when")
    _, findings = check([parse(Source("rules/x/some.rule", HEAD + body))[0]])
    assert [found.code for found in findings] == ["L0111"]


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"    x{at}[s] : a [1] 0 .. 1\n" for at in range(3000))
        + "    y : b [1]\n\n  clauses\n    y = x1[1]\n",
        "    x[s] : a [1] 0 .. 1\n    y[s] : b [1]\n\n  clauses\n"
        + "".join(f"    L{at}: y[s] = x[s]*{at} when x[s] > {at}\n" for at in range(1000)),
        "    x[s] : a [1] 0 .. 1\n    y : b [1]\n\n  clauses\n"
        "    y = sum(i in s: sum(j in s: sum(k in s: x[i]*x[j]*x[k])))\n",
    ],
    ids=["declarations", "clauses", "sums"],
)
def test_what_is_too_much_is_told_once_and_soon(body: str) -> None:
    began = time.process_time()
    text = HEAD + "  symbols\n    s : set integer 1 .. 200\n" + body
    _, findings = check([parse(Source("rules/x/some.rule", text))[0]])
    assert [found.code for found in findings] == ["L0119"]
    assert time.process_time() - began < 5
