"""The command `lawc`: a table of commands, each imported when it is asked for.

`lawc check` must start without torch, so no command's file is imported before its name is read.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lawc.cli.start import guarded

COMMANDS = {
    "new": "make a project: the three shelves and a first law",
    "check": "read laws and say what is wrong with them",
    "format": "write laws in the one layout: columns, spacing, continued lines",
    "explain": "explain a code such as L0203",
    "show": "show a law: equations, symbols, groups, claims, sources",
    "graph": "draw how laws, quantities, constants and modules hang together",
    "units": "say what a unit is: dimension, exact size, source, spellings",
    "emit": "print the code that a law compiles to",
    "data": "write a table of samples with their reference answers",
    "fit": "find parameters of a law from observations",
    "test": "test the examples and claims of laws",
    "build": "train, distil, certify and freeze the modules that are out of date",
    "report": "show a frozen module: domain, grade, error bound, sources",
    "export": "write laws in another format, such as JSON",
    "import": "turn a file of another format into draft laws",
    "lsp": "serve an editor: findings as one types, hover, completion, formatting",
    "demo": "the whole road on published measurements",
}
"""Commands in the order of the help, each in the file `cli/NAME_command.py`."""


class Lazy(TyperGroup):
    """A group that imports a command's file when the command is called or asked for help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command.

        Raises:
            UsageError: There is none of this name; the text says which one is spelled like it.
        """
        if cmd_name not in COMMANDS:
            near = get_close_matches(cmd_name, COMMANDS, 1)
            meant = f"did you mean `{near[0]}`?" if near else "`lawc --help` lists them."
            ctx.fail(f"there is no command `{cmd_name}`: {meant}")
        module = import_module(f"lawc.cli.{cmd_name}_command")
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=cmd_name, help=module.__doc__)(module.command)
        return get_command(app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=Lazy,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def lawc() -> None:
    """Compile confirmed knowledge into frozen neural modules."""


def main() -> None:
    """Run a command; a refusal is one message and exit status 1, never a traceback."""
    guarded(app)
