"""Hold the codes of UCUM that are read to UCUM's own definitions.

    python benchmarks/units_ucum.py ucum-essence.xml

The file is published at https://ucum.org and is not part of this repository. Each code that is
read is compared with the number and the unit by which UCUM defines it.
"""

from __future__ import annotations

import argparse
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit

SPACE = "{http://unitsofmeasure.org/ucum-essence}"
TOLERANCE = 1e-9
LISTED: Mapping[str, str] = {
    "mol": "UCUM counts a mole as a number; here amount is a dimension",
    "u": "CODATA 2022 here, CODATA 2018 there",
    "pc": "exact by IAU 2015 resolution B2 here, rounded there",
    "ph": "a phot is 10000 lx; UCUM states the inverse",
    "[Btu_th]": "rounded there",
    "m[Hg]": "133.322387415 kPa here, 133.322 kPa there",
}
"""Codes that differ from UCUM's definition, each with the reason."""


def main() -> None:
    """Print how many codes agree, are refused, and differ."""
    parser = argparse.ArgumentParser(description="Hold units to UCUM's definitions.")
    parser.add_argument("table", type=Path, help="ucum-essence.xml")
    root = ElementTree.fromstring(parser.parse_args().table.read_bytes())
    counts: Counter[str] = Counter()
    for unit in root.iter(f"{SPACE}unit"):
        code, value = unit.attrib["Code"], unit.find(f"{SPACE}value")
        assert value is not None
        verdict = _verdict(code, value)
        counts[verdict] += 1
        if verdict in ("differs", "listed"):
            print(f"{verdict}: {code}  {LISTED.get(code, '')}")
    print(f"UCUM {root.attrib['version']}: " + ", ".join(f"{n} {v}" for v, n in counts.items()))
    raise SystemExit(counts["differs"] > 0)


def _verdict(code: str, value: ElementTree.Element) -> str:
    unit = parse_unit(code)
    if isinstance(unit, UnitProblem):
        return "refused"
    parts = parse_unit(value.attrib["Unit"])
    if isinstance(parts, UnitProblem) or value.find(f"{SPACE}function") is not None:
        return "defined by a constant or a scale"
    factor = float(value.attrib["value"]) * parts.factor
    same = unit.dimension.without_kinds == parts.dimension.without_kinds
    if same and abs(unit.factor / factor - 1) <= TOLERANCE:
        return "the same"
    return "listed" if code in LISTED else "differs"


if __name__ == "__main__":
    main()
