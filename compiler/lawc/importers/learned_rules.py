"""Trees and rule lists that were learned from data, as draft rules.

What sklearn and imodels leave behind is read by its attributes: `tree_` of a decision tree, the
`rules_` of a greedy rule list. Nothing is unpickled and nothing of it is run. The draft is a
`.rule` text with the ports of the confirmed rule it is to be compared with; it is checked like any
other, and `decision.differing.compare` tells where the two differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from lawc.decision.decision import Cell, Decision, Interval, OneOf, Port, Row, Table, Test
from lawc.decision.differing import shown_reach
from lawc.decision.formula import Number
from lawc.decision.operations import shown
from lawc.decision.reach import Cut, Reach, domain
from lawc.decision.values import Value, exact
from lawc.distillation.rule_trees import Branch, Leaf, Tree, as_table

MOST_NODES = 20_000


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
        ValueError: It is of no known kind, or asks for what is no input.
    """
    reader = _Reader({port.name: port for port in ports}, output)
    if isinstance(model, Mapping):
        return reader.plain(model)
    if hasattr(model, "tree_"):
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
        ValueError: An answer is not among the words of the output.
    """
    port = decision.port(output)
    table = as_table(tree, decision.inputs, output)
    asked = [decision.port(each) for each in table.on]
    if not asked:
        raise ValueError("expected a tree that asks for something")
    lines = [
        f"rule {name}@0.1.0",
        f'  title   "{_quoted(title or f"{port.words or output}, as learned from data")}"',
        "  status  draft",
        f'  source  "{_quoted(source)}"',
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
        low, high = list(arrays.children_left), list(arrays.children_right)
        feature, threshold = list(arrays.feature), list(arrays.threshold)
        classes = getattr(model, "classes_", None)

        def node(place: int) -> Tree:
            self._count()
            if low[place] == high[place]:
                weights = [float(weight) for weight in arrays.value[place][0]]
                if classes is None:
                    return Leaf(exact(weights[0]))
                best = max(range(len(weights)), key=lambda number: weights[number])
                return Leaf(self._answer(classes[best]))
            cut = Cut(exact(float(threshold[place])), keeps=True)
            return self._branch(
                str(named[feature[place]]), cut, node(low[place]), node(high[place])
            )

        return node(0)

    def listed(self, model: Any) -> Tree:
        """Return a rule list: each rule answers for one side, the next ones for the other."""
        *rules, last = model.rules_
        classes = getattr(model, "classes_", None)
        words = (0, 1) if classes is None or len(classes) != 2 else tuple(classes)
        tree: Tree = Leaf(self._likely(last["val"], words))
        for rule in reversed(rules):
            self._count()
            told = Leaf(self._likely(rule["val_right"], words))
            cut = Cut(exact(float(rule["cutoff"])), keeps=False)
            low, high = (told, tree) if rule["flip"] else (tree, told)
            tree = self._branch(str(rule["col"]), cut, low, high)
        return tree

    def plain(self, data: Mapping[str, Any]) -> Tree:
        """Return a tree of plain data."""
        self._count()
        if "answer" in data:
            return Leaf(self._answer(data["answer"]))
        missing = [key for key in ("name", "at", "low", "high") if key not in data]
        if missing:
            raise ValueError(f"expected {', '.join(map(repr, missing))} in a node of a tree")
        cut = Cut(exact(data["at"]), keeps=True)
        return self._branch(
            str(data["name"]), cut, self.plain(data["low"]), self.plain(data["high"])
        )

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ValueError(f"expected a tree of at most {MOST_NODES} nodes")

    def _branch(self, name: str, cut: Cut, low: Tree, high: Tree) -> Tree:
        if name not in self._ports:
            raise ValueError(f"the tree asks for {name!r}, which is no input")
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


def _quoted(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")


def _declared(port: Port) -> str:
    words = port.words or port.name
    match port.kind:
        case "one of":
            return f"{port.name} : {words}  one of {', '.join(port.choices)}"
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
    return f"{port.name} : {words}  {kind}{ends}"


def _end(port: Port, value: Fraction) -> str:
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
        return shown(value) if port.kind == "number" else _end(port, value)

    if cell.low is None or cell.high is None:
        if cell.low is not None:
            return f"{'>' if cell.low_open else '>='} {end(cell.low)}"
        assert cell.high is not None
        return f"{'<' if cell.high_open else '<='} {end(cell.high)}"
    if cell.low == cell.high:
        return end(cell.low)
    dots = f"{'<' if cell.low_open else ''}..{'<' if cell.high_open else ''}"
    return f"{end(cell.low)} {dots} {end(cell.high)}"
