"""Turn a document back into the text of a file: reading it again gives an equal document.

Comments and the order of the sections are not part of a document; everything else is. Formulas
are written in one spelling, lines in the layout of the shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.syntax.comparing import say_the_same
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    BoundaryLine,
    ConditionLine,
    ConnectLine,
    ConstantLine,
    CoordinatesLine,
    Declaration,
    Document,
    EquationLine,
    EventLine,
    ExampleLine,
    HeadLine,
    ImportLine,
    ReactionLine,
    RegionLine,
    Substance,
    UseLine,
    ValidLine,
    Word,
)
from lawc.syntax.events import STOP
from lawc.syntax.formatting import formatted, laid_out
from lawc.syntax.parsing import parse
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.rules.composing import write_applies, write_checks, write_sections
from lawc.syntax.rules.document import RuleSections
from lawc.syntax.scope import Scope, scope
from lawc.syntax.tree import Binary, Comparison, Derivative, Logic, Name, Node
from lawc.syntax.writing import write

_BARE = ("status", "supersedes", "successor")

Writer = Callable[[Any, Scope], str]


def composed(document: Document) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return what is read from the text of a document that was read without findings."""
    path = document.source.path
    text = "\n".join("\n".join(_block(block)) + "\n" for block in document.blocks)
    laid = Source(path, laid_out(Source(path, text)))
    again, findings = parse(laid)
    # Where the layout alone reads as it should, the text before it needs no reading.
    if not findings and say_the_same(again, document):
        return again, ()
    return parse(Source(path, formatted(Source(path, text)).text))


def write_formula(node: Node, known: Scope) -> str:
    """Return a formula so that it reads back as the same tree among these names.

    `dx/dt` may be a quotient where `dx` and `dt` are declared too; only then is it written so that
    it can be nothing else.
    """
    text = write(node)
    if "/" not in text or say_the_same(_read_back(text, known, node), node):
        return text
    return write(_plainly(node))


def known_names(block: Block) -> Scope:
    """Return the names by which the formulas of a block are read."""
    lines = (*block.symbols, *block.constants, *block.imports)
    names = (name.name for line in lines for name in line.names)
    parts = (line.name.name for line in block.uses)
    indexed = (
        name.name
        for line in block.symbols
        if line.indices or line.shape != 1
        for name in line.names
    )
    return scope(block.place.path, names, parts, indexed)


def _read_back(text: str, known: Scope, node: Node) -> Any:
    condition = isinstance(node, Comparison | Logic)
    try:
        read = read_line(text, 0, len(text), "valid" if condition else "cell", known)
    except UnreadableError:
        return None
    return read[0] if condition else read


def _plainly(node: Any) -> Any:
    """Return a tree in which derivatives and quotients of names cannot be taken for each other."""
    if isinstance(node, tuple):
        return tuple(_plainly(part) for part in node)
    if isinstance(node, Derivative) and isinstance(node.of, Name):
        order = "" if node.order == 1 else str(node.order)
        return Name(node.place, f"d{order}/d{node.by.name}{order}({node.of.name})")
    if not isinstance(node, Node):
        return node
    parts = {f.name: _plainly(getattr(node, f.name)) for f in fields(node) if f.name != "place"}
    if isinstance(node, Binary) and node.operator == "/" and isinstance(node.right, Name):
        parts["right"] = Name(node.right.place, f"({node.right.name})")
    return replace(node, **parts)


def _block(block: Block) -> Iterator[str]:
    if block.kind == "rule":
        yield from _rule(block)
        return
    known = known_names(block)
    version = f"@{block.version.text}" if block.version is not None else ""
    yield f"{block.kind} {block.name.text}{version}"
    for section, level, lines in _sections(block):
        if lines and section:
            yield f"  {section}"
        for line in lines:
            yield " " * level + _WRITERS[type(line)](line, known)


