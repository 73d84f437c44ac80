"""Print the code that a law compiles to, for reading or for use without lawc."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.syntax import Syntax

from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline.finding import find_law


def command(
    identity: Annotated[str, typer.Argument(help="Such as physics.mechanics.pendulum-period.")],
    signature: Annotated[
        str | None, typer.Option("--signature", "-s", help='Such as "t m k -> x".')
    ] = None,
    target: Annotated[
        Literal["torch", "numpy", "c"], typer.Option("--target", "-t", help="torch, numpy or c.")
    ] = "torch",
) -> None:
    """Print the code that a law compiles to."""
    law = find_law(identity)
    program = compile_law(law, signature or default_signature(law))
    text = program.source(target)
    if sys.stdout.isatty():
        Console().print(Syntax(text, "c" if target == "c" else "python", word_wrap=True))
    else:
        print(text)
