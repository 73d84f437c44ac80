"""Show a build while it runs: a bar for each module at work, with its error so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from lawc.pipeline.events import Event, Outcome


@contextmanager
def watch(console: Console, total: int) -> Iterator[Callable[[Event], None]]:
    """Give a function to call with each event of a build.

    On a terminal it draws bars; in a pipe it prints a line where a stage begins.
    """
    if not console.is_terminal:
        seen: set[tuple[str, str]] = set()

        def line(event: Event) -> None:
            if isinstance(event, Outcome) or (event.module, event.stage) in seen:
                return
            seen.add((event.module, event.stage))
            console.print(f"{event.module}: {event.stage} {event.detail}".rstrip(), markup=False)

        yield line
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[error]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def draw(event: Event) -> None:
            if isinstance(event, Outcome):
                if event.module in bars:
                    progress.remove_task(bars.pop(event.module))
                return
            if event.module not in bars:
                bars[event.module] = progress.add_task(event.module, total=1.0, error="", detail="")
            error = "" if event.error is None else f"error {event.error:.1e}"
            progress.update(
                bars[event.module],
                completed=event.fraction,
                description=f"{event.module} · {event.stage}",
                error=error,
                detail=event.detail[:60],
            )

        yield draw


def outcome_line(outcome: Outcome) -> str:
    """Return what is to be said of a module that was built, is current or failed."""
    if outcome.state == "failed":
        return f"✗ {outcome.module}: {outcome.message}"
    if outcome.state == "current":
        return f"· {outcome.module} is up to date"
    facts = outcome.facts
    size = f", {facts['size']} weights" if facts.get("size") else ""
    unproved = facts.get("open") or []
    more = f"; not proved: {', '.join(unproved)}" if unproved else ""
    return (
        f"✓ {outcome.module}: {facts.get('form')}{size}, grade {facts.get('grade')}, "
        f"bound {facts.get('bound', float('nan')):.1e}, {facts.get('seconds')} s{more}"
    )
