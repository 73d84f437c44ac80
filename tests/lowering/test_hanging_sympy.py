"""Laws whose solution sympy would seek without end are compiled or refused within a limit."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

import lawc
from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import CompileError, Source
from lawc.lowering import solving
from lawc.lowering.program import compile_law
from lawc.lowering.signature import parse_signature
from lawc.syntax.parsing import parse

SECONDS = 40.0
TERMS = " + ".join(f"k{n}*x^({n}*3/7)" for n in range(1, 9))
FACTORS = "\n".join(f"    k{n} : factor  [1]  1 .. 2" for n in range(1, 9))
GIVEN = "    y : given  [1]  10 .. 20\n    x : sought  [1]  0.01 .. 10"
LAWS = {
    "rate": ("e: y = " + TERMS, f"{FACTORS}\n{GIVEN}", ", ".join(f"k{n}" for n in range(1, 9))),
    "power": (
        "e: y = (a + b + c + x)^60 + x",
        f"    a, b, c : parts  [1]  0.1 .. 0.2\n{GIVEN}",
        "a, b, c",
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_on_which_sympy_hangs_is_compiled_or_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solving, "SECONDS", 1.0)
    equation, symbols, inputs = LAWS[name]
    text = (
        f'law hang@1.0.0\n  title  "Hang"\n  status  draft\n\n  symbols\n{symbols}\n\n'
        f"  equations\n    {equation}\n"
    )
    document, unread = parse(Source("knowledge/hang.law", text))
    base, _ = check([document])
    assert not unread
    begin = time.monotonic()
    try:
        (law,) = base.laws.values()
        program = compile_law(law, parse_signature(law, f"{inputs}, y -> x"))
    except CompileError as refusal:
        assert str(refusal)
    else:
        assert program.kind
    assert time.monotonic() - begin < SECONDS


def test_only_the_worker_gives_trees_of_authors_to_sympy() -> None:
    root = Path(lawc.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(
            r"^\s*(?:import sympy|from (?:sympy|lawc\.lowering\.symbolic)\b)",
            path.read_text("utf-8"),
            re.MULTILINE,
        )
    }
    assert found == {
        "lowering/worker.py",
        "lowering/symbolic.py",
        # These are given expressions of sympy by a program, and simplify none.
        "importers/sympy_formulas.py",
        "importers/sympy_laws.py",
        "importers/sympy_points.py",
    }
