"""Write a model of DMN as one rule: each decision a table, a score or clauses.

What a decision of DMN answers is one value, a record, a list, or null. A record is several
quantities, null is `not applicable`, and a list has one quantity for each row that may add to it;
`Answer` says how they are put together again.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Source
from lawc.importers.dmn import (
    Context,
    DecisionTable,
    Invocation,
    Literal,
    Logic,
    Model,
    Other,
    Type,
    spoken,
    stated,
)
from lawc.importers.dmn_answers import Answer, ImportedDecisions, answer_of
from lawc.importers.dmn_quantities import Quantities, Quantity, coerced, declared
from lawc.importers.dmn_tables import Column, write_table
from lawc.importers.drafting import quoted
from lawc.importers.feel import read_branches, read_expression, read_list
from lawc.importers.feel_functions import NOTHING
from lawc.importers.feel_meaning import Known, Meaning, Speech
from lawc.importers.imported import Imported, ImportRefusedError, Remark
from lawc.importers.naming import block_name
from lawc.syntax.formatting import formatted

_BASIC = {
    "number": "number", "string": "string", "boolean": "boolean", "date": "date",
    "Any": "", "": "",
}  # fmt: skip
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_RANGE = re.compile(r"\[\s*(-?[0-9.]+)\s*\.\.\s*(-?[0-9.]+)\s*\]")
MOST_TEXTS = 100
DEEPEST = 40
LONGEST_LIST = 8


def import_dmn(name: str, model: Model) -> Imported:
    """Return a model as a rule in the language of rules."""
    made = import_decisions(name, model)
    return Imported(made.text, made.remarks)


def import_decisions(name: str, model: Model) -> ImportedDecisions:
    """Return a model as a rule, and how its answers are read."""
    return _Writer(name, model).write()


class _Writer:
    def __init__(self, name: str, model: Model) -> None:
        self.file, self.model = name, model
        self.quantities = Quantities()
        self.inputs: dict[str, Known] = {}
        self.answers: dict[str, Answer] = {}
        self.sections: list[str] = []
        self.remarks: list[Remark] = []
        self.ready: dict[str, dict[str, Known]] = {}
        self.busy: list[str] = []
        self.lists: dict[str, Answer] = {}
        self.listed: dict[str, tuple[str, str]] = {}
        self.stated = stated(model)
        everything = "\n".join(spoken(logic) for _, logic in model.decisions.values() if logic)
        self.texts = tuple(dict.fromkeys(_TEXT.findall(everything)))[:MOST_TEXTS]

    def write(self) -> ImportedDecisions:
        for name, type_name in self.model.inputs.items():
            self._input(name, self._resolved(type_name), 0)
        for name in self.model.decisions:
            self._decide(name)
        text = formatted(Source(self.file, self._text())).text if self.answers else ""
        used = {q.name: dict(q.texts) for q in self.quantities.all.values() if q.kind == "string"}
        return ImportedDecisions(text, self.inputs, self.answers, used, tuple(self.remarks))

    def _resolved(self, name: str) -> Type:
        """Return a type with the values and the kind of what it is based on."""
        found = Type(name)
        for _ in range(20):
            other = self.model.types.get(found.base.rpartition(":")[2])
            if other is None or other.base == found.base:
                return found
            found = Type(
                other.base, found.values or other.values, other.parts,
                found.is_list or other.is_list,
            )  # fmt: skip
        raise ImportRefusedError("item definitions refer to each other in a circle")

    def _input(self, path: str, kind: Type, depth: int) -> None:
        if kind.parts and not kind.is_list and depth < 20:
            for part, inner in kind.parts:
                based = self._resolved(inner.base) if inner.base else Type()
                merged = Type(
                    based.base or inner.base,
                    inner.values or based.values,
                    inner.parts or based.parts,
                    inner.is_list or based.is_list,
                )
                self._input(f"{path}.{part}", merged, depth + 1)
            return
        base = _BASIC.get(kind.base.rpartition(":")[2])
        if base is None or (kind.is_list and (kind.parts or not base)):
            self.remarks.append(
                Remark(path, f"an input of type {kind.base or 'list'} is left out", True)
            )
            return
        if kind.is_list:
            self._list_input(path, base)
            return
        self._leaf(path, base, kind)

    def _list_input(self, path: str, base: str) -> None:
        """Declare a list: how many entries it has, and the first of them."""
        count = self.quantities.new(f"{path}.count", "count", f"number of {path}")
        self.inputs[f"{path}.count"] = Known(count.name, "number")
        for number in range(1, LONGEST_LIST + 1):
            self._leaf(f"{path}.{number}", base, Type())
        self.listed[path] = (count.name, base)

    def _leaf(self, path: str, base: str, kind: Type) -> None:
        limits = _RANGE.fullmatch(kind.values.strip()) if base == "number" else None
        quantity = self.quantities.new(path, base, path)
        if limits is not None:
            quantity.limits = f"{limits[1]} .. {limits[2]}"
        for text in _TEXT.findall(kind.values):
            self.quantities.word(text, quantity.name)
        for text in _TEXT.findall(self.stated.get(path, "")) if base == "string" else ():
            self.quantities.word(text, quantity.name)
        quantity.is_open = base == "string" and not quantity.texts
        if quantity.is_open:
            # A text that may be any is one of those that the model speaks of, or another.
            for text in self.texts:
                self.quantities.word(text, quantity.name)
        self.inputs[path] = Known(quantity.name, base)

    def _decide(self, name: str) -> None:
        """Write a decision, after those that it needs; a refusal is a remark."""
        if name in self.ready or name in self.busy or name not in self.model.decisions:
            return
        self.busy.append(name)
        kept = self.quantities.kept(), list(self.sections)
        kind, logic = self.model.decisions[name]
        try:
            if logic is None:
                raise ImportRefusedError("it has no logic")
            names = self._names_for(spoken(logic))
            answer, known = self._logic(name, logic, names, self._resolved(kind))
        except ImportRefusedError as refused:
            self.quantities.go_back(kept[0])
            self.sections = kept[1]
            self.remarks.append(Remark(f"decision {name}", str(refused), True))
            self.ready[name] = {}
        else:
            self.answers[name] = answer
            self.ready[name] = known
            if answer.entries is not None:
                self.lists[name] = answer
                self.ready[name] = {name: Known(name, "list")}
        self.busy.remove(name)

    def _names_for(self, spoken: str) -> dict[str, Known]:
        """Return what an expression may name: inputs, and the decisions that it needs."""
        for other in self.model.decisions:
            if other in spoken:
                self._decide(other)
        names = self.inputs | {path: Known(path, "list") for path in self.listed}
        for known in self.ready.values():
            names.update(known)
        return names

    def _logic(
        self, name: str, logic: Logic, names: dict[str, Known], kind: Type
    ) -> tuple[Answer, dict[str, Known]]:
        """Write some logic that gives a quantity of this name."""
        match logic:
            case Literal(text):
                return self._literal(name, text, names, kind)
            case DecisionTable():
                return self._table(name, logic, names, kind)
            case Invocation(of, bindings):
                own: dict[str, Known] = {}
                given, inner = self.model.functions.get(of, ((), None))
                if inner is None or len(self.busy) > DEEPEST:
                    raise ImportRefusedError(f"it invokes `{of[:40]}`, whose logic is not known")
                bound = dict(bindings)
                for parameter, type_name in given:
                    value = bound.get(parameter, Literal("null"))
                    own[parameter] = self._bound(
                        f"{name}.{parameter}", value, names, self._resolved(type_name)
                    )
                self.busy.append(f"{name} {of}")
                made = self._logic(name, inner, own, kind)
                self.busy.pop()
                return made
            case Context(entries):
                inside, own = dict(names), {}
                for label, inner in entries:
                    if not label:
                        return self._logic(name, inner, inside, kind)
                    one = self._bound(f"{name}.{label}", inner, inside, Type())
                    inside[label] = own[label] = one
                parts = {label: Answer(one.name) for label, one in own.items()}
                return Answer(parts=parts), {f"{name}.{part}": one for part, one in own.items()}
            case Other(element):
                raise ImportRefusedError(f"its logic is a `{element}`")

    def _bound(self, name: str, logic: Logic, names: dict[str, Known], kind: Type) -> Known:
        """Return the quantity that stands for some logic: the one that it names, or a new one."""
        if isinstance(logic, Literal) and logic.text in names:
            return names[logic.text]
        answer, known = self._logic(name, logic, names, kind)
        if not answer.name:
            raise ImportRefusedError(f"`{name}` is no single value")
        return known[name]

    def _literal(
        self, name: str, text: str, names: dict[str, Known], kind: Type
    ) -> tuple[Answer, dict[str, Known]]:
        base = _BASIC.get(kind.base.rpartition(":")[2], "")
        if kind.parts and not kind.is_list:
            raise ImportRefusedError("its expression gives a record")
        listed = read_list(text, self._speech(names))
        if listed is not None:
            kinds = {meaning.kind for meaning in listed[0]}
            if base and (not kind.is_list or kinds - {base, "list", "null"}):
                raise ImportRefusedError("its expression gives a list of another type")
            return self._list(name, *listed), {}
        if kind.is_list:
            raise ImportRefusedError("its expression gives a list")
        quantity = self.quantities.new(name, base or "", name)
        branches = read_branches(text, self._speech(names))
        kinds = {meaning.kind for _, meaning in branches} - {"null"}
        if "list" in kinds:
            raise ImportRefusedError("its expression gives a list")
        if len(kinds) > 1:
            raise ImportRefusedError("its branches have different types")
        found = Meaning("", next(iter(kinds), "null"))
        quantity.kind = self._coerced(f"decision {name}", found, kind.base).kind or base
        if quantity.kind in ("null", ""):
            # What has never a value may be of any kind; a text would need words.
            branches = [(None, NOTHING)] if quantity.kind else branches
            quantity.kind = "number"
        lines: list[str] = []
        earlier: list[str] = []
        for number, (condition, meaning) in enumerate(branches, 1):
            parts = [f"not ({one})" for one in earlier]
            if condition is not None:
                parts.append(f"({condition.text})")
                earlier.append(condition.text)
            when = f" when {' and '.join(parts)}" if parts else ""
            label = f"{quantity.name}-{number}: " if len(branches) > 1 else ""
            if meaning.kind == "null":
                lines.append(f"    {label}{quantity.name} not applicable{when}")
                continue
            lines.append(f"    {label}{quantity.name} = {self._said(meaning, quantity)}{when}")
        self.sections.append("  clauses\n" + "\n".join(lines))
        return Answer(quantity.name), {name: Known(quantity.name, quantity.kind)}

    def _list(self, name: str, listed: list[Meaning], is_flat: bool) -> Answer:
        """Write a list, a quantity for each entry; a list that it names is a part of it."""
        found: list[Answer] = []
        for number, meaning in enumerate(listed, 1):
            if meaning.kind == "list":
                if not is_flat:
                    raise ImportRefusedError("a list stands inside a list")
                inner = self.lists.get(meaning.name)
                found += (
                    (inner.entries or ()) if inner else self._entries(name, meaning.name, found)
                )
                continue
            quantity = self.quantities.new(f"{name}.{number}", meaning.kind, f"{name}.{number}")
            said = self._said(meaning, quantity)
            self.sections.append(f"  clauses\n    {quantity.name} = {said}")
            found.append(Answer(quantity.name))
        return Answer(entries=tuple(found))

    def _entries(self, name: str, path: str, before: list[Answer]) -> list[Answer]:
        """Write the entries of a list that is given; those beyond its number are not there."""
        count, base = self.listed[path]
        found: list[Answer] = []
        for number in range(1, LONGEST_LIST + 1):
            entry = self.inputs[f"{path}.{number}"]
            wanted = f"{name}.{len(before) + number}"
            quantity = self.quantities.new(wanted, base, wanted)
            said = self._said(Meaning(entry.name, base, 9, entry.name), quantity)
            one, other = f"{quantity.name} = {said}", f"{quantity.name} not applicable"
            lines = f"    {one} when {count} >= {number}\n    {other} when {count} < {number}"
            self.sections.append(f"  clauses\n{lines}")
            found.append(Answer(quantity.name))
        return found

    def _speech(self, names: dict[str, Known]) -> Speech:
        return Speech(names, self.quantities.word, self._called)

    def _called(self, function: str, given: list[Meaning]) -> Known | None:
        """Return what a business knowledge model gives for some arguments."""
        parameters, logic = self.model.functions.get(function, ((), None))
        if logic is None or len(self.busy) > DEEPEST:
            return None
        if len(parameters) != len(given):
            raise ImportRefusedError(f"`{function[:40]}` is given {len(given)} values")
        name = f"{function}.{len(self.quantities.all)}"
        own: dict[str, Known] = {}
        for (parameter, type_name), meaning in zip(parameters, given, strict=True):
            meaning = self._coerced(f"`{parameter}` of {function}", meaning, type_name)
            if meaning.name:
                own[parameter] = Known(meaning.name, meaning.kind)
                continue
            kind, wanted = meaning.kind.replace("null", "number"), f"{name}.{parameter}"
            quantity = self.quantities.new(wanted, kind, wanted)
            gone = meaning.kind == "null"
            said = "not applicable" if gone else f"= {self._said(meaning, quantity)}"
            self.sections.append(f"  clauses\n    {quantity.name} {said}")
            own[parameter] = Known(quantity.name, kind)
        self.busy.append(name)
        _, known = self._logic(name, logic, own, Type())
        self.busy.pop()
        return known.get(name)

    def _coerced(self, where: str, meaning: Meaning, type_name: str) -> Meaning:
        """Return a value that has the type that is declared, or `null` with a remark."""
        kind = self._resolved(type_name)
        base = _BASIC.get(kind.base.rpartition(":")[2], "")
        made = coerced(where, meaning, base, kind.is_list)
        if made is not meaning:
            why = f"a {meaning.kind} stands where the type is {base}, which is `null`"
            self.remarks.append(Remark(where, why))
        return made

    def _said(self, meaning: Meaning, quantity: Quantity) -> str:
        """Return a value that a quantity is given, with the words of the one that it names."""
        if meaning.string is not None:
            return self.quantities.word(meaning.string, quantity.name)
        other = self.quantities.all.get(meaning.name)
        if other is not None and quantity.kind == "string":
            for text in other.texts:
                self.quantities.word(text, quantity.name)
            quantity.is_open |= other.is_open
        return meaning.text

    def _table(
        self, name: str, table: DecisionTable, names: dict[str, Known], kind: Type
    ) -> tuple[Answer, dict[str, Known]]:
        speech = self._speech(names)
        columns: list[Column] = []
        for number, given in enumerate(table.inputs, 1):
            meaning = read_expression(given.expression, speech)
            if not meaning.name:
                made = self._bound(
                    f"{name}.input_{number}", Literal(given.expression), names, Type()
                )
                meaning = Meaning(made.name, made.kind, 9, made.name)
            if meaning.kind == "list":
                raise ImportRefusedError("its table asks for a list")
            quantity = self.quantities.all[meaning.name]
            for text in _TEXT.findall(given.values):
                self.quantities.word(text, quantity.name)
                quantity.is_open = False
            limits = _RANGE.fullmatch(given.values.strip())
            if limits is not None and quantity.kind == "number" and not quantity.limits:
                quantity.limits = f"{limits[1]} .. {limits[2]}"
            columns.append(Column(meaning.name, meaning.kind))
        written = write_table(name, table, tuple(columns), speech, self._fresh, self._said_by)
        self.sections.extend(written.sections)
        answer = answer_of(written, table)
        known = {name: written.known} if written.known is not None else {}
        for part, one in written.parts.items():
            known[f"{name}.{part}"] = one
        return answer, known

    def _fresh(self, wanted: str, kind: str) -> str:
        return self.quantities.new(wanted, kind, wanted).name

    def _said_by(self, meaning: Meaning, name: str) -> str:
        quantity = self.quantities.all[name]
        quantity.kind = quantity.kind or meaning.kind
        return self._said(meaning, quantity)

    def _text(self) -> str:
        used = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", "\n".join(self.sections)))
        lines = [
            f"rule {block_name(self.model.name)}@0.1.0",
            f'  title   "{quoted(self.model.name)}"',
            "  status  draft",
            f'  source  "{quoted(self.file)}, a model of DMN"',
            "",
            "  symbols",
        ]
        for quantity in self.quantities.all.values():
            if quantity.name in used:
                lines.append(f"    {quantity.name} : {quantity.words}  {declared(quantity)}")
        return "\n".join([*lines, "", "\n\n".join(self.sections), ""])
