"""Whether the soft memberships of a rule are the probabilities of its classes under noise.

    python benchmarks/soft_calibration.py [--write]

A value is measured with Gaussian noise of deviation s. What is held against the true probability
of each class, a difference of normal distribution functions: the blur of the rule with half-width
3 s, and, as others do it, a sigmoid at each threshold, its slope tuned to the least deviation
there can be. The stages of chronic kidney disease, on eGFR, and its risk, on eGFR and albumin,
over a grid that holds every place near a threshold.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from results import keep
from scipy.special import expit, ndtr

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.decision.samples import SAMPLES

from lawc.decision.decision import Softness
from lawc.decision.exact import decide
from lawc.decision.soft.form import Soft
from lawc.decision.soft.ramp import DEVIATIONS

DECISION = SAMPLES["ckd-risk"].decision
STAGES = (90.0, 60.0, 45.0, 30.0, 15.0)
ALBUMIN = (30.0, 300.0)
WIDTH = Fraction(DEVIATIONS)
TUNED = 1.702
"""The slope at which a sigmoid is nearest to the normal distribution function everywhere."""
HEADING = "## Calibration of soft rules"
INTRODUCTION = f"""\
`python benchmarks/soft_calibration.py`: how far memberships lie from the probabilities of classes
under Gaussian noise, with a blur of half-width {DEVIATIONS} deviations. Goal: at most 0.02, and
half of what a sigmoid of the best slope is off. The blur is exact off the edges, which a sigmoid is
nowhere."""


def bands(x: np.ndarray, edges: tuple[float, ...], rising: object, scale: float) -> np.ndarray:
    """Return the share of each band between edges, shape (n, edges + 1), from low to high."""
    above = np.stack([rising((x - edge) / scale) for edge in sorted(edges)], 1)  # type: ignore[operator]
    ends = np.concatenate([np.ones((len(x), 1)), above, np.zeros((len(x), 1))], 1)
    return ends[:, :-1] - ends[:, 1:]


def risks() -> np.ndarray:
    """Return the risk of each band of eGFR and of albumin, as places of words."""
    table = np.zeros((6, 3), int)
    for i, egfr in enumerate((7, 20, 40, 50, 70, 100)):
        for j, acr in enumerate((10, 100, 1000)):
            case = {"eGFR": Fraction(egfr), "ACR": Fraction(acr)}
            table[i, j] = int(decide(DECISION, case).values["risk"])  # type: ignore[arg-type]
    return table


def off(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return the largest deviation, and the mean where a class is neither sure nor excluded."""
    open_still = (truth > 1e-3) & (truth < 1 - 1e-3)
    gaps = np.abs(found - truth)
    return float(gaps.max()), float(gaps[open_still].mean())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    table = risks()
    lines = [
        "| what | noise | blur: largest | mean | sigmoids: largest | mean |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for noise, albumin_noise in ((2, 4), (4, 8), (8, 8)):
        wide = (
            Softness("stage", "eGFR", WIDTH * noise),
            Softness("albuminuria", "ACR", WIDTH * albumin_noise),
        )
        soft = Soft(replace(DECISION, softness=wide))
        chance = np.random.default_rng(9)
        egfr = np.concatenate([np.linspace(1, 140, 4001), chance.uniform(1, 140, 4000)])
        acr = np.concatenate([np.full(4001, 5.0), chance.uniform(5, 400, 4000)])
        said = soft({"eGFR": torch.tensor(egfr), "ACR": torch.tensor(acr)})
        truth = bands(egfr, STAGES, ndtr, noise)
        sigmoid = bands(egfr, STAGES, expit, noise / TUNED)
        stage = said["stage"].numpy()[:, ::-1]
        a, b = off(stage, truth), off(sigmoid, truth)
        row = f"| stage | {noise} | {a[0]:.4f} | {a[1]:.4f} | {b[0]:.4f} | {b[1]:.4f} |"
        lines.append(row)
        cells = {
            "truth": (truth, bands(acr, ALBUMIN, ndtr, albumin_noise)),
            "sigmoid": (sigmoid, bands(acr, ALBUMIN, expit, albumin_noise / TUNED)),
        }
        classes = {
            name: np.stack(
                [np.einsum("ni,nj,ij->n", u, v, (table == k).astype(float)) for k in range(4)], 1
            )
            for name, (u, v) in cells.items()
        }
        a = off(said["risk"].numpy(), classes["truth"])
        b = off(classes["sigmoid"], classes["truth"])
        lines.append(
            f"| risk | {noise}, {albumin_noise} | {a[0]:.4f} | {a[1]:.4f} | "
            f"{b[0]:.4f} | {b[1]:.4f} |"
        )
        assert math.isclose(float(said["risk"].sum(1).mean()), 1.0)
    text = "\n".join([INTRODUCTION, "", *lines])
    print(text)
    if asked.write:
        keep(HEADING, text)


if __name__ == "__main__":
    main()
