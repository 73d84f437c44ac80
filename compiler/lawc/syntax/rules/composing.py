"""Turn the sections of a rule back into lines of text: reading them again gives equal sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lawc.syntax.document import AlwaysLine, ExampleLine
from lawc.syntax.rules.cells import write_test
from lawc.syntax.rules.document import (
    AppliesLine,
    ApportionSection,
    CalendarLine,
    CasesSection,
    Cell,
    ClauseLine,
    Column,
    ParametersSection,
    RoundingText,
    RowLine,
    RuleSections,
    SampleLine,
    ScaleSection,
    ScoreSection,
    SoftLine,
    TableSection,
)
from lawc.syntax.sections import TEXT_COLUMNS
from lawc.syntax.writing import write, write_sum

Part = tuple[str, list[str]]
"""The line that begins a section, and the lines under it."""


def write_applies(line: AppliesLine) -> str:
    """Return `applies in US from 2024-01-01 to 2024-12-31`."""
    words = "applies"
    if line.jurisdiction is not None:
        words += f" in {line.jurisdiction.text}"
    if line.since is not None:
        words += f" from {write(line.since)}"
    return words if line.until is None else f"{words} to {write(line.until)}"


def write_sections(sections: RuleSections) -> Iterator[Part]:
    """Yield the sections that decide, in the order of the language page, without `checks`."""
    for one in sections.parameters:
        yield "parameters", list(_rows(one, set()))
    for name, lines in groupby(sections.calendar, key=_calendar_of):
        header = f"calendar {name}" if name else "calendar"
        yield header, [_calendar(line) for line in lines]
    for is_clause, steps in groupby(sections.steps, key=lambda s: isinstance(s, ClauseLine)):
        if is_clause:
            yield "clauses", [_clause(one) for one in steps if isinstance(one, ClauseLine)]
            continue
        for step in steps:
            if not isinstance(step, ClauseLine):
                yield _step(step)
    if sections.soft:
        yield "soft", [_soft(line) for line in sections.soft]
    if sections.sample:
        yield "sample", [_sample(line) for line in sections.sample]


def write_checks(
    sections: RuleSections, examples: Sequence[ExampleLine], always: Sequence[AlwaysLine]
) -> list[str]:
    """Return the lines of `checks`; a table of cases is indented by two more."""
    lines: list[str] = []
    for one in sections.cases:
        lines += (_examples(one), *(f"  {row}" for row in _rows(one, set())))
    lines += [_example(line) for line in examples]
    return lines + [_always(line) for line in always]


def _step(step: TableSection | ScaleSection | ScoreSection | ApportionSection) -> Part:
    if isinstance(step, ApportionSection):
        return _apportion(step)
    if isinstance(step, ScoreSection):
        return f"score {step.output.name}", list(_rows(step, set()))
    if isinstance(step, ScaleSection):
        header = f"scale {step.output.name} marginal on {write(step.on)}"
        if step.by is not None:
            header += f" by {step.by.name}"
        return header + _rounding(step.rounding), list(_rows(step, set()))
    outputs, by = (", ".join(n.name for n in names) for names in (step.outputs, step.by))
    header = f"{step.kind} {outputs} by {by}"
    if step.policy != "unique":
        header += f" {step.policy}"
    return header, list(_rows(step, {name.name for name in step.outputs}))


def _apportion(step: ApportionSection) -> Part:
    header = f"apportion {step.output.name} from {write_sum(step.whole)} by {write_sum(step.by)}"
    lines = [f"rounding {step.rounding.text}"]
    if step.least is not None:
        lines.append(f"at least {write(step.least)}")
    if step.among is not None:
        lines.append(f"among {step.among[0].name} where {write(step.among[1])}")
    if step.ties is not None:
        lines.append(f"ties {step.ties.text}")
    return header, lines


def _rows(
    section: TableSection | ScaleSection | ScoreSection | ParametersSection | CasesSection,
    plain: set[str],
) -> Iterator[str]:
    """Yield the lines of a table; answers whose names are plain need no arrow."""
    yield _row(_column(column, plain) for column in section.header)
    remarks = ("label",) if isinstance(section, CasesSection) else TEXT_COLUMNS
    texts = [column.name.name in remarks for column in section.header]
    for line in section.rows:
        yield _row(_cells(line, texts))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(line: RowLine, texts: list[bool]) -> Iterator[str]:
    for at, cell in enumerate(line.cells):
        if line.otherwise and at == 0:
            yield "otherwise"
        elif at < len(texts) and texts[at]:
            yield _text(cell.text)
        else:
            yield _cell(cell)


def _text(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return f'"{text}"' if is_quoted or "|" in text or "#" in text else text


def _cell(cell: Cell) -> str:
    if cell.tests:
        return ("not " if cell.negated else "") + ", ".join(map(write_test, cell.tests))
    if cell.value is None:
        return "-"
    tolerance = "" if cell.tolerance is None else f" within {write(cell.tolerance)}"
    return write(cell.value) + tolerance


def _column(column: Column, plain: set[str]) -> str:
    if column.tests:
        return ", ".join(map(write_test, column.tests))
    text = column.name.name
    if column.is_answer and text not in plain:
        text = f"-> {text}"
    if column.unit is not None:
        text += f" [{column.unit.text}]"
    return text if column.tolerance is None else f"{text} within {write(column.tolerance)}"


def _clause(line: ClauseLine) -> str:
    text = "" if line.label is None else f"{line.label.text}{_each(line)}: "
    before = bool(line.defeats)
    if before:
        text += f"except {', '.join(word.text for word in line.defeats)}"
        text += "" if line.condition is None else f" when {write(line.condition)}"
        text += ": "
    value = " not applicable" if line.value is None else f" = {write(line.value)}"
    text += line.output.name + value + _rounding(line.rounding)
    if not before and line.condition is not None:
        text += f" when {write(line.condition)}"
    return f'{text} "{line.words}"' if line.words else text


def _each(line: ClauseLine) -> str:
    indices = ", ".join(f"{index.name} in {write(over)}" for index, over in line.each)
    return f"[{indices}]" if indices else ""


def _rounding(rounding: RoundingText | None) -> str:
    return "" if rounding is None else f" rounded {rounding.mode} to {write_sum(rounding.step)}"


def _soft(line: SoftLine) -> str:
    widths = ", ".join(f"{name.name} +/- {write_sum(width)}" for name, width in line.widths)
    return f"{line.output.name}: {widths}"


def _sample(line: SampleLine) -> str:
    unit = line.unit
    name = line.name.name if unit is None else f"value({line.name.name}, [{unit.text}])"
    if line.family is None:
        listed = (f"{write_sum(value)} {write_sum(weight)}" for value, weight in line.shares)
        return f"{name} ~ {', '.join(listed)}"
    text = f"{name} ~ {line.family.name}({', '.join(map(write, line.parameters))})"
    return text if line.unknown is None else f"{text}, unknown {write_sum(line.unknown)}"


def _calendar_of(line: CalendarLine) -> str:
    return "" if line.calendar is None else line.calendar.text


def _calendar(line: CalendarLine) -> str:
    between = " .. " if line.key.text == "known" else ", "
    return f"{line.key.text} {between.join(map(write, line.values))}"


def _example(line: ExampleLine) -> str:
    text = f"example: {line.quantity.name} = {write_sum(line.value)}"
    if line.tolerance is not None:
        text += f" within {write(line.tolerance)}"
    if line.given:
        settings = (f"{name.name} = {write_sum(value)}" for name, value in line.given)
        text += f" given {', '.join(settings)}"
    return text if line.day is None else f"{text} as of {write_sum(line.day)}"


def _examples(section: CasesSection) -> str:
    text = "examples" if section.by is None else f"examples by {section.by.name}"
    given = ", ".join(f"{name.name} = {write_sum(value)}" for name, value in section.given)
    text = f"{text} given {given}" if given else text
    return text if section.day is None else f"{text} as of {write_sum(section.day)}"


def _always(line: AlwaysLine) -> str:
    return f"always {write_claim(line)}"


def write_claim(line: AlwaysLine) -> str:
    """Return what stands behind `always`."""
    text = write(line.subject)
    by = line.by.name if line.by is not None else ""
    if line.form == "scales with":
        text += f" scales with {by} ^ {write_sum(line.value) if line.value is not None else ''}"
    elif line.form != "comparison":
        text += f" {line.form} {by}".rstrip()
    if line.jumps:
        text += f" except at {', '.join(map(write_sum, line.jumps))}"
    return f"{text} where {', '.join(map(write, line.where))}" if line.where else text
