"""What a person asks of a module: which law, which signature, how exact, where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lawc.diagnostics.diagnostic import LawcError

# `lawc build` reads recipes to see that nothing is to be done; that must not load torch.
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(min_length=1, max_length=15)
]
Range = tuple[
    Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]
]

Optimiser = Literal["auto", "broyden", "levenberg_marquardt", "gauss_newton", "lbfgs", "adam"]
FOR_FIELDS = ("optimiser", "points", "redraw", "starts", "causal", "slabs", "dtype", "device")
SEEDS_OF_STARTS = 64
_DEVICE = re.compile(r"[a-z]{2,20}(:[0-9]{1,3})?", re.ASCII)
"""No training begins anew more often."""

LADDER: tuple[tuple[int, ...], ...] = ((8, 8), (12, 12), (12, 12, 12), (16, 16, 16), (20, 20, 20))


class RecipeError(LawcError, ValueError):
    """A recipe says something that cannot be followed; the text names the key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Train(_Strict):
    """How much may be spent.

    Attributes:
        seconds: Of one core, for training and distillation together.
        rows: Rows of the reference in the pool that training draws from.
        residual: Weight of the law's own residual beside the reference; 0 leaves it out.
        optimiser: For a law of fields: `auto` changes when a method gets nowhere.
        points: For a law of fields: inside at a time; None for what suits the network.
        redraw: For a law of fields: steps between two draws; None for what suits the method.
        starts: For a law of fields: from how many seeds it may begin.
        causal: For a law of fields: whether earlier times are learned first.
        slabs: For a law of fields or states: into how many slabs time is cut, each with a network
            of its own; 1 for one network, None for slabs where one network does not get there.
        dtype: For a law of fields: of its residuals and their slopes.
        device: For a law of fields, or of states in slabs: where residuals and slopes are
            computed, such as `cpu`, `cuda` or `cuda:1`.
    """

    seconds: float = Field(default=120.0, gt=0, le=86_400)
    rows: int = Field(default=30_000, ge=100, le=2_000_000)
    residual: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    optimiser: Optimiser = "auto"
    points: int | None = Field(default=None, ge=16, le=1_000_000)
    redraw: int | None = Field(default=None, ge=1, le=1_000_000)
    starts: int = Field(default=3, ge=1, le=SEEDS_OF_STARTS)
    causal: bool = False
    slabs: int | None = Field(default=None, ge=1, le=512)
    dtype: Literal["float64", "float32"] = "float64"
    device: str = "cpu"

    @field_validator("device")
    @classmethod
    def _named(cls, device: str) -> str:
        if not _DEVICE.fullmatch(device):
            raise ValueError(
                f"expected a device such as cpu, cuda or cuda:1, got {device!r:.60}; remove it for "
                "the processor"
            )
        return device


class Ladder(_Strict):
    """Hidden widths of the networks to choose from, from small to large."""

    widths: tuple[Widths, ...] = Field(default=LADDER, min_length=1, max_length=20)


class Recipe(_Strict):
    """A module to make.

    Attributes:
        law: Identity, with a major version if one is pinned: `physics.mechanics.pendulum@1`.
        signature: `t x0 m c k -> x`.
        tolerance: Largest error, as a share of `program.scale`.
        domain: Narrower ranges of inputs, in declared units.
        as_of: For a rule with dates: the day of its questions, such as 2024-07-01.
    """

    law: str = Field(min_length=1, max_length=400)
    signature: str = Field(min_length=1, max_length=2_000)
    tolerance: float = Field(default=1e-3, gt=0, lt=1)
    train: Train = Train()
    ladder: Ladder = Ladder()
    domain: Mapping[str, Range] = {}
    licence: str = ""
    as_of: date | None = None

    @field_validator("domain")
    @classmethod
    def _ordered(cls, domain: Mapping[str, Range]) -> Mapping[str, Range]:
        for name, (low, high) in domain.items():
            if not low < high:
                raise ValueError(f"the range of {name} is empty: {low:g} .. {high:g}")
        return domain

    def to_json(self) -> dict[str, Any]:
        """Return all that decides what is made, as JSON.

        How a law of fields is trained, and the day of a rule, are told only where the recipe asks
        for something, so a new key makes no module stale.
        """
        told = self.model_dump(mode="json")
        for name in FOR_FIELDS:
            if told["train"][name] == Train.model_fields[name].default:
                del told["train"][name]
        if self.as_of is None:
            del told["as_of"]
        return told

    def on(self, device: str) -> Recipe:
        """Return the same recipe for a training on a device.

        Raises:
            RecipeError: No device has such a name.
        """
        return recipe_of(
            {**self.model_dump(), "train": {**self.train.model_dump(), "device": device}}
        )

    @property
    def expected_seconds(self) -> float:
        """What making the module may take, on one core, if its law has no closed form."""
        return self.train.seconds


def read_recipe(text: str) -> Recipe:
    """Read a recipe from TOML.

    Raises:
        RecipeError: It is no TOML, lacks a key, or has one that means nothing.
    """
    try:
        keys = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise RecipeError(f"not TOML: {problem}") from problem
    return recipe_of(keys)


def recipe_of(keys: Mapping[str, object]) -> Recipe:
    """Return the recipe that these keys make, tables within them as in TOML.

    Raises:
        RecipeError: A key is missing, or means nothing.
    """
    try:
        return Recipe.model_validate(keys)
    except ValidationError as problem:
        raise RecipeError("; ".join(map(_sentence, problem.errors()))) from problem


def _sentence(error: Mapping[str, object]) -> str:
    location = error.get("loc")
    where = ".".join(map(str, location)) if isinstance(location, tuple) else ""
    if error.get("type") == "extra_forbidden":
        parent = where.rpartition(".")[0]
        return f"unknown key {where!r}; known are {', '.join(_keys(parent))}"
    if error.get("type") == "missing":
        return f"the key {where!r} is missing"
    message = str(error.get("msg")).removeprefix("Value error, ")
    return f"{where}: {message}"


def _keys(parent: str) -> list[str]:
    model = {"train": Train, "ladder": Ladder}.get(parent, Recipe)
    return list(model.model_fields)
