"""Make the table of the grammar with Lark, and keep it as Python keeps compiled code.

To make it takes a quarter of a second, to read it a few milliseconds. It lies beside the bytecode
of this package, where only those write who may write the package; a table of another grammar or of
another maker is made anew, and so is one that cannot be read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

END = "$END"

Row = dict[str, int | list[Any]]
"""What a state does with each token: the next state, or a reduction as size, origin and alias."""

REVISION = 1
"""Raised when tables are made in another way."""


def plain_table(forms: Iterable[str]) -> dict[str, Any]:
    """Return the table as plain data: moves, follow, starts and ends of the forms.

    Args:
        forms: The start symbols of the grammar.
    """
    forms = list(forms)
    file = files("lawc.syntax").joinpath("grammar.lark")
    text = file.read_text(encoding="utf-8")
    key = sha256(json.dumps([REVISION, forms, text]).encode()).hexdigest()
    kept = (
        Path(cache_from_source(str(file))).with_suffix(".json") if isinstance(file, Path) else None
    )
    table = _recall(kept, key)
    if table is None:
        table = make_table(text, forms)
        _keep(kept, key, table)
    return table


def make_table(grammar: str, forms: list[str]) -> dict[str, Any]:
    """Return the table of a grammar, from Lark."""
    # Where the table is kept, nobody needs Lark.
    lark, lexer = import_module("lark"), import_module("lark.lexer")

    class Tokens(lexer.Lexer):
        """Stands in for a lexer of Lark: tokens come from tokens.py."""

        def __init__(self, conf: object) -> None:
            pass

        def lex(self, lexer_state: Any, parser_state: Any) -> Any:
            return lexer_state

    maker = lark.Lark(grammar, parser="lalr", lexer=Tokens, start=forms)
    configurations = {
        form: maker.parse_interactive(None, form).parser_state.parse_conf for form in forms
    }
    states = configurations[forms[0]].states
    moves: list[Row] = []
    follow: list[dict[str, int]] = []
    for number in range(len(states)):
        row: Row = {}
        onward: dict[str, int] = {}
        for symbol, (_, target) in states[number].items():
            if symbol != END and not symbol.isupper():
                onward[str(symbol)] = int(target)
            else:
                row[str(symbol)] = target if isinstance(target, int) else _reduction(target)
        moves.append(row)
        follow.append(onward)
    return {
        "moves": moves,
        "follow": follow,
        "starts": {form: int(conf.start_state) for form, conf in configurations.items()},
        "ends": {form: int(conf.end_state) for form, conf in configurations.items()},
    }


def _reduction(rule: Any) -> list[Any]:
    """Return what a rule of the grammar takes and makes; a renaming makes nothing."""
    assert rule.alias or len(rule.expansion) == 1
    return [len(rule.expansion), str(rule.origin.name), rule.alias or None]


def _recall(kept: Path | None, key: str) -> dict[str, Any] | None:
    if kept is None:
        return None
    try:
        with kept.open(encoding="utf-8") as stream:
            found = json.loads(stream.read()) if stream.readline() == f"{key}\n" else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _keep(kept: Path | None, key: str, table: dict[str, Any]) -> None:
    if kept is None or sys.dont_write_bytecode:
        return
    fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(f"{key}\n{json.dumps(table, separators=(',', ':'))}", encoding="utf-8")
        fresh.replace(kept)
    except OSError:
        # A package that cannot be written to makes its table anew each time.
        return
