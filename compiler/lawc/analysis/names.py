"""Walk all formulas of a law once: which names, functions and derivatives occur."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.analysis.vocabulary import FIELD_FUNCTIONS
from lawc.diagnostics.diagnostic import Diagnostic, Place, Source
from lawc.knowledge.expression import FUNCTIONS
from lawc.syntax.document import Block, EquationLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Derivative,
    Fold,
    Index,
    Integral,
    Name,
    Node,
    Number,
    UnitText,
    parts,
)

_ALIASES = {
    "log": ("ln", "log10"),
    "lg": ("log10",),
    "ld": ("log2",),
    "asin": ("arcsin",),
    "acos": ("arccos",),
    "atan": ("arctan",),
    "arctg": ("arctan",),
    "tg": ("tan",),
    "sh": ("sinh",),
    "ch": ("cosh",),
    "th": ("tanh",),
    "sgn": ("sign",),
    "root": ("sqrt",),
}


class Names:
    """What occurs in the formulas of a block.

    Attributes:
        unknown: Names that mean nothing, with the places where they stand.
        used: Names that a section other than `checks` uses.
        broken: Whether a formula could not be read.
        scales: Whether a number stands on a scale with a zero of its own, such as °C.
        fields: Whether an operator of fields or vectors, a sum or an index occurs, which has to be
            written out.
        findings: About functions, derivatives and the units of numbers.
    """

    def __init__(
        self, known: set[str], depends: Mapping[str, tuple[Name, ...]], source: Source
    ) -> None:
        self.unknown: dict[str, list[Place]] = {}
        self.used: set[str] = set()
        self.broken = False
        self.scales = False
        self.fields = False
        self.findings: list[Diagnostic] = []
        self._known = known
        self._depends = depends
        self._source = source

    def read(self, block: Block) -> None:
        """Walk all formulas of a block."""
        used = self.used
        for names in self._depends.values():
            for name in names:
                self._name(name, used)
        for line in block.symbols:
            for index in line.indices:
                self._name(index, used)
        for equation in block.equations:
            if equation.each:
                self._each(equation, used)
                continue
            self._walk(equation.left, used)
            if equation.relation == "~" and isinstance(equation.right, Call):
                for argument in equation.right.arguments:
                    self._walk(argument, used)
                continue
            self._walk(equation.right, used)
        for reaction in block.reactions:
            for substance in (*reaction.left, *reaction.right):
                self._name(substance.name, used)
            for rate in reaction.rates:
                self._walk(rate, used)
        for connection in block.connections:
            self._name(connection.left, used)
            self._walk(connection.right, used)
        for condition in block.initial:
            self._walk(condition.left, used)
            self._walk(condition.right, used)
            self._name(condition.variable, used)
            self._walk(condition.at, used)
        for line in block.boundary:
            for name in line.names:
                self._name(name, used)
            for part in line.formulas:
                self._walk(part, used)
        for hole in block.region:
            for name in hole.names:
                self._name(name, used)
            for part in hole.formulas:
                self._walk(part, used)
        for event in block.events:
            self._walk(event.condition, used)
            for change in event.changes:
                self._walk(change.left, used)
                self._walk(change.right, used)
        for line in block.valid:
            self._walk(line.condition, used)
        spoken: set[str] = set()
        for example in block.examples:
            self._name(example.quantity, spoken)
            self._walk(example.value, spoken)
            if example.tolerance is not None:
                self._walk(example.tolerance, spoken)
            for name, value in example.given:
                self._name(name, spoken)
                self._walk(value, spoken)
        for claim in block.always:
            self._walk(claim.subject, spoken)
            if claim.by is not None:
                self._name(claim.by, spoken)
            for part in (claim.value, claim.towards, *claim.where):
                if isinstance(part, Node):
                    self._walk(part, spoken)

    def _each(self, line: EquationLine, used: set[str]) -> None:
        """Walk an equation that holds for each element of a set."""
        self.fields = True
        for _, over in line.each:
            self._over(over, used)
        known = self._known
        self._known = known | {index.name for index, _ in line.each}
        self._walk(line.left, used)
        self._walk(line.right, used)
        self._known = known

    def _binding(self, node: Fold | Integral, used: set[str]) -> None:
        """Walk a sum or an integral, in which a name means what they bind."""
        if isinstance(node, Fold):
            bound = node.index
            self.fields = True
            around: tuple[Node, ...] = ()
            self._over(node.over, used)
            if bound.name in self._depends:
                self._report(
                    finding(
                        "L0118",
                        f"the index `{bound.name}` is the name of a quantity",
                        bound.place,
                        help="choose another letter for the index",
                    )
                )
        else:
            bound, around = node.by, (node.low, node.high)
        for part in around:
            self._walk(part, used)
        known = self._known
        self._known = known | {bound.name}
        self._walk(node.of, used)
        self._known = known
        if bound.name in known:
            used.add(bound.name)

    def _over(self, over: Node, used: set[str]) -> None:
        """Walk what an index runs over; that it is no set is said where shapes are checked."""
        if not isinstance(over, Name) or over.name in self._known:
            self._walk(over, used)

    def _name(self, name: Name, used: set[str]) -> None:
        if name.name in self._known:
            used.add(name.name)
        else:
            self.unknown.setdefault(name.name, []).append(name.place)

    def _walk(self, root: Node, used: set[str]) -> None:
        if type(root) is Number:
            if root.unit is not None:
                self._unit(root.unit)
            return
        known = self._known
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is Name:
                name = node.name  # type: ignore[attr-defined]
                if name in known:
                    used.add(name)
                else:
                    self.unknown.setdefault(name, []).append(node.place)
            elif kind is Binary:
                stack.append(node.right)  # type: ignore[attr-defined]
                stack.append(node.left)  # type: ignore[attr-defined]
            elif kind is Number:
                unit = node.unit  # type: ignore[attr-defined]
                if unit is not None:
                    self._unit(unit)
            elif kind is Fold or kind is Integral:
                self._binding(node, used)  # type: ignore[arg-type]
            else:
                self._other(node)
                stack.extend(reversed(parts(node)))

    def _unit(self, unit: UnitText) -> None:
        read = read_unit(unit)
        if read is not None:
            self.scales = self.scales or read.offset != 0
        else:
            self._report(unit_finding(unit, self._source.text))

    def _report(self, found: Diagnostic | None) -> None:
        if found is not None:
            self.findings.append(found)

    def _other(self, node: Node) -> None:
        if isinstance(node, Call):
            self._call(node)
        elif isinstance(node, Derivative):
            self._derivative(node)
        elif isinstance(node, Broken):
            self.broken = True
        elif isinstance(node, Index):
            self.fields = True
        elif isinstance(node, UnitText):
            self._unit(node)

    def _call(self, call: Call) -> None:
        name = call.function.name
        units = [a for a in call.arguments if isinstance(a, UnitText)]
        if name == "value":
            given = call.arguments
            if len(given) != 2 or len(units) != 1 or given[1] is not units[0]:
                self._report(
                    finding(
                        "L0113",
                        "`value` takes an expression and a unit",
                        call.place,
                        help="write `value(P, [mmHg])` for the number of mmHg that `P` is",
                    )
                )
            return
        if name in FIELD_FUNCTIONS and name not in self._depends:
            self.fields = True
            if len(call.arguments) not in FIELD_FUNCTIONS[name] or units:
                self._report(_takes_others(call))
            return
        arity = FUNCTIONS.get(name)
        if arity is None:
            self._report(self._unknown_function(call))
        elif units:
            headline = f"`{name}` takes no unit"
            self._report(finding("L0113", headline, units[0].place))
        elif len(call.arguments) != arity:
            noun = "argument" if arity == 1 else "arguments"
            self._report(
                finding(
                    "L0113",
                    f"`{name}` takes {arity} {noun}, here it has {len(call.arguments)}",
                    call.place,
                )
            )

    def _unknown_function(self, call: Call) -> Diagnostic:
        name = call.function.name
        place = call.function.place
        text = self._source.text
        inside = ", ".join(text[a.place.start : a.place.end] for a in call.arguments)
        if name == "log":
            return finding(
                "L0113",
                "`log` may be the natural or the decimal logarithm",
                place,
                help=f"write `ln({inside})` or `log10({inside})`",
            )
        if name in self._known:
            variables = [n.name for n in self._depends.get(name, ())]
            if variables and inside == ", ".join(variables):
                help = f"write `{name}`; its line under `symbols` says that it depends on {inside}"
            else:
                help = f"write `{name}*({inside})` for a product"
            headline = f"`{name}` is a quantity, here it is written as a function"
            return finding("L0113", headline, place, help=help)
        others = _ALIASES.get(name)
        if others is None:
            near = nearest(name, tuple(FUNCTIONS))
            others = (near,) if near else ()
        meant = listed([f"`{other}({inside})`" for other in others], "or")
        return finding(
            "L0113",
            f"there is no function `{name}`",
            place,
            help=f"write {meant}" if meant else f"there are {listed(quoted(FUNCTIONS))}",
        )

    def _derivative(self, node: Derivative) -> None:
        by = node.by.name
        if by not in self._known:
            return
        inner = {n.name for n in _names(node.of)}
        if inner - self._known or any(by in self._reach(name) for name in inner):
            return
        if any(name not in self._depends for name in inner if name != by):
            return
        of = self._source.text[node.of.place.start : node.of.place.end]
        subject = f"`{of}`" if isinstance(node.of, Name) else "what stands here"
        first = next(iter(sorted(inner)), "")
        self._report(
            finding(
                "L0108",
                f"{subject} is not declared to depend on `{by}`",
                node.place,
                f"its derivative by `{by}` would be zero",
                help=f"declare `{first} : … ({by})` under `symbols`" if first else "",
            )
        )

    def _reach(self, name: str) -> set[str]:
        """Return all names that a quantity depends on, directly or through others."""
        found: set[str] = set()
        stack = [name]
        while stack:
            for inner in self._depends.get(stack.pop(), ()):
                if inner.name not in found:
                    found.add(inner.name)
                    stack.append(inner.name)
        return found


def _takes_others(call: Call) -> Diagnostic:
    name = call.function.name
    counts = listed([str(count) for count in FIELD_FUNCTIONS[name]], "or")
    noun = "argument" if counts == "1" else "arguments"
    given = len(call.arguments)
    return finding("L0113", f"`{name}` takes {counts} {noun}, here it has {given}", call.place)


def _names(root: Node) -> Iterable[Name]:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node
        stack.extend(parts(node))
