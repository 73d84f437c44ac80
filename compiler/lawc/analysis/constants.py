"""Blocks of constants, and how a law finds what it imports from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.formulas import worked_out
from lawc.analysis.scope import BUILT_IN
from lawc.analysis.unit_reading import read_unit, unit_finding
from lawc.diagnostics.diagnostic import Diagnostic, Place, Source
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.law import Constant, Law
from lawc.syntax.document import Block, ConstantLine, ImportLine
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Negative, Number
from lawc.units.unit import PLAIN, Unit


@dataclass
class ConstantShelf:
    """All blocks of constants that can be imported, by identity.

    Attributes:
        blocks: The constants of each block.
        versions: The declared version of each, empty where none was declared.
        ghosts: Names whose line could not be read; nobody reports them as unknown.
    """

    blocks: Mapping[str, Mapping[str, Constant]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    ghosts: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def find(self, identity: str) -> tuple[str, ...]:
        """Return the blocks an identity may mean: itself, a file's blocks, or a unique ending."""
        if identity in self.blocks:
            return (identity,)
        inside = tuple(key for key in self.blocks if key.rpartition(".")[0] == identity)
        return inside or tuple(key for key in self.blocks if key.endswith("." + identity))

    def holders(self, name: str) -> list[str]:
        """Return the identities of the blocks that define a name."""
        return sorted(key for key, block in self.blocks.items() if name in block)


@immutable
class ConstantBlock:
    """A block of constants as laws see it: names, values and units.

    Attributes:
        identity: Path and name.
        version: As declared; empty where none was.
        constants: By name.
        ghosts: Names whose line could not be read.
    """

    identity: str
    version: str
    constants: Mapping[str, Constant]
    ghosts: frozenset[str] = frozenset()


def shelve(
    known: Mapping[str, Mapping[str, Constant]], blocks: Iterable[ConstantBlock]
) -> ConstantShelf:
    """Return a shelf of known constants and of blocks beside them, which come before those.

    Of two blocks with one identity the first one counts.
    """
    every, versions, ghosts = dict(known), dict[str, str](), dict[str, frozenset[str]]()
    for block in blocks:
        if block.identity not in versions:
            every[block.identity] = block.constants
            versions[block.identity] = block.version
            ghosts[block.identity] = block.ghosts
    return ConstantShelf(every, versions, ghosts)


def read_constants(
    block: Block, identity: str, source: Source
) -> tuple[dict[str, Constant], list[Diagnostic]]:
    """Return the constants of a block, and what is wrong with its lines."""
    constants: dict[str, Constant] = {}
    findings: list[Diagnostic] = []
    if block.imports:
        findings.append(
            finding(
                "L0122",
                "a block of constants stands by itself and imports nothing",
                block.imports[0].place,
                help="write the value, or a formula of constants of this block",
            )
        )
    for line in block.constants:
        if line.unit is not None:
            read = worked_out(line, line.unit, constants, block.declared, source)
        else:
            read = _read_line(line, identity, source)
        if isinstance(read, Diagnostic):
            findings.append(read)
        if not isinstance(read, tuple):
            continue
        unit, value, uncertainty = read
        for name in line.names:
            if name.name in BUILT_IN:
                headline = f"`{name.name}` is built in and cannot be defined again"
                findings.append(finding("L0112", headline, name.place))
                continue
            constant = Constant(
                name.name, line.words, unit, value, uncertainty, identity, name.place
            )
            first = constants.setdefault(name.name, constant)
            if first is not constant:
                findings.append(_twice(first, constant))
    return constants, findings


def redefinitions(constants: Iterable[Constant]) -> list[Diagnostic]:
    """Return a finding for every constant that two blocks define with different values."""
    first: dict[tuple[str, object], Constant] = {}
    findings = []
    for constant in constants:
        known = first.setdefault((constant.name, constant.unit.dimension), constant)
        if known is not constant and not same_value(known.value, constant.value):
            findings.append(_twice(known, constant))
    return findings


def redefined(law: Law, shelf: ConstantShelf) -> list[Diagnostic]:
    """Return a finding where a law gives a value of its own to a known constant.

    A parameter that has the name, the dimension and nearly the value of a constant, and no range,
    is that constant written down again; an example may not change what was imported.
    """
    findings = []
    for q in law.quantities.values():
        if q.default is None or q.low is not None or q.place is None:
            continue
        value = q.unit.to_si(q.default)
        for home in shelf.holders(q.name):
            known = shelf.blocks[home][q.name]
            near = abs(value - known.value) <= 0.01 * abs(known.value)
            if known.unit.dimension == q.dimension and near:
                own = Constant(q.name, q.words, q.unit, value, 0.0, law.identity, q.place)
                if not same_value(value, known.value):
                    findings.append(_twice(known, own))
                break
    for example in law.examples:
        for name, value in example.given.items():
            known = law.constants.get(name)
            if known is None or example.place is None or same_value(value, known.value):
                continue
            findings.append(
                finding(
                    "L0602",
                    f"an example gives the constant `{name}` a value of its own",
                    example.place,
                    others=[(known.place, f"defined in {known.source}")] if known.place else [],
                    help=f"leave `{name}` out of `given`; its value is known",
                )
            )
    return findings


def same_value(one: float, other: float) -> bool:
    """Return whether two values are equal up to the rounding of a change of units."""
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))


