"""Read what only a rule has, section by section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from lawc.syntax.document import AlwaysLine, ExampleLine
from lawc.syntax.lines import is_table
from lawc.syntax.raw_blocks import Line, RawBlock, RawSection
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.rules.apportion import read_apportion
from lawc.syntax.rules.checks import read_cases, read_rule_check
from lawc.syntax.rules.clauses import read_clause
from lawc.syntax.rules.document import (
    AppliesLine,
    ApportionSection,
    CalendarLine,
    CasesSection,
    ClauseLine,
    ParametersSection,
    RuleSections,
    SampleLine,
    ScaleSection,
    ScoreSection,
    SoftLine,
    TableSection,
)
from lawc.syntax.rules.lines import (
    calendar_name,
    read_applies,
    read_calendar,
    read_sample,
    read_soft,
)
from lawc.syntax.rules.parameters import read_parameters
from lawc.syntax.rules.steps import read_scale, read_score, read_table
from lawc.syntax.scope import Scope

Made = TypeVar("Made")


@dataclass(slots=True)
class RuleLines:
    """What was read of a rule, and the ranges that could not be."""

    sections: RuleSections
    examples: tuple[ExampleLine, ...]
    always: tuple[AlwaysLine, ...]
    broken: list[Line] = field(default_factory=list)


def read_rule(
    text: str, raw: RawBlock, scope: Scope, report: Callable[[Line, UnreadableError], None]
) -> RuleLines:
    """Return what only a rule has.

    Args:
        text: The whole source.
        raw: The block.
        scope: Its names.
        report: Keeps a finding.
    """
    return _Rule(text, scope, report).read(raw)


class _Rule:
    def __init__(
        self, text: str, scope: Scope, report: Callable[[Line, UnreadableError], None]
    ) -> None:
        self.text, self.scope, self.report = text, scope, report
        self.steps: list[
            TableSection | ScaleSection | ScoreSection | ApportionSection | ClauseLine
        ] = []
        self.parameters: list[ParametersSection] = []
        self.soft: list[SoftLine] = []
        self.sample: list[SampleLine] = []
        self.applies: list[AppliesLine] = []
        self.cases: list[CasesSection] = []
        self.calendar: list[CalendarLine] = []
        self.examples: list[ExampleLine] = []
        self.always: list[AlwaysLine] = []
        self.broken: list[Line] = []

    def read(self, raw: RawBlock) -> RuleLines:
        for line in raw.head:
            if self.text.startswith("applies", line.start):
                self._line(line, self.applies, read_applies)
        for section in raw.sections:
            self._section(section)
        self.broken += (line for section in raw.lost for line in section.items)
        sections = RuleSections(
            tuple(self.steps),
            tuple(self.parameters),
            tuple(self.soft),
            tuple(self.sample),
            tuple(self.applies),
            tuple(self.cases),
            tuple(self.calendar),
        )
        return RuleLines(sections, tuple(self.examples), tuple(self.always), self.broken)

    def _section(self, section: RawSection) -> None:
        key = section.key
        if key in ("table", "grid"):
            self._table(section, self.steps, read_table)
        elif key == "scale":
            self._table(section, self.steps, read_scale)
        elif key == "score":
            self._table(section, self.steps, read_score)
        elif key == "apportion":
            self._table(section, self.steps, read_apportion)
        elif key == "parameters":
            self._table(section, self.parameters, read_parameters)
        elif key == "clauses":
            for line in section.items:
                self._line(line, self.steps, read_clause)
        elif key == "soft":
            for line in section.items:
                self._line(line, self.soft, read_soft)
        elif key == "sample":
            for line in section.items:
                self._line(line, self.sample, read_sample)
        elif key == "calendar":
            self._calendar(section)
        elif key == "checks":
            self._checks(section)

    def _table(
        self,
        section: RawSection,
        into: list[Made],
        read: Callable[..., Made | None],
    ) -> None:
        made = read(self.text, section, self.scope, self.report)
        if made is not None:
            into.append(made)
        else:
            self.broken += section.items
            if section.header is not None and section.key == "apportion":
                self.broken.append(section.header)

    def _line(self, line: Line, into: list[Made], read: Callable[[str, Line, Scope], Made]) -> None:
        try:
            into.append(read(self.text, line, self.scope))
        except UnreadableError as refused:
            self.broken.append(line)
            self.report(line, refused)

    def _calendar(self, section: RawSection) -> None:
        assert section.header is not None
        try:
            name = calendar_name(self.text, section, self.scope)
        except UnreadableError as refused:
            self.report(section.header, refused)
            name = None
        for line in section.items:
            try:
                self.calendar.append(read_calendar(self.text, line, self.scope, name))
            except UnreadableError as refused:
                self.report(line, refused)

    def _checks(self, section: RawSection) -> None:
        for line in section.items:
            if is_table(self.text, line):
                cases = read_cases(self.text, line, self.scope, self.report)
                if cases is not None:
                    self.cases.append(cases)
                else:
                    self.broken.append(line)
                continue
            try:
                check = read_rule_check(self.text, line, self.scope)
            except UnreadableError as refused:
                self.broken.append(line)
                self.report(line, refused)
                continue
            if isinstance(check, ExampleLine):
                self.examples.append(check)
            else:
                self.always.append(check)
