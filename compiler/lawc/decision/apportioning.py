"""A whole handed out to members in proportion to their votes, exactly.

A divisor method has a signpost d(a) between each whole number a and the next one, and its seats are
those whose quotients votes/d(a) are the largest. They are found from any apportionment of another
whole: one seat after another is given to the largest quotient of a next seat, or taken from the
least quotient of a last one (M. L. Balinski, H. P. Young, Fair Representation, 2nd ed. 2001,
Appendix A). A seat of a signpost of zero comes before all others, by votes. Geometric signposts are
compared by their squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

VOTES, LEAST, OUT, LOTS = range(4)
"""What gave a member its seats: its votes, what each has at least, none since it takes no part,
or lots, which are not drawn here."""

Quotient = tuple[int, Fraction]
"""Votes over a signpost; 1 before it where the signpost is zero."""


@dataclass(frozen=True, slots=True)
class Seats:
    """What was handed out.

    Attributes:
        counts: By member; with lots, without the seats that are drawn for.
        spoke: By member, one of VOTES, LEAST, OUT, LOTS.
        drawn: How many seats lots are drawn for.
    """

    counts: tuple[int, ...]
    spoke: tuple[int, ...]
    drawn: int = 0


class NoSeatsError(Exception):
    """The whole cannot be handed out; the text says why."""


def apportioned(
    whole: int,
    votes: Sequence[Fraction],
    takes: Sequence[bool],
    method: str,
    least: int = 0,
    ties: str = "lots",
) -> Seats | None:
    """Return what each member gets; None where nobody who takes part has a vote.

    Args:
        whole: How much is handed out, not below zero.
        votes: Of each member, not below zero.
        takes: Whether it takes part.
        method: One of METHODS.
        least: What each one that takes part gets at least.
        ties: One of TIES.

    Raises:
        NoSeatsError: What all get at least is more than the whole.
    """
    among = [at for at, part in enumerate(takes) if part]
    voted = [at for at in among if votes[at] > 0]
    if least * len(among) > whole:
        raise NoSeatsError(
            f"{len(among)} members get {least} each at least, and {whole} are handed out"
        )
    if not voted and whole > least * len(among):
        return None
    if method == "remainders":
        counts, first, next_ = _by_remainders(whole, votes, among, voted)
    else:
        counts = _by_divisor(whole, votes, among, voted, method, least)
        quotient = quotients(method)
        first = [at for at in voted if counts[at] > least]
        keys = {at: quotient(votes[at], counts[at] - 1) for at in first}
        lowest = min(keys.values(), default=None)
        first = [at for at in first if keys[at] == lowest]
        next_ = [at for at in voted if quotient(votes[at], counts[at]) == lowest]
    spoke = [OUT] * len(votes)
    for at in among:
        spoke[at] = VOTES if counts[at] > least or not least else LEAST
    if not next_ or not first:
        return Seats(tuple(counts), tuple(spoke))
    return _settled(counts, spoke, first, next_, votes, ties)


def quotients(method: str) -> Callable[[Fraction, int], Quotient]:
    """Return the claim of votes to a further seat beside some; squares of it for `geometric`."""

    def quotient(votes: Fraction, seats: int) -> Quotient:
        match method:
            case "down":
                return 0, votes / (seats + 1)
            case "half-way":
                return 0, votes * 2 / (2 * seats + 1)
        if not seats:
            return 1, votes
        match method:
            case "up":
                return 0, votes / seats
            case "geometric":
                return 0, votes * votes / (seats * (seats + 1))
        return 0, votes * (2 * seats + 1) / (2 * seats * (seats + 1))

    return quotient


def rounded_by(method: str, share: Fraction) -> int:
    """Return a share above zero rounded at the signposts of a method; up at one of them."""
    below = math.floor(share)
    match method:
        case "down":
            return below
        case "half-way":
            return math.floor(share + Fraction(1, 2))
        case "up":
            return math.ceil(share)
        case "geometric":
            return below + (share * share >= below * (below + 1))
    return below + (share * (2 * below + 1) >= 2 * below * (below + 1))


def _by_divisor(
    whole: int,
    votes: Sequence[Fraction],
    among: list[int],
    voted: list[int],
    method: str,
    least: int,
) -> list[int]:
    """Return seats of which no one has a better claim to another's; ties fall as they may."""
    counts = [0] * len(votes)
    for at in among:
        counts[at] = least
    left = whole - least * len(among)
    if not voted or not left:
        return counts
    # Any divisor makes an apportionment of some whole; this one is near, whatever the floor is.
    for divisor in _divisors(whole, votes, among, voted, least):
        for at in voted:
            counts[at] = max(least, rounded_by(method, votes[at] / divisor))
        missing = whole - sum(counts)
        if abs(missing) <= len(voted):
            break
    quotient = quotients(method)
    while (missing := whole - sum(counts)) > 0:
        counts[max(voted, key=lambda at: quotient(votes[at], counts[at]))] += 1
    for _ in range(-missing):
        held = [at for at in voted if counts[at] > least]
        counts[min(held, key=lambda at: quotient(votes[at], counts[at] - 1))] -= 1
    return counts


