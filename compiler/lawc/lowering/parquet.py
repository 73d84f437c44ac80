"""Tables in Parquet files that say what they are and notice when they were changed.

What a table is stands in the metadata of its file, closed by a seal over all of it, names and
units of the columns included. The values are kept under the checksums of the format itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lawc.diagnostics.diagnostic import LawcError
from lawc.project.writing import whole

Array = NDArray[np.float64]

_PREFIX = "lawc."
_SEAL = "seal"
_KINDS = {"string": "word", "date32[day]": "date"}
_NUMBERS = ("rows", "seed", "times")
_WRITING = {
    "compression": "none",
    # Doubles that were sampled hardly repeat: a dictionary or a code makes them slower, not small.
    "use_dictionary": False,
    "write_page_checksum": True,
}


@dataclass(frozen=True)
class Heading:
    """What a table is.

    Attributes:
        units: Unit of each column, in their order; empty for a plain number.
        about: Law, version, digest, signature, seed, and whatever else it was made from.
        words: What a column is, where that is known.
        kinds: `word` or `date` for columns that hold no numbers.
    """

    units: Mapping[str, str]
    about: Mapping[str, Any]
    words: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def seal(self) -> str:
        """Digest over all of it."""
        told = [
            sorted((key, str(value)) for key, value in self.about.items()),
            [(name, unit, self.words.get(name, "")) for name, unit in self.units.items()],
        ]
        if self.kinds:
            told.append(sorted(self.kinds.items()))
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def write_table(path: Path, heading: Heading, arrays: Mapping[str, Array]) -> None:
    """Write a table whole, or not at all where the process ends before.

    Raises:
        LawcError: pyarrow is not installed, or the file cannot be written.
    """
    write_groups(path, heading, [arrays])


def write_groups(path: Path, heading: Heading, groups: Iterable[Mapping[str, Array]]) -> None:
    """Write a table from groups of rows, one in memory at a time; whole or not at all.

    Raises:
        LawcError: pyarrow is not installed, or the file cannot be written.
    """
    parquet = _parquet()
    schema = _schema(heading)
    with whole(path) as fresh, fresh.open("wb") as file:
        with parquet.ParquetWriter(file, schema, **_WRITING) as writer:
            for arrays in groups:
                table = [arrays[name] for name in heading.units]
                rows = len(table[0]) if table else 0
                writer.write_table(_arrow().table(table, schema=schema), max(1, rows))
        file.flush()
        os.fsync(file.fileno())


def read_table(path: Path) -> tuple[Heading, dict[str, NDArray[Any]]]:
    """Return a table and what it is; words are objects and days datetime64, all else numbers.

    Raises:
        LawcError: pyarrow is not installed, the file is damaged, or does not say what it is.
    """
    with _opened(path) as file:
        heading = _heading(path, file)
        try:
            table = file.read()
            if table.num_rows != heading.about.get("rows", table.num_rows):
                raise LawcError(f"{path} has {table.num_rows} rows, and says another number")
            return heading, {
                name: _days(array) if heading.kinds.get(name) == "date" else array
                for name in heading.units
                if (array := table[name].to_numpy()) is not None
            }
        except (OSError, ValueError, _arrow().ArrowException) as problem:
            raise LawcError(f"{path} is damaged: {problem}") from problem


def _days(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype("datetime64[D]")


def read_foreign(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the columns of a table from anywhere, and the units that its fields name.

    Raises:
        LawcError: pyarrow is not installed, or the file is damaged.
    """
    with _opened(path) as file:
        try:
            table = file.read()
        except (OSError, ValueError, _arrow().ArrowException) as problem:
            raise LawcError(f"{path} is damaged: {problem}") from problem
        about = {field.name: field.metadata or {} for field in table.schema}
        units = {
            n: told[b"unit"].decode("utf-8", "replace")
            for n, told in about.items()
            if b"unit" in told
        }
        names = table.column_names
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise LawcError(f"two columns of {path} are named {twice!r}")
        columns = {name: table[name].to_numpy() for name in names}
    return columns, {name: unit for name, unit in units.items() if unit}


def read_heading(path: Path) -> Heading:
    """Return what a table is, without its values.

    Raises:
        LawcError: pyarrow is not installed, the file is damaged, or does not say what it is.
    """
    with _opened(path) as file:
        return _heading(path, file)


def _opened(path: Path) -> Any:
    parquet = _parquet()
    try:
        return parquet.ParquetFile(path, page_checksum_verification=True, memory_map=False)
    except FileNotFoundError:
        raise LawcError(f"there is no file {path}") from None
    except (OSError, ValueError, _arrow().ArrowException) as problem:
        raise LawcError(f"{path} cannot be read as Parquet: {problem}") from problem


def _schema(heading: Heading) -> Any:
    arrow = _arrow()
    fields = []
    for name, unit in heading.units.items():
        words = heading.words.get(name)
        about = {"unit": unit} | ({"words": words} if words else {})
        kind = heading.kinds.get(name)
        made = {None: arrow.float64, "word": arrow.string, "date": arrow.date32}[kind]()
        # A number that is missing is NaN, a word says so itself; a day can only be left out.
        fields.append(arrow.field(name, made, nullable=kind == "date", metadata=about))
    metadata = {f"{_PREFIX}{key}": str(value) for key, value in heading.about.items()}
    metadata[f"{_PREFIX}{_SEAL}"] = heading.seal
    return arrow.schema(fields, metadata=metadata)


def _heading(path: Path, file: Any) -> Heading:
    schema = file.schema_arrow
    try:
        told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        fields = {
            field.name: {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
            for field in schema
        }
    except UnicodeDecodeError:
        raise LawcError(f"the metadata of {path} is damaged") from None
    about: dict[str, Any] = {
        key.removeprefix(_PREFIX): value for key, value in told.items() if key.startswith(_PREFIX)
    }
    seal = about.pop(_SEAL, None)
    if seal is None:
        raise LawcError(f"{path} does not say what it is: it has no metadata of lawc")
    lacking = [name for name, field in fields.items() if "unit" not in field]
    units = {name: field.get("unit", "") for name, field in fields.items()}
    types = {field.name: str(field.type) for field in schema}
    kinds = {name: _KINDS[kind] for name, kind in types.items() if kind in _KINDS}
    said = {n: f["words"] for n, f in fields.items() if "words" in f}
    heading = Heading(units, about, said, kinds)
    known = {*_KINDS, "double"}
    if lacking or heading.seal != seal or not known.issuperset(types.values()):
        raise LawcError(f"the metadata of {path} was changed or damaged: its seal does not fit")
    numbers = {key: int(about[key]) for key in _NUMBERS if about.get(key, "").isdecimal()}
    return Heading(units, {**about, **numbers}, heading.words, kinds)


def _arrow() -> Any:
    try:
        import pyarrow  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise LawcError(_MISSING) from missing
    return pyarrow


def _parquet() -> Any:
    try:
        import pyarrow.parquet  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise LawcError(_MISSING) from missing
    return pyarrow.parquet


_MISSING = "this needs pyarrow, which is not installed; pip install 'lawc[data]' brings it"
