"""One block to one rule: every pass over it, in order."""

from __future__ import annotations

from dataclasses import replace

from lawc.analysis.constants import ConstantShelf, imported
from lawc.analysis.findings import warning
from lawc.analysis.identities import head_findings, head_texts, status_of, version_findings
from lawc.analysis.rules.apportion import Members, read_members
from lawc.analysis.rules.cases import Cases, read_claim
from lawc.analysis.rules.clauses import read_clauses
from lawc.analysis.rules.declarations import declare
from lawc.analysis.rules.digest import rule_digest
from lawc.analysis.rules.expanding import expand_rule, has_elements
from lawc.analysis.rules.formulas import Formulas
from lawc.analysis.rules.merging import merged, told_once
from lawc.analysis.rules.order import Placed, in_order
from lawc.analysis.rules.parameters import (
    declare_parameters,
    read_applies,
    read_calendars,
    read_parameters,
    read_soft,
)
from lawc.analysis.rules.rounding import check_rounding
from lawc.analysis.rules.sampling import read_sample
from lawc.analysis.rules.scope import RuleScope
from lawc.analysis.rules.sums import read_scale, read_score
from lawc.analysis.rules.tables import read_table
from lawc.decision.decision import decides
from lawc.diagnostics.diagnostic import Diagnostic, Place, Source
from lawc.knowledge.rule import Applies, Rule
from lawc.knowledge.words import Status
from lawc.syntax.document import Block, Word
from lawc.syntax.rules.document import (
    ApportionSection,
    ClauseLine,
    RoundingText,
    RuleSections,
    ScaleSection,
    ScoreSection,
    TableSection,
)
from lawc.syntax.tree import Name


def know_rule(
    block: Block, identity: str, source: Source, shelf: ConstantShelf
) -> tuple[Rule | None, list[Diagnostic]]:
    """Return the rule of a block, None where it has an error, and all findings."""
    if has_elements(block):
        block, found = expand_rule(block)
        rule, findings = _know(block, identity, source, shelf, found)
        return rule, told_once(findings)
    return _know(block, identity, source, shelf, [])


def _know(
    block: Block,
    identity: str,
    source: Source,
    shelf: ConstantShelf,
    findings: list[Diagnostic],
) -> tuple[Rule | None, list[Diagnostic]]:
    """Return the rule of a block of plain quantities, with what was found in it before."""
    scope = RuleScope(identity, source, block, shelf=shelf)
    scope.findings += findings
    scope.findings += [*version_findings(block), *head_findings(block)]
    constants, ghosts, places, found = imported(block, shelf)
    scope.findings += found
    scope.constants.update(constants)
    scope.lost |= {*ghosts, *block.mentioned}
    declare(scope)
    sections = block.rule if block.rule is not None else RuleSections()
    declare_parameters(sections.parameters, scope)
    read_calendars(sections.calendar, scope)
    formulas = Formulas(scope)
    parameters = read_parameters(sections.parameters, formulas)
    reading = _Steps(formulas)
    placed = reading.all((*sections.steps, *_definitions(block, scope)))
    if not placed and not scope.findings and not block.mentioned:
        scope.report(
            "L0707",
            "this rule decides nothing",
            block.name.place,
            help="write a `table`, a `score`, a `scale` or `clauses`",
        )
    set_by_date = {parameter.name for parameter in parameters}
    for one in placed:
        for name in decides(one.step):
            if name in set_by_date:
                headline = f"`{name}` is a parameter, and a step decides it"
                scope.report("L0709", headline, one.place)
    placed = in_order(placed, scope)
    outputs = tuple(name for one in placed for name in decides(one.step))
    inputs = tuple(q for q in scope.quantities if q not in set_by_date and q not in outputs)
    soft = read_soft(sections.soft, formulas)
    applies = read_applies(sections.applies, scope)
    read = frozenset(scope.used)
    drawn = read_sample(sections.sample, formulas, inputs)
    cases = Cases(formulas, inputs, outputs, _only_day(applies))
    worked = [case for section in sections.cases for case in cases.table(section)]
    worked += [case for line in block.examples if (case := cases.sentence(line)) is not None]
    claims = [claim for line in block.always if (claim := read_claim(line, formulas)) is not None]
    if not any(found.is_error for found in scope.findings):
        check_rounding(placed, reading.roundings, parameters, scope)
    if scope.lost or any(found.is_error for found in scope.findings):
        return None, merged(scope)
    _unused(scope, read, outputs, places)
    head = head_texts(block)
    rule = Rule(
        identity,
        block.version.text if block.version is not None else "",
        "".join(head.get("title", ())[:1]),
        status_of(block) or Status.DRAFT,
        head.get("source", ()),
        scope.quantities,
        inputs,
        outputs,
        tuple(one.step for one in placed),
        parameters,
        {name: scope.constant_value(constant) for name, constant in scope.constants.items()},
        scope.calendars,
        soft,
        drawn,
        applies,
        tuple(worked),
        tuple(claims),
        head.get("note", ()),
        head.get("supersedes", ()),
        "".join(head.get("successor", ())[:1]),
        "",
        block.name.place,
        tuple(one.place for one in placed),
        {
            f"{at}/{label}": place
            for at, one in enumerate(placed)
            for label, place in one.rows.items()
        },
    )
    return replace(rule, digest=rule_digest(rule)), scope.findings


