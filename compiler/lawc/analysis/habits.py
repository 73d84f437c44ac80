"""How a law uses its names: beside what each stands, so that an unlikely use can be told.

A formula that reads `k*x0` elsewhere makes `k*x` likelier than `B*x`, where both would fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lawc.analysis.dimensions import Dimensions, without_angle
from lawc.analysis.scope import Scope, roots
from lawc.syntax.tree import Binary, Derivative, Name, Negative, Node, parts, walk
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

Use = tuple[str, str, bool, Dimension | None]
"""A name, the sign beside it, whether it stands on the left of it, what the other side measures."""

Product = frozenset[tuple[str, int]]
"""The factors of a product, and the power of each."""


class Habits:
    """What a law does with its names.

    Attributes:
        uses: How its names stand beside others.
        derived: Names of which it takes derivatives.
        given: Names that stand alone on the left of an equation.
        products: The products in it, each as its factors and their powers.
        counts: How often each name stands in its equations.
    """

    def __init__(self, scope: Scope) -> None:
        self._measure = Dimensions(scope.dimensions, said=scope.said)
        self.uses: set[Use] = set()
        self.derived: set[str] = set()
        self.products: Counter[Product] = Counter()
        self.counts = Counter(
            node.name
            for line in scope.block.equations
            for side in (line.left, line.right)
            for node in walk(side)
            if isinstance(node, Name)
        )
        self.given = {
            line.left.name for line in scope.block.equations if isinstance(line.left, Name)
        }
        for root in roots(scope.block):
            self.products.update(products(root))
            for node in walk(root):
                if isinstance(node, Binary):
                    self.uses |= set(self.of(node))
                elif isinstance(node, Derivative) and isinstance(node.of, Name):
                    self.derived.add(node.of.name)

    def of(self, node: Binary) -> Iterator[Use]:
        """Yield the uses of names that a sign makes."""
        for part, other, left in ((node.left, node.right, True), (node.right, node.left, False)):
            if isinstance(part, Name):
                yield self.use(part.name, node, other, left)

    def use(self, name: str, node: Binary, other: Node, left: bool) -> Use:
        """Return the use of a name beside a sign; either side of a product is the same."""
        measure = self._measure.of(other)
        plain = None if measure is None else without_angle(measure)
        return name, node.operator, left or node.operator in "*+", plain


def habits_of(scope: Scope) -> Habits:
    """Return the habits of a law, which are found once for all of its errors."""
    if "habits" not in scope.noted:
        scope.noted["habits"] = Habits(scope)
    return scope.noted["habits"]


def products(root: Node) -> Iterator[Product]:
    """Yield every product of an expression that is no factor of a larger one."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Binary) and node.operator in "*/":
            factors: Counter[str] = Counter()
            stack += _collect(node, 1, factors)
            yield frozenset(factors.items())
        else:
            stack += parts(node)


def _collect(node: Node, power: int, factors: Counter[str]) -> list[Node]:
    """Count the factors of a product, and return those that are no names."""
    match node:
        case Binary(_, "*", left, right):
            return _collect(left, power, factors) + _collect(right, power, factors)
        case Binary(_, "/", left, right):
            return _collect(left, power, factors) + _collect(right, -power, factors)
        case Negative(_, of):
            return _collect(of, power, factors)
        case Name(_, name):
            factors[name] += power
            return []
    factors[write(node)] += power
    return [node]


def cancels(root: Node) -> bool:
    """Return whether a sum adds or subtracts one product twice."""
    for node in walk(root):
        if isinstance(node, Binary) and node.operator in "+-":
            one, other = write(node.left), write(node.right)
            if one == other or one.endswith((f"+ {other}", f"- {other}")):
                return True
    return False
