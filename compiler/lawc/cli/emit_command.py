"""Print the code that a law compiles to, for reading or for use without lawc."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.syntax import Syntax

from lawc.deciding.program import compile_rule
from lawc.decision.storing import to_json
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.rule import Rule
from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline.finding import find_knowledge


def command(
    identity: Annotated[str, typer.Argument(help="Such as physics.mechanics.pendulum-period.")],
    signature: Annotated[
        str | None, typer.Option("--signature", "-s", help='Such as "t m k -> x".')
    ] = None,
    target: Annotated[
        Literal["torch", "numpy", "c", "json"],
        typer.Option("--target", "-t", help="torch, numpy or c; json for a rule."),
    ] = "torch",
    as_of: Annotated[
        datetime | None, typer.Option(help="The day of a rule with dates.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Print the code that a law compiles to, or the decision that a rule is, as JSON.

    Raises:
        LawcError: A law is asked for JSON, or for a day.
    """
    law = find_knowledge(identity)
    if isinstance(law, Rule):
        if target in ("c", "numpy"):
            raise LawcError(f"{law.identity} is a rule, which is printed as json")
        made = compile_rule(law, signature, as_of.date() if as_of else None)
        print(json.dumps(to_json(made.decision), indent=1, allow_nan=False))
        return
    if target == "json" or as_of is not None:
        raise LawcError(f"{law.identity} is a law: it has code, and no day")
    program = compile_law(law, signature or default_signature(law))
    text = program.source(target)
    if sys.stdout.isatty():
        Console().print(Syntax(text, "c" if target == "c" else "python", word_wrap=True))
    else:
        print(text)
