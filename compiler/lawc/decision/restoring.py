"""A decision read back from JSON that may come from anywhere.

What is read is bounded in size and depth, consists of known operations alone, and is verified as a
decision before anything evaluates it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from lawc.decision.decision import (
    Apportion,
    Bands,
    Bracket,
    Calendar,
    Cell,
    Clause,
    Clauses,
    Decision,
    Interval,
    OneOf,
    Point,
    Port,
    Row,
    Scale,
    Score,
    Softness,
    Step,
    Table,
    Test,
)
from lawc.decision.formula import (
    OPERATIONS,
    Apply,
    Formula,
    Named,
    NotApplicable,
    Number,
)
from lawc.decision.verifying import LARGEST_DEPTH, LARGEST_FORMULA, verify

MOST_NODES = 400_000
MOST_PARTS = 100_000
"""Ports, rows, cells, clauses of one list."""
LONGEST_TEXT = 2_000
_NUMBER = re.compile(r"-?[0-9]{1,500}(/[1-9][0-9]{0,499})?")


def from_json(data: object) -> Decision:
    """Read a decision that may come from anywhere.

    Raises:
        ValueError: It is no decision; the text says what is wrong with it.
    """
    fields = _fields(
        data, ("inputs", "decided", "outputs", "nodes", "steps", "calendars", "softness")
    )
    nodes = _read_nodes(fields["nodes"])
    decision = Decision(
        inputs=_each(fields["inputs"], _port_in),
        decided=_each(fields["decided"], _port_in),
        outputs=_each(fields["outputs"], _text),
        steps=_each(fields["steps"], lambda step: _step_in(step, nodes)),
        calendars={
            _text(name): _calendar_in(calendar)
            for name, calendar in _mapping(fields["calendars"]).items()
        },
        softness=_each(fields["softness"], _softness_in),
    )
    verify(decision)
    return decision


def _read_nodes(rows: object) -> list[Formula]:
    made: list[Formula] = []
    sizes: list[int] = []
    depths: list[int] = []
    for row in _list(rows, MOST_NODES):
        node, below = _node_in(_list(row, 5), made)
        sizes.append(1 + sum(sizes[i] for i in below))
        depths.append(1 + max((depths[i] for i in below), default=0))
        if sizes[-1] > LARGEST_FORMULA or depths[-1] > LARGEST_DEPTH:
            raise ValueError(
                f"a formula has at most {LARGEST_FORMULA} nodes, nested {LARGEST_DEPTH} deep"
            )
        made.append(node)
    return made


def _node_in(row: list[Any], made: list[Formula]) -> tuple[Formula, list[int]]:
    kind = _text(row[0]) if row else ""
    if kind == "number" and len(row) == 2:
        return Number(_number(row[1])), []
    if kind == "name" and len(row) == 2:
        return Named(_text(row[1])), []
    if kind == "not applicable" and len(row) == 1:
        return NotApplicable(), []
    if kind not in OPERATIONS or len(row) != OPERATIONS[kind] + 2:
        raise ValueError(f"{kind[:40]!r} is no operation on {max(len(row) - 2, 0)} parts")
    below = [_whole(i, len(made) - 1) for i in row[2:]]
    return Apply(kind, tuple(made[i] for i in below), _text(row[1])), below


def _port_in(data: object) -> Port:
    fields = _fields(data, _PORT)
    return Port(
        name=_text(fields["name"]),
        kind=_text(fields["kind"]),
        unit=_text(fields["unit"]),
        low=_maybe(fields["low"], _number),
        high=_maybe(fields["high"], _number),
        choices=_each(fields["choices"], _text),
        step=_maybe(fields["step"], _number),
        may_be_unknown=_yes_no(fields["may_be_unknown"]),
        log=_yes_no(fields["log"]),
        words=_text(fields["words"]),
    )


_PORT = ("name", "kind", "unit", "low", "high", "choices", "step", "may_be_unknown", "log", "words")


def _step_in(data: object, nodes: list[Formula]) -> Step:
    kind = _text(_mapping(data).get("kind"))

    def of(number: object) -> Formula:
        return nodes[_whole(number, len(nodes) - 1)]

    if kind == "table":
        fields = _fields(data, ("kind", "outputs", "on", "policy", "rows"))
        return Table(
            _each(fields["outputs"], _text),
            _each(fields["on"], _text),
            _each(fields["rows"], lambda row: _row_in(row, of)),
            _text(fields["policy"]),
        )
    if kind == "scale":
        fields = _fields(data, ("kind", "output", "on", "by", "rounding", "bands"))
        rounding = _maybe(fields["rounding"], lambda pair: _list(pair, 2, 2))
        return Scale(
            _text(fields["output"]),
            of(fields["on"]),
            _each(fields["bands"], lambda bands: _bands_in(bands, of)),
            _text(fields["by"]),
            None if rounding is None else (_text(rounding[0]), of(rounding[1])),
        )
    if kind == "score":
        fields = _fields(data, ("kind", "output", "points"))
        lines = [_list(point, 3, 3) for point in _list(fields["points"])]
        made = tuple(Point(of(p), of(when), _text(label)) for p, when, label in lines)
        return Score(_text(fields["output"]), made)
    if kind == "clauses":
        fields = _fields(data, ("kind", "output", "clauses"))
        return Clauses(
            _text(fields["output"]), _each(fields["clauses"], lambda one: _clause_in(one, of))
        )
    if kind == "apportion":
        fields = _fields(data, _APPORTION)
        return Apportion(
            _each(fields["outputs"], _text),
            of(fields["whole"]),
            _each(fields["by"], of),
            _each(fields["among"], of),
            _text(fields["method"]),
            of(fields["least"]),
            _text(fields["ties"]),
            _each(fields["members"], _text),
        )
    raise ValueError(f"{kind[:40]!r} is no kind of step")


_APPORTION = ("kind", "outputs", "whole", "by", "among", "method", "least", "ties", "members")


Of = Callable[[object], Formula]


def _row_in(data: object, of: Of) -> Row:
    fields = _fields(data, ("cells", "answers", "label", "otherwise"))
    return Row(
        _each(fields["cells"], lambda cell: _cell_in(cell, of)),
        _each(fields["answers"], of),
        _text(fields["label"]),
        _yes_no(fields["otherwise"]),
    )


def _bands_in(data: object, of: Of) -> Bands:
    fields = _fields(data, ("values", "brackets"))
    pairs = [_list(pair, 2, 2) for pair in _list(fields["brackets"])]
    brackets = tuple(Bracket(of(above), of(rate)) for above, rate in pairs)
    return Bands(brackets, _maybe(fields["values"], lambda v: frozenset(_each(v, _number))))


def _clause_in(data: object, of: Of) -> Clause:
    fields = _fields(data, ("label", "value", "condition", "defeats", "words"))
    return Clause(
        _text(fields["label"]),
        of(fields["value"]),
        of(fields["condition"]),
        _each(fields["defeats"], _text),
        _text(fields["words"]),
    )


def _cell_in(data: object, of: Of) -> Cell:
    if data is None:
        return None
    if isinstance(data, list):
        low, high, low_open, high_open = _list(data, 4, 4)
        return Interval(
            _maybe(low, _number), _maybe(high, _number), _yes_no(low_open), _yes_no(high_open)
        )
    fields = _mapping(data)
    if set(fields) == {"one of"}:
        return OneOf(frozenset(_each(fields["one of"], _number)))
    return Test(of(_fields(data, ("test",))["test"]))


def _calendar_in(data: object) -> Calendar:
    fields = _fields(data, ("weekend", "holidays", "since", "until"))
    return Calendar(
        _each(fields["weekend"], lambda day: _whole(day, 7)),
        _each(fields["holidays"], _day),
        _maybe(fields["since"], _day),
        _maybe(fields["until"], _day),
    )


def _softness_in(data: object) -> Softness:
    output, name, width = _list(data, 3, 3)
    return Softness(_text(output), _text(name), _number(width))


def _maybe(data: object, read: Callable[[Any], Any]) -> Any:
    return None if data is None else read(data)


def _each(data: object, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(read(part) for part in _list(data))


def _list(data: object, most: int = MOST_PARTS, least: int = 0) -> list[Any]:
    if not isinstance(data, list) or not least <= len(data) <= most:
        raise ValueError(f"expected a list of {least} to {most} parts, got {_brief(data)}")
    return data


def _mapping(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict) or len(data) > MOST_PARTS:
        raise ValueError(f"expected named parts, got {_brief(data)}")
    return data


def _fields(data: object, names: tuple[str, ...]) -> Mapping[str, Any]:
    found = _mapping(data)
    if set(found) != set(names):
        raise ValueError(f"expected the parts {', '.join(names)}, got {_brief(sorted(found))}")
    return found


def _text(data: object) -> str:
    if not isinstance(data, str) or len(data) > LONGEST_TEXT:
        raise ValueError(f"expected a text, got {_brief(data)}")
    return data


def _number(data: object) -> Fraction:
    if not isinstance(data, str) or not _NUMBER.fullmatch(data):
        raise ValueError(f"expected a number such as '3/10', got {_brief(data)}")
    return Fraction(data)


def _whole(data: object, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= most:
        raise ValueError(f"expected a whole number up to {most}, got {_brief(data)}")
    return data


def _day(data: object) -> int:
    return _whole(data, 3_652_059)


def _yes_no(data: object) -> bool:
    if not isinstance(data, bool):
        raise ValueError(f"expected true or false, got {_brief(data)}")
    return data


def _brief(data: object) -> str:
    return repr(data)[:60]
