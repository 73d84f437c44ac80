"""Write a residual and its slope as C: channels, tape, cost and the way back in one pass.

A tile of points goes through all layers and back while it is in the processor's cache, so memory
does not grow with their number. Matrix products stand in `kernel.h`; what is written here is the
order of things and the tape with its adjoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import torch

from lawc.backends.adjoint import with_adjoint
from lawc.backends.collapsing import Collapsed, collapsed
from lawc.backends.kernel_layers import Layers, Reads, joined
from lawc.backends.operators import Algebra, algebra
from lawc.backends.statement import Statement
from lawc.forms.tape import Tape
from lawc.native.formulas import lines, literal, prelude

FLAGS = ("-fno-trapping-math",)
WIDEST = 256
"""Wider layers are left to a library of matrix products."""
MOST_CHANNELS = 40
_CACHE = 1 << 20
"""Bytes that the channels of a tile may take."""


@dataclass(frozen=True, eq=False)
class Plan:
    """How a statement is evaluated by generated code.

    Attributes:
        statement: What is zero.
        collapsed: Its tape on operators.
        algebra: The channels that these need.
        adjoint: The tape with its slope by each operator.
        points: How many make a tile.
        real: The C type of the network.
    """

    statement: Statement
    collapsed: Collapsed
    algebra: Algebra
    adjoint: Tape
    points: int
    real: str

    @cached_property
    def source(self) -> str:
        """The C text."""
        return _Writer(self).text


@lru_cache(maxsize=64)
def plan(statement: Statement, dtype: torch.dtype) -> Plan | None:
    """Return how generated code evaluates a statement; None where it cannot."""
    if len(statement.sizes) < 3 or max(statement.sizes[1:]) > WIDEST:
        return None
    if dtype not in (torch.float32, torch.float64):
        return None
    found = collapsed(statement)
    if not found.reads:
        return None
    adjoint = with_adjoint(found.tape, found.tape.inputs[: len(found.reads)])
    if adjoint is None:
        return None
    channels = algebra([dict(read.operator) for read in found.reads], len(statement.inputs))
    written = lines(adjoint, ["x"] * len(adjoint.inputs))
    if len(channels) > MOST_CHANNELS or written is None or any(t for _, t in written.outputs):
        return None
    size = 4 if dtype is torch.float32 else 8
    bytes_each = sum(statement.sizes[1:-1]) * len(channels) * size
    points = next((n for n in (48, 24) if n * bytes_each <= _CACHE), 24)
    real = "float" if dtype is torch.float32 else "double"
    return Plan(statement, found, channels, adjoint, points, real)


class _Writer:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        sizes = plan.statement.sizes
        self.inputs, *self.widths, self.outputs = sizes
        self.read: Reads = {}
        for k, (read, terms) in enumerate(
            zip(plan.collapsed.reads, plan.algebra.reads, strict=True)
        ):
            for channel, factor in terms:
                self.read.setdefault((channel, read.output - 1), []).append((k, factor))
        self.layers = Layers(sizes, plan.algebra, self.read, plan.statement.before is not None)

    @property
    def text(self) -> str:
        single = "#define SINGLE\n" if self.plan.real == "float" else ""
        head = f"""{single}#define real {self.plan.real}
