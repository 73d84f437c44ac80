"""Hold the frozen form of a rule against exact rational arithmetic, where answers change.

The form is the rule's own decision, so nothing is approximated: what is tried is that its
evaluation of columns says what the exact evaluation of each case says, to the last digit that a
column holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch

from lawc.certificate.certificate import Certificate
from lawc.deciding.points import Case, cases
from lawc.deciding.program import RuleProgram
from lawc.decision.decision import Decision, Port, formulas
from lawc.decision.exact import decide
from lawc.decision.formula import INEXACT, Apply, Number, walk
from lawc.decision.values import Absent, exact
from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.decision import DecisionForm
from lawc.forms.tape import Step, Tape

RISK = 1e-6
SEED = 900_006
POINTS = 2_048
DOUBLE = 2.0**-50
"""How far a value in double precision may be off, as a share, where its digits have no end."""
POWERS = 1e-12
"""The same where powers, roots or logarithms are calculated, which no two libraries do alike."""
MARGIN = 4.0
"""Between the worst rounding error seen and the bound."""


@dataclass(frozen=True, eq=False)
class RuleStudent:
    """The frozen form of a rule: its decision as of a day.

    Attributes:
        form: What is to be frozen.
        program: What it answers.
    """

    form: DecisionForm
    program: RuleProgram

    @property
    def facts(self) -> dict[str, Any]:
        """What a card says about its making, as JSON."""
        day = self.program.as_of
        return {"form": "exact rule", **({"as_of": day.isoformat()} if day else {})}


def distil_rule(program: RuleProgram) -> RuleStudent:
    """Return the exact form of a rule; a rule is never approximated.

    Raises:
        CompileError: The rule has dates and the program no day.
    """
    return RuleStudent(DecisionForm(program.decision), program)


def certify_rule(student: RuleStudent, points: int | None = None) -> Certificate:
    """Return the certificate of a rule's form, of grade A.

    Args:
        student: The form.
        points: Cases near the edges of the rule to try; 2,048 by default.

    Raises:
        BuildError: The form answers a case otherwise than exact arithmetic.
        DecisionError: The rule does not answer the cases of its domain.
    """
    decision = student.program.decision
    tried = cases(decision, points or POINTS, SEED)
    values = _answers(student.form, tried)
    limit = DOUBLE if not any(map(_is_inexact, _nodes(decision))) else POWERS
    worst, at = 0.0, tried[0]
    for row, case in enumerate(tried):
        truth = decide(decision, case).values
        for name in decision.outputs:
            share = _share(float(values[name][row]), truth[name])
            if not share <= limit:
                said = "none" if math.isnan(values[name][row]) else repr(float(values[name][row]))
                raise BuildError(f"the form answers {name} = {said}, the rule {truth[name]}")
            if share > worst:
                worst, at = share, case
    ends = has_ends(decision)
    bound = 0.0 if ends and worst == 0 else max(DOUBLE, MARGIN * worst)
    return Certificate(
        grade="A",
        bound=bound,
        worst=worst,
        typical=0.0 if worst == 0 else worst,
        measure="the value itself",
        points={"edges": len(tried)},
        seeds={"edges": SEED},
        worst_at={n: float(v) for n, v in at.items() if isinstance(v, Fraction)},
        exceedance=math.log(1 / RISK) / len(tried),
        worst_random=worst,
        risk=RISK,
        reference="exact rational arithmetic",
        arithmetic="exact" if ends else "float64",
        error=_error(decision.outputs, bound),
    )


def has_ends(decision: Decision) -> bool:
    """Return whether every answer is a number that a column holds exactly."""
    return not any(map(_is_inexact, _nodes(decision))) and all(
        _is_held(decision.port(name)) for name in decision.outputs
    )


def _nodes(decision: Decision) -> list[Apply]:
    made = (walk(formula) for step in decision.steps for formula in formulas(step))
    return [node for nodes in made for node in nodes if isinstance(node, Apply)]


def _is_inexact(node: Apply) -> bool:
    if node.operation != "power":
        return node.operation in INEXACT
    exponent = node.parts[1]
    return not (isinstance(exponent, Number) and exponent.value.denominator == 1)


def _is_held(port: Port) -> bool:
    """Return whether values of a port are multiples of a step, few enough to be told apart."""
    if port.kind != "number":
        return True
    return port.step is not None and all(
        end is not None and abs(end / port.step) < 10**15 for end in (port.low, port.high)
    )


def _answers(form: DecisionForm, tried: list[Case]) -> dict[str, torch.Tensor]:
    columns = {
        name: torch.tensor(
            [
                float("nan") if isinstance(case[name], Absent) else float(case[name])  # type: ignore[arg-type]
                for case in tried
            ],
            dtype=torch.float64,
        )
        for name in form.inputs
    }
    return form(columns)


def _share(value: float, truth: Any) -> float:
    """Return how far a value is off, as a share of the truth; what is absent must be NaN."""
    if isinstance(truth, Absent):
        return 0.0 if math.isnan(value) else math.inf
    if math.isnan(value):
        return math.inf
    off = abs(exact(value) - truth)
    return float(off / max(abs(truth), Fraction(1, 10**300))) if off else 0.0


def _error(outputs: tuple[str, ...], bound: float) -> Tape:
    """Return the tape of the error of each output: a share of its value."""
    steps = [Step("constant", (), bound)]
    registers = []
    for place, name in enumerate(outputs):
        first = len(outputs) + len(steps)
        steps += [Step("abs", (place,)), Step("multiply", (first, len(outputs)))]
        registers.append((name, first + 1))
    return Tape(outputs, tuple(steps), tuple(registers))
