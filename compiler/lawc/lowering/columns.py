"""Named columns with their units, and where they come from.

Columns are what goes into a program and comes out of it: one array for each quantity, in its
declared unit. They cannot be changed in place, so that what a certificate was issued on stays
what it was.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, overload

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from torch import Tensor

from lawc.diagnostics.diagnostic import LawcError, ShapeError
from lawc.lowering.parquet import Heading, read_table, write_table

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]
Rows = slice | NDArray[np.bool_] | NDArray[np.integer[Any]]

_SHOWN = 6


@dataclass(frozen=True, eq=False, repr=False)
class Columns(Mapping[str, Array]):
    """Columns of one length, in declared units; `len` counts rows, iteration gives names.

    Attributes:
        arrays: An array of shape (n,) for each name, which cannot be written to: float64, or words
            and days in rows of a rule.
        units: The declared unit of each column; empty for a plain number.
        lineage: What they were made from: law, digest, signature, seed, kind, version of lawc.
    """

    arrays: Mapping[str, Array]
    units: Mapping[str, str] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept: dict[str, Array] = {}
        length: int | None = None
        for name, given in self.arrays.items():
            array = given if _is_settled(given) else _settled(given)
            if array.ndim != 1 or (length is not None and len(array) != length):
                wanted = "(n,)" if length is None else f"({length},)"
                raise ShapeError(f'expected shape {wanted}, got {array.shape} for "{name}"')
            length = len(array)
            array.flags.writeable = False
            kept[name] = array
        object.__setattr__(self, "arrays", kept)
        object.__setattr__(self, "units", {name: self.units.get(name, "") for name in kept})
        object.__setattr__(self, "lineage", dict(self.lineage))

    @overload
    def __getitem__(self, key: str) -> Array: ...
    @overload
    def __getitem__(self, key: Rows) -> Columns: ...
    def __getitem__(self, key: str | Rows) -> Array | Columns:
        if isinstance(key, str):
            if key not in self.arrays:
                raise KeyError(f"no column {key!r} among {', '.join(self.arrays) or 'none'}")
            return self.arrays[key]
        if isinstance(key, int | np.integer):
            raise TypeError(f"expected a name, a slice or a mask of rows, got {key!r}")
        pieces = {name: _piece(values, key) for name, values in self.arrays.items()}
        return Columns(pieces, self.units, self.lineage)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values()), ()))

    def __bool__(self) -> bool:
        return len(self) > 0

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Columns)
            and self.units == other.units
            and list(self) == list(other)
            and all(_alike(self[name], other[name]) for name in self)
        )

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Columns) -> Columns:
        """Return the columns of both, which have the same rows and no name in common.

        Raises:
            ShapeError: A name stands in both, or the numbers of rows differ.
        """
        twice = [name for name in self if name in other.arrays]
        if twice:
            raise ShapeError(f"columns of both sides are named {', '.join(twice)}")
        return Columns(
            {**self.arrays, **other.arrays},
            {**self.units, **other.units},
            {**self.lineage, **other.lineage},
        )

    def only(self, names: tuple[str, ...]) -> Columns:
        """Return the named columns, in that order."""
        return Columns({name: self[name] for name in names}, self.units, self.lineage)

    def to_torch(
        self, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu"
    ) -> dict[str, Tensor]:
        """Return a tensor of shape (n,) for each column, in declared units.

        Raises:
            LawcError: A column holds words or days.
        """
        odd = [name for name, array in self.arrays.items() if array.dtype.kind not in "fiub"]
        if odd:
            raise LawcError(f"{odd[0]} holds words or days, which are no numbers; leave it out")
        return {n: torch.tensor(v, dtype=dtype, device=device) for n, v in self.arrays.items()}

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame; units and lineage stand in its `attrs`.

        Raises:
            LawcError: pandas is not installed.
        """
        try:
            import pandas  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            raise LawcError(_MISSING) from missing
        frame = pandas.DataFrame(dict(self.arrays))
        frame.attrs = {"units": dict(self.units), "lineage": dict(self.lineage)}
        return frame

    def to_parquet(self, path: str | Path) -> Path:
        """Write a Parquet file; units and lineage stand in its metadata, under a seal.

        Raises:
            LawcError: pyarrow is not installed.
        """
        odd = {"O": "word", "U": "word", "M": "date"}
        kinds = {n: odd[v.dtype.kind] for n, v in self.arrays.items() if v.dtype.kind in odd}
        heading = Heading(self.units, {**self.lineage, "rows": len(self)}, {}, kinds)
        write_table(Path(path), heading, self.arrays)
        return Path(path)

    @classmethod
    def from_parquet(cls, path: str | Path) -> Columns:
        """Read a Parquet file that `to_parquet` or `lawc data` wrote, with units and lineage.

        Raises:
            LawcError: It does not say what it is, or was changed or damaged.
        """
        heading, arrays = read_table(Path(path))
        lineage = {key: value for key, value in heading.about.items() if key != "rows"}
        return cls(arrays, heading.units, lineage)

    def to_csv(self, path: str | Path) -> Path:
        """Write a table whose header names each column with its unit, `t [h]`; digits are kept."""
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(titles(self))
            writer.writerows(zip(*(v.tolist() for v in self.arrays.values()), strict=True))
        return Path(path)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name} [{self.units[name]}]" if self.units[name] else name for name in self
        )
        return f"Columns({len(self)} rows: {shown})"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(title=f"{len(self)} rows", title_justify="left")
        for name in self:
            unit = self.units[name]
            table.add_column(f"{name} \\[{unit}]" if unit else name, justify="right")
        for row in range(min(len(self), _SHOWN)):
            table.add_row(*(_shown(self[name][row]) for name in self))
        if len(self) > _SHOWN:
            table.add_row(*("…" for _ in self))
        yield table


def titles(columns: Columns) -> list[str]:
    """Return the name of each column with its unit, `t [h]`."""
    return [f"{n} [{u}]" if (u := columns.units[n]) else n for n in columns]


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether two columns are equal; what is missing in both is."""
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fM")


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def _piece(values: Array, key: Rows) -> Array:
    """Return some rows as an array of their own, which keeps no larger one alive."""
    piece = np.array(values[key])
    piece.flags.writeable = False
    return piece


def _settled(given: Any) -> NDArray[Any]:
    """Return a copy: numbers as float64; words and days, which rules have, as they are."""
    if isinstance(given, np.ndarray) and given.dtype.kind in "OUM":
        return np.array(given)
    return np.array(given, dtype=np.float64)


def _is_settled(given: object) -> TypeGuard[Array]:
    """Return whether nobody can write to an array or to what it is part of: no copy is needed."""
    return (
        type(given) is np.ndarray
        and given.dtype == np.float64
        and given.flags.c_contiguous
        and not given.flags.writeable
        and (given.base is None or _is_shut(given.base))
    )


def _is_shut(base: object) -> bool:
    return type(base) is np.ndarray and base.base is None and not base.flags.writeable


_MISSING = "this needs pandas, which is not installed; pip install 'lawc[data]' brings it"
