"""Which reader takes a file: by its suffix, and by how its content begins.

A format is a row of the table. A row recognises its files without reading them whole, and its
reader is given the file's bytes: it opens nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from lawc.importers.cellml.model import looks_like_cellml, read_model
from lawc.importers.cellml.writing import import_model
from lawc.importers.dmn.model import looks_like_dmn, read_dmn
from lawc.importers.dmn.writing import import_dmn
from lawc.importers.imported import MOST_BYTES, Imported, ImportRefusedError
from lawc.importers.law_json import looks_like_laws, read_laws
from lawc.importers.sbml.model import looks_like_sbml, read_sbml
from lawc.importers.sbml.writing import import_sbml
from lawc.importers.tables import looks_like_formulas, read_formulas, read_formulas_with_units


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table.

    Attributes:
        name: As people call it.
        suffixes: Of its files, lower case with the point.
        recognises: Whether the first 4,096 bytes of a file look like it.
        read: From the file's name and its bytes to laws; raises ImportRefusedError.
        read_with_units: The same, with the bytes of a table of units as the third argument.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[str, bytes], Imported]
    read_with_units: Callable[[str, bytes, bytes], Imported] | None = None


def read_cellml(name: str, data: bytes) -> Imported:
    """Return the law of a CellML model."""
    return import_model(name, read_model(data))


def read_model_in_sbml(name: str, data: bytes) -> Imported:
    """Return the law of a model in SBML."""
    return import_sbml(name, read_sbml(data))


def read_decisions(name: str, data: bytes) -> Imported:
    """Return the rule of a model of DMN."""
    return import_dmn(name, read_dmn(data))


FORMATS: tuple[Format, ...] = (
    Format(
        "a table of formulas",
        (".csv",),
        looks_like_formulas,
        read_formulas,
        read_formulas_with_units,
    ),
    Format("laws and rules as JSON", (".json",), looks_like_laws, read_laws),
    Format("a CellML model", (".cellml", ".xml"), looks_like_cellml, read_cellml),
    Format("a model of DMN", (".dmn", ".xml"), looks_like_dmn, read_decisions),
    Format("a model in SBML", (".sbml", ".xml"), looks_like_sbml, read_model_in_sbml),
)
"""In the order in which they are asked."""


def import_file(name: str, data: bytes, units: bytes | None = None) -> Imported:
    """Return the laws of a file.

    Args:
        name: The file's name, which becomes part of the source line of each law.
        data: Its bytes.
        units: A table of units, for a format whose files have none.

    Raises:
        ImportRefusedError: No reader knows the file, or its reader cannot take it.
    """
    if len(data) > MOST_BYTES:
        raise ImportRefusedError(
            f"{name} has {len(data):,} bytes, more than the {MOST_BYTES:,} that are read"
        )
    format = format_of(name, data)
    if units is None:
        return format.read(name, data)
    if format.read_with_units is None:
        raise ImportRefusedError(f"{format.name} has its own units, and takes no table of them")
    return format.read_with_units(name, data, units)


def format_of(name: str, data: bytes) -> Format:
    """Return the format of a file: one that knows its suffix and its content.

    Raises:
        ImportRefusedError: There is none; the text says which are known.
    """
    suffix = PurePath(name).suffix.lower()
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    alike = [format for format in FORMATS if format.recognises(start)]
    for format in alike:
        if suffix in format.suffixes:
            return format
    if alike and not any(suffix in format.suffixes for format in FORMATS):
        return alike[0]
    meant = [format.name for format in FORMATS if suffix in format.suffixes]
    if meant:
        raise ImportRefusedError(f"{name} is named like {' or '.join(meant)}, and reads otherwise")
    known = ", ".join(f"{format.name} ({' '.join(format.suffixes)})" for format in FORMATS)
    raise ImportRefusedError(f"{name} is of no format that can be imported, which are: {known}")
