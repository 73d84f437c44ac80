"""Hold the frozen form of a rule against exact rational arithmetic, where answers change.

The form is the rule's own decision, so nothing is approximated: what is tried is that its
evaluation of columns says what the exact evaluation of each case says, to the last digit that a
column holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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
from lawc.decision.operations import ONE, shown
from lawc.decision.values import Absent, Value, exact
from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.decision import DecisionForm
from lawc.forms.tape import Step, Tape

RISK = 1e-6
SEED = 900_006
POINTS = 2_048
DOUBLE = 2.0**-50
"""How far a value in double precision may be off, as a share, where its digits have no end."""
AGREES = 1e-9
"""More than sums that cancel, powers and logarithms are off: then it is another rule."""
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
    truths = [decide(decision, case).values for case in tried]
    scales = {name: _scale([truth[name] for truth in truths]) for name in decision.outputs}
    ends = has_ends(decision)
    worst, at = 0.0, tried[0]
    for row, (case, truth) in enumerate(zip(tried, truths, strict=True)):
        for name in decision.outputs:
            value = float(values[name][row])
            share = _share(value, truth[name], scales[name])
            if not share <= (0.0 if ends else AGREES):
                raise BuildError(
                    f"the form answers {name} = {value!r}, the rule {shown(truth[name])}"
                )
            if share > worst:
                worst, at = share, case
    bound = 0.0 if ends else max(DOUBLE, MARGIN * worst)
    return Certificate(
        grade="A",
        bound=bound,
        worst=worst,
        typical=0.0 if worst == 0 else worst,
        measure="the largest value of the output",
        points={"edges": len(tried)},
        seeds={"edges": SEED},
        worst_at={n: float(v) for n, v in at.items() if isinstance(v, Fraction)},
        exceedance=math.log(1 / RISK) / len(tried),
        worst_random=worst,
        risk=RISK,
        reference="exact rational arithmetic",
        arithmetic="exact" if ends else "float64",
        error=_error(scales, bound),
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
    if port.step is None or 10**15 % port.step.denominator:
        return False
    return all(end is not None and abs(end / port.step) < 10**15 for end in (port.low, port.high))


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


def _scale(truths: list[Value]) -> Fraction:
    """Return the largest size of an output, 1 where it is always 0."""
    return max((abs(t) for t in truths if not isinstance(t, Absent)), default=ONE) or ONE


def _share(value: float, truth: Value, scale: Fraction) -> float:
    """Return how far a value is off, as a share of the scale; what is absent must be NaN."""
    if isinstance(truth, Absent):
        return 0.0 if math.isnan(value) else math.inf
    return math.inf if math.isnan(value) else float(abs(exact(value) - truth) / scale)


def _error(scales: Mapping[str, Fraction], bound: float) -> Tape:
    """Return the tape of the error of each output: a share of its scale."""
    steps = tuple(Step("constant", (), bound * float(scale)) for scale in scales.values())
    return Tape((), steps, tuple((name, place) for place, name in enumerate(scales)))