class _Steps:
    """Reads the steps of a rule.

    Attributes:
        roundings: What rounds a value, by the quantity and the label of the clause.
    """

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.roundings: dict[tuple[str, str], RoundingText] = {}

    def all(
        self,
        sections: tuple[
            TableSection | ScaleSection | ScoreSection | ApportionSection | Members | ClauseLine,
            ...,
        ],
    ) -> list[Placed]:
        """Return the steps in the order of the text, with the clauses of a quantity as one."""
        clauses: dict[str, list[ClauseLine]] = {}
        for section in sections:
            if isinstance(section, ClauseLine):
                clauses.setdefault(section.output.name, []).append(section)
        found: list[Placed] = []
        for section in sections:
            match section:
                case TableSection():
                    made = read_table(section, self.formulas)
                case ScoreSection():
                    made = read_score(section, self.formulas)
                case ScaleSection():
                    made = read_scale(section, self.formulas)
                    if section.rounding is not None:
                        self.roundings[section.output.name, ""] = section.rounding
                case Members():
                    step = read_members(section, self.formulas)
                    if step is not None:
                        found.append(Placed(step, section.section.place, {}))
                    continue
                case ApportionSection():
                    # It could not be written out, which has been reported.
                    continue
                case ClauseLine():
                    # All that speak of one quantity stand where the first of them does.
                    made = self._clauses(clauses.pop(section.output.name, []))
            if made is not None:
                found.append(Placed(made[0], section.place, made[1]))
        return found

    def _clauses(self, lines: list[ClauseLine]):
        read = read_clauses(tuple(lines), self.formulas) if lines else None
        if read is None:
            return None
        step, places, roundings = read
        for label, rounding in roundings.items():
            self.roundings[step.output, label] = rounding
        return step, places


def _definitions(block: Block, scope: RuleScope) -> tuple[ClauseLine, ...]:
    """Return the lines under `equations`, each of which defines a quantity."""
    made: list[ClauseLine] = []
    for line in block.equations:
        if isinstance(line.left, Name) and line.relation in (":=", "=") and not line.each:
            label = Word(line.label.place, line.label.text) if line.label is not None else None
            made.append(ClauseLine(line.place, label, line.left, line.right))
        else:
            scope.report(
                "L0701",
                "an equation of a rule defines one quantity",
                line.place,
                help="write `y := …`, with one name on its left",
            )
    return tuple(made)


def _only_day(applies: tuple[Applies, ...]) -> int | None:
    """Return the day that a case without one is asked on: the first of the only span in force."""
    return applies[0].since if len(applies) == 1 else None


def _unused(
    scope: RuleScope, used: frozenset[str], outputs: tuple[str, ...], imports: dict[str, Place]
) -> None:
    """Warn of what is declared or imported, and neither read nor decided."""
    named = [(name, q.place, "declared") for name, q in scope.quantities.items()]
    named += [(name, place, "imported") for name, place in imports.items()]
    for name, place, how in named:
        if name not in used and name not in outputs and place is not None:
            scope.findings.append(
                warning(
                    "L0114",
                    f"`{name}` is {how} and never used",
                    place,
                    help="use it in a table or a clause, or remove it",
                )
            )
