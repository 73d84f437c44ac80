"""Words that are values: choices of a `one of`, elements of a set, components of vectors.

They are no names of quantities, so they are replaced by what they are before any pass asks what a
name means: a Number whose text is the word, and whose value is its place among the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.vocabulary import Vocabulary, whole
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.syntax.document import Block, Declaration
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import (
    Choice,
    Comparison,
    Fold,
    Index,
    Name,
    Node,
    Number,
    Range,
    UnitText,
    rebuild,
    walk,
)


def settle(block: Block, said: Vocabulary) -> tuple[Block, list[Diagnostic]]:
    """Return a block in which words that are values are numbers, and what is wrong with them."""
    return _Settling(block, said).block()


def is_word(node: Node) -> bool:
    """Return whether a number stands for a word."""
    return isinstance(node, Number) and node.text[:1].isalpha() and node.text != "pi"


class Elements:
    """Settles what stands between brackets behind the names of indexed quantities.

    Attributes:
        findings: What is wrong with them.
        bound: The names that are indices at the moment.
    """

    def __init__(self, said: Vocabulary) -> None:
        self.said = said
        self.findings: list[Diagnostic] = []
        self.bound: set[str] = set()

    def node(self, node: Node) -> Node:
        """Return an expression with its words settled."""
        indices = {fold.index.name for fold in walk(node) if isinstance(fold, Fold)}
        before, self.bound = self.bound, self.bound | indices
        settled = rebuild(node, self._change)
        self.bound = before
        return settled

    def _change(self, node: Node) -> Node | None:
        if isinstance(node, Index):
            return Index(node.place, node.of, self._indices(node))
        return None

    def _indices(self, node: Index) -> tuple[Node, ...]:
        name = node.of.name
        sets = self.said.indices.get(name, ())
        size = self.said.vectors.get(name)
        most = len(sets) + (1 if size is not None else 0)
        if not len(sets) <= len(node.indices) <= most:
            self.findings.append(_wrong_number(node, sets, size))
            return node.indices
        settled: list[Node] = []
        for position, index in enumerate(node.indices):
            if position < len(sets):
                elements, of = self.said.sets.get(sets[position], ()), f"`{sets[position]}`"
            else:
                elements, of = self.said.coordinates.components(size or 3), f"the vector `{name}`"
            settled.append(self._element(index, elements, of, sets))
        return tuple(settled)

    def _element(
        self, index: Node, elements: tuple[str, ...], of: str, sets: Iterable[str]
    ) -> Node:
        """Return an index that is an element as its number; what only later is known stays."""
        number = whole(index)
        word = (
            str(number) if number is not None else index.name if isinstance(index, Name) else None
        )
        if word is None or (isinstance(index, Name) and word in self.bound):
            return index
        if word in elements:
            return Number(index.place, word, elements.index(word) if number is None else number)
        if word not in self.bound and word not in sets:
            self.findings.append(_no_element(index, word, elements, of))
            return Number(index.place, elements[0] if elements else word, 0)
        return index


class _Settling(Elements):
    def __init__(self, block: Block, said: Vocabulary) -> None:
        super().__init__(said)
        self.written = block
        self.declared = {name.name for line in block.symbols for name in line.names}

    def block(self) -> tuple[Block, list[Diagnostic]]:
        written = self.written
        symbols = tuple(self._declaration(line) for line in written.symbols)
        equations = []
        for line in written.equations:
            self.bound = {index.name for index, _ in line.each}
            left, right = self._sides(line.left, line.right)
            equations.append(replace(line, left=left, right=right))
        self.bound = set()
        initial = []
        for line in written.initial:
            left, right = self._sides(line.left, line.right)
            initial.append(replace(line, left=left, right=right, at=self.node(line.at)))
        boundary = []
        for line in written.boundary:
            at = self.node(line.at) if isinstance(line.at, Node) else line.at
            if line.right is None:
                boundary.append(replace(line, left=self.node(line.left)))
                continue
            left, right = self._sides(line.left, line.right)
            boundary.append(replace(line, left=left, right=right, at=at))
        events = []
        for event in written.events:
            changes = []
            for change in event.changes:
                left, right = self._sides(change.left, change.right)
                changes.append(replace(change, left=left, right=right))
            condition = self.node(event.condition)
            events.append(replace(event, condition=condition, changes=tuple(changes)))
        valid = [replace(line, condition=self.node(line.condition)) for line in written.valid]
        examples = []
        for line in written.examples:
            value = self._value(line.quantity, line.value)
            given = tuple((name, self._value(name, node)) for name, node in line.given)
            examples.append(replace(line, value=value, given=given))
        always = [
            replace(
                line,
                subject=self.node(line.subject),
                value=self.node(line.value) if line.value is not None else None,
                towards=self.node(line.towards) if isinstance(line.towards, Node) else line.towards,
                where=tuple(self.node(condition) for condition in line.where),
            )
            for line in written.always
        ]
        settled = replace(
            written,
            symbols=symbols,
            equations=tuple(equations),
            initial=tuple(initial),
            boundary=tuple(boundary),
            events=tuple(events),
            valid=tuple(valid),
            examples=tuple(examples),
            always=tuple(always),
        )
        return settled, self.findings

    def _change(self, node: Node) -> Node | None:
        if isinstance(node, Comparison) and any(self._kind(o) for o in node.operands):
            named = next(o for o in node.operands if self._kind(o))
            operands = tuple(self._word(o, named) for o in node.operands)
            return Comparison(node.place, node.operators, operands)
        return super()._change(node)

    def _sides(self, left: Node, right: Node) -> tuple[Node, Node]:
        """Settle two sides that are equal; the name of a word on one makes words of the other."""
        for named, other in ((left, right), (right, left)):
            if self._kind(named):
                settled = self._words(self.node(other), named)
                return (named, settled) if named is left else (settled, named)
        return self.node(left), self.node(right)

    def _words(self, node: Node, named: Node) -> Node:
        """Settle what a word may become by a choice."""
        if isinstance(node, Choice):
            then, otherwise = self._words(node.then, named), self._words(node.otherwise, named)
            return Choice(node.place, node.condition, then, otherwise)
        return self._word(node, named)

    def _value(self, name: Name, node: Node) -> Node:
        return self._word(node, name) if self._kind(name) else self.node(node)

    def _kind(self, node: Node) -> bool:
        """Return whether a node is the name of something whose values are words."""
        if not isinstance(node, Name):
            return False
        base = node.name.partition("[")[0]
        return self.said.kinds.get(base) in ("one of", "yes/no")

    def _word(self, node: Node, named: Node) -> Node:
        """Return a word that is a choice of a name as its number."""
        if not isinstance(node, Name) or self._kind(node) or not isinstance(named, Name):
            return self.node(node)
        name = named.name.partition("[")[0]
        choices = self.said.sets.get(name, ())
        if node.name in choices:
            return Number(node.place, node.name, choices.index(node.name))
        if node.name not in self.declared and node.name not in self.bound:
            self.findings.append(_no_choice(node, name, choices))
            return Number(node.place, node.name, 0)
        return node

    def _declaration(self, line: Declaration) -> Declaration:
        """Return a declaration of a kind without unit as one of a plain number."""
        if line.kind == "number":
            return line
        default = line.default
        if default is not None and isinstance(default, Name) and line.names:
            default = self._word(default, line.names[0])
        return replace(line, unit=UnitText(line.place, "1"), default=default)


def set_of(over: Node, said: Vocabulary) -> tuple[str, ...] | None:
    """Return the elements that an index runs over, None where it is no set."""
    if isinstance(over, Range):
        low, high = whole(over.low), whole(over.high)
        if low is None or high is None or not low <= high:
            return None
        return tuple(str(number) for number in range(low, min(high, low + 10_000) + 1))
    return said.sets.get(over.name) if isinstance(over, Name) else None


def _no_choice(node: Name, name: str, choices: tuple[str, ...]) -> Diagnostic:
    near = nearest(node.name, choices)
    return finding(
        "L0116",
        f"`{node.name}` is none of the choices of `{name}`",
        node.place,
        help=f"write `{near}`" if near else f"the choices are {listed(quoted(choices[:8]))}",
    )


def _no_element(index: Node, word: str, elements: tuple[str, ...], of: str) -> Diagnostic:
    near = nearest(word, elements) if not word.lstrip("-").isdigit() else None
    return finding(
        "L0115",
        f"{of} has no element `{word}`",
        index.place,
        help=f"write `{near}`" if near else f"its elements are {listed(quoted(elements[:8]))}",
    )


def _wrong_number(node: Index, sets: tuple[str, ...], size: int | None) -> Diagnostic:
    name = node.of.name
    wanted = [*sets, *(["x"] if size is not None else [])]
    count = len(sets) or 1
    noun = "index" if count == 1 else "indices"
    return finding(
        "L0115",
        f"`{name}` has {count} {noun}, here it has {len(node.indices)}",
        node.place,
        help=f"write `{name}[{', '.join(wanted)}]`",
    )
