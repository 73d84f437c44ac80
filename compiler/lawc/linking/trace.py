"""Who contributed what to an answer; the parts sum to the whole."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table
from torch import Tensor


@dataclass(frozen=True)
class Contribution:
    """What one speaker added.

    Attributes:
        name: Identity of a module, or `net`, `fallback`.
        value: In the units of the output, shape of the output.
        unit: Of the value.
        citation: Where a law comes from.
        inside: Membership of each row in the domain of a law, or in the support of a net's data.
    """

    name: str
    value: Tensor
    unit: str
    citation: str
    inside: Tensor


@dataclass(frozen=True)
class Trace:
    """The contributions to an answer, in the order in which they are added.

    Attributes:
        total: The output; the values of all contributions sum to it.
        quantity: Its name.
    """

    contributions: tuple[Contribution, ...]
    total: Tensor
    quantity: str

    def shares(self) -> dict[str, float]:
        """Return each speaker's part of the sum of absolute contributions, from 0 to 1."""
        sizes = {one.name: float(one.value.detach().abs().sum()) for one in self.contributions}
        whole = sum(sizes.values()) or 1.0
        return {name: size / whole for name, size in sizes.items()}

    def __rich__(self) -> Table:
        rows = self.total.shape[0] if self.total.ndim else 1
        cited = "\n".join(f"{one.name}: {one.citation}" for one in self.contributions)
        table = Table(
            title=f"who contributed to {self.quantity} ({rows} row{'' if rows == 1 else 's'})",
            caption=cited,
            title_justify="left",
            caption_justify="left",
        )
        table.add_column("speaker", overflow="fold")
        table.add_column("share", justify="right")
        table.add_column("mean", justify="right")
        table.add_column("smallest", justify="right")
        table.add_column("largest", justify="right")
        table.add_column("unit")
        table.add_column("inside", justify="right")
        shares = self.shares()
        for one in self.contributions:
            value = one.value.detach()
            table.add_row(
                one.name,
                f"{shares[one.name]:.1%}",
                f"{float(value.mean()):.4g}",
                f"{float(value.min()):.4g}",
                f"{float(value.max()):.4g}",
                one.unit,
                f"{float((one.inside.detach() > 0.999).double().mean()):.0%}",
            )
        return table
