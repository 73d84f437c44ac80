"""Apportionments as instructions on columns: seats are found in floats, and then certified.

Seats are right if they add up to the whole and the least quotient of a last seat is above the
largest of a next one (`apportioning.py`). However they were found, rows in which floats tell this
for certain are done; the others, ties among them, are done exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lawc.decision.apportioning import LEAST, LOTS, OUT, VOTES
from lawc.decision.arrays import EXACTLY, KNOWN, NOTHING, UNSURE, Arrays, Cell
from lawc.decision.columns.formulas import FormulaColumns
from lawc.decision.decision import Apportion
from lawc.decision.kinds import Fixed, Real
from lawc.decision.registers import Operand, Register, Scalar, error_of

NEAR = 1e-13
"""Shares by which quotients differ for certain: each is a few roundings off, of 1.2e-16."""
REFINED = 6
"""How often a divisor is corrected before seats are given and taken one by one."""

Columns = list[Any]


def lower_apportion(made: FormulaColumns, step: Apportion) -> tuple[list[Operand], list[Register]]:
    """Return what each member gets, and the registers of what gave it."""
    whole = made.whole(made.number(made.lower(step.whole)))
    least = made.whole(made.number(made.lower(step.least)))
    votes = [made.real(made.number(made.lower(formula))) for formula in step.by]
    among = [made.condition(made.lower(condition)) for condition in step.among]
    kinds = [kind for kind, _ in votes]
    given: list[Scalar | Fraction] = [whole, least, *(one for _, one in votes), *among]
    registers = [one for one in given if isinstance(one, Register)]
    members = len(votes)

    def run(xp: Arrays, cells: list[Cell]) -> Any:
        like = cells[0][0]
        left = iter(cells[1:])
        columns = [next(left) if isinstance(one, Register) else (one, None) for one in given]
        rows = _Rows(xp, like, columns[:2], columns[2 : 2 + members], columns[2 + members :], kinds)
        return rows.handed_out(step.method), None

    most = whole.kind.high if isinstance(whole, Register) and isinstance(whole.kind, Fixed) else 0
    most = max(most, whole if isinstance(whole, int) else 0)
    kind, spoken = Fixed(Fraction(1), 0, most), Fixed(Fraction(1), -1, LOTS)
    bundle = made.emit(("apportion", id(step)), kind, run, made.like, *registers)

    def picked(at: int) -> Callable[[Arrays, list[Cell]], Cell]:
        return lambda xp, cells: cells[0][0][0][at]

    def spoke(at: int) -> Callable[[Arrays, list[Cell]], Cell]:
        return lambda xp, cells: (cells[0][0][1][at], None)

    seats = [made.emit(("seats", at), kind, picked(at), bundle) for at in range(members)]
    because = [made.emit(("because", at), spoken, spoke(at), bundle) for at in range(members)]
    return list(seats), because


class _Rows:
    """Rows whose whole is handed out; each column of a member is a float."""

    def __init__(
        self,
        xp: Arrays,
        like: Any,
        counts: list[Cell],
        votes: list[Cell],
        among: list[Cell],
        kinds: list[Real],
    ) -> None:
        self.xp = xp
        self.zero = xp.double(xp.full(like, 0))
        self.no = self.zero > 1
        self.bad, self.unsure = self.no, self.no
        self.whole, self.least = (self._number(cell) for cell in counts)
        self.out: Columns = []
        self.takes: Columns = []
        for value, mask in among:
            takes = self.no | bool(value) if isinstance(value, Fraction) else value
            self._masked(mask)
            self.out.append(~takes if mask is None else ~takes & (mask == KNOWN))
            self.takes.append(takes if mask is None else takes & (mask == KNOWN))
        self.votes: Columns = []
        self.errors: Columns = []
        for (value, mask), takes, out, kind in zip(votes, self.takes, self.out, kinds, strict=True):
            self._masked(mask, out)
            column = xp.where(takes, self.zero + value, self.zero)
            error = self.zero + error_of(kind, column)
            self.bad = self.bad | (takes & ((column < 0) | ((column > 0) & (column <= error))))
            known = takes & (column > 0)
            self.votes.append(xp.where(known, column, self.zero))
            self.errors.append(xp.where(known, error, self.zero))
        self.voted = [votes > 0 for votes in self.votes]
        self.floors = [xp.where(takes, self.least, self.zero) for takes in self.takes]

    def _number(self, cell: Cell) -> Any:
        value, mask = cell
        self._masked(mask)
        column = self.zero + (value if isinstance(value, int) else self.xp.double(value))
        self.bad = self.bad | (column < 0)
        return column

    def _masked(self, mask: Any, but: Any = None) -> None:
        """Note rows that are unknown, or to be done exactly; what is not applicable is too."""
        if mask is None:
            return
        other = (mask != KNOWN) if but is None else (mask != KNOWN) & ~but
        self.unsure = self.unsure | (other & (mask == UNSURE))
        self.bad = self.bad | (other & (mask != UNSURE))

    def handed_out(self, method: str) -> tuple[list[Cell], Columns]:
        """Return the seats of each member with their masks, and what gave them."""
        xp = self.xp
        floor = sum(self.floors, self.zero)
        nobody = ~_any(self.voted) & (self.whole > floor) & ~self.unsure
        bad = self.bad | (floor > self.whole)
        open_rows = ~(bad | nobody | self.unsure)
        self.whole = xp.where(open_rows, self.whole, floor)
        if method == "remainders":
            seats, sure = self._by_remainders()
        else:
            seats, sure = self._by_divisor(method)
        bad = bad | (open_rows & ~sure)
        made: list[Cell] = []
        spoke: Columns = []
        for count, least, takes, out in zip(seats, self.floors, self.takes, self.out, strict=True):
            absent = nobody | (self.unsure & ~out)
            value = xp.whole(xp.where(open_rows & sure, count, self.zero))
            mask = None
            if xp.any(absent | bad):
                mask = xp.full(value, KNOWN, small=True)
                mask = xp.where(nobody, xp.full(value, NOTHING, small=True), mask)
                here = self.unsure & ~out
                mask = xp.where(here, xp.full(value, UNSURE, small=True), mask)
                mask = xp.where(bad, xp.full(value, EXACTLY, small=True), mask)
            made.append((value, mask))
            by = xp.where((least > 0) & (count <= least), xp.full(value, LEAST), VOTES)
            by = xp.where(takes, by, xp.full(value, OUT))
            spoke.append(xp.where(absent | bad, xp.full(value, -1), by))
        return made, spoke

    def _by_divisor(self, method: str) -> tuple[Columns, Any]:
        xp, signpost = self.xp, _signposts(method)
        seats = self._near(method)
        for _ in range(2 * len(seats) + 4):
            missing = self.whole - sum(seats, self.zero)
            if not xp.any(missing != 0):
                break
            seats = self._moved(seats, missing, signpost)
        right = self.whole == sum(seats, self.zero)
        last, further = self.zero + float("inf"), self.zero
        held = self.no
        for votes, error, count, least, voted in zip(
            self.votes, self.errors, seats, self.floors, self.voted, strict=True
        ):
            # Seats that the floor gives are nobody's to claim.
            holds = voted & (count > least)
            held = held | holds
            before = (votes - error) / signpost(xp, xp.where(holds, count - 1, self.zero + 1))
            last = xp.where(holds & (before < last), before, last)
            after = (votes + error) / signpost(xp, count)
            further = xp.where(voted & (after > further), after, further)
        return seats, right & ((last > further * (1 + NEAR)) | ~held)

    def _near(self, method: str) -> Columns:
        """Return seats by a divisor that nearly hands out the whole."""
        xp = self.xp
        total = sum(self.votes, self.zero)
        divisor = total / xp.where(self.whole > 0, self.whole, self.zero + 1)
        divisor = xp.where(total > 0, divisor, self.zero + 1)
        seats = self.floors
        for turn in range(REFINED):
            seats = [
                xp.where(voted, xp.larger(_rounded(xp, method, votes / divisor), least), least)
                for votes, voted, least in zip(self.votes, self.voted, self.floors, strict=True)
            ]
            given = sum(seats, self.zero)
            if turn == REFINED - 1 or not xp.any(given != self.whole):
                break
            by = xp.where((given > 0) & (self.whole > 0), given, self.zero + 1)
            by = by / xp.where((given > 0) & (self.whole > 0), self.whole, self.zero + 1)
            divisor = divisor * by
        return seats

    def _moved(
        self, seats: Columns, missing: Any, signpost: Callable[[Arrays, Any], Any]
    ) -> Columns:
        """Give a seat where one is missing to the largest quotient, or take one from the least."""
        xp = self.xp
        more, less = missing > 0, missing < 0
        best, least_ = self.zero - 1, self.zero + float("inf")
        to, frm = self.zero - 1, self.zero - 1
        for at, (votes, count, least, voted) in enumerate(
            zip(self.votes, seats, self.floors, self.voted, strict=True)
        ):
            after = votes / signpost(xp, count)
            # Seats of a signpost of zero come before all others, by votes.
            after = xp.where(after == float("inf"), 1e300 + votes * 1e280, after)
            better = voted & (after > best)
            best, to = xp.where(better, after, best), xp.where(better, self.zero + at, to)
            holds = voted & (count > least)
            before = votes / signpost(xp, xp.where(holds, count - 1, self.zero + 1))
            before = xp.where(before == float("inf"), 1e300 + votes * 1e280, before)
            worse = holds & (before < least_)
            least_, frm = xp.where(worse, before, least_), xp.where(worse, self.zero + at, frm)
        return [
            count + xp.double(xp.whole(more & (to == at))) - xp.double(xp.whole(less & (frm == at)))
            for at, count in enumerate(seats)
        ]

    def _by_remainders(self) -> tuple[Columns, Any]:
        xp = self.xp
        total = sum(self.votes, self.zero)
        total = xp.where(total > 0, total, self.zero + 1)
        shares = [votes * self.whole / total for votes in self.votes]
        off = sum(self.errors, self.zero) / total + NEAR
        seats = [xp.call("floor", share) for share in shares]
        rest = [share - count for share, count in zip(shares, seats, strict=True)]
        error = (self.whole + 1) * off
        sure = ~self.no
        for share in shares:
            sure = sure & (abs(share - xp.call("rint", share)) > error) | (sure & (share == 0))
        given = [self.no] * len(rest)
        lowest, highest = self.zero + 2, self.zero - 1
        for _ in range(len(rest)):
            missing = self.whole > sum(seats, self.zero)
            if not xp.any(missing):
                break
            best, to = self.zero - 1, self.zero - 1
            for at, (one, voted) in enumerate(zip(rest, self.voted, strict=True)):
                better = voted & ~given[at] & (one > best)
                best, to = xp.where(better, one, best), xp.where(better, self.zero + at, to)
            here = [missing & (to == at) for at in range(len(rest))]
            seats = [c + xp.double(xp.whole(h)) for c, h in zip(seats, here, strict=True)]
            given = [g | h for g, h in zip(given, here, strict=True)]
        for one, voted, got in zip(rest, self.voted, given, strict=True):
            lowest = xp.where(got & (one < lowest), one, lowest)
            highest = xp.where(voted & ~got & (one > highest), one, highest)
        right = self.whole == sum(seats, self.zero)
        return seats, right & sure & (lowest > highest + 2 * error)


def _any(columns: Columns) -> Any:
    found = columns[0]
    for column in columns[1:]:
        found = found | column
    return found


def _rounded(xp: Arrays, method: str, share: Any) -> Any:
    """Return shares rounded at the signposts of a method, but for the error of floats."""
    if method == "half-way":
        return xp.call("rint", share)
    below = xp.call("floor", share)
    match method:
        case "down":
            return below
        case "up":
            return below + xp.double(xp.whole(share > below))
        case "geometric":
            up = share * share >= below * (below + 1)
        case _:
            up = share * (2 * below + 1) >= 2 * below * (below + 1)
    return below + xp.double(xp.whole(up))


def _signposts(method: str) -> Callable[[Arrays, Any], Any]:
    """Return what a quotient is divided by, for a float of seats that are there."""
    match method:
        case "down":
            return lambda xp, seats: seats + 1
        case "half-way":
            return lambda xp, seats: seats + 0.5
        case "up":
            return lambda xp, seats: seats
        case "geometric":
            return lambda xp, seats: xp.call("sqrt", seats * (seats + 1))
    return lambda xp, seats: 2 * seats * (seats + 1) / (2 * seats + 1)
