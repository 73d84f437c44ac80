"""Read the JSON form of a document; the file may be hostile.

Size and depth are bounded before anything is built, every key and type is known or refused with
its path, and each formula is read by the parser of the language: a finding about it shows the
formula and its path in the file. What was built is written as text and read again; where that
says something else, the file is refused.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin

from lawc.diagnostics.diagnostic import CheckError, Diagnostic, LawcError, Place, Source
from lawc.diagnostics.frame import render
from lawc.export.json_form import SCHEMA_ID, STEPS, is_formula, options, remarks, told, usual
from lawc.syntax.choices import odd_words
from lawc.syntax.comparing import say_the_same
from lawc.syntax.composing import composed
from lawc.syntax.document import (
    AlwaysLine,
    Block,
    ConstantLine,
    Declaration,
    Document,
    EquationLine,
    EventLine,
    ValidLine,
    Word,
)
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import UnreadableError
from lawc.syntax.rules.cells import NOT_APPLICABLE, write_test
from lawc.syntax.rules.document import Cell, Column, RuleSections
from lawc.syntax.rules.formulas import read_value
from lawc.syntax.scope import scope
from lawc.syntax.spelling import NAME, normal
from lawc.syntax.tree import Broken, Name, Node, Number, Range, UnitText

MOST_BYTES = 4_000_000
DEEPEST = 24
LONGEST_DIGITS = 40

# Names of a part of a system are dotted.
_NAME = re.compile(rf"{NAME}(?:\.{NAME})*")
# Where a quantity is asked for or given, it may be one element of several.
_ELEMENT = re.compile(rf"{NAME}(?:\.{NAME})*\[[^\[\]]*\]")
_RANGE = re.compile(r"(-?[0-9]{1,9}) *\.\. *(-?[0-9]{1,9})")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

DECLARING = {"symbols": "names", "constants": "names", "imports": "names"}

# Kinds whose default is one of their words.
_WORDED = ("one of", "yes/no")

_WRITTEN = (Document.__module__, RuleSections.__module__)

# The line of the grammar that a formula is, where it is not a plain value.
_FORMS = {
    (ConstantLine, "value"): "constant",
    (ValidLine, "condition"): "valid",
    (EventLine, "condition"): "valid",
}


class UnfitError(LawcError):
    """A file is not the JSON form of a document; the text says where and what was expected."""


def read_json(name: str, data: bytes) -> tuple[Document, str]:
    """Return the document of a file in the JSON form, and its text in the language.

    Args:
        name: The file's name in messages.
        data: Its bytes.

    Raises:
        UnfitError: It is not in the form; the text gives the path, as `/blocks/0/name`.
        CheckError: A formula cannot be read; the findings show where.
    """
    return _Reader(name).document(_plain(name, data))


def _plain(name: str, data: bytes) -> Any:
    """Return the plain data of bytes, bounded in size and depth."""
    if len(data) > MOST_BYTES:
        raise UnfitError(f"{name} has {len(data):,} bytes, more than {MOST_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnfitError(f"{name} is not UTF-8 text: byte {problem.start + 1}") from None
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += (match[0] in "[{") - (match[0] in "]}")
        if depth > DEEPEST:
            raise UnfitError(f"{name} nests deeper than {DEEPEST} levels")
    try:
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise UnfitError(f"{name} is not JSON: {problem.msg} at {where}") from None
    except (ValueError, RecursionError) as problem:
        raise UnfitError(f"{name} is not JSON: {problem}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:60]!r} is given twice")
    return found


def _integer(text: str) -> int:
    if len(text) > LONGEST_DIGITS:
        raise ValueError(f"a number has more than {LONGEST_DIGITS} digits")
    return int(text)


def _float(text: str) -> float:
    value = float(text) if len(text) <= LONGEST_DIGITS else math.inf
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is outside what a computer holds")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Diagnostic] = []
        self.sources: dict[str, Source] = {}
        self.scope = scope(name, ())
        self.is_rule = False

    def document(self, data: Any) -> tuple[Document, str]:
        top = self._object(data, "", {"$schema", "path", "blocks"}, {"$schema", "blocks"})
        if top["$schema"] != SCHEMA_ID:
            raise self._unfit("/$schema", f'"{SCHEMA_ID}"', top["$schema"])
        path = self._text(top.get("path", ""), "/path")
        # The path tells the identity of the blocks; nothing is ever opened by it.
        path = path.removesuffix(".md") or f"{self.name}.law"
        blocks = []
        for number, item in enumerate(self._list(top["blocks"], "/blocks")):
            names, parts = _names(item, DECLARING), _names(item, {"uses": "name"})
            self.scope = scope(path, names, parts, _indexed(item))
            self.is_rule = isinstance(item, Mapping) and item.get("kind") == "rule"
            if self.is_rule:
                self.scope = replace(self.scope, words=odd_words(_choices(item)))
            blocks.append(self._read(item, (Block,), f"/blocks/{number}"))
        if self.findings:
            text = render(self.findings, self.sources, color=False)
            raise CheckError(tuple(self.findings), "\n" + text)
        document = Document(Source(path, ""), tuple(blocks))
        again, findings = composed(document)
        text = again.source.text
        if not say_the_same(again, document):
            where = _difference(document, again, "")
            raise UnfitError(f"{self.name}#{where}: this cannot be written in the language")
        if list(remarks(again)) != list(remarks(document)):
            raise UnfitError(f"{self.name}: a remark in it cannot be written in the language")
        if findings:
            sources = {path: Source(path, text)}
            raise CheckError(findings, "\n" + render(findings, sources, color=False))
        return again, text

    def _read(self, value: Any, kinds: tuple[Any, ...], path: str, form: str = "cell") -> Any:
        """Return a value as one of these types."""
        kind = kinds[0]
        if kind in STEPS:
            given = value.get("step") if isinstance(value, dict) else None
            step = next((step for step in kinds if STEPS[step] == given), None)
            if step is None:
                raise self._unfit(path, f"an object whose step is {_said(STEPS.values())}", value)
            return self._line(value, step, path)
        if Word in kinds and is_formula(kinds):
            text = self._text(value, path)
            if text in ("oo", "-oo"):
                return Word(self._place(path, text), text)
            return self._formula(text, path, form)
        if is_formula(kinds):
            return self._formula(self._text(value, path), path, form)
        if get_origin(kind) is tuple:
            return self._tuple(value, get_args(kind), path, form)
        if kind in (Word, UnitText):
            text = self._text(value, path)
            return kind(self._place(path, text), text)
        if kind is Name:
            text = self._text(value, path)
            if text == "as of" and self.is_rule:
                return Name(self._place(path, text), text)
            if _ELEMENT.fullmatch(text):
                return Name(self._place(path, text), text)
            if not _NAME.fullmatch(text):
                raise self._unfit(path, "a name: letters with digits and `_`", text)
            return Name(self._place(path, text), normal(text))
        if kind is str:
            return self._text(value, path)
        if kind is bool:
            if value is not True and value is not False:
                raise self._unfit(path, "true or false", value)
            return value
        if set(kinds) <= {int, float}:
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise self._unfit(path, "a number", value)
            return value
        return self._line(value, kind, path)

    def _tuple(self, value: Any, inner: tuple[Any, ...], path: str, form: str) -> tuple[Any, ...]:
        items = self._list(value, path)
        if inner[1:] == (...,):
            inner = inner[:1] * len(items)
        if len(items) != len(inner):
            raise self._unfit(path, f"{len(inner)} entries", items)
        return tuple(
            self._read(item, options(hint)[0], f"{path}/{number}", form)
            for number, (item, hint) in enumerate(zip(items, inner, strict=True))
        )

    def _line(self, value: Any, kind: type, path: str) -> Any:
        """Return a block, a line or a part of one."""
        hints, default = told(kind), usual(kind)
        tag = {"step"} if kind in STEPS else set[str]()
        given = self._object(value, path, set(hints) | tag, (set(hints) | tag) - set(default))
        parts: dict[str, Any] = {}
        for name, hint in hints.items():
            kinds, optional = options(hint)
            if name not in given or (optional and given[name] is None):
                parts[name] = default[name]
                continue
            form = _FORMS.get((kind, name), "cell")
            if kind is ConstantLine and given.get("unit") is not None:
                form = "cell"
            if kind is AlwaysLine and _is_condition(name, given.get("form")):
                form = "valid"
            if kind is Declaration and name == "default" and given.get("kind") in _WORDED:
                text = self._text(given[name], f"{path}/{name}")
                parts[name] = Name(self._place(f"{path}/{name}", text), text)
                continue
            if kind is EquationLine and name == "each":
                form = "range"
            parts[name] = self._read(given[name], kinds, f"{path}/{name}", form)
        if kind is Cell and parts["text"] and (parts["tests"] or parts["value"] is not None):
            raise self._unfit(f"{path}/text", "no text beside a value", parts["text"])
        if kind is Column and parts["name"] is None:
            # The column of a grid is called by when it counts.
            if not parts["tests"]:
                raise self._unfit(path, "a name, or tests", value)
            text = ", ".join(map(write_test, parts["tests"]))
            parts["name"] = Name(self._place(path, text), text)
        return kind(place=self._place(path, ""), **parts) if _placed(kind) else kind(**parts)

    def _formula(self, text: str, path: str, form: str) -> Node:
        """Return the tree of a formula; what is wrong with it becomes a finding at its path."""
        if "#" in text:
            raise self._unfit(path, "a formula without a comment", text)
        place = self._place(path, text)
        self.sources[place.path] = Source(place.path, text)
        known = replace(self.scope, path=place.path)
        ends = _RANGE.fullmatch(text) if form == "range" else None
        if ends is not None:
            low, high = (Number(place, end, int(end)) for end in ends.groups())
            return Range(place, low, high)
        if form == "range":
            form = "cell"
        try:
            if self.is_rule:
                if text == NOT_APPLICABLE:
                    return Name(place, text)
                return read_value(text, 0, len(text), known)
            if form == "constant":
                self.sources[place.path] = Source(place.path, f"= {text}")
                return read_line(f"= {text}", 0, len(text) + 2, form, known)
            read = read_line(text, 0, len(text), form, known)
        except UnreadableError as refused:
            self.findings.append(refused.finding)
            return Broken(place)
        if form != "valid":
            return read
        condition, *words = read
        if words:
            raise self._unfit(path, "a condition without words behind it", text)
        return condition

    def _object(self, value: Any, path: str, known: set[str], needed: set[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._unfit(path, "an object", value)
        for key in value:
            if key not in known:
                listed = ", ".join(sorted(known))
                raise UnfitError(f"{self.name}#{path}/{_short(key)}: this key is none of {listed}")
        for key in sorted(needed - set(value)):
            raise UnfitError(f"{self.name}#{path}: the key {key} is missing")
        return value

    def _list(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise self._unfit(path, "a list", value)
        return value

    def _text(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise self._unfit(path, "a text", value)
        if value.isascii() and value.isprintable():
            return value
        odd = next((c for c in value if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")), None)
        if odd is not None:
            raise UnfitError(f"{self.name}#{path}: U+{ord(odd):04X} cannot stand in a line of text")
        if not unicodedata.is_normalized("NFC", value):
            raise UnfitError(f"{self.name}#{path}: this text is not in the Unicode form NFC")
        return value

    def _place(self, path: str, text: str) -> Place:
        return Place(f"{self.name}#{path}", 0, len(text))

    def _unfit(self, path: str, expected: str, given: Any) -> UnfitError:
        shown = _short(json.dumps(given, ensure_ascii=True))
        return UnfitError(f"{self.name}#{path or '/'}: expected {expected}, got {shown}")


def _names(block: Any, sections: Mapping[str, str]) -> set[str]:
    """Return the names that lines of a block declare, as far as they can be found."""
    found: set[str] = set()
    for section, key in sections.items():
        lines = block.get(section) if isinstance(block, Mapping) else None
        for line in lines if isinstance(lines, list) else ():
            names = line.get(key) if isinstance(line, Mapping) else None
            listed = names if isinstance(names, list) else [names]
            found.update(normal(name) for name in listed if isinstance(name, str))
    return found


def _indexed(block: Any) -> set[str]:
    """Return the names that a bracket may follow: vectors, and names with indices."""
    lines = block.get("symbols") if isinstance(block, Mapping) else None
    found: set[str] = set()
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, Mapping) and (line.get("indices") or line.get("shape", 1) != 1):
            found |= _names({"symbols": [line]}, {"symbols": "names"})
    return found


def _choices(block: Mapping[str, Any]) -> set[str]:
    """Return the choices that lines of a rule declare, as far as they can be found."""
    found: set[str] = set()
    lines = block.get("symbols")
    for line in lines if isinstance(lines, list) else ():
        listed = line.get("choices") if isinstance(line, Mapping) else None
        found.update(word for word in listed or () if isinstance(word, str))
    return found


def _said(words: Iterable[str]) -> str:
    return ", ".join(words)


def _is_condition(field: str, form: Any) -> bool:
    return field == "where" or (field == "subject" and form == "comparison")


def _placed(kind: type) -> bool:
    return "place" in getattr(kind, "__dataclass_fields__", {})


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _difference(one: Any, other: Any, path: str) -> str:
    """Return the path of the first difference between what two documents say."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        for number, (left, right) in enumerate(zip(one, other, strict=False)):
            if not say_the_same(left, right):
                return _difference(left, right, f"{path}/{number}")
        return path
    if type(one) is type(other) and type(one).__module__ in _WRITTEN:
        for name in told(type(one)):
            left, right = getattr(one, name), getattr(other, name)
            if not say_the_same(left, right):
                return _difference(left, right, f"{path}/{name}")
    return path
