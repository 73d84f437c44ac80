"""From the parts of a model in SBML to what they mean.

A species counts as what its symbol means in formulas: an amount, or a concentration in its
compartment. Reactions change amounts. So the concentration in a compartment that keeps its size
is a state; in one that does not, the amount is, and the concentration follows from it.
"""

from __future__ import annotations

from lawc.importers.imported import ImportRefusedError
from lawc.importers.mathml import binary, name, number
from lawc.importers.sbml.math import RATE_OF, Formulas
from lawc.importers.sbml.model import Compartment, Model, Reaction, Reference, Species
from lawc.importers.sbml.system import (
    AMOUNT,
    DENSITY,
    LIKE,
    State,
    System,
    Turn,
    put_rates,
    put_starts,
)
from lawc.syntax.tree import Binary, Name, Negative, Node, Number, rebuild


def understand(model: Model) -> System:
    """Return what a model means.

    Raises:
        ImportRefusedError: It leaves open what it means, or says what no law can.
    """
    return _Reading(model).system()


class _Reading:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.formulas = Formulas(model.functions, model.namespace)
        self.result = System()
        self.read: dict[str, Node] = {}
        self.counts: dict[int, Node] = {}

    def system(self) -> System:
        model, result = self.model, self.result
        self._ids()
        for variable, rule in model.rules.items():
            self._known(variable, "the rule")
            if not rule.is_rate:
                result.moving[variable] = self.formulas.read(rule.math)
        for part in model.compartments.values():
            self._symbol(part.id, part.size)
        for part in model.parameters.values():
            self._symbol(part.id, part.value)
        for reaction in model.reactions:
            self._reaction(reaction)
        for species in model.species.values():
            self._species(species)
        result.turns = self._turns()
        put_rates(result)
        put_starts(result)
        return result

    # --- symbols

    def _ids(self) -> None:
        model = self.model
        seen: set[str] = set(model.compartments)
        for ids in (model.species, model.parameters, [reaction.id for reaction in model.reactions]):
            for one in ids:
                if one in seen:
                    raise ImportRefusedError(f"two parts have the id {one[:40]!r}")
                seen.add(one)

    def _known(self, id: str, what: str) -> None:
        model = self.model
        references = {
            each.id for r in model.reactions for each in (*r.reactants, *r.products) if each.id
        }
        parts = (model.compartments, model.species, model.parameters, references)
        if not any(id in part for part in parts):
            raise ImportRefusedError(f"there is no symbol {id[:40]!r}, for which {what} stands")

    def _symbol(self, id: str, value: str) -> None:
        """Note what gives a parameter, the size of a compartment, or a count."""
        rule = self.model.rules.get(id)
        if rule is not None and not rule.is_rate:
            return
        initial = self._initial(id, value)
        if rule is not None:
            if initial is None:
                raise ImportRefusedError(f"{id[:40]} changes by a rule, and starts with nothing")
            self.result.states[id] = State(self.formulas.read(rule.math), initial)
        elif id in self.model.assigned:
            self.result.fixed[id] = self.formulas.read(self.model.assigned[id])
        else:
            if value:
                number(value)
            self.result.constants[id] = value

    def _initial(self, id: str, value: str) -> Node | None:
        if id in self.model.assigned:
            return self.formulas.read(self.model.assigned[id])
        return number(value, LIKE + id) if value else None

    # --- species

    def _species(self, species: Species) -> None:
        model, result, id = self.model, self.result, species.id
        compartment = model.compartments.get(species.compartment)
        if compartment is None:
            raise ImportRefusedError(f"the compartment of {id[:40]} is missing")
        result.inside[id] = compartment.id
        flat = compartment.dimensions in ("0", "0.0")
        if species.only_substance or flat:
            result.substance.add(id)
        rule = model.rules.get(id)
        changes = () if species.boundary else self._changes(species)
        if rule is not None and changes:
            raise ImportRefusedError(f"{id[:40]} is changed by a rule and by reactions")
        if rule is not None and not rule.is_rate:
            return
        initial = self._start_of(species, compartment)
        if rule is not None:
            result.states[id] = State(self.formulas.read(rule.math), initial)
            return
        moves = id not in result.substance and self._moves(compartment.id)
        key = AMOUNT + id if moves else id
        if moves:
            result.moving[id] = binary("/", name(key), name(compartment.id))
            initial = binary("*", initial, name(compartment.id))
            if id not in model.assigned and species.amount:
                initial = number(species.amount, LIKE + key)
        if not changes:
            if isinstance(initial, Number):
                result.constants[key] = initial.text
            else:
                result.fixed[key] = initial
            return
        if species.constant:
            raise ImportRefusedError(f"{id[:40]} is constant, and reactions change it")
        rate = _sum([_times(sign, *factors) for sign, *factors in changes])
        if species.factor or model.factor:
            factor = name(species.factor or model.factor)
            rate = binary("*", factor, rate)
        if not moves and id not in result.substance:
            rate = _divided(rate, compartment.id)
        result.states[key] = State(rate, initial)

    def _moves(self, compartment: str) -> bool:
        return compartment in self.model.rules

    def _start_of(self, species: Species, compartment: Compartment) -> Node:
        """Return what the symbol of a species starts with."""
        id = species.id
        is_amount = id in self.result.substance
        if id in self.model.assigned:
            return self.formulas.read(self.model.assigned[id])
        sized = name(compartment.id)
        has_size = compartment.size or compartment.id in {**self.model.assigned, **self.model.rules}
        if species.amount:
            if is_amount or _is_zero(number(species.amount)):
                return number(species.amount, LIKE + id)
            if not has_size:
                raise ImportRefusedError(f"the compartment of {id[:40]} has no size")
            return binary("/", number(species.amount, LIKE + AMOUNT + id), sized)
        if not species.concentration:
            raise ImportRefusedError(f"the file does not say what {id[:40]} starts with")
        if not is_amount or _is_zero(number(species.concentration)):
            return number(species.concentration, LIKE + id)
        return binary("*", number(species.concentration, LIKE + DENSITY + id), sized)

    def _changes(self, species: Species) -> tuple[tuple[int, Node, Node], ...]:
        """Return sign, count and rate for each time that a reaction names a species."""
        found = []
        for reaction in self.model.reactions:
            for sign, side in ((-1, reaction.reactants), (1, reaction.products)):
                for reference in side:
                    if reference.species == species.id:
                        if reaction.law is None:
                            raise ImportRefusedError(f"reaction {reaction.id[:40]} has no rate")
                        found.append((sign, self.counts[id(reference)], name(reaction.id)))
        return tuple(found)

    # --- reactions

    def _reaction(self, reaction: Reaction) -> None:
        for reference in (*reaction.reactants, *reaction.products):
            if reference.species not in self.model.species:
                raise ImportRefusedError(f"reaction {reaction.id[:40]} names no species")
            self.counts[id(reference)] = self._count(reference)
        if reaction.law is None:
            return
        local = {each.id: f"{reaction.id} {each.id}" for each in reaction.local}
        for each in reaction.local:
            if not each.value:
                raise ImportRefusedError(f"{each.id[:40]} of {reaction.id[:40]} has no value")
            number(each.value)
            self.result.constants[local[each.id]] = each.value

        def change(node: Node) -> Node | None:
            if isinstance(node, Name) and node.name in local:
                return name(local[node.name])
            if isinstance(node, Name) and node.name.removeprefix(RATE_OF) in local:
                return number("0")
            return None

        self.result.moving[reaction.id] = rebuild(self.formulas.read(reaction.law), change)

    def _count(self, reference: Reference) -> Node:
        if reference.math is not None:
            return self.formulas.read(reference.math)
        rules, assigned = self.model.rules, self.model.assigned
        if reference.id and (reference.id in rules or reference.id in assigned):
            self._symbol(reference.id, reference.count)
            return name(reference.id)
        count = reference.count or ("1" if self.model.level == 2 else "")
        if not count:
            raise ImportRefusedError(f"how many {reference.species[:40]} react is not said")
        if reference.id and self.model.level > 2:
            self.result.constants[reference.id] = count
        return number(count)

    def _turns(self) -> tuple[Turn, ...]:
        """Return the reactions, if each species in them is a state that they change by numbers."""
        result, model, turns = self.result, self.model, []
        changed = [
            species
            for species in model.species.values()
            if species.id in result.states and species.id not in model.rules
        ]
        amounts = {species.id in result.substance for species in changed}
        places = {species.compartment for species in changed} if amounts == {False} else {""}
        whole = all(
            isinstance(count, Number) and isinstance(count.value, int) and count.value > 0
            for count in self.counts.values()
        )
        factor = model.factor or any(species.factor for species in changed)
        hidden = any(key.startswith(AMOUNT) for key in result.states)
        if len(amounts) != 1 or len(places) != 1 or not whole or factor or hidden:
            return ()
        place = next(iter(places))
        states = {species.id for species in changed}
        for reaction in model.reactions:
            uses, makes = (
                tuple(
                    (each.species, _text(self.counts[id(each)]))
                    for each in side
                    if each.species in states
                )
                for side in (reaction.reactants, reaction.products)
            )
            if (uses or makes) and reaction.law is not None:
                rate = result.moving[reaction.id]
                rate = _divided(rate, place) if place else rate
                turns.append(Turn(reaction.id, uses, makes, rate))
        return tuple(turns)


