"""What a frozen module must say about itself, and the checks of a manifest from anywhere.

A manifest is data: tapes are lists of numbered steps, everything else is text and numbers. A file
that is too large, too deep or says anything unknown is refused before it is used.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lawc.diagnostics.diagnostic import LawcError

FORMAT = 1
MAX_BYTES = 8_000_000

Finite = Annotated[float, Field(allow_inf_nan=False)]


class ManifestError(LawcError):
    """A manifest cannot be trusted; the text says what is wrong with it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Port(_Strict):
    """One input or output: a quantity, its unit and the range it is certified for.

    Attributes:
        unit: As the law declares it; `si = value * factor + offset`.
        low, high: In that unit; None where no range is declared.
        default: Used where a column is left out; None where the column is needed.
    """

    name: str = Field(min_length=1, max_length=200)
    words: str = ""
    unit: str = ""
    factor: Finite = 1.0
    offset: Finite = 0.0
    low: Finite | None = None
    high: Finite | None = None
    log: bool = False
    default: Finite | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Port:
        if self.factor == 0:
            raise ValueError(f"the unit of {self.name} has the factor zero")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"the range of {self.name} is empty: {self.low} .. {self.high}")
        if self.log and not (self.low is not None and self.low > 0):
            raise ValueError(f"a logarithmic range of {self.name} begins above zero")
        return self


class LawRecord(_Strict):
    """The law a module was made from, as far as its users need it."""

    identity: str
    version: str = ""
    digest: str
    title: str = ""
    status: str = ""
    sources: tuple[str, ...] = ()
    equations: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()


class Golden(_Strict):
    """Questions with the answers that were stored when the module was frozen, declared units."""

    inputs: dict[str, list[Finite]]
    outputs: dict[str, list[Finite]]

    @model_validator(mode="after")
    def _same_length(self) -> Golden:
        lengths = {len(values) for values in (*self.inputs.values(), *self.outputs.values())}
        if len(lengths) != 1:
            raise ValueError("golden columns have different lengths")
        return self


class Manifest(_Strict):
    """Everything about a frozen module but its weights.

    Attributes:
        valid: Tape from SI inputs to margins, each positive where the law is confirmed.
        form: What `forms.reading` needs beside the weights.
        error: Tape from SI inputs and outputs to the certified bound of each output, in SI.
        certificate: Grade, bound, and how they were obtained.
        provenance: Recipe, seeds, time and size of the training.
        weights: sha256 of the weights file; empty where there is none.
        build_key: Digest of all that decided the content.
        digest: sha256 of everything above; `seal` sets it, `read_manifest` checks it.
    """

    format: Literal[1] = FORMAT
    name: str = Field(min_length=1, max_length=400)
    lawc: str
    law: LawRecord
    inputs: tuple[Port, ...]
    outputs: Annotated[tuple[Port, ...], Field(min_length=1)]
    valid: dict[str, Any]
    form: dict[str, Any]
    error: dict[str, Any]
    certificate: dict[str, Any]
    provenance: dict[str, Any] = {}
    licence: str = ""
    golden: Golden
    weights: str = ""
    build_key: str = ""
    digest: str = ""

    @model_validator(mode="after")
    def _different_names(self) -> Manifest:
        names = [port.name for port in (*self.inputs, *self.outputs)]
        if len(set(names)) != len(names):
            raise ValueError(f"ports have different names, got {names}")
        return self

    def computed_digest(self) -> str:
        """Return the sha256 of all fields but `digest` itself."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return hashlib.sha256(_canonical(content).encode()).hexdigest()

    def seal(self) -> Manifest:
        """Return the manifest with its digest set."""
        return self.model_copy(update={"digest": self.computed_digest()})

    def to_text(self) -> str:
        """Return the manifest as the JSON that is stored."""
        return json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest that may come from anywhere.

    Raises:
        ManifestError: It is too large, no JSON, lacks or adds a field, or its digest differs.
    """
    if len(data) > MAX_BYTES:
        raise ManifestError(f"a manifest has at most {MAX_BYTES} bytes, this one {len(data)}")
    try:
        raw = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        manifest = Manifest.model_validate(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as problem:
        raise ManifestError(f"not a manifest: {_first_line(problem)}") from problem
    if manifest.computed_digest() != manifest.digest:
        raise ManifestError(f"the manifest of {manifest.name} was changed after it was sealed")
    return manifest


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _no_constant(text: str) -> float:
    raise ValueError(f"a manifest holds finite numbers only, got {text}")


def _first_line(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where or 'as a whole'}: {first['msg']}"
    return str(problem).partition("\n")[0]


def finite(value: float | None) -> float | None:
    """Return a number, or None in place of an infinity or NaN, which JSON does not have."""
    return value if value is not None and math.isfinite(value) else None
