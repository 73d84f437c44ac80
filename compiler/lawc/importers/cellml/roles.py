"""What each quantity of a CellML model is: state, computed, constant, or given by nobody.

The file does not say it; the equations do. A quantity is computed by the equation in which it is
the only one not known yet, and an initial value that an equation contradicts is a first guess.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lawc.importers.cellml.model import Component, Key, Model
from lawc.importers.mathml import Equation
from lawc.syntax.tree import Derivative, Name, Node, walk


@dataclass(slots=True)
class Roles:
    """Roles of quantities, each by the key that stands for it.

    Attributes:
        by: For each state the quantity by which it is derived.
        initial: For states and constants the variable that carries the initial value.
        computed: Quantities that an equation gives.
        guessed: Those of them that have an initial value nevertheless.
        given: Quantities that neither a value nor an equation determines.
        running: Quantities that change with a variable of integration.
    """

    by: dict[Key, Key] = field(default_factory=dict)
    initial: dict[Key, Key] = field(default_factory=dict)
    computed: set[Key] = field(default_factory=set)
    guessed: set[Key] = field(default_factory=set)
    given: set[Key] = field(default_factory=set)
    running: set[Key] = field(default_factory=set)


@dataclass(slots=True)
class _Use:
    """An equation: the quantities in it, those alone on a side, and those that it gives."""

    names: frozenset[Key]
    alone: frozenset[Key]
    rate: Key | None
    gives: set[Key] = field(default_factory=set)


def find_roles(model: Model) -> Roles:
    """Return what each quantity of a model is."""
    roles = Roles()
    uses = [
        _use(component, equation, model.quantity, roles)
        for component in model.components
        for equation in component.equations
    ]
    for key, variable in model.variables():
        if variable.initial:
            roles.initial.setdefault(model.quantity[key], key)
    integration = set(roles.by.values())
    known = {*roles.by, *integration, *roles.initial}
    waiting = _compute(_without_rates(uses), known, roles)
    for use in waiting:
        use.gives = set(use.alone - known)
        known |= use.gives
    waiting = _compute([use for use in waiting if not use.gives], known, roles)
    implicit = {key for use in waiting for key in use.names} - known
    # Equations that only together give their quantities: as many of one as of the other.
    if len(implicit) <= len(waiting):
        for use in waiting:
            use.gives = implicit
        known |= implicit
    roles.computed = {key for use in uses for key in use.gives}
    roles.given = {key for key in model.quantity.values() if key not in known}
    roles.running = _running(uses, roles, integration)
    return roles


def names_of(node: Node) -> Iterator[str]:
    """Yield the names of variables in an expression."""
    for part in walk(node):
        if isinstance(part, Name):
            yield part.name


def _use(
    component: Component, equation: Equation, quantity: Mapping[Key, Key], roles: Roles
) -> _Use:
    def key(name: str) -> Key:
        return quantity.get((component.name, name), (component.name, name))

    sides = (equation.left, equation.right)
    for side in sides:
        for part in walk(side):
            if isinstance(part, Derivative) and isinstance(part.of, Name):
                roles.by[key(part.of.name)] = key(part.by.name)
    rate = next(
        (key(s.of.name) for s in sides if isinstance(s, Derivative) and isinstance(s.of, Name)),
        None,
    )
    return _Use(
        frozenset(key(name) for side in sides for name in names_of(side)),
        frozenset(key(side.name) for side in sides if isinstance(side, Name)),
        rate,
    )


def _without_rates(uses: list[_Use]) -> list[_Use]:
    """Return the equations that do not say how a state changes."""
    said: set[Key] = set()
    rest = []
    for use in uses:
        if use.rate is not None and use.rate not in said:
            said.add(use.rate)
        else:
            rest.append(use)
    return rest


def _compute(uses: list[_Use], known: set[Key], roles: Roles) -> list[_Use]:
    """Take each equation with one quantity not known yet; return those with more."""
    waiting: dict[Key, list[_Use]] = {}
    unknown: dict[int, int] = {}
    ready: deque[_Use] = deque()
    for use in uses:
        missing = use.names - known
        unknown[id(use)] = len(missing)
        for key in missing:
            waiting.setdefault(key, []).append(use)
        if len(missing) < 2:
            ready.append(use)
    taken: set[int] = set()
    while ready:
        use = ready.popleft()
        taken.add(id(use))
        found = next(iter(use.names - known), None) or _guess(use, roles)
        if found is None:
            continue
        use.gives.add(found)
        known.add(found)
        for other in waiting.pop(found, ()):
            unknown[id(other)] -= 1
            if unknown[id(other)] == 1:
                ready.append(other)
    return [use for use in uses if id(use) not in taken]


def _guess(use: _Use, roles: Roles) -> Key | None:
    """Return the quantity whose initial value can only be a guess: the equation gives another."""
    constants = {key for key in use.names if key in roles.initial and key not in roles.by}
    free = sorted((constants & use.alone or constants) - roles.guessed)
    if not free:
        return None
    roles.guessed.add(free[-1])
    del roles.initial[free[-1]]
    return free[-1]


def _running(uses: list[_Use], roles: Roles, integration: set[Key]) -> set[Key]:
    """Return the quantities that change: states, and what is computed from what changes."""
    users: dict[Key, list[_Use]] = {}
    for use in uses:
        for key in use.names - use.gives:
            users.setdefault(key, []).append(use)
    running = {*roles.by, *integration}
    fresh = list(running)
    while fresh:
        for use in users.pop(fresh.pop(), ()):
            fresh += use.gives - running
            running |= use.gives
    return running - integration
