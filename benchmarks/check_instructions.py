"""Count the instructions that judging a law takes, stage by stage: a figure that no load changes.

    python benchmarks/check_instructions.py [--compiler FOLDER]

Each stage is run on 100 and on 300 generated laws under `valgrind --tool=cachegrind`, whose counts
differ by what 200 laws take; start and imports fall out. `--compiler` names the folder with another
`lawc` to be counted, say of an older checkout.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from many_laws import write_project

STAGES = ("scan", "parse", "judge", "answer")
"""Blocks found; lines read too; laws known too; the verdict written for another process too."""


def run(stage: str, root: Path, files: int) -> None:
    """Do a stage, and all before it, on some files."""
    judging = importlib.import_module("lawc.pipeline.judging")
    shelve = importlib.import_module("lawc.analysis.constants").shelve
    parsing = importlib.import_module("lawc.syntax.parsing")
    scan = importlib.import_module("lawc.syntax.blocks").scan
    to_text = importlib.import_module("lawc.pipeline.verdict").to_text
    fixed = judging.constants_in("knowledge/fixed.law", (root / "fixed.law").read_bytes())
    judge = judging.Judge(shelve({}, fixed), whole=False)
    gc.disable()
    for file in sorted(root.glob("part-*/*.law"))[:files]:
        path, data = f"knowledge/{file.name}", file.read_bytes()
        if stage in ("scan", "parse"):
            source, _ = parsing.read_source(path, data)
            _ = scan(source.text, path) if stage == "scan" else parsing.parse(source)
            continue
        verdict = judge.verdict(path, data)
        if stage == "answer":
            to_text(verdict)


def counted(compiler: Path, root: Path, stage: str, files: int) -> int:
    """Return the instructions of a process that does a stage."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(compiler)}
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    again = [sys.executable, __file__, "--stage", stage, "--root", str(root), "--files", str(files)]
    done = subprocess.run([*tool, *again], capture_output=True, text=True, env=environment)
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode or found is None:
        raise SystemExit(done.stderr[-2000:])
    return int(found[1].replace(",", ""))


def main() -> None:
    arguments = argparse.ArgumentParser(description="Count the instructions of a check.")
    here = Path(__file__).parent.parent / "compiler"
    arguments.add_argument("--compiler", type=Path, default=here)
    arguments.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    arguments.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--files", type=int, default=1, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.stage is not None:
        run(chosen.stage, chosen.root, chosen.files)
        return
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_project(root, 300, 3)
        compiler = chosen.compiler.resolve()
        counted(compiler, root / "knowledge", "scan", 1)  # writes the bytecode
        print("up to    instructions a law")
        for stage in STAGES:
            few, many = (counted(compiler, root / "knowledge", stage, n) for n in (1, 3))
            print(f"{stage:<8} {(many - few) / 200:,.0f}", flush=True)


if __name__ == "__main__":
    main()