def _rule(block: Block) -> Iterator[str]:
    known = known_names(block)
    sections = block.rule if block.rule is not None else RuleSections()
    version = f"@{block.version.text}" if block.version is not None else ""
    yield f"rule {block.name.text}{version}"
    yield from (f"  {_head(line, known)}" for line in block.head)
    yield from (f"  {write_applies(line)}" for line in sections.applies)
    yield from (f"  {_import(line, known)}" for line in block.imports)
    checks = write_checks(sections, block.examples, block.always)
    parts = [
        ("symbols", [_declaration(line, known) for line in block.symbols]),
        *write_sections(sections),
        ("checks", checks),
    ]
    for header, lines in parts:
        if lines:
            yield ""
            yield f"  {header}"
            yield from (f"    {line}" for line in lines)


def _sections(block: Block) -> Iterable[tuple[str, int, Sequence[Any]]]:
    """Return the sections of a block in the order of the language page, the head without a key."""
    return (
        ("", 2, block.head),
        ("", 2, block.imports),
        ("", 2, (block.coordinates,) if block.coordinates is not None else ()),
        ("", 2, block.uses),
        ("", 2, block.constants),
        ("symbols", 4, block.symbols),
        ("equations", 4, block.equations),
        ("reactions", 4, block.reactions),
        ("connect", 4, block.connections),
        ("initial", 4, block.initial),
        ("region", 4, block.region),
        ("boundary", 4, block.boundary),
        ("events", 4, block.events),
        ("valid", 4, block.valid),
        ("checks", 4, (*block.examples, *block.always)),
    )


def _head(line: HeadLine, known: Scope) -> str:
    value = line.value.text
    return f"{line.key.text} {value}" if line.key.text in _BARE else f'{line.key.text} "{value}"'


def _import(line: ImportLine, known: Scope) -> str:
    return f"import {line.identity.text} ({_names(line.names)})"


def _use(line: UseLine, known: Scope) -> str:
    return f"use {line.identity.text} as {line.name.name}"


def _coordinates(line: CoordinatesLine, known: Scope) -> str:
    system = "" if line.system.text == "cartesian" else f" {line.system.text}"
    return f"coordinates {_names(line.names)}{system}"


def _declaration(line: Declaration, known: Scope) -> str:
    indices = f"[{_names(line.indices)}]" if line.indices else ""
    text = f"{', '.join(name.name + indices for name in line.names)} : {line.words}"
    if line.depends:
        text += f" ({_names(line.depends)})"
    if line.kind != "number":
        text += f" {line.kind}"
        if line.choices:
            text += f" {', '.join(choice.text for choice in line.choices)}"
    if line.shape != 1:
        text += f" vector{line.shape}"
    if line.unit is not None:
        text += f" [{line.unit.text}]"
    if line.low is not None and line.high is not None:
        text += f" {write_formula(line.low, known)} .. {write_formula(line.high, known)}"
    if line.log:
        text += " log"
    if line.default is not None:
        text += f" = {write_formula(line.default, known)}"
    return f"{text} may be unknown" if line.may_be_unknown else text


def _constant(line: ConstantLine, known: Scope) -> str:
    names = f"{_names(line.names)} : {line.words}"
    if line.unit is None:
        return f"{names} = {write(line.value)}"
    return f"{names} [{line.unit.text}] = {write_formula(line.value, known)}"


def _equation(line: EquationLine, known: Scope) -> str:
    sides = f"{write_formula(line.left, known)} {line.relation} {write_formula(line.right, known)}"
    if not line.each:
        return _label(line.label) + sides
    label = line.label.text if line.label is not None else ""
    each = ", ".join(f"{index.name} in {write(over)}" for index, over in line.each)
    return f"{label}[{each}]: {sides}"


def _reaction(line: ReactionLine, known: Scope) -> str:
    arrow = "<=>" if line.reversible else "->"
    rates = ", ".join(write_formula(rate, known) for rate in line.rates)
    sides = f"{_side(line.left)} {arrow} {_side(line.right)}"
    return f"{_label(line.label)}{sides} ; rate{' =' if line.whole else ''} {rates}"


