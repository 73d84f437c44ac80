"""A law under other names: what makes it a part of a larger one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lawc.knowledge.expression import (
    Derivative,
    Expression,
    Integral,
    MixedDerivative,
    Symbol,
    rebuild,
)
from lawc.knowledge.law import Boundary, Claim, Condition, Equation, Hole, Law, Quantity, Validity
from lawc.knowledge.reactions import ConservedSum, Counts, Reaction


def rename(expression: Expression, names: Mapping[str, str]) -> Expression:
    """Return an expression in which names are replaced, also those under a derivative."""

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Symbol):
            return Symbol(names.get(node.name, node.name))
        if isinstance(node, Derivative):
            of, by = names.get(node.quantity, node.quantity), names.get(node.by, node.by)
            return Derivative(of, by, node.order)
        if isinstance(node, MixedDerivative):
            orders = tuple((names.get(by, by), order) for by, order in node.orders)
            return MixedDerivative(names.get(node.quantity, node.quantity), orders)
        if isinstance(node, Integral):
            ends = rename(node.low, names), rename(node.high, names)
            return Integral(rename(node.of, names), names.get(node.by, node.by), *ends)
        return None

    return rebuild(expression, change)


def rename_law(law: Law, names: Mapping[str, str]) -> Law:
    """Return a law in which quantities and constants have other names."""

    def of(expression: Expression) -> Expression:
        return rename(expression, names)

    def named(name: str) -> str:
        return names.get(name, name)

    return replace(
        law,
        quantities={named(q.name): rename_quantity(q, names) for q in law.quantities.values()},
        constants={named(name): constant for name, constant in law.constants.items()},
        equations=tuple(_equation(equation, names) for equation in law.equations),
        conditions=tuple(
            Condition(named(c.quantity), c.order, of(c.value), named(c.variable), of(c.at), c.place)
            for c in law.conditions
        ),
        boundary=tuple(_boundary(line, names) for line in law.boundary),
        events=tuple(
            replace(
                e,
                condition=of(e.condition),
                changes=tuple(
                    replace(c, quantity=named(c.quantity), value=of(c.value)) for c in e.changes
                ),
            )
            for e in law.events
        ),
        region=tuple(_hole(hole, names) for hole in law.region),
        validity=tuple(Validity(of(v.condition), v.words, v.place) for v in law.validity),
        examples=tuple(
            replace(
                e,
                quantity=named(e.quantity),
                given={named(name): value for name, value in e.given.items()},
            )
            for e in law.examples
        ),
        claims=tuple(_claim(claim, names) for claim in law.claims),
        reactions=tuple(
            Reaction(
                r.label,
                _counts(r.consumed, names),
                _counts(r.produced, names),
                of(r.rate),
                of(r.back) if r.back is not None else None,
                r.reversible,
                r.place,
            )
            for r in law.reactions
        ),
        conserved=tuple(
            ConservedSum(tuple((named(name), weight) for name, weight in kept.weights))
            for kept in law.conserved
        ),
        distributions=tuple(
            replace(d, quantity=named(d.quantity), parameters=tuple(of(p) for p in d.parameters))
            for d in law.distributions
        ),
    )


def as_part(law: Law, name: str) -> Law:
    """Return a law whose names stand behind that of a part: `pk.CL`.

    Its examples and claims stay behind: they speak of the law alone, with inputs of their own.
    """
    names = {own: f"{name}.{own}" for own in (*law.quantities, *law.constants)}
    return replace(rename_law(law, names), examples=(), claims=())


def rename_quantity(quantity: Quantity, names: Mapping[str, str]) -> Quantity:
    """Return a quantity under its new name, a function of what is called anew."""
    depends = tuple(dict.fromkeys(names.get(name, name) for name in quantity.depends))
    return replace(quantity, name=names.get(quantity.name, quantity.name), depends=depends)


def _boundary(line: Boundary, names: Mapping[str, str]) -> Boundary:
    at = line.at
    return replace(
        line,
        quantity=names.get(line.quantity, line.quantity),
        variable=names.get(line.variable, line.variable),
        left=rename(line.left, names) if line.left is not None else None,
        right=rename(line.right, names) if line.right is not None else None,
        at=rename(at, names) if isinstance(at, Expression) else at,
        further=tuple((names.get(n, n), rename(value, names)) for n, value in line.further),
    )


def _hole(hole: Hole, names: Mapping[str, str]) -> Hole:
    def of(side: Expression) -> Expression:
        return rename(side, names)

    return replace(
        hole,
        bounds=tuple((names.get(n, n), of(low), of(high)) for n, low, high in hole.bounds),
        centre=tuple((names.get(n, n), of(value)) for n, value in hole.centre),
        radius=None if hole.radius is None else of(hole.radius),
    )


def _equation(equation: Equation, names: Mapping[str, str]) -> Equation:
    return replace(equation, left=rename(equation.left, names), right=rename(equation.right, names))


def _claim(claim: Claim, names: Mapping[str, str]) -> Claim:
    towards = claim.towards
    return replace(
        claim,
        subject=rename(claim.subject, names),
        by=names.get(claim.by, claim.by) if claim.by is not None else None,
        value=rename(claim.value, names) if claim.value is not None else None,
        towards=rename(towards, names) if isinstance(towards, Expression) else towards,
        where=tuple(rename(condition, names) for condition in claim.where),
    )


def _counts(counts: Counts, names: Mapping[str, str]) -> Counts:
    return tuple((names.get(name, name), count) for name, count in counts)
