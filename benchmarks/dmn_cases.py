"""How many test cases of the DMN compatibility kit the importer and the exact evaluator pass.

    python benchmarks/dmn_cases.py [FOLDER]

Each model is imported as a rule, checked like any other, and decided exactly; a case passes where
every result that it names is the one that the kit expects. Numbers are compared to one part in
10^8, since the kit writes irrational ones as decimals. What cannot be imported counts as failed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from lawc.decision.decision import Decision
from lawc.decision.exact import decide
from lawc.decision.operations import DecisionError
from lawc.decision.values import NOT_APPLICABLE, UNKNOWN, Value
from lawc.diagnostics.diagnostic import LawcError, Source
from lawc.importers.dmn.answers import Answer, ImportedDecisions
from lawc.importers.dmn.model import read_dmn
from lawc.importers.dmn.writing import import_decisions
from lawc.importers.markup import Element, read_markup
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import check_text
from lawc.pipeline.evidence import calculate
from lawc.pipeline.imported_rules import without_dead_ends

KIT = Path(__file__).parents[2] / "shared" / "material" / "rules" / "dmn_tck"
Plain = object


@dataclass(slots=True)
class Outcome:
    """What became of the cases of one group."""

    group: str
    has_table: bool
    passed: int = 0
    cases: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    why: str = ""


def main() -> None:
    """Print the share of cases passed, by group."""
    kit = Path(sys.argv[1]) if len(sys.argv) > 1 else KIT
    if not kit.is_dir():
        sys.exit(f"expected the compatibility kit at {kit}")
    began = time.process_time()
    outcomes = [outcome(path) for path in sorted(kit.glob("*/*/*.dmn"))]
    print(f"{'group':<44} {'table':<5} passed  findings of the check; why not")
    for one in outcomes:
        found = ", ".join(f"{code} x{n}" for code, n in sorted(one.findings.items()))
        print(
            f"{one.group:<44} {'yes' if one.has_table else '':<5} {one.passed:>3}/{one.cases:<3}"
            f" {found}{'; ' if found and one.why else ''}{one.why}"
        )
    for title, chosen in (
        ("groups with decision tables", [one for one in outcomes if one.has_table]),
        ("other groups", [one for one in outcomes if not one.has_table]),
        ("all", outcomes),
    ):
        whole = sum(one.passed == one.cases > 0 for one in chosen)
        passed, cases = sum(o.passed for o in chosen), sum(o.cases for o in chosen)
        share = 100 * passed / max(cases, 1)
        groups = f"{whole} of {len(chosen)} groups whole"
        print(f"{title}: {groups}, {passed}/{cases} cases ({share:.1f} %)")
    print(f"{time.process_time() - began:.1f} CPU seconds")


def outcome(path: Path) -> Outcome:
    """Return what became of the cases of a model."""
    made = Outcome(path.parent.name, b"decisionTable" in path.read_bytes())
    cases = [case for test in sorted(path.parent.glob("*.xml")) for case in _cases(test)]
    made.cases = len(cases)
    try:
        model = read_dmn(path.read_bytes())
        imported = import_decisions(path.name, model)
        decision, made.findings = _checked(imported)
    except LawcError as refused:
        made.why = str(refused)[:110]
        return made
    why: Counter[str] = Counter()
    for case in cases:
        try:
            problem = _problem(case, imported, decision)
        except (DecisionError, LawcError) as refused:
            problem = str(refused)
        made.passed += not problem
        if problem:
            why[problem] += 1
    made.why = "; ".join(one[:110] for one, _ in why.most_common(1))
    return made


def _checked(imported: ImportedDecisions) -> tuple[Decision, Counter[str]]:
    if not imported.text:
        raise LawcError("; ".join(map(str, imported.remarks)) or "it has no decisions")
    path = "model.rule"
    text = without_dead_ends(path, imported.text)
    base = check_text(path, text, KnowledgeBase({}))
    found = [one for one in base.diagnostics if one.place.path == path]
    rule = next((one for one in base.rules.values() if one.identity.startswith("model.")), None)
    if rule is None:
        first = next(one for one in found if one.is_error)
        source = Source(path, text)
        line = source.line(source.line_column(first.place.start)[0]).strip()
        raise LawcError(f"{first.code} {first.headline}: {line}")
    proved = calculate(rule)
    return decision_of(rule), Counter(one.code for one in (*found, *proved))


def _cases(path: Path) -> list[Element]:
    return [child for child in read_markup(path.read_bytes()).children if child.name == "testCase"]


def _problem(case: Element, imported: ImportedDecisions, decision: Decision) -> str:
    """Return what is wrong with a case, or nothing."""
    given: dict[str, Value] = {}
    for node in case.children:
        if node.name == "inputNode":
            _give(node.get("name") or "", node, imported, decision, given)
    ports = {port.name for port in decision.inputs}
    full = {name: given.get(name, UNKNOWN) for name in ports}
    values: dict[str, Value] = {}
    if full and UNKNOWN in full.values():
        missing = [name for name, value in full.items() if value is UNKNOWN]
        full |= {name: _some(decision, name) for name in missing}
    values = dict(decide(decision, full).values) | full
    for node in case.children:
        if node.name != "resultNode":
            continue
        name = node.get("name") or ""
        if name not in imported.answers:
            said = [str(one) for one in imported.remarks if name in one.where]
            return said[0] if said else f"{name} was not imported"
        expected = next(child for child in node.children if child.name == "expected")
        found = _read(imported.answers[name], values, imported, decision)
        wanted = _plain(expected)
        if not _same(found, wanted):
            return f"{name}: expected {wanted}, found {found}"
    return ""


def _some(decision: Decision, name: str) -> Value:
    """Return a value for an input that a case leaves out, which its results do not need."""
    port = decision.port(name)
    return port.low if port.low is not None else Fraction(0)


def _give(
    path: str,
    node: Element,
    imported: ImportedDecisions,
    decision: Decision,
    given: dict[str, Value],
) -> None:
    for child in node.children:
        if child.name == "component":
            _give(f"{path}.{child.get('name')}", child, imported, decision, given)
        elif child.name == "list":
            items = [item for item in child.children if item.name == "item"]
            count = imported.inputs.get(f"{path}.count")
            if count is not None and any(port.name == count.name for port in decision.inputs):
                port = decision.port(count.name)
                if port.high is not None and len(items) > port.high:
                    raise LawcError(f"the list {path} is longer than {port.high}")
                given[count.name] = Fraction(len(items))
            for number, item in enumerate(items, 1):
                _give(f"{path}.{number}", item, imported, decision, given)
        elif child.name == "value" and path in imported.inputs:
            name = imported.inputs[path].name
            if any(port.name == name for port in decision.inputs):
                given[name] = _value(child, name, imported, decision)


def _value(element: Element, name: str, imported: ImportedDecisions, decision: Decision) -> Value:
    text = element.text.strip()
    port = decision.port(name)
    if port.choices:
        word = imported.words.get(name, {}).get(text, "another")
        if word not in port.choices:
            raise LawcError(f'"{text}" is no value of {name}')
        return Fraction(port.choices.index(word))
    if port.kind == "yes/no":
        return Fraction(text == "true")
    if port.kind == "date":
        return Fraction(date.fromisoformat(text).toordinal())
    return Fraction(text)


def _read(
    answer: Answer, values: dict[str, Value], imported: ImportedDecisions, decision: Decision
) -> Plain:
    if answer.entries is not None:
        found = [_read(one, values, imported, decision) for one in answer.entries]
        return [one for one in found if one is not None]
    if answer.parts:
        record = {k: _read(one, values, imported, decision) for k, one in answer.parts.items()}
        return record if any(value is not None for value in record.values()) else None
    value = values[answer.name]
    if value is NOT_APPLICABLE:
        return None
    if value is UNKNOWN:
        return "unknown"
    assert isinstance(value, Fraction)
    port = decision.port(answer.name)
    if port.choices:
        word = port.choices[int(value)]
        texts = {one: text for text, one in imported.words.get(answer.name, {}).items()}
        return texts.get(word, word)
    if port.kind == "yes/no":
        return bool(value)
    if port.kind == "date":
        return date.fromordinal(int(value)).isoformat()
    return value


def _plain(element: Element) -> Plain:
    """Return what the kit expects."""
    children = [one for one in element.children if one.name in ("value", "component", "list")]
    if any(one.name == "component" for one in children):
        return {one.get("name"): _plain(one) for one in children}
    if children and children[0].name == "list":
        return [_plain(one) for one in children[0].children if one.name == "item"]
    if not children:
        return None
    (value,) = children
    kind = next((v for k, v in value.attributes.items() if k.endswith("type")), "")
    if any(k.endswith("nil") and v == "true" for k, v in value.attributes.items()):
        return None
    if kind.endswith("string"):
        return value.text
    text = value.text.strip()
    if kind.endswith("boolean"):
        return text == "true"
    if kind.endswith(("decimal", "double", "integer", "int")):
        return Fraction(text)
    return text


def _same(found: Plain, wanted: Plain) -> bool:
    if isinstance(found, Fraction) and isinstance(wanted, Fraction):
        return abs(found - wanted) <= Fraction(1, 10**8) * max(1, abs(wanted))
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[k], wanted[k]) for k in found)
    if isinstance(found, bool) and isinstance(wanted, str):
        # The kit leaves the type of a value to the model where it likes.
        return wanted == str(found).lower()
    return type(found) is type(wanted) and found == wanted


if __name__ == "__main__":
    main()
