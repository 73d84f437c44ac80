"""What is said where a part of a formula has another shape than its place asks for."""

from __future__ import annotations

from lawc.analysis.findings import finding
from lawc.analysis.scope import Scope
from lawc.analysis.vocabulary import Vocabulary
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.syntax.tree import Call, Name, Node

SCALAR = 1
ANY = 0
"""A vector of as many components as the other side has: the gradient of a field in a plane."""
WORD = -1

Shape = int | None
"""The number of components; None where something has been reported."""


SPOKEN = {
    "yes/no": "a yes or no",
    "one of": "one of several words",
    "date": "a date",
}


class ShapeReports:
    """Findings about shapes.

    Attributes:
        findings: What was found, in the order of reading.
    """

    def __init__(self, scope: Scope, said: Vocabulary) -> None:
        self.findings: list[Diagnostic] = []
        self._scope = scope
        self._said = said

    def needs_scalar(self, node: Node, shape: Shape) -> None:
        """Say that one number stands where a vector is given."""
        text = self._scope.text(node)
        components = self._said.coordinates.components(3 if shape == 3 else 2)
        one = f"{text}[{components[0]}]" if isinstance(node, Name) else f"norm({text})"
        self.report(
            "L0212", f"`{text}` is a vector, and here one number stands", node.place,
            f"write `{one}`",
        )  # fmt: skip

    def wrong(self, node: Call, argument: Node, wanted: str, help: str) -> None:
        """Say what a function is of."""
        self.report("L0211", f"`{node.function.name}` is of {wanted}", argument.place, help)

    def same(self, left: Node, one: Shape, right: Node, other: Shape, headline: str) -> Shape:
        """Ask that two parts have one shape, and return it."""
        if one is None or other is None:
            return None
        if one == other:
            return one
        if ANY in (one, other) and SCALAR not in (one, other) and WORD not in (one, other):
            return max(one, other)
        code = "L0116" if WORD in (one, other) else "L0210"
        self.findings.append(
            finding(
                code,
                headline,
                right.place,
                _says(other),
                others=[(left.place, _says(one))],
                help=self._way_out(left, one, right, other),
            )
        )
        return None

    def _way_out(self, left: Node, one: int, right: Node, other: int) -> str:
        if WORD in (one, other):
            return "compare words with words, and give a word only to a word"
        vector, size = (left, one) if one != SCALAR else (right, other)
        if SCALAR not in (one, other):
            return "give both as many components"
        text = self._scope.text(vector)
        components = self._said.coordinates.components(3 if size in (0, 3) else 2)
        if isinstance(vector, Name):
            return f"write `norm({text})` for its size, or a component: `{text}[{components[0]}]`"
        return f"write `norm({text})` for its size, or one equation for each component"

    def report(self, code: str, headline: str, place: Place, help: str) -> None:
        """Note a finding."""
        self.findings.append(finding(code, headline, place, help=help))


def _says(shape: int) -> str:
    names = {WORD: "a word", SCALAR: "a number", ANY: "a vector"}
    return names.get(shape, f"a vector of {shape} components")
