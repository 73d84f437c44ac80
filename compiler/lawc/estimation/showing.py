"""Show an estimate: as text, as a table of a terminal, as HTML, as plain data for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from lawc.estimation.estimate import Estimate

_CORRELATED = 0.95
_SHOWN = 12


def plain(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as lists, numbers and strings."""
    return {
        "law": estimate.source.identity,
        "version": estimate.source.version,
        "digest": estimate.digest,
        "signature": str(estimate.signature),
        "parameters": [
            {
                "name": name,
                "unit": estimate.units[name],
                "value": estimate.values[name],
                "standard_error": _number(estimate.standard_errors[name]),
                "interval": [_number(end) for end in estimate.intervals[name]],
                "determined": estimate.determined[name],
                "bound": estimate.stopped.get(name),
                "open": estimate.open_ends.get(name),
            }
            for name in estimate.names
        ],
        "covariance": _matrix(estimate.covariance),
        "correlation": _matrix(estimate.correlation),
        "residuals": {n: [_number(v) for v in c] for n, c in estimate.residuals.items()},
        "rss": estimate.rss,
        "rse": _number(estimate.rse),
        "n": estimate.n,
        "dof": estimate.dof,
        "errors": estimate.errors,
        "known_errors": estimate.known_errors,
        "confidence": estimate.confidence,
        "intervals_by": "profile" if estimate.profiled else "t distribution",
        "condition": _number(estimate.condition),
        "starts": {"made": estimate.reached[0], "ended_here": estimate.reached[1]},
        "scales": dict(estimate.scales),
        "notes": list(estimate.notes),
    }


def text(estimate: Estimate) -> str:
    """Return an estimate in lines of text."""
    rows = [_row(estimate, name) for name in estimate.names]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [head(estimate)]
    for name, value, error, interval in rows:
        lines.append(
            f"  {name:<{widths[0]}} = {value:>{widths[1]}} ± {error:<{widths[2]}}  {interval}"
        )
    lines += [f"  {line}" for line in remarks(estimate)]
    return "\n".join(lines)


def head(estimate: Estimate) -> str:
    """Return what was fitted to what, in one line."""
    version = f"@{estimate.source.version}" if estimate.source.version else ""
    return f"{estimate.source.identity}{version}: {estimate.signature}, {estimate.n} values"


def remarks(estimate: Estimate) -> list[str]:
    """Return the figures of the fit and what is odd about it, a line each."""
    kind = {"absolute": "", "relative": " of shares", "log": " of logarithms"}[estimate.errors]
    made, here = estimate.reached
    lines = [
        f"rss {estimate.rss:.6g}{kind}, rse {estimate.rse:.4g}, {estimate.dof} degrees of freedom, "
        f"{here} of {made} starts ended here"
    ]
    for name, bound in estimate.stopped.items():
        unit = _unit(estimate, name)
        lines.append(
            f"{name} stands at the end of its range, {bound:g}{unit}: the data ask for more than "
            "it allows; the law or the range is in question"
        )
    for name, side in estimate.open_ends.items():
        if name not in estimate.stopped:
            lines.append(f"the data set no limit to {name} {side}; {_limit(estimate, name)}")
    lines += [
        f"{first} and {second} are correlated by {share:+.3f}"
        for first, second, share in correlated(estimate)
    ]
    lines += [
        f"{name} scatters by {scale:.4g}{_unit(estimate, name)}"
        for name, scale in estimate.scales.items()
    ]
    return lines + list(estimate.notes)


def _limit(estimate: Estimate, name: str) -> str:
    low, high = estimate.intervals[name]
    unit = _unit(estimate, name)
    if math.isfinite(low):
        return f"it is at least {low:.4g}{unit}, by its profile"
    return f"it is at most {high:.4g}{unit}, by its profile" if math.isfinite(high) else "none"


def correlated(estimate: Estimate) -> list[tuple[str, str, float]]:
    """Return pairs that are known much better together than apart, the strongest first."""
    table = estimate.correlation
    pairs = [
        (estimate.names[i], estimate.names[j], float(table[i, j]))
        for i in range(len(table))
        for j in range(i + 1, len(table))
        if np.isfinite(table[i, j]) and abs(table[i, j]) >= _CORRELATED
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))[:_SHOWN]


def renderables(estimate: Estimate) -> Iterator[Any]:
    """Yield what a terminal shows."""
    yield Text(head(estimate), style="bold")
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("parameter")
    table.add_column("value", justify="right")
    table.add_column("standard error", justify="right")
    table.add_column(f"{estimate.confidence:.0%} {_by(estimate)}", justify="right")
    table.add_column("unit")
    for name in estimate.names:
        shown, value, error, interval = _row(estimate, name, unit=False)
        style = "" if estimate.determined[name] else "yellow"
        cells = (shown, value, error, interval, f"[{estimate.units[name] or '1'}]")
        table.add_row(*(Text(cell, style=style) for cell in cells))
    yield table
    for line in remarks(estimate):
        yield Text(line)


def fragment(estimate: Estimate) -> str:
    """Return an estimate as a fragment of HTML."""
    rows = []
    for name in estimate.names:
        shown, value, error, interval = _row(estimate, name, unit=False)
        cells = (shown, value, error, interval, f"[{estimate.units[name] or '1'}]")
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heads = ("parameter", "value", "standard error", f"{estimate.confidence:.0%} {_by(estimate)}")
    heads_html = "".join(f"<th>{escape(cell)}</th>" for cell in (*heads, "unit"))
    lines = "".join(f"<li>{escape(line)}</li>" for line in remarks(estimate))
    return (
        f"<div class='lawc'><h4>{escape(head(estimate))}</h4>"
        f"<table><tr>{heads_html}</tr>{''.join(rows)}</table><ul>{lines}</ul></div>"
    )


def _by(estimate: Estimate) -> str:
    return "profile interval" if estimate.profiled else "interval"


def _row(estimate: Estimate, name: str, unit: bool = True) -> tuple[str, str, str, str]:
    value, error = estimate.values[name], estimate.standard_errors[name]
    low, high = estimate.intervals[name]
    digits = _digits(value, error)
    interval = f"{_end(low, digits)} .. {_end(high, digits)}"
    if unit:
        interval = f"{interval}{_unit(estimate, name)}"
    spread = f"{float(f'{error:.2g}'):g}" if math.isfinite(error) else "-"
    return name, f"{value:.{digits}g}", spread, interval


def _digits(value: float, error: float) -> int:
    """Return how many digits of a value its error leaves meaning to, and two more."""
    if not (math.isfinite(error) and error > 0 and value):
        return 8
    return max(4, min(12, math.ceil(math.log10(abs(value) / error)) + 3))


def _end(end: float, digits: int) -> str:
    if math.isinf(end):
        return "oo" if end > 0 else "-oo"
    return "-" if math.isnan(end) else f"{end:.{max(3, digits - 1)}g}"


def _unit(estimate: Estimate, name: str) -> str:
    found = estimate.source.quantities.get(name.partition("[")[0])
    return f" [{found.unit.text}]" if found and found.unit.text else ""


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _matrix(table: Any) -> list[list[float | None]]:
    return [[_number(cell) for cell in row] for row in table]
