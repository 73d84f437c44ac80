"""Gradient, divergence, curl and laplacian written out in the coordinates of a law.

On trees as written, so that what comes out has the place of the operator and is read on like
anything an author writes. The formulas are those of orthogonal coordinates, with components along
unit vectors. A part that is zero is None, and drops out.
"""

from __future__ import annotations

from lawc.analysis.coordinates import Coordinates
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.tree import Binary, Call, Derivative, Name, Negative, Node, Number

Part = Node | None
Vector = tuple[Part, Part, Part]
"""The components at the three places of a system."""

NOTHING: Vector = (None, None, None)


class NeedsAngleError(Exception):
    """A field changes along an angle that the law does not name, since its direction does."""


@immutable
class Differential:
    """The operators at one place of the text."""

    place: Place
    coordinates: Coordinates

    def grad(self, field: Part) -> Vector:
        """Return the gradient of a scalar."""
        first, second, third = (self._by(field, place) for place in range(3))
        match self.coordinates.system:
            case "cylindrical":
                return first, self._over_r(second), third
            case "spherical":
                return first, self._over_r(second), self._over_r_sine(third)
        return first, second, third

    def div(self, vector: Vector) -> Part:
        """Return the divergence of a vector.

        Raises:
            NeedsAngleError: It changes along an angle that the law does not name.
        """
        first, second, third = vector
        match self.coordinates.system:
            case "cylindrical":
                first = self._over_r(self._by(self._times_r(first), 0))
                second = self._over_r(self._by(second, 1))
                third = self._by(third, 2)
            case "spherical":
                first = self._over_r_squared(self._by(self._times_r_squared(first), 0))
                second = self._over_r_sine(self._by(self._times_sine(second), 1))
                third = self._over_r_sine(self._by(third, 2))
            case _:
                first, second, third = (self._by(part, n) for n, part in enumerate(vector))
        return self.plus(self.plus(first, second), third)

    def laplacian(self, field: Part) -> Part:
        """Return the laplacian of a scalar."""
        first, second, third = (self._by(field, place) for place in range(3))
        match self.coordinates.system:
            case "cylindrical":
                first = self._over_r(self._by(self._times_r(first), 0))
                second = self._over_r_squared(self._by(second, 1))
                third = self._by(third, 2)
            case "spherical":
                first = self._over_r_squared(self._by(self._times_r_squared(first), 0))
                bent = self._by(self._times_sine(second), 1) if second is not None else None
                second = self._over_r_sine(self._over_r(bent))
                third = self._over_r_sine(self._over_r_sine(self._by(third, 2)))
            case _:
                first, second, third = (
                    self._by(part, n) for n, part in enumerate((first, second, third))
                )
        return self.plus(self.plus(first, second), third)

    def curl(self, vector: Vector) -> Vector:
        """Return the curl of a vector.

        Raises:
            NeedsAngleError: It changes along an angle that the law does not name.
        """
        first, second, third = vector
        by = self._by
        match self.coordinates.system:
            case "cylindrical":
                return (
                    self.minus(self._over_r(by(third, 1)), by(second, 2)),
                    self.minus(by(first, 2), by(third, 0)),
                    self.minus(
                        self._over_r(by(self._times_r(second), 0)), self._over_r(by(first, 1))
                    ),
                )
            case "spherical":
                return (
                    self.minus(
                        self._over_r_sine(by(self._times_sine(third), 1)),
                        self._over_r_sine(by(second, 2)),
                    ),
                    self.minus(
                        self._over_r_sine(by(first, 2)),
                        self._over_r(by(self._times_r(third), 0)),
                    ),
                    self.minus(
                        self._over_r(by(self._times_r(second), 0)), self._over_r(by(first, 1))
                    ),
                )
        return (
            self.minus(by(third, 1), by(second, 2)),
            self.minus(by(first, 2), by(third, 0)),
            self.minus(by(second, 0), by(first, 1)),
        )

    def vector_laplacian(self, vector: Vector) -> Vector:
        """Return the laplacian of a vector: its divergence's gradient less the curl of its curl.

        Raises:
            NeedsAngleError: It changes along an angle that the law does not name.
        """
        if self.coordinates.system == "cartesian":
            first, second, third = (self.laplacian(part) for part in vector)
            return first, second, third
        outward, inward = self.grad(self.div(vector)), self.curl(self.curl(vector))
        first, second, third = (self.minus(outward[n], inward[n]) for n in range(3))
        return first, second, third

    def along(self, vector: Vector, field: Part) -> Part:
        """Return the derivative of a scalar along a vector."""
        total: Part = None
        for part, slope in zip(vector, self.grad(field), strict=True):
            total = self.plus(total, self.times(part, slope))
        return total

    def vector_along(self, vector: Vector, field: Vector) -> Vector:
        """Return the derivative of a vector along another, with the turning of the directions.

        Raises:
            NeedsAngleError: It changes along an angle that the law does not name.
        """
        turned = self._turned(vector, field)
        first, second, third = (
            self.plus(self.along(vector, field[n]), turned[n]) for n in range(3)
        )
        return first, second, third

    def _turned(self, v: Vector, u: Vector) -> Vector:
        """Return what the turning of the directions adds to the derivative along a vector."""
        match self.coordinates.system:
            case "cylindrical":
                inward = self._over_r(self.times(v[1], u[1]))
                return self.negative(inward), self._over_r(self.times(v[1], u[0])), None
            case "spherical":
                inward = self.plus(self.times(v[1], u[1]), self.times(v[2], u[2]))
                second = self._over_r(self.times(v[1], u[0]))
                third = self._over_r(self.times(v[2], u[0]))
                second = self.minus(second, self._times_cotangent(self.times(v[2], u[2])))
                third = self.plus(third, self._times_cotangent(self.times(v[2], u[1])))
                return self.negative(self._over_r(inward)), second, third
        return NOTHING

    def dot(self, one: Vector, other: Vector) -> Part:
        """Return the scalar product of two vectors."""
        total: Part = None
        for left, right in zip(one, other, strict=True):
            total = self.plus(total, self.times(left, right))
        return total

    def norm(self, vector: Vector) -> Part:
        """Return the size of a vector."""
        total: Part = None
        for part in vector:
            if part is not None:
                square = Binary(self.place, "^", part, Number(self.place, "2", 2))
                total = self.plus(total, square)
        return None if total is None else Call(self.place, Name(self.place, "sqrt"), (total,))

    def cross(self, one: Vector, other: Vector) -> Vector:
        """Return the vector product of two vectors."""
        first, second, third = (
            self.minus(
                self.times(one[(n + 1) % 3], other[(n + 2) % 3]),
                self.times(one[(n + 2) % 3], other[(n + 1) % 3]),
            )
            for n in range(3)
        )
        return first, second, third

    def times(self, left: Part, right: Part) -> Part:
        """Return a product."""
        if left is None or right is None:
            return None
        return Binary(self.place, "*", left, right)

    def plus(self, left: Part, right: Part) -> Part:
        """Return a sum."""
        if left is None or right is None:
            return right if left is None else left
        return Binary(self.place, "+", left, right)

    def minus(self, left: Part, right: Part) -> Part:
        """Return a difference."""
        if left is None or right is None:
            return self.negative(right) if left is None else left
        return Binary(self.place, "-", left, right)

    def negative(self, part: Part) -> Part:
        """Return the negative of a part."""
        return None if part is None else Negative(self.place, part)

    def _by(self, field: Part, place: int) -> Part:
        """Return the derivative by the coordinate at a place; zero where the law has none."""
        if field is None or place not in self.coordinates.used:
            return None
        return Derivative(self.place, field, self._coordinate(place), 1)

    def _coordinate(self, place: int) -> Name:
        return Name(self.place, self.coordinates.names[place])

    def _sine(self) -> Node:
        return Call(self.place, Name(self.place, "sin"), (self._angle(),))

    def _angle(self) -> Name:
        """Return the angle from the axis, whose sine shapes what lies around the axis."""
        if 1 not in self.coordinates.used:
            raise NeedsAngleError
        return self._coordinate(1)

    def _r_squared(self) -> Node:
        return Binary(self.place, "^", self._coordinate(0), Number(self.place, "2", 2))

    def _times_r(self, part: Part) -> Part:
        return self.times(self._coordinate(0), part)

    def _times_r_squared(self, part: Part) -> Part:
        return self.times(self._r_squared(), part)

    def _times_sine(self, part: Part) -> Part:
        return None if part is None else self.times(self._sine(), part)

    def _over_r(self, part: Part) -> Part:
        return self._over(part, self._coordinate(0))

    def _over_r_squared(self, part: Part) -> Part:
        return self._over(part, self._r_squared())

    def _over_r_sine(self, part: Part) -> Part:
        if part is None:
            return None
        return self._over(part, Binary(self.place, "*", self._coordinate(0), self._sine()))

    def _times_cotangent(self, part: Part) -> Part:
        """Return a part times cos θ/(r sin θ)."""
        if part is None:
            return None
        cosine = Call(self.place, Name(self.place, "cos"), (self._angle(),))
        return self._over_r_sine(self.times(part, cosine))

    def _over(self, above: Part, below: Node) -> Part:
        return None if above is None else Binary(self.place, "/", above, below)
