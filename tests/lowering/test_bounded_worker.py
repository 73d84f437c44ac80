"""Whatever is asked of the worker, an answer or a refusal comes within the limits."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from laws import read

from lawc.knowledge.encoding import encode
from lawc.lowering.bounded import NoAnswerError, ask

SIGNS = dict.fromkeys("abcdxyz", "positive")


def solve(left: str, right: str, unknown: str, seconds: float):
    question = {
        "left": encode(read(left)),
        "right": encode(read(right)),
        "unknown": unknown,
        "signs": SIGNS,
    }
    return ask("solve", question, seconds)


def test_an_equation_is_solved() -> None:
    found = solve("x + ln(x)", "a", "x", 30)
    assert len(found) == 1


def test_a_question_is_answered_from_memory_the_second_time() -> None:
    solve("x^3 + a*x", "b", "x", 30)
    start = time.perf_counter()
    solve("x^3 + a*x", "b", "x", 30)
    assert time.perf_counter() - start < 0.05


BLOW_UPS = {
    "powers": ("((a + b + c + d)^60 - x^7)^9", "x^11 + exp(x)"),
    "tower": ("x^x^x^x^x", "a^b^c^d^x + sin(cos(tan(x)))"),
    "numbers": ("2^(3^(4^(5^x)))", "7^(6^(5^(4^9)))"),
    "wide": (
        "+".join(f"x^{k}*a^{17 - k}" for k in range(17)) + "+ sqrt(x + sqrt(x + sqrt(x)))",
        "b",
    ),
}


@pytest.mark.parametrize("name", sorted(BLOW_UPS))
def test_a_blow_up_ends_within_the_limit(name: str) -> None:
    left, right = BLOW_UPS[name]
    solve("x", "a + 1", "x", 60)  # Starting the process is not counted.
    start = time.perf_counter()
    with contextlib.suppress(NoAnswerError):
        solve(left, right, "x", 2.0)
    assert time.perf_counter() - start < 6
    # The next question is answered as if nothing had happened.
    assert solve("x + b", "a", "x", 30) == (read("a - b"),)


def test_deep_nesting_comes_back_as_no_answer() -> None:
    text = "x"
    for _ in range(50):
        text = f"exp(sin({text} + a)*{text[:1]})"
    try:
        solve(text, "b", "x", 3.0)
    except NoAnswerError as error:
        assert str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="looks processes up in /proc")
def test_the_worker_dies_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, os; sys.path.insert(0, 'tests/lowering')\n"
        "from laws import read\n"
        "from lawc.knowledge.encoding import encode\n"
        "from lawc.lowering import bounded\n"
        "bounded.ask('solve', {'left': encode(read('x')), 'right': encode(read('a + 2')),"
        " 'unknown': 'x', 'signs': {}}, 60)\n"
        "print(bounded._workers[0]._process.number, flush=True)\n"
        "os._exit(1)\n"
    )
    # Read from standard input, as no script and no module stands behind it.
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _runs(pid):
        time.sleep(0.1)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
