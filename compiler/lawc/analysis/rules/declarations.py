"""Lines under `symbols` of a rule to quantities: kinds, units, ranges, defaults."""

from __future__ import annotations

from dataclasses import replace

from lawc.analysis.declarations import CHOOSING, read_declarations
from lawc.analysis.rules.scope import RuleScope
from lawc.analysis.unit_reading import read_unit
from lawc.analysis.vocabulary import choices_of
from lawc.diagnostics.diagnostic import Place
from lawc.knowledge.law import Quantity
from lawc.syntax.document import Declaration
from lawc.syntax.tree import Name, Node, Number, UnitText
from lawc.units.unit import PLAIN

TAKEN = frozenset(("pi", "yes", "no", "unknown", "otherwise", "calendar"))


def declare(scope: RuleScope) -> None:
    """Put the quantities of a rule into its scope, and report the lines that declare none."""
    declared: dict[str, tuple[Declaration, Name]] = {}
    lines: list[Declaration] = []
    scope.lost |= scope.block.declared
    for line in scope.block.symbols:
        kept = _fit(line, scope)
        if kept is None:
            scope.lost.update(name.name for name in line.names)
            continue
        lines.append(kept)
        for name in kept.names:
            _name(name, kept, declared, scope)
    numbers = tuple(line for line in lines if line.kind in ("number", "integer"))
    block = replace(scope.block, symbols=numbers)
    found, findings = read_declarations(block, declared, scope.source)
    scope.findings += findings
    for line in lines:
        for name in line.names:
            if declared.get(name.name, (None,))[0] is not line:
                continue
            if name.name in found:
                scope.quantities[name.name] = found[name.name]
            elif line.kind in ("number", "integer"):
                scope.lost.add(name.name)
            else:
                scope.quantities[name.name] = _worded(line, name, scope)


def _name(
    name: Name,
    line: Declaration,
    declared: dict[str, tuple[Declaration, Name]],
    scope: RuleScope,
) -> None:
    if name.name in TAKEN:
        headline = f"`{name.name}` is a word of the language"
        scope.report("L0112", headline, name.place, help="choose another name")
        scope.lost.add(name.name)
    elif name.name in declared or name.name in scope.constants:
        earlier = declared[name.name][1].place if name.name in declared else name.place
        scope.report(
            "L0112",
            f"`{name.name}` stands twice",
            name.place,
            "here again",
            others=[(earlier, "first here")],
        )
    else:
        declared[name.name] = (line, name)


def _fit(line: Declaration, scope: RuleScope) -> Declaration | None:
    """Return a line as it may stand in a rule; None where it may not, which is reported."""
    if line.depends or line.shape > 1 or line.indices:
        scope.report(
            "L0701",
            "a quantity of a rule is one value, and no function or vector",
            line.place,
            help="declare one quantity for each value that is meant",
        )
        return None
    if line.kind == "integer":
        return replace(line, unit=UnitText(line.place, ""))
    if line.kind != "number":
        return line
    if line.unit is None:
        names = ", ".join(f"`{name.name}`" for name in line.names)
        has = "has" if len(line.names) == 1 else "have"
        scope.report(
            "L0204",
            f"{names} {has} no unit",
            line.names[0].place if line.names else line.place,
            help="write its unit in brackets, [1] for a plain number, or its kind: `yes/no`, "
            "`one of a, b`, `integer 0 .. 9`, `date`",
        )
        return None
    if read_unit(line.unit) is None:
        scope.unit(line.unit)
        return None
    return line


def _worded(line: Declaration, name: Name, scope: RuleScope) -> Quantity:
    """Return a quantity whose values are words or days."""
    choices = choices_of(line) if line.kind in CHOOSING else ()
    low = high = default = None
    if line.kind == "date":
        low, high = scope.day(line.low), scope.day(line.high)
        default = scope.day(line.default)
    elif line.default is not None:
        default = _choice(line.default, choices, name.name, scope)
    if low is not None and high is not None and low > high:
        place = _place(line.low, line.place).through(_place(line.high, line.place))
        scope.report("L0301", f"the range of `{name.name}` is empty", place)
        low = high = None
    return Quantity(
        name.name,
        line.words,
        PLAIN,
        low,
        high,
        False,
        (),
        default,
        name.place,
        line.kind,
        choices,
        line.may_be_unknown,
    )


def _place(node: Node | None, otherwise: Place) -> Place:
    return otherwise if node is None else node.place


def _choice(node: Node, choices: tuple[str, ...], of: str, scope: RuleScope) -> float | None:
    if isinstance(node, Number) and node.text in choices:
        return choices.index(node.text)
    word = node if isinstance(node, Name) else Name(node.place, scope.text(node.place))
    if word.name in choices:
        return choices.index(word.name)
    scope.wrong_word(word, choices, of)
    return None
