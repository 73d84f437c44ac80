"""Which equation determines which quantity: a matching, and what is left over.

The unknowns are the functions of a law, `x (t)`; parameters are inputs, whichever of them a
signature will ask for. A quantity that no matching can serve is determined by nothing; an equation
that no matching can use fixes something twice. The parts of Dulmage and Mendelsohn, what can be
reached from the left over one by alternating paths, name everything that is concerned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lawc.analysis.contents import Contents
from lawc.analysis.findings import finding, listed, quoted
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.knowledge.expression import Symbol, derivatives
from lawc.knowledge.law import Equation, Law, Relation

Incidence = Sequence[tuple[str, ...]]
"""For each equation its unknowns, the likeliest to be determined by it first."""


def check_structure(law: Law, contents: Sequence[Contents]) -> list[Diagnostic]:
    """Return a finding for each quantity that nothing determines, or that is fixed twice."""
    findings = _defined_twice(law)
    if findings:
        return findings
    variables = {name for q in law.quantities.values() for name in q.depends}
    unknowns = [q.name for q in law.quantities.values() if q.depends and q.name not in variables]
    alone = {content.alone for content in contents} - {""}
    if len(alone) < len(contents) or not alone <= law.quantities.keys():
        every = frozenset(law.quantities) - variables
        surplus = _surplus(law, [_preferred(content, every) for content in contents])
        if surplus:
            return surplus
    if not unknowns:
        return []
    incidence = [_preferred(content, frozenset(unknowns)) for content in contents]
    matched = match(incidence)
    served = {name: number for number, name in matched.items()}
    free = [name for name in unknowns if name not in served]
    if free:
        return [_undetermined(law, name, incidence, served) for name in free]
    unused = [n for n, content in enumerate(incidence) if content and n not in matched]
    return [_fixed_twice(law, number, incidence, served) for number in unused[:1]]


def match(incidence: Incidence) -> dict[int, str]:
    """Return a largest matching of equations to unknowns, by augmenting paths."""
    served: dict[str, int] = {}
    # An equation with few unknowns has little choice, so it chooses first.
    for number in sorted(range(len(incidence)), key=lambda n: len(incidence[n])):
        _augment(number, incidence, served)
    return {number: unknown for unknown, number in served.items()}


def _augment(start: int, incidence: Incidence, served: dict[str, int]) -> None:
    """Give an equation an unknown, along the shortest chain of equations that change theirs."""
    came: dict[str, int] = {}
    queue = [start]
    for equation in queue:
        for unknown in incidence[equation]:
            if unknown in came:
                continue
            came[unknown] = equation
            if unknown in served:
                queue.append(served[unknown])
                continue
            own = {number: name for name, number in served.items()}
            while True:
                taker = came[unknown]
                served[unknown] = taker
                if taker == start:
                    return
                unknown = own[taker]


def competing_equations(
    number: int, incidence: Incidence, served: Mapping[str, int]
) -> tuple[list[int], list[str]]:
    """Return the equations that share too few unknowns with a surplus one, and these unknowns."""
    equations, unknowns = [number], []
    for equation in equations:
        for unknown in incidence[equation]:
            if unknown not in unknowns:
                unknowns.append(unknown)
                if served.get(unknown, equation) not in equations:
                    equations.append(served[unknown])
    return equations, unknowns


def sharing_unknowns(name: str, incidence: Incidence, served: Mapping[str, int]) -> list[str]:
    """Return the unknowns that compete with a free one for too few equations."""
    unknowns = [name]
    for unknown in unknowns:
        for number, content in enumerate(incidence):
            if unknown in content:
                other = next((u for u, n in served.items() if n == number), None)
                if other is not None and other not in unknowns:
                    unknowns.append(other)
    return unknowns


def _preferred(content: Contents, kept: frozenset[str]) -> tuple[str, ...]:
    """Return the names in an equation: what it is solved for as a rule, then the others."""
    found = [name for name in content.names if name in kept]
    if len(found) > 1:
        orders = {node.quantity: node.order for node in content.derivatives}
        found.sort(key=lambda name: (name != content.alone, -orders.get(name, 0), name))
    return tuple(found)


def _defined_twice(law: Law) -> list[Diagnostic]:
    first: dict[str, Equation] = {}
    findings = []
    for equation in law.equations:
        if equation.relation is not Relation.DEFINITION or not isinstance(equation.left, Symbol):
            continue
        name = equation.left.name
        earlier = first.setdefault(name, equation)
        if earlier is not equation:
            findings.append(
                finding(
                    "L0402",
                    f"`{name}` is defined twice",
                    _place(equation),
                    "again here",
                    others=[(_place(earlier), "first here")],
                    help="keep one definition, or write the other with `=` as a law",
                )
            )
    return findings


def _surplus(law: Law, incidence: Incidence) -> list[Diagnostic]:
    """Return a finding where equations outnumber all quantities in them, inputs included."""
    matched = match(incidence)
    served = {name: number for number, name in matched.items()}
    for number in range(len(incidence)):
        if number not in matched:
            return [_fixed_twice(law, number, incidence, served)]
    return []


def _undetermined(
    law: Law, name: str, incidence: Incidence, served: Mapping[str, int]
) -> Diagnostic:
    quantity = law.quantities[name]
    place = quantity.place or law.place
    assert place is not None
    sharing = sharing_unknowns(name, incidence, served)
    if len(sharing) == 1:
        note = f"no equation contains `{name}`"
    else:
        used = [law.equations[served[u]].label for u in sharing if u in served]
        count = "one equation" if len(used) == 1 else f"{len(used)} equations"
        note = (
            f"{listed(quoted(sharing))} are {len(sharing)} functions, and only {count} "
            f"({listed(quoted(used))}) {'speaks' if len(used) == 1 else 'speak'} of them"
        )
    depends = ", ".join(quantity.depends)
    return finding(
        "L0401",
        f"nothing determines `{name}`",
        place,
        f"a function of `{depends}` needs an equation",
        note=note,
        help=f"add an equation for `{name}`, or remove `({depends})` if it is an input that does "
        "not change",
    )


def _fixed_twice(
    law: Law, number: int, incidence: Incidence, served: Mapping[str, int]
) -> Diagnostic:
    equations, unknowns = competing_equations(number, incidence, served)
    surplus = law.equations[number]
    others = [law.equations[n] for n in equations if n != number]
    labels = quoted(law.equations[n].label for n in sorted(equations))
    if not unknowns:
        return finding(
            "L0402",
            "this equation contains no quantity",
            _place(surplus),
            help="remove it",
        )
    if len(unknowns) == 1:
        headline = f"`{unknowns[0]}` is determined twice"
    else:
        headline = f"{listed(quoted(unknowns))} are determined more than once"
    lone = surplus.left.name if isinstance(surplus.left, Symbol) else ""
    if lone and lone not in unknowns:
        quantity = law.quantities.get(lone)
        variable = next((d for u in unknowns for d in law.quantities[u].depends), "t")
        if quantity is not None:
            return finding(
                "L0402",
                headline,
                _place(surplus),
                f"`{lone}` is declared as a constant of the motion",
                others=[(_place(e), "") for e in others[:2]],
                note=f"{listed(labels)} are {len(labels)} equations for "
                f"{len(unknowns)} {'function' if len(unknowns) == 1 else 'functions'}",
                help=f"declare `{lone} : … ({variable})` if it changes with `{variable}`",
            )
    noun = "quantity" if len(unknowns) == 1 else "quantities"
    help_ = "remove the equation that follows from the others, or that contradicts them"
    if lone and any(derivatives(side) for e in others for side in (e.left, e.right)):
        help_ = f"keep one; a solution is a claim: `always {lone} = …` under `checks`"
    return finding(
        "L0402",
        headline,
        _place(surplus),
        "one equation too many",
        others=[(_place(e), "") for e in others[:2]],
        note=f"{listed(labels)} are {len(labels)} equations for {len(unknowns)} {noun}",
        help=help_,
    )


def _place(equation: Equation) -> Place:
    assert equation.place is not None
    return equation.place
