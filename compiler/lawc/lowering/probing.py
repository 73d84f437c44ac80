"""Ask a law for the value of any expression, in the direction in which the law is written.

A probe is a definition that no author could write. With it an expression is an output like any
other, so the reference answers for it and no second way of evaluating a law is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from lawc.knowledge.expression import Expression, Symbol
from lawc.knowledge.law import Equation, Law, Quantity, Relation
from lawc.lowering.directions import direction
from lawc.lowering.fields.laws import field_inputs, is_of_fields
from lawc.lowering.plan import Plan, Signature
from lawc.lowering.planning import make_plan
from lawc.units.unit import PLAIN


def with_probes(law: Law, probes: Mapping[str, Expression]) -> Law:
    """Return the law with a definition for each probe; its values are SI numbers.

    Args:
        law: To which they are added.
        probes: Expressions by names that start with `#`, so that no author's name is hidden.
    """
    quantities = {**law.quantities, **{n: Quantity(n, "a probe", PLAIN) for n in probes}}
    definitions = tuple(
        Equation(name, Relation.DEFINITION, Symbol(name), body) for name, body in probes.items()
    )
    return replace(law, quantities=quantities, equations=(*law.equations, *definitions))


def probe_plan(
    law: Law,
    probes: Mapping[str, Expression],
    given: Collection[str] = (),
    inputs: Collection[str] | None = None,
    wanted: Collection[str] = (),
) -> Plan:
    """Return the plan that answers probes from whatever the law lets one choose.

    Args:
        law: Without the probes.
        probes: Expressions by names that start with `#`.
        given: Quantities that must be inputs where they matter.
        inputs: All quantities that may be inputs; a quantity with a default that is none keeps
            it. None lets every quantity with a range vary.
        wanted: Quantities that the law should give, where there is a choice.

    Raises:
        CompileError: Nothing determines a quantity that a probe needs.
    """
    probed = with_probes(law, probes)
    chosen = []
    for name in _needed(probed, probes, {*given}, {*(inputs or ())}, wanted):
        quantity = law.quantities[name]
        fixed = quantity.default is not None and (
            name not in inputs if inputs is not None else quantity.low is None
        )
        if not fixed:
            chosen.append(name)
    return make_plan(probed, Signature(tuple(chosen), tuple(probes)))


def _needed(
    probed: Law,
    probes: Collection[str],
    given: Collection[str],
    inputs: Collection[str],
    wanted: Collection[str],
) -> tuple[str, ...]:
    """Return what probes need and the law does not give, in the order of declaration."""
    if is_of_fields(probed):
        return field_inputs(probed, probes)
    written = direction(probed, {*wanted} - {*given}, {*given, *inputs})
    needed = written.needs(probes) - written.outputs
    return tuple(name for name in probed.quantities if name in needed)
