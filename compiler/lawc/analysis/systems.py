"""Laws to one law: the parts of a system beside each other, with what connects them.

A connection is a definition of an input, so the input is one no longer. Everything behind sees an
ordinary law, in which the names of the parts are dotted. A part is trusted where its own law is,
so an input that is connected must stay in its range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lawc.analysis.elaborate import elaborate
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.identities import status_of
from lawc.analysis.parts import (
    LawShelf,
    Parts,
    find_parts,
    inputs_of,
    is_input,
    joined_variables,
    status_findings,
    steady_use,
    within_all,
)
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Comparison, Number, Symbol, derivatives, names
from lawc.knowledge.law import Equation, Law, Quantity, Relation, Validity
from lawc.knowledge.renaming import rename, rename_law
from lawc.syntax.document import Block, ConnectLine
from lawc.syntax.tree import Name, walk

UNCONNECTED = frozenset(("L0106", "L0414", "L0415", "L0606"))
"""Findings after which a system cannot be put together."""


@immutable
class Assembly:
    """What a system is made of.

    Attributes:
        parts: With joined variables under one name.
        apart: The parts as they were before.
        variables: For each joined variable the name that it goes by.
        connections: The lines that give an input its value.
    """

    parts: Parts
    apart: Parts
    variables: dict[str, str]
    connections: Sequence[ConnectLine]


def begin(block: Block, shelf: LawShelf) -> tuple[Assembly, list[Diagnostic]]:
    """Return the parts of a system with their variables joined."""
    apart, findings = find_parts(block, shelf)
    findings += status_findings(block, status_of(block), apart)
    variables, connections, found = joined_variables(block, apart)
    return Assembly(apart.joined(variables), apart, variables, connections), findings + found


def check_connections(assembly: Assembly, scope: Scope) -> list[Diagnostic]:
    """Return a finding for each connection that gives its value to no free input."""
    findings: list[Diagnostic] = []
    first: dict[str, ConnectLine] = {}
    for line in assembly.connections:
        name = line.left.name
        if name in scope.unknown or assembly.parts.is_lost(name):
            continue
        law = assembly.parts.owner(name)
        if law is None or name not in law.quantities:
            findings.append(_no_part(line, scope))
            continue
        earlier = first.setdefault(name, line)
        if earlier is not line:
            findings.append(
                finding(
                    "L0414",
                    f"`{name}` is connected twice",
                    line.place,
                    "again here",
                    others=[(earlier.place, "first here")],
                    help="keep one of the two connections",
                )
            )
        elif not is_input(name, law):
            findings.append(_no_input(line, law))
    if findings:
        return findings
    moving = moving_names(assembly, scope)
    for line in assembly.connections:
        law = assembly.parts.owner(line.left.name)
        if law is None or line.left.name not in moving:
            continue
        steady = steady_use(line.left.name, law)
        if steady is not None:
            findings.append(_moves(line, steady, moving, scope))
    return findings


def moving_names(assembly: Assembly, scope: Scope) -> dict[str, tuple[str, ...]]:
    """Return everything that changes while a system runs, with what it changes with."""
    every = assembly.parts.quantities
    moving: dict[str, tuple[str, ...]] = {}
    for name, depends in scope.depends.items():
        if depends:
            moving[name] = depends
    for variable in {name for depends in moving.values() for name in depends}:
        moving[variable] = (variable,)
    moving.update(
        (name, (target,)) for name, target in assembly.variables.items() if target in moving
    )
    given: dict[str, set[str]] = {}
    for law in assembly.parts.laws.values():
        for equation in law.equations:
            if isinstance(equation.left, Symbol) and not derivatives(equation.right):
                given.setdefault(equation.left.name, set()).update(names(equation.right))
    for line in assembly.connections:
        named = {part.name for part in walk(line.right) if isinstance(part, Name)}
        given.setdefault(line.left.name, set()).update(named)
    for _ in range(len(given)):
        before = len(moving)
        for name, inside in given.items():
            if name not in moving and name in every:
                found = [by for other in sorted(inside) for by in moving.get(other, ())]
                if found:
                    moving[name] = tuple(dict.fromkeys(found))
        if len(moving) == before:
            break
    return moving


def assemble(own: Law, assembly: Assembly, scope: Scope) -> Law:
    """Return a system as one law: its own lines, its connections, and its parts.

    Raises:
        UnreadableError: A connection cannot be read.
    """
    own = rename_law(own, assembly.variables)
    parts = assembly.parts
    laws = list(parts.laws.values())
    equations, conditions = _connected(assembly, scope)
    return replace(
        own,
        sources=_once([*own.sources, *(source for law in laws for source in law.sources)]),
        quantities=_quantities(own, assembly, moving_names(assembly, scope)),
        # The own equations come first, in the order of their lines.
        equations=(*own.equations, *equations, *_equations(parts)),
        constants={**parts.constants, **own.constants},
        conditions=(*own.conditions, *(c for law in laws for c in law.conditions)),
        boundary=(*own.boundary, *(line for law in laws for line in law.boundary)),
        events=(*own.events, *(event for law in laws for event in law.events)),
        region=(*own.region, *(hole for law in laws for hole in law.region)),
        validity=(*own.validity, *conditions, *(v for law in laws for v in law.validity)),
        reactions=(*own.reactions, *(r for law in laws for r in law.reactions)),
        conserved=(*own.conserved, *(kept for law in laws for kept in law.conserved)),
        distributions=(*own.distributions, *(d for law in laws for d in law.distributions)),
        parts={alias: f"{law.identity}@{law.version}" for alias, law in parts.laws.items()},
    )


def _connected(assembly: Assembly, scope: Scope) -> tuple[list[Equation], list[Validity]]:
    """Return the connections as definitions, and that each stays in the range of its input."""
    equations: list[Equation] = []
    conditions: list[Validity] = []
    every = {**assembly.parts.quantities, **scope.quantities}
    for line in assembly.connections:
        name = line.left.name
        right = rename(elaborate(line.right, scope), assembly.variables)
        equations.append(Equation(name, Relation.DEFINITION, Symbol(name), right, line.place))
        # A part whose law has findings of its own gives no quantities.
        quantity = every.get(name)
        if quantity is None or quantity.low is None or quantity.high is None:
            continue
        low, high = quantity.unit.to_si(quantity.low), quantity.unit.to_si(quantity.high)
        if isinstance(right, Symbol) and _lies_within(every.get(right.name), low, high):
            continue
        inside = Comparison(("<=", "<="), (Number(low), Symbol(name), Number(high)))
        conditions.append(Validity(inside, f"`{name}` is in its range", line.place))
    return equations, conditions


def _lies_within(quantity: Quantity | None, low: float, high: float) -> bool:
    if quantity is None or quantity.low is None or quantity.high is None or quantity.depends:
        return False
    unit = quantity.unit
    return low <= unit.to_si(quantity.low) and unit.to_si(quantity.high) <= high


def _quantities(
    own: Law, assembly: Assembly, moving: dict[str, tuple[str, ...]]
) -> dict[str, Quantity]:
    """Return all quantities: joined variables once, inputs that are connected without default."""
    quantities = {**own.quantities}
    for name, quantity in assembly.parts.quantities.items():
        quantities.setdefault(name, quantity)
    for name, target in assembly.variables.items():
        quantities[target] = within_all(quantities[target], [assembly.apart.quantities[name]])
    connected = {line.left.name for line in assembly.connections}
    variables = {by for q in quantities.values() for by in q.depends}
    for name, quantity in quantities.items():
        depends = quantity.depends
        if name in moving and not depends and name not in variables:
            depends = tuple(by for by in moving[name] if by in quantities)
        default = None if name in connected else quantity.default
        quantities[name] = replace(quantity, depends=depends, default=default)
    return quantities


def _equations(parts: Parts) -> list[Equation]:
    """Return the equations of all parts under labels of the system."""
    return [
        replace(e, label=f"{alias}.{e.label}")
        for alias, law in parts.laws.items()
        for e in law.equations
    ]


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _no_part(line: ConnectLine, scope: Scope) -> Diagnostic:
    name = line.left.name
    help = f"write it under `equations`: `{name} := …`"
    if name not in scope.declared:
        help = "write `part.input = expression`"
    return finding(
        "L0414",
        f"`{name}` is no input of a part",
        line.left.place,
        "a connection gives an input of a part its value",
        help=help,
    )


def _no_input(line: ConnectLine, law: Law) -> Diagnostic:
    name = line.left.name
    quantity = law.quantities[name]
    how = "is a state of its part" if quantity.depends else "is worked out by its part"
    inputs = inputs_of(law)
    help = f"its inputs are {listed(quoted(inputs[:8]))}" if inputs else ""
    return finding(
        "L0414",
        f"`{name}` {how}, and cannot be given a value",
        line.left.place,
        help=help,
    )


def _moves(
    line: ConnectLine, steady: Equation, moving: dict[str, tuple[str, ...]], scope: Scope
) -> Diagnostic:
    name = line.left.name
    by = moving[name][0]
    others = [(steady.place, "written for a constant")] if steady.place is not None else []
    return finding(
        "L0414",
        f"`{name}` is a constant of its part, and here it changes with `{by}`",
        line.right.place,
        others=others,
        help=f"use a law in which `{name.partition('.')[2]}` stands in rates of change only",
    )
