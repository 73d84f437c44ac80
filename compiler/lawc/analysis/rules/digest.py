"""The digest of what a rule says: blind to comments, spacing, titles, sources, checks and blurs.

The order of clauses, of parameters and of the rows of a table that is a partition says nothing, so
the digest does not see it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

from lawc.decision.decision import Apportion, Clauses, Row, Score, Step, Table
from lawc.knowledge.law import Quantity
from lawc.knowledge.rule import Rule

_SILENT = frozenset(("place", "label", "words"))
_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


def rule_digest(rule: Rule) -> str:
    """Return the sha256 of a rule's canonical form, as 64 hexadecimal digits."""
    said = [
        sorted(map(_quantity, rule.quantities.values())),
        sorted([name, plain(value)] for name, value in rule.constants.items()),
        sorted([p.name, plain(p.values)] for p in rule.parameters),
        sorted(map(said_by, rule.steps), key=repr),
        sorted(([a.jurisdiction, a.since, a.until] for a in rule.applies), key=repr),
        sorted([name, plain(calendar)] for name, calendar in rule.calendars.items()),
    ]
    return sha256(_JSON.encode(["rule", *said]).encode("ascii")).hexdigest()


def _quantity(quantity: Quantity) -> list[Any]:
    unit = quantity.unit
    return [
        quantity.name,
        quantity.kind,
        str(unit.dimension),
        unit.factor,
        unit.offset,
        "" if quantity.low is None else repr(float(quantity.low)),
        "" if quantity.high is None else repr(float(quantity.high)),
        "" if quantity.default is None else repr(float(quantity.default)),
        list(quantity.choices),
        quantity.may_be_unknown,
    ]


def said_by(step: Step) -> list[Any]:
    """Return what a step says as lists, with what is silent in it left out."""
    match step:
        case Table(outputs, on, rows, policy):
            lines = [_row(row) for row in rows]
            return ["table", list(outputs), list(on), policy, _sorted(lines, policy != "first")]
        case Score(output, points):
            return ["score", output, _sorted([plain(point) for point in points])]
        case Clauses(output, clauses):
            # A label says which clause an exception defeats, so it is kept where one does.
            lines = [[c.label, *plain(c), list(c.defeats)] for c in clauses]
            defeated = {label for clause in clauses for label in clause.defeats}
            kept = [line if line[0] in defeated else ["", *line[1:]] for line in lines]
            return ["clauses", output, _sorted(kept)]
        case Apportion():
            return ["apportion", *plain(step)]
    return ["scale", *plain(step)]


def _row(row: Row) -> list[Any]:
    return plain(row)


def _sorted(lines: list[Any], order_is_silent: bool = True) -> list[Any]:
    return sorted(lines, key=repr) if order_is_silent else lines


def plain(value: Any) -> Any:
    """Return data as lists, strings and numbers."""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(map(plain, value))
    if isinstance(value, Mapping):
        return sorted([key, plain(part)] for key, part in value.items())
    if is_dataclass(value) and not isinstance(value, type):
        named = [f.name for f in fields(value) if f.name not in _SILENT]
        return [type(value).__name__, *(plain(getattr(value, name)) for name in named)]
    return value
