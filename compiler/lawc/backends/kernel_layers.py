"""Write the layers of a tanh network as C: forward with all channels, and back to the weights.

Each function goes through one tile of points. Matrix products stand in `kernel.h`; between them
each neuron carries its channels by `channel_formulas`. The derivative channels of the first layer
are constants of its neurons, unless coordinates are functions of the inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lawc.backends.channel_formulas import backward, forward
from lawc.backends.operators import Algebra

Reads = dict[tuple[int, int], list[tuple[int, float]]]
"""By channel and output, the operators that read it and by what factor."""


class Layers:
    """C functions of the layers."""

    def __init__(self, sizes: Sequence[int], algebra: Algebra, read: Reads, before: bool) -> None:
        """Take what the layers are.

        Args:
            sizes: Of the layers, coordinates first.
            algebra: Of the channels.
            read: What is read of the outputs.
            before: Whether coordinates are functions of the inputs.
        """
        self.algebra = algebra
        self.channels = len(algebra)
        self.inputs, *self.widths, self.outputs = sizes
        self.read = read
        self.before = before
        self.shapes = sorted(set(pairwise(self.widths)))
        self.first = self._first_channels()

    @property
    def functions(self) -> list[str]:
        """All functions, in an order in which they can be compiled."""
        inner = sorted(set(list(pairwise(self.widths))[1:]))
        return [
            *(self._neurons(a, b) for a, b in self.shapes),
            self._first_forward(),
            self._output(),
            self._last_backward(),
            *(self._products_back(a, b) for a, b in self.shapes),
            *(self._neurons_back(a, b) for a, b in inner),
            self._first_backward(),
        ]

    def _first_channels(self) -> dict[int, list[tuple[int, float]]]:
        """Return the channels that the first layer gives to its neurons, as sums of weights."""
        found: dict[int, list[tuple[int, float]]] = {}
        for channel, operator in enumerate(self.algebra.basis[1:], start=1):
            for index, value in operator.items():
                if sum(index) == 1:
                    found.setdefault(channel, []).append((index.index(1), float(value)))
        return found

    def _first_forward(self) -> str:
        width, inputs = self.widths[0], range(self.inputs)
        names = {0: "h0"}
        constant, at_point = [], []
        for i in inputs:
            constant.append(f"const vec w{i} = AT(p + W1 + {i} * UP({width}) + v);")
        total = " + ".join(f"w{i} * x[{i} * stride + t]" for i in inputs)
        at_point.append(f"const vec h0 = b + {total};")
        if self.before:
            for c in range(1, self.channels):
                text = " + ".join(f"w{i} * x[{c * self.inputs + i} * stride + t]" for i in inputs)
                at_point.append(f"const vec h{c} = {text};")
                names[c] = f"h{c}"
        else:
            for c, terms in self.first.items():
                text = " + ".join(f"R({factor.hex()}) * w{i}" for i, factor in terms)
                constant.append(f"const vec h{c} = {text};")
                names[c] = f"h{c}"
        statements, found = forward(self.algebra, names)
        stores = _stores(found, self.channels, f"UP({width})", "y")
        return f"""static void first_forward(const real *x, int64_t stride, const real *p, real *y)
{{
    for (int v = 0; v < UP({width}); v += LANES) {{
        const vec b = AT(p + B1 + v);
        {joined(constant, 8)}
        for (int t = 0; t < T; t++) {{
            {joined([*at_point, *statements, *stores], 12)}
        }}
    }}
}}
"""

    def _neurons(self, low: int, high: int) -> str:
        names = {c: f"h{c}" for c in range(self.channels)}
        loads = [f"const vec h{c} = AT(y + ({c} * T + t) * UP({high}) + v);" for c in names]
        loads[0] = f"const vec h0 = AT(y + t * UP({high}) + v) + AT(b + v);"
        statements, found = forward(self.algebra, names)
        stores = _stores(found, self.channels, f"UP({high})", "y")
        return f"""APART products_{low}_{high}(const real *x, const real *w, real *y)
{{
#define STEP(first, vectors) panel(C * T, vectors, {low}, x, UP({low}), 1, \\
    w + (first) * LANES, UP({high}), y + (first) * LANES, UP({high}), 0)
    PANELS({high}, STEP);
#undef STEP
}}
APART neurons_{low}_{high}(real *y, const real *b)
{{
    for (int t = 0; t < T; t++)
        for (int v = 0; v < UP({high}); v += LANES) {{
            {joined([*loads, *statements, *stores], 12)}
        }}
}}
"""

    def _output(self) -> str:
        width = f"UP({self.widths[-1]})"
        calls = []
        for c in sorted({channel for channel, _ in self.read}):
            for first, count in _runs(sorted(o for channel, o in self.read if channel == c)):
                weights = f"p + WL + {first} * {width}, {f'p + BL + {first}' if c == 0 else '0'}"
                to = f"u + ({c} * {self.outputs} + {first}) * T"
                calls.append(f"all_said({count}, {width}, y + {c} * T * {width}, {weights}, {to});")
        return f"""static void output(const real *y, const real *p, real *u)
{{
    {joined(calls, 4)}
}}
"""

    def _last_backward(self) -> str:
        """Return the slope through the output and the last layer of neurons."""
        width = self.widths[-1]
        used = sorted({o for _, o in self.read})
        before = [f"const vec o{o} = AT(p + WL + {o} * UP({width}) + v);" for o in used]
        before += [f"vec g{o} = AT(g + GL + {o} * UP({width}) + v);" for o in used]
        after = [f"AT(g + GL + {o} * UP({width}) + v) = g{o};" for o in used]
        inner = []
        slopes: dict[int, str] = {}
        for c in range(self.channels):
            inner.append(f"const vec y{c} = AT(y + ({c} * T + t) * UP({width}) + v);")
            terms = []
            for o in used:
                if (c, o) in self.read:
                    place = f"q[({c} * {self.outputs} + {o}) * T + t]"
                    inner.append(f"const vec q{c}_{o} = spread({place});")
                    inner.append(f"g{o} += q{c}_{o} * y{c};")
                    terms.append(f"q{c}_{o} * o{o}")
            if terms:
                inner.append(f"const vec b{c} = {' + '.join(terms)};")
                slopes[c] = f"b{c}"
        offsets = [
            f"for (int t = from; t < to; t++) g[HL + {o}] += q[{o} * T + t];"
            for c, o in sorted(self.read)
            if c == 0
        ]
        names = {c: f"y{c}" for c in range(self.channels)}
        if len(self.widths) == 1:
            first, inner_more, last = self._first_slopes(names, slopes)
        else:
            statements, found = backward(self.algebra, names, slopes, range(self.channels))
            first, last = [], []
            inner_more = [*statements, *_stores(found, self.channels, f"UP({width})", "b")]
        return f"""static void last_backward(const real *y, const real *p, const real *q, real *b,
    real *g, const real *x, int64_t stride, int from, int to)
{{
    {joined(offsets, 4)}
    for (int v = 0; v < UP({width}); v += LANES) {{
        {joined([*before, *first], 8)}
        for (int t = from; t < to; t++) {{
            {joined([*inner, *inner_more], 12)}
        }}
        {joined([*after, *last], 8)}
    }}
}}
"""

    def _products_back(self, low: int, high: int) -> str:
        """Return the slope by a matrix and its offset, and the matrix product towards its input."""
        return f"""APART weights_{low}_{high}(const real *b, const real *x, real *g, real *h)
{{
#define STEP(first, vectors) panel({high}, vectors, C * T, b, 1, UP({high}), \\
    x + (first) * LANES, UP({low}), g + (first) * LANES, UP({low}), 1)
    PANELS({low}, STEP);
#undef STEP
    for (int v = 0; v < UP({high}); v += LANES) {{
        vec s = AT(h + v);
        for (int t = 0; t < T; t++) s += AT(b + t * UP({high}) + v);
        AT(h + v) = s;
    }}
}}
APART weights_at_{low}_{high}(const real *b, const real *x, real *g, real *h, int t)
{{
#define STEP(first, vectors) panel({high}, vectors, C, b + t * UP({high}), 1, T * UP({high}), \\
    x + t * UP({low}) + (first) * LANES, T * UP({low}), g + (first) * LANES, UP({low}), 0)
    PANELS({low}, STEP);
#undef STEP
    memcpy(h, b + t * UP({high}), UP({high}) * sizeof(real));
}}
APART towards_{low}_{high}(const real *b, const real *w, real *c)
{{
#define STEP(first, vectors) panel(C * T, vectors, {high}, b, UP({high}), 1, \\
    w + (first) * LANES, UP({low}), c + (first) * LANES, UP({low}), 0)
    PANELS({low}, STEP);
#undef STEP
}}
"""

    def _neurons_back(self, low: int, high: int) -> str:
        place = f"* T + t) * UP({low}) + v)"
        names = {c: f"y{c}" for c in range(self.channels)}
        slopes = {c: f"b{c}" for c in range(self.channels)}
        loads = [f"const vec y{c} = AT(y + ({c} {place};" for c in names]
        loads += [f"const vec b{c} = AT(b + ({c} {place};" for c in names]
        statements, found = backward(self.algebra, names, slopes, range(self.channels))
        stores = _stores(found, self.channels, f"UP({low})", "b")
        return f"""APART neurons_back_{low}_{high}(const real *y, real *b)
{{
    for (int t = 0; t < T; t++)
        for (int v = 0; v < UP({low}); v += LANES) {{
            {joined([*loads, *statements, *stores], 12)}
        }}
}}
"""

    def _first_slopes(
        self, names: dict[int, str], slopes: dict[int, str]
    ) -> tuple[list[str], list[str], list[str]]:
        """Return what stands before, inside and after the loop over points in the first layer."""
        width, inputs = self.widths[0], range(self.inputs)
        wanted = list(range(self.channels)) if self.before else [0, *self.first]
        statements, found = backward(self.algebra, names, slopes, wanted)
        first = [f"vec n{i} = AT(g + G1 + {i} * UP({width}) + v);" for i in inputs]
        last = [f"AT(g + G1 + {i} * UP({width}) + v) = n{i};" for i in inputs]
        inner = [*statements]
        if 0 in found:
            first.append("vec n = AT(g + H1 + v);")
            inner.append("n += d0;")
            last.append("AT(g + H1 + v) = n;")
            inner += [f"n{i} += d0 * x[{i} * stride + t];" for i in inputs]
        for c in sorted(set(found) - {0}):
            if self.before:
                inner += [f"n{i} += d{c} * x[{c * self.inputs + i} * stride + t];" for i in inputs]
            else:
                first.append(f"vec m{c} = spread(0);")
                inner.append(f"m{c} += d{c};")
                last = [f"n{i} += R({f.hex()}) * m{c};" for i, f in self.first[c]] + last
        return first, inner, last

    def _first_backward(self) -> str:
        if len(self.widths) == 1:
            return ""
        width = self.widths[0]
        names = {c: f"y{c}" for c in range(self.channels)}
        slopes = {c: f"b{c}" for c in range(self.channels)}
        place = f"* T + t) * UP({width}) + v)"
        loads = [f"const vec y{c} = AT(y + ({c} {place};" for c in names]
        loads += [f"const vec b{c} = AT(b + ({c} {place};" for c in names]
        first, inner, last = self._first_slopes(names, slopes)
        return f"""static void first_backward(const real *y, const real *b, real *g, const real *x,
    int64_t stride, int from, int to)
{{
    for (int v = 0; v < UP({width}); v += LANES) {{
        {joined(first, 8)}
        for (int t = from; t < to; t++) {{
            {joined([*loads, *inner], 12)}
        }}
        {joined(last, 8)}
    }}
}}
"""


def _stores(found: dict[int, str], channels: int, width: str, to: str) -> list[str]:
    """Return statements that store all channels; one that is left out is zero."""
    return [
        f"AT({to} + ({c} * T + t) * {width} + v) = {found.get(c, 'spread(0)')};"
        for c in range(channels)
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first of each run of numbers that follow one another, and how many they are."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == sum(found[-1]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((number, 1))
    return found


def joined(statements: Sequence[str], indent: int) -> str:
    """Return statements on lines of their own."""
    return ("\n" + " " * indent).join(statements)
