"""The library of generated tests, loaded where somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lawc.diagnostics.diagnostic import LawcError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def strategies() -> Any:
    """Return the module `hypothesis.strategies`.

    Raises:
        LawcError: hypothesis is not installed.
    """
    try:
        from hypothesis import strategies as st  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        text = "this needs hypothesis, which is not installed; pip install 'lawc[test]' brings it"
        raise LawcError(text) from missing
    return st


def drive(strategy: SearchStrategy[Any], check: Callable[[Any], None], count: int) -> None:
    """Call a check with `count` drawn values, always the same ones, outside a test runner.

    It raises what the check raises at the first counterexample, which is not made smaller.
    """
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415

    quiet = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        # To make a counterexample smaller would solve an equation hundreds of times.
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],  # pyright: ignore[reportArgumentType]
    )
    quiet(given(strategy)(check))()
