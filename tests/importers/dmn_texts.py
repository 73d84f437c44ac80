"""Models of DMN as texts, and what the rules that they become answer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape

from lawc.analysis.checking import know
from lawc.analysis.constants import ConstantShelf
from lawc.decision.exact import decide
from lawc.decision.values import NOT_APPLICABLE, Value
from lawc.diagnostics.diagnostic import Source
from lawc.importers.dmn.answers import ImportedDecisions
from lawc.importers.dmn.model import read_dmn
from lawc.importers.dmn.writing import import_decisions
from lawc.knowledge.as_of import decision_of
from lawc.knowledge.rule import Rule
from lawc.syntax.parsing import parse

SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def model(table: str, *, inputs: str = "Age number", output: str = "string") -> bytes:
    """Return a model with one decision, `Answer`."""
    declared = ""
    for one in inputs.split(","):
        name, kind = one.split()
        declared += (
            f'<inputData name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'
        )
    return (
        f'<definitions xmlns="{SPACE}" name="a model">{declared}<decision name="Answer">'
        f'<variable name="Answer" typeRef="{output}"/>{table}</decision></definitions>'
    ).encode()


def table(policy: str, rows: list[list[str]], *, inputs: str = "Age", values: str = "") -> str:
    """Return a decision table; the last entry of a row is its answer."""
    columns = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>"
        for name in inputs.split(",")
    )
    listed = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    lines = ""
    for *given_, answer in rows:
        cells = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in given_)
        lines += f"<rule>{cells}<outputEntry><text>{escape(answer)}</text></outputEntry></rule>"
    return f"<decisionTable {policy}>{columns}<output>{listed}</output>{lines}</decisionTable>"


def answers(data: bytes, **given_: int) -> list[str | Fraction | None]:
    """Return what the rule of a model answers, one value for each entry of its answer."""
    imported = import_decisions("model.dmn", read_dmn(data))
    assert imported.remarks == ()
    return values_of(imported, {name: Fraction(value) for name, value in given_.items()})


def rule_of(text: str) -> Rule:
    """Return the rule of a text; what is proved of rules is left to the tests of proofs."""
    document, findings = parse(Source("model.rule", text))
    (known,) = know(document, ConstantShelf({}))
    errors = [one for one in (*findings, *known.findings) if one.is_error]
    assert known.rule is not None and not errors, errors
    return known.rule


def values_of(imported: ImportedDecisions, given_: dict[str, Value]) -> list[str | Fraction | None]:
    """Return the values of the decision `Answer`; an input that the rule does not ask is left."""
    decision = decision_of(rule_of(imported.text))
    asked = {port.name for port in decision.inputs}
    values = decide(decision, {name: v for name, v in given_.items() if name in asked}).values
    answer = imported.answers["Answer"]
    found: list[str | Fraction | None] = []
    for entry in answer.entries if answer.entries is not None else (answer,):
        value, port = values[entry.name], decision.port(entry.name)
        if value is NOT_APPLICABLE:
            found.append(None)
        else:
            assert isinstance(value, Fraction)
            found.append(port.choices[int(value)] if port.choices else value)
    return found


def decided(imported: ImportedDecisions, given_: dict[str, Value]) -> Any:
    (value,) = values_of(imported, given_)
    return value


def decision(name: str, logic: str, type_name: str = "") -> str:
    """Return a decision; text that is no element is an expression."""
    if not logic.startswith("<"):
        logic = f"<literalExpression><text>{escape(logic)}</text></literalExpression>"
    declared = f'<variable name="{name}" typeRef="{type_name}"/>'
    return f'<decision name="{name}">{declared}{logic}</decision>'


def models(*parts: str, inputs: str = "Age:number") -> bytes:
    """Return a model of decisions and other parts."""
    declared = ""
    for one in inputs.split(","):
        name, kind = one.split(":")
        declared += (
            f'<inputData name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'
        )
    return (
        f'<definitions xmlns="{SPACE}" name="m">{declared}{"".join(parts)}</definitions>'.encode()
    )


def refusals(data: bytes) -> list[str]:
    """Return why decisions of a model are left out."""
    return [str(one) for one in import_decisions("m.dmn", read_dmn(data)).remarks if one.is_error]


# Null below 5, below 7 and below 6: the quantities of a condition that may be `null`.
OPTIONAL = (
    decision("N", "if Age >= 5 then Age else null", "number"),
    decision("K", "if Age >= 7 then Age - 1 else null", "number"),
    decision("B", "if Age >= 6 then Age > 6 else null", "boolean"),
)
