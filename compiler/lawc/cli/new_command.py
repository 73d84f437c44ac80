"""Make a project: the three shelves, and a first law that passes its checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.diagnostics.diagnostic import LawcError

FIRST_LAW = """\
# A law says what is confirmed, in which units and range, and by whom.
# Check it with: lawc check knowledge

law free-fall@1.0.0
  title   "Distance fallen from rest, without drag"
  status  confirmed
  source  "G. Galilei, Discorsi e dimostrazioni matematiche (1638), third day"
  import  physics.constants (g0)

  symbols
    t : time since release  [s]  0 .. 10
    h : distance fallen     [m]  0 .. 500

  equations
    fall: h = g0/2*t^2

  checks
    example: h = 44.129925 [m] within 1e-6 given t = 3 [s]
    always h rises with t
    always h scales with t ^ 2
"""

FIRST_RECIPE = """\
# What `lawc build` makes of the law: a module that answers h for t.
law = "physics.fall.free-fall@1"
signature = "t -> h"
tolerance = 1e-9
"""


def command(
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or does not exist.")],
) -> None:
    """Make a project with a first law and its recipe.

    Raises:
        LawcError: The folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LawcError(f"{folder} holds something already; name an empty or a new folder")
    for path, text in {
        "knowledge/physics/fall.law": FIRST_LAW,
        "modules/physics/free-fall.toml": FIRST_RECIPE,
        ".gitignore": ".lawc/\n",
    }.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / "rules").mkdir()
    console = Console(highlight=False)
    console.print(f"Made {folder} with knowledge/physics/fall.law. Next:", markup=False)
    console.print(f"  cd {folder}\n  lawc check knowledge\n  lawc build", markup=False)
