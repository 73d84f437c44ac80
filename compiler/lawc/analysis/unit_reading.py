"""Unit texts to units, with a finding where a text is no unit."""

from __future__ import annotations

from functools import lru_cache

from lawc.analysis.findings import finding, listed, quoted
from lawc.diagnostics.diagnostic import Diagnostic, Place, Repair
from lawc.syntax.tree import UnitText
from lawc.units.dimension import Dimension
from lawc.units.reading import UnitProblem, parse_unit
from lawc.units.unit import Unit

# One lookup by text instead of the reader's own cache and type check.
_read = lru_cache(maxsize=8192)(parse_unit)


@lru_cache(maxsize=8192)
def _unit(text: str) -> Unit | None:
    answer = _read(text)
    return answer if isinstance(answer, Unit) else None


def read_unit(node: UnitText) -> Unit | None:
    """Return the unit, or None where the text is not one."""
    return _unit(node.text)


def unit_finding(
    node: UnitText, source_text: str, dimension: Dimension | None = None
) -> Diagnostic | None:
    """Return what is wrong with a unit's text, or None.

    Args:
        node: The unit.
        source_text: The text in which it stands.
        dimension: What the unit has to measure, where that is known; it chooses among candidates.
    """
    problem = _read(node.text)
    if isinstance(problem, Unit):
        return None
    place = _inside(node, problem, source_text)
    code, headline = _headline(problem)
    pairs = list(zip(problem.candidates, problem.repaired, strict=True))
    fitting = [pair for pair in pairs if dimension is not None and _fits(pair[1], dimension)]
    candidates = [candidate for candidate, _ in (fitting or pairs)[:3]]
    helps = [repaired for _, repaired in (fitting or pairs)[:3]]
    meant = listed(quoted(candidates), "or")
    found = finding(
        code,
        headline,
        place,
        f"did you mean {meant}?" if candidates and problem.kind == "unknown" else "",
        note=problem.reason,
        help=_help(problem, helps),
    )
    if len(helps) != 1 or problem.kind in ("logarithm", "constant"):
        return found
    repairs = (Repair(place, candidates[0]),)
    return Diagnostic(found.code, found.headline, found.labels, found.notes, found.helps, repairs)


def _help(problem: UnitProblem, repaired: list[str]) -> str:
    if not repaired:
        return ""
    units = listed([f"[{text}]" for text in repaired], "or")
    if problem.kind == "constant":
        return f"declare or import the constant, in {units}, and multiply by it"
    return f"write {units}"


def _fits(text: str, dimension: Dimension) -> bool:
    unit = _read(text)
    return isinstance(unit, Unit) and unit.dimension == dimension


def _headline(problem: UnitProblem) -> tuple[str, str]:
    part = problem.part or problem.text
    match problem.kind:
        case "ambiguous":
            return "L0202", f"the unit `{part}` has more than one meaning"
        case "too large":
            return "L0106", "this unit is too large"
        case "malformed":
            return "L0201", f"`{problem.text.strip()}` does not read as a unit"
        case "offset":
            return "L0206", f"`{part}` has a zero of its own and cannot be part of this unit"
        case "logarithm":
            return "L0214", f"`{part}` stands for a logarithm, which has no unit"
        case "constant":
            return "L0215", f"`{part}` is a constant of nature, not a unit"
    return "L0201", f"there is no unit `{part}`"


def _inside(node: UnitText, problem: UnitProblem, source_text: str) -> Place:
    """Return the part of the unit's text that the problem is about."""
    start = source_text.find(node.text, node.place.start, node.place.end)
    if start < 0 or problem.end <= problem.start:
        return node.place
    return Place(node.place.path, start + problem.start, start + problem.end)
