"""Say what proofs found in the words of the author, at the rows, clauses and claims concerned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lawc.decision.decision import Clauses, Port, Table, decides
from lawc.decision.exact import decide
from lawc.decision.formula import Named, names
from lawc.decision.operations import DecisionError
from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Severity
from lawc.knowledge.rule import Rule
from lawc.knowledge.rule_words import said, said_case
from lawc.proofs.finding import Fault, Finding
from lawc.proofs.rules import Proofs, Proved, worst
from lawc.proofs.steps import definitions
from lawc.proofs.verdict import Word


def reports(rule: Rule, proofs: Proofs) -> Iterator[Diagnostic]:
    """Yield what is wrong with a rule, and the claims that are false."""
    for finding in proofs.findings:
        if finding.fault is Fault.LEFT:
            continue
        yield _Report(rule, proofs, finding).diagnostic()
    for claim in rule.claims:
        proved = worst(proofs.claims, claim)
        if proved is not None and proved.verdict.word is Word.REFUTED:
            yield refutation(rule, proved)


def refutation(rule: Rule, proved: Proved) -> Diagnostic:
    """Return that a claim is false, with the cases that show it."""
    claim, decision, verdict = proved.claim, proved.decision, proved.verdict
    place = claim.place or rule.place or Place("", 0, 0)
    given = verdict.cases[0]
    if len(verdict.cases) == 2:
        given = tuple(pair for pair in given if pair[0] != claim.by)
    notes = [f"at {said_case(given, decision)}"] if given else []
    text = _against(proved)
    if verdict.at and claim.by:
        port = decision.port(claim.by)
        places = ", ".join(said(value, port) for value in verdict.at)
        notes.append(f"it jumps at {claim.by} = {places}")
    if proved.day is not None:
        notes.append(f"as of {_day(proved.day)}")
    help = "name the region in which it holds with `where`, or correct the claim"
    if verdict.at:
        help = "name each jump with `except at`, or correct the rule"
    return Diagnostic("L0740", "this claim is false", (Label(place, text),), tuple(notes), (help,))


def _against(proved: Proved) -> str:
    """Return the two values that contradict a claim, or what the quantities of a comparison are."""
    claim, decision, verdict = proved.claim, proved.decision, proved.verdict
    if len(verdict.cases) == 1:
        try:
            values = decide(decision, dict(verdict.cases[0])).values
        except DecisionError:
            return ""
        read = [n for n in definitions(decision) if n in names(claim.subject) and n in values]
        return ", ".join(f"{n} = {said(values[n], decision.port(n))}" for n in read)
    name = claim.subject.name if isinstance(claim.subject, Named) else ""
    parts: list[str] = []
    for case, value in zip(verdict.cases, verdict.said, strict=True):
        shown = said(value, decision.port(name) if name else Port(""))
        at = ""
        if claim.by is not None:
            at = f" at {claim.by} = {said(dict(case)[claim.by], decision.port(claim.by))}"
        parts.append(f"{name or 'it'} = {shown}{at}")
    return ", but ".join(parts)


def _day(day: int) -> str:
    return date.fromordinal(day).isoformat()


_TOLD = (Fault.CONFLICT, Fault.DISAGREE, Fault.RANGE, Fault.NO_RESULT, Fault.NOT_WHOLE)
"""Faults of which the exact evaluator has more to say than the case."""


class _Report:
    """One finding in words."""

    def __init__(self, rule: Rule, proofs: Proofs, finding: Finding) -> None:
        self.rule = rule
        self.finding = finding
        self.decision = proofs.decisions.get(finding.day)
        steps = rule.step_places
        whole = rule.place or Place("", 0, 0)
        self.place = steps[finding.step] if finding.step < len(steps) else whole
        if finding.fault is Fault.NO_PARAMETER:
            parameter = next(p for p in rule.parameters if p.name == finding.name)
            self.place = parameter.place or whole
        if finding.fault is Fault.NO_INFLUENCE:
            self.place = rule.quantities[finding.name].place or whole
        self.rows = [self._row(row) for row in finding.rows]

    def _row(self, row: int) -> tuple[str, Place]:
        """Return the label of a row or clause and where it stands."""
        step = None if self.decision is None else self.decision.steps[self.finding.step]
        label = ""
        if isinstance(step, Table | Clauses):
            parts = step.rows if isinstance(step, Table) else step.clauses
            label = parts[row].label
        places = self.rule.row_places
        for key in (label, str(row), str(row + 1), f"row {row + 1}"):
            place = places.get(f"{self.finding.step}/{key}")
            if place is not None:
                return label or key, place
        return label or f"row {row + 1}", self.place

    def diagnostic(self) -> Diagnostic:
        """Return the finding as a diagnostic."""
        code, headline, text, help = self._words()
        labels = [Label(self.place, text)]
        if self.rows:
            labels = [Label(self.rows[0][1], text)]
            labels += [Label(place, "and this", False) for _, place in self.rows[1:]]
        notes: list[str] = []
        if self.finding.case and self.decision is not None:
            notes.append(f"at {said_case(self.finding.case, self.decision)}")
        if self.finding.detail and self.finding.fault in _TOLD:
            # The quantity and the kind of the fault stand in the headline.
            notes.append(self.finding.detail.rpartition(": ")[2])
        if self.finding.day is not None and self.finding.fault is not Fault.NO_PARAMETER:
            notes.append(f"as of {_day(self.finding.day)}")
        is_warning = self.finding.fault in (Fault.UNREACHED, Fault.NO_INFLUENCE)
        severity = Severity.WARNING if is_warning else Severity.ERROR
        return Diagnostic(code, headline, tuple(labels), tuple(notes), (help,), severity=severity)

    def _words(self) -> tuple[str, str, str, str]:
        """Return the code, the headline, what stands at the place, and what to do."""
        finding, rows = self.finding, [label for label, _ in self.rows]
        both = " and ".join(f"`{row}`" for row in rows)
        match finding.fault:
            case Fault.GAP:
                text = f"nothing decides {self._decided()} there"
                help = "add a row for it, or close the table with `otherwise`"
                return "L0730", "a case that no row takes", text, help
            case Fault.OVERLAP:
                help = "move an end of one of them, or say `first` in the header of the table"
                return "L0731", f"{both} take the same case", "this", help
            case Fault.DISAGREE:
                help = "let them answer the same, or move an end of one of them"
                return "L0731", f"{both} take the same case and differ", "this", help
            case Fault.DEAD_ROW if finding.detail == "hidden":
                text = "rows above take all its cases"
                return "L0732", f"{both} never speaks", text, "remove it, or move it up"
            case Fault.DEAD_ROW:
                text = "no case is left to it"
                return "L0732", f"{both} never speaks", text, "correct its ends, or remove it"
            case Fault.UNREACHED:
                text = "what is decided before leads to no such case"
                return "L0732", f"{both} never speaks", text, "remove it, if it says nothing new"
            case Fault.CONFLICT:
                against = ", ".join((*self._defeated(), rows[0]))
                help = f"say which one is the exception, `{rows[-1]}: except {against} when …`"
                return "L0733", f"{both} speak against each other", "this", help
            case Fault.SILENT:
                help = "add a clause, or say when it is `not applicable`"
                text = f"nothing decides {self._decided()} there"
                return "L0734", "a case of which no clause speaks", text, help
            case Fault.DEAD_CLAUSE:
                text = "its condition never holds, or exceptions take all its cases"
                return "L0735", f"{both} never speaks", text, "correct its condition, or remove it"
            case Fault.DEAD_EXCEPTION if finding.detail == "never speaks":
                text = "its condition never holds"
                return "L0735", f"{both} never speaks", text, "correct its condition, or remove it"
            case Fault.DEAD_EXCEPTION:
                text = "without it the same is answered in every case"
                return "L0735", f"{both} changes nothing", text, "correct its value, or remove it"
            case Fault.NO_INFLUENCE:
                text = "whatever it is, every answer is the same"
                help = f"correct the step that reads `{finding.name}`, or leave the input out"
                return "L0739", f"`{finding.name}` changes no answer", text, help
            case Fault.RANGE:
                help = f"widen the range of `{finding.name}`, or bound its value"
                return "L0736", f"`{finding.name}` leaves its declared range", "here", help
            case Fault.NOT_WHOLE:
                help = f"round its value, or declare `{finding.name}` as a number with a unit"
                return "L0741", f"`{finding.name}` can be a fraction", "here", help
            case Fault.NO_RESULT:
                help = "exclude the case by a range or a condition"
                return "L0737", f"`{finding.name}` has no result in some case", "here", help
            case _:
                day = "" if finding.day is None else _day(finding.day)
                text = f"from {day} on the rule is in force without it"
                help = "add a line for that day, or end the rule with `applies … to`"
                return "L0738", f"`{finding.name}` has no value in force", text, help

    def _defeated(self) -> tuple[str, ...]:
        """Return what the last of the clauses concerned is an exception to already."""
        step = None if self.decision is None else self.decision.steps[self.finding.step]
        return step.clauses[self.finding.rows[-1]].defeats if isinstance(step, Clauses) else ()

    def _decided(self) -> str:
        if self.decision is None:
            return "it"
        return " and ".join(f"`{n}`" for n in decides(self.decision.steps[self.finding.step]))
