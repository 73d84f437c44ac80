"""Watching, in a terminal: every change is seen, and nothing that happens to files ends it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

LAW = """\
law fall@1.0.0
  title   "Free fall"
  status  draft
  symbols
    t : time     [s]  0 .. 10
    g : gravity  [m/s^2]  1 .. 30
    h : height   [m]
  equations
    h = g*t^2/2
  checks
    example: h = 4.903325 [m] within 1e-6 given t = 1 [s], g = 9.80665 [m/s^2]
"""
_STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def _heed_interrupts() -> None:
    """Undo what a shell does to all that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _take_terminal() -> None:
    _heed_interrupts()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """The command in a terminal of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lawc", "check", "--watch", *options],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / "caches")},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self.text = ""

    def until(self, wanted: str, seconds: float = 40.0) -> tuple[str, float]:
        """Return what was written up to a pattern, and how long that took."""
        started = time.monotonic()
        while (match := re.search(wanted, self.text)) is None:
            left = seconds - (time.monotonic() - started)
            ready, _, _ = select.select([self.master], [], [], max(left, 0))
            assert ready, f"no {wanted!r} in {self.text!r}"
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            assert data, f"it ended: {self.text!r}"
            self.text += _STYLE.sub("", data.decode(errors="replace")).replace("\r", "")
        seen, self.text = self.text[: match.end()], self.text[match.end() :]
        return seen, time.monotonic() - started

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status and what was written then."""
        os.write(self.master, b"\x03")
        status = self.process.wait(20)
        return status, self.text


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "fall.law").write_text(LAW)
    yield tmp_path


def test_watching_says_what_is_new_and_what_is_mended(project: Path) -> None:
    file = project / "knowledge" / "fall.law"
    terminal = Terminal(project)
    seen, _ = terminal.until("watching; Ctrl-C ends")
    assert "no findings, 1 law checked" in seen

    file.write_text(LAW.replace("t^2/2", "t/2"))
    seen, seconds = terminal.until("watching, Ctrl-C ends")
    assert "1 new, 0 mended" in seen
    assert "error[L0203]: the two sides" in seen
    assert seconds < 5
    terminal.until(r"new +error\[L0203\] knowledge/fall.law")

    file.write_text(LAW.replace("t^2/2", "t^2/2\n    h = = g"))
    seen, _ = terminal.until("watching, Ctrl-C ends")
    assert "1 new, 1 mended" in seen

    # Half a file, then nothing, then another name, then the whole again.
    file.write_bytes(LAW.encode()[:170] + b"\xe2")
    terminal.until(r"L0109.*(?s:.*)watching, Ctrl-C ends")
    file.unlink()
    terminal.until("there is no .law or .rule file at .*\n(?s:.*)waiting for files; Ctrl-C ends")
    other = project / "knowledge" / "other.law"
    other.write_text(LAW.replace("4.903325", "5"))
    terminal.until(r"error\[L0501\](?s:.*)watching, Ctrl-C ends")
    assert terminal.interrupt()[0] == 1
    assert "Traceback" not in terminal.text


def test_interrupting_ends_with_the_status_of_the_last_check(project: Path) -> None:
    terminal = Terminal(project, "--quick")
    terminal.until("watching; Ctrl-C ends")
    status, rest = terminal.interrupt()
    assert (status, rest.strip("^C\n ")) == (0, "")


def test_interrupting_by_signal_ends_a_watch_without_a_terminal(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "lawc", "check", "--watch", "--quick", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=project,
        preexec_fn=_heed_interrupts,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "no findings, 1 law checked\n"
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest.strip(), errors) == (0, "", "")
    assert not (project / ".lawc").exists()
