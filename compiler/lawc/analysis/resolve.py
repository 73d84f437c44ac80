"""Find what every name of a law means: declared here, imported, built in, or nothing."""

from __future__ import annotations

from lawc.analysis.constants import ConstantShelf, imported, imported_twice, meant
from lawc.analysis.coordinates import read_coordinates
from lawc.analysis.declarations import read_declarations
from lawc.analysis.findings import finding, warning
from lawc.analysis.names import Names
from lawc.analysis.parts import Parts
from lawc.analysis.scope import BUILT_IN, Scope, base_dimensions
from lawc.analysis.settling import settle
from lawc.analysis.vocabulary import Vocabulary, element, has_words, vocabulary
from lawc.diagnostics.diagnostic import Diagnostic, Place, Source
from lawc.knowledge.expression import FUNCTIONS
from lawc.syntax.document import Block, Declaration
from lawc.syntax.tree import Name
from lawc.units.dimension import Dimension

_TAKEN = frozenset((*BUILT_IN, *FUNCTIONS, "value", "log"))


def resolve(
    block: Block,
    identity: str,
    source: Source,
    shelf: ConstantShelf,
    parts: Parts | None = None,
) -> tuple[Scope, list[Diagnostic]]:
    """Return the scope of a law and what is wrong with its names, units and ranges.

    Unknown names are kept in the scope: what they may have meant can be said once dimensions are
    known. The names of the parts of a system are known as its own symbols are.
    """
    parts = parts if parts is not None else Parts()
    findings: list[Diagnostic] = []
    said: Vocabulary | None = None
    if has_words(block):
        said, found = _vocabulary(block)
        findings += found
        block, found = settle(block, said)
        findings += found
    constants, ghosts, places, found = imported(block, shelf)
    constants = {**parts.constants, **constants}
    findings += found
    declared = _declared(block, places, findings)
    elements = _elements(declared, said)
    others = {*ghosts, *block.declared, *BUILT_IN, *parts.names, *elements}
    known = {*declared, *constants, *others}
    depends = {name: line.depends for name, (line, _) in declared.items()}
    names = Names(known, {**parts.depends(block), **depends}, source)
    names.read(block)
    lost = [name for name in names.unknown if parts.is_lost(name)]
    for name in lost:
        del names.unknown[name]
    findings += names.findings
    if said is None and (names.fields or block.boundary or block.region):
        said, found = _vocabulary(block)
        findings += found
    quantities, found = read_declarations(block, declared, source)
    findings += found
    # In the order of the text: what is proposed first must not hang on the order of a set.
    dimensions: dict[str, Dimension | None] = dict.fromkeys(
        [*declared, *constants, *sorted(others), *names.unknown, *lost]
    )
    dimensions.update(base_dimensions())
    dimensions.update(parts.names)
    scales = names.scales
    for name, quantity in quantities.items():
        dimensions[name] = quantity.unit.dimension
        scales = scales or quantity.unit.offset != 0
    for name, constant in constants.items():
        dimensions[name] = constant.unit.dimension
    for name, base in elements.items():
        dimensions[name] = dimensions.get(base)
    damaged = names.broken or bool(block.declared or block.mentioned or lost)
    scope = Scope(
        identity,
        source,
        block,
        declared,
        quantities,
        constants,
        dimensions,
        names.unknown,
        damaged,
        {
            **{name: q.depends for name, q in parts.quantities.items()},
            **{name: tuple(n.name for n in own) if own else () for name, own in depends.items()},
        },
        {name: found for name in names.unknown if (found := meant(name, shelf))},
        {
            **{name: place for name, place in places.items() if name not in names.used},
            **{name: own.place for name, (_, own) in declared.items() if name not in names.used},
        },
        scales,
        parts.quantities,
        said,
    )
    return scope, findings


def _vocabulary(block: Block) -> tuple[Vocabulary, list[Diagnostic]]:
    coordinates, findings = read_coordinates(block)
    return vocabulary(block, coordinates), findings


def _elements(
    declared: dict[str, tuple[Declaration, Name]], said: Vocabulary | None
) -> dict[str, str]:
    """Return the names of all elements and components, with what they are elements of.

    `c[species]` is one of them, and stands for each.
    """
    if said is None:
        return {}
    return {
        named: name
        for name in declared
        if name in said.indices or name in said.vectors
        for named in (*said.elements(name), element(name, said.indices.get(name, ())))
    }


def unused(scope: Scope) -> list[Diagnostic]:
    """Return a warning for every name that is declared or imported and used in no formula."""
    return [
        warning(
            "L0114",
            f"`{name}` is {'declared' if name in scope.declared else 'imported'} and never used",
            place,
            help="use it in an equation, or remove it",
        )
        for name, place in scope.unused.items()
    ]


def _declared(
    block: Block, places: dict[str, Place], findings: list[Diagnostic]
) -> dict[str, tuple[Declaration, Name]]:
    declared: dict[str, tuple[Declaration, Name]] = {}
    for line in block.symbols:
        for name in line.names:
            text = name.name
            if text in _TAKEN:
                kind = "built-in number" if text in BUILT_IN else "function of the language"
                headline = f"`{text}` is the name of a {kind}"
                findings.append(finding("L0112", headline, name.place, help="choose another name"))
            elif text in declared:
                findings.append(imported_twice(text, name.place, declared[text][1].place))
            elif text in places:
                findings.append(imported_twice(text, name.place, places[text]))
            else:
                declared[text] = (line, name)
    return declared
