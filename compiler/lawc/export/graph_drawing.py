"""The graph of knowledge as a drawing: laws on a circle, what they share inside, modules outside.

A quantity stands at the middle of the laws that speak of it, moved apart from its neighbours. All
is SVG with its own colours for light and dark, and a title on every mark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import networkx as nx

_HUES = {"physics": 212, "chemistry": 28, "biology": 130, "medicine": 350, "sociology": 275,
         "law": 190}  # fmt: skip
_SPACE = 24.0
_LABEL = 250.0

_STYLE = """
  .ground { fill: #ffffff; } text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 11px; fill: #57606a; paint-order: stroke; stroke: #ffffff;
    stroke-width: 3px; }
  .edge { fill: none; stroke-opacity: .35; } .edge:hover { stroke-opacity: 1; stroke-width: 2.5; }
  .quantity { fill: #ffffff; stroke: #57606a; } .constants { fill: #8c959f; }
  .waiting { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    .ground, .quantity, .waiting { fill: #0d1117; } text { fill: #e6edf3; }
    .small { fill: #9198a1; stroke: #0d1117; } .quantity { stroke: #9198a1; }
  }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a node stands; the angle is that of a law on the circle."""

    x: float
    y: float
    angle: float = 0.0


def draw(graph: nx.DiGraph) -> str:
    """Return a graph of knowledge as the text of one SVG file."""
    both = [*_of_kind(graph, "law"), *_of_kind(graph, "rule")]
    laws = sorted(both, key=lambda name: (_discipline(graph, name), name))
    inner = [name for name in graph if graph.nodes[name]["kind"] in ("quantity", "constants")]
    least = len(laws) * _SPACE / (2 * math.pi)
    radius = max(200.0, least, 58.0 * math.sqrt(len(inner) + 1))
    places = _circle(graph, laws, radius)
    places |= _inside(graph, inner, places, radius)
    marks = [*_edges(graph, places), *_laws(graph, laws, places), *_inner(graph, inner, places)]
    half_wide = radius + _LABEL + 60
    half_high = radius + _LABEL * _steepness(laws) + 60
    box = f"{-half_wide:.0f} {-half_high:.0f} {2 * half_wide:.0f} {2 * half_high:.0f}"
    ground = (
        f'<rect class="ground" x="{-half_wide:.0f}" y="{-half_high:.0f}" '
        f'width="{2 * half_wide:.0f}" height="{2 * half_high:.0f}"/>'
    )
    legend = _legend(graph, laws, -half_wide + 24, -half_high + 30)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{2 * half_wide:.0f}" '
        f'height="{2 * half_high:.0f}" role="img">\n<title>knowledge</title>\n'
        f"<style>{_STYLE}</style>\n{ground}\n" + "\n".join([*marks, *legend]) + "\n</svg>\n"
    )


def _of_kind(graph: nx.DiGraph, kind: str) -> list[str]:
    return [name for name, facts in graph.nodes(data=True) if facts["kind"] == kind]


def _discipline(graph: nx.DiGraph, name: str) -> str:
    return str(graph.nodes[name].get("discipline", ""))


def _colour(graph: nx.DiGraph, name: str) -> str:
    discipline = _discipline(graph, name)
    hue = _HUES.get(discipline, sum(map(ord, discipline)) * 47 % 360)
    return f"hsl({hue} 60% 45%)"


def _steepness(laws: list[str]) -> float:
    """Return how much of a label's length stands upright: with few laws all lie flat."""
    return 0.15 if len(laws) <= 2 else 1.0


def _circle(graph: nx.DiGraph, laws: list[str], radius: float) -> dict[str, Point]:
    """Return the places of the laws, with a gap between disciplines."""
    if len(laws) == 1:
        return {laws[0]: Point(radius, 0.0, 0.0)}
    gaps = [
        i
        for i in range(len(laws))
        if _discipline(graph, laws[i]) != _discipline(graph, laws[i - 1])
    ]
    if len(laws) == 2:
        gaps = []
    step = 2 * math.pi / (len(laws) + 0.7 * len(gaps))
    places: dict[str, Point] = {}
    # Two laws lie at the sides, so that both can be read.
    angle = 0.0 if len(laws) == 2 else -math.pi / 2
    for number, name in enumerate(laws):
        angle += 0.7 * step if number in gaps and number else 0.0
        places[name] = Point(radius * math.cos(angle), radius * math.sin(angle), angle)
        angle += step
    return places


def _inside(
    graph: nx.DiGraph, inner: list[str], places: dict[str, Point], radius: float
) -> dict[str, Point]:
    """Return places for what laws share: near its laws, and apart from each other."""
    if not inner:
        return {}
    start: dict[str, tuple[float, float]] = {}
    for number, name in enumerate(sorted(inner)):
        laws = [places[law] for law in graph.predecessors(name) if law in places]
        turn = number * 2.399963  # The golden angle spreads whatever has no law of its own.
        x = sum(p.x for p in laws) / max(len(laws), 1) * 0.62 + 6 * math.cos(turn)
        y = sum(p.y for p in laws) / max(len(laws), 1) * 0.62 + 6 * math.sin(turn)
        start[name] = (x, y)
    if len(places) == 1:
        return {name: _column(number, len(inner), radius) for number, name in enumerate(start)}
    moved = _apart(graph, start, radius * 0.78)
    return {name: Point(x, y) for name, (x, y) in moved.items()}


def _column(number: int, count: int, radius: float) -> Point:
    """Return a place in a column, for the quantities of one law."""
    return Point(-radius, (number - (count - 1) / 2) * min(26.0, 2 * radius / max(count, 1)))


def _apart(
    graph: nx.DiGraph, start: dict[str, tuple[float, float]], limit: float
) -> dict[str, tuple[float, float]]:
    """Move points up and down until no label covers another, and keep them in a circle."""
    places = dict(start)
    names = sorted(places)
    wide = {name: 16 + 6.2 * len(_cut(str(graph.nodes[name]["label"]), 34)) for name in names}
    for _ in range(400):
        still = True
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                (x1, y1), (x2, y2) = places[one], places[other]
                aside = x2 >= x1 + wide[one] or x1 >= x2 + wide[other]
                if aside or abs(y2 - y1) >= 16.0:
                    continue
                still = False
                push = (16.5 - abs(y2 - y1)) / 2
                way = 1.0 if y2 > y1 or (y2 == y1 and one < other) else -1.0
                places[one], places[other] = (x1, y1 - way * push), (x2, y2 + way * push)
        for name in names:
            x, y = places[name]
            far = math.hypot(x, y)
            if far > limit:
                places[name] = (x * limit / far, y * limit / far)
        if still:
            break
    return places


def _edges(graph: nx.DiGraph, places: dict[str, Point]) -> Iterable[str]:
    for source, target, link in graph.edges(data=True):
        if source not in places or target not in places:
            continue
        one, two = places[source], places[target]
        colour = _colour(graph, source)
        bend = 0.55 if graph.nodes[target]["kind"] in ("law", "rule") else 0.8
        middle = ((one.x + two.x) / 2 * bend, (one.y + two.y) / 2 * bend)
        symbol = f" as {link['symbol']}" if "symbol" in link else ""
        said = (
            f"{graph.nodes[source]['label']} {link['relation']} "
            f"{graph.nodes[target]['label']}{symbol}"
        )
        dash = "" if link["relation"] == "speaks of" else ' stroke-dasharray="4 3"'
        yield (
            f'<path class="edge" stroke="{colour}"{dash} d="M{one.x:.1f} {one.y:.1f} '
            f'Q{middle[0]:.1f} {middle[1]:.1f} {two.x:.1f} {two.y:.1f}">'
            f"<title>{escape(said)}</title></path>"
        )


def _laws(graph: nx.DiGraph, laws: list[str], places: dict[str, Point]) -> Iterable[str]:
    for name in laws:
        place, facts = places[name], graph.nodes[name]
        colour = _colour(graph, name)
        degrees = math.degrees(place.angle)
        flip = 90 < degrees % 360 < 270
        modules = [m for m in graph.predecessors(name) if graph.nodes[m]["kind"] == "module"]
        after = 12 + 13 * len(modules)
        title = f"{name}@{facts['version']} ({facts['note']})"
        turn = f"rotate({degrees:.1f} {place.x:.1f} {place.y:.1f})"
        parts = [
            f'<circle cx="{place.x:.1f}" cy="{place.y:.1f}" r="6" fill="{colour}">'
            f"<title>{escape(title)}</title></circle>"
        ]
        for number, module in enumerate(modules):
            state = graph.nodes[module]
            look = f'fill="{colour}"' if state["note"] == "frozen" else 'class="waiting"'
            parts.append(
                f'<rect x="{place.x + 10 + 13 * number:.1f}" y="{place.y - 4.5:.1f}" width="9" '
                f'height="9" rx="2" stroke="{colour}" {look}>'
                f"<title>{escape(state['label'])}: {escape(state['note'])}</title></rect>"
            )
        x = place.x + after
        upright = f' transform="rotate(180 {x:.1f} {place.y:.1f})"' if flip else ""
        anchor = ' text-anchor="end"' if flip else ""
        label = escape(_cut(str(facts["label"]), 38))
        parts.append(
            f'<text x="{x:.1f}" y="{place.y:.1f}" dominant-baseline="central"{anchor}{upright}>'
            f"{label}</text>"
        )
        yield f'<g transform="{turn}">{"".join(parts)}</g>'


def _inner(graph: nx.DiGraph, inner: list[str], places: dict[str, Point]) -> Iterable[str]:
    alone = len(_of_kind(graph, "law")) + len(_of_kind(graph, "rule")) == 1
    aside, anchor = (-8, ' text-anchor="end"') if alone else (8, "")
    for name in inner:
        place, facts = places[name], graph.nodes[name]
        title = f"{facts['label']}: {facts['note']}"
        kind = facts["kind"]
        mark = (
            f'<circle class="quantity" cx="{place.x:.1f}" cy="{place.y:.1f}" r="4">'
            if kind == "quantity"
            else f'<rect class="constants" x="{place.x - 4:.1f}" y="{place.y - 4:.1f}" width="8" '
            'height="8">'
        )
        end = "circle" if kind == "quantity" else "rect"
        yield (
            f"{mark}<title>{escape(title)}</title></{end}>"
            f'<text class="small" x="{place.x + aside:.1f}" y="{place.y:.1f}" '
            f'dominant-baseline="central"{anchor}>{escape(_cut(str(facts["label"]), 34))}</text>'
        )


def _legend(graph: nx.DiGraph, laws: list[str], x: float, y: float) -> list[str]:
    """Return what the colours and marks mean."""
    lines: list[str] = []
    shown: dict[str, str] = {}
    for name in laws:
        shown.setdefault(_discipline(graph, name), _colour(graph, name))
    for number, (discipline, colour) in enumerate(shown.items()):
        at = y + 22 * number
        lines.append(
            f'<circle cx="{x:.0f}" cy="{at:.0f}" r="6" fill="{colour}"/>'
            f'<text x="{x + 14:.0f}" y="{at:.0f}" dominant-baseline="central">'
            f"{escape(discipline)}</text>"
        )
    at = y + 22 * len(shown)
    for mark, words in (
        (f'<circle class="quantity" cx="{x:.0f}" cy="AT" r="4"/>', "quantity"),
        (f'<rect class="constants" x="{x - 4:.0f}" y="TOP" width="8" height="8"/>', "constants"),
        (f'<rect x="{x - 4:.0f}" y="TOP" width="9" height="9" rx="2" fill="#57606a"/>',
         "frozen module; hollow where it is not built"),
    ):  # fmt: skip
        lines.append(
            mark.replace("AT", f"{at:.0f}").replace("TOP", f"{at - 4:.0f}")
            + f'<text class="small" x="{x + 14:.0f}" y="{at:.0f}" dominant-baseline="central">'
            f"{words}</text>"
        )
        at += 20
    return lines


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
