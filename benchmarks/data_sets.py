"""Write a data set, killed several times on the way, and one that is not; compare the bytes.

    python benchmarks/data_sets.py [ROWS] [LAW]

`memory` is the most that the process that ended the set ever held, most of it libraries.
"""

from __future__ import annotations

import filecmp
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

LAW = "physics.mechanics.pendulum-period"
KILLS = 3


def command(law: str, rows: int, out: Path) -> list[str]:
    """Return the command that writes a set."""
    return [sys.executable, "-m", "lawc", "data", law, "-n", str(rows), "--out", str(out)]


def noted(journal: Path) -> int:
    """Return how many rows are on the disk."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    return sum(int(line.split()[0]) for line in lines if len(line.split()) == 3)


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    law = sys.argv[2] if len(sys.argv) > 2 else LAW
    chance = random.Random(1)
    with TemporaryDirectory() as folder:
        whole, broken = Path(folder, "whole.parquet"), Path(folder, "broken.parquet")
        start = time.perf_counter()
        subprocess.run(command(law, rows, whole), check=True, capture_output=True)
        took = time.perf_counter() - start
        left = []
        for number in range(1, KILLS + 1):
            process = subprocess.Popen(
                command(law, rows, broken), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            journal = broken.with_name(f".{broken.name}.parts") / "journal"
            while process.poll() is None and noted(journal) < number / (KILLS + 1) * rows:
                time.sleep(0.02)
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
            process.wait()
            left.append(noted(journal))
        done = subprocess.run(
            command(law, rows, broken), check=True, capture_output=True, text=True
        ).stdout.strip()
        same = filecmp.cmp(whole, broken, shallow=False)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{law}: {rows:,} rows, {whole.stat().st_size / 1e6:,.0f} MB, {took:.1f} s in one go")
        print(f"rows on the disk after each of {KILLS} kills: {', '.join(f'{n:,}' for n in left)}")
        print(f"the last run: {done.partition(':')[0]}")
        print(f"the bytes are {'the same' if same else 'DIFFERENT'}; memory {memory:.0f} MB")
    return not same


if __name__ == "__main__":
    sys.exit(main())
