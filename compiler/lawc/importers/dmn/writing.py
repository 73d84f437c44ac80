"""Write a model of DMN as one rule: each decision a table, a score or clauses.

What a decision of DMN answers is one value, a record, a list, or null. A record is several
quantities, null is `not applicable`, and a list has one quantity for each row that may add to it;
`Answer` says how they are put together again.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Source
from lawc.importers.dmn.answers import Answer, ImportedDecisions, answer_of
from lawc.importers.dmn.inputs import LONGEST_LIST, Inputs, agreed, basic, narrowed, resolved
from lawc.importers.dmn.model import (
    Context,
    DecisionTable,
    Invocation,
    Literal,
    Logic,
    Model,
    Other,
    Type,
    spoken,
)
from lawc.importers.dmn.quantities import Quantities, Quantity, coerced, declared
from lawc.importers.dmn.tables import Column, Written, write_table
from lawc.importers.drafting import quoted
from lawc.importers.feel.conditions import NULL, denied
from lawc.importers.feel.functions import NOTHING
from lawc.importers.feel.meaning import Known, Meaning, Speech, either_of
from lawc.importers.feel.signs import listed_texts
from lawc.importers.feel.writing import read_branches, read_expression, read_list
from lawc.importers.imported import Imported, ImportRefusedError, Remark
from lawc.importers.naming import block_name
from lawc.syntax.formatting import formatted

DEEPEST = 40


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
        self.answers: dict[str, Answer] = {}
        self.sections: list[str] = []
        self.remarks: list[Remark] = []
        self.ready: dict[str, dict[str, Known]] = {}
        self.busy: list[str] = []
        self.lists: dict[str, Answer] = {}
        inputs = Inputs(model, self.quantities, self.remarks)
        self.inputs, self.listed = inputs.known, inputs.listed
        self.given = {known.name for known in self.inputs.values()}
        self.decisions = either_of(model.decisions)

    def write(self) -> ImportedDecisions:
        for name in self.model.decisions:
            self._decide(name)
        text = formatted(Source(self.file, self._text())).text if self.answers else ""
        used = {q.name: dict(q.texts) for q in self.quantities.all.values() if q.kind == "string"}
        return ImportedDecisions(text, self.inputs, self.answers, used, tuple(self.remarks))

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
            answer, known = self._logic(name, logic, names, resolved(self.model, kind))
        except (ImportRefusedError, RecursionError) as problem:
            refused = (
                str(problem) if isinstance(problem, ImportRefusedError) else "it nests too deep"
            )
            self.quantities.go_back(kept[0])
            self.sections = kept[1]
            self.remarks.append(Remark(f"decision {name}", refused, True))
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
        for other in dict.fromkeys(" ".join(n.split()) for n in self.decisions.findall(spoken)):
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
            case Literal(text, type_name):
                return self._literal(name, text, names, agreed(self.model, kind, type_name))
            case DecisionTable():
                return self._table(name, logic, names, kind)
            case Invocation(of, bindings, type_name):
                kind = agreed(self.model, kind, type_name)
                own: dict[str, Known] = {}
                given, inner = self.model.functions.get(of, ((), None))
                if inner is None or len(self.busy) > DEEPEST:
                    raise ImportRefusedError(f"it invokes `{of[:40]}`, whose logic is not known")
                bound = dict(bindings)
                for parameter, type_name in given:
                    value = bound.get(parameter, Literal("null"))
                    own[parameter] = self._bound(
                        f"{name}.{parameter}", value, names, resolved(self.model, type_name)
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
        base = basic(kind) or ""
        if kind.parts and not kind.is_list:
            raise ImportRefusedError("its expression gives a record")
        listed = read_list(text, self._speech(names))
        if listed is not None:
            single = self._single(name, listed[0], kind)
            if single is None:
                return self._list(name, *listed), {}
            branches: list[tuple[Meaning | None, Meaning]] = [(None, single)]
        else:
            branches = read_branches(text, self._speech(names))
        if kind.is_list and listed is None:
            ((_, value), *others) = branches
            if others or value.is_optional or value.kind in ("list", ""):
                raise ImportRefusedError("its expression gives a list")
            if value.kind in (base, "") or (not base and value.kind != "null"):
                # One value stands for the list of it.
                return self._list(name, [value], False), {}
            branches = [(None, NOTHING)]
        quantity = self.quantities.new(name, base or "", name)
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
        for condition, meaning in branches:
            parts = [f"not ({one})" for one in earlier]
            if condition is not None:
                parts.append(f"({condition.text})")
                earlier.append(condition.text)
            lines += self._said_when(quantity, meaning, parts)
        labels = [
            f"{quantity.name}-{n}: " if len(lines) > 1 else "" for n in range(1, len(lines) + 1)
        ]
        said = [f"    {label}{line}" for label, line in zip(labels, lines, strict=True)]
        self.sections.append("  clauses\n" + "\n".join(said))
        is_optional = any(one.kind == "null" or one.is_optional for _, one in branches)
        return Answer(quantity.name), {name: Known(quantity.name, quantity.kind, is_optional)}

    def _said_when(self, quantity: Quantity, meaning: Meaning, parts: list[str]) -> list[str]:
        """Return the clauses in which a quantity is what is meant, where all parts hold."""

        def line(answer: str, *more: str) -> str:
            said = [*parts, *(f"({one})" for one in more)]
            only = len(said) == 1 and said[0].startswith("(")
            when = said[0][1:-1] if only else " and ".join(said)
            return f"{quantity.name} {answer}{' when ' if when else ''}{when}"

        if meaning.kind == "null":
            return [line(NULL)]
        if meaning.kind != "boolean" or meaning.name or not meaning.is_optional:
            return [line(f"= {self._said(meaning, quantity)}")]
        true, false = meaning.text, denied(meaning)
        return [
            line("= yes", true),
            line("= no", false),
            line(NULL, f"not ({true})", f"not ({false})"),
        ]

    def _single(self, name: str, listed: list[Meaning], kind: Type) -> Meaning | None:
        """Return the value that a list becomes where its type is none, None where it stays one."""
        base = basic(kind) or ""
        kinds = {meaning.kind for meaning in listed}
        if kind.is_list or not base:
            if not base or not kinds - {base, "list", "null"}:
                return None
        elif kinds & {"list", ""} or any(meaning.is_optional for meaning in listed):
            raise ImportRefusedError("its expression gives a list of another type")
        elif len(listed) == 1 and kinds == {base}:
            return listed[0]
        self.remarks.append(
            Remark(f"decision {name}", f"a list stands where the type is {kind.base}: `null`")
        )
        return NOTHING

    def _list(self, name: str, listed: list[Meaning], is_flat: bool) -> Answer:
        """Write a list, a quantity for each entry; a list that it names is a part of it."""
        found: list[Answer] = []
        for number, meaning in enumerate(listed, 1):
            if meaning.kind == "null" or meaning.is_optional:
                raise ImportRefusedError("an entry of its list may be `null`")
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
        functions = frozenset(self.model.functions)
        return Speech(names, self.quantities.word, self._called, functions)

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
                own[parameter] = Known(meaning.name, meaning.kind, meaning.is_optional)
                continue
            if meaning.kind == "boolean" and meaning.is_optional:
                raise ImportRefusedError(
                    f"`{function[:40]}` is given a condition that may be `null`"
                )
            kind, wanted = meaning.kind.replace("null", "number"), f"{name}.{parameter}"
            quantity = self.quantities.new(wanted, kind, wanted)
            gone = meaning.kind == "null"
            said = NULL if gone else f"= {self._said(meaning, quantity)}"
            self.sections.append(f"  clauses\n    {quantity.name} {said}")
            own[parameter] = Known(quantity.name, kind, gone or meaning.is_optional)
        self.busy.append(name)
        _, known = self._logic(name, logic, own, Type())
        self.busy.pop()
        return known.get(name)

    def _coerced(self, where: str, meaning: Meaning, type_name: str) -> Meaning:
        """Return a value that has the type that is declared, or `null` with a remark."""
        kind = resolved(self.model, type_name)
        base = basic(kind)
        if base is None:
            raise ImportRefusedError(f"{where} has the type {kind.base[:40]}, which no rule has")
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
                meaning = made.meaning
            if meaning.kind == "list":
                raise ImportRefusedError("its table asks for a list")
            quantity = self.quantities.all[meaning.name]
            for text in listed_texts(given.values):
                self.quantities.word(text, quantity.name)
                quantity.is_open &= meaning.name not in self.given
            narrowed(quantity, given.values)
            columns.append(Column(meaning.name, meaning.kind, meaning.is_optional))
        written = write_table(name, table, tuple(columns), speech, self._fresh, self._said_by)
        self._need_type(written, kind)
        self.sections.extend(written.sections)
        answer = answer_of(written, table)
        known = {name: written.known} if written.known is not None else {}
        for part, one in written.parts.items():
            known[f"{name}.{part}"] = one
        return answer, known

    def _need_type(self, written: Written, kind: Type) -> None:
        """Refuse a table whose answer is not of the type that its decision declares."""
        if not kind.parts and not kind.is_list and kind.base in ("", "Any"):
            return
        if written.is_list != kind.is_list:
            raise ImportRefusedError("its table gives a list and its type is none, or the reverse")
        if (
            not kind.parts
            and kind.base
            and (len(written.kinds) > 1 or set(written.kinds) - {basic(kind), ""})
        ):
            raise ImportRefusedError(f"its table gives another type than {kind.base[:40]}")

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