def imported(
    block: Block, shelf: ConstantShelf
) -> tuple[dict[str, Constant], frozenset[str], dict[str, Place], list[Diagnostic]]:
    """Return what a block imports, names that stand on unreadable lines, places, and findings."""
    constants: dict[str, Constant] = {}
    ghosts: set[str] = set()
    places: dict[str, Place] = {}
    findings: list[Diagnostic] = []
    for line in block.imports:
        identity, _, pin = line.identity.text.partition("@")
        blocks = shelf.find(identity)
        problem = _unknown_block(line, identity, pin, blocks, shelf)
        if problem is not None:
            findings.append(problem)
            ghosts.update(name.name for name in line.names)
            places.update((name.name, name.place) for name in line.names)
            continue
        for name in line.names:
            held = (shelf.blocks[key].get(name.name) for key in blocks)
            found = [constant for constant in held if constant is not None]
            earlier = places.setdefault(name.name, name.place)
            if earlier is not name.place:
                findings.append(imported_twice(name.name, name.place, earlier))
            elif len(found) == 1:
                constants[name.name] = found[0]
            else:
                ghosts.add(name.name)
                broken = any(name.name in shelf.ghosts.get(key, ()) for key in blocks)
                if not broken:
                    findings.append(_unknown_name(name.name, name.place, blocks, found, shelf))
    return constants, frozenset(ghosts), places, findings


def imported_twice(name: str, place: Place, earlier: Place) -> Diagnostic:
    """Return the finding about a name that has two meanings in one law."""
    return finding(
        "L0112", f"`{name}` stands twice", place, "here again", others=[(earlier, "first here")]
    )


def _read_line(
    line: ConstantLine, identity: str, source: Source
) -> tuple[Unit, float, float] | Diagnostic | None:
    sign = 1.0
    node = line.value
    if isinstance(node, Negative):
        sign, node = -1.0, node.of
    if not isinstance(node, Number):
        return None
    unit = PLAIN
    if node.unit is not None:
        read = read_unit(node.unit)
        if read is None:
            return unit_finding(node.unit, source.text)
        unit = read
    return unit, unit.to_si(sign * node.value), abs(node.uncertainty * unit.factor)


def meant(name: str, shelf: ConstantShelf) -> tuple[str, Constant] | None:
    """Return the constant that a name without a declaration means, with the block that holds it.

    Its name may be written otherwise there: `g0` for `g`, `k_B` for `kB`, `eps_0` for `eps0`.
    """
    parted = (f"{name[0]}_{name[1:]}", f"{name[:-1]}_{name[-1]}")
    for spelled in dict.fromkeys((name, f"{name}0", f"{name}_0", *parted)):
        homes = shelf.holders(spelled)
        if homes:
            return homes[0], shelf.blocks[homes[0]][spelled]
    return None


def importing(home: str, constant: Constant) -> str:
    """Return the line that imports a constant, as it is quoted in a message."""
    return f"`import {home} ({constant.name})`"


def namesake(constant: Constant) -> str:
    """Return the question whether a constant was meant by another name."""
    return f"did you mean `{constant.name}`{f', {constant.words}' if constant.words else ''}?"


def _twice(first: Constant, second: Constant) -> Diagnostic:
    assert first.place is not None and second.place is not None
    if same_value(first.value, second.value) and first.unit.dimension == second.unit.dimension:
        return imported_twice(second.name, second.place, first.place)
    said = [
        f"{shown_exactly(c.unit.from_si(c.value))} [{c.unit.text}]"
        if c.unit.text
        else shown_exactly(c.value)
        for c in (first, second)
    ]
    return finding(
        "L0602",
        f"the constant `{second.name}` has two values",
        second.place,
        said[1],
        others=[(first.place, f"{said[0]}, in {first.source}")],
        help=f"keep one, and import it: `import {first.source} ({first.name})`",
    )


def shown_exactly(value: float) -> str:
    """Return a number with all the digits that distinguish it."""
    text = f"{value:.15g}"
    return text if float(text) == value else repr(value)


def _unknown_block(
    line: ImportLine, identity: str, pin: str, blocks: tuple[str, ...], shelf: ConstantShelf
) -> Diagnostic | None:
    place = line.identity.place
    if not blocks:
        endings = {key.rpartition(".")[2] for key in shelf.blocks}
        near = nearest(identity, (*shelf.blocks, *sorted(endings)))
        return finding(
            "L0603",
            f"there are no constants `{identity}`",
            place,
            help=f"did you mean `{near}`?" if near else _known(shelf),
        )
    if pin:
        versions = [shelf.versions.get(key, "") for key in blocks]
        kept = [v for v in versions if not v or v == pin or v.partition(".")[0] == pin]
        if not kept:
            return finding(
                "L0603",
                f"there is no version {pin} of `{identity}`",
                place,
                f"the version at hand is {versions[0]}",
                help=f"write `{identity}@{versions[0].partition('.')[0]}`",
            )
    return None


def _unknown_name(
    name: str, place: Place, blocks: tuple[str, ...], found: list[Constant], shelf: ConstantShelf
) -> Diagnostic:
    if found:
        homes = listed(quoted(c.source for c in found))
        return finding(
            "L0603",
            f"more than one constant is called `{name}`",
            place,
            f"in {homes}",
            help=f"name the block: `import {found[0].source} ({name})`",
        )
    names = [known for key in blocks for known in shelf.blocks[key]]
    near = nearest(name, tuple(names))
    elsewhere = shelf.holders(name)
    if elsewhere:
        help = f"it stands in `{elsewhere[0]}`"
    elif near:
        help = f"did you mean `{near}`?"
    else:
        help = f"it holds {listed(quoted(names[:8]))}" if len(names) <= 8 else ""
    return finding("L0603", f"{listed(quoted(blocks))} has no constant `{name}`", place, help=help)


def _known(shelf: ConstantShelf) -> str:
    if not shelf.blocks:
        return "no block of constants was read"
    return f"there are {listed(quoted(sorted(shelf.blocks)[:6]))}"
