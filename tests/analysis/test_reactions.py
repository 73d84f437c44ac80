"""Reactions become equations; what they keep is found; what does not fit is said once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from analysis_texts import checked, law
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.conserved import conserved_sums
from lawc.knowledge.writing import write_claim, write_equation

SYMBOLS = """
t          : time           [s]        0 .. 10
A, B, C    : substances (t) [mol/L]
k          : first order    [1/s]      0.1 .. 1
q          : second order   [L/mol/s]  0.1 .. 1
v          : rate           [mol/L/s]  0.1 .. 1
"""
START = "A = 1 [mol/L] at t = 0 [s]\nB = 0 [mol/L] at t = 0 [s]\nC = 0 [mol/L] at t = 0 [s]"


def reacting(reactions: str, start: str = START, symbols: str = SYMBOLS, **sections: str) -> str:
    used = f"{reactions} {start} t"
    lines = [line for line in symbols.splitlines() if line[:1] not in "kqvs" or line[:1] in used]
    text = law("\n".join(lines), "", reactions=reactions, initial=start, **sections)
    return text.replace("  equations\n\n", "")


changes = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(-3, 3), max_size=4)


@given(st.lists(changes, min_size=1, max_size=6))
def test_each_found_sum_is_kept_by_every_reaction_and_none_is_missing(
    reactions: list[dict[str, int]],
) -> None:
    sums = conserved_sums(reactions, "ABCDEF")
    for kept in sums:
        for reaction in reactions:
            assert sum(w * reaction.get(name, 0) for name, w in kept.weights) == 0
    matrix = [[Fraction(r.get(name, 0)) for r in reactions] for name in "ABCDEF"]
    assert len(sums) == 6 - rank(matrix)
    vectors = [[Fraction(dict(kept.weights).get(name, 0)) for name in "ABCDEF"] for kept in sums]
    assert rank(vectors) == len(sums)


def rank(rows: list[list[Fraction]]) -> int:
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        for row in rows[found + 1 :]:
            share = row[column] / pivot[column]
            row[:] = [a - share * b for a, b in zip(row, pivot, strict=True)]
        found += 1
    return found


def test_an_enzyme_keeps_itself_and_its_substrate() -> None:
    turnover = [{"E": -1, "S": -1, "ES": 1}, {"ES": -1, "E": 1, "P": 1}]
    assert [str(kept) for kept in conserved_sums(turnover, ["E", "S", "ES", "P"])] == [
        "E + ES",
        "S + ES + P",
    ]


def test_mass_action_is_written_out() -> None:
    known = checked(reacting("A + 2 B -> C ; rate k\nC -> A ; rate k")).findings
    assert [found.code for found in known] == ["L0410"]
    text = reacting("r: 2 A <=> B ; rate q, k\nB + C -> C ; rate q\n0 -> C ; rate = v")
    found = checked(text).law
    assert [write_equation(equation) for equation in found.equations] == [
        "balance-of-A: dA/dt = -(2*(q*A^2)) + 2*(k*B)",
        "balance-of-B: dB/dt = q*A^2 - k*B - q*B*C",
        "balance-of-C: dC/dt = v",
    ]
    assert [reaction.label for reaction in found.reactions] == ["r", "reaction-2", "reaction-3"]
    assert found.conserved == ()


def test_a_kept_sum_becomes_a_claim_once() -> None:
    text = reacting("A -> B ; rate k\nB -> C ; rate k")
    assert [write_claim(claim) for claim in checked(text).law.claims] == [
        "always A + B + C is constant"
    ]
    stated = reacting("A -> B ; rate k\nB -> C ; rate k", checks="always C + A + B is constant")
    assert [write_claim(claim) for claim in checked(stated).law.claims] == [
        "always C + A + B is constant"
    ]


def test_a_catalyst_keeps_its_value_and_needs_one() -> None:
    found = checked(reacting("A + C -> B + C ; rate q")).law
    assert write_equation(found.equations[1]) == "balance-of-C: dC/dt = 0"
    missing = checked(reacting("A + C -> B + C ; rate q", "\n".join(START.splitlines()[:2])))
    assert missing.codes == ["L0403"]


def test_a_substance_that_is_not_declared_is_found() -> None:
    found = checked(reacting("A -> B ; rate k\nB -> X ; rate k\nB -> C; rate k"))
    assert found.codes == ["L0111"]


def test_the_unit_of_a_rate_constant_without_one_is_inferred() -> None:
    symbols = SYMBOLS.replace("[L/mol/s]", "")
    found = checked(reacting("2 A -> B ; rate q\nB -> C ; rate k", symbols=symbols))
    assert found.codes == ["L0204"]
    assert "amount" in found.text and "length³" in found.text


@pytest.mark.parametrize(
    ("reactions", "unit"),
    [
        ("0 -> A ; rate k\nA -> B ; rate k\nB -> C ; rate k", "mol/L/s"),
        ("A -> B ; rate q\nB -> C ; rate k", "1/s"),
        ("A + B -> C ; rate v", "L/mol/s"),
        ("A + 2 B -> C ; rate k", "L^2/mol^2/s"),
    ],
)
def test_a_rate_constant_of_the_wrong_unit_is_told_the_right_one(reactions: str, unit: str) -> None:
    found = checked(reacting(reactions))
    assert found.codes == ["L0410"]
    assert f"[{unit}]" in found.findings[0].helps[0]


def test_a_fraction_of_a_molecule_needs_its_whole_rate() -> None:
    assert checked(reacting("0.5 A -> B ; rate k\nB -> C ; rate k")).codes == ["L0411"]
    found = checked(reacting("0.5 A -> B ; rate = v\nB -> C ; rate k"))
    assert [str(kept) for kept in found.law.conserved] == ["2*A + B + C"]


def test_a_hazard_in_a_rate_is_reported_once() -> None:
    symbols = SYMBOLS + "s : share [1] 0 .. 1\n"
    found = checked(reacting("A -> B ; rate k/s\nB -> C ; rate = v*A/(A + B)", symbols=symbols))
    assert found.codes == ["L0302"]
