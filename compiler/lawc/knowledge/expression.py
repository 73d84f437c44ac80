"""Expressions as known: names resolved, numbers in SI, derivatives explicit.

The tree keeps the author's order and grouping. It has no places; the tree as written has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from lawc.diagnostics.immutable import immutable


class Expression:
    """A node of an expression; all nodes are immutable and hashable."""

    __slots__ = ()


@immutable
class Number(Expression):
    """A number in SI units; integers stay integers so that `x^2` is exact."""

    value: int | float


@immutable
class Symbol(Expression):
    """A quantity or constant of the law, by its name there."""

    name: str


@immutable
class Negative(Expression):
    """The negative of an expression."""

    of: Expression


@immutable
class Binary(Expression):
    """Two operands and one of `+ - * / ^`."""

    operator: str
    left: Expression
    right: Expression


@immutable
class Call(Expression):
    """A function of FUNCTIONS applied to its arguments."""

    function: str
    arguments: tuple[Expression, ...]


@immutable
class Derivative(Expression):
    """The derivative of a quantity by another, of order one or more."""

    quantity: str
    by: str
    order: int = 1


@immutable
class MixedDerivative(Expression):
    """The derivative of a field by several variables, each to an order of one or more.

    Attributes:
        orders: Two or more variables with their orders, sorted by name.
    """

    quantity: str
    orders: tuple[tuple[str, int], ...]


@immutable
class Integral(Expression):
    """The integral of an expression over a variable that it binds, from low to high."""

    of: Expression
    by: str
    low: Expression
    high: Expression


@immutable
class Comparison(Expression):
    """A chain `a < b <= c`: operators stand between neighbouring operands.

    Operators are `< <= > >= = !=`.
    """

    operators: tuple[str, ...]
    operands: tuple[Expression, ...]


@immutable
class Logic(Expression):
    """`and`, `or` of two or more conditions, or `not` of one."""

    operator: str
    operands: tuple[Expression, ...]


@immutable
class Choice(Expression):
    """`if condition then one else other`."""

    condition: Expression
    then: Expression
    otherwise: Expression


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of a node, in the order of reading."""
    read = _PARTS.get(type(expression))
    return () if read is None else read(expression)


# To look a class up takes a fraction of the time that matching a node against one after another
# does, and this is asked of every node, many times.
_PARTS: dict[type[Expression], Callable[[Any], tuple[Expression, ...]]] = {
    Binary: attrgetter("left", "right"),
    Negative: lambda node: (node.of,),
    Call: attrgetter("arguments"),
    Comparison: attrgetter("operands"),
    Logic: attrgetter("operands"),
    Choice: attrgetter("condition", "then", "otherwise"),
    Integral: attrgetter("of", "low", "high"),
}


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield a node and all below it, parents first."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(parts(node)))


def distinct(expression: Expression) -> Iterator[Expression]:
    """Yield each node object once, in any order.

    Substitution shares nodes, so a tree may be a graph in memory whose unfolding is exponential.
    """
    seen = {id(expression)}
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        for part in parts(node):
            if id(part) not in seen:
                seen.add(id(part))
                stack.append(part)