def _divisors(
    whole: int, votes: Sequence[Fraction], among: list[int], voted: list[int], least: int
) -> list[Fraction]:
    """Return divisors to begin with: votes over seats, without those whom the floor lifts."""
    found: list[Fraction] = []
    free = list(voted)
    while free:
        seats = whole - least * (len(among) - len(free))
        divisor = sum((votes[at] for at in free), Fraction(0)) / seats if seats > 0 else None
        if divisor is None:
            break
        found.append(divisor)
        kept = [at for at in free if votes[at] >= least * divisor]
        if len(kept) == len(free):
            break
        free = kept
    return found[::-1] or [sum((votes[at] for at in voted), Fraction(0)) / whole]


def _by_remainders(
    whole: int, votes: Sequence[Fraction], among: list[int], voted: list[int]
) -> tuple[list[int], list[int], list[int]]:
    """Return seats by largest remainders, and who ties: those given a last seat, and those not."""
    counts = [0] * len(votes)
    total = sum((votes[at] for at in voted), Fraction(0))
    if not total:
        return counts, [], []
    shares = {at: votes[at] * whole / total for at in voted}
    for at, share in shares.items():
        counts[at] = math.floor(share)
    left = whole - sum(counts)
    rest = {at: share - counts[at] for at, share in shares.items()}
    ordered = sorted(voted, key=lambda at: -rest[at])
    given, others = ordered[:left], ordered[left:]
    for at in given:
        counts[at] += 1
    if not given or not others or rest[given[-1]] != rest[others[0]]:
        return counts, [], []
    edge = rest[others[0]]
    return (
        counts,
        [at for at in given if rest[at] == edge],
        [at for at in others if rest[at] == edge],
    )


def _settled(
    counts: list[int],
    spoke: list[int],
    first: list[int],
    others: list[int],
    votes: Sequence[Fraction],
    ties: str,
) -> Seats:
    """Return seats in which those of equal claim are given as the rule says."""
    seats = len(first)
    for at in first:
        counts[at] -= 1
    alike = sorted((*first, *others))
    if ties == "votes":
        alike.sort(key=lambda at: -votes[at])
        edge = votes[alike[seats - 1]]
        if edge != votes[alike[seats]]:
            edge = None
        sure = [at for at in alike[:seats] if votes[at] != edge]
        alike = [] if edge is None else [at for at in alike if votes[at] == edge]
    else:
        sure = alike[:seats] if ties == "order" else []
        alike = [] if ties == "order" else alike
    for at in sure:
        counts[at] += 1
        spoke[at] = VOTES
    for at in alike:
        spoke[at] = LOTS
    return Seats(tuple(counts), tuple(spoke), seats - len(sure) if alike else 0)
