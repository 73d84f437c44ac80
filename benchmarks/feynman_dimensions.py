"""Import the published tables of physical formulas and hold the checker's verdict against theirs.

    python benchmarks/feynman_dimensions.py [FOLDER]

Every row becomes a law in the units of the second table. `agree` counts the laws whose findings
about dimensions (L02xx), or their absence, are what the column `status` says. Since the column
says `ok` everywhere, faults are planted too: each variable in turn gets one more metre.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Source
from lawc.importers.formats import import_file
from lawc.syntax.parsing import parse

TABLES = ("FeynmanEquations", "BonusEquations")
MATERIAL = Path(__file__).parents[2] / "shared" / "material" / "feynman"
SYMBOL = re.compile(r"^    (\w+) +: .*?\[(.+?)\]", re.MULTILINE)


def blocks(folder: Path, table: str) -> Iterator[str]:
    """Yield the laws of a table, each as a text of its own, in the order of its rows."""
    units = (folder / "units.csv").read_bytes()
    imported = import_file(f"{table}.csv", (folder / f"{table}.csv").read_bytes(), units)
    for remark in imported.remarks:
        print(f"{table}: {remark}")
    yield from re.split(r"\n(?=law )", imported.text)


def codes(text: str) -> list[str]:
    """Return the codes of the findings about a law."""
    document, misread = parse(Source("table.law", text))
    _, findings = check([document])
    return [found.code for found in (*misread, *findings)]


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MATERIAL
    with (folder / "dimension_check.csv").open(encoding="utf-8") as stream:
        statuses = {(row["file"], row["id"]): row["status"] for row in csv.DictReader(stream)}
    laws = agree = clean = planted = caught = 0
    for table in TABLES:
        with (folder / f"{table}.csv").open(encoding="utf-8-sig") as stream:
            identities = [row["Filename"] for row in csv.DictReader(stream)]
        for identity, text in zip(identities, blocks(folder, table), strict=True):
            found = codes(text)
            verdict = "ok" if not any(code.startswith("L02") for code in found) else "inconsistent"
            status = statuses[table, identity]
            laws += 1
            agree += verdict == status
            clean += not found
            if verdict != status:
                print(f"DISAGREE {table} {identity}: column {status}, checker {verdict} {found}")
            elif found:
                print(f"{table} {identity}: {', '.join(found)}")
            formula = text.split("  equations\n")[1]
            for name, unit in SYMBOL.findall(text):
                if not re.search(rf"\b{name}\b", formula):
                    continue
                start = text.index(f"    {name} ")
                wrong = text[:start] + text[start:].replace(f"[{unit}]", f"[{_more(unit)}]", 1)
                planted += 1
                if any(code.startswith("L02") for code in codes(wrong)):
                    caught += 1
                else:
                    print(f"missed {table} {identity}: `{name}` in [{_more(unit)}]")
    print(f"laws written {laws}, verdicts that agree {agree}, without any finding {clean}")
    print(f"planted faults {planted}, found {caught}")
    return agree != laws


def _more(unit: str) -> str:
    return "m" if unit == "1" else f"m*{unit}" if unit[0] != "1" else f"m{unit[1:]}"


if __name__ == "__main__":
    raise SystemExit(main())
