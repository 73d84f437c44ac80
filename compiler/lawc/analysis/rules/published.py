"""What a version of a rule stands for, in the terms in which the versions of laws are compared."""

from __future__ import annotations

import json
from hashlib import sha256

from lawc.analysis.published import State, symbol_of
from lawc.analysis.rules.digest import plain, said_by
from lawc.decision.decision import decides
from lawc.knowledge.rule import Rule
from lawc.knowledge.words import Status


def rule_state(rule: Rule) -> State:
    """Return what a rule stands for under its version."""
    rest = [_line("constant", [name, value]) for name, value in rule.constants.items()]
    rest += [_line("parameter", [p.name, p.values]) for p in rule.parameters]
    rest += [_line("applies", [a.jurisdiction, a.since, a.until]) for a in rule.applies]
    rest += [_line("calendar", [name, days]) for name, days in rule.calendars.items()]
    steps: list[tuple[str, str]] = []
    for step in rule.steps:
        names = " ".join(decides(step))
        # As a definition is written: what decides a new quantity leaves all others as they are.
        steps.append((names, f":= {names} {json.dumps(said_by(step))}"))
    return State(
        rule.version,
        rule.status,
        _words(rule),
        {name: symbol_of(quantity) for name, quantity in sorted(rule.quantities.items())},
        tuple(steps),
        tuple(sorted(rest)),
        (),
        tuple(sorted({claim.text for claim in rule.claims})),
    )


def rule_mark(rule: Rule) -> str:
    """Return a digest that differs wherever `rule_state` does; empty for a draft."""
    if rule.status is Status.DRAFT:
        return ""
    claims = [claim.text for claim in rule.claims]
    said = ("rule", rule.digest, rule.status.value, _words(rule), claims)
    return sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()


def _words(rule: Rule) -> str:
    """Return the digest of what only people read, of worked cases and of blurs."""
    cases = [plain([c.given, c.expected, c.tolerance, c.day]) for c in rule.cases]
    words = sorted((name, quantity.words) for name, quantity in rule.quantities.items())
    head = (rule.title, rule.sources, rule.notes, rule.supersedes, rule.successor)
    said = repr((head, words, cases, plain(rule.softness)))
    return sha256(said.encode("utf-8", "backslashreplace")).hexdigest()


def _line(kind: str, part: object) -> str:
    return f"{kind} {json.dumps(plain(part), ensure_ascii=False)}"
