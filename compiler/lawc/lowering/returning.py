"""Ask a differential equation back: parameters, starts or times from values of its states.

Where the course of a state has a formula, the state at a time is tied to the parameters by an
equation like any other. A law in which such equations stand in place of derivatives can be asked
in every direction; what its values do not determine is then named as for any algebraic law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
    derivatives,
    names,
    size,
)
from lawc.knowledge.law import Equation, Law, Relation
from lawc.lowering.closed_form import closed_form
from lawc.lowering.directions import direction
from lawc.lowering.flows import dynamics
from lawc.lowering.plan import Plan, Signature
from lawc.lowering.planning import make_plan
from lawc.lowering.signature import parse_signature

SECONDS = 10.0
MAX_SIZE = 2_000
MOST_STATES = 4

_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "^"}
_COMPARISONS = {"less": "<", "less_equal": "<=", "equal": "="}


def plan_either_way(law: Law, signature: str | Signature) -> Plan:
    """Return the plan of a signature; one that asks a course back gets formulas of the course.

    Raises:
        CompileError: As for a plan; or what the course leaves open.
    """
    parsed = parse_signature(law, signature)
    try:
        return make_plan(law, parsed)
    except CompileError:
        back = _with_courses(law, parsed)
        if back is None:
            raise
    return make_plan(back, parsed)


def _with_courses(law: Law, signature: Signature) -> Law | None:
    """Return the law with formulas of its states in place of its derivatives.

    None where the signature asks for no way back, or a course has no formula.
    """
    try:
        system = dynamics(law)
    except CompileError:
        return None
    asked = [name for name in signature.inputs if name in system.orders]
    if not asked or len(system.orders) > MOST_STATES:
        return None
    kept = tuple(e for e in law.equations if not (derivatives(e.left) or derivatives(e.right)))
    courses: list[Equation] = []
    for state in system.orders:
        body = _course(law, signature, state)
        if body is not None:
            label = f"course of {state}"
            courses.append(Equation(label, Relation.LAW, Symbol(state), body, law.place))
        elif state in asked:
            return None
    _refuse_blind(
        law, signature, [*kept, *(e for e in courses if e.left in [Symbol(name) for name in asked])]
    )
    quantities = {name: replace(q, depends=()) for name, q in law.quantities.items()}
    return replace(law, equations=(*kept, *courses), conditions=(), quantities=quantities)


def _refuse_blind(law: Law, signature: Signature, equations: Sequence[Equation]) -> None:
    """Raise if a parameter that is asked for occurs in no equation."""
    asked = [name for name in signature.inputs if law.quantities[name].depends]
    spoken = frozenset[str]().union(*(names(e.left) | names(e.right) for e in equations))
    moving = dynamics(law).orders
    blind = [n for n in signature.outputs if n not in spoken and n not in moving]
    if blind:
        raise CompileError(
            f"the course of {' and '.join(asked)} does not depend on {' and '.join(blind)}, so it "
            "does not determine what is asked"
        )


def _course(law: Law, signature: Signature, state: str) -> Expression | None:
    """Return a formula of a state in terms of what the law asks for to give it."""
    written = direction(law)
    needed = written.needs([state]) - written.outputs
    named = {*signature.inputs, *signature.outputs}
    inputs = tuple(
        name
        for name, q in law.quantities.items()
        if name in needed and (q.default is None or q.low is not None or name in named)
    )
    try:
        forward = make_plan(law, Signature(inputs, (state,)))
        formula = closed_form(forward, SECONDS) if forward.flow is not None else None
    except CompileError:
        return None
    if formula is None:
        return None
    body = expression_of(formula, state)
    return body if size(body) <= MAX_SIZE else None


def expression_of(formula: Tape, output: str) -> Expression:
    """Return what a tape computes for an output, as a tree; common parts stay shared."""
    made: list[Expression] = [Symbol(name) for name in formula.inputs]
    for step in formula.steps:
        parts = [made[operand] for operand in step.operands]
        made.append(_node(step.operation, parts, step.value))
    return made[dict(formula.outputs)[output]]


def _node(operation: str, parts: list[Expression], value: float) -> Expression:
    match operation, parts:
        case "constant", _:
            return Number(int(value) if value == round(value) and abs(value) < 1e9 else value)
        case (("add" | "subtract" | "multiply" | "divide" | "power"), [left, right]):
            return Binary(_ARITHMETIC[operation], left, right)
        case "negative", [of]:
            return Negative(of)
        case "square", [of]:
            return Binary("^", of, Number(2))
        case (("less" | "less_equal" | "equal"), [left, right]):
            return Comparison((_COMPARISONS[operation],), (left, right))
        case (("and" | "or" | "not"), _):
            return Logic(operation, tuple(parts))
        case "where", [condition, then, otherwise]:
            return Choice(condition, then, otherwise)
    return Call(operation, tuple(parts))
