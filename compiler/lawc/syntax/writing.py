"""Turn what was read back into text, in one spelling: what messages propose and show.

Reading the text again gives the same tree, in a block that declares the same names.
"""

from __future__ import annotations

from datetime import date

from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Choice,
    Comparison,
    Date,
    Derivative,
    Fold,
    Index,
    Integral,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Range,
    UnitText,
)

_CHOICE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(10)

_BINDS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}


def write(node: Node) -> str:
    """Return a node as text: `m*d2x/dt2 + k*x`."""
    return _write(node)[0]


def write_sum(node: Node) -> str:
    """Return a node as text where a sum is read: a condition stands in brackets."""
    return _within(node, _SUM)


def _write(node: Node) -> tuple[str, int]:
    """Return a node as text, and how tightly its outermost sign binds."""
    match node:
        case Number():
            return _number(node), _ATOM
        case Name(_, name):
            return name, _ATOM
        case Date(_, day):
            return date.fromordinal(day).isoformat(), _ATOM
        case UnitText(_, text):
            return f"[{text}]", _ATOM
        case Negative(_, of):
            return f"-{_within(of, _SIGNED)}", _SIGNED
        case Binary():
            return _binary(node), _BINDS[node.operator]
        case Call(_, Name(_, ("is_known" | "is_applicable") as state), (of,)):
            return f"{_within(of, _SUM)} {state.replace('_', ' ')}", _COMPARE
        case Logic(_, "not", (Call(_, Name(_, ("is_known" | "is_applicable") as state), (of,)),)):
            word = "is unknown" if state == "is_known" else "is not applicable"
            return f"{_within(of, _SUM)} {word}", _COMPARE
        case Call(_, function, arguments):
            return f"{function.name}({', '.join(write(part) for part in arguments)})", _ATOM
        case Derivative():
            return _derivative(node), _ATOM
        case Comparison(_, operators, operands):
            words = [_within(operands[0], _SUM)]
            for operator, operand in zip(operators, operands[1:], strict=True):
                words += [operator, _within(operand, _SUM)]
            return " ".join(words), _COMPARE
        case Logic(_, "not", operands):
            return f"not {_within(operands[0], _NOT)}", _NOT
        case Logic(_, operator, operands):
            binds = _AND if operator == "and" else _OR
            # A first operand of the same kind was grouped by brackets, and stays so.
            return f" {operator} ".join(_within(part, binds + 1) for part in operands), binds
        case Choice(_, condition, then, otherwise):
            text = f"if {write(condition)} then {write(then)} else {write(otherwise)}"
            return text, _CHOICE
        case Index(_, of, indices):
            return f"{of.name}[{', '.join(write(index) for index in indices)}]", _ATOM
        case Range(_, low, high):
            return f"{_within(low, _SUM)} .. {_within(high, _SUM)}", _SUM
        case Fold(_, operator, index, over, of):
            return f"{operator}({index.name} in {write(over)}: {write(of)})", _ATOM
        case Integral(_, of, by, low, high):
            ends = f"{_within(low, _SUM)} .. {_within(high, _SUM)}"
            return f"integral({write(of)}, {by.name} = {ends})", _ATOM
        case Broken():
            return "…", _ATOM
    raise TypeError(f"expected a node of an expression, got {type(node).__name__}")


def _within(node: Node, binds: int) -> str:
    text, own = _write(node)
    return text if own >= binds else f"({text})"


def _number(node: Number) -> str:
    return node.text if node.unit is None else f"{node.text} [{node.unit.text}]"


def _binary(node: Binary) -> str:
    binds = _BINDS[node.operator]
    if node.operator == "^":
        # An exponent may have a sign, and powers group from the right.
        left = _within(node.left, _ATOM)
        # `dx/dt^2` would be read as a second derivative that lacks an order.
        base = f"({left})" if isinstance(node.left, Derivative) else left
        return f"{base}^{_within(node.right, _SIGNED)}"
    left, right = _within(node.left, binds), _within(node.right, binds + 1)
    return f"{left} {node.operator} {right}" if binds == _SUM else f"{left}{node.operator}{right}"


def _derivative(node: Derivative) -> str:
    chain = [node]
    while isinstance(chain[-1].of, Derivative):
        chain.append(chain[-1].of)
    order = sum(one.order for one in chain)
    times = "" if order == 1 else str(order)
    of = chain[-1].of
    if isinstance(of, Name | Index):
        if len(chain) == 1:
            return f"d{times}{write(of)}/d{node.by.name}{times}"
        below = "".join(f"∂{d.by.name}{'' if d.order == 1 else f'^{d.order}'}" for d in chain)
        return f"∂{times}{write(of)}/{below}"
    times = "" if node.order == 1 else str(node.order)
    return f"d{times}/d{node.by.name}{times}({write(node.of)})"
