"""A rule as a page: tables as tables, clauses with their exceptions, on whose word, as HTML.

Formulas are MathML, so the page needs no script and no style sheet from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from lawc.decision.decision import (
    WEEK,
    Apportion,
    Bands,
    Cell,
    Clauses,
    Interval,
    OneOf,
    Scale,
    Score,
    Step,
    Table,
)
from lawc.decision.formula import NO, YES, Formula, Named, Number
from lawc.decision.values import Absent, Value
from lawc.knowledge.law import Quantity
from lawc.knowledge.page import STYLE, range_of
from lawc.knowledge.rule_mathml import ROUNDED, RuleSetter, number_text, value_text

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

RULE_STYLE = """
.lawc .grid { margin: .2em 0 .8em; } .lawc .grid th, .lawc .grid td { padding: .2em .8em;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); text-align: left;
  vertical-align: baseline; font-weight: normal; }
.lawc .grid th { background: color-mix(in srgb, currentColor 7%, transparent); font-weight: 600; }
.lawc .grid .answer { background: color-mix(in srgb, currentColor 4%, transparent); }
.lawc .step { margin: .6em 0 0; font-weight: 600; } .lawc .words { opacity: .75; }
.lawc .scroll { overflow-x: auto; }
"""
MOST_CASES = 24
"""Worked cases that are shown; the others are counted."""


def fragment(rule: Rule, facts: Mapping[str, Iterable[str]] | None = None) -> str:
    """Return a rule as a piece of HTML with its own style.

    Args:
        rule: The rule.
        facts: More to tell, as headings with lines of plain text.
    """
    page = _Page(rule)
    version = f"@{rule.version}" if rule.version else ""
    set_by_date = [rule.quantities[parameter.name] for parameter in rule.parameters]
    parts = [
        f"<style>{STYLE}{RULE_STYLE}</style>",
        f"<h3>{escape(rule.title or rule.name)}<span class='status {rule.status}'>{rule.status}"
        f"</span></h3><div class='id'>{escape(rule.identity + version)}</div>",
        _section("applies", _list(map(str, rule.applies))),
        _section("needs", page.quantities(rule.quantities[name] for name in rule.inputs)),
        _section("decides", page.quantities(rule.quantities[name] for name in rule.outputs)),
        _section("set by date", page.quantities(set_by_date) + page.parameters()),
        _section("calendars", _list(page.calendars())),
        _section("steps", "".join(map(page.step, rule.steps))),
        _section("claims", _list(f"always {claim.text}" for claim in rule.claims)),
        _section("worked cases", page.cases()),
        _section("how inputs are distributed", _list(one.text for one in rule.drawn)),
        _section("blurs", _list(page.blurs())),
        _section("rests on", _list(f"{n} = {number_text(v)}" for n, v in rule.constants.items())),
        _section("notes", _list(rule.notes)),
        _section("sources", _list(rule.sources)),
    ]
    parts += [_section(heading, _list(lines)) for heading, lines in (facts or {}).items()]
    return f"<div class='lawc'>{''.join(parts)}</div>"


def document(rule: Rule, facts: Mapping[str, Iterable[str]] | None = None) -> str:
    """Return a rule as an HTML document that needs nothing else."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<title>{escape(rule.title or rule.identity)}</title></head>"
        f"<body style='margin: 2rem auto; max-width: 56rem; padding: 0 1rem'>"
        f"{fragment(rule, facts)}</body></html>\n"
    )


def kind_and_range(quantity: Quantity) -> str:
    """Return the declared range, kind and default of a quantity of a rule in words."""
    if quantity.kind != "date" or quantity.low is None or quantity.high is None:
        return range_of(quantity)
    unknown = ", may be unknown" if quantity.may_be_unknown else ""
    return f"date, {_day(int(quantity.low))} .. {_day(int(quantity.high))}{unknown}"


