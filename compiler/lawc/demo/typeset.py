"""A law as mathematics on a page: expressions to MathML, which browsers draw by themselves."""

from __future__ import annotations

from html import escape

from lawc.knowledge.expression import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Expression,
    Logic,
    Negative,
    Number,
    Symbol,
)
from lawc.knowledge.law import Condition, Equation, Law

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip

SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "-": "−", "and": "∧", "or": "∨", "not": "¬"}

_TIMES = '<mo lspace="0.12em" rspace="0.12em">&#8290;</mo>'
"""A product as textbooks write it: side by side, with a little air."""

LEVEL = {"+": 1, "-": 1, "*": 2, "/": 3, "^": 4}
"""How tightly an operator binds; a fraction needs no parentheses inside a product."""


def law(law: Law) -> str:
    """Return the equations and conditions of a law as blocks of MathML."""
    lines = [equation(one) for one in law.equations]
    lines += [condition(one) for one in law.conditions]
    return "\n".join(f'<math display="block">{line}</math>' for line in lines)


def equation(equation: Equation) -> str:
    """Return both sides with their relation."""
    sign = {"=": "=", ":=": "≔", "~=": "≈"}[equation.relation.value]
    return _row(mathml(equation.left), _sign(sign), mathml(equation.right))


def condition(condition: Condition) -> str:
    """Return `quantity(at) = value`."""
    primes = "′" * condition.order
    name = symbol(condition.quantity)
    left = f"<msup>{name}<mo>{primes}</mo></msup>" if primes else name
    return _row(
        left, _sign("("), mathml(condition.at), _sign(")"), _sign("="), mathml(condition.value)
    )


def mathml(expression: Expression) -> str:
    """Return one expression."""
    match expression:
        case Number(value):
            return f"<mn>{escape(f'{value:.10g}')}</mn>"
        case Symbol(name):
            return symbol(name)
        case Negative(of):
            return _row(_sign("-"), _within(of, 2))
        case Binary("/", top, bottom):
            return f"<mfrac>{mathml(top)}{mathml(bottom)}</mfrac>"
        case Binary("^", base, exponent):
            return f"<msup>{_within(base, 5)}{mathml(exponent)}</msup>"
        case Binary("*", left, right):
            # A leading sign needs no parentheses: −k A.
            first = mathml(left) if isinstance(left, Negative) else _within(left, 2)
            joint = _sign("×") if isinstance(right, Number) else _TIMES
            return _row(first, joint, _within(right, 2))
        case Binary(operator, left, right):
            level = LEVEL[operator]
            after = level + 1 if operator == "-" else level
            return _row(_within(left, level), _sign(operator), _within(right, after))
        case Call("sqrt", (argument,)):
            return f"<msqrt>{mathml(argument)}</msqrt>"
        case Call("exp", (argument,)):
            return f"<msup><mi>e</mi>{mathml(argument)}</msup>"
        case Call("abs", (argument,)):
            return _row(_sign("|"), mathml(argument), _sign("|"))
        case Call(function, arguments):
            inner = _sign(",").join(mathml(argument) for argument in arguments)
            return _row(
                f'<mi mathvariant="normal">{escape(function)}</mi>', _sign("("), inner, _sign(")")
            )
        case Derivative(quantity, by, order):
            return _derivative(quantity, by, order)
        case Comparison(operators, operands):
            pieces = [mathml(operands[0])]
            for operator, operand in zip(operators, operands[1:], strict=True):
                pieces += [_sign(operator), mathml(operand)]
            return _row(*pieces)
        case Logic("not", (operand,)):
            return _row(_sign("not"), mathml(operand))
        case Logic(operator, operands):
            return _sign(operator).join(mathml(operand) for operand in operands)
        case Choice(test, then, otherwise):
            rows = ((then, test), (otherwise, None))
            cells = "".join(
                f"<mtr><mtd>{mathml(value)}</mtd><mtd><mtext>"
                + ("otherwise</mtext>" if when is None else f"if&#160;</mtext>{mathml(when)}")
                + "</mtd></mtr>"
                for value, when in rows
            )
            return _row(_sign("{"), f"<mtable columnalign='left'>{cells}</mtable>")
    raise TypeError(f"no such expression: {type(expression).__name__}")


def symbol(name: str) -> str:
    """Return a name as the field writes it: `Vmax` and `Km` with an index, `alpha` as α."""
    head, _, index = name.partition("_")
    if not index and head not in GREEK and len(head) > 1 and not head.isupper():
        head, index = head[0], head[1:]
    letter = escape(GREEK.get(head, head))
    style = ' mathvariant="normal"' if len(letter) > 1 else ""
    if not index:
        return f"<mi{style}>{letter}</mi>"
    return f'<msub><mi{style}>{letter}</mi><mi mathvariant="normal">{escape(index)}</mi></msub>'


def _derivative(quantity: str, by: str, order: int) -> str:
    d = '<mi mathvariant="normal">d</mi>'
    if order == 1:
        return f"<mfrac>{_row(d, symbol(quantity))}{_row(d, symbol(by))}</mfrac>"
    power = f"<mn>{order}</mn>"
    top = _row(f"<msup>{d}{power}</msup>", symbol(quantity))
    return f"<mfrac>{top}{_row(d, f'<msup>{symbol(by)}{power}</msup>')}</mfrac>"


def _within(expression: Expression, level: int) -> str:
    """Return an operand, in parentheses where it binds less tightly than its place."""
    inner = mathml(expression)
    loose = (isinstance(expression, Binary) and LEVEL[expression.operator] < level) or (
        isinstance(expression, Negative) and level > 1
    )
    return _row(_sign("("), inner, _sign(")")) if loose else inner


def _row(*pieces: str) -> str:
    return f"<mrow>{''.join(pieces)}</mrow>"


def _sign(operator: str) -> str:
    return f"<mo>{escape(SIGNS.get(operator, operator))}</mo>"
