"""What a new process that asks a frozen rule spends up to its first answer.

    python benchmarks/rules_first_answers.py

CPU seconds of the process, its start included, median of five. `rules_speed.py` prints it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import lawc


def first_answers() -> list[str]:
    """Return lines on a new process that reads a frozen rule and asks it once."""
    lines = ["| a new process | CPU s to its first answer |", "|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        student = lawc.distil(lawc.compile("medicine.kidney.ckd-risk"))
        lawc.freeze(student, lawc.certify(student, points=64), Path(folder) / "risk")
        for call in ("rule", "module"):
            program = (
                f"import lawc, time; m = lawc.{call}({str(Path(folder) / 'risk')!r})\n"
                "m.decide({'eGFR': [50.0], 'ACR': [10.0]}); print(time.process_time())"
            )
            found = [
                float(subprocess.check_output([sys.executable, "-c", program], text=True))
                for _ in range(5)
            ]
            lines.append(f"| lawc.{call} | {statistics.median(found):.2f} |")
    return lines


if __name__ == "__main__":
    print("\n".join(first_answers()))
