"""Why parts of a formula must measure the same, and where that is asked."""

from __future__ import annotations

from enum import Enum

from lawc.diagnostics.immutable import immutable


class Kind(Enum):
    """Why two parts must measure the same."""

    SIDES = "the two sides of an equation"
    TERMS = "the terms of a sum"
    BRANCHES = "the branches of a choice"
    COMPARED = "values that are compared"
    ARGUMENT = "the argument of a function, a plain number or an angle"
    EXPONENT = "an exponent, a plain number"
    BASE = "a base with a varying exponent, a plain number"
    VALUE = "an expression and the unit in which its number is asked"
    START = "a quantity and its initial value"
    AT = "a variable and the value at which a condition holds"
    EXAMPLE = "a quantity and its value in an example"
    TOLERANCE = "a quantity and the tolerance of its value"
    GIVEN = "a quantity and its value in an example, given"
    LIMIT = "a quantity and its limit"
    TOWARDS = "a quantity and what it tends to"
    SUBSTANCES = "the substances of a reaction"
    RATE = "a rate and the substances of its reaction"
    CONNECTED = "an input of a part and what it is connected to"
    ENDS = "the ends of an integral"
    EDGE = "the two sides of a boundary condition"
    CHANGE = "the two sides of what an event changes"
    DISTRIBUTED = "a quantity and a parameter of its distribution"


@immutable
class Context:
    """The line of the law in which something is asked: its section and what to call it."""

    section: str
    label: str
    number: int
