"""The two tasks: theophylline in subjects, and the rate of an enzyme at concentrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from lawc.demo.experiment import Contender, Task
from lawc.demo.general import General, network
from lawc.demo.tables import Field, Table, TableError, from_file, header_names, shipped, text_of
from lawc.linking.blend import Blend
from lawc.linking.latents import Latent
from lawc.linking.speaker import Speaker

STANDARD_WEIGHT = 70.0
"""Body weight, kg, for which volumes and clearances are stated."""


@dataclass(frozen=True)
class Setup:
    """How a table becomes a task, and which modules it is given.

    Attributes:
        subject: What a table of a user's own is about.
        module: The law that is linked.
        rivals: Other laws for the same measurements.
        free: For each module, the inputs that are learned.
        told: What a network may be told: sets of features, the smallest first.
        notes: What a reader must know of the setting, one sentence each.
    """

    key: str
    title: str
    subject: str
    fields: tuple[Field, ...]
    module: str
    rivals: tuple[str, ...]
    free: Mapping[str, tuple[Latent, ...]]
    told: tuple[tuple[str, ...], ...]
    read: Callable[[Table], Task]
    notes: tuple[str, ...]


def _theophylline(table: Table) -> Task:
    time = torch.from_numpy(table.columns["time"])
    weight = torch.from_numpy(table.columns["weight"])
    per_weight = torch.from_numpy(table.columns["dose"])
    if len(set(table.labels["subject"])) < 3:
        raise TableError(f"{table.name} has fewer than 3 subjects; unseen ones cannot be tested")
    columns = _with_features({"t": time, "D": per_weight * weight, "weight": weight})
    columns["C"] = torch.from_numpy(table.columns["concentration"])
    return Task(
        Path(table.name).stem, "C", "mg/L", "subject", columns, table.labels["subject"], 3, "t"
    )


def _with_features(columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    told = dict(columns)
    if "weight" in columns:
        told["log_time"] = torch.log1p(columns["t"])
        told["dose_per_weight"] = columns["D"] / columns["weight"]
    return told


def grid(task: Task, group: str | None, points: int = 160) -> dict[str, Tensor]:
    """Return columns along the axis of a task, with what else is known of a group.

    Without a group, the first row's values stand for the rest.
    """
    row = task.groups.index(group) if group is not None else 0
    axis = task.columns[task.axis]
    top = float(axis.max())
    along = torch.linspace(0, 1, points, dtype=torch.float64)
    # Closer where a curve rises: the first hours decide.
    values = top * along.square() if task.axis == "t" else top * along.clamp(min=1e-3)
    base = {
        name: torch.full_like(values, float(column[row])) for name, column in task.columns.items()
    }
    return _with_features({**base, task.axis: values})


def _puromycin(table: Table) -> Task:
    concentration = table.columns["concentration"]
    groups = tuple(f"{value:g} ppm" for value in concentration)
    if len(set(groups)) < 3:
        raise TableError(f"{table.name} has fewer than 3 concentrations; unseen cannot be tested")
    columns = {
        "S": torch.from_numpy(concentration),
        "v": torch.from_numpy(table.columns["rate"]),
    }
    return Task(Path(table.name).stem, "v", "counts/min²", "concentration", columns, groups, 2, "S")


def _scaled(name: str, power: float) -> Latent:
    """Return a free input that grows with body weight."""
    return Latent(name, scaled_by="weight", reference=STANDARD_WEIGHT, power=power)


WORDS = {"log_time": "ln(1 + t)", "dose_per_weight": "dose per body weight", "S": "ln S"}
"""What features are called where people read them."""

SETUPS: tuple[Setup, ...] = (
    Setup(
        key="theophylline",
        title="Theophylline in plasma after one dose by mouth",
        subject="concentration in plasma after one dose by mouth",
        fields=(
            Field("subject", None),
            Field("weight", "kg", above=True),
            Field("dose", "mg/kg", above=True),
            Field("time", "h"),
            Field("concentration", "mg/L"),
        ),
        module="medicine/absorption",
        rivals=("medicine/absorption-saturable",),
        free={
            "medicine/absorption": (Latent("ka"), _scaled("V", 1.0), _scaled("CL", 0.75)),
            "medicine/absorption-saturable": (
                Latent("ka"),
                _scaled("V", 1.0),
                _scaled("Vmax", 0.75),
                Latent("Km"),
            ),
        },
        told=(("log_time",), ("log_time", "dose_per_weight")),
        read=_theophylline,
        notes=(
            "Volume grows with body weight and clearance with its power 3/4, as is usual "
            "(B. J. Anderson, N. H. G. Holford, Annu. Rev. Pharmacol. Toxicol. 48 (2008) 303–332); "
            "one value each, learned from the same rows, serves all subjects.",
            "Networks are told the time since the dose as ln(1 + t), t in hours.",
        ),
    ),
    Setup(
        key="puromycin",
        title="Rate of an enzyme in cells treated with puromycin",
        subject="rate of an enzyme",
        fields=(
            Field("concentration", "ppm", above=True),
            Field("rate", "counts/min^2"),
        ),
        module="biology/michaelis-menten",
        rivals=(),
        free={"biology/michaelis-menten": (Latent("Vmax"), Latent("Km"))},
        told=(("S",),),
        read=_puromycin,
        notes=(
            "The law keeps its form in any unit of concentration and of rate: 1 ppm stands for "
            "1 mmol/L and 1 count/min² for 1 µmol/L/min, so Km is in ppm and Vmax in counts/min².",
            "Networks are told the logarithm of the concentration S.",
        ),
    ),
)


def tables(data: Path | None) -> dict[str, Table]:
    """Return the table of each setup: shipped ones, one of them replaced by a user's file.

    Raises:
        TableError: The file has the columns of no setup, or its values are refused.
    """
    found = {setup.key: shipped(setup.key, setup.fields) for setup in SETUPS}
    if data is not None:
        names = set(header_names(text_of(data)))
        shared = {s.key: len({one.name for one in s.fields} & names) for s in SETUPS}
        if not any(shared.values()):
            known = "; or ".join(", ".join(one.name for one in s.fields) for s in SETUPS)
            raise TableError(f"{data.name} has none of the columns of a task: {known}")
        # The setup with the larger part of its columns there; its reader names what is missing.
        meant = max(SETUPS, key=lambda s: shared[s.key] / len(s.fields))
        found[meant.key] = from_file(data, meant.fields)
    return found


def networks_alone(setup: Setup, task: Task, log: set[str]) -> tuple[Contender, ...]:
    """Return the network that knows no law, once for each set of features it may be told."""
    return tuple(
        Contender("network:" + ",".join(told), "network alone", told, _general(task, told, log))
        for told in setup.told
    )


def with_law(
    setup: Setup, task: Task, name: str, module: Speaker, told: tuple[str, ...]
) -> tuple[Contender, Contender]:
    """Return a law alone, and the same law linked into a network that is told some features."""

    def make(seed: int, net: bool) -> nn.Module:
        return Blend(
            module,
            network(len(told), seed) if net else None,
            "scale",
            features=told,
            support=task.columns,
            free=setup.free[name],
        )

    return (
        Contender(f"law:{name}", "law alone", (), lambda seed: make(seed, False), chooses=False),
        Contender(
            f"linked:{name}", "law and network", told, lambda seed: make(seed, True), cautious=True
        ),
    )


def _general(task: Task, told: tuple[str, ...], log: set[str]) -> Callable[[int], nn.Module]:
    return lambda seed: General(network(len(told), seed), told, task.columns, log)
