"""Trees and rule lists that were learned from data, as draft rules.

What sklearn and imodels leave behind is read by its attributes: `tree_` of a decision tree, the
`rules_` of a greedy rule list. Nothing is unpickled and nothing of it is run. The draft is a
`.rule` text with the ports of the confirmed rule it is to be compared with; it is checked like any
other, and `decision.differing.compare` tells where the two differ.

A tree of sklearn rounds what it is asked to single precision, so beside a threshold it takes
numbers for each other that differ in the eighth digit. A draft cuts at the shortest decimal among
those, on its side: it answers as the tree wherever single precision tells a number from the
threshold, and at the decimal that it writes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from lawc.decision.decision import Cell, Decision, Interval, OneOf, Port, Row, Table, Test
from lawc.decision.differing import shown_reach
from lawc.decision.formula import Number
from lawc.decision.operations import shown
from lawc.decision.reach import Cut, Reach, above, below, domain
from lawc.decision.values import Value, exact
from lawc.distillation.rule_trees import Branch, Leaf, Tree, as_table
from lawc.importers.drafting import quoted

_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
MOST_NODES = 20_000
DEEPEST = 200
_LONGEST_DECIMAL = 60


def learned_tree(
    model: Any, ports: Sequence[Port], output: Port, features: Sequence[str] | None = None
) -> Tree:
    """Return what a model learned, as a tree over inputs of a decision.

    Args:
        model: A decision tree with `tree_`, a greedy rule list with `rules_`, or the same as plain
            data: `{"name", "at", "low", "high"}`, `at` being the largest number on the low side,
            and `{"answer"}`.
        ports: The inputs that it may ask for.
        output: What it answers; classes are its words, or places of them.
        features: The names of the columns that it was fitted to, where it does not know them.

    Raises:
        ValueError: It is of no known kind, asks for what is no input, cuts an input outside of its
            range, or was fitted to other columns.
    """
    reader = _Reader({port.name: port for port in ports}, output)
    if isinstance(model, Mapping):
        return reader.plain(model)
    if hasattr(getattr(model, "tree_", None), "children_left"):
        return reader.fitted(model, features)
    if isinstance(getattr(model, "rules_", None), list):
        return reader.listed(model)
    raise ValueError(f"{type(model).__name__} is no tree and no rule list that can be read")


def draft(
    tree: Tree, decision: Decision, output: str, name: str, source: str, title: str = ""
) -> str:
    """Return a tree as the text of a draft rule.

    Args:
        decision: Where the inputs and the output are declared.
        name: Of the new rule.
        source: Where the data came from.

    Raises:
        ValueError: The name is none, the tree asks for nothing, or an answer is not among the words
            of the output.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"expected a name such as learned-risk, got {name!r}")
    port = decision.port(output)
    table = as_table(tree, decision.inputs, output)
    asked = [decision.port(each) for each in table.on]
    if not asked:
        raise ValueError("expected a tree that asks for something")
    lines = [
        f"rule {name}@0.1.0",
        f'  title   "{quoted(title or f"{port.words or output}, as learned from data")}"',
        "  status  draft",
        f'  source  "{quoted(source)}"',
        "",
        "  symbols",
        *(f"    {_declared(each)}" for each in (*asked, port)),
        "",
        f"  table {output} by {', '.join(table.on)}",
        *_table_lines(table, asked, port),
    ]
    return "\n".join(lines) + "\n"


def as_decision(tree: Tree, decision: Decision, output: str) -> Decision:
    """Return a tree as a decision with the ports of another, to be compared with it."""
    table = as_table(tree, decision.inputs, output)
    return Decision(decision.inputs, (decision.port(output),), (output,), (table,))


