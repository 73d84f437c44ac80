"""The parts of a system: which law each is, and what of it may be connected.

A part is a law that was checked by itself. Its names get the part's name before them, so nothing
of two parts is one by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace

from lawc.analysis.findings import finding, listed, quoted
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.expression import Symbol, derivatives, names
from lawc.knowledge.law import Constant, Equation, Law, Quantity, Relation, Status
from lawc.knowledge.renaming import as_part, rename_law
from lawc.syntax.document import Block, ConnectLine, UseLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Name
from lawc.units.dimension import Dimension

MOST_QUANTITIES = 1_000
"""A part may be a system itself, so that a few lines could ask for any number."""


@dataclass
class LawShelf:
    """All laws that a system may use.

    Attributes:
        laws: By identity.
        faulty: Identities of laws that have findings of their own, so that nobody reports them
            as unknown.
    """

    laws: MutableMapping[str, Law] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)

    def find(self, identity: str) -> tuple[str, ...]:
        """Return the laws that an identity may mean: itself, or those with this ending."""
        if identity in self.laws or identity in self.faulty:
            return (identity,)
        every = (*self.laws, *sorted(self.faulty))
        return tuple(key for key in every if key.endswith("." + identity))


@immutable
class Parts:
    """The parts of a system, under their names there.

    Attributes:
        laws: By the name of the part, with all names prefixed; joined variables under one name.
        uses: Where each was named.
        names: The dimension of every name of a part, joined variables under their own names.
    """

    laws: Mapping[str, Law] = field(default_factory=dict)
    uses: Mapping[str, UseLine] = field(default_factory=dict)
    names: Mapping[str, Dimension] = field(default_factory=dict)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """All quantities of all parts."""
        return {name: q for law in self.laws.values() for name, q in law.quantities.items()}

    @property
    def constants(self) -> dict[str, Constant]:
        """All constants of all parts."""
        return {name: c for law in self.laws.values() for name, c in law.constants.items()}

    @property
    def variables(self) -> frozenset[str]:
        """What the parts run in."""
        return frozenset(name for q in self.quantities.values() for name in q.depends)

    def owner(self, name: str) -> Law | None:
        """Return the part that a name belongs to."""
        return self.laws.get(name.partition(".")[0])

    def is_lost(self, name: str) -> bool:
        """Return whether a name belongs to a part whose law could not be found."""
        alias, dot, _ = name.partition(".")
        return bool(dot) and alias in self.uses and alias not in self.laws

    def depends(self, block: Block) -> dict[str, tuple[Name, ...]]:
        """Return what each quantity of a part is a function of, as if the system had written it."""
        if not self.laws:
            return {}
        place = block.name.place
        return {
            name: tuple(Name(place, by) for by in q.depends)
            for name, q in self.quantities.items()
            if "." in name
        }

    def joined(self, variables: Mapping[str, str]) -> Parts:
        """Return the parts with variables under the name that they are joined to."""
        laws = {alias: rename_law(law, variables) for alias, law in self.laws.items()}
        return Parts(laws, self.uses, self.names)


def find_parts(block: Block, shelf: LawShelf) -> tuple[Parts, list[Diagnostic]]:
    """Return the parts that a system uses, and what is wrong with its `use` lines."""
    laws: dict[str, Law] = {}
    uses: dict[str, UseLine] = {}
    findings: list[Diagnostic] = []
    own = {name.name: name for line in block.symbols for name in line.names}
    size = len(own)
    for line in block.uses:
        alias = line.name.name
        earlier = uses[alias].name.place if alias in uses else None
        if alias in own:
            earlier = own[alias].place
        if earlier is not None:
            findings.append(
                finding(
                    "L0112",
                    f"`{alias}` stands twice",
                    line.name.place,
                    "here again",
                    others=[(earlier, "first here")],
                    help="call the part otherwise",
                )
            )
            continue
        uses[alias] = line
        law, problem = _find(line, shelf)
        if problem is not None:
            findings.append(problem)
        if law is not None and size + len(law.quantities) > MOST_QUANTITIES:
            findings.append(
                finding(
                    "L0106",
                    f"with this part the system has more than {MOST_QUANTITIES:,} quantities",
                    line.place,
                    help="state the system with fewer parts",
                )
            )
        elif law is not None:
            size += len(law.quantities)
            laws[alias] = as_part(law, alias)
    if not block.uses:
        findings.append(
            finding(
                "L0606",
                "this system uses no law",
                block.name.place,
                help="write `use ID as name` in its head",
            )
        )
    names: dict[str, Dimension] = {}
    for law in laws.values():
        names.update((name, q.unit.dimension) for name, q in law.quantities.items())
        names.update((name, c.unit.dimension) for name, c in law.constants.items())
    return Parts(laws, uses, names), findings


def status_findings(block: Block, status: Status | None, parts: Parts) -> list[Diagnostic]:
    """Return a finding for each part that is less accepted than the system claims to be."""
    accepted = (Status.CONFIRMED, Status.EMPIRICAL)
    found = []
    line = next((line for line in block.head if line.key.text == "status"), None)
    for alias, law in parts.laws.items():
        weak = status in accepted and law.status not in accepted
        if not weak and law.status is not Status.RETIRED:
            continue
        place = parts.uses[alias].identity.place
        if law.status is Status.RETIRED:
            new = law.successor or "its successor"
            headline, help = f"`{law.identity}` is retired", f"use {quoted([new])[0]}"
            if not law.successor:
                help = "use the law that supersedes it"
        else:
            headline = f"a system is not `{status}` where a part is `{law.status}`"
            help = f"write `status {law.status}`, or use an accepted law"
        others = [(line.value.place, "the status of the system")] if line is not None else []
        found.append(finding("L0611", headline, place, f"`{law.status}`", others=others, help=help))
    return found


def is_input(name: str, law: Law) -> bool:
    """Return whether a quantity of a part is for others to give: no state, and not defined."""
    quantity = law.quantities[name]
    if quantity.depends or any(name in q.depends for q in law.quantities.values()):
        return False
    return not any(
        e.relation is Relation.DEFINITION and e.left == Symbol(name) for e in law.equations
    )


def inputs_of(law: Law) -> list[str]:
    """Return the names that may be connected."""
    return [name for name in law.quantities if is_input(name, law)]


def steady_use(name: str, law: Law) -> Equation | None:
    """Return an equation of a part that holds only while an input does not change.

    A law without a variable holds at every moment, whatever its inputs do. In one that runs, an
    input may change where it stands in nothing but rates of change; a formula for the course was
    worked out for a constant.
    """
    if not any(q.depends for q in law.quantities.values()):
        return None
    for equation in law.equations:
        both = names(equation.left) | names(equation.right)
        if name in both and not (derivatives(equation.left) | derivatives(equation.right)):
            return equation
    for condition in law.conditions:
        if name in names(condition.value):
            return Equation(name, Relation.LAW, Symbol(name), Symbol(name), condition.place)
    return None


def joined_variables(
    block: Block, parts: Parts
) -> tuple[dict[str, str], list[ConnectLine], list[Diagnostic]]:
    """Return which variables become one, the other connections, and what cannot be joined."""
    variables = parts.variables
    own = {name.name for line in block.symbols for name in line.names}
    joined: dict[str, str] = {}
    rest: list[ConnectLine] = []
    findings: list[Diagnostic] = []
    for line in block.connections:
        name = line.left.name
        if name not in variables:
            rest.append(line)
            continue
        right = line.right
        if not isinstance(right, Name) or (right.name not in variables and right.name not in own):
            findings.append(
                finding(
                    "L0414",
                    f"`{name}` is what its part runs in, and can only be joined with another one",
                    line.right.place,
                    help=f"write `{name} = t`, where `t` is declared under `symbols` or is what "
                    "another part runs in",
                )
            )
        elif name in joined or _end(right.name, joined) == name:
            findings.append(
                finding(
                    "L0414",
                    f"`{name}` is joined twice",
                    line.place,
                    help="remove this line, or join the variables in a row",
                )
            )
        else:
            joined[name] = right.name
    return {name: _end(name, joined) for name in joined}, rest, findings


def within_all(quantity: Quantity, joined: Iterable[Quantity]) -> Quantity:
    """Return a variable in the range that it has in all laws that it is joined from."""
    for other in joined:
        if other.low is None or other.high is None:
            continue
        low = quantity.unit.from_si(other.unit.to_si(other.low))
        high = quantity.unit.from_si(other.unit.to_si(other.high))
        if quantity.low is not None and quantity.high is not None:
            low, high = max(low, quantity.low), min(high, quantity.high)
        quantity = replace(quantity, low=low, high=high, log=quantity.log and low > 0)
    return quantity


def _end(name: str, joined: Mapping[str, str]) -> str:
    for _ in range(len(joined) + 1):
        if name not in joined:
            break
        name = joined[name]
    return name


def _find(line: UseLine, shelf: LawShelf) -> tuple[Law | None, Diagnostic | None]:
    identity, _, pin = line.identity.text.partition("@")
    place = line.identity.place
    found = shelf.find(identity)
    if len(found) > 1:
        return None, finding(
            "L0606",
            f"more than one law is called `{identity}`",
            place,
            help=f"write one of {listed(quoted(sorted(found)[:4]), 'or')}",
        )
    if not found:
        return None, _unknown(identity, line, shelf)
    (key,) = found
    law = shelf.laws.get(key)
    if law is None:
        return None, None
    if pin and law.version and pin not in (law.version, law.version.partition(".")[0]):
        return None, finding(
            "L0606",
            f"there is no version {pin} of `{identity}`",
            place,
            f"the version at hand is {law.version}",
            help=f"write `{identity}@{law.version.partition('.')[0]}`",
        )
    return law, None


def _unknown(identity: str, line: UseLine, shelf: LawShelf) -> Diagnostic:
    endings = {key.rpartition(".")[2]: key for key in sorted(shelf.laws)}
    last = identity.rpartition(".")[2]
    near = nearest(identity, tuple(shelf.laws)) or endings.get(nearest(last, tuple(endings)) or "")
    headline = f"there is no law `{identity}`"
    if "/" in identity or "\\" in identity or identity.endswith(".law"):
        headline = "a use names the identity of a law, not a file"
    return finding(
        "L0606",
        headline,
        line.identity.place,
        help=f"did you mean `{near}`?" if near else "`lawc show` lists all laws",
    )
