"""Read tokens with the LALR table that Lark makes from grammar.lark.

Lark builds the table (`grammar.py`); the loop that follows it is ours, because it must keep the
range of text of every part and is some five times faster than making a token object for each sign.
The table is read once per process, at the first line that is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from lawc.diagnostics.immutable import immutable
from lawc.syntax.building import BUILDERS, Builder
from lawc.syntax.derivatives import Token
from lawc.syntax.grammar import END, plain_table

FORMS = (
    "equation", "initial", "boundary", "region", "valid", "example", "always", "declaration",
    "constant", "cell",
)  # fmt: skip

Reduction = tuple[int, str, Builder | None]


@dataclass(frozen=True)
class Table:
    """What to do in each state for each kind of token.

    Attributes:
        moves: For a state and a token, the next state, or the reduction to make.
        follow: For a state and what was recognised, the next state.
        starts: First state of each form.
        ends: Last state of each form.
        jumps: Reductions of single parts that make no node, found so far, taken at once.
    """

    moves: tuple[dict[str, int | Reduction], ...]
    follow: tuple[dict[str, int], ...]
    starts: dict[str, int]
    ends: dict[str, int]
    jumps: dict[tuple[int, int, str], int]

    def expected(self, state: int) -> frozenset[str]:
        """Return the tokens that a state has a move for."""
        return frozenset(self.moves[state])

    def accepted(self, states: Sequence[int]) -> frozenset[str]:
        """Return the tokens that reading can go on with, given all states passed.

        They are fewer than expected, since the table shares states among kinds of lines.
        """
        return frozenset(kind for kind in self.moves[states[-1]] if self.take(kind, [*states]))

    def take(self, kind: str, states: list[int]) -> bool:
        """Make the reductions that a token asks for and take it; return whether it can be taken."""
        while True:
            move = self.moves[states[-1]].get(kind)
            if not isinstance(move, tuple):
                if move is not None:
                    states.append(move)
                return move is not None
            del states[len(states) - move[0] :]
            states.append(self.follow[states[-1]][move[1]])
            if kind == END and states[-1] in self.ends.values():
                return True


@immutable
class Stop:
    """Where reading stopped.

    Attributes:
        index: Position of the first token that cannot stand there; the number of tokens where
            the line ended too early.
        states: The states in front of it, the current one last; those behind all that the end
            of the line completes, where it ended too early.
    """

    index: int
    states: tuple[int, ...]


@cache
def table() -> Table:
    """Return the table of the grammar."""
    plain = plain_table(FORMS)
    # Equal reductions are one object, as they are one rule.
    reductions: dict[tuple[int, str, str | None], Reduction] = {}
    moves: list[dict[str, int | Reduction]] = []
    for line in plain["moves"]:
        row: dict[str, int | Reduction] = {}
        for kind, move in line.items():
            if isinstance(move, list):
                size, origin, alias = move
                builder = BUILDERS[alias] if alias else None
                move = reductions.setdefault((size, origin, alias), (size, origin, builder))
            row[kind] = move
        moves.append(row)
    return Table(tuple(moves), tuple(plain["follow"]), plain["starts"], plain["ends"], {})


def read(form: str, tokens: Sequence[Token], path: str, end: int) -> Any:
    """Return what the tokens mean as a line of a form, or the Stop where they mean nothing.

    Args:
        form: One of FORMS.
        tokens: From `tokenize`.
        path: The source's path, for places.
        end: Offset behind the last token.
    """
    rules = table()
    moves, follow, jumps = rules.moves, rules.follow, rules.jumps
    goal = rules.ends[form]
    state = rules.starts[form]
    states = [state]
    values: list[Any] = []
    starts: list[int] = []
    # A part ends where the last token taken ends; a part of nothing stands there too.
    behind = tokens[0][2] if tokens else end
    for kind, value, first, last in (*tokens, (END, None, end, end)):
        while True:
            move = moves[state].get(kind)
            if isinstance(move, int):
                state = move
                states.append(state)
                values.append(value)
                starts.append(first)
                behind = last
                break
            if move is None:
                if kind == END:
                    return Stop(len(tokens), tuple(states))
                return _stop(rules, form, tokens, first)
            size, origin, build = move
            if build is None:
                jump = (states[-2], state, kind)
                landing = jumps.get(jump)
                if landing is None:
                    landing = jumps[jump] = _landing(rules, *jump)
                states[-1] = state = landing
                continue
            if size == 1:
                values[-1] = build(path, values[-1:], starts[-1], behind)
                state = states[-1] = follow[states[-2]][origin]
            elif size:
                begin = starts[-size]
                part = build(path, values[-size:], begin, behind)
                del states[-size:], values[-size:], starts[-size:]
                values.append(part)
                starts.append(begin)
                state = follow[states[-1]][origin]
                states.append(state)
            else:
                values.append(build(path, [], behind, behind))
                starts.append(behind)
                state = follow[state][origin]
                states.append(state)
            if state == goal and kind == END:
                return values[-1]
    raise AssertionError("the end of a line is always a move")


def _stop(rules: Table, form: str, tokens: Sequence[Token], start: int) -> Stop:
    """Return where reading stopped, with the states before the last token was looked at.

    A token that cannot stand somewhere may still end parts before it, since kinds of lines share
    states; what belonged there is known only without it.
    """
    index = next(at for at, token in enumerate(tokens) if token[2] == start)
    states = [rules.starts[form]]
    for token in tokens[:index]:
        rules.take(token[0], states)
    return Stop(index, tuple(states))


def _landing(rules: Table, below: int, state: int, kind: str) -> int:
    """Follow reductions that only rename a part, from `sum` over `value` to `argument`."""
    move = rules.moves[state].get(kind)
    while isinstance(move, tuple) and move[2] is None:
        state = rules.follow[below][move[1]]
        move = rules.moves[state].get(kind)
    return state
