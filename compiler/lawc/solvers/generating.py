"""Write the C program that follows many trajectories of one system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lawc.forms.tape import Tape
from lawc.native.formulas import lines, prelude
from lawc.solvers.tableaux import rodas, steps
from lawc.solvers.trajectories import System

SYMBOL = "follow_all"
MOST_STATES = 200
MOST_STEPS = 8_000
"""Longer tapes are not written as C: a compiler would take too long."""
LONG = 1_500
"""From here on the compiler rather hurries."""


def length(system: System, watched: Tape | None = None) -> int:
    """Return how many steps all tapes of a system have."""
    tapes = [system.rates, system.slopes, watched, system.drift, system.conditions, *system.resets]
    return sum(len(tape.steps) for tape in tapes if tape is not None)


def source(system: System, watched: Tape | None = None) -> str | None:
    """Return the program, or None where the system is too large or has no form in C.

    Args:
        system: What trajectories follow.
        watched: From the same inputs to values whose largest size is wanted.
    """
    size = len(system.states)
    if size > MOST_STATES or length(system, watched) > MOST_STEPS:
        return None
    names = [
        *(f"y[{k}]" for k in range(size)),
        "t",
        *(f"p[{k}]" for k in range(len(system.parameters))),
    ]
    parts: list[str | None] = [
        "#define ONE_LANE",
        prelude(),
        f"#define N {size}",
        f"#define P {len(system.parameters)}",
        f"#define K {0 if watched is None else len(watched.outputs)}",
        f"#define E {len(system.resets)}",
        f"#define RODAS {int(system.slopes is not None)}",
        _function("law_rates", system.rates, names, [f"to[{k}]" for k in range(size)]),
    ]
    if system.slopes is not None and system.drift is not None:
        places = [f"to[{i * size + j}]" for i, j in system.entries]
        drifts = [f"to[{k}]" for k in range(size)]
        parts.append(_function("law_slopes", system.slopes, names, places))
        parts.append(_function("law_drift", system.drift, names, drifts))
        parts.append(rodas())
    if watched is not None:
        targets = [f"to[{k}]" for k in range(len(watched.outputs))]
        parts.append(_function("law_watched", watched, names, targets))
    if system.conditions is not None:
        parts += _events(system, names)
    if any(part is None for part in parts):
        return None
    run, stepping, engine = (
        Path(__file__).with_name(name).read_text(encoding="utf-8")
        for name in ("run.h", "stepping.h", "engine.c")
    )
    return "\n".join([*map(str, parts), run, steps(), stepping, engine])


def _events(system: System, inputs: Sequence[str]) -> list[str | None]:
    """Return the functions that test events and carry them out."""
    assert system.conditions is not None
    targets = [f"to[{k}]" for k in range(len(system.resets))]
    parts = [_function("law_conditions", system.conditions, inputs, targets)]
    cases: list[str] = []
    for number, reset in enumerate(system.resets):
        if reset is None:
            continue
        states = [f"to[{k}]" for k in range(len(system.states))]
        parts.append(_function(f"law_reset{number}", reset, inputs, states))
        cases.append(f"    case {number}: law_reset{number}(t, y, p, to); break;")
    stops = ", ".join(str(int(reset is None)) for reset in system.resets)
    parts.append(f"static const char law_stops[] = {{{stops}}};")
    head = "static void law_reset(int e, vd t, const double *y, const double *p, double *to)"
    parts.append("\n".join([head, "{", "    switch (e) {", *cases, "    }", "}"]))
    return parts


def _function(name: str, tape: Tape, inputs: Sequence[str], targets: Sequence[str]) -> str | None:
    """Return a C function that carries out a tape on numbers."""
    written = lines(tape, inputs)
    if written is None:
        return None
    body = [f"    {line}" for line in written.statements]
    for target, (text, truth) in zip(targets, written.outputs, strict=True):
        body.append(f"    {target} = {f'{text} & 1' if truth else text};")
    return "\n".join(
        [
            f"static inline void {name}(vd t, const double *restrict y, "
            "const double *restrict p, double *restrict to)",
            "{",
            *body,
            "}",
        ]
    )