def bottom_up(
    expression: Expression, below: Callable[[Expression], tuple[Expression, ...]] = parts
) -> Iterator[Expression]:
    """Yield each node object once, parts before what they are parts of.

    What is computed in this order needs no recursion, however deep the tree. `below` may leave
    parts out.
    """
    done: set[int] = set()
    stack = [expression]
    while stack:
        node = stack[-1]
        waiting = [part for part in below(node) if id(part) not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        stack.pop()
        if id(node) not in done:
            done.add(id(node))
            yield node


def size(expression: Expression) -> int:
    """Return how many nodes the tree has when shared parts are counted each time they occur."""
    counted: dict[int, int] = {}
    for node in bottom_up(expression):
        counted[id(node)] = 1 + sum(counted[id(part)] for part in parts(node))
    return counted[id(expression)]


def rebuild(
    expression: Expression, change: Callable[[Expression], Expression | None]
) -> Expression:
    """Return the tree in which each node that `change` answers for is replaced by its answer.

    `change` sees parents first; where it answers None the node stays and its parts are visited.
    Parts that are shared stay shared.
    """
    made: dict[int, Expression] = {}

    def remake(node: Expression) -> Expression:
        if id(node) not in made:
            answer = change(node)
            made[id(node)] = _with_parts(node, remake) if answer is None else answer
        return made[id(node)]

    return remake(expression)


def _with_parts(node: Expression, remake: Callable[[Expression], Expression]) -> Expression:
    match node:
        case Negative(of):
            return Negative(remake(of))
        case Binary(operator, left, right):
            return Binary(operator, remake(left), remake(right))
        case Call(function, arguments):
            return Call(function, tuple(remake(a) for a in arguments))
        case Comparison(operators, operands):
            return Comparison(operators, tuple(remake(o) for o in operands))
        case Logic(operator, operands):
            return Logic(operator, tuple(remake(o) for o in operands))
        case Choice(condition, then, otherwise):
            return Choice(remake(condition), remake(then), remake(otherwise))
        case Integral(of, by, low, high):
            return Integral(remake(of), by, remake(low), remake(high))
    return node


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """Return the expression with symbols replaced; derivatives keep their quantity.

    The variable of an integral is its own: inside it stays.
    """

    def change(node: Expression) -> Expression | None:
        if isinstance(node, Integral) and node.by in values:
            inside = {name: value for name, value in values.items() if name != node.by}
            low, high = substitute(node.low, values), substitute(node.high, values)
            return Integral(substitute(node.of, inside), node.by, low, high)
        return values.get(node.name) if isinstance(node, Symbol) else None

    return rebuild(expression, change)


def names(expression: Expression) -> frozenset[str]:
    """Return the names of all symbols that occur, also those under a derivative.

    The variable of an integral is none of them, unless it occurs outside too.
    """
    found: set[str] = set()
    seen = {id(expression)}
    stack = [expression]
    while stack:
        node = stack.pop()
        below = parts(node)
        if isinstance(node, Symbol):
            found.add(node.name)
        elif isinstance(node, Derivative):
            found.update((node.quantity, node.by))
        elif isinstance(node, MixedDerivative):
            found.update((node.quantity, *(by for by, _ in node.orders)))
        elif isinstance(node, Integral):
            found.update(names(node.of) - {node.by})
            below = (node.low, node.high)
        for part in below:
            if id(part) not in seen:
                seen.add(id(part))
                stack.append(part)
    return frozenset(found)


def orders_in(expression: Expression) -> tuple[tuple[str, dict[str, int]], ...]:
    """Return each derivative that occurs, mixed or not: its quantity, and its orders by name."""
    found: dict[Expression, tuple[str, dict[str, int]]] = {}
    for node in distinct(expression):
        if isinstance(node, Derivative):
            found[node] = (node.quantity, {node.by: node.order})
        elif isinstance(node, MixedDerivative):
            found[node] = (node.quantity, dict(node.orders))
    return tuple(found.values())


def derivatives(expression: Expression) -> frozenset[Derivative]:
    """Return the derivatives that occur by one variable each."""
    return frozenset(node for node in distinct(expression) if isinstance(node, Derivative))


FUNCTIONS: dict[str, int] = {
    "exp": 1,
    "ln": 1,
    "log10": 1,
    "log2": 1,
    "sqrt": 1,
    "abs": 1,
    "sign": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "arcsin": 1,
    "arccos": 1,
    "arctan": 1,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "erf": 1,
    "elliptic_k": 1,
    "expm1": 1,
    "exprel": 1,
    "min": 2,
    "max": 2,
}
"""Functions of the language and the number of their arguments.

`exprel(z)` is `(exp(z) - 1)/z`, 1 at zero. `elliptic_k(m)` is the complete elliptic integral of
the first kind of the parameter m = k². `arcsin`, `arccos`, `arctan` answer an angle.
"""
