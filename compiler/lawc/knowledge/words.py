"""The closed lists of words that a law is written with: status, relation, claim."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How far a law is accepted; only the first two are trained into modules."""

    CONFIRMED = "confirmed"
    EMPIRICAL = "empirical"
    CONTESTED = "contested"
    DRAFT = "draft"
    RETIRED = "retired"


class Relation(StrEnum):
    """How the two sides of an equation belong together."""

    LAW = "="
    DEFINITION = ":="
    FIT = "~="


class Always(StrEnum):
    """The forms of an `always` sentence."""

    COMPARISON = "comparison"
    RISES = "rises with"
    FALLS = "falls with"
    CONSTANT = "is constant"
    SCALES = "scales with"
    LIMIT = "tends to"
    EVEN = "is even in"
    ODD = "is odd in"
    PERIODIC = "is periodic in"
    CONTINUOUS = "is continuous in"
