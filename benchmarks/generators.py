"""Rows per second of algebraic laws: evaluated, and drawn and evaluated, against peers.

    python benchmarks/generators.py [--rows 1000000] [--rounds 9]

Every contender answers the same rows; all answers are compared with those of numpy by hand before
anything is timed. Runs alternate: one of each contender, then the next round; the figure is the
median. Each answers twice in a row and the second time counts: those in processes of their own
would begin with cold memory, while others read the columns that the one before them has read.
`core ns` is the time of cores for each row, which other work on the machine disturbs less.
C that only adds up the inputs says what memory allows. numexpr stands in an environment that this
command makes and removes.
"""

from __future__ import annotations

import os

# Idle threads of one contender must not turn in place while another one runs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sympy
import torch
from generators_laws import CASES, OSCILLATOR, Case, laid_out
from numpy.typing import NDArray
from scipy.stats import qmc

import lawc
from lawc.forms.tape import Step, Tape
from lawc.lowering.program import Program
from lawc.native.compiling import available
from lawc.native.evaluator import evaluator
from lawc.native.threads import thread_count

HERE = Path(__file__).parent
CHUNK = 16_000
HAND = "numpy by hand, chunks of 16,000"
"""The peer that figures are compared with: what a person writes who knows of the cache."""
AGREEMENT = 1e-11
"""How far answers may be apart, relative to the largest of a column."""

Array = NDArray[np.float64]
Columns = Mapping[str, Array]


