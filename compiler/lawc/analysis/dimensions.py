"""Compare dimensions on the tree as written, and note every disagreement.

An angle may be dropped where the SI does: rad·m/s is m/s. It may not be dropped where nothing
else is left: an angle and a plain number are not added, unless one of them came out of a quotient
of dimensional quantities or an inverse function, which is how angles arise.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lawc.analysis.measuring import Context, Kind, Measuring
from lawc.analysis.scope import Scope
from lawc.analysis.unit_reading import read_unit
from lawc.analysis.vocabulary import Vocabulary
from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import immutable
from lawc.syntax.tree import Call, Name, Node, Number, UnitText, parts
from lawc.units.dimension import NONE, Dimension

ANGLE = Dimension.of({"angle": 1})

_INVERSE = frozenset(("arcsin", "arccos", "arctan"))
_KEEPING = frozenset(("sqrt", "abs", "min", "max"))


@immutable
class Mismatch:
    """Two parts that should measure the same and do not.

    Attributes:
        node: The part that is odd; of two sides, the right one.
        measure: What it measures.
        other: What it is held against; None where a plain number is asked.
        expected: What that measures.
    """

    kind: Kind
    context: Context
    node: Node
    measure: Dimension
    other: Node | None
    expected: Dimension


class Dimensions(Measuring[Dimension]):
    """A walk that compares at once.

    Attributes:
        mismatches: What did not agree, in the order of reading.
    """

    def __init__(
        self,
        names: Mapping[str, Dimension | None],
        corrected: Mapping[Place, Dimension] | None = None,
        said: Vocabulary | None = None,
    ) -> None:
        super().__init__(names, NONE, ANGLE, said)
        self.mismatches: list[Mismatch] = []
        self._corrected = corrected or {}

    def unit(self, unit: UnitText) -> Dimension | None:
        """Return the dimension of a unit, or what it is supposed to be."""
        if self._corrected and unit.place in self._corrected:
            return self._corrected[unit.place]
        read = read_unit(unit)
        return None if read is None else read.dimension

    def agree(
        self, kind: Kind, left: Node, one: Dimension, right: Node | None, other: Dimension
    ) -> bool:
        """Note a mismatch where two parts differ, or one is not plain."""
        if one is other or one == other:
            return True
        if right is None:
            if one.is_plain:
                return True
            self._note(kind, left, one, None, NONE)
            return False
        if self._fit(left, one, right, other):
            return True
        self._note(kind, right, other, left, one)
        return False

    def terms(
        self, kind: Kind, parts: list[tuple[Node, Dimension | None]], hint: Dimension | None
    ) -> Dimension | None:
        """Note a mismatch for each dimension that is not the one of most terms."""
        known = [(node, measure) for node, measure in parts if measure is not None]
        if not known:
            return None
        first = known[0][1]
        if all(measure is first or measure == first for _, measure in known):
            return first
        groups: list[list[tuple[Node, Dimension]]] = []
        for node, measure in known:
            for group in groups:
                if self._fit(group[0][0], group[0][1], node, measure):
                    group.append((node, measure))
                    break
            else:
                groups.append([(node, measure)])
        if len(groups) == 1:
            return first
        groups.sort(key=lambda group: (group[0][1] != hint, -len(group)))
        if hint is None or groups[0][0][1] != hint:
            groups.sort(key=lambda group: -len(group))
        chosen, *odd = groups
        for group in odd:
            self._note(kind, *group[0], *chosen[0])
        certain = chosen[0][1] == hint or len(chosen) > len(odd[0])
        return chosen[0][1] if certain else None

    def _note(
        self, kind: Kind, node: Node, measure: Dimension, other: Node | None, expected: Dimension
    ) -> None:
        self.mismatches.append(Mismatch(kind, self.context, node, measure, other, expected))

    def _fit(self, left: Node, one: Dimension, right: Node, other: Dimension) -> bool:
        """Return whether two dimensions differ at most in an angle that may be dropped."""
        if one == other:
            return True
        rest = without_angle(one)
        if rest != without_angle(other):
            return False
        if not rest.is_none or {one.exponent("angle"), other.exponent("angle")} != {
            Fraction(0),
            Fraction(1),
        }:
            return True
        plain, angle = (left, right) if one.is_none else (right, left)
        return self._is_ratio(plain) or _is_inverse(plain) or _is_inverse(angle)

    def _is_ratio(self, node: Node) -> bool:
        """Return whether dimensional quantities cancelled to leave a plain number."""
        match node:
            case Name(_, name):
                measure = self.names.get(name)
                return measure is not None and not measure.is_plain
            case Number(_, _, _, unit):
                measure = self.unit(unit) if unit is not None else None
                return measure is not None and not measure.is_plain
            case Call(_, function, _) if function.name not in _KEEPING:
                return False
        return any(self._is_ratio(part) for part in parts(node))


def find_mismatches(
    scope: Scope,
    names: Mapping[str, Dimension | None] | None = None,
    literals: Mapping[Place, Dimension] | None = None,
) -> list[Mismatch]:
    """Return every disagreement in a law, with some dimensions supposed to be others."""
    supposed = {**scope.dimensions, **names} if names else scope.dimensions
    walk = Dimensions(supposed, literals, scope.said)
    walk.block(scope.block)
    return walk.mismatches


def without_angle(dimension: Dimension) -> Dimension:
    """Return a dimension without its angle."""
    if all(base != "angle" for base, _ in dimension.exponents):
        return dimension
    return Dimension.of([(base, power) for base, power in dimension.exponents if base != "angle"])


def _is_inverse(node: Node) -> bool:
    if isinstance(node, Call):
        if node.function.name in _INVERSE:
            return True
        if node.function.name not in _KEEPING:
            return False
    return any(_is_inverse(part) for part in parts(node))
