"""Expressions with vectors, indices and operators of fields to plain ones, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lawc.analysis.differential import NOTHING, Differential, NeedsAngleError, Part, Vector
from lawc.analysis.findings import finding
from lawc.analysis.scope import Scope
from lawc.analysis.settling import is_word, set_of
from lawc.analysis.shapes import Shapes
from lawc.analysis.vocabulary import FIELD_FUNCTIONS, Vocabulary, element, whole
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.tree import (
    Binary,
    Call,
    Derivative,
    Fold,
    Index,
    Integral,
    Name,
    Node,
    Number,
    parts,
    with_parts,
)

MOST_NODES = 20_000
"""Nodes that a law may have when all is written out."""

Value = Node | Vector
"""What an expression is: a scalar, or the components at the three places of the coordinates."""


class RefusedError(Exception):
    """Something cannot be written out; `found` says why."""

    def __init__(self, found: Diagnostic) -> None:
        self.found = found
        super().__init__(found.headline)


class WritingOut:
    """Writes expressions out; shapes have been found right.

    Args:
        scope: Of a law, whose vectors have been found right; None where there are none.

    Attributes:
        bound: The element that each index is at the moment.
    """

    def __init__(self, scope: Scope | None, said: Vocabulary) -> None:
        self.bound: Mapping[str, str] = {}
        self._said = said
        self._shapes = None if scope is None else Shapes(scope, said)
        self._made = 0

    def scalar(self, node: Node) -> Node:
        """Return an expression that is no vector."""
        value = self.value(node)
        if isinstance(value, Node):
            return value
        raise TypeError("expected a scalar: shapes are checked before")

    def value(self, node: Node) -> Value:
        """Return what an expression is, with the indices as they are bound."""
        self._made += 1
        if self._made > MOST_NODES:
            raise RefusedError(
                finding(
                    "L0119",
                    f"this has more than {MOST_NODES:,} parts when all is written out",
                    node.place,
                    help="let indices run over fewer elements",
                )
            )
        match node:
            case Name():
                return self._name(node)
            case Index():
                return self._index(node)
            case Number():
                return node
            case Binary():
                return self._binary(node)
            case Call(_, function, arguments) if (
                self._shapes is not None
                and function.name in FIELD_FUNCTIONS
                and len(arguments) in FIELD_FUNCTIONS[function.name]
            ):
                return self._field(node)
            case Derivative(place, of, by, order):
                return self._componentwise(
                    self.value(of), lambda part: Derivative(place, part, by, order)
                )
            case Fold():
                return self._fold(node)
            case Integral(place, of, by, low, high):
                first, last = self.scalar(low), self.scalar(high)
                return self._componentwise(
                    self.value(of), lambda part: Integral(place, part, by, first, last)
                )
        return self._parts(node)

    def _parts(self, node: Node) -> Value:
        """Write out the parts of a node: of a vector, a node for each component."""
        values = [self.value(part) for part in parts(node)]
        if all(isinstance(value, Node) for value in values):
            return with_parts(node, tuple(value for value in values if isinstance(value, Node)))
        made: list[Part] = []
        for number in range(3):
            inside = [v if isinstance(v, Node) else v[number] for v in values]
            if all(part is None for part, v in zip(inside, values, strict=True) if part is not v):
                made.append(None)
                continue
            zero = Number(node.place, "0", 0)
            made.append(with_parts(node, tuple(part or zero for part in inside)))
        return made[0], made[1], made[2]

    def _componentwise(self, value: Value, make: Callable[[Node], Node]) -> Value:
        if isinstance(value, Node):
            return make(value)
        first, second, third = (None if part is None else make(part) for part in value)
        return first, second, third

    def _name(self, node: Name) -> Value:
        bound = self.bound.get(node.name)
        if bound is not None:
            return self.element_at(node.place, bound)
        if node.name in self._said.vectors and node.name not in self._said.indices:
            return self._vector(node.place, node.name, ())
        return node

    def element_at(self, place: Place, chosen: str) -> Node:
        """Return an element as a part of a formula."""
        return Number(place, chosen, int(chosen) if _is_whole(chosen) else 0)

    def _index(self, node: Index) -> Value:
        chosen = tuple(self._element(index) for index in node.indices)
        name = node.of.name
        sets = self._said.indices.get(name, ())
        for index, word, of in zip(node.indices, chosen, sets, strict=False):
            if word not in self._said.sets.get(of, ()):
                raise RefusedError(
                    finding(
                        "L0115",
                        f"`{of}` has no element `{word}`, which is asked for here",
                        index.place,
                        help="let the index run over fewer elements",
                    )
                )
        if name in self._said.vectors and len(chosen) == len(sets):
            return self._vector(node.place, name, chosen)
        return Name(node.place, element(name, chosen))

    def _element(self, index: Node) -> str:
        """Return the element that an index is."""
        if isinstance(index, Number) and (is_word(index) or isinstance(index.value, int)):
            return index.text if is_word(index) else str(index.value)
        if isinstance(index, Name) and index.name in self.bound:
            return self.bound[index.name]
        number = _calculated(self.scalar(index))
        if number is None:
            raise RefusedError(
                finding(
                    "L0115",
                    "an index is an element, the name of an index, or a sum of whole numbers",
                    index.place,
                    help="write an index such as `i`, `i + 1` or `3`",
                )
            )
        return str(number)

    def _vector(self, place: Place, name: str, chosen: tuple[str, ...]) -> Vector:
        coordinates = self._said.coordinates
        made: list[Part] = [None, None, None]
        for number in coordinates.places(self._said.vectors[name]):
            made[number] = Name(place, element(name, (*chosen, coordinates.names[number])))
        return made[0], made[1], made[2]

    def _binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, Node) and isinstance(right, Node):
            return Binary(node.place, node.operator, left, right)
        on = Differential(node.place, self._said.coordinates)
        if node.operator in "+-":
            join = on.plus if node.operator == "+" else on.minus
            one = left if not isinstance(left, Node) else NOTHING
            other = right if not isinstance(right, Node) else NOTHING
            return join(one[0], other[0]), join(one[1], other[1]), join(one[2], other[2])
        if isinstance(left, Node):
            return self._componentwise(right, lambda part: Binary(node.place, "*", left, part))
        assert isinstance(right, Node)
        return self._componentwise(
            left, lambda part: Binary(node.place, node.operator, part, right)
        )

    def _field(self, node: Call) -> Value:
        on = Differential(node.place, self._said.coordinates)
        values = [self.value(argument) for argument in node.arguments]
        assert self._shapes is not None
        flat = all(self._shapes.of(argument) == 2 for argument in node.arguments)
        try:
            value = self._operated(node.function.name, on, values, flat)
        except NeedsAngleError:
            raise RefusedError(
                finding(
                    "L0117",
                    f"`{node.function.name}` changes along an angle that the law does not name",
                    node.place,
                    help="name all coordinates: `coordinates r, theta spherical`",
                )
            ) from None
        return Number(node.place, "0", 0) if value is None else value

    def _operated(
        self, name: str, on: Differential, values: list[Value], flat: bool
    ) -> Value | None:
        scalars = [value for value in values if isinstance(value, Node)]
        vectors = [value for value in values if not isinstance(value, Node)]
        match name:
            case "grad":
                return on.grad(scalars[0])
            case "div":
                return on.div(vectors[0])
            case "curl":
                return self._across(on.curl(vectors[0]), flat)
            case "laplacian":
                return on.laplacian(scalars[0]) if scalars else on.vector_laplacian(vectors[0])
            case "along":
                if scalars:
                    return on.along(vectors[0], scalars[0])
                return on.vector_along(vectors[0], vectors[1])
            case "dot":
                return on.dot(vectors[0], vectors[1])
            case "cross":
                return self._across(on.cross(vectors[0], vectors[1]), flat)
            case "norm":
                return on.norm(vectors[0])
        made: list[Part] = [None, None, None]
        places = self._said.coordinates.places(len(scalars))
        for number, scalar in zip(places, scalars, strict=True):
            made[number] = scalar
        return made[0], made[1], made[2]

    def _across(self, vector: Vector, flat: bool) -> Value | None:
        """Return the one component that a curl or a product of vectors in a plane has."""
        if not flat:
            return vector
        across = {0, 1, 2} - set(self._said.coordinates.places(2))
        return vector[across.pop()]

    def _fold(self, node: Fold) -> Value:
        elements = set_of(node.over, self._said) or ()
        before = self.bound
        total: Value | None = None
        operator = "+" if node.operator == "sum" else "*"
        on = Differential(node.place, self._said.coordinates)
        for chosen in elements:
            self.bound = {**before, node.index.name: chosen}
            value = self.value(node.of)
            if total is None:
                total = value
            elif isinstance(total, Node) and isinstance(value, Node):
                total = Binary(node.place, operator, total, value)
            elif not isinstance(total, Node) and not isinstance(value, Node):
                first, second, third = (on.plus(a, b) for a, b in zip(total, value, strict=True))
                total = first, second, third
        self.bound = before
        assert total is not None
        return total


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _calculated(node: Node) -> int | None:
    """Return the value of sums and products of whole numbers."""
    number = whole(node)
    if number is not None:
        return number
    if not isinstance(node, Binary):
        return None
    left, right = _calculated(node.left), _calculated(node.right)
    if left is None or right is None:
        return None
    match node.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return None
