"""A build process: orders come as lines on the standard input, events leave as lines.

It ends when its input does, and a write to a parent that is gone ends it too.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.building import tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.events import Event, Outcome, to_line
from lawc.pipeline.making import Prepared, finish, prepare
from lawc.training.train import begin_together


def serve(root: Path) -> None:
    """Make what each order asks for, until the input ends."""
    torch.set_num_threads(1)
    base = demand(read_project(root))
    # Only events may reach the parent; what a library prints goes to the error stream.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr

    def report(event: Event) -> None:
        channel.write(to_line(event) + "\n")
        channel.flush()

    for line in sys.stdin:
        try:
            _make_all(json.loads(line), root, base, report)
        except BrokenPipeError:
            return


def _make_all(
    orders: list[dict[str, str]], root: Path, base: KnowledgeBase, report: Callable[[Event], None]
) -> None:
    """Make some modules: first steps of like networks together, the rest of each by itself."""
    prepared: list[Prepared] = []

    def prepared_one(order: dict[str, str]) -> None:
        module = order["module"]
        task = next(task for task in tasks(root, base, [module]) if task.module == module)
        if task.key != order["key"]:
            raise LawcError("its recipe or law changed while the build ran; build again")
        made = prepare(task, report)
        if made.workshop is not None and len(orders) > 1:
            # What has no rows fails here, before others lean on it.
            assert made.workshop.around
        prepared.append(made)

    for order in orders:
        _guarded(order["module"], report, lambda order=order: prepared_one(order))
    workshops = [made.workshop for made in prepared if made.workshop is not None]
    if len(workshops) > 1:
        try:
            begin_together(workshops)
        except Exception:
            # Each can begin by itself as well.
            traceback.print_exc()
    kept = root / ".lawc" / "training"
    for made in prepared:
        _guarded(made.task.module, report, lambda made=made: report(finish(made, report, kept)))


def _guarded(module: str, report: Callable[[Event], None], work: Callable[[], None]) -> None:
    """Do some work for a module; where it fails, that is the module's outcome."""
    try:
        work()
    except LawcError as refusal:
        report(Outcome(module, "failed", str(refusal)))
    except BrokenPipeError:
        raise
    except Exception:
        # A defect of ours must not take the other modules down with it.
        report(Outcome(module, "failed", traceback.format_exc()))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