def _divided(rate: Node, place: str) -> Node:
    """Return a rate over the size of a compartment, which is left out where it multiplies."""
    stripped = _without_factor(rate, place)
    return binary("/", rate, name(place)) if stripped is None else stripped


def _without_factor(node: Node, factor: str) -> Node | None:
    match node:
        case Name(_, own) if own == factor:
            return number("1")
        case Negative(place, of):
            inner = _without_factor(of, factor)
            return None if inner is None else Negative(place, inner)
        case Binary(_, "*", left, right):
            for one, other in ((left, right), (right, left)):
                inner = _without_factor(one, factor)
                if inner is not None:
                    return other if _is_one(inner) else binary("*", inner, other)
        case Binary(_, "/", left, right):
            inner = _without_factor(left, factor)
            return None if inner is None else binary("/", inner, right)
    return None


def _times(sign: int, count: Node, rate: Node) -> Node:
    product = rate if _is_one(count) else binary("*", count, rate)
    return product if sign > 0 else Negative(product.place, product)


def _sum(terms: list[Node]) -> Node:
    total = terms[0]
    for term in terms[1:]:
        if isinstance(term, Negative):
            total = binary("-", total, term.of)
        else:
            total = binary("+", total, term)
    return total


def _text(count: Node) -> str:
    return count.text if isinstance(count, Number) else ""


def _is_one(node: Node) -> bool:
    return isinstance(node, Number) and node.unit is None and node.value == 1


def _is_zero(node: Node) -> bool:
    return isinstance(node, Number) and node.value == 0