class Peer:
    """Another process that answers: its environment has numexpr, or lawc without a compiler."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Return what it answers."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Contender:
    """Something that answers; `run` returns its seconds and its answer where it is asked for."""

    name: str
    run: Callable[[bool], tuple[Cost, Array | None]]


Cost = tuple[float, float]
"""Seconds on the clock, and seconds of cores."""


def timed(function: Callable[[], Any]) -> Callable[[bool], tuple[Cost, Array | None]]:
    def run(wanted: bool) -> tuple[Cost, Array | None]:
        begin, core = time.perf_counter(), time.process_time()
        answer = function()
        cost = time.perf_counter() - begin, time.process_time() - core
        return cost, np.asarray(answer) if wanted else None

    return run


def programs(cases: tuple[Case, ...]) -> list[Program]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bench.law").write_text(OSCILLATOR, encoding="utf-8")
        laws = lawc.load(folder)
    named = {identity.rpartition(".")[2]: law for identity, law in laws.laws.items()}
    return [lawc.compile(named[case.law.rpartition(".")[2]], case.signature) for case in cases]


def symbolic(case: Case) -> tuple[list[sympy.Symbol], sympy.Expr]:
    names = case.signature.partition("->")[0].split()
    symbols = [sympy.Symbol(name) for name in names]
    return symbols, case.function(sympy, *symbols)


def answering(
    case: Case, program: Program, rows: int, numexpr: Peer, plain: Peer, folder: Path
) -> list[Contender]:
    """Return all that answer given rows."""
    columns = program.sample(rows, seed=1)
    given = [columns[q.name] for q in program.inputs]
    paths = {}
    for quantity, values in zip(program.inputs, given, strict=True):
        paths[quantity.name] = str(folder / f"{quantity.name}.npy")
        np.save(paths[quantity.name], values)
    numexpr.ask(load=paths)
    plain.ask(load=paths, case=CASES.index(case))
    (output,) = (q.name for q in program.outputs)
    symbols, expression = symbolic(case)
    lambdified = sympy.lambdify(symbols, expression, "numpy")
    shared = sympy.lambdify(symbols, expression, "numpy", cse=True)
    tensors = [torch.tensor(values) for values in given]
    compiled = torch.compile(lambda *values: case.function(torch, *values))
    assert program.written is not None
    native = evaluator(program.written.tape)

    def chunked() -> Array:
        answer = np.empty(rows)
        for first in range(0, rows, CHUNK):
            part = slice(first, first + CHUNK)
            answer[part] = case.function(np, *(values[part] for values in given))
        return answer

    def asked(peer: Peer, **what: Any) -> Callable[[bool], tuple[Cost, Array | None]]:
        def run(wanted: bool) -> tuple[Cost, Array | None]:
            path = str(folder / "answer.npy") if wanted else ""
            clock, core = peer.ask(save=path, **what)["seconds"]
            return (clock, core), np.load(path) if wanted else None

        return run

    found = [
        Contender("numpy by hand", timed(lambda: case.function(np, *given))),
        Contender(HAND, timed(chunked)),
        Contender("sympy lambdify", timed(lambda: lambdified(*given))),
        Contender("sympy lambdify, cse", timed(lambda: shared(*given))),
        Contender("numexpr", asked(numexpr, formula=str(expression))),
        Contender("torch eager", timed(lambda: case.function(torch, *tensors))),
        Contender("torch.compile", timed(lambda: compiled(*tensors))),
        Contender("lawc without a compiler", asked(plain)),
    ]
    if native is not None:
        found += [
            Contender(
                "lawc, C: reference, checked", timed(lambda: program.reference(columns)[output])
            ),
            Contender("lawc, C: the evaluator alone", timed(lambda: native(given, rows)[0][0])),
        ]
    return found


def adding(program: Program, rows: int) -> Contender:
    """Return C that only adds up the inputs: it moves what an answer moves, and bounds it."""
    columns = program.sample(rows, seed=1)
    names = program.signature.inputs
    count = len(names)
    steps = [Step("add", (0, 1)), *(Step("add", (count + k, k + 2)) for k in range(count - 2))]
    native = evaluator(Tape(names, tuple(steps), (("sum", count + len(steps) - 1),)))
    assert native is not None
    given = [columns[name] for name in names]
    return Contender("C that adds up the inputs", timed(lambda: native(given, rows)[0][0]))


def drawing(case: Case, program: Program, rows: int, plain: Peer) -> list[Contender]:
    """Return all that draw rows and answer them."""
    inputs = program.inputs

    def spread(unit: Any, xp: Any) -> list[Any]:
        values = []
        for k, q in enumerate(inputs):
            low, high = q.low or 0.0, q.high or 0.0
            share = unit[..., k] if xp is np else unit[k]
            values.append(low * (high / low) ** share if q.log else low + (high - low) * share)
        return values

    def by_hand() -> Any:
        generator = np.random.default_rng(1)
        unit = [generator.random(rows) for _ in inputs]
        return case.function(np, *spread(unit, None))

    def in_chunks(keep: bool = False) -> Any:
        generator, answer = np.random.default_rng(1), np.empty(rows)
        kept = [np.empty(rows) for _ in inputs if keep]
        for first in range(0, rows, CHUNK):
            count = min(CHUNK, rows - first)
            unit = [generator.random(count) for _ in inputs]
            values = spread(unit, None)
            answer[first : first + count] = case.function(np, *values)
            for column, some in zip(kept, values, strict=False):
                column[first : first + count] = some
        return [*kept, answer]

    def sobol() -> Any:
        engine = qmc.Sobol(len(inputs), rng=np.random.default_rng(1))
        unit = engine.random_base2((rows - 1).bit_length())[:rows]
        return case.function(np, *spread(unit, np))

    def drawn(unit: Any) -> Any:
        return case.function(torch, *spread(unit, None))

    compiled = torch.compile(drawn)

    def asked(what: str) -> Callable[[bool], tuple[Cost, Array | None]]:
        def run(_: bool) -> tuple[Cost, Array | None]:
            clock, core = plain.ask(sample=what, rows=rows)["seconds"]
            return (clock, core), None

        return run

    found = [
        Contender("numpy uniform, numpy by hand", timed(by_hand)),
        Contender(f"numpy uniform, {HAND}", timed(in_chunks)),
        Contender("the same, rows kept as lawc does", timed(lambda: in_chunks(keep=True))),
        Contender("scipy Sobol, numpy by hand", timed(sobol)),
        Contender(
            "torch.rand, torch.compile",
            timed(lambda: compiled(list(torch.rand(len(inputs), rows, dtype=torch.float64)))),
        ),
        Contender("lawc without a compiler, Sobol", asked("domain")),
        Contender("lawc without a compiler, independent", asked("iid")),
    ]
    if available():
        for what, name in (("domain", "Sobol"), ("iid", "independent")):

            def both(what: str = what) -> Any:
                return program.rows(rows, seed=1, what=what)

            found.append(Contender(f"lawc, C, {name}", timed(both)))
    return found


def compared(contenders: list[Contender]) -> float:
    """Return the largest difference from the first one's answers, relative to the largest of them.

    Raises:
        SystemExit: It is more than agreed.
    """
    _, wanted = contenders[0].run(True)
    assert wanted is not None
    worst = 0.0
    for contender in contenders[1:]:
        _, answer = contender.run(True)
        assert answer is not None
        apart = float(np.abs(answer - wanted).max() / np.abs(wanted).max())
        if not apart <= AGREEMENT:
            raise SystemExit(f"{contender.name} answers otherwise, by {apart:.1e}")
        worst = max(worst, apart)
    return worst


def medians(contenders: list[Contender], rounds: int) -> dict[str, Cost]:
    for contender in contenders:
        contender.run(False)
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            contender.run(False)
            costs[contender.name].append(contender.run(False)[0])
    return {
        name: (statistics.median(c for c, _ in all_of), statistics.median(c for _, c in all_of))
        for name, all_of in costs.items()
    }


def table(title: str, found: Mapping[str, Cost], rows: int, against: tuple[str, ...]) -> str:
    width = max(map(len, found))
    head = f"{'':{width}}  {'million rows/s':>14}  {'core ns':>7}"
    lines = [title, head + "".join(f"  {'x ' + name:>16}" for name in against)]
    for name, (clock, core) in found.items():
        line = f"{name:{width}}  {rows / clock / 1e6:14.1f}  {core / rows * 1e9:7.1f}"
        lines.append(line + "".join(f"  {found[other][0] / clock:16.2f}" for other in against))
    return "\n".join(lines)


def shortened(found: Mapping[str, Cost]) -> dict[str, Cost]:
    """Return costs under shorter names."""
    return {"chunked" if name.endswith(HAND) else name: cost for name, cost in found.items()}


def serve() -> None:
    """Answer as lawc does where there is no compiler; the other end is `Peer`."""
    made = programs(CASES)
    program, columns = made[0], {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "load" in asked:
            program = made[asked["case"]]
            columns = laid_out({name: np.load(path) for name, path in asked["load"].items()})
            print(json.dumps({}), flush=True)
            continue
        # The last answer is given up first, as `timed` gives it up.
        answer = None
        begin, core = time.perf_counter(), time.process_time()
        if "sample" in asked:
            answer = program.rows(asked["rows"], seed=1, what=asked["sample"])
        else:
            answer = program.reference(columns)
        seconds = [time.perf_counter() - begin, time.process_time() - core]
        if asked.get("save"):
            np.save(asked["save"], answer[program.signature.outputs[0]])
        print(json.dumps({"seconds": seconds}), flush=True)


def environment(folder: Path) -> str:
    """Return the Python of a fresh environment that has numexpr."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    wanted = [f"numpy=={np.__version__}", "numexpr"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    rows, threads = arguments.rows, thread_count()
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = str(HERE / "generators_peer.py")
        numexpr = Peer([environment(folder / "peers"), peer, str(threads)])
        plain = Peer([sys.executable, __file__, "--serve"], LAWC_NATIVE="0")
        print(f"{rows:,} rows, {threads} threads, medians of {arguments.rounds} alternating runs\n")
        for case, program in zip(CASES, programs(CASES), strict=True):
            steps = program.written.tape.steps if program.written else ()
            operations = sum(step.operation != "constant" for step in steps)
            contenders = answering(case, program, rows, numexpr, plain, folder)
            worst = compared(contenders)
            title = f"{case.law}: {len(program.inputs)} inputs, {operations} operations"
            contenders += [adding(program, rows)] if available() else []
            found = medians(contenders, arguments.rounds)
            print(table(title, shortened(found), rows, ("chunked", "sympy lambdify")))
            print(f"largest difference between answers {worst:.1e}")
            if bound := found.get("C that adds up the inputs"):
                moved = rows * 8 * (len(program.inputs) + 1)
                print(f"memory alone: {moved / bound[0] / 1e9:.0f} GB/s")
            print()
            found = medians(drawing(case, program, rows, plain), arguments.rounds)
            title = f"{case.law}: drawn and answered"
            print(table(title, shortened(found), rows, ("chunked",)))
            print(flush=True)
        numexpr.close()
        plain.close()


if __name__ == "__main__":
    main()
