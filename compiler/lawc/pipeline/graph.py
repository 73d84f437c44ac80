"""Knowledge as a graph: which laws speak of one quantity, rest on which constants, became modules.

Two laws speak of the same quantity where they describe it with the same words and it measures the
same; a symbol's letter says nothing. Nodes carry `kind`, `label` and `note`, edges `relation`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable

import networkx as nx

from lawc.artifact.places import built
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law, Quantity
from lawc.knowledge.rule import Rule
from lawc.pipeline.facts import modules_of
from lawc.units.naming import describe_dimension

LAW, RULE, QUANTITY, CONSTANTS, MODULE = "law", "rule", "quantity", "constants", "module"


def graph(
    base: KnowledgeBase,
    root: Traversable | None = None,
    identities: Collection[str] = (),
) -> nx.DiGraph:
    """Return the graph of some laws and what they touch; of all laws where none is named.

    Args:
        base: The knowledge.
        root: The project whose modules count; None for the library.
        identities: Laws to draw with all their quantities. Without any, a quantity stands in the
            graph where two laws share it.

    Raises:
        LawcError: There is no such law.
    """
    try:
        named = [base[identity] for identity in identities]
    except KeyError as problem:
        raise LawcError(problem.args[0]) from None
    both = named or [base[identity] for identity in base]
    chosen = [law for law in both if isinstance(law, Law)]
    rules = [rule for rule in both if not isinstance(rule, Law)]
    made: nx.DiGraph = nx.DiGraph()
    shared = _shared(both)
    standing = set(built())
    for law in chosen:
        _law(made, law)
        for quantity in law.quantities.values():
            key = quantity_key(quantity)
            if identities or len(shared[key]) > 1:
                _quantity(made, law, quantity, key)
        for source in sorted({c.source for c in law.constants.values() if c.source}):
            made.add_node(source, kind=CONSTANTS, label=source, note="constants")
            made.add_edge(law.identity, source, relation="rests on")
        for name in modules_of(law, root):
            state = "frozen" if name in standing else "not built"
            made.add_node(f"module:{name}", kind=MODULE, label=name, note=state)
            made.add_edge(f"module:{name}", law.identity, relation="compiled from")
    for rule in rules:
        _law(made, rule)
        for quantity in rule.quantities.values():
            key = quantity_key(quantity)
            if identities or len(shared[key]) > 1:
                _quantity(made, rule, quantity, key)
        for older in rule.supersedes:
            _link(made, base, rule, older, "supersedes")
    for law in chosen:
        for name, part in law.parts.items():
            _link(made, base, law, part, f"uses as {name}")
        for older in law.supersedes:
            _link(made, base, law, older, "supersedes")
    return made


def quantity_key(quantity: Quantity) -> str:
    """Return what makes two quantities of different laws the same."""
    words = " ".join(quantity.words.lower().split())
    return f"quantity:{words or quantity.name}:{quantity.dimension}"


def _shared(laws: Collection[Law | Rule]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for law in laws:
        for quantity in law.quantities.values():
            found.setdefault(quantity_key(quantity), set()).add(law.identity)
    return found


def _law(made: nx.DiGraph, law: Law | Rule) -> None:
    made.add_node(
        law.identity,
        kind=LAW if isinstance(law, Law) else RULE,
        label=law.title or law.name,
        note=str(law.status),
        version=law.version,
        discipline=law.discipline,
        sources=law.sources,
    )


def _quantity(made: nx.DiGraph, law: Law | Rule, quantity: Quantity, key: str) -> None:
    made.add_node(
        key,
        kind=QUANTITY,
        label=quantity.words or quantity.name,
        note=describe_dimension(quantity.dimension),
        unit=quantity.unit.text or "1",
    )
    made.add_edge(law.identity, key, relation="speaks of", symbol=quantity.name)


def _link(
    made: nx.DiGraph, base: KnowledgeBase, law: Law | Rule, reference: str, relation: str
) -> None:
    identity = reference.partition("@")[0]
    other = base.laws.get(identity) or base.rules.get(identity)
    if other is not None and other.identity not in made:
        _law(made, other)
    if other is not None:
        made.add_edge(law.identity, other.identity, relation=relation)