class _Reader:
    """Reads what was learned, node by node."""

    def __init__(self, ports: Mapping[str, Port], output: Port) -> None:
        self._ports = ports
        self._output = output
        self._nodes = 0

    def fitted(self, model: Any, features: Sequence[str] | None) -> Tree:
        """Return a tree of sklearn; it goes low where a number is at most the threshold."""
        arrays = model.tree_
        named = features if features is not None else getattr(model, "feature_names_in_", None)
        if named is None:
            raise ValueError("expected the names of the columns that the tree was fitted to")
        told = list(map(str, named))
        known = list(map(str, getattr(model, "feature_names_in_", told)))
        count = getattr(model, "n_features_in_", len(known))
        if told != known or len(told) != count:
            of = ", ".join(known) if told != known else f"{count} columns"
            raise ValueError(f"the tree was fitted to {of}, not to {', '.join(told)}")
        low, high = list(arrays.children_left), list(arrays.children_right)
        feature, threshold = list(arrays.feature), list(arrays.threshold)
        classes = getattr(model, "classes_", None)
        if np.shape(arrays.value)[1] != 1:
            raise ValueError("expected a tree with one output")

        def node(place: int, depth: int) -> Tree:
            self._count(depth)
            if low[place] == high[place]:
                weights = [float(weight) for weight in arrays.value[place][0]]
                if classes is None:
                    return Leaf(self._answer(weights[0]))
                best = max(range(len(weights)), key=lambda number: weights[number])
                return Leaf(self._answer(classes[best]))
            name = str(named[feature[place]])
            if not np.isfinite(threshold[place]):
                raise ValueError(f"the tree asks whether {name!r} is missing, which no draft says")
            return self._branch(
                name,
                _single_cut(float(threshold[place])),
                node(low[place], depth + 1),
                node(high[place], depth + 1),
            )

        return node(0, 0)

    def listed(self, model: Any) -> Tree:
        """Return a rule list: each rule answers for one side, the next ones for the other."""
        if not all(isinstance(rule, Mapping) for rule in model.rules_) or not model.rules_:
            raise ValueError(f"the rules of {type(model).__name__} are no greedy rule list")
        *rules, last = model.rules_
        keys = ("cutoff", "val_right", "flip", "col")
        if "val" not in last or any(key not in rule for rule in rules for key in keys):
            raise ValueError(f"the rules of {type(model).__name__} are no greedy rule list")
        classes = getattr(model, "classes_", None)
        words = (0, 1) if classes is None or len(classes) != 2 else tuple(classes)
        tree: Tree = Leaf(self._likely(last["val"], words))
        for rule in reversed(rules):
            self._count(0)
            told = Leaf(self._likely(rule["val_right"], words))
            cut = Cut(exact(float(rule["cutoff"])), keeps=False)
            low, high = (told, tree) if rule["flip"] else (tree, told)
            tree = self._branch(str(rule["col"]), cut, low, high)
        return tree

    def plain(self, data: Any, depth: int = 0) -> Tree:
        """Return a tree of plain data."""
        self._count(depth)
        if not isinstance(data, Mapping):
            raise ValueError(f"expected a node of a tree, got {str(data)[:40]!r}")
        if "answer" in data:
            return Leaf(self._answer(data["answer"]))
        missing = [key for key in ("name", "at", "low", "high") if key not in data]
        if missing:
            raise ValueError(f"expected {', '.join(map(repr, missing))} in a node of a tree")
        at = data["at"]
        if isinstance(at, bool) or not isinstance(at, int | float | Fraction):
            raise ValueError(f"expected a number in `at`, got {str(at)[:40]!r}")
        return self._branch(
            str(data["name"]),
            Cut(exact(at), keeps=True),
            self.plain(data["low"], depth + 1),
            self.plain(data["high"], depth + 1),
        )

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ValueError(f"expected a tree of at most {MOST_NODES} nodes")
        if depth > DEEPEST:
            raise ValueError(f"expected a tree at most {DEEPEST} deep")

    def _branch(self, name: str, cut: Cut, low: Tree, high: Tree) -> Tree:
        if name not in self._ports:
            raise ValueError(f"the tree asks for {name!r}, which is no input")
        reach = domain(self._ports[name])
        if below(reach, cut).is_empty or above(reach, cut).is_empty:
            raise ValueError(
                f"the tree cuts {name!r} at {shown(cut.at)}, outside of its range "
                f"{shown_reach(self._ports[name], reach)}; fit it to numbers in "
                f"{f'[{self._ports[name].unit}]' if self._ports[name].unit else 'that range'}"
            )
        if low == high:
            return low
        return Branch(name, cut, low, high)

    def _likely(self, share: Any, words: tuple[Any, ...]) -> Value:
        """Return the answer of a rule that tells the share of the second of two classes."""
        # Where both are as likely, imodels predicts the first.
        return self._answer(words[float(share) > 0.5])

    def _answer(self, told: Any) -> Value:
        port = self._output
        word = str(told)
        if port.choices and word in port.choices:
            return Fraction(port.choices.index(word))
        if port.kind == "yes/no" and word.lower() in ("yes", "no", "true", "false"):
            return Fraction(word.lower() in ("yes", "true"))
        try:
            value = exact(float(told))
        except (TypeError, ValueError):
            raise ValueError(f"{port.name} has no value {word!r}") from None
        if value not in domain(port):
            raise ValueError(f"{port.name} has no value {word!r}")
        return value


