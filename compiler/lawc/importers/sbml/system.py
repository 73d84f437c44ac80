"""A model as equations: states and their rates, what is computed, and what is fixed.

A formula may ask for other moments: how fast a symbol changes, or what it was at the start. Both
are written out, so that what is left speaks of one moment only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lawc.importers.imported import ImportRefusedError
from lawc.importers.mathml import binary, name, number
from lawc.importers.sbml.math import RATE_OF, TIME
from lawc.syntax.tree import Name, Node, rebuild, size, walk

AMOUNT = "amount of "
DENSITY = "concentration of "
LIKE = "#like "
"""What stands before a key, as the unit of a number: it measures what that symbol does."""

MOST = 100_000


@dataclass
class State:
    """What changes at a rate: symbols stand in both expressions, in the first also states."""

    rate: Node
    initial: Node


@dataclass(frozen=True)
class Turn:
    """A reaction that changes species by numbers: what it uses, what it makes, and its rate."""

    id: str
    uses: tuple[tuple[str, str], ...]
    makes: tuple[tuple[str, str], ...]
    rate: Node


@dataclass
class System:
    """A model as equations; keys are ids of the file, and `amount of ID`.

    Attributes:
        constants: Numbers as written; empty where the file has none.
        fixed: What a formula gives once, of constants.
        moving: What a formula gives at all times.
        states: What is given by its rate.
        turns: The reactions, where each changes the states by numbers; they say the same as the
            rates of their species.
        substance: Species whose symbol is an amount.
        inside: The compartment of each species.
    """

    constants: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Node] = field(default_factory=dict)
    moving: dict[str, Node] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    substance: set[str] = field(default_factory=set)
    inside: dict[str, str] = field(default_factory=dict)


def put_rates(result: System) -> None:
    """Put the rate of change of a symbol where a formula asks for it.

    Raises:
        ImportRefusedError: It is not understood, or defined by itself.
    """

    def of(id: str, within: tuple[str, ...]) -> Node:
        if id in within:
            raise ImportRefusedError(f"the rate of change of {id[:40]} is defined by itself")
        if id in result.states:
            return put(result.states[id].rate, (*within, id))
        if id in result.constants or id in result.fixed:
            return number("0")
        amount, place = AMOUNT + id, result.inside.get(id, "")
        if amount in result.moving or id not in result.moving or not place:
            raise ImportRefusedError(f"the rate of change of {id[:40]} is not understood")
        if amount not in {**result.states, **result.constants, **result.fixed}:
            raise ImportRefusedError(f"the rate of change of {id[:40]} is not understood")
        inward = binary("/", of(amount, (*within, id)), name(place))
        growth = binary("/", of(place, (*within, id)), name(place))
        return binary("-", inward, binary("*", name(id), growth))

    def put(node: Node, within: tuple[str, ...] = ()) -> Node:
        def change(part: Node) -> Node | None:
            if isinstance(part, Name) and part.name.startswith(RATE_OF):
                return of(part.name.removeprefix(RATE_OF), within)
            return None

        return _bounded(rebuild(node, change))

    result.moving = {key: put(node) for key, node in result.moving.items()}
    result.states = {
        key: State(put(state.rate), put(state.initial)) for key, state in result.states.items()
    }
    result.fixed = {key: put(node) for key, node in result.fixed.items()}
    result.turns = tuple(Turn(t.id, t.uses, t.makes, put(t.rate)) for t in result.turns)


def put_starts(result: System) -> None:
    """Write what is fixed, and what states start with, by constants alone.

    Raises:
        ImportRefusedError: Something starts with itself.
    """

    def at_start(node: Node, within: tuple[str, ...]) -> Node:
        def change(part: Node) -> Node | None:
            if not isinstance(part, Name):
                return None
            if part.name == TIME:
                return number("0", LIKE + TIME)
            if part.name in within:
                raise ImportRefusedError(f"{part.name[:40]} starts with itself")
            inner = (*within, part.name)
            if part.name in result.states:
                return at_start(result.states[part.name].initial, inner)
            if part.name in result.moving:
                return at_start(result.moving[part.name], inner)
            return None

        return _bounded(rebuild(node, change))

    result.fixed = {key: at_start(node, (key,)) for key, node in result.fixed.items()}
    started = {key: at_start(s.initial, (key,)) for key, s in result.states.items()}
    result.states = {key: State(s.rate, started[key]) for key, s in result.states.items()}


def find_moving(system: System) -> set[str]:
    """Return the keys of all that changes with time."""
    reads = {
        key: {part.name for part in walk(node) if isinstance(part, Name)}
        for key, node in system.moving.items()
    }
    moving = {TIME, *system.states}
    while True:
        more = {key for key, names in reads.items() if key not in moving and names & moving}
        if not more:
            return moving - {TIME}
        moving |= more


def _bounded(node: Node) -> Node:
    if size(node) > MOST:
        raise ImportRefusedError("a formula becomes too large where others are put in")
    return node
