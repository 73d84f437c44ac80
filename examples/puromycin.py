"""Link the rate law of Michaelis and Menten into a network, on cells treated with puromycin.

The law is blind to the scale of concentration and rate: 1 ppm stands for 1 mmol/L, and 1 count per
minute squared for 1 µmol/L/min. Run it after `lawc build biology/michaelis-menten`:

    python examples/puromycin.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

import lawc

TABLE = Path(__file__).parent / "tables" / "puromycin.csv"


def measurements() -> dict[str, torch.Tensor]:
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    names = {"S": "concentration [ppm]", "v": "rate [counts/min^2]"}
    return {
        name: torch.tensor([float(row[column]) for row in rows], dtype=torch.float64)
        for name, column in names.items()
    }


def main() -> None:
    data = measurements()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    model = lawc.Blend(
        lawc.module("biology/michaelis-menten"), net, support=data, free=("Vmax", "Km")
    )
    optimizer = torch.optim.AdamW(model.groups(lr=3e-3, weight_decay=0.1, latent_lr=0.05))
    with lawc.guard(model) as check:
        for _ in range(400):
            optimizer.zero_grad()
            (model(data) - data["v"]).square().mean().backward()
            optimizer.step()
            check()
    console = Console()
    beyond = {"S": torch.tensor([0.3, 2.0, 50.0, 500.0], dtype=torch.float64)}
    with torch.no_grad():
        answer = model.answer(beyond)
    console.print({name: round(value, 3) for name, value in model.population().items()})
    for s, value, inside in zip(beyond["S"], answer.value, answer.inside, strict=True):
        console.print(f"S = {float(s):g}: v = {float(value):.1f}, inside {float(inside):.2f}")
    console.print(model.trace(data))


if __name__ == "__main__":
    main()