def short(rule: Rule) -> str:
    """Return a rule in one line of text."""
    version = f"@{rule.version}" if rule.version else ""
    sides = f"{', '.join(rule.inputs)} -> {', '.join(rule.outputs)}"
    return f"<Rule {rule.identity}{version} ({rule.status}): {sides}>"


class _Page:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.setter = RuleSetter(rule.quantities)

    def quantities(self, quantities: Iterable[Quantity]) -> str:
        rows = "".join(
            _row(
                "td",
                escape(q.name),
                escape(q.words),
                escape(f"[{q.unit.text or '1'}]" if q.kind == "number" else ""),
                escape(kind_and_range(q)),
            )
            for q in quantities
        )
        return f"<table>{rows}</table>" if rows else ""

    def parameters(self) -> str:
        """Return the values that the law sets, a row for each day on which one changes."""
        parameters = self.rule.parameters
        days = sorted({day for parameter in parameters for day, _ in parameter.values})
        if not days:
            return ""
        rows = [_row("th", "from", *(escape(parameter.name) for parameter in parameters))]
        for day in days:
            cells = [
                "" if day not in known else "none" if known[day] is None else self._value(name, day)
                for name, known in ((p.name, dict(p.values)) for p in parameters)
            ]
            rows.append(_row("td", _day(day), *map(escape, cells)))
        return _grid(rows)

    def step(self, step: Step) -> str:
        match step:
            case Table():
                return self._table(step)
            case Scale():
                return self._scale(step)
            case Score(output, points):
                rows = [_row("th", "points", "when", "")]
                rows += [
                    _row("td", self._set(p.points), self._set(p.when), escape(p.label))
                    for p in points
                ]
                return _step(f"{output}: the points that count", _grid(rows))
            case Clauses():
                return self._clauses(step)
            case Apportion():
                return self._apportion(step)

    def cases(self) -> str:
        """Return the worked cases, as a table with what is given and what comes out."""
        cases = self.rule.cases
        given = [name for name in self.rule.inputs if any(name in case.given for case in cases)]
        asked = [n for n in self.rule.outputs if any(n in case.expected for case in cases)]
        if not cases:
            return ""
        dated = any(case.day is not None for case in cases)
        heads = [*(["as of"] if dated else []), *given, *(f"→ {name}" for name in asked)]
        rows = [_row("th", *map(escape, heads))]
        for case in cases[:MOST_CASES]:
            day = _day(case.day)
            cells = [self._said(name, case.given.get(name)) for name in given]
            cells += [self._said(name, case.expected.get(name)) for name in asked]
            rows.append(_row("td", *([day] if dated else []), *map(escape, cells)))
        left = len(cases) - MOST_CASES
        more = f"<div class='words'>and {left} more</div>" if left > 0 else ""
        return _grid(rows) + more

    def calendars(self) -> Iterable[str]:
        """Yield each calendar in the words of the language."""
        for name, calendar in self.rule.calendars.items():
            lines = {
                "weekend": ", ".join(WEEK[day - 1] for day in calendar.weekend),
                "holidays": ", ".join(map(_day, calendar.holidays)),
                "known": f"{_day(calendar.since)} .. {_day(calendar.until)}".strip(" ."),
            }
            yield f"{name}: {'; '.join(f'{key} {said}' for key, said in lines.items() if said)}"

    def blurs(self) -> Iterable[str]:
        for blur in self.rule.softness:
            unit = self.rule.quantities[blur.input].unit.text
            width = number_text(blur.width) + (f" [{unit}]" if unit else "")
            yield f"{blur.output}: {blur.input} ± {width}"

    def _table(self, step: Table) -> str:
        crossed = self._crossed(step)
        if crossed:
            return _step(f"{step.outputs[0]} by {', '.join(step.on)}", crossed)
        dated = any(row.since is not None for row in step.rows)
        names = [self._headed(name) for name in (*step.on, *step.outputs)]
        rows = [_row("th", *(["from"] if dated else []), *names)]
        for row in step.rows:
            day = _day(row.since)
            tests = [self._cell(c, n) for c, n in zip(row.cells, step.on, strict=True)]
            if row.otherwise:
                tests = ["otherwise", *([""] * (len(tests) - 1))]
            answers = [
                f"<td class='answer'>{self._set(answer, name)}</td>"
                for answer, name in zip(row.answers, step.outputs, strict=True)
            ]
            cells = "".join(f"<td>{cell}</td>" for cell in (*([day] if dated else []), *tests))
            rows.append(f"<tr title='{escape(row.label)}'>{cells}{''.join(answers)}</tr>")
        policy = {"first": ", the first row that holds", "any": ", rows agree"}
        title = f"{', '.join(step.outputs)} by {', '.join(step.on)}{policy.get(step.policy, '')}"
        return _step(title, _grid(rows))

    def _crossed(self, step: Table) -> str:
        """Return a table in two directions, where its rows fill one; else nothing."""
        plain = all(row.since is None and not row.otherwise for row in step.rows)
        # Which row comes first cannot be seen in a grid.
        plain &= step.policy != "first"
        if len(step.on) != 2 or len(step.outputs) != 1 or not plain:
            return ""
        down = list(dict.fromkeys(row.cells[0] for row in step.rows))
        across = list(dict.fromkeys(row.cells[1] for row in step.rows))
        found = {row.cells: row.answers[0] for row in step.rows}
        if len(step.rows) != len(down) * len(across) or len(found) != len(step.rows):
            return ""
        if min(len(down), len(across)) < 2:
            return ""
        one, other = step.on
        rows = [_row("th", f"{self._headed(one)} \\ {self._headed(other)}",
                     *(self._cell(cell, other) for cell in across))]  # fmt: skip
        for cell in down:
            answers = (self._set(found[cell, end], step.outputs[0]) for end in across)
            rows.append(_row("td", self._cell(cell, one), *answers))
        return _grid(rows)

    def _scale(self, step: Scale) -> str:
        days = sorted({band.since for band in step.bands}, key=lambda day: day or 0)
        grids = ""
        for day in days:
            since = f"<div class='words'>from {date.fromordinal(day)}</div>" if day else ""
            grids += since + self._brackets([b for b in step.bands if b.since == day], step.by)
        title = f"{escape(step.output)}: each part of {self._set(step.on)} times its rate"
        rounding = ""
        if step.rounding is not None:
            way, to = step.rounding
            rounding = f", rounded {ROUNDED[way]} to {self._set(to)}"
        return f"<div class='step'>{title}{rounding}</div>{grids}"

    def _brackets(self, bands: list[Bands], by: str) -> str:
        """Return the brackets of a day; where all choices have the same rates, side by side."""
        chosen = self.rule.quantities.get(by)
        heads = [
            escape(", ".join(value_text(value, chosen) for value in sorted(band.values or ())))
            for band in bands
        ]
        rates = {tuple(bracket.rate for bracket in band.brackets) for band in bands}
        if len(rates) == 1 and len(bands) > 1:
            rows = [_row("th", "rate", *(f"above, {head}" for head in heads))]
            for at, rate in enumerate(next(iter(rates))):
                ends = (self._set(band.brackets[at].above) for band in bands)
                rows.append(_row("td", self._set(rate), *ends))
            return _grid(rows)
        rows = [_row("th", *([escape(by)] if by else []), "above", "rate")]
        for head, band in zip(heads, bands, strict=True):
            before = [head] if by else []
            rows += [
                _row("td", *before, self._set(b.above), self._set(b.rate)) for b in band.brackets
            ]
        return _grid(rows)

    def _clauses(self, step: Clauses) -> str:
        if len(step.clauses) == 1 and step.clauses[0].condition == YES:
            clause = step.clauses[0]
            equals = f"{escape(step.output)} = {self._set(clause.value, step.output)}"
            return f"<div class='step'>{equals}</div>" + _words(clause.words)
        rows = [_row("th", "clause", escape(step.output), "when", "except where")]
        for clause in step.clauses:
            defeated = [c.label for c in step.clauses if clause.label in c.defeats]
            value = self._set(clause.value, step.output) + _words(clause.words)
            when = "" if clause.condition == YES else self._set(clause.condition)
            cells = (escape(clause.label), value, when, escape(", ".join(defeated)))
            rows.append(_row("td", *cells))
        return _step(step.output, _grid(rows))

    def _apportion(self, step: Apportion) -> str:
        rows = [_row("th", "", "votes", "takes part where", "gets")]
        rows += [
            _row("td", escape(member), self._set(by), "" if part == YES else self._set(part),
                 escape(name))
            for member, by, part, name in zip(
                step.members, step.by, step.among, step.outputs, strict=True
            )
        ]  # fmt: skip
        least = "" if step.least == NO else f", at least {self._set(step.least)}"
        ties = {"votes": "votes, then lots"}.get(step.ties, escape(step.ties))
        how = f"rounding {escape(step.method)}{least}, ties by {ties}"
        return f"<div class='step'>{self._set(step.whole)} apportioned, {how}</div>{_grid(rows)}"

    def _cell(self, cell: Cell, of: str) -> str:
        quantity = self.rule.quantities.get(of)
        match cell:
            case OneOf(values):
                return escape(", ".join(value_text(value, quantity) for value in sorted(values)))
            case Interval(low, high, low_open, high_open):
                return escape(_interval(low, high, low_open, high_open, quantity))
            case None:
                return ""
        return self._set(cell.condition)

    def _headed(self, of: str) -> str:
        quantity = self.rule.quantities.get(of)
        unit = quantity.unit.text if quantity is not None and quantity.kind == "number" else ""
        return escape(of) + (f" <span class='words'>[{escape(unit)}]</span>" if unit else "")

    def _set(self, formula: Formula, of: str = "") -> str:
        quantity = self.rule.quantities.get(of)
        if isinstance(formula, Number):
            return escape(value_text(formula.value, quantity))
        if isinstance(formula, Named):
            return escape(formula.name)
        return f"<math>{self.setter.of(formula, quantity)}</math>"

    def _value(self, name: str, day: int) -> str:
        parameter = next(p for p in self.rule.parameters if p.name == name)
        value = dict(parameter.values)[day]
        return "" if value is None else value_text(value, self.rule.quantities.get(name))

    def _said(self, name: str, value: Value | None) -> str:
        if value is None:
            return ""
        if isinstance(value, Absent):
            return value.value
        return value_text(value, self.rule.quantities.get(name))


