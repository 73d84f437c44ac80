"""A model in SBML as one draft law, in its own units where they fit, else in plain numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.importers.cellml.units import measure
from lawc.importers.drafting import Draft, Symbol, write_draft
from lawc.importers.folding import fold
from lawc.importers.imported import Imported, ImportRefusedError, Remark
from lawc.importers.mathml import UNSAID, binary, name, number
from lawc.importers.naming import block_name, safe_names
from lawc.importers.sbml.math import TIME
from lawc.importers.sbml.meaning import understand
from lawc.importers.sbml.model import Model
from lawc.importers.sbml.system import AMOUNT, LIKE, System, Turn, find_moving
from lawc.importers.sbml.units import Sized, Units, declared_units, follows
from lawc.syntax.parsing import parse
from lawc.syntax.tree import (
    Binary,
    Broken,
    Call,
    Derivative,
    Name,
    Node,
    Number,
    UnitText,
    rebuild,
    walk,
)
from lawc.syntax.writing import write
from lawc.units.dimension import Dimension

_PLAIN = "dimensionless"


def import_sbml(file: str, model: Model) -> Imported:
    """Return the law of a model.

    Raises:
        ImportRefusedError: The model says what no law can, or leaves open what it means.
    """
    system = understand(model)
    if not system.states and not system.moving and not system.fixed:
        raise ImportRefusedError("nothing in the model changes or is computed")
    writer = _Writer(file, model, system)
    try:
        text, guessed = writer.with_units()
    except ImportRefusedError as problem:
        sentence = f"its units are left out, and every quantity is a plain number: {problem}"
        return Imported(writer.draft(None), (Remark(file, sentence),))
    remarks = [
        Remark(f"parameter {key}", "no formula says its unit; it is taken for a plain number")
        for key in guessed
    ]
    remarks += [
        Remark(f"parameter {key}", "it stands as its value in exponents, which units ask for")
        for key in sorted(writer.fixed)
    ]
    return Imported(text, tuple(remarks))


def names_of_symbols(model: Model) -> dict[str, str]:
    """Return what the law of a model calls each of its symbols, by id."""
    system = understand(model)
    return _Writer("", model, system).names


@dataclass
class _Writer:
    file: str
    model: Model
    system: System
    names: dict[str, str] = field(init=False)
    used: list[str] = field(init=False)
    fixed: set[str] = field(default_factory=set)
    """Constants that stand as their values in exponents."""
    written: set[str] = field(default_factory=set)
    """Our names of all that the text says something of."""

    def __post_init__(self) -> None:
        self.moving = find_moving(self.system)
        self.turns = {key for turn in self.system.turns for key, _ in (*turn.uses, *turn.makes)}
        self.used = self._used()
        self.names = self._names()

    # --- which symbols, and what they are called

    def _used(self) -> list[str]:
        """Return the keys that the law has: what the file computes, and what that needs."""
        system = self.system
        formulas = {**system.fixed, **system.moving}
        rates = {reaction.id for reaction in self.model.reactions}
        needed = [*system.states, *(key for key in system.moving if key not in rates)]
        needed += [key for key in system.fixed if " " not in key]
        nodes = [turn.rate for turn in system.turns]
        for key, state in system.states.items():
            nodes += [state.initial] if key in self.turns else [state.rate, state.initial]
        needed += [n.name for node in nodes for n in walk(node) if isinstance(n, Name)]
        found: dict[str, None] = {}
        while needed:
            key = needed.pop(0)
            if key in found or key == TIME:
                continue
            if not any(key in part for part in (formulas, system.states, system.constants)):
                raise ImportRefusedError(f"a formula names {key[:40]!r}, which has no value")
            found[key] = None
            if key in formulas:
                needed += [n.name for n in walk(formulas[key]) if isinstance(n, Name)]
        everything = (*self.model.compartments, *self.model.species, *found)
        return [key for key in dict.fromkeys(everything) if key in found]

    def _names(self) -> dict[str, str]:
        ids = set(self.used)
        wanted = {TIME: "time" if "time" not in ids else "time of the model"}
        short = Counter(key.rpartition(" ")[2] for key in self.used if _is_local(key))
        for key in self.used:
            own = key.rpartition(" ")[2]
            lone = _is_local(key) and short[own] == 1 and own not in ids and own != "time"
            wanted[key] = own if lone else key
        ours = safe_names(wanted.values())
        return {key: ours[foreign] for key, foreign in wanted.items()}

    # --- equations

    def _equations(self) -> Iterator[tuple[Node, Node]]:
        """Yield the sides of all equations; those of reactions once for each species in them."""
        for key in self.used:
            for formulas in (self.system.fixed, self.system.moving):
                if key in formulas:
                    yield name(key), formulas[key]
            if key in self.system.states and key not in self.turns:
                yield _derivative(key), self.system.states[key].rate
        for turn in self.system.turns:
            for key, _ in (*turn.uses, *turn.makes):
                yield _derivative(key), turn.rate

    def draft(self, units: Units | None) -> str:
        """Return the law; without units every quantity is a plain number."""
        system, model = self.system, self.model
        self.written = {self.names[key] for key in (*self.turns, *system.states)}
        if system.states:
            self.written.add(self.names[TIME])
        lines = [
            f"{self._write(left, units)} {'=' if isinstance(left, Derivative) else ':='} "
            f"{self._write(right, units)}"
            for left, right in self._equations()
            if not (isinstance(left, Derivative) and _key(left) in self.turns)
        ]
        at = f"at {self.names[TIME]} = 0{self._bracket(TIME, units)}"
        initial = [
            f"{self.names[key]} = {self._write(state.initial, units)} {at}"
            for key, state in system.states.items()
        ]
        title = model.name.replace("_", " ")
        turns = tuple(self._turn(turn, units) for turn in system.turns)
        # A constant that stood in exponents alone is needed no longer.
        keys = [key for key in (TIME, *self.used) if self.names[key] in self.written]
        return write_draft(
            Draft(
                block_name(model.name),
                title,
                (f"{self.file}, SBML model {title}",),
                tuple(self._symbol(key, units) for key in keys),
                tuple(lines),
                tuple(initial),
                reactions=turns,
            )
        )

    def _turn(self, turn: Turn, units: Units | None) -> str:
        sides = [
            " + ".join(
                self.names[key] if count == "1" else f"{count} {self.names[key]}"
                for key, count in side
            )
            or "nothing"
            for side in (turn.uses, turn.makes)
        ]
        label = block_name(turn.id).lower()
        return f"{label}: {sides[0]} -> {sides[1]} ; rate = {self._write(turn.rate, units)}"

    def _symbol(self, key: str, units: Units | None) -> Symbol:
        unit: str | None = "1"
        if units is not None:
            unit = units.text(units.of[key]) if key in units.of else None
        depends = self.names[TIME] if key in self.moving else ""
        value = self.system.constants.get(key, "")
        default = write(number(value)) if value else ""
        return Symbol(self.names[key], self._words(key), unit, depends, default=default)

    def _words(self, key: str) -> str:
        model = self.model
        if key == TIME:
            return "time"
        if key.startswith(AMOUNT):
            return key
        if key in model.species:
            species = model.species[key]
            kind = "amount" if key in self.system.substance else "concentration"
            return f"{kind} of {species.name or key}"
        if key in model.compartments:
            return f"size of {model.compartments[key].name or key}"
        if key in model.parameters:
            return model.parameters[key].name or key
        if any(key == reaction.id for reaction in model.reactions):
            return f"rate of {key}"
        first, _, own = key.partition(" ")
        return f"{own} of {first}" if own else key

    # --- expressions

    def _write(self, node: Node, units: Units | None) -> str:
        said = self._said(node, units, self.names)
        self.written |= {part.name for part in walk(said) if isinstance(part, Name)}
        return write(said)

    def _said(self, node: Node, units: Units | None, names: dict[str, str]) -> Node:
        """Return an expression with our names and units.

        Raises:
            ImportRefusedError: Part of it cannot be said.
        """

        def said(part: Node) -> Node:
            return self._said(part, units, names)

        def change(part: Node) -> Node | None:
            match part:
                case Name(_, own):
                    return replace(part, name=names[own])
                case Number(_, _, _, UnitText(_, unit)):
                    if units is None:
                        return replace(part, unit=None)
                    text = units.text(units.meant(unit))
                    return replace(part, unit=None if text == "1" else UnitText(part.place, text))
                case Binary(_, "^", base, exponent) if units is not None:
                    return binary("^", said(base), said(self._fixed(base, exponent, units)))
                case Call(_, Name(_, "root"), (of, degree)):
                    return binary("^", said(of), binary("/", number("1"), said(degree)))
                case Call(_, Name(_, own) as function, arguments):
                    if own in UNSAID:
                        raise ImportRefusedError(f"the language has no {own}")
                    return Call(part.place, function, tuple(said(each) for each in arguments))
                case Broken():
                    raise ImportRefusedError("a choice without `otherwise` has no value elsewhere")
            return None

        return rebuild(node, change)

    def _fixed(self, base: Node, exponent: Node, units: Units) -> Node:
        """Return an exponent; the value in the file where the base is no plain number."""
        plain = all(
            part.name in units.of and measure(units.of[part.name], units.definitions).is_plain
            for part in walk(base)
            if isinstance(part, Name)
        )
        values = {key: float(text) for key, text in self.system.constants.items() if text}
        folded = None if plain else fold(exponent, values)
        if folded is None or not folded.variables:
            return exponent
        self.fixed |= folded.variables
        value = folded.value
        return number(str(int(value)) if value.is_integer() else repr(value))

    def _bracket(self, key: str, units: Units | None) -> str:
        text = units.text(units.of[key]) if units is not None else "1"
        return "" if text == "1" else f" [{text}]"

    # --- units

    def with_units(self) -> tuple[str, list[str]]:
        """Return the law in the units of the model, and the parameters that nothing measures.

        Raises:
            ImportRefusedError: The file says nothing of units, or they do not fit.
        """
        units = declared_units(self.model, self.system)
        guessed: list[str] = []
        while lacking := [key for key in self.used if key not in units.of]:
            dimensions = follows(self.draft(units), [self.names[key] for key in lacking])
            found = [key for key in lacking if self.names[key] in dimensions]
            for key in found:
                dimension: Dimension = dimensions[self.names[key]]
                units.of[key] = units.from_dimension(dimension)
            if not found:
                units.of[lacking[0]] = _PLAIN
                guessed.append(lacking[0])
        guessed = [key for key in guessed if key not in self.fixed]
        if all(measure(units.of[key], units.definitions).is_plain for key in self.used):
            raise ImportRefusedError("none of its quantities has a unit")
        self._fit(units)
        text = self.draft(units)
        document, misread = parse(Source("draft.law", text))
        _, wrong = check([document])
        errors = [each for each in (*misread, *wrong) if each.is_error]
        if errors:
            raise ImportRefusedError(errors[0].headline)
        return text, guessed

    def _fit(self, units: Units) -> None:
        """Raise where sizes of units do not agree, so that numbers would be converted."""
        of = {key: units.of[key] for key in (TIME, *self.used)}
        sized = Sized(of, units.definitions)
        same = {key: key for key in of}

        def own(node: Node) -> Node:
            def change(part: Node) -> Node | None:
                match part:
                    case Number(_, _, _, UnitText(_, unit)) if unit.startswith(LIKE):
                        return replace(part, unit=UnitText(part.place, units.meant(unit)))
                    case Binary(_, "^", base, exponent):
                        return binary("^", own(base), own(self._fixed(base, exponent, units)))
                return None

            return rebuild(node, change)

        sides = [*self._equations()]
        sides += [(name(key), state.initial) for key, state in self.system.states.items()]
        for left, right in sides:
            unknown = {part.name for part in walk(right) if isinstance(part, Name)} - of.keys()
            if unknown or not sized.fits(left, own(right)):
                said = write(self._said(left, None, same))
                raise ImportRefusedError(f"the units of the two sides of {said} do not fit")


def _derivative(key: str) -> Derivative:
    of, by = name(key), name(TIME)
    return Derivative(of.place, of, by, 1)


def _key(derivative: Derivative) -> str:
    return derivative.of.name if isinstance(derivative.of, Name) else ""


def _is_local(key: str) -> bool:
    return " " in key and not key.startswith(AMOUNT)
