"""Write a decision table of DMN as tables and scores of a rule, by its hit policy.

`PRIORITY` is `first` over rows sorted by the priority of what they answer. A policy that gives a
list makes one table for each row, whose answer is not applicable where the row does not hit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lawc.importers.dmn.model import DecisionTable, Output
from lawc.importers.feel.conditions import NULL, OPPOSITE, fails, holds
from lawc.importers.feel.meaning import Known, Meaning, Speech
from lawc.importers.feel.writing import read_expression, read_tests
from lawc.importers.imported import ImportRefusedError

_POLICIES = {"UNIQUE": "", "ANY": " any", "FIRST": " first", "PRIORITY": " first"}
_ALWAYS = "0 = 0"
_LISTS = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity that a table asks for, and whether it may be `null`."""

    name: str
    kind: str
    is_optional: bool = False

    @property
    def known(self) -> Known:
        """Return it as what a cell asks."""
        return Known(self.name, self.kind, self.is_optional)


@dataclass(frozen=True, slots=True)
class Written:
    """A table in the language of rules.

    Attributes:
        rows: Names of what is answered, one for each output; several where it is a list.
        known: The quantity, where the table answers one value.
        parts: By the name of the output, where it answers a record.
        kinds: Of what each output answers.
    """

    sections: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_list: bool = False
    known: Known | None = None
    parts: Mapping[str, Known] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()


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
    if table.aggregation and table.policy != "COLLECT":
        raise ImportRefusedError(f"it aggregates, and its hit policy is {table.policy[:20]}")
    if table.aggregation in ("SUM", "COUNT"):
        return _score(name, table, columns, speech, fresh)
    if not columns:
        raise ImportRefusedError("its table has no input")
    answers = [[_entry(entry, speech) for entry in row[1]] for row in table.rows]
    order = list(range(len(answers)))
    if table.policy in ("PRIORITY", "OUTPUT ORDER"):
        ranks = _ranks(table.outputs, speech)
        order.sort(key=lambda at: _priority(ranks, answers[at]))
    if table.aggregation:
        order = _by_size(table, answers)
        table = replace(table, policy="FIRST", aggregation="")
    cells = [_cells(row[0], columns, speech) for row in table.rows]
    kinds = [_kind([row[at] for row in answers]) for at in range(len(table.outputs))]
    if table.policy in _LISTS:
        if any(all(one.kind == "null" or one.is_optional for one in row) for row in answers):
            raise ImportRefusedError("an entry of its list may be `null`")
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
            silent = [Meaning(NULL, "null") for _ in table.outputs]
            rows = [(cells[at], silent) for at in order]
            say = _Say(fresh, said, " first", True)
            made.append(_one(f"{name}.default", table, columns, kinds, rows, say))
        sections = tuple(section for section, _ in made)
        return Written(sections, tuple(names for _, names in made), True, None, {}, tuple(kinds))
    if table.policy not in _POLICIES:
        raise ImportRefusedError(f"its hit policy is {table.policy[:20]}")
    rows = [(cells[at], answers[at]) for at in order]
    policy = _POLICIES[table.policy]
    section, names = _one(name, table, columns, kinds, rows, _Say(fresh, said, policy, True))
    parts = {
        output.name: Known(one, kind, _may_be_null(output, [row[at] for row in answers], rows))
        for at, (output, one, kind) in enumerate(zip(table.outputs, names, kinds, strict=True))
    }
    if len(names) == 1:
        return Written((section,), (names,), known=next(iter(parts.values())), kinds=tuple(kinds))
    if len(parts) != len(names):
        raise ImportRefusedError("two outputs of its table have one name")
    return Written((section,), (names,), parts=parts, kinds=tuple(kinds))


