"""Seats are those of the definition of a divisor method, and of its theorems."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lawc.decision.apportioning import LEAST, LOTS, OUT, VOTES, NoSeatsError, Seats, apportioned

DIVISORS = ("down", "half-way", "up", "geometric", "harmonic")
methods = st.sampled_from(DIVISORS)
small = st.lists(st.integers(0, 12).map(Fraction), min_size=1, max_size=4)
large = st.lists(st.integers(0, 10**8).map(Fraction), min_size=1, max_size=9)


def claim(method: str, votes: Fraction, seats: int) -> tuple[int, Fraction]:
    """The claim to a seat beside some, from the mean of two whole numbers; squares of it."""
    below, above = Fraction(seats), Fraction(seats + 1)
    square = {
        "down": above**2,
        "half-way": ((below + above) / 2) ** 2,
        "up": below**2,
        "geometric": below * above,
        "harmonic": (2 * below * above / (below + above)) ** 2,
    }[method]
    return (1, votes**2) if square == 0 else (0, votes**2 / square)


def houses(method: str, votes: list[Fraction], whole: int, least: int) -> list[tuple[int, ...]]:
    """All seats of which nobody has a better claim to another's last one, of all that there are."""
    found = []
    for seats in product(range(least, whole + 1), repeat=len(votes)):
        if sum(seats) != whole:
            continue
        if any(a > least and v == 0 for a, v in zip(seats, votes, strict=True)):
            continue
        last = [claim(method, v, a - 1) for v, a in zip(votes, seats, strict=True) if a > least]
        next_ = [claim(method, v, a) for v, a in zip(votes, seats, strict=True) if v > 0]
        if not last or not next_ or min(last) >= max(next_):
            found.append(seats)
    return found


def taken(found: Seats | None) -> Seats:
    assert found is not None
    return found


@given(method=methods, votes=small, whole=st.integers(0, 8), least=st.integers(0, 2))
def test_seats_are_all_those_to_which_nobody_has_a_better_claim(
    method: str, votes: list[Fraction], whole: int, least: int
) -> None:
    takes = [True] * len(votes)
    if least * len(votes) > whole:
        with pytest.raises(NoSeatsError):
            apportioned(whole, votes, takes, method, least)
        return
    found = apportioned(whole, votes, takes, method, least)
    right = houses(method, votes, whole, least)
    if found is None:
        assert not right
        return
    for at, (count, spoke) in enumerate(zip(found.counts, found.spoke, strict=True)):
        of = {seats[at] for seats in right}
        assert of == ({count, count + 1} if spoke == LOTS else {count})
    assert sum(found.counts) + found.drawn == whole


def one_after_another(
    method: str, votes: list[Fraction], whole: int, least: int
) -> list[int] | None:
    """Seats handed out one by one to the best claim; None where two are equal at the end."""
    seats = [least] * len(votes)
    for _ in range(whole - least * len(votes)):
        claims = [claim(method, v, a) for v, a in zip(votes, seats, strict=True)]
        seats[claims.index(max(claims))] += 1
    last = [claim(method, v, a - 1) for v, a in zip(votes, seats, strict=True) if a > least]
    next_ = [claim(method, v, a) for v, a in zip(votes, seats, strict=True)]
    return None if last and min(last) == max(next_) else seats


@given(method=methods, votes=large, whole=st.integers(0, 400), least=st.integers(0, 5))
def test_seats_are_those_handed_out_one_after_another(
    method: str, votes: list[Fraction], whole: int, least: int
) -> None:
    assume(all(votes) and least * len(votes) <= whole)
    expected = one_after_another(method, votes, whole, least)
    assume(expected is not None)
    found = taken(apportioned(whole, votes, [True] * len(votes), method, least))
    assert list(found.counts) == expected


@given(votes=large, whole=st.integers(1, 2000), method=st.sampled_from(("down", "half-way")))
def test_a_divisor_gives_the_seats(votes: list[Fraction], whole: int, method: str) -> None:
    assume(any(votes))
    found = taken(apportioned(whole, votes, [True] * len(votes), method))
    assume(LOTS not in found.spoke)
    up = Fraction(0) if method == "down" else Fraction(1, 2)
    low, high = Fraction(1, 10**9), sum(votes) * 4
    seats: list[int] = []
    for _ in range(400):
        divisor = (low + high) / 2
        seats = [floor(v / divisor + up) for v in votes]
        if sum(seats) == whole:
            break
        low, high = (divisor, high) if sum(seats) > whole else (low, divisor)
    assert tuple(seats) == found.counts


@given(method=methods, votes=large, whole=st.integers(0, 300), least=st.integers(0, 3))
def test_no_member_loses_a_seat_when_the_whole_grows(
    method: str, votes: list[Fraction], whole: int, least: int
) -> None:
    assume(any(votes) and least * len(votes) <= whole)
    takes = [True] * len(votes)
    one = taken(apportioned(whole, votes, takes, method, least))
    more = taken(apportioned(whole + 1, votes, takes, method, least))
    for at in range(len(votes)):
        if LOTS not in (one.spoke[at], more.spoke[at]):
            assert one.counts[at] <= more.counts[at]


