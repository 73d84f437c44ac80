"""A build process: orders come as lines on the standard input, events leave as lines.

It ends when its input does, and a write to a parent that is gone ends it too.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import torch

from lawc.diagnostics.diagnostic import LawcError
from lawc.pipeline.building import tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.events import Event, Outcome, to_line
from lawc.pipeline.making import make


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
        order = json.loads(line)
        module = order["module"]
        try:
            task = next(task for task in tasks(root, base, [module]) if task.module == module)
            if task.key != order["key"]:
                raise LawcError("its recipe or law changed while the build ran; build again")
            outcome = make(task, report, root / ".lawc" / "training")
        except LawcError as refusal:
            outcome = Outcome(module, "failed", str(refusal))
        except BrokenPipeError:
            return
        except Exception:
            # A defect of ours must not take the other modules down with it.
            outcome = Outcome(module, "failed", traceback.format_exc())
        report(outcome)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
