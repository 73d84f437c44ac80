"""Small CellML models for tests, and a second way to value MathML: by its markup alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

CELLML = "http://www.cellml.org/cellml/2.0#"
MATHML = "http://www.w3.org/1998/Math/MathML"


def model(body: str, name: str = "m") -> bytes:
    """Return a model around components and units."""
    return (
        f'<?xml version="1.0"?><model xmlns="{CELLML}" xmlns:cellml="{CELLML}" name="{name}">'
        f"{body}</model>"
    ).encode()


def component(variables: str, equations: str, name: str = "main") -> str:
    """Return a component with variables and the content of its `math`."""
    return (
        f'<component name="{name}">{variables}<math xmlns="{MATHML}">{equations}</math></component>'
    )


def variable(name: str, units: str = "dimensionless", initial: str = "") -> str:
    """Return a variable."""
    start = f' initial_value="{initial}"' if initial else ""
    return f'<variable name="{name}" units="{units}"{start}/>'


def apply(operator: str, *operands: str) -> str:
    """Return an operator with its operands."""
    return f"<apply><{operator}/>{''.join(operands)}</apply>"


def ci(name: str) -> str:
    """Return a variable in a formula."""
    return f"<ci>{name}</ci>"


def cn(text: str, units: str = "dimensionless") -> str:
    """Return a number in a formula."""
    return f'<cn cellml:units="{units}">{text}</cn>'


def clear(one: float, other: float) -> bool:
    """Return that two numbers differ by more than rounding may have made."""
    if math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6):
        raise ArithmeticError("too near to compare")
    return True


def truth(value: float) -> bool:
    """Return whether a condition holds, or a number is not zero."""
    return value if isinstance(value, bool) else clear(value, 0) and value != 0


_M = f"{{{MATHML}}}"
_CALCULATE: dict[str, Callable[..., float]] = {
    "plus": lambda *a: math.fsum(a),
    "minus": lambda a, *b: a - b[0] if b else -a,
    "times": lambda *a: math.prod(a),
    "divide": lambda a, b: a / b,
    "power": math.pow,
    "exp": math.exp,
    "ln": math.log,
    "abs": abs,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sinh": math.sinh,
    "sec": lambda a: 1 / math.cos(a),
    "coth": lambda a: 1 / math.tanh(a),
    "arcsinh": math.asinh,
    "arctan": math.atan,
    "arccot": lambda a: math.atan(1 / a),
    "min": min,
    "max": max,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "lt": lambda a, b: clear(a, b) and a < b,
    "leq": lambda a, b: clear(a, b) and a <= b,
    "gt": lambda a, b: clear(a, b) and a > b,
    "geq": lambda a, b: clear(a, b) and a >= b,
    "and": lambda *a: all(truth(each) for each in a),
    "or": lambda *a: any(truth(each) for each in a),
    "xor": lambda a, b: truth(a) != truth(b),
    "not": lambda a: not truth(a),
}  # fmt: skip


def raw_value(element: ElementTree.Element, values: Mapping[str, float]) -> float:
    """Return the number that a formula gives for the numbers of its variables."""
    tag = element.tag.removeprefix(_M)
    match tag:
        case "ci":
            return values[(element.text or "").strip()]
        case "cn":
            after = element.find(f"{_M}sep")
            tens = "" if after is None else f"e{(after.tail or '').strip()}"
            return float((element.text or "").strip() + tens)
        case "pi":
            return math.pi
        case "piecewise":
            for piece in element.findall(f"{_M}piece"):
                if truth(raw_value(piece[1], values)):
                    return raw_value(piece[0], values)
            (rest,) = element.findall(f"{_M}otherwise")
            return raw_value(rest[0], values)
    head, *operands = element
    operator = head.tag.removeprefix(_M)
    if operator == "apply" and not operands:
        return raw_value(head, values)
    if operator in ("root", "log"):
        qualifier = f"{_M}{'degree' if operator == 'root' else 'logbase'}"
        given = [raw_value(each[0], values) for each in operands if each.tag == qualifier]
        (of,) = (raw_value(each, values) for each in operands if each.tag != qualifier)
        if operator == "root":
            return math.pow(of, 1 / (given[0] if given else 2))
        return math.log(of) / math.log(given[0]) if given else math.log10(of)
    return _CALCULATE[operator](*(raw_value(operand, values) for operand in operands))
