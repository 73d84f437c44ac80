# ruff: noqa: PLC0415
"""A training step with rules over learned truths, in the library of the environment it runs in.

    python benchmarks/soft_rules_peer.py lawc|ltn RULES BATCH

Prints a line of JSON: milliseconds of CPU of a step without and with rules, and the largest
deviation of a truth from 1 - a + a·b. `soft_rules.py` starts it.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

TRUTHS = 20
STEPS = 25


def network() -> torch.nn.Module:
    """Return 10 inputs, 3×64 tanh, 20 truths."""
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for wide in (10, 64, 64):
        layers += [torch.nn.Linear(wide, 64), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(64, TRUTHS), torch.nn.Sigmoid())


def implications(rules: int) -> list[tuple[int, int]]:
    """Return pairs of truths, the first of which implies the second."""
    chance = random.Random(0)
    pairs = [tuple(chance.sample(range(TRUTHS), 2)) for _ in range(rules)]
    return [(first, second) for first, second in pairs]


def by_lawc(
    pairs: list[tuple[int, int]],
) -> tuple[Callable[[Tensor], Tensor], Callable[..., Tensor]]:
    """Return the truths of the rules, and one minus their mean."""
    from lawc.decision.decision import Clause, Clauses, Decision, Port
    from lawc.decision.formula import Named, apply
    from lawc.decision.soft.truths import SoftTruths

    ports = tuple(Port(f"p{place}", "yes/no") for place in range(TRUTHS))
    steps = tuple(
        Clauses(f"r{k}", (Clause("A", apply("or", apply("not", Named(f"p{a}")), Named(f"p{b}"))),))
        for k, (a, b) in enumerate(pairs)
    )
    decided = tuple(Port(step.output, "yes/no") for step in steps)
    names = tuple(port.name for port in decided)
    truths = SoftTruths(Decision(ports, decided, names, steps))
    return truths, lambda learned, _: 1 - truths(learned).mean()


def by_ltn(
    pairs: list[tuple[int, int]],
) -> tuple[Callable[[Tensor], Tensor], Callable[..., Tensor]]:
    """Return the same, the network's answers being shared by all formulas."""
    import ltn  # type: ignore[import-not-found]

    implies = ltn.Connective(ltn.fuzzy_ops.ImpliesReichenbach())
    every = ltn.Quantifier(ltn.fuzzy_ops.AggregPMeanError(p=2), quantifier="f")
    agreed = ltn.fuzzy_ops.SatAgg()

    def formulas(learned: Tensor) -> list[ltn.LTNObject]:
        columns = [ltn.LTNObject(learned[:, place], ["x"]) for place in range(TRUTHS)]
        return [implies(columns[a], columns[b]) for a, b in pairs]

    def truths(learned: Tensor) -> Tensor:
        return torch.stack([formula.value for formula in formulas(learned)], 1)

    def loss(learned: Tensor, x: Tensor) -> Tensor:
        rows = ltn.Variable("x", x)
        return 1 - agreed(*[every(rows, formula) for formula in formulas(learned)])

    return truths, loss


def measured(step: Callable[[], None]) -> float:
    """Return the median of CPU milliseconds, after steps that warm up."""
    for _ in range(4):
        step()
    spent = []
    for _ in range(STEPS):
        began = time.process_time()
        step()
        spent.append(time.process_time() - began)
    return 1000 * statistics.median(spent)


def main(library: str, rules: int, batch: int) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    pairs = implications(rules)
    truths, loss = by_lawc(pairs) if library == "lawc" else by_ltn(pairs)
    net = network()
    descent = torch.optim.Adam(net.parameters())
    x = torch.randn(batch, 10)
    wanted = (torch.rand(batch, TRUTHS) > 0.5).float()

    def step(ruled: bool) -> None:
        descent.zero_grad()
        learned = net(x)
        total = torch.nn.functional.binary_cross_entropy(learned, wanted)
        if ruled:
            total = total + loss(learned, x)
        total.backward()
        descent.step()

    bare = measured(lambda: step(ruled=False))
    ruled = measured(lambda: step(ruled=True))
    first = torch.tensor([a for a, _ in pairs])
    second = torch.tensor([b for _, b in pairs])
    corners = (torch.rand(64, TRUTHS) > 0.5).float()
    told = 1 - corners[:, first] + corners[:, first] * corners[:, second]
    apart = float((truths(corners) - told).abs().max())
    print(json.dumps({"bare": bare, "ruled": ruled, "apart": apart}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
