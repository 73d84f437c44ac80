"""The main job: check, build, link, measure on what was never seen, and say what came out."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from lawc import __version__
from lawc.demo.experiment import Contender, Curve, learn, learn_all
from lawc.demo.project import Made, check_laws, compare, make, open_project
from lawc.demo.report import Facts, page
from lawc.demo.tables import Table
from lawc.demo.tasks import SETUPS, Setup, networks_alone, tables, with_law
from lawc.demo.verdict import (
    Findings,
    Rival,
    figure,
    levels,
    outside,
    rows_text,
    sentences,
    spread,
    told_words,
)
from lawc.diagnostics.diagnostic import BuildError
from lawc.pipeline.events import Event, Outcome

Watch = Callable[[Console, int], AbstractContextManager[Callable[[Event], None]]]
"""Shows a build while it runs: given a console and a number of modules, gives a listener."""

REPORT = "lawc-demo.html"


def run(data: Path | None, out: Path, console: Console, watch: Watch) -> Path:
    """Do the main job and return the path of its report.

    Args:
        data: A table that takes the place of the shipped one with the same columns, or None.
        out: Where the report and the demonstration's own small project go.
        console: Where progress and tables are shown.
        watch: How a build is shown.

    Raises:
        TableError: The user's table is refused; nothing has been built then.
        CheckError: A law has an error.
        BuildError: A module that the tasks cannot do without could not be made.
    """
    began = time.monotonic()
    measured = tables(data)
    names = [name for setup in SETUPS for name in (setup.module, *setup.rivals)]
    root = open_project(out / "project", names)
    with console.status("checking the laws"):
        base = check_laws(root)
    claims = sum(len(law.claims) + len(law.examples) for law in base.laws.values())
    console.print(f"{len(base.laws)} laws checked, with {claims} examples and claims")
    failed: list[Outcome] = []
    with watch(console, len(names)) as show:

        def listen(event: Event) -> None:
            show(event)
            if isinstance(event, Outcome) and event.state == "failed":
                failed.append(event)

        made = make(root, base, names, listen)
    for outcome in failed:
        console.print(f"not built: {outcome.message}", style="red", markup=False)
    if any(setup.module not in made for setup in SETUPS):
        raise BuildError("; ".join(outcome.message for outcome in failed))
    for one in made.values():
        console.print(_built(one), markup=False)
    found = []
    for setup in SETUPS:
        found.append(_study(setup, measured[setup.key], made, console))
        _show(found[-1], console)
    facts = Facts(
        laws=len(base.laws),
        claims=claims,
        seconds=time.monotonic() - began,
        versions=_versions(),
        cores=os.cpu_count() or 1,
        failed=tuple(outcome.message for outcome in failed),
    )
    report = out / REPORT
    report.write_text(page(found, facts), encoding="utf-8")
    console.print(f"\n{time.monotonic() - began:.0f} s; report: {report}", markup=False)
    return report


def _study(setup: Setup, table: Table, made: dict[str, Made], console: Console) -> Findings:
    """Return the findings of one task."""
    task = setup.read(table)
    module = made[setup.module].module
    log = {port.name for port in module.inputs if port.log}
    alone = networks_alone(setup, task, log)
    with _bars(console) as bars:

        def curve(contender: Contender, words: str) -> Curve:
            bar = bars.add_task(f"{task.name}: {words}", total=1.0)
            return learn(task, contender, lambda share: bars.update(bar, completed=share))

        tried = [curve(one, f"{one.name}, told {told_words(one.told)}") for one in alone]
        largest = task.sizes()[-1]
        network = min(tried, key=lambda one: one.median(largest))
        told = network.contender.told
        law, linked = with_law(setup, task, setup.module, module, told)
        law_curve, linked_curve = curve(law, law.name), curve(linked, linked.name)
        rivals = []
        for name in (name for name in setup.rivals if name in made):
            other = with_law(setup, task, name, made[name].module, told)
            short = name.partition("/")[2]
            curves = [curve(one, f"{one.name}, {short}") for one in other]
            rivals.append(Rival(made[name], *curves))
    contenders = {"network": network.contender, "law": law, "linked": linked}
    return Findings(
        setup=setup,
        task=task,
        table=table,
        made=made[setup.module],
        check=compare(made[setup.module]),
        network=network,
        others=tuple(one for one in tried if one is not network),
        law=law_curve,
        linked=linked_curve,
        rivals=tuple(rivals),
        rival_checks={rival.made.name: compare(rival.made) for rival in rivals},
        outside=outside(task, made[setup.module]),
        models={kind: learn_all(task, one) for kind, one in contenders.items()},
    )


def _show(found: Findings, console: Console) -> None:
    task = found.task
    sizes = found.network.sizes
    grid = Grid(
        caption="median of the seeds, below it from best to worst; columns: measurements "
        "learned from",
        caption_justify="left",
    )
    grid.add_column("")
    for size in sizes:
        grid.add_column(str(size), justify="right", no_wrap=True)
    rows = [(curve.contender.name, curve) for curve in found.main]
    for rival in found.rivals:
        short = rival.made.name.partition("/")[2]
        rows += [(f"law alone, {short}", rival.law), (f"law and network, {short}", rival.linked)]
    for name, curve in rows:
        cells = []
        for size in sizes:
            low, middle, high = spread(curve, size)
            cells.append(f"{figure(middle)}\n[dim]{figure(low)}–{figure(high)}[/dim]")
        grid.add_row(name, *cells)
    console.print(f"\n{found.title}", style="bold", markup=False)
    console.print(f"error on unseen {task.group_word}s, {task.unit}", markup=False)
    console.print(grid)
    console.print("measurements needed for the same error")
    needs = Grid()
    for head in ("error", *(curve.contender.name for curve in found.main)):
        needs.add_column(head, justify="right")
    for level in levels(found):
        counts = [rows_text(n, curve) for n, curve in zip(level.rows, found.main, strict=True)]
        needs.add_row(f"{figure(level.error)} {task.unit}", *counts)
    console.print(needs)
    for sentence in sentences(found):
        console.print(f"  · {sentence}", markup=False, highlight=False)


def _built(made: Made) -> str:
    certificate = made.module.manifest.certificate
    seconds = made.module.manifest.provenance.get("seconds", 0)
    form = f"network, {made.module.form.size} weights" if made.is_trained else "exact formula"
    when = f"built in {seconds:.3g} s" if made.state == "built" else "built before"
    return (
        f"{made.name}: {form}, grade {certificate['grade']}, error at most "
        f"{certificate['bound']:.1e} of the {certificate['measure'].removeprefix('the ')}, {when}"
    )


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _versions() -> str:
    return f"lawc {__version__}, torch {torch.__version__}, Python {platform.python_version()}"
