"""Plots as inline SVG that takes its colours from the page, light or dark.

matplotlib draws with stand-in colours; each is then replaced by a variable of the page's style.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lawc.demo.experiment import Curve, Task
from lawc.diagnostics.diagnostic import LawcError

INK, SOFT, LINE = "#010203", "#040506", "#070809"
NETWORK, LAW, LINKED = "#0a0b0c", "#0d0e0f", "#101112"
VARIABLES = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    NETWORK: "var(--network)",
    LAW: "var(--law)",
    LINKED: "var(--linked)",
}

COLOURS = {"network": NETWORK, "law": LAW, "linked": LINKED}
"""By the kind of a contender: the part of its key before the colon."""

DASHES = {"network": "-", "law": (0, (2, 1.6)), "linked": "-"}


@dataclass(frozen=True)
class Line:
    """A named curve over an axis, drawn as the kind of contender it belongs to."""

    kind: str
    name: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Panel:
    """Measurements of one group with the curves of those who never saw it."""

    title: str
    x: np.ndarray
    y: np.ndarray
    lines: tuple[Line, ...]


def learning(task: Task, curves: Sequence[Curve]) -> str:
    """Return error on unseen groups against training size; the band spans the seeds."""

    def draw(plt: Any) -> Any:
        figure, axes = plt.subplots(figsize=(9.4, 3.6))
        for curve in curves:
            kind = _kind(curve)
            middle = [curve.median(size) for size in curve.sizes]
            low = [min(curve.errors[size]) for size in curve.sizes]
            high = [max(curve.errors[size]) for size in curve.sizes]
            axes.fill_between(curve.sizes, low, high, color=COLOURS[kind], alpha=0.14, lw=0)
            axes.plot(
                curve.sizes,
                middle,
                color=COLOURS[kind],
                ls=DASHES[kind],
                marker="o",
                ms=4.5,
                lw=1.9,
                label=curve.contender.name,
            )
        axes.set_xscale("log")
        axes.set_xticks(task.sizes(), [str(size) for size in task.sizes()])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("measurements learned from")
        axes.set_ylabel(f"error on unseen {task.group_word}s, {task.unit}")
        axes.legend(frameon=False, labelcolor=INK)
        return figure

    return _svg(draw, f"learning-{task.name}")


def panels(name: str, shown: Sequence[Panel], x_label: str, y_label: str) -> str:
    """Return one small plot for each group, all on the same axes."""

    def draw(plt: Any) -> Any:
        columns = min(3, len(shown))
        rows = -(-len(shown) // columns)
        size = (9.4, 0.6 + 2.25 * rows) if columns > 1 else (9.4, 3.7)
        figure, grid = plt.subplots(
            rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False
        )
        for axes in grid.flat[len(shown) :]:
            axes.set_visible(False)
        for axes, panel in zip(grid.flat, shown, strict=False):
            for line in panel.lines:
                axes.plot(
                    line.x,
                    line.y,
                    color=COLOURS[line.kind],
                    ls=DASHES[line.kind],
                    lw=1.7,
                    label=line.name,
                )
            axes.plot(panel.x, panel.y, "o", ms=4.2, mfc="none", mec=INK, mew=1.1, label="measured")
            axes.set_title(panel.title, fontsize=10, color=SOFT)
        # Once at the end: the axes are shared, and a limit set early would cut later panels.
        grid.flat[0].set_ylim(bottom=0)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="upper center",
            ncols=len(labels),
            frameon=False,
            labelcolor=INK,
            bbox_to_anchor=(0.5, 1.0),
        )
        figure.supxlabel(x_label, fontsize=10, color=SOFT)
        figure.supylabel(y_label, fontsize=10, color=SOFT)
        figure.get_layout_engine().set(rect=(0, 0, 1, 0.93 if rows > 1 else 0.9))
        return figure

    return _svg(draw, name)


def agreement(
    name: str,
    lines: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    errors: np.ndarray,
    tolerance: float,
    labels: tuple[str, str],
) -> str:
    """Return module against reference: some courses, and all errors as shares of their scale.

    Args:
        lines: Variable, reference and module for each set of parameters.
        errors: |module - reference| / scale of fresh points.
        tolerance: Where the recipe draws the line.
        labels: Of the variable and of the output.
    """

    def draw(plt: Any) -> Any:
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.5))
        for number, (x, reference, module) in enumerate(lines):
            left.plot(
                x, reference, color=INK, lw=1.2, label="reference solver" if number == 0 else None
            )
            left.plot(
                x[::5],
                module[::5],
                "o",
                ms=3.6,
                mfc="none",
                mec=LINKED,
                mew=1.1,
                label="module" if number == 0 else None,
            )
        left.set(xlabel=labels[0], ylabel=labels[1])
        left.legend(frameon=False, labelcolor=INK)
        shown = np.log10(np.maximum(errors, 1e-17))
        right.hist(shown, bins=60, color=LINKED, alpha=0.75)
        if tolerance > 0:
            right.axvline(np.log10(tolerance), color=NETWORK, lw=1.5)
            right.annotate(
                "tolerance",
                (np.log10(tolerance), 0.96),
                xycoords=("data", "axes fraction"),
                ha="right",
                va="top",
                rotation=90,
                color=NETWORK,
                fontsize=9,
                xytext=(-3, 0),
                textcoords="offset points",
            )
        ticks = np.arange(np.floor(shown.min()), np.ceil(max(shown.max(), -20)) + 1.5)
        ticks = ticks[:: max(1, len(ticks) // 6)]
        right.set_xticks(ticks, [f"$10^{{{tick:.0f}}}$" for tick in ticks])
        right.set(xlabel="error, as a share of its scale", ylabel="fresh points")
        return figure

    return _svg(draw, name)


def contributions(
    name: str, x: np.ndarray, parts: Mapping[str, np.ndarray], x_label: str, y_label: str
) -> str:
    """Return who says how much along an axis, with the sum."""

    def draw(plt: Any) -> Any:
        figure, axes = plt.subplots(figsize=(9.4, 3.0))
        for (who, values), colour in zip(parts.items(), (LAW, NETWORK, SOFT), strict=False):
            axes.fill_between(x, 0, values, color=colour, alpha=0.3, lw=0)
            axes.plot(x, values, color=colour, lw=1.4, label=who)
        total = np.sum(list(parts.values()), axis=0)
        axes.plot(x, total, color=LINKED, lw=2, label="sum")
        axes.axhline(0, color=LINE, lw=0.8)
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.legend(frameon=False, labelcolor=INK)
        return figure

    return _svg(draw, name)


def _kind(curve: Curve) -> str:
    return curve.contender.key.partition(":")[0]


def _pyplot() -> Any:
    """Return matplotlib's pyplot, without a window."""
    try:
        import matplotlib  # noqa: PLC0415
    except ImportError as problem:
        raise LawcError("plots need matplotlib: pip install 'lawc[plot]'") from problem
    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    return pyplot


def _svg(draw: Callable[[Any], Any], name: str) -> str:
    plt = _pyplot()
    style = {
        "svg.fonttype": "none",
        # Identifiers of one drawing must not meet those of another on the same page.
        "svg.hashsalt": name,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "font.family": "sans-serif",
        "text.color": INK,
        "axes.labelcolor": SOFT,
        "axes.edgecolor": LINE,
        "axes.grid": True,
        "grid.color": LINE,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": LINE,
        "ytick.color": LINE,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": SOFT,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "savefig.transparent": True,
    }
    with plt.rc_context(style):
        figure = draw(plt)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        plt.close(figure)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: ([0-9.]+)px [^;\"]*", r"font-size: \1px", svg)
    for stand_in, variable in VARIABLES.items():
        svg = svg.replace(stand_in, variable)
    return svg
