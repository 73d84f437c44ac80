"""Write a decision table of DMN as tables and scores of a rule, by its hit policy.

`PRIORITY` is `first` over rows sorted by the priority of what they answer. A policy that gives a
list makes one table for each row, whose answer is not applicable where the row does not hit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lawc.importers.dmn import DecisionTable, Output
from lawc.importers.feel import read_expression, read_tests
from lawc.importers.feel_meaning import Known, Meaning, Speech
from lawc.importers.imported import ImportRefusedError

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*')
_POLICIES = {"UNIQUE": "", "ANY": " any", "FIRST": " first", "PRIORITY": " first"}
_LISTS = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity that a table asks for."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Written:
    """A table in the language of rules.

    Attributes:
        rows: Names of what is answered, one for each output; several where it is a list.
        known: The quantity, where the table answers one value.
        parts: By the name of the output, where it answers a record.
    """

    sections: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_list: bool = False
    known: Known | None = None
    parts: Mapping[str, Known] = field(default_factory=dict)


Fresh = Callable[[str, str], str]
Said = Callable[[Meaning, str], str]


@dataclass(frozen=True, slots=True)
class _Say:
    """How a table is written."""

    fresh: Fresh
    said: Said
    policy: str = ""
    has_defaults: bool = False


def write_table(
    name: str,
    table: DecisionTable,
    columns: Sequence[Column],
    speech: Speech,
    fresh: Fresh,
    said: Said,
) -> Written:
    """Return a table as sections of a rule.

    Args:
        name: Of the decision.
        table: As read.
        columns: What its inputs are in the rule.
        speech: What its entries may name.
        fresh: Makes a quantity of a name and a kind.
        said: Writes a value that a quantity is given.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    if not table.rows or not table.outputs:
        raise ImportRefusedError("its table has no row or no output")
    if table.policy == "COLLECT" and table.aggregation in ("SUM", "COUNT"):
        return _score(name, table, columns, speech, fresh)
    if table.aggregation:
        raise ImportRefusedError(f"it collects by {table.aggregation.lower()}")
    if not columns:
        raise ImportRefusedError("its table has no input")
    answers = [[read_expression(entry, speech) for entry in row[1]] for row in table.rows]
    order = list(range(len(answers)))
    if table.policy in ("PRIORITY", "OUTPUT ORDER"):
        order.sort(key=lambda at: _priority(table.outputs, answers[at]))
    cells = [_cells(row[0], columns, speech) for row in table.rows]
    kinds = [_kind([row[at] for row in answers]) for at in range(len(table.outputs))]
    if table.policy in _LISTS:
        made = [
            _one(
                f"{name}.{at + 1}",
                table,
                columns,
                kinds,
                [(cells[at], answers[at])],
                _Say(fresh, said),
            )
            for at in order
        ]
        if any(output.default for output in table.outputs):
            silent = [Meaning("not applicable", "null") for _ in table.outputs]
            rows = [(cells[at], silent) for at in order]
            say = _Say(fresh, said, " first", True)
            made.append(_one(f"{name}.default", table, columns, kinds, rows, say))
        sections = tuple(section for section, _ in made)
        return Written(sections, tuple(names for _, names in made), is_list=True)
    if table.policy not in _POLICIES:
        raise ImportRefusedError(f"its hit policy is {table.policy[:20]}")
    rows = [(cells[at], answers[at]) for at in order]
    policy = _POLICIES[table.policy]
    section, names = _one(name, table, columns, kinds, rows, _Say(fresh, said, policy, True))
    if len(names) == 1:
        return Written((section,), (names,), known=Known(names[0], kinds[0]))
    parts = {
        output.name: Known(one, kind)
        for output, one, kind in zip(table.outputs, names, kinds, strict=True)
    }
    return Written((section,), (names,), parts=parts)


def _one(
    name: str,
    table: DecisionTable,
    columns: Sequence[Column],
    kinds: Sequence[str],
    rows: Sequence[tuple[Sequence[str], Sequence[Meaning]]],
    say: _Say,
) -> tuple[str, tuple[str, ...]]:
    """Return one section of a rule, and the names of what it answers."""
    several = len(table.outputs) > 1
    names = tuple(
        say.fresh(f"{name}.{output.name}" if several else name, kind)
        for output, kind in zip(table.outputs, kinds, strict=True)
    )
    unique = list(dict.fromkeys(column.name for column in columns))
    if len(unique) != len(columns):
        raise ImportRefusedError("two columns of its table ask for the same")
    lines = [[*unique, *names]]
    for cells, answers in rows:
        said = (_answered(a, n, say.said) for a, n in zip(answers, names, strict=True))
        lines.append([*cells, *said])
    if not _is_open(rows):
        defaults = [
            _default(output, name, say.said) if say.has_defaults else "not applicable"
            for output, name in zip(table.outputs, names, strict=True)
        ]
        lines.append(["otherwise", *("-" for _ in unique[1:]), *defaults])
    head = f"  table {', '.join(names)} by {', '.join(unique)}{say.policy}"
    return head + "\n" + "\n".join(f"    | {' | '.join(line)} |" for line in lines), names


