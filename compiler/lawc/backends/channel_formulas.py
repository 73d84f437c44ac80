"""Write what a neuron does to its channels as C: forward, and back.

Channels multiply as an `Algebra` says. With δ the channels of h but its value, those of tanh h are
Σ tanh⁽ᵏ⁾(h₀)/k!·δᵏ, a finite sum. Back, tanh′(h) = 1 − tanh(h)² holds in the algebra too, so the
channels of what the layer gave are all that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lawc.backends.operators import Algebra

Terms = dict[int, str]
"""A C expression for each channel; one that is left out is zero."""


def forward(algebra: Algebra, inputs: Mapping[int, str]) -> tuple[list[str], Terms]:
    """Return statements, and the channels of tanh.

    Args:
        algebra: How channels multiply.
        inputs: The channels of h, as names; the value at least.
    """
    lines = [f"const vec y0 = hyperbolic({inputs[0]}), t1 = 1 - y0 * y0;"]
    delta = {k: name for k, name in inputs.items() if k}
    totals: dict[int, list[str]] = {k: [f"t1 * {name}"] for k, name in delta.items()}
    power, order = delta, 1
    while True:
        order += 1
        raised: Terms = {}
        for i, parts in enumerate(algebra.products):
            text = _sum_of_products(_paired(parts, delta, power, order == 2), delta, power)
            if text:
                raised[i] = f"p{order}_{i}"
                lines.append(f"const vec p{order}_{i} = {text};")
        if not raised:
            break
        lines.append(f"const vec t{order} = {_taylor(order)};")
        for i, name in raised.items():
            totals.setdefault(i, []).append(f"t{order} * {name}")
        power = raised
    found: Terms = {0: "y0"}
    for i, terms in sorted(totals.items()):
        lines.append(f"const vec y{i} = {' + '.join(terms)};")
        found[i] = f"y{i}"
    return lines, found


def backward(
    algebra: Algebra, outputs: Mapping[int, str], slopes: Mapping[int, str], wanted: Sequence[int]
) -> tuple[list[str], Terms]:
    """Return statements, and what the cost says of the channels of h.

    Args:
        algebra: How channels multiply.
        outputs: The channels of tanh h, as names.
        slopes: What the cost says of those, as names.
        wanted: The channels of h that are asked for.
    """
    lines, derivative = [], {0: "s0"}
    lines.append(f"const vec s0 = 1 - {outputs[0]} * {outputs[0]};")
    needed = {k for i in slopes for _, k, _ in algebra.products[i]} | set(slopes)
    for i in sorted(needed - {0}):
        parts = _paired(algebra.products[i], outputs, outputs, True)
        first = [f"-2 * {outputs[0]} * {outputs[i]}"] if i in outputs else []
        square = _sum_of_products(parts, outputs, outputs)
        text = (first[0] if first else "") + (f" - ({square})" if square else "")
        if text:
            lines.append(f"const vec s{i} = {text};")
            derivative[i] = f"s{i}"
    found: Terms = {}
    for j in wanted:
        terms: list[str] = []
        if j in slopes:
            terms.append(f"s0 * {slopes[j]}")
        for i, slope in slopes.items():
            if j == 0 and i and i in derivative:
                terms.append(f"{derivative[i]} * {slope}")
            for one, k, factor in algebra.products[i]:
                if one == j and k in derivative:
                    terms.append(f"{_times(factor)}{derivative[k]} * {slope}")
        if terms:
            lines.append(f"const vec d{j} = {' + '.join(terms)};")
            found[j] = f"d{j}"
    return lines, found


def _taylor(order: int) -> str:
    """Return a coefficient of the Taylor series of tanh: y′ = 1 − y² order by order."""
    names = ["y0", *(f"t{k}" for k in range(1, order))]
    last = order - 1
    terms = []
    for j in range(last + 1):
        k = last - j
        if j < k:
            terms.append(f"2 * {names[j]} * {names[k]}")
        elif j == k:
            terms.append(f"{names[j]} * {names[j]}")
    return f"R(-1.0 / {order}) * ({' + '.join(terms)})"


def _paired(
    parts: Sequence[tuple[int, int, float]],
    one: Mapping[int, str],
    other: Mapping[int, str],
    same: bool,
) -> list[tuple[int, int, float]]:
    """Return the products that are not zero; of a square, each of two once with both factors."""
    known = [(j, k, factor) for j, k, factor in parts if j in one and k in other]
    if not same:
        return known
    found: dict[tuple[int, int], float] = {}
    for j, k, factor in known:
        key = (min(j, k), max(j, k))
        found[key] = found.get(key, 0.0) + factor
    return [(j, k, factor) for (j, k), factor in found.items() if factor]


def _sum_of_products(
    parts: Sequence[tuple[int, int, float]], one: Mapping[int, str], other: Mapping[int, str]
) -> str:
    return " + ".join(f"{_times(factor)}{one[j]} * {other[k]}" for j, k, factor in parts)


def _times(factor: float) -> str:
    return "" if factor == 1.0 else f"R({factor.hex()}) * "
