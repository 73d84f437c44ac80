"""What a model of DMN becomes: a rule, and how the answers of its decisions are read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lawc.importers.dmn.model import (
    DecisionTable,
)
from lawc.importers.dmn.tables import Written
from lawc.importers.feel.meaning import Known
from lawc.importers.imported import Remark


@dataclass(frozen=True, slots=True)
class Answer:
    """How the answer of a decision is read from the quantities of the rule.

    Attributes:
        name: The quantity, of a single value.
        parts: Of a record, by the name of the part.
        entries: Of a list, in its order; one that is not applicable is not in the list.
    """

    name: str = ""
    parts: Mapping[str, Answer] = field(default_factory=dict)
    entries: tuple[Answer, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportedDecisions:
    """A model of DMN as a rule.

    Attributes:
        text: The rule; empty where no decision can be one.
        inputs: Paths of the model, `Applicant.Age`, and the quantities of the rule.
        answers: By the name of the decision.
        words: By quantity, the word of the rule for each text of the model.
        remarks: What was left out, and why.
    """

    text: str
    inputs: Mapping[str, Known]
    answers: Mapping[str, Answer]
    words: Mapping[str, Mapping[str, str]]
    remarks: tuple[Remark, ...] = ()


def answer_of(written: Written, table: DecisionTable) -> Answer:
    """Return how the answer of a table is read."""
    made = [
        Answer(row[0])
        if len(table.outputs) == 1
        else Answer(parts={o.name: Answer(n) for o, n in zip(table.outputs, row, strict=True)})
        for row in written.rows
    ]
    return Answer(entries=tuple(made)) if written.is_list else made[0]
