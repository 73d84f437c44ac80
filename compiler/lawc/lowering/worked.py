"""Hold worked examples against a law without solving it.

An example outside of `valid` confirms nothing; more often a comparison stands the wrong way round.
And where an example gives all names of an equation, its numbers must balance it.
"""

from __future__ import annotations

import numpy as np

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place
from lawc.knowledge.expression import Binary, derivatives, names
from lawc.knowledge.law import Example, Law, Validity
from lawc.knowledge.writing import write_expression
from lawc.lowering.numpy_table import Array, evaluate
from lawc.lowering.tapes import tape

ROUNDING = 1e-12
"""Relative slack of an example's tolerance, for the arithmetic around it."""

_LOOKS = 9


def stray_examples(law: Law) -> tuple[Diagnostic, ...]:
    """Return L0503 for each example whose own numbers contradict a condition of `valid`.

    A condition that speaks of what an example does not give says nothing about it.
    """
    return tuple(
        _finding(law, example, condition)
        for example in law.examples
        for condition in law.validity
        if _contradicts(law, example, condition)
    )


def is_refuted(law: Law, example: Example) -> bool:
    """Return whether an equation cannot hold at the numbers of an example, within its tolerance.

    Where it is False the law is to be solved; True is certain for equations that are continuous
    around the example.
    """
    known: dict[str, Array] = {n: np.asarray(value) for n, value in _known(law, example).items()}
    span = example.tolerance + ROUNDING * abs(example.value)
    known[example.quantity] = example.value + span * np.linspace(-1, 1, _LOOKS)
    for equation in law.equations:
        spoken = names(equation.left) | names(equation.right)
        if not spoken <= known.keys() or example.quantity not in spoken:
            continue
        if derivatives(equation.left) or derivatives(equation.right):
            continue
        balance = Binary("-", equation.left, equation.right)
        given = {name: known[name] for name in sorted(spoken)}
        gap = np.broadcast_to(evaluate(tape({"gap": balance}, tuple(given)), given)["gap"], _LOOKS)
        if np.isfinite(gap).all() and bool((gap > 0).all() or (gap < 0).all()):
            return True
    return False


def _contradicts(law: Law, example: Example, condition: Validity) -> bool:
    known = _known(law, example)
    if derivatives(condition.condition) or not names(condition.condition) <= known.keys():
        return False
    truth = tape({"holds": condition.condition}, (), known)
    return not bool(np.all(evaluate(truth, {})["holds"]))


def _known(law: Law, example: Example) -> dict[str, float]:
    """Return all numbers that an example tells, SI."""
    known = {name: constant.value for name, constant in law.constants.items()}
    for name, quantity in law.quantities.items():
        if quantity.default is not None:
            known[name] = quantity.default * quantity.unit.factor + quantity.unit.offset
    return known | {**example.given, example.quantity: example.value}


def _finding(law: Law, example: Example, condition: Validity) -> Diagnostic:
    place = example.place or law.place or Place(law.identity, 0, 0)
    labels = [Label(place, "its numbers contradict a condition of `valid`")]
    text = write_expression(condition.condition)
    if condition.place is not None:
        labels.append(Label(condition.place, "the condition", primary=False))
    return Diagnostic(
        "L0503",
        "this example stands where its law is not confirmed",
        tuple(labels),
        notes=() if condition.place is not None else (f"`{text}` does not hold",),
        helps=("turn the condition round, or take an example inside it",),
    )