def _entry(text: str, speech: Speech) -> Meaning:
    """Return what a row answers.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    made = read_expression(text, speech)
    if made.kind == "boolean" and made.is_optional and not made.name:
        raise ImportRefusedError("a row answers a condition that may be `null`")
    return made


def _may_be_null(
    output: Output,
    answers: Sequence[Meaning],
    rows: Sequence[tuple[Sequence[str], Sequence[Meaning]]],
) -> bool:
    """Return whether an output may be `null`; that rows leave no gap is not seen here."""
    if any(answer.kind == "null" or answer.is_optional for answer in answers):
        return True
    return not _is_open(rows) and output.default in ("", "null")


def _by_size(table: DecisionTable, answers: Sequence[Sequence[Meaning]]) -> list[int]:
    """Return the order of rows in which the first that hits has the least, or largest, answer.

    Raises:
        ImportRefusedError: Answers are no numbers that are written out.
    """
    if table.aggregation not in ("MIN", "MAX"):
        raise ImportRefusedError(f"it collects by {table.aggregation.lower()[:20]}")
    if len(table.outputs) != 1:
        raise ImportRefusedError("it collects several outputs")
    try:
        sizes = [Fraction(answer.text.strip("()")) for (answer,) in answers]
    except ValueError:
        raise ImportRefusedError(
            f"it collects by {table.aggregation.lower()} what is calculated"
        ) from None
    return sorted(range(len(sizes)), key=lambda at: sizes[at], reverse=table.aggregation == "MAX")


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
            _default(output, name, say.said) if say.has_defaults else NULL
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
        return NULL
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
        negated, tests = _of_cell(*read_tests(entry, column.known, speech), column)
        written = ", ".join(_cell(sign, value) for sign, value in tests)
        made.append(f"not {written}" if negated else written or "-")
    return made


def _of_cell(
    negated: bool, tests: list[tuple[str, str]], column: Column
) -> tuple[bool, list[tuple[str, str]]]:
    """Return tests as a cell of a rule takes them, where `not` is true of what is no number too.

    Raises:
        ImportRefusedError: It has none that is the same.
    """
    if ("=", NULL) in tests and (negated or len(tests) > 1):
        if column.is_optional:
            raise ImportRefusedError("a cell asks whether something is not `null`, or one of more")
        # What is never `null` passes all that excludes `null` only.
        tests = [test for test in tests if test != ("=", NULL)]
        if not tests:
            return False, [] if negated else [("=", NULL)]
    # `> 8, < 2` would be taken for a range that is written in another way.
    tests = sorted(tests, key=lambda test: test[0].startswith(">"))
    if not negated or not column.is_optional or all(sign in ("=", "!=") for sign, _ in tests):
        return negated, tests
    if len(tests) > 1:
        raise ImportRefusedError("a cell negates several tests of what may be `null`")
    ((sign, value),) = tests
    if "\0" not in value:
        return False, [(OPPOSITE[sign], value)]
    low, high = value.split("\0")
    below = "<=" if sign.startswith("<") else "<"
    return False, [(below, low), (">=" if sign.endswith("<") else ">", high)]


def _cell(sign: str, value: str) -> str:
    if "\0" in value:
        low, high = value.split("\0")
        return f"{low} {sign} {high}"
    return value if sign == "=" else f"{sign} {value}"


def _ranks(outputs: Sequence[Output], speech: Speech) -> list[list[str]]:
    """Return the values of each output in the order of their priority.

    Raises:
        ImportRefusedError: No output has any.
    """
    asked = Known("", "")
    texts = replace(speech, word=lambda text, _: text)
    if not any(output.values for output in outputs):
        raise ImportRefusedError("the values of its outputs have no order of priority")
    return [
        [value for _, value in read_tests(output.values, asked, texts)[1]] for output in outputs
    ]


def _priority(ranks: Sequence[Sequence[str]], answers: Sequence[Meaning]) -> tuple[int, ...]:
    """Return the places of some answers among the values of their outputs."""
    places: list[int] = []
    for listed, answer in zip(ranks, answers, strict=True):
        shown = answer.string if answer.string is not None else answer.text
        if listed and shown not in listed:
            raise ImportRefusedError(f'"{shown[:40]}" has no priority')
        places.append(listed.index(shown) if listed else 0)
    return tuple(places)


def _score(
    name: str, table: DecisionTable, columns: Sequence[Column], speech: Speech, fresh: Fresh
) -> Written:
    """Return a sum of what rows answer, or their number; a sum of none is `null`."""
    if len(table.outputs) != 1:
        raise ImportRefusedError("it collects several outputs")
    is_sum = table.aggregation == "SUM"
    when = [conditions_of(given, columns, speech) for given, _ in table.rows]
    entries = [_entry(entry, speech) for _, (entry,) in table.rows]
    if is_sum and any(entry.kind != "number" or entry.is_optional for entry in entries):
        raise ImportRefusedError("it sums what is no number, or may be `null`")
    default = table.outputs[0].default
    given = read_expression(default, Speech({}, lambda text, _: text)) if default else None
    if given is not None and given.kind not in ("number", "null"):
        raise ImportRefusedError("what it answers without a row is no number")
    made = fresh(name, "number")
    is_whole = _ALWAYS in when or (not is_sum and given is None)
    counted = [
        (entry.text if is_sum else "1", one) for entry, one in zip(entries, when, strict=True)
    ]
    if is_whole:
        return Written(
            (_points(made, counted),), ((made,),), known=Known(made, "number"), kinds=("number",)
        )
    value, hits = fresh(f"{name}.points", "number"), fresh(f"{name}.hits", "number")
    said = NULL if given is None or given.kind == "null" else f"= {given.text}"
    sections = (
        _points(value, counted),
        _points(hits, [("1", one) for one in when]),
        f"  clauses\n    {made}-1: {made} = {value} when {hits} > 0\n"
        f"    {made}-2: {made} {said} when {hits} = 0",
    )
    return Written(
        sections, ((made,),), known=Known(made, "number", said == NULL), kinds=("number",)
    )


def _points(name: str, counted: Sequence[tuple[str, str]]) -> str:
    lines = ["    | points | when |", *(f"    | {points} | {when} |" for points, when in counted)]
    return f"  score {name}\n" + "\n".join(lines)


def conditions_of(entries: Sequence[str], columns: Sequence[Column], speech: Speech) -> str:
    """Return the conditions of a row as one formula.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    found: list[str] = []
    for entry, column in zip(entries, columns, strict=True):
        negated, tests = read_tests(entry, column.known, speech)
        if negated:
            found += [fails(column.name, sign, value) for sign, value in tests]
        elif tests:
            either = " or ".join(holds(column.name, sign, value) for sign, value in tests)
            found.append(f"({either})" if len(tests) > 1 or len(columns) > 1 else either)
    return " and ".join(found) or _ALWAYS
