"""Find the unit issues of published CellML models, and hold them against a list of the known ones.

    python benchmarks/cellml_units.py [FOLDER]

An issue is the same where its component and its equation are: an equation is known by the variables
in it, so that no spelling of formulas has to agree. Precision and recall are over the files that
the list names. Units named by an issue are compared with what was computed, exponent by exponent;
`size` is the power of ten beside them. The models below `generator` are then written as laws and
checked like any typed law.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawc.importers.cellml.checking import EquationCheck, check_units
from lawc.importers.cellml.model import Component, Model, read_model
from lawc.importers.cellml.roles import find_roles, names_of
from lawc.importers.cellml.units import measure, size_of
from lawc.importers.formats import import_file
from lawc.pipeline.checking import check_text
from lawc.syntax.tree import Name
from lawc.units.dimension import Dimension

MATERIAL = Path(__file__).parents[2] / "shared" / "material" / "equations" / "cellml"
Key = tuple[str, frozenset[str]]

_COMPONENT = re.compile(r"in component '([^']*)'")
_EQUATION = re.compile(r"in equation '([^']*)'|^The units in '([^']*)' in component")
_VARIABLE = re.compile(r"^The type of variable '([^']*)' in component '([^']*)' is unknown")
_MEASURED = re.compile(r"'([^']*)' is (?:in '([^']*)'(?: \(i\.e\. '([^']*)'\))?|'(dimensionless)')")
_BASES = {
    "length": "metre", "mass": "kilogram", "time": "second", "current": "ampere",
    "temperature": "kelvin", "amount": "mole", "luminosity": "candela",
}  # fmt: skip


@dataclass
class Score:
    """Counts over files."""

    expected: int = 0
    found: int = 0
    right: int = 0
    named: int = 0
    same_units: int = 0
    same_size: int = 0
    odd: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of what was found that the list names."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the list that was found."""
        return self.right / self.expected if self.expected else 1.0


def key_of(check: EquationCheck) -> Key:
    """Return what an equation is known by."""
    sides = (check.equation.left, check.equation.right)
    return check.component, frozenset(name for side in sides for name in names_of(side))


def key_of_issue(issue: str, model: Model) -> Key:
    """Return the component and the variables of the equation that an issue is about."""
    place, text = _COMPONENT.search(issue), _EQUATION.search(issue)
    assert place is not None and text is not None, issue
    component = _component(model, place[1])
    words: set[str] = set()
    for word in re.findall(r"d\w+/d\w+|[A-Za-z_]\w*", text[1] or text[2]):
        rate = re.fullmatch(r"d(\w+)/d(\w+)", word)
        if word in component.variables:
            words.add(word)
        elif rate:
            words |= set(rate.groups())
    return component.name, frozenset(words & set(component.variables))


def exponents(dimension: Dimension) -> dict[str, float]:
    """Return a dimension as the list writes it: base units and exponents."""
    return {
        _BASES.get(base, base.removeprefix("unit:")): float(power)
        for base, power in dimension.exponents
        if not base.startswith("size:")
    }


def exponents_of_issue(text: str, component: Component) -> tuple[dict[str, float], float]:
    """Return the base units, and the power of ten, of units as an issue writes them."""
    total: dict[str, float] = {}
    tens = 0.0
    for part in text.split(" x "):
        unit, _, power = part.partition("^")
        exponent = float(power or 1)
        if unit == "10":
            tens += exponent
        elif unit != "dimensionless":
            one = measure(unit, component.units)
            tens += math.log10(size_of(one)) * exponent
            for base, inner in exponents(one).items():
                total[base] = total.get(base, 0.0) + inner * exponent
    return {base: power for base, power in total.items() if abs(power) > 1e-9}, tens


def measures(check: EquationCheck) -> Iterator[Dimension]:
    """Yield all that the findings about an equation say is measured."""
    for mismatch in check.mismatches:
        yield mismatch.measure
        if mismatch.other is not None:
            yield mismatch.expected


