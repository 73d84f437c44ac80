"""The record of published laws that a project keeps: written in settled lines, read with distrust.

It holds what is needed to derive the next version, and no more. A change of a law shows in it as
the lines that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lawc.analysis.published import State, Symbol, mark, state_of
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.law import Law, Status

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

FORM = 1
"""Raised when a record, or the canonical text in it, is written in another way."""

MAX_BYTES = 64_000_000
MAX_ITEMS = 20_000
LONGEST_NAME = 1_000
LONGEST_TEXT = 1_000_000

_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KEYS = ("version", "digest", "status", "words", "symbols", "equations", "rest", "valid", "claims")


class Record(Mapping[str, State]):
    """The published laws of a project, by identity.

    A law is read when it is asked for, since most of them have not changed.
    """

    def __init__(self, laws: Mapping[str, Any], path: str = "the record") -> None:
        """Take the part `laws` of a record; `path` is how messages call it."""
        self._laws = laws
        self._path = path

    def __getitem__(self, identity: str) -> State:
        return _state(self._laws[identity], f"`{identity}` in {self._path}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._laws)

    def __len__(self) -> int:
        return len(self._laws)

    def is_as(self, identity: str, version: str, mark: str) -> bool:
        """Return whether a law is recorded under this version and with this mark."""
        raw = self._laws.get(identity)
        return raw is not None and raw["version"] == version and raw["digest"] == mark

    def with_laws(self, laws: Mapping[str, Law | Rule]) -> Record:
        """Return the record in which these laws stand as they are now."""
        fresh = {identity: _plain(law) for identity, law in laws.items()}
        return Record({**self._laws, **fresh}, self._path)

    def text(self) -> str:
        """Return the record as sorted JSON, a line for each thing that can change by itself.

        Raises:
            LawcError: A law that stands in it cannot be read.
        """
        blocks = []
        for identity in sorted(self._laws):
            raw = self._laws[identity]
            _state(raw, f"`{identity}` in {self._path}")
            lines = ",\n".join(f"    {_dumps(key)}: {_section(raw[key])}" for key in _KEYS)
            blocks.append(f"  {_dumps(identity)}: {{\n{lines}\n  }}")
        return f'{{\n"form": {FORM},\n"laws": {{\n' + ",\n".join(blocks) + "\n}\n}\n"


UNRECORDED = Record({})
"""Where nothing has been published."""


def read_record(data: bytes, path: str) -> Record:
    """Read a record that may come from anywhere.

    Raises:
        LawcError: It is none; the text says why.
    """
    if len(data) > MAX_BYTES:
        raise LawcError(f"{path} has {len(data)} bytes, and at most {MAX_BYTES} are read")
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_refuse)
        if b"\\u" in data:
            # An escape may stand for half a character, which no text can be written with.
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as problem:
        raise LawcError(
            f"{path} is not the JSON that `lawc check --record` writes; restore it, or resolve "
            "the merge in it"
        ) from problem
    if type(found) is not dict or found.keys() != {"form", "laws"}:
        raise LawcError(f'expected "form" and "laws" in {path}, and nothing else')
    if found["form"] != FORM:
        raise LawcError(f"{path} has another form than {FORM}, which this lawc reads")
    laws = found["laws"]
    if type(laws) is not dict:
        raise LawcError(f"expected laws by identity in {path}")
    for identity, raw in laws.items():
        if not _is_name(identity) or type(raw) is not dict or raw.keys() != set(_KEYS):
            raise LawcError(f"expected {', '.join(_KEYS)} for each law in {path}")
        for key, pattern in (("version", _VERSION), ("digest", _DIGEST)):
            if type(raw[key]) is not str or not pattern.fullmatch(raw[key]):
                raise LawcError(f"{path} holds a law whose {key} is none")
    return Record(laws, path)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _section(value: Any) -> str:
    """Return a section, an item a line."""
    if isinstance(value, dict) and value:
        items = [f"{_dumps(key)}: {_dumps(value[key])}" for key in sorted(value)]
        return "{\n" + ",\n".join(f"      {item}" for item in items) + "\n    }"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"      {_dumps(item)}" for item in value) + "\n    ]"
    return _dumps(value)


def _plain(law: Law | Rule) -> dict[str, Any]:
    """Return what the record holds of a law; what is usual is left out of a symbol."""
    state = state_of(law)
    symbols = {
        name: {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(Symbol)
            for value in (getattr(symbol, field.name),)
            if value != field.default
        }
        for name, symbol in state.symbols.items()
    }
    return {
        "version": state.version,
        "digest": mark(law),
        "status": state.status.value,
        "words": state.words,
        "symbols": symbols,
        "equations": [list(pair) for pair in state.equations],
        "rest": list(state.rest),
        "valid": list(state.valid),
        "claims": list(state.claims),
    }


def _state(raw: Mapping[str, Any], what: str) -> State:
    """Read one law of a record.

    Raises:
        LawcError: It is not what `_plain` makes.
    """
    try:
        symbols = raw["symbols"]
        if type(symbols) is not dict or len(symbols) > MAX_ITEMS:
            raise TypeError
        if not _is_digest(raw["words"]) or not all(map(_is_name, symbols)):
            raise TypeError
        equations = tuple((_name(label), _text(text)) for label, text in _items(raw["equations"]))
        return State(
            raw["version"],
            Status(raw["status"]),
            raw["words"],
            {name: _read_symbol(symbol) for name, symbol in symbols.items()},
            equations,
            *(tuple(_text(t) for t in _items(raw[key])) for key in ("rest", "valid", "claims")),
        )
    except (TypeError, ValueError) as problem:
        raise LawcError(f"{what} is not as `lawc check --record` writes it") from problem


_TYPES = {
    "unit": (str,),
    "low": (int, float),
    "high": (int, float),
    "log": (bool,),
    "depends": (list,),
    "default": (int, float),
    "kind": (str,),
    "choices": (list,),
}


def _read_symbol(raw: object) -> Symbol:
    if type(raw) is not dict:
        raise TypeError
    found: dict[str, Any] = {}
    for key, value in raw.items():
        if type(value) not in _TYPES.get(key, ()):
            raise TypeError
        if type(value) is list:
            found[key] = tuple(_name(item) for item in _items(value))
        elif type(value) is str:
            found[key] = _name(value)
        else:
            found[key] = value
    return Symbol(**found)


def _items(raw: object) -> list[Any]:
    if type(raw) is not list or len(raw) > MAX_ITEMS:
        raise TypeError
    return raw


def _text(raw: object) -> str:
    if type(raw) is not str or len(raw) > LONGEST_TEXT:
        raise TypeError
    return raw


def _name(raw: object) -> str:
    if not _is_name(raw):
        raise TypeError
    return str(raw)


def _is_name(raw: object) -> bool:
    """Return whether a text is short and may be shown in a message."""
    return type(raw) is str and len(raw) <= LONGEST_NAME and raw.isprintable()


def _is_digest(raw: object) -> bool:
    return type(raw) is str and _DIGEST.fullmatch(raw) is not None
