"""The inputs of a model of DMN as quantities of a rule, by their types."""

from __future__ import annotations

import re

from lawc.importers.dmn.model import Model, Type, spoken, stated
from lawc.importers.dmn.quantities import Quantities, Quantity
from lawc.importers.feel.meaning import Known
from lawc.importers.feel.signs import listed_texts, texts_in
from lawc.importers.imported import ImportRefusedError, Remark

MOST_TEXTS = 100
DEEPEST_PARTS = 20
LONGEST_LIST = 8

_BASIC = {
    "number": "number", "string": "string", "boolean": "boolean", "date": "date",
    "Any": "", "": "",
}  # fmt: skip
_RANGE = re.compile(r"\s*\[\s*(-?[0-9]+(?:\.[0-9]+)?)\s*\.\.\s*(-?[0-9]+(?:\.[0-9]+)?)\s*\]\s*")


def basic(kind: Type) -> str | None:
    """Return the basic type of a type, empty where it may be any; None where a rule has none."""
    return _BASIC.get(kind.base.rpartition(":")[2])


def resolved(model: Model, name: str) -> Type:
    """Return a type with the values and the kind of what it is based on.

    Raises:
        ImportRefusedError: Types refer to each other in a circle.
    """
    found = Type(name)
    for _ in range(DEEPEST_PARTS):
        other = model.types.get(found.base.rpartition(":")[2])
        if other is None or other.base == found.base:
            return found
        found = Type(
            other.base, found.values or other.values, other.parts, found.is_list or other.is_list
        )
    raise ImportRefusedError("item definitions refer to each other in a circle")


def agreed(model: Model, kind: Type, type_name: str) -> Type:
    """Return the type of a value whose expression declares one, and whose place declares another.

    Raises:
        ImportRefusedError: They are not the same.
    """
    own = resolved(model, type_name)
    if own.base in ("", "Any") and not own.parts and not own.is_list:
        return kind
    if kind.base in ("", "Any") and not kind.parts and not kind.is_list:
        return own
    if (basic(own), own.is_list, own.parts) != (basic(kind), kind.is_list, kind.parts):
        raise ImportRefusedError("its expression declares another type than it does")
    return kind


def narrowed(quantity: Quantity, values: str) -> None:
    """Give a number the range that some allowed values are, if they are one."""
    limits = _RANGE.fullmatch(values)
    if limits is not None and quantity.kind == "number" and not quantity.limits:
        quantity.limits = f"{limits[1]} .. {limits[2]}"


class Inputs:
    """The inputs of a model.

    Attributes:
        known: By path, `Applicant.Age`.
        listed: By the path of a list, the quantity that counts its entries, and their kind.
    """

    def __init__(self, model: Model, quantities: Quantities, remarks: list[Remark]) -> None:
        """Declare them; what cannot be one is a remark."""
        self.known: dict[str, Known] = {}
        self.listed: dict[str, tuple[str, str]] = {}
        self._model, self._quantities, self._remarks = model, quantities, remarks
        self._stated = stated(model)
        logics = [logic for _, logic in model.decisions.values()]
        logics += [logic for _, logic in model.functions.values()]
        everything = "\n".join(spoken(logic) for logic in logics if logic)
        self._texts = tuple(dict.fromkeys(texts_in(everything)))[:MOST_TEXTS]
        for name, type_name in model.inputs.items():
            self._declare(name, resolved(model, type_name), 0)

    def _declare(self, path: str, kind: Type, depth: int) -> None:
        if kind.parts and not kind.is_list and depth < DEEPEST_PARTS:
            for part, inner in kind.parts:
                based = resolved(self._model, inner.base) if inner.base else Type()
                merged = Type(
                    based.base or inner.base,
                    inner.values or based.values,
                    inner.parts or based.parts,
                    inner.is_list or based.is_list,
                )
                self._declare(f"{path}.{part}", merged, depth + 1)
            return
        base = basic(kind)
        if base is None or (kind.is_list and (kind.parts or not base)):
            self._remarks.append(
                Remark(path, f"an input of type {kind.base or 'list'} is left out", True)
            )
            return
        if kind.is_list:
            self._list(path, base)
            return
        self._leaf(path, base, kind)

    def _list(self, path: str, base: str) -> None:
        """Declare a list: how many entries it has, and the first of them."""
        count = self._quantities.new(f"{path}.count", "count", f"number of {path}")
        self.known[f"{path}.count"] = Known(count.name, "number")
        for number in range(1, LONGEST_LIST + 1):
            self._leaf(f"{path}.{number}", base, Type())
        self.listed[path] = (count.name, base)

    def _leaf(self, path: str, base: str, kind: Type) -> None:
        quantity = self._quantities.new(path, base, path)
        narrowed(quantity, kind.values)
        values = listed_texts(kind.values)
        if base == "string":
            values += listed_texts(self._stated.get(path, ""))
        for text in values:
            self._quantities.word(text, quantity.name)
        quantity.is_open = base == "string" and not quantity.texts
        if quantity.is_open:
            # A text that may be any is one of those that the model speaks of, or another.
            for text in self._texts:
                self._quantities.word(text, quantity.name)
        self.known[path] = Known(quantity.name, base)