def compare(name: str, model: Model, issues: list[str], score: Score) -> None:
    """Add one file to the score."""
    bad = {key_of(check): check for check in check_units(model) if not check.fits}
    given = set(find_roles(model).given)
    alone = {
        (check.component, side.name): key
        for key, check in bad.items()
        for side in (check.equation.left, check.equation.right)
        if isinstance(side, Name)
    }
    score.expected += len(issues)
    score.found += len(bad) + len(given)
    hit: set[object] = set()
    for issue in issues:
        variable = _VARIABLE.search(issue)
        if variable is not None:
            one = (variable[2], variable[1])
            about = alone.get(one)
            found = about if one not in given else one
        else:
            about = key_of_issue(issue, model)
            found = about if about in bad else None
        if found is None:
            score.odd.append(f"{name}: not found: {issue}")
            continue
        hit.add(found)
        score.right += 1
        if about in bad:
            _compare_units(issue, bad[about], _component(model, about[0]), score)
    for key in [*bad, *given]:
        if key not in hit:
            score.odd.append(f"{name}: found, and not in the list: {key}")


def _compare_units(issue: str, check: EquationCheck, component: Component, score: Score) -> None:
    ours = [(exponents(one), math.log10(size_of(one))) for one in measures(check)]
    for match in _MEASURED.finditer(issue):
        text = match[3] or match[2] or match[4]
        if "inf" in text or "nan" in text:
            continue
        theirs, tens = exponents_of_issue(text, component)
        score.named += 1
        like = [size for mine, size in ours if _near(mine, theirs)]
        score.same_units += bool(like)
        same = any(abs(size - tens) < 1e-4 for size in like)
        score.same_size += same
        if not like:
            score.odd.append(f"other units: {match[0]} in {issue[:90]}")


def _near(one: dict[str, float], other: dict[str, float]) -> bool:
    # The list prints six digits.
    return one.keys() == other.keys() and all(
        math.isclose(one[base], other[base], rel_tol=2e-5) for base in one
    )


def _component(model: Model, name: str) -> Component:
    return next(component for component in model.components if component.name == name)


def score_of(folder: Path) -> Score:
    """Return the score over all files that the list names."""
    score = Score()
    listed = json.loads((folder / "expected_unit_issues.json").read_text(encoding="utf-8"))
    for name, entry in listed.items():
        model = read_model((folder / name).read_bytes())
        compare(name, model, entry["expected_issues"], score)
    return score


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MATERIAL
    score = score_of(folder)
    for line in score.odd:
        print(line)
    print(
        f"issues expected {score.expected}, found {score.found}, right {score.right}: "
        f"precision {score.precision:.3f}, recall {score.recall:.3f}"
    )
    print(
        f"units named by issues {score.named}, computed alike {score.same_units}, "
        f"of the same size {score.same_size}"
    )
    print()
    accepted = 0
    for path in sorted((folder / "generator").glob("*/*.cellml")):
        imported = import_file(path.name, path.read_bytes())
        wrong = [remark.sentence for remark in imported.remarks if remark.is_error]
        left_out = sum(sentence.startswith("left out") for sentence in wrong)
        units = len(wrong) - left_out
        base = check_text("model.law", imported.text)
        own = [found for found in base.diagnostics if found.place.path == "model.law"]
        codes = sorted({found.code for found in own if found.is_error})
        known = sum(law.place is not None and law.place.path == "model.law"
                    for law in base.laws.values())  # fmt: skip
        accepted += known
        equations = sum(len(c.equations) for c in read_model(path.read_bytes()).components)
        print(
            f"{path.parent.name[:52]:<52} {equations:>4} equations, left out {left_out}, "
            f"unit issues {units}, {'accepted' if known else ' '.join(codes)}"
        )
    print(f"accepted {accepted}")
    return score.precision < 0.95 or score.recall < 0.95


if __name__ == "__main__":
    raise SystemExit(main())