#define T {self.plan.points}
#define C {len(self.plan.algebra)}
"""
        parts = [prelude(), head, _beside("kernel.h"), self._places(), *self.layers.functions]
        return "\n".join(
            [*parts, self._stage(False), self._stage(True), self._tile(), _beside("kernel_end.h")]
        )

    def _places(self) -> str:
        weights: list[tuple[str, str]] = [
            ("W1", f"{self.inputs} * UP({self.widths[0]})"),
            ("B1", f"UP({self.widths[0]})"),
        ]
        slopes = [("G1", weights[0][1]), ("H1", weights[1][1])]
        for k, (low, high) in enumerate(pairwise(self.widths), start=2):
            weights += [
                (f"W{k}", f"{low} * UP({high})"),
                (f"V{k}", f"{high} * UP({low})"),
                (f"B{k}", f"UP({high})"),
            ]
            slopes += [(f"G{k}", f"{high} * UP({low})"), (f"H{k}", f"UP({high})")]
        last = self.widths[-1]
        weights += [("WL", f"{self.outputs} * UP({last})"), ("BL", f"UP({self.outputs})")]
        slopes += [("GL", f"{self.outputs} * UP({last})"), ("HL", f"UP({self.outputs})")]
        work = [(f"Y{k}", f"C * T * UP({w})") for k, w in enumerate(self.widths, start=1)]
        widest = max(self.widths)
        work += [("S0", f"C * T * UP({widest})"), ("S1", f"C * T * UP({widest})")]
        work += [("U", f"UP(C * {self.outputs} * T)"), ("Q", f"UP(C * {self.outputs} * T)")]
        return "\n".join(
            [
                _offsets(weights, "PACKED"),
                _offsets(slopes, "SLOPE"),
                _offsets(work, "WORK"),
                self._table(),
            ]
        )

    def _table(self) -> str:
        """Return the table by which weights are packed and slopes gathered."""
        rows = [f"{{{self.inputs}, {self.widths[0]}, W1, -1, B1, G1, H1}}"]
        for k, (low, high) in enumerate(pairwise(self.widths), start=2):
            rows.append(f"{{{low}, {high}, W{k}, V{k}, B{k}, G{k}, H{k}}}")
        rows.append(f"{{{self.widths[-1]}, {self.outputs}, -1, WL, BL, GL, HL}}")
        body = ",\n    ".join(rows)
        names = "in, out, across, along, offset, slope, slope_offset"
        return f"static const struct {{ int {names}; }} layers[] = {{\n    {body}\n}};"

    def _stage(self, one: bool) -> str:
        """Return rows, their cost, and what it says of each channel of each output.

        Args:
            one: Whether the slope is of one weighted row, not of the cost.
        """
        reads, held = len(self.plan.collapsed.reads), len(self.plan.collapsed.held)
        rows = len(self.plan.statement.rows)
        body = []
        for c, o in sorted(self.read):
            body.append(f"const vd u{c}_{o} = wide(u + ({c} * {self.outputs} + {o}) * T + t);")
        sums: dict[int, list[str]] = {}
        for (c, o), terms in sorted(self.read.items()):
            for k, factor in terms:
                times = "" if factor == 1.0 else f"{literal(factor)} * "
                sums.setdefault(k, []).append(f"{times}u{c}_{o}")
        body += [f"const vd a{k} = {' + '.join(sums[k])};" for k in range(reads)]
        body += [f"const vd k{j} = load(d + {j + 1} * stride + t);" for j in range(held)]
        body.append("const vd q = load(d + t);")
        names = [*(f"a{k}" for k in range(reads)), *(f"k{j}" for j in range(held))]
        tape = self.plan.adjoint
        texts = [*names, *("" for _ in range(rows))]
        rows_at = [
            texts[register] if register < len(names) else f"s{register}"
            for _, register in tape.outputs[:rows]
        ]
        bars = [f"e{r}" if one else f"(e{r} * {text})" for r, text in enumerate(rows_at)]
        for r in range(rows):
            says = f"number == {r} ? f{r} : all(0)" if one else f"2 * f{r} * f{r}"
            body.append(f"const vd f{r} = factor[{r}] * q, e{r} = {says};")
        written = lines(tape, [*names, *bars])
        if written is None:  # pragma: no cover
            raise AssertionError("a tape that was written once cannot be written")
        body += written.statements
        for r in range(0 if one else rows):
            body.append(f"const vd r{r} = f{r} * {written.outputs[r][0]};")
            body.append(f"cost += r{r} * r{r};")
            body.append(f"if (out) store(out + {r} * out_stride + t, r{r});")
        slopes = [text for text, _ in written.outputs[rows:]]
        for (c, o), terms in sorted(self.read.items()):
            parts = [
                (f"{literal(factor)} * " if factor != 1.0 else "") + f"({slopes[k]})"
                for k, factor in terms
            ]
            place = f"q_ + ({c} * {self.outputs} + {o}) * T + t"
            body.append(f"narrow({place}, {' + '.join(parts)});")
        if one:
            return f"""static void stage_of_row(const real *u, const double *d, int64_t stride,
    const double *factor, real *q_, int number)
{{
    for (int t = 0; t < T; t += W) {{
        {joined(body, 8)}
    }}
}}
"""
        return f"""static double stage(const real *u, const double *d, int64_t stride,
    const double *factor, real *q_, double *out, int64_t out_stride)
{{
    vd cost = all(0);
    for (int t = 0; t < T; t += W) {{
        {joined(body, 8)}
    }}
    double sum = 0;
    EACH(k) sum += cost[k];
    return sum;
}}
"""

    def _tile(self) -> str:
        """Return a tile's cost and slope, and the slope of each of its rows at each point."""
        ahead: list[str] = []
        back: list[str] = []
        each: list[str] = []
        pairs = list(pairwise(self.widths))
        for k, (low, high) in enumerate(pairs, start=2):
            ahead.append(f"products_{low}_{high}(w + Y{k - 1}, p + W{k}, w + Y{k});")
            ahead.append(f"neurons_{low}_{high}(w + Y{k}, p + B{k});")
        for k, (low, high) in reversed(list(enumerate(pairs, start=2))):
            here, there = f"S{(len(pairs) + 1 - k) % 2}", f"S{(len(pairs) - k) % 2}"
            given = f"w + {here}, w + Y{k - 1}"
            back.append(f"weights_{low}_{high}({given}, g + G{k}, g + H{k});")
            each.append(
                f"EACH_POINT weights_at_{low}_{high}({given}, G(t) + G{k}, G(t) + H{k}, t);"
            )
            more = [f"towards_{low}_{high}(w + {here}, p + V{k}, w + {there});"]
            if k > 2:
                more.append(f"neurons_back_{low}_{high}(w + Y{k - 1}, w + {there});")
            back += more
            each += more
            if k == 2:
                first = f"first_backward(w + Y1, w + {there}, "
                back.append(f"{first}g, x, stride, 0, T);")
                each.append(f"EACH_POINT {first}G(t), x, stride, t, t + 1);")
        last = f"last_backward(w + Y{len(self.widths)}, p, w + Q, w + S0, "
        return f"""enum {{ ROWS_COUNT = {len(self.plan.statement.rows)} }};
static double ahead(const real *x, const double *d, int64_t stride, const double *factor,
    const real *p, real *w, double *out, int64_t out_stride)
{{
    first_forward(x, stride, p, w + Y1);
    {joined(ahead, 4)}
    output(w + Y{len(self.widths)}, p, w + U);
    return stage(w + U, d, stride, factor, w + Q, out, out_stride);
}}
static void back(const real *x, int64_t stride, const real *p, real *g, real *w)
{{
    {last}g, x, stride, 0, T);
    {joined(back, 4)}
}}
#define EACH_POINT for (int t = 0; t < T; t++)
#define G(t) (g + (t) * SLOPE)
static void back_each(const real *x, int64_t stride, const real *p, real *g, real *w)
{{
    memset(g, 0, T * SLOPE * sizeof(real));
    EACH_POINT {last}G(t), x, stride, t, t + 1);
    {joined(each, 4)}
}}
"""


def _offsets(sizes: Sequence[tuple[str, str]], whole: str) -> str:
    parts = []
    previous = "0"
    for name, size in sizes:
        parts.append(f"{name} = {previous}")
        previous = f"{name} + {size}"
    return f"enum {{ {', '.join(parts)}, {whole} = {previous} }};"


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