def _is_open(rows: Sequence[tuple[Sequence[str], Sequence[Meaning]]]) -> bool:
    """Return whether the last row holds always."""
    return all(cell == "-" for cell in rows[-1][0])


def _default(output: Output, name: str, said: Said) -> str:
    if not output.default:
        return "not applicable"
    meaning = read_expression(output.default, Speech({}, lambda text, _: text))
    return _answered(meaning, name, said)


def _answered(meaning: Meaning, name: str, said: Said) -> str:
    return meaning.text if meaning.kind == "null" else said(meaning, name)


def _kind(answers: Sequence[Meaning]) -> str:
    kinds = {answer.kind for answer in answers} - {"null"}
    if "list" in kinds:
        raise ImportRefusedError("an entry of its table is a list")
    if len(kinds) != 1:
        raise ImportRefusedError("the entries of an output have different types")
    return next(iter(kinds))


def _cells(entries: Sequence[str], columns: Sequence[Column], speech: Speech) -> list[str]:
    """Return the conditions of a row as cells."""
    made: list[str] = []
    for entry, column in zip(entries, columns, strict=True):
        negated, tests = read_tests(entry, Known(column.name, column.kind), speech)
        written = ", ".join(_cell(sign, value) for sign, value in tests)
        made.append(f"not {written}" if negated else written or "-")
    return made


def _cell(sign: str, value: str) -> str:
    if "\0" in value:
        low, high = value.split("\0")
        return f"{low} {sign} {high}"
    return value if sign == "=" else f"{sign} {value}"


def _priority(outputs: Sequence[Output], answers: Sequence[Meaning]) -> tuple[int, ...]:
    """Return the places of some answers among the values of their outputs."""
    places: list[int] = []
    for output, answer in zip(outputs, answers, strict=True):
        listed = [one.strip().strip('"') for one in _TEXT.findall(output.values)]
        shown = answer.string if answer.string is not None else answer.text
        if listed and shown not in listed:
            raise ImportRefusedError(f'"{shown[:40]}" has no priority')
        places.append(listed.index(shown) if listed else 0)
    return tuple(places)


def _score(
    name: str, table: DecisionTable, columns: Sequence[Column], speech: Speech, fresh: Fresh
) -> Written:
    """Return a sum of what rows answer, or their number."""
    if len(table.outputs) != 1:
        raise ImportRefusedError("it collects several outputs")
    lines = ["    | points | when |"]
    for given, (entry,) in table.rows:
        answer = read_expression(entry, speech)
        points = "1" if table.aggregation == "COUNT" else answer.text
        if table.aggregation == "SUM" and answer.kind != "number":
            raise ImportRefusedError("it sums what is no number")
        lines.append(f"    | {points} | {conditions_of(given, columns, speech)} |")
    made = fresh(name, "number")
    section = f"  score {made}\n" + "\n".join(lines)
    return Written((section,), ((made,),), known=Known(made, "number"))


def conditions_of(entries: Sequence[str], columns: Sequence[Column], speech: Speech) -> str:
    """Return the conditions of a row as one formula.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    found: list[str] = []
    for entry, column in zip(entries, columns, strict=True):
        negated, tests = read_tests(entry, Known(column.name, column.kind), speech)
        if not tests:
            continue
        either = " or ".join(_condition(column.name, sign, value) for sign, value in tests)
        if negated:
            found.append(f"not ({either})")
        else:
            found.append(f"({either})" if len(tests) > 1 or len(columns) > 1 else either)
    if not found:
        raise ImportRefusedError("a row of what it collects has no condition")
    return " and ".join(found)


def _condition(name: str, sign: str, value: str) -> str:
    if value == "not applicable":
        return f"{name} is not applicable" if sign == "=" else f"{name} is applicable"
    if "\0" not in value:
        return f"{name} {sign} {value}"
    low, high = value.split("\0")
    lower = "<" if sign.startswith("<") else "<="
    upper = "<" if sign.endswith("<") else "<="
    return f"{low} {lower} {name} {upper} {high}"