def _side(substances: tuple[Substance, ...]) -> str:
    words = [s.name.name if s.count == 1 else f"{s.count!r} {s.name.name}" for s in substances]
    return " + ".join(words) or "0"


def _connect(line: ConnectLine, known: Scope) -> str:
    return f"{line.left.name} = {write_formula(line.right, known)}"


def _condition(line: ConditionLine, known: Scope) -> str:
    left, right = write_formula(line.left, known), write_formula(line.right, known)
    return f"{left} = {right} at {line.variable.name} = {write_formula(line.at, known)}"


def _boundary(line: BoundaryLine, known: Scope) -> str:
    left = write_formula(line.left, known)
    if line.right is None:
        return f"{left} periodic in {line.variable.name if line.variable is not None else ''}"
    right = write_formula(line.right, known)
    if line.variable is None:
        return f"{left} = {right} on {line.part.text if line.part is not None else ''}"
    return f"{left} = {right} at {line.variable.name} = {_end(line.at, known)}" + "".join(
        f", {name.name} = {write_formula(value, known)}" for name, value in line.further
    )


def _region(line: RegionLine, known: Scope) -> str:
    text = f"{line.name.text}: without {line.shape.text}"
    if line.radius is None:
        ends = [
            f"{name.name} = {write_formula(low, known)} .. {write_formula(high, known)}"
            for name, low, high in line.bounds
        ]
        return f"{text} {', '.join(ends)}"
    middle = [f"{name.name} = {write_formula(value, known)}" for name, value in line.centre]
    return f"{text} at {', '.join(middle)} radius {write_formula(line.radius, known)}"


def _event(line: EventLine, known: Scope) -> str:
    changes = ", ".join(
        f"{write_formula(one.left, known)} = {write_formula(one.right, known)}"
        for one in line.changes
    )
    condition = write_formula(line.condition, known)
    return f"{_label(line.label)}when {condition}: {changes or STOP}"


def _valid(line: ValidLine, known: Scope) -> str:
    text = write_formula(line.condition, known)
    return f'{text} "{line.words}"' if line.words else text


def _example(line: ExampleLine, known: Scope) -> str:
    text = f"example: {line.quantity.name} = {write_formula(line.value, known)}"
    if line.tolerance is not None:
        text += f" within {write_formula(line.tolerance, known)}"
    settings = (f"{name.name} = {write_formula(value, known)}" for name, value in line.given)
    return f"{text} given {', '.join(settings)}" if line.given else text


def _always(line: AlwaysLine, known: Scope) -> str:
    text = f"always {write_formula(line.subject, known)}"
    by = line.by.name if line.by is not None else ""
    value = write_formula(line.value, known) if line.value is not None else ""
    match line.form:
        case "comparison":
            pass
        case "tends to":
            text += f" -> {value} as {by} -> {_end(line.towards, known)}"
        case "scales with":
            text += f" scales with {by} ^ {value}"
        case form:
            text += f" {form} {by}".rstrip() + (f" with {value}" if value else "")
    where = ", ".join(write_formula(condition, known) for condition in line.where)
    return f"{text} where {where}" if where else text


def _end(value: Node | Word | None, known: Scope) -> str:
    """Return what a variable is, or tends to."""
    if isinstance(value, Word):
        return value.text
    return write_formula(value, known) if value is not None else ""


def _label(label: Word | None) -> str:
    return f"{label.text}: " if label is not None else ""


def _names(names: Iterable[Name]) -> str:
    return ", ".join(name.name for name in names)


_WRITERS: dict[type, Writer] = {
    AlwaysLine: _always,
    BoundaryLine: _boundary,
    RegionLine: _region,
    ConditionLine: _condition,
    ConnectLine: _connect,
    ConstantLine: _constant,
    CoordinatesLine: _coordinates,
    Declaration: _declaration,
    EquationLine: _equation,
    EventLine: _event,
    ExampleLine: _example,
    HeadLine: _head,
    ImportLine: _import,
    ReactionLine: _reaction,
    UseLine: _use,
    ValidLine: _valid,
}
"""One for each kind of line of a document."""
