"""Carry out a tape on columns of many rows by generated C, on all cores."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lawc.forms.tape import Tape
from lawc.native.compiling import shared_library
from lawc.native.formulas import FLAGS, lines, prelude
from lawc.native.memory import columns
from lawc.native.threads import in_parts

Array = NDArray[np.float64]

MANY = 1 << 17
"""Rows of a thread from which answers leave the processor's cache before anybody reads them."""


def evaluator_source(tape: Tape) -> str | None:
    """Return C that carries out a tape on rows; None where a step has no form in C.

    Its function `rows` takes a number of rows, a column for each input with its stride (1, or 0
    for one value, which then stands there as often as a vector is long), and a column for each
    output (doubles, or bytes for truths). It returns whether an output is not finite.
    """
    written = lines(tape, [f"s{number}" for number in range(len(tape.inputs))])
    if written is None or not tape.outputs:
        return None
    ahead = [
        f"__builtin_prefetch(in[{k}] + (i + AHEAD) * step[{k}]);" for k in range(len(tape.inputs))
    ]
    loads = [
        f"const vd s{k} = load(in[{k}] + i * step[{k}]); /* {_comment(name)} */"
        for k, name in enumerate(tape.inputs)
    ]
    stores = []
    for k, ((text, truth), (name, _)) in enumerate(zip(written.outputs, tape.outputs, strict=True)):
        if truth:
            stores.append(f"store_truth((uint8_t *)out[{k}] + i, {text}); /* {_comment(name)} */")
        else:
            stores.append(f"put((double *)out[{k}] + i, {text}, past); /* {_comment(name)} */")
            stores.append(f"odd |= (vi)({text} - {text} != 0);")
    body = "\n    ".join([*ahead, *loads, *written.statements, *stores])
    count, results = max(1, len(tape.inputs)), len(tape.outputs)
    sizes = ", ".join("1" if truth else "8" for _, truth in written.outputs)
    places = [f"(uintptr_t)out[{k}]" for k, (_, truth) in enumerate(written.outputs) if not truth]
    lines_begin = f"({' | '.join(places) or '0'}) % 64 == 0"
    return f"""{prelude()}
#define AHEAD 512

IN void put(double *to, vd x, int past)
{{
    if (past) store_past(to, x);
    else store(to, x);
}}

IN vi group(const double *const *in, const int64_t *step, void *const *out, int64_t i, int past)
{{
    vi odd = {{0}};
    {body}
    return odd;
}}

int rows(int64_t n, const double *const *columns, const int64_t *steps, void *const *results)
{{
    const double *in[{count}];
    int64_t step[{count}], whole = n - n % W;
    void *out[{results}];
    vi odd = {{0}};
    for (int k = 0; k < {len(tape.inputs)}; k++) in[k] = columns[k], step[k] = steps[k];
    for (int k = 0; k < {results}; k++) out[k] = results[k];
    if (n >= {MANY} && {lines_begin}) {{
        for (int64_t i = 0; i < whole; i += W) odd |= group(in, step, out, i, 1);
        settle();
    }} else {{
        for (int64_t i = 0; i < whole; i += W) odd |= group(in, step, out, i, 0);
    }}
    if (whole < n) {{
        /* The last rows, filled up with the last one. */
        static const int size[{results}] = {{{sizes}}};
        double given[{count}][W], found[{results}][W];
        for (int k = 0; k < {len(tape.inputs)}; k++) {{
            EACH(j) {{
                int64_t row = whole + j < n ? whole + j : n - 1;
                given[k][j] = columns[k][row * steps[k]];
            }}
            in[k] = given[k], step[k] = 0;
        }}
        for (int k = 0; k < {results}; k++) out[k] = found[k];
        odd |= group(in, step, out, 0, 0);
        for (int k = 0; k < {results}; k++)
            memcpy((char *)results[k] + whole * size[k], found[k], (n - whole) * size[k]);
    }}
    return any(odd);
}}
"""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A tape as compiled C."""

    tape: Tape
    truths: tuple[bool, ...]
    _function: ctypes._NamedFuncPointer

    def __call__(self, values: Sequence[Array], rows: int) -> tuple[list[NDArray], bool]:
        """Return the outputs, shape (rows,), and whether all of them are finite.

        Args:
            values: Float64 arrays of shape (rows,) or (), one for each input.
            rows: How many.
        """
        held = [
            np.ascontiguousarray(v) if v.ndim else np.full(8, v, dtype=np.float64) for v in values
        ]
        steps = [int(v.ndim) for v in values]
        found: list[NDArray] = [
            np.empty(rows, dtype=bool) if truth else columns(1, rows)[0] for truth in self.truths
        ]
        stride = (ctypes.c_int64 * len(steps))(*steps)

        def part(first: int, last: int) -> int:
            given = (ctypes.c_void_p * len(held))(
                *(v.ctypes.data + 8 * first * s for v, s in zip(held, steps, strict=True))
            )
            results = (ctypes.c_void_p * len(found))(
                *(v.ctypes.data + v.itemsize * first for v in found)
            )
            return self._function(last - first, given, stride, results)

        odd = in_parts(part, rows)
        return found, not any(odd)


@lru_cache(maxsize=256)
def evaluator(tape: Tape) -> Evaluator | None:
    """Return a tape as compiled C; None where it has no form in C or there is no compiler."""
    text = evaluator_source(tape)
    library = None if text is None else shared_library(text, FLAGS, ["rows"])
    written = lines(tape, [""] * len(tape.inputs))
    if library is None or written is None:
        return None
    function = library.rows
    function.restype = ctypes.c_int
    function.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    return Evaluator(tape, tuple(truth for _, truth in written.outputs), function)


def _comment(name: str) -> str:
    """Return a name so that no text of an author can end a comment."""
    return "".join(c for c in name if c.isalnum() or c in "_' .")
