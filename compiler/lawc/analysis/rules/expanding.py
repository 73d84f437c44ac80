"""Indices and sums of a rule written out: `votes[party]` is one quantity for each element.

The formulas are written out as those of laws are. A line that speaks of `seats[party]` becomes one
for each element, with the place of what it was written from, so that every later pass reads a rule
of plain quantities.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import product
from typing import Any

from lawc.analysis.coordinates import CARTESIAN
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.rules.apportion import Members
from lawc.analysis.rules.element_cases import vertical
from lawc.analysis.settling import Elements, set_of
from lawc.analysis.vocabulary import MOST_ELEMENTS, Vocabulary, vocabulary
from lawc.analysis.writing_out import MOST_NODES, RefusedError, WritingOut
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.document import AlwaysLine, Block, Declaration, ExampleLine, Word
from lawc.syntax.rules.composing import write_claim
from lawc.syntax.rules.document import ApportionSection, CasesSection, ClauseLine
from lawc.syntax.tree import Comparison, Fold, Index, Name, Node, Number, Range, walk

_FOLDED = re.compile(r"\b(?:sum|product)[ ]*\(")


def has_elements(block: Block) -> bool:
    """Return whether a rule has indexed quantities, or sums over a set."""
    steps = () if block.rule is None else block.rule.steps
    apportioned = any(isinstance(step, ApportionSection) for step in steps)
    indexed = any(line.indices for line in block.symbols)
    return apportioned or indexed or bool(_FOLDED.search(block.text))


def expand_rule(block: Block) -> tuple[Block, list[Diagnostic]]:
    """Return a rule with everything written out, and what is wrong with its indices.

    A line with such a finding is left out, and its names are mentioned.
    """
    return _Expanding(block, vocabulary(block, CARTESIAN)).block()


class _Out(WritingOut):
    """Writes formulas of rules out: an element that is a word stays a word."""

    def __init__(self, said: Vocabulary) -> None:
        super().__init__(None, said)

    def value(self, node: Node) -> Any:
        if isinstance(node, Comparison) and set(node.operators) <= {"=", "!="}:
            words = [self.bound.get(o.name) for o in node.operands if isinstance(o, Name)]
            if len(words) == len(node.operands) and None not in words:
                return _known(node, [word for word in words if word is not None])
        return super().value(node)

    def element_at(self, place: Place, chosen: str) -> Node:
        number = chosen.lstrip("-").isdigit()
        return Number(place, chosen, int(chosen)) if number else Name(place, chosen)


def _known(node: Comparison, words: list[str]) -> Node:
    """Return a comparison of elements as one of numbers, which holds where that one does."""
    pairs = zip(node.operators, words, words[1:], strict=False)
    holds = all((one == other) == (sign == "=") for sign, one, other in pairs)
    zero = Number(node.place, "0", 0)
    return Comparison(node.place, ("=" if holds else "!=",), (zero, zero))


class _Expanding:
    def __init__(self, block: Block, said: Vocabulary) -> None:
        self._written = block
        self._said = said
        self._out = _Out(said)
        self._elements = Elements(said)
        self._findings: list[Diagnostic] = []
        self._lost: set[str] = set()
        self._declared = 0
        self._full = False

    def block(self) -> tuple[Block, list[Diagnostic]]:
        block, sections = self._written, self._written.rule
        symbols = [own for line in block.symbols for own in self._declarations(line)]
        made: dict[str, Any] = {}
        if sections is not None:
            for part in fields(sections):
                lines = getattr(sections, part.name)
                made[part.name] = tuple(one for line in lines for one in self._lines(line))
        always = tuple(claim for line in block.always for claim in self._claims(line))
        examples = tuple(found for line in block.examples for found in self._lines(line))
        written = replace(
            block,
            equations=tuple(one for line in block.equations for one in self._lines(line)),
            examples=examples,
            always=always,
            mentioned=block.mentioned | self._lost,
            rule=None if sections is None else replace(sections, **made),
        )
        used = _names(written)
        running = {index for sets in self._said.indices.values() for index in sets}
        running |= {
            node.over.name
            for part in _nodes(block)
            for node in walk(part)
            if isinstance(node, Fold) and isinstance(node.over, Name)
        }
        kept = tuple(line for line in symbols if not _only_runs(line, running - used))
        return replace(written, symbols=kept), self._findings

    def _declarations(self, line: Declaration) -> Iterator[Declaration]:
        """Yield a declaration for each element, or the line itself."""
        if not line.indices:
            yield line
            return
        if self._full:
            # One finding says that all is too much.
            self._lost |= {name.name for name in line.names}
            return
        for index in line.indices:
            if index.name not in self._said.sets:
                self._no_set(index, index.name)
                self._lost |= {name.name for name in line.names}
                return
        for name in line.names:
            own = self._said.elements(name.name)
            self._declared += len(own)
            if len(own) > MOST_ELEMENTS or self._declared > MOST_NODES:
                self._too_many(line.place)
                self._full = self._full or self._declared > MOST_NODES
                self._lost.add(name.name)
                continue
            for one in own:
                words = f"{line.words}, {one[len(name.name) + 1 : -1]}"
                yield replace(line, names=(Name(name.place, one),), words=words, indices=())

    def _lines(self, line: Any) -> Iterator[Any]:
        """Yield a line or a section once for each choice of the elements that it speaks of."""
        if isinstance(line, CasesSection | ExampleLine):
            yield from self._cases(line)
            return
        if isinstance(line, ApportionSection):
            yield from self._apportioned(line)
            return
        each = line.each if isinstance(line, ClauseLine) else ()
        yield from self._written_out(line, each, lambda made: made)

    def _apportioned(self, line: ApportionSection) -> Iterator[Members]:
        """Yield an apportionment with a part for each member of its set."""
        settled = self._settled(line, set())
        if settled is None:
            return
        help = "write `apportion seats[party] from house by votes[party]`"
        before = len(self._findings)
        sets = {name.name for name in _sets_in(settled.output, self._said)}
        if len(sets) != 1 or len(settled.output.indices) != 1:
            headline = "what is apportioned has a value for each member of one set"
            self._report("L0115", headline, line.output.place, help)
            self._lose(line)
            return
        (over,) = sets
        among = () if settled.among is None else (settled.among[1],)
        for node in (settled.by, *among, settled.whole, *_some(settled.least)):
            inside = node in (settled.by, *among)
            for name in _sets_in(node, self._said):
                if name.name != over or not inside:
                    headline = f"the members are each `{over}`, and this is each `{name.name}`"
                    self._report("L0115", headline, name.place, help)
        if settled.among is not None and settled.among[0].name != over:
            headline = f"the members are each `{over}`, and not `{settled.among[0].name}`"
            self._report("L0115", headline, settled.among[0].place, f"write `among {over} where …`")
        if len(self._findings) > before:
            self._lose(line)
            return
        parts = tuple(self._written_out(line, (), lambda made: made))
        if parts:
            yield Members(parts[0], self._said.sets[over], parts)

    def _claims(self, line: AlwaysLine) -> list[AlwaysLine]:
        found: list[AlwaysLine] = list(self._written_out(line, (), lambda made: made))
        if len(found) == 1:
            return [replace(found[0], text=line.text)]
        return [replace(one, text=write_claim(one)) for one in found]

    def _cases(self, line: CasesSection | ExampleLine) -> Iterator[Any]:
        """Yield worked cases; each names its elements, or is a table of them."""
        if isinstance(line, CasesSection) and line.by is not None:
            made = vertical(line, self._said, self._findings)
            if made is None:
                self._lose(line)
                return
            line = made
        settled = self._settled(line, set())
        if settled is None:
            return
        sets = [node for part in _nodes(settled) for node in _sets_in(part, self._said)]
        if sets:
            said = sets[0].name
            self._findings.append(
                finding(
                    "L0115",
                    f"a worked case names one element, and this is each of `{said}`",
                    sets[0].place,
                    help=f"name the element, or write `examples by {said}` with a row for each",
                )
            )
            self._lose(line)
            return
        yield from self._written_out(line, (), lambda made: made)

    def _written_out(
        self,
        line: Any,
        each: tuple[tuple[Name, Node], ...],
        finish: Callable[[Any], Any],
    ) -> Iterator[Any]:
        if self._full:
            self._lose(line)
            return
        sets: dict[str, tuple[str, ...]] = {}
        for name, over in each:
            chosen = self._running(over)
            if chosen is None:
                self._lose(line)
                return
            sets[name.name] = chosen
        settled = self._settled(line, set(sets))
        if settled is None:
            return
        for part in _nodes(settled):
            for name in _sets_in(part, self._said):
                sets.setdefault(name.name, self._said.sets[name.name])
        count = 1
        for elements in sets.values():
            count *= len(elements)
        if count > MOST_ELEMENTS:
            self._too_many(line.place)
            self._lose(line)
            return
        if each:
            settled = replace(settled, each=())
        for chosen in product(*sets.values()):
            self._out.bound = dict(zip(sets, chosen, strict=True))
            try:
                yield finish(_mapped(settled, self._node))
            except RefusedError as refused:
                self._findings.append(refused.found)
                self._full = refused.found.code == "L0119"
                self._lose(line)
                return
            finally:
                self._out.bound = {}

    def _node(self, node: Node) -> Node:
        return self._out.scalar(node)

    def _settled(self, line: Any, bound: set[str]) -> Any:
        """Return a line with its indices found right, None where one is not, which is reported."""
        before = len(self._findings)
        self._elements.bound = bound

        def settle(node: Node) -> Node:
            if isinstance(node, Name):
                node = _as_index(node, self._said)
            named = {id(part.of) for part in walk(node) if isinstance(part, Index)}
            for part in walk(node):
                if id(part) not in named:
                    self._check(part)
            return self._elements.node(node)

        settled = _mapped(line, settle)
        self._findings += self._elements.findings
        self._elements.findings.clear()
        if len(self._findings) > before:
            self._lose(line)
            return None
        return settled

    def _check(self, node: Node) -> None:
        if isinstance(node, Fold):
            self._running(node.over)
        elif isinstance(node, Index) and node.of.name not in self._said.indices:
            headline = f"`{node.of.name}` has no index"
            self._report("L0115", headline, node.place, f"write `{node.of.name}`")
        elif isinstance(node, Name) and node.name in self._said.indices:
            name, sets = node.name, ", ".join(self._said.indices[node.name])
            headline = f"`{name}` has a value for each {sets}, and none is chosen here"
            help = f"write `{name}[{sets}]` for each of them, or `{name}[…]` for one"
            self._report("L0115", headline, node.place, help)

    def _running(self, over: Node) -> tuple[str, ...] | None:
        """Return the elements that an index runs over; what is no set is reported."""
        elements = set_of(over, self._said)
        if not elements:
            self._no_set(over, over.name if isinstance(over, Name) else "this")
            return None
        if len(elements) > MOST_ELEMENTS:
            self._too_many(over.place)
            return None
        return elements

    def _no_set(self, node: Node, name: str) -> None:
        sets = [known for known, elements in self._said.sets.items() if elements]
        help = "declare a `one of`, or an `integer` with a range, or write `1 .. 4`"
        if sets:
            help = f"the sets of this rule are {listed(quoted(sets))}"
        said = "these ends make" if isinstance(node, Range) else f"`{name}` is"
        self._report("L0118", f"{said} no set that an index can run over", node.place, help)

    def _too_many(self, place: Place) -> None:
        headline = f"this stands for more than {MOST_ELEMENTS} elements"
        self._report("L0119", headline, place, "let indices run over fewer elements")

    def _report(self, code: str, headline: str, place: Place, help: str) -> None:
        if not any(found.code == code and found.place == place for found in self._findings):
            self._findings.append(finding(code, headline, place, help=help))

    def _lose(self, line: Any) -> None:
        """Keep the names of a line that is left out: what it decides is not missed."""
        for part in _nodes(line):
            for node in walk(part):
                if isinstance(node, Name):
                    base = node.name.partition("[")[0]
                    self._lost.update((base, node.name, *self._said.elements(base)))


def _as_index(name: Name, said: Vocabulary) -> Node:
    """Return a name such as `c[A, 1]` as an index; a plain name as it is."""
    base, bracket, inside = name.name.partition("[")
    if not bracket or base not in said.indices:
        return name
    place = name.place
    indices = tuple(
        Number(place, word, int(word)) if word.lstrip("-").isdigit() else Name(place, word)
        for word in inside.removesuffix("]").split(", ")
    )
    return Index(place, Name(place, base), indices)


def _sets_in(node: Node, said: Vocabulary) -> Iterator[Name]:
    """Yield the names of sets that stand between brackets themselves."""
    for part in walk(node):
        for index in part.indices if isinstance(part, Index) else ():
            if isinstance(index, Name) and index.name in said.sets:
                yield index


def _some(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else (node,)


def _mapped(part: Any, change: Callable[[Node], Node]) -> Any:
    """Return a line or a section with each formula and each name changed."""
    if isinstance(part, Node):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_mapped(one, change) for one in part)
    if isinstance(part, Place | Word) or not is_dataclass(part) or isinstance(part, type):
        return part
    made = {
        own.name: _mapped(getattr(part, own.name), change)
        for own in fields(part)
        if own.name != "place"
    }
    return replace(part, **made)


def _nodes(part: Any) -> Iterator[Node]:
    """Yield the formulas and names of a line or a section."""
    if isinstance(part, Node):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _nodes(one)
    elif is_dataclass(part) and not isinstance(part, Place | Word | type):
        for own in fields(part):
            if own.name != "place":
                yield from _nodes(getattr(part, own.name))


def _names(block: Block) -> set[str]:
    """Return the names that stand in what a rule decides and checks."""
    parts = (block.rule, block.examples, block.always, block.equations)
    return {
        node.name
        for part in parts
        for root in _nodes(part)
        for node in walk(root)
        if isinstance(node, Name)
    }


def _only_runs(line: Declaration, running: set[str]) -> bool:
    """Return whether a line declares nothing but a set that indices run over."""
    return bool(line.names) and all(name.name in running for name in line.names)