def _single_cut(threshold: float) -> Cut:
    """Return the cut of a tree that compares numbers of single precision with a threshold."""
    with np.errstate(over="ignore"):
        below = np.float32(threshold)
        if float(below) > threshold:
            below = np.nextafter(below, np.float32(-np.inf))
        above = np.nextafter(below, np.float32(np.inf))
        if not np.isfinite(above) or not np.isfinite(below):
            return Cut(exact(threshold), keeps=True)
        halfway = (Fraction(float(below)) + Fraction(float(above))) / 2
        ends = (Fraction(threshold), exact(threshold), halfway)
        at = _shortest(min(ends), max(ends))
        return Cut(at, keeps=float(np.float32(float(at))) <= threshold)


def _shortest(low: Fraction, high: Fraction) -> Fraction:
    """Return the shortest decimal between two numbers, or at one of them."""
    for places in range(-_LONGEST_DECIMAL, _LONGEST_DECIMAL):
        scale = Fraction(10) ** places
        at = math.ceil(low * scale) / scale
        if at <= high:
            return at
    return high


def _number(value: Fraction) -> str:
    """Return a number in full, where people would be shown its first digits."""
    text = shown(value)
    if "e" not in text and Fraction(text) == value:
        return text
    for places in range(13, _LONGEST_DECIMAL * 6):
        whole = value * 10**places
        if whole.denominator == 1:
            sign, digits = "-" * (value < 0), f"{abs(whole.numerator):0{places + 1}d}"
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
    raise ValueError(f"{text} is no decimal that a draft can write")


def _declared(port: Port) -> str:
    words = port.words or port.name
    unknown = "  may be unknown" if port.may_be_unknown else ""
    match port.kind:
        case "one of":
            return f"{port.name} : {words}  one of {', '.join(port.choices)}{unknown}"
        case "yes/no":
            kind = "yes/no"
        case "number":
            kind = f"[{port.unit or '1'}]"
        case _:
            kind = port.kind
    ends = ""
    if port.kind != "yes/no" and (port.low is not None or port.high is not None):
        low, high = ("" if end is None else _end(port, end) for end in (port.low, port.high))
        ends = f"  {low} .. {high}".rstrip()
    return f"{port.name} : {words}  {kind}{ends}{unknown}"


def _end(port: Port, value: Fraction) -> str:
    if port.kind == "number":
        return _number(value)
    return shown_reach(port, Reach(frozenset((value,))))


def _table_lines(table: Table, asked: Sequence[Port], output: Port) -> list[str]:
    lines = [[*(port.name for port in asked), output.name]]
    for row in table.rows:
        cells = [_cell(port, cell) for port, cell in zip(asked, row.cells, strict=True)]
        lines.append([*cells, _answered(row, output)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return [
        "    | " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]


def _answered(row: Row, port: Port) -> str:
    answer = row.answers[0]
    if not isinstance(answer, Number):
        return "not applicable"
    return _end(port, answer.value)


def _cell(port: Port, cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, OneOf):
        return ", ".join(_end(port, value) for value in sorted(cell.values))
    if isinstance(cell, Test):
        raise ValueError("a condition in a cell cannot be written as a draft")
    return _interval(port, cell)


def _interval(port: Port, cell: Interval) -> str:
    def end(value: Fraction) -> str:
        return _end(port, value)

    if cell.low is None or cell.high is None:
        if cell.low is not None:
            return f"{'>' if cell.low_open else '>='} {end(cell.low)}"
        assert cell.high is not None
        return f"{'<' if cell.high_open else '<='} {end(cell.high)}"
    if cell.low == cell.high:
        return end(cell.low)
    dots = f"{'<' if cell.low_open else ''}..{'<' if cell.high_open else ''}"
    return f"{end(cell.low)} {dots} {end(cell.high)}"
