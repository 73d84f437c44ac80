"""A process that has sympy and little else: it answers one question a line.

Questions and answers are JSON: trees as lists, never code. Memory is limited from within, time
from outside (`bounded.py` ends the process). It ends when its input does, or its parent.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import sympy

from lawc.knowledge.algebra import minus
from lawc.knowledge.encoding import decode, encode
from lawc.knowledge.expression import names
from lawc.lowering.symbolic import Symbols, UntranslatableError, from_sympy, to_sympy

try:
    import resource
except ImportError:  # Windows has no limits of this kind.
    resource = None

MEMORY = 2 << 30
MAX_SOLUTIONS = 16
RECURSION = 5_000


def solve(question: Mapping[str, Any]) -> list[Any]:
    """Return trees of what a name may be where `left = right`."""
    left, right = decode(question["left"]), decode(question["right"])
    unknown = str(question["unknown"])
    found: list[Any] = []
    # Signs help to choose a branch, but may also hide a solution that sympy cannot judge.
    for signs in (question["signs"], {**question["signs"], unknown: ""}):
        symbols = Symbols(signs)
        target = symbols.of(unknown)
        balance = to_sympy(minus(left, right), symbols)
        try:
            solutions = sympy.solve(balance, target)
        except NotImplementedError:
            continue
        for solution in solutions[:MAX_SOLUTIONS]:
            tree = _translated(solution, symbols)
            if tree is not None and tree not in found:
                found.append(tree)
        if found:
            break
    return found


def course(question: Mapping[str, Any]) -> list[Any]:
    """Return trees of y(t) where dy/dt = rate and y(start) = initial."""
    symbols = Symbols(question["signs"])
    variable = symbols.of(str(question["variable"]))
    state = str(question["state"])
    rate, initial, start = (decode(question[key]) for key in ("rate", "initial", "start"))
    function = sympy.Function("y")
    placeholder = symbols.of(state)
    slope = to_sympy(rate, symbols).subs(placeholder, function(variable))
    condition = {function(to_sympy(start, symbols)): to_sympy(initial, symbols)}
    equation = sympy.Eq(function(variable).diff(variable), slope)
    answers: Any = sympy.dsolve(equation, function(variable), ics=condition)
    found: list[Any] = []
    for answer in answers if isinstance(answers, list) else [answers]:
        if answer.lhs == function(variable) and not answer.rhs.has(function):
            tree = _translated(answer.rhs, symbols)
            if tree is not None and state not in names(decode(tree)):
                found.append(tree)
    return found


def _translated(solution: Any, symbols: Symbols) -> list[Any] | None:
    try:
        return encode(from_sympy(solution, symbols))
    except UntranslatableError:
        return None


TASKS: Mapping[str, Callable[[Mapping[str, Any]], list[Any]]] = {"solve": solve, "course": course}


def answer(line: str) -> dict[str, Any]:
    """Return the answer to one line: `{"found": […]}` or `{"failed": kind}`."""
    try:
        question = json.loads(line)
        return {"found": TASKS[question["task"]](question)}
    except MemoryError:
        return {"failed": "memory"}
    except Exception as error:
        # sympy raises whatever its algorithms stumble on; for the caller it is "no answer".
        return {"failed": type(error).__name__}


def main() -> None:
    """Answer questions until the input ends."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(RECURSION)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)


def _end_with_parent(parent: int) -> None:
    """End at once when the parent is gone, even in the middle of a calculation."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
