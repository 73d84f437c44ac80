"""Rules of seats give the houses that were published, with the divisor that fills the house."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruling import Bench

from lawc.knowledge.base import KnowledgeBase

ELECTION = date(2025, 2, 23)
VOTES = {"A": 340000, "B": 280000, "C": 160000, "D": 60000, "E": 35000, "Z": 25000}


@pytest.fixture(scope="session")
def bench(library: KnowledgeBase) -> Bench:
    return Bench(library)


def asked(bench: Bench, rule: str, of: str, votes: Mapping[str, int], **more: object) -> dict:
    """Return the seats of all members, from one call."""
    given = {f"{of}[{name}]": count for name, count in votes.items()}
    found = bench.ask(f"sociology.{rule}", ELECTION, **given, **more)  # type: ignore[arg-type]
    return {name: found[f"seats[{name}]"] for name in votes}


def test_a_whole_house_with_a_hurdle_comes_out_of_one_call(bench: Bench) -> None:
    won = asked(bench, "houses.parliament", "votes", VOTES, house=60, hurdle=Fraction("0.05"))
    assert won == {"A": 24, "B": 20, "C": 12, "D": 4, "E": 0, "Z": 0}
    assert won == house(bench, "sainte-lague", VOTES, 60, "0.05")


@given(
    votes=st.lists(st.integers(0, 10**7), min_size=6, max_size=6),
    seats=st.integers(1, 60),
    hurdle=st.sampled_from(["0", "0.03", "0.05"]),
)
def test_whole_houses_are_those_of_the_highest_quotients(
    bench: Bench, votes: list[int], seats: int, hurdle: str
) -> None:
    all_votes = sum(votes)
    for rule, names, floor_, divisors, more in (
        ("houses.parliament", "ABCDEZ", hurdle, [Fraction(2 * k + 1) for k in range(seats)],
         {"hurdle": Fraction(hurdle)}),
        ("houses.congreso-district", "ABCDEF", "0.03", [Fraction(k + 1) for k in range(seats)],
         {"others": 0}),
    ):  # fmt: skip
        named = dict(zip(names, votes, strict=True))
        among = {n: c for n, c in named.items() if c >= Fraction(floor_) * all_votes and c > 0}
        quotients = sorted(
            (Fraction(c) / d for c in among.values() for d in divisors), reverse=True
        )
        if not among or quotients[seats - 1] == [*quotients, 0][seats]:
            continue
        won = asked(bench, rule, "votes", named, house=seats, **more)
        assert won == {**dict.fromkeys(names, 0), **highest(among, seats, divisors)}


def test_the_bundestag_of_2025_needs_five_per_cent_three_constituencies_or_a_minority(
    bench: Bench,
) -> None:
    votes = {
        "SPD": 8149124, "CDU": 11196374, "GRUENE": 5762380, "FDP": 2148757, "AfD": 10328780,
        "CSU": 2964028, "LINKE": 4356532, "BSW": 2472947, "SSW": 76138,
    }  # fmt: skip

    def seats(others: int = 2194452, **won: int) -> dict[str, object]:
        given = {f"votes[{name}]": count for name, count in votes.items()}
        given |= {f"won[{name}]": won.get(name, 0) for name in votes}
        minority = {f"minority[{name}]": "yes" if name == "SSW" else "no" for name in votes}
        found = bench.ask(
            "sociology.houses.bundestag", ELECTION, others=others, house=630, **given, **minority
        )
        return {name: found[f"seats[{name}]"] for name in votes}

    assert seats() == {
        "SPD": 120, "CDU": 164, "GRUENE": 85, "FDP": 0, "AfD": 152, "CSU": 44, "LINKE": 64,
        "BSW": 0, "SSW": 1,
    }  # fmt: skip
    # BSW lacked 9,529 votes of five per cent of all valid ones.
    assert seats(2194452 - 190571)["BSW"] == 0
    assert seats(2194452 - 190572)["BSW"] != 0
    assert seats(FDP=2)["FDP"] == 0
    assert seats(FDP=3)["FDP"] == 30


def test_the_states_of_2020_get_their_seats_from_one_call(
    bench: Bench, census: dict[str, int]
) -> None:
    seats = asked(bench, "congress.us-house", "population", census, house=435)
    assert seats == apportioned(bench, census)
    short = {**census, "NY": census["NY"] + 88}
    assert asked(bench, "congress.us-house", "population", short, house=435) == seats
    moved = asked(
        bench, "congress.us-house", "population", {**short, "NY": short["NY"] + 1}, house=435
    )
    assert (moved["NY"], moved["MN"]) == (27, 7)
    assert asked(bench, "congress.us-house", "population", census, house=436) == {**seats, "NY": 27}


def house(
    bench: Bench, rule: str, votes: Mapping[str, int], seats: int, hurdle: str
) -> dict[str, int]:
    """Return the seats of each party under the divisor, found by halving, that fills the house."""
    total = sum(votes.values())

    def shared(divisor: Fraction) -> dict[str, int]:
        return {
            name: int(
                bench.ask(
                    f"sociology.seats.{rule}", votes=count, all=total, hurdle=Fraction(hurdle),
                    divisor=divisor,
                )["seats"]
            )
            for name, count in votes.items()
        }  # fmt: skip

    return filled(shared, Fraction(1), Fraction(total), seats)


def filled(
    shared: Callable[[Fraction], dict[str, int]], low: Fraction, high: Fraction, seats: int
) -> dict[str, int]:
    for _ in range(80):
        middle = (low + high) / 2
        found = shared(middle)
        given_out = sum(found.values())
        if given_out == seats:
            return found
        low, high = (middle, high) if given_out > seats else (low, middle)
    raise AssertionError("no divisor fills the house: two quotients are equal")


def highest(votes: Mapping[str, int], seats: int, divisors: list[Fraction]) -> dict[str, int]:
    """The same houses by another route: the largest quotients of all parties, one after another."""
    quotients = sorted(
        (
            (Fraction(count) / divisor, name)
            for name, count in votes.items()
            for divisor in divisors
        ),
        reverse=True,
    )
    won = dict.fromkeys(votes, 0)
    for _, name in quotients[:seats]:
        won[name] += 1
    return won


def test_an_election_with_a_hurdle_gives_the_worked_seats(bench: Bench) -> None:
    won = house(bench, "sainte-lague", VOTES, 60, "0.05")
    assert won == {"A": 24, "B": 20, "C": 12, "D": 4, "E": 0, "Z": 0}
    shares = [count / sum(VOTES.values()) for count in VOTES.values()]
    seats = [count / 60 for count in won.values()]
    assert 1 / sum(v * v for v in shares) == pytest.approx(3.599200178, abs=1e-9)
    assert 1 / sum(s * s for s in seats) == pytest.approx(3.169014085, abs=1e-9)
    squares = sum((100 * (v - s)) ** 2 for v, s in zip(shares, seats, strict=True))
    assert math.sqrt(squares / 2) == pytest.approx(4.339027598, abs=1e-9)


parties = st.lists(st.integers(1000, 10**6), min_size=2, max_size=5, unique=True)


@given(votes=parties, seats=st.integers(5, 60))
def test_divisors_give_the_houses_of_the_highest_quotients(
    bench: Bench, votes: list[int], seats: int
) -> None:
    named = {str(at): count for at, count in enumerate(votes)}
    for rule, divisors in (
        ("sainte-lague", [Fraction(2 * at + 1, 2) for at in range(seats)]),
        ("dhondt", [Fraction(at + 1) for at in range(seats)]),
    ):
        quotients = sorted(
            (Fraction(count) / divisor for count in votes for divisor in divisors), reverse=True
        )
        if quotients[seats - 1] == quotients[seats]:
            continue
        assert house(bench, rule, named, seats, "0") == highest(named, seats, divisors)


def test_the_hurdle_is_a_cliff_of_one_vote(bench: Bench) -> None:
    got = [
        bench.ask(
            "sociology.seats.sainte-lague", votes=votes, all=900000, hurdle=Fraction("0.05"),
            divisor=14000,
        )["seats"]
        for votes in (44999, 45000)
    ]  # fmt: skip
    assert got == [0, 3]


@pytest.fixture(scope="session")
def census(material: Path) -> dict[str, int]:
    path = material / "content/us_apportionment_2020.json"
    return json.loads(path.read_text(encoding="utf-8"))["populations"]


def apportioned(bench: Bench, census: Mapping[str, int], seats: int = 435) -> dict[str, int]:
    def shared(divisor: Fraction) -> dict[str, int]:
        return {
            state: int(
                bench.ask("sociology.seats.equal-proportions", population=people, divisor=divisor)[
                    "seats"
                ]
            )
            for state, people in census.items()
        }

    return filled(shared, Fraction(500_000), Fraction(1_000_000), seats)


def test_the_house_of_2020_is_apportioned_by_equal_proportions(
    bench: Bench, census: dict[str, int]
) -> None:
    seats = apportioned(bench, census)
    assert sum(seats.values()) == 435
    assert {state: seats[state] for state in ("CA", "TX", "NY", "MT")} == {
        "CA": 52,
        "TX": 38,
        "NY": 26,
        "MT": 2,
    }


def test_new_york_was_short_by_89_persons(bench: Bench, census: dict[str, int]) -> None:
    """The last seat went to Minnesota; it would have changed hands with so many more."""

    def next_seat(more: int) -> object:
        return bench.ask(
            "sociology.seats.priority-value", population_a=census["NY"] + more, seats_a=26,
            population_b=census["MN"], seats_b=7,
        )["next"]  # fmt: skip

    assert apportioned(bench, census)["MN"] == 8
    assert next_seat(88) == "B"
    assert next_seat(89) == "A"


def test_one_more_person_in_new_york_than_that_moves_the_seat(
    bench: Bench, census: dict[str, int]
) -> None:
    moved = apportioned(bench, {**census, "NY": census["NY"] + 89})
    assert (moved["NY"], moved["MN"]) == (27, 7)
    kept = apportioned(bench, {**census, "NY": census["NY"] + 88})
    assert (kept["NY"], kept["MN"]) == (26, 8)
