"""Link a law of pharmacokinetics into a network, on theophylline in six subjects.

Run it after `lawc build medicine/absorption`:

    python examples/theophylline.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

import lawc
from lawc.linking.latents import Latent

TABLE = Path(__file__).parent / "tables" / "theophylline.csv"


def measurements() -> dict[str, torch.Tensor]:
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    columns = {
        name: torch.tensor([float(row[name]) for row in rows], dtype=torch.float64)
        for name in rows[0]
    }
    weight = columns["weight [kg]"]
    return {
        "t": columns["time [h]"],
        "D": columns["dose [mg/kg]"] * weight,
        "weight": weight,
        "C": columns["concentration [mg/L]"],
    }


def main() -> None:
    data = measurements()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    model = lawc.Blend(
        lawc.module("medicine/absorption"),
        net,
        how="scale",
        features=("t", "weight"),
        support=data,
        # What nobody measured is learned inside the ranges that the law declares.
        free=(
            Latent("ka"),
            Latent("V", scaled_by="weight", reference=70.0),
            Latent("CL", scaled_by="weight", reference=70.0, power=0.75),
        ),
    )
    optimizer = torch.optim.AdamW(model.groups(lr=3e-3, weight_decay=0.1, latent_lr=0.05))
    with lawc.guard(model) as check:
        for _ in range(400):
            optimizer.zero_grad()
            (model(data) - data["C"]).square().mean().backward()
            optimizer.step()
            check()
    console = Console()
    error = (model(data) - data["C"]).square().mean().sqrt()
    console.print(f"error on these rows: {float(error.detach()):.2f} mg/L")
    console.print({name: round(value, 3) for name, value in model.population().items()})
    console.print(model.trace(data))


if __name__ == "__main__":
    main()