@given(
    method=methods, votes=large, whole=st.integers(0, 300), least=st.integers(0, 3),
    more=st.integers(1, 10**7), data=st.data(),
)  # fmt: skip
def test_votes_gained_cost_their_member_no_seat_and_give_another_none(
    method: str,
    votes: list[Fraction],
    whole: int,
    least: int,
    more: int,
    data: st.DataObject,
) -> None:
    assume(any(votes) and least * len(votes) <= whole)
    takes = [True] * len(votes)
    at = data.draw(st.integers(0, len(votes) - 1))
    gained = [v + more if i == at else v for i, v in enumerate(votes)]
    one = taken(apportioned(whole, votes, takes, method, least))
    other = taken(apportioned(whole, gained, takes, method, least))
    for i in range(len(votes)):
        if LOTS not in (one.spoke[i], other.spoke[i]):
            difference = other.counts[i] - one.counts[i]
            assert difference >= 0 if i == at else difference <= 0


@given(
    method=st.sampled_from((*DIVISORS, "remainders")), votes=large, whole=st.integers(0, 300),
    by=st.fractions(Fraction(1, 1000), 1000),
)  # fmt: skip
def test_seats_are_the_same_in_any_unit_of_votes(
    method: str, votes: list[Fraction], whole: int, by: Fraction
) -> None:
    takes = [True] * len(votes)
    assert apportioned(whole, votes, takes, method) == apportioned(
        whole, [v * by for v in votes], takes, method
    )


@given(votes=small, whole=st.integers(0, 12))
def test_largest_remainders_round_quotas_and_leave_out_the_least(
    votes: list[Fraction], whole: int
) -> None:
    assume(any(votes))
    found = taken(apportioned(whole, votes, [True] * len(votes), "remainders"))
    quotas = [v * whole / sum(votes) for v in votes]
    assert sum(found.counts) + found.drawn == whole
    rests = [q - floor(q) for q in quotas]
    up = [q for q in rests if q]
    for quota, rest, count, spoke in zip(quotas, rests, found.counts, found.spoke, strict=True):
        assert count in (floor(quota), floor(quota) + 1)
        better = sum(r > rest for r in rests)
        alike = sum(r == rest for r in rests)
        left = whole - sum(map(floor, quotas))
        if spoke == LOTS:
            assert better < left < better + alike and count == floor(quota) and up
        else:
            assert (count > floor(quota)) == (better + alike <= left)


@given(votes=large, whole=st.integers(0, 200), method=methods, data=st.data())
def test_who_takes_no_part_gets_nothing_and_changes_nothing(
    votes: list[Fraction], whole: int, method: str, data: st.DataObject
) -> None:
    takes = data.draw(st.lists(st.booleans(), min_size=len(votes), max_size=len(votes)))
    found = apportioned(whole, votes, takes, method)
    among = [v for v, part in zip(votes, takes, strict=True) if part]
    alone = apportioned(whole, among, [True] * len(among), method)
    if found is None or alone is None:
        assert found is alone
        return
    assert tuple(c for c, part in zip(found.counts, takes, strict=True) if part) == alone.counts
    for count, spoke, part in zip(found.counts, found.spoke, takes, strict=True):
        assert part or (count == 0 and spoke == OUT)


@given(
    method=methods, votes=small, whole=st.integers(0, 8), ties=st.sampled_from(("votes", "order"))
)
def test_a_tie_is_broken_as_the_rule_says(
    method: str, votes: list[Fraction], whole: int, ties: str
) -> None:
    takes = [True] * len(votes)
    found = apportioned(whole, votes, takes, method, 0, ties)
    lots = apportioned(whole, votes, takes, method)
    if found is None or lots is None:
        assert found is lots
        return
    tied = [at for at, spoke in enumerate(lots.spoke) if spoke == LOTS]
    got = [at for at in tied if found.counts[at] > lots.counts[at]]
    drawn = [at for at in tied if found.spoke[at] == LOTS]
    assert len(got) + found.drawn == lots.drawn
    assert all(found.counts[at] == lots.counts[at] for at in range(len(votes)) if at not in tied)
    if ties == "order":
        assert got == tied[: lots.drawn] and not drawn
    for at in got:
        lost = [votes[i] for i in tied if i not in got and i not in drawn]
        assert all(votes[at] > v for v in lost if v != votes[at]) or ties == "order"
    assert len({votes[at] for at in drawn}) <= 1


def test_what_gave_a_seat_is_told() -> None:
    votes = [Fraction(v) for v in (100, 1, 5)]
    found = taken(apportioned(10, votes, [True, True, False], "half-way", 2))
    assert found == Seats((8, 2, 0), (VOTES, LEAST, OUT))
