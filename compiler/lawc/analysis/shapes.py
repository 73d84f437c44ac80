"""What each part of a formula is: a number, a vector of two or three components, a word.

On the tree as written, like the dimensions. Elsewhere a part of no shape would be written out as
something that its author did not mean: `a + v` has no meaning, and neither has `v*w`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lawc.analysis.findings import listed, quoted
from lawc.analysis.scope import Scope
from lawc.analysis.settling import is_word, set_of
from lawc.analysis.shape_reports import ANY, SCALAR, SPOKEN, WORD, Shape, ShapeReports
from lawc.analysis.vocabulary import FIELD_FUNCTIONS, MOST_ELEMENTS, WORDS, Vocabulary
from lawc.diagnostics.diagnostic import Diagnostic, Place
from lawc.knowledge.expression import FUNCTIONS
from lawc.syntax.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    Derivative,
    Fold,
    Index,
    Integral,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    UnitText,
    walk,
)


class Shapes(ShapeReports):
    """A walk that notes what has no meaning."""

    def __init__(self, scope: Scope, said: Vocabulary) -> None:
        super().__init__(scope, said)
        self._bound: Mapping[str, int] = {}

    def check(self) -> list[Diagnostic]:
        """Walk all formulas of the law; return the findings."""
        block = self._scope.block
        for line in block.equations:
            self._bound = {}
            for index, over in line.each:
                self._binds(index, over)
            self.sides(line.left, line.right)
        self._bound = {}
        for line in block.initial:
            self.sides(line.left, line.right)
            self._scalar(line.at)
        for line in block.boundary:
            if line.right is None:
                self.of(line.left)
                continue
            self.sides(line.left, line.right)
            if isinstance(line.at, Node):
                self._scalar(line.at)
            for _, value in line.further:
                self._scalar(value)
        for event in block.events:
            self.of(event.condition)
            for change in event.changes:
                self.sides(change.left, change.right)
        for hole in block.region:
            for part in hole.formulas:
                self._scalar(part)
        for line in block.valid:
            self.of(line.condition)
        for line in block.examples:
            for name in (line.quantity, *(name for name, _ in line.given)):
                self._one(name)
        for line in block.always:
            shape = self.of(line.subject)
            if line.form in ("rises with", "falls with", "scales with") and shape not in (1, None):
                self.needs_scalar(line.subject, shape)
            if line.by is not None:
                self._one(line.by)
            for part in (line.value, line.towards):
                if isinstance(part, Node):
                    self._scalar(part)
            for condition in line.where:
                self.of(condition)
        return self.findings

    def sides(self, left: Node, right: Node) -> Shape:
        """Ask that two sides have one shape, and return it."""
        one, other = self.of(left), self.of(right)
        return self.same(left, one, right, other, "the two sides of this equation are unlike")

    def of(self, node: Node) -> Shape:
        """Return the shape of an expression."""
        match node:
            case Number():
                return WORD if is_word(node) else SCALAR
            case Name(place, name):
                return self._name(name, place)
            case Index():
                return self._index(node)
            case Negative(_, of):
                return self._plain(of)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)
            case Derivative(_, of, by, _):
                self._one(by)
                return self._plain(of)
            case Comparison():
                self._compared(node)
                return SCALAR
            case Logic(_, _, operands):
                for operand in operands:
                    self.of(operand)
                return SCALAR
            case Choice(_, condition, then, otherwise):
                self.of(condition)
                headline = "the two branches of this choice are unlike"
                one, other = self.of(then), self.of(otherwise)
                return self.same(then, one, otherwise, other, headline)
            case Fold():
                return self._fold(node)
            case Integral(_, of, by, low, high):
                self._scalar(low)
                self._scalar(high)
                return self._inside(by.name, SCALAR, of)
        return None if not isinstance(node, UnitText) else SCALAR

    def _name(self, name: str, place: Place) -> Shape:
        if name in self._bound:
            return self._bound[name]
        if name in self._said.indices:
            sets = ", ".join(self._said.indices[name])
            self.report(
                "L0115",
                f"`{name}` has a value for each {sets}, and none is chosen here",
                place,
                f"write `{name}[{sets}]` for each of them, or `{name}[…]` for one",
            )
            return None
        if self._said.kinds.get(name) in WORDS:
            return WORD
        return self._said.vectors.get(name, SCALAR)

    def _index(self, node: Index) -> Shape:
        for index in node.indices:
            if not isinstance(index, Name | Number):
                self.of(index)
        size = self._said.vectors.get(node.of.name)
        sets = self._said.indices.get(node.of.name, ())
        return SCALAR if size is None or len(node.indices) > len(sets) else size

    def _binary(self, node: Binary) -> Shape:
        left, right = self._plain(node.left), self._plain(node.right)
        if node.operator in "+-":
            headline = f"the parts of this {'sum' if node.operator == '+' else 'difference'}"
            return self.same(node.left, left, node.right, right, f"{headline} are unlike")
        if left is None or right is None:
            return None
        if node.operator == "*":
            if left != SCALAR and right != SCALAR:
                return self._no_product(node)
            return left if right == SCALAR else right
        if node.operator == "/":
            if right != SCALAR:
                self.report(
                    "L0211",
                    "nothing is divided by a vector",
                    node.right.place,
                    f"divide by its size, `norm({self._scope.text(node.right)})`",
                )
                return None
            return left
        for side, shape in ((node.left, left), (node.right, right)):
            if shape != SCALAR:
                text = self._scope.text(node.left)
                self.report(
                    "L0211",
                    "a vector has no power",
                    side.place,
                    f"write `dot({text}, {text})` for its square, `norm({text})` for its size",
                )
                return None
        return SCALAR

    def _no_product(self, node: Binary) -> None:
        one, other = self._scope.text(node.left), self._scope.text(node.right)
        between = self._scope.source.text[node.left.place.end : node.right.place.start]
        meant = f"`cross({one}, {other})`" if "×" in between else f"`dot({one}, {other})`"
        if not any(sign in between for sign in "×·⋅∙"):
            meant = f"`dot({one}, {other})` or `cross({one}, {other})`"
        self.report("L0211", "two vectors have two products", node.place, f"write {meant}")

    def _call(self, node: Call) -> Shape:
        name, arguments = node.function.name, node.arguments
        if name in FIELD_FUNCTIONS and len(arguments) in FIELD_FUNCTIONS[name]:
            return self._field(node)
        for argument in arguments:
            shape = self._plain(argument)
            if shape not in (SCALAR, None):
                text = self._scope.text(argument)
                helps = f"write `norm({text})` for its size, or `{text}[…]` for a component"
                known = name if name in FUNCTIONS or name == "value" else "a function"
                self.report(
                    "L0211", f"`{known}` is of a number, here it is of a vector",
                    argument.place, helps,
                )  # fmt: skip
        return SCALAR

    def _field(self, node: Call) -> Shape:
        name, arguments = node.function.name, node.arguments
        shapes = [self._plain(argument) for argument in arguments]
        if None in shapes:
            return None
        if name in ("grad", "div", "curl", "laplacian", "along") and not self._differs(node):
            return None
        match name:
            case "grad":
                if shapes[0] != SCALAR:
                    text = self._scope.text(arguments[0])
                    return self.wrong(
                        node,
                        arguments[0],
                        "a number",
                        f"write `along(u, {text})` for `(u·∇){text}`",
                    )
                return 3 if len(self._said.coordinates.used) == 3 else ANY
            case "div" | "norm" | "curl" if shapes[0] == SCALAR:
                helps = {"div": "grad", "norm": "abs", "curl": "grad"}[name]
                return self.wrong(node, arguments[0], "a vector", f"did you mean `{helps}`?")
            case "div" | "norm":
                return SCALAR
            case "curl":
                return SCALAR if shapes[0] == 2 else 3
            case "laplacian":
                return shapes[0]
            case "along":
                if shapes[0] == SCALAR:
                    helps = "write `along(v, u)` for `(v·∇)u`"
                    return self.wrong(node, arguments[0], "a vector first", helps)
                return shapes[1]
            case "vector":
                for argument, shape in zip(arguments, shapes, strict=True):
                    if shape != SCALAR:
                        self.needs_scalar(argument, shape)
                        return None
                return len(arguments)
        for argument, shape in zip(arguments, shapes, strict=True):
            if shape == SCALAR:
                return self.wrong(node, argument, "two vectors", "write `*` between numbers")
        both = self.same(
            arguments[0], shapes[0], arguments[1], shapes[1], f"`{name}` is of two like vectors"
        )
        if both is None or name == "dot":
            return None if both is None else SCALAR
        return SCALAR if both == 2 else 3

    def _differs(self, node: Call) -> bool:
        """Ask that there are coordinates, and that what is differentiated depends on one."""
        coordinates = self._said.coordinates
        name = node.function.name
        if not coordinates.used:
            self.report(
                "L0117",
                f"`{name}` needs coordinates, and no field here is a function of a length",
                node.place,
                "declare `T : … (x, t)` with `x` in [m], or name them in the head: `coordinates x`",
            )
            return False
        used = {coordinates.names[place] for place in coordinates.used}
        inside = {part.name for part in walk(node.arguments[-1]) if isinstance(part, Name)}
        if inside & used or any(self._reach(part) & used for part in inside):
            return True
        if not inside <= self._said.depends.keys() | self._scope.constants.keys():
            return True
        text = self._scope.text(node.arguments[-1])
        listed = ", ".join(sorted(used))
        self.report(
            "L0117",
            f"`{text}` is not declared to depend on a coordinate",
            node.arguments[-1].place,
            f"declare `{next(iter(sorted(inside)), 'T')} : … ({listed})`",
        )
        return False

    def _reach(self, name: str) -> set[str]:
        found: set[str] = set()
        stack = [name]
        while stack:
            for inner in self._said.depends.get(stack.pop(), ()):
                if inner not in found:
                    found.add(inner)
                    stack.append(inner)
        return found

    def _fold(self, node: Fold) -> Shape:
        before = self._bound
        if not self._binds(node.index, node.over):
            return None
        shape = self._plain(node.of)
        self._bound = before
        if node.operator == "product" and shape not in (SCALAR, None):
            self.report(
                "L0211", "a product of vectors has no meaning", node.place, "multiply numbers"
            )
            return None
        return shape

    def _binds(self, index: Name, over: Node) -> bool:
        """Bind an index to a set; return whether it is one of a size that can be written out."""
        elements = set_of(over, self._said)
        text = self._scope.text(over)
        if elements is None:
            self.report(
                "L0118",
                f"`{text}` is no set that an index can run over",
                over.place,
                f"the sets of this law are {listed(quoted(self._said.sets))}"
                if self._said.sets
                else "write the name of a `one of` or of an `integer` with a range, or `1 .. 4`",
            )
            return False
        if len(elements) > MOST_ELEMENTS:
            self.report(
                "L0119",
                f"an index runs over more than {MOST_ELEMENTS} elements here",
                over.place,
                "write a closed form, or an integral",
            )
            return False
        words = not elements[0].lstrip("-").isdigit()
        self._bound = {**self._bound, index.name: WORD if words else SCALAR}
        return True

    def _inside(self, name: str, shape: int, node: Node) -> Shape:
        before = self._bound
        self._bound = {**before, name: shape}
        result = self._plain(node)
        self._bound = before
        return result

    def _compared(self, node: Comparison) -> None:
        shapes = [self.of(operand) for operand in node.operands]
        words = [shape == WORD for shape in shapes]
        if any(words) and not (all(words) and set(node.operators) <= {"=", "!="}):
            if self._dates(node):
                return
            odd = node.operands[words.index(False)] if not all(words) else node.operands[0]
            self.report(
                "L0116",
                "a word is compared with `=` or `!=`, and with a word",
                odd.place,
                "write `phase = solid`",
            )
        for operand, shape in zip(node.operands, shapes, strict=True):
            if shape in (0, 2, 3):
                self.needs_scalar(operand, shape)
                return

    def _dates(self, node: Comparison) -> bool:
        return all(
            isinstance(operand, Name) and self._said.kinds.get(operand.name) == "date"
            for operand in node.operands
        )

    def _plain(self, node: Node) -> Shape:
        """Return the shape of what must not be a word."""
        shape = self.of(node)
        if shape != WORD:
            return shape
        text = self._scope.text(node)
        kind = self._said.kinds.get(node.name, "a word") if isinstance(node, Name) else "a word"
        self.report(
            "L0116",
            f"`{text}` is {SPOKEN.get(kind, kind)}, and here a number stands",
            node.place,
            f"choose by it: `if {text} = {self._first(node)} then … else …`",
        )
        return None

    def _first(self, node: Node) -> str:
        choices = self._said.sets.get(node.name, ()) if isinstance(node, Name) else ()
        return choices[-1] if choices else "…"

    def _scalar(self, node: Node) -> None:
        shape = self._plain(node)
        if shape not in (SCALAR, None):
            self.needs_scalar(node, shape)

    def _one(self, name: Name) -> None:
        """Ask that a name that a line speaks of is one number."""
        shape = self._name(name.name, name.place)
        if shape in (2, 3):
            self.needs_scalar(name, shape)