def _interval(
    low: Fraction | None, high: Fraction | None, low_open: bool, high_open: bool,
    quantity: Quantity | None,
) -> str:  # fmt: skip
    if low is not None and high is not None:
        if low == high:
            return value_text(low, quantity)
        dots = f"{'<' * low_open}..{'<' * high_open}"
        return f"{value_text(low, quantity)} {dots} {value_text(high, quantity)}"
    if low is not None:
        return f"{'>' if low_open else '≥'} {value_text(low, quantity)}"
    if high is not None:
        return f"{'<' if high_open else '≤'} {value_text(high, quantity)}"
    return ""


def _day(day: int | None) -> str:
    return "" if day is None else date.fromordinal(day).isoformat()


def _row(kind: str, *cells: str) -> str:
    return "<tr>" + "".join(f"<{kind}>{cell}</{kind}>" for cell in cells) + "</tr>"


def _grid(rows: list[str]) -> str:
    return f"<div class='scroll'><table class='grid'>{''.join(rows)}</table></div>"


def _step(title: str, inner: str) -> str:
    return f"<div class='step'>{escape(title)}</div>{inner}"


def _words(words: str) -> str:
    return f"<div class='words'>“{escape(words)}”</div>" if words else ""


def _section(heading: str, inner: str) -> str:
    return f"<h4>{escape(heading)}</h4>{inner}" if inner else ""


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
