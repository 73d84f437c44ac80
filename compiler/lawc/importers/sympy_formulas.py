"""Trees of sympy to formulas of the language, node by node from a closed list.

sympy keeps no order of terms and factors, so one is chosen that people would write: numbers and
parameters before states, what is added before what is subtracted. No text is ever given to sympy,
and no function that is not listed here is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from lawc.diagnostics.diagnostic import Place
from lawc.importers.imported import ImportRefusedError
from lawc.lowering.symbolic import FUNCTION_NAMES
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Fold,
    Integral,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Range,
    UnitText,
)

MOST_NODES = 4_000
LARGEST_INTEGER = 10**30
NOWHERE = Place("", 0, 0)
"""The place of what nobody typed; the text that is written from it has places."""

_TENS = re.compile(r"e\+?(-?)0*(?=[0-9])")
_RELATIONS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Measured(sympy.Symbol):
    """A number with a unit, which sympy takes for a symbol: `measured(9.81, "m/s^2")`."""

    value: float
    unit: str

    def __new__(cls, value: float, unit: str) -> Measured:
        """Make it; the unit is read when the law is checked, by the reader of units."""
        positive = {"positive": True} if value > 0 else {}
        made = sympy.Symbol.__new__(cls, f"{value!r} [{unit}]", real=True, **positive)
        made.value = value
        made.unit = unit
        return made

    def __getnewargs_ex__(self) -> Any:
        """Return what a copy is made from."""
        return (self.value, self.unit), {}


def measured(value: float, unit: str) -> Measured:
    """Return a number with its unit, to stand in an equation of sympy.

    Args:
        value: In the unit.
        unit: As in the language, `m/s^2`.
    """
    return Measured(value, unit)


def as_tree(value: Any) -> Any:
    """Return a tree of sympy, also for a plain number; a string is none and is never read as one.

    Raises:
        ImportRefusedError: It is neither.
    """
    if isinstance(value, sympy.Basic):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return sympy.Integer(value)
    if isinstance(value, float):
        return sympy.Float(value)
    shown = f"the text {value[:40]!r}" if isinstance(value, str) else type(value).__name__
    raise ImportRefusedError(f"expected a number or an expression of sympy, got {shown}")


def number(value: Any, unit: str | None = None) -> Node:
    """Return a plain number, or one in a unit.

    Raises:
        ImportRefusedError: It is not a real, finite number.
    """
    exact = as_tree(value)
    if not exact.is_number or not exact.is_real or not exact.is_finite:
        raise ImportRefusedError(f"expected a real number, got {str(value)[:60]}")
    written = None if unit is None else UnitText(NOWHERE, unit)
    if exact is sympy.pi:
        return Number(NOWHERE, "pi", float(exact), written)
    whole = exact.is_Integer and abs(exact) < LARGEST_INTEGER
    size: int | float = abs(int(exact)) if whole else abs(float(exact))
    node = Number(NOWHERE, _TENS.sub(r"e\1", repr(size)), size, written)
    return Negative(NOWHERE, node) if exact < 0 else node


class Formulas:
    """Writes sympy expressions with the names of one law."""

    def __init__(self, names: Mapping[str, int], states: Mapping[str, tuple[str, ...]]) -> None:
        """Take the names in the order declared, and what each state depends on."""
        self.names = names
        self.states = states

    def node(self, value: Any) -> Node:
        """Return the formula of an expression or a condition.

        Raises:
            ImportRefusedError: It holds something that the language has not.
        """
        tree = as_tree(value)
        size = zip(sympy.preorder_traversal(tree), range(MOST_NODES), strict=False)
        if sum(1 for _ in size) == MOST_NODES:
            raise ImportRefusedError("expected a shorter expression: give its parts names")
        return self._node(tree)

    def _node(self, tree: Any) -> Node:
        if isinstance(tree, Measured):
            return number(tree.value, tree.unit)
        if isinstance(tree, sympy.Symbol):
            return Name(NOWHERE, tree.name)
        if isinstance(tree, AppliedUndef):
            return self._state(tree)
        if isinstance(tree, sympy.Rational) and not tree.is_Integer:
            top = Binary(NOWHERE, "/", number(abs(tree.p)), number(tree.q))
            return Negative(NOWHERE, top) if tree.p < 0 else top
        if tree is sympy.pi:
            return Name(NOWHERE, "pi")
        if tree is sympy.E:
            return self._call("exp", number(1))
        if isinstance(tree, sympy.Integer | sympy.Float):
            return number(tree)
        for kind, write in self._kinds().items():
            if isinstance(tree, kind):
                return write(tree)
        name = FUNCTION_NAMES.get(tree.func)
        if name is not None and len(tree.args) == 1:
            return self._call(name, self._node(tree.args[0]))
        raise ImportRefusedError(f"{str(tree)[:60]} has no counterpart in the language")

    def _kinds(self) -> Mapping[Any, Callable[[Any], Node]]:
        return {
            sympy.Add: self._sum,
            sympy.Mul: self._product,
            sympy.Pow: self._power,
            sympy.Derivative: self._derivative,
            sympy.Integral: self._integral,
            sympy.Sum: self._total,
            sympy.Piecewise: self._choice,
            sympy.Min: lambda tree: self._fold("min", tree),
            sympy.Max: lambda tree: self._fold("max", tree),
            Relational: self._relation,
            And: lambda tree: self._logic("and", tree),
            Or: lambda tree: self._logic("or", tree),
            Not: lambda tree: self._logic("not", tree),
        }

    def _state(self, tree: Any) -> Node:
        name = tree.func.__name__
        depends = self.states.get(name, ())
        if tuple(str(argument) for argument in tree.args) != depends:
            expected = f"{name}({', '.join(depends)})" if depends else "a declared function"
            raise ImportRefusedError(f"expected {expected}, got {str(tree)[:60]}")
        return Name(NOWHERE, name)

    def _call(self, name: str, *arguments: Node) -> Node:
        return Call(NOWHERE, Name(NOWHERE, name), arguments)

    def _sum(self, tree: Any) -> Node:
        terms = sorted(tree.as_ordered_terms(), key=_term_rank)
        result = self._node(terms[0])
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            part = self._node(-term if minus else term)
            result = Binary(NOWHERE, "-" if minus else "+", result, part)
        return result

    def _product(self, tree: Any) -> Node:
        """Return a product as one fraction: numbers, parameters, states, then what is composed."""
        sign = tree.could_extract_minus_sign()
        above: list[Node] = []
        below: list[Node] = []
        factors = self._decimal((-tree if sign else tree).as_ordered_factors())
        for factor in sorted(factors, key=self._rank):
            if isinstance(factor, Node):
                above.append(factor)
            elif isinstance(factor, sympy.Rational):
                above += [number(factor.p)] if factor.p != 1 else []
                below += [number(factor.q)] if factor.q != 1 else []
            elif isinstance(factor, sympy.Pow) and _is_below(factor.exp):
                below.append(self._node(1 / factor))
            else:
                above.append(self._node(factor))
        top = self._times(above) or number(1)
        if sign:
            top = self._negative(top)
        bottom = self._times(below)
        return top if bottom is None else Binary(NOWHERE, "/", top, bottom)

    def _negative(self, node: Node) -> Node:
        """Put a minus before a product: it belongs to the first factor, as people read it."""
        if isinstance(node, Binary) and node.operator in ("*", "/"):
            return Binary(NOWHERE, node.operator, self._negative(node.left), node.right)
        return Negative(NOWHERE, node)

    def _times(self, factors: Iterable[Node]) -> Node | None:
        result: Node | None = None
        for factor in factors:
            result = factor if result is None else Binary(NOWHERE, "*", result, factor)
        return result

    def _decimal(self, factors: Iterable[Any]) -> list[Any]:
        """Join `log(x)/log(10)` to a decimal logarithm."""
        rest = list(factors)
        for base, name in ((10, "log10"), (2, "log2")):
            under = 1 / sympy.log(base)
            logs = [f for f in rest if isinstance(f, sympy.log) and f.args[0] != base]
            if under in rest and logs:
                rest.remove(under)
                rest.remove(logs[0])
                rest.append(self._call(name, self._node(logs[0].args[0])))
        return rest

    def _rank(self, factor: Any) -> tuple[int, int]:
        base = factor.base if isinstance(factor, sympy.Pow) else factor
        if getattr(base, "is_number", False):
            return 0, 0
        if isinstance(base, sympy.Symbol):
            runs = any(base.name in variables for variables in self.states.values())
            return 1 + runs, self.names.get(base.name, 0)
        if isinstance(base, AppliedUndef):
            return 3, self.names.get(base.func.__name__, 0)
        return 4, 0

    def _power(self, tree: Any) -> Node:
        base, exponent = tree.base, tree.exp
        if _is_below(exponent):
            return Binary(NOWHERE, "/", number(1), self._node(base**-exponent))
        if exponent == sympy.Rational(1, 2):
            return self._call("sqrt", self._node(base))
        return Binary(NOWHERE, "^", self._node(base), self._node(exponent))

    def _derivative(self, tree: Any) -> Node:
        result = self._node(tree.expr)
        for variable, order in reversed(tree.variable_count):
            if not order.is_Integer:
                raise ImportRefusedError(f"expected a whole order of derivation, got {order}")
            result = Derivative(NOWHERE, result, Name(NOWHERE, str(variable)), int(order))
        return result

    def _integral(self, tree: Any) -> Node:
        if len(tree.limits) != 1 or len(tree.limits[0]) != 3:
            raise ImportRefusedError("expected an integral over one variable, with both ends")
        by, low, high = tree.limits[0]
        ends = self._node(low), self._node(high)
        return Integral(NOWHERE, self._node(tree.function), Name(NOWHERE, str(by)), *ends)

    def _total(self, tree: Any) -> Node:
        if len(tree.limits) != 1:
            raise ImportRefusedError("expected a sum over one index")
        index, low, high = tree.limits[0]
        over = Range(NOWHERE, self._node(low), self._node(high))
        return Fold(NOWHERE, "sum", Name(NOWHERE, str(index)), over, self._node(tree.function))

    def _fold(self, name: str, tree: Any) -> Node:
        first, *rest = sympy.ordered(tree.args)
        result = self._node(first)
        for argument in rest:
            result = self._call(name, result, self._node(argument))
        return result

    def _choice(self, tree: Any) -> Node:
        *branches, (last, closing) = [pair.args for pair in tree.args]
        if closing != sympy.true:
            raise ImportRefusedError("expected a Piecewise whose last condition is True")
        result = self._node(last)
        for value, condition in reversed(branches):
            result = Choice(NOWHERE, self._node(condition), self._node(value), result)
        return result

    def _relation(self, tree: Any) -> Node:
        left, right = (self._node(side) for side in tree.args)
        return Comparison(NOWHERE, (_RELATIONS[tree.rel_op],), (left, right))

    def _logic(self, operator: str, tree: Any) -> Node:
        operands = tuple(self._node(argument) for argument in sympy.ordered(tree.args))
        return Logic(NOWHERE, operator, operands)


def _term_rank(term: Any) -> tuple[bool, int]:
    """Return what comes first in a sum: what is added, and there the highest derivative."""
    orders = (
        sum(int(count) for _, count in derivative.variable_count if count.is_Integer)
        for derivative in term.atoms(sympy.Derivative)
    )
    return term.could_extract_minus_sign(), -max(orders, default=0)


def _is_below(exponent: Any) -> bool:
    """Return whether a power with this exponent belongs below the line of a fraction."""
    return not isinstance(exponent, sympy.Add) and exponent.could_extract_minus_sign()
