"""Whole numbers that somebody asks for: rows, seeds, blocks."""

from __future__ import annotations

from typing import Any


def demand_whole(name: str, size: Any, *, least: int = 1, most: int | None = None) -> None:
    """Refuse what is no whole number between two ends.

    Raises:
        ValueError: It is none; the text names it.
    """
    whole = hasattr(size, "__index__") and not isinstance(size, bool)
    if not whole or size < least or (most is not None and size > most):
        upper = "" if most is None else f" and at most {most}"
        raise ValueError(
            f"expected a whole number of at least {least}{upper} for {name}, got {size!r}"
        )
