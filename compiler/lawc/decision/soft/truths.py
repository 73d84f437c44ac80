"""Many conditions over truths that a network learns, answered in a few operations.

The probability of a condition on independent truths is a sum of products of them. The products of
all outputs are made together, each once.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lawc.decision.decision import Decision
from lawc.decision.soft.axes import Node
from lawc.decision.soft.form import Soft


class SoftTruths(nn.Module):
    """The soft form of a decision whose inputs are all learned `yes/no`.

    Attributes:
        inputs, outputs: Names, in the order of the columns.

    Raises:
        ValueError: An input is no `yes/no`, or an output is neither a number nor a `yes/no`.
    """

    def __init__(
        self,
        decision: Decision,
        outputs: Sequence[str] | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.inputs = tuple(port.name for port in decision.inputs)
        if any(port.kind != "yes/no" for port in decision.inputs):
            raise ValueError("expected inputs that are all yes or no")
        soft = Soft(decision, learned=self.inputs, outputs=outputs, dtype=torch.float64)
        self.outputs = soft.outputs
        if any(decision.port(name).choices for name in self.outputs):
            raise ValueError("expected outputs that are numbers, or yes or no")
        learned = {id(soft.axis_of(name)): place for place, name in enumerate(self.inputs)}
        sums = [_products(soft.node(name), learned) for name in self.outputs]
        self._degrees: list[int] = []
        most = max((len(key) for made in sums for key in made), default=0)
        constant = torch.tensor([made.get((), 0.0) for made in sums], dtype=dtype)
        self.register_buffer("constant", constant[:, None])
        for degree in range(1, most + 1):
            self._add(degree, sums, dtype)

    def forward(self, truths: Tensor) -> Tensor:
        """Return the mean of each output, or its probability.

        Args:
            truths: Probabilities, shape (n, inputs), independent of each other.

        Returns:
            Shape (n, outputs).
        """
        lines = truths.t().contiguous()
        total: Tensor = self.constant  # type: ignore[assignment]
        for degree in self._degrees:
            places = getattr(self, f"places_{degree}")
            made = lines.index_select(0, places[0]) if degree > 1 else None
            for row in places[1:]:
                made = made * lines.index_select(0, row)  # type: ignore[operator]
            weights = getattr(self, f"weights_{degree}")
            if made is None:
                total = torch.addmm(total, weights, lines)
            elif weights.shape[1] == 1:
                total = torch.addcmul(total, made, weights)
            else:
                total = torch.addmm(total, weights, made)
        return total.expand(-1, len(truths)).t()

    def _add(
        self, degree: int, sums: list[dict[tuple[int, ...], float]], dtype: torch.dtype
    ) -> None:
        """Keep the products of one degree: one for each output, or weights of all for each."""
        mine = [{key: w for key, w in made.items() if len(key) == degree} for made in sums]
        if not any(mine):
            return
        self._degrees.append(degree)
        if degree == 1:
            weights = torch.zeros(len(sums), len(self.inputs), dtype=dtype)
            for row, made in enumerate(mine):
                for (place,), weight in made.items():
                    weights[row, place] = weight
            keys = [(0,)]
        elif all(len(made) <= 1 for made in mine):
            keys = [next(iter(made), (0,) * degree) for made in mine]
            weights = torch.tensor([[next(iter(m.values()), 0.0)] for m in mine], dtype=dtype)
        else:
            keys = sorted({key for made in mine for key in made})
            number = {key: place for place, key in enumerate(keys)}
            weights = torch.zeros(len(sums), len(keys), dtype=dtype)
            for row, made in enumerate(mine):
                for key, weight in made.items():
                    weights[row, number[key]] = weight
        self.register_buffer(f"weights_{degree}", weights)
        self.register_buffer(f"places_{degree}", torch.tensor(list(zip(*keys, strict=True))))


def _products(node: Node, learned: dict[int, int]) -> dict[tuple[int, ...], float]:
    """Return a node as a sum of products: by the inputs that are multiplied, the weight."""
    found: dict[tuple[int, ...], float] = {}
    for term in node.terms or (node,):
        if term.constant is None or term.constant[1] is not None:
            raise ValueError("expected outputs that always apply")
        weights = term.constant[0][0].to(torch.float64)
        for axis in range(weights.dim()):
            no, yes = weights.unbind(axis)
            weights = torch.stack((no, yes - no), axis)
        places = [learned[id(axis)] for axis in term.axes]
        for cell in itertools.product((0, 1), repeat=len(places)):
            weight = float(weights[cell] if cell else weights)
            if weight:
                key = tuple(sorted(p for p, held in zip(places, cell, strict=True) if held))
                found[key] = found.get(key, 0.0) + weight
    return found
