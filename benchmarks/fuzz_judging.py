"""Judge what becomes of a text: findings that lie inside it or laws, and never anything else."""

from __future__ import annotations

import json
import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawc.analysis.checking import check
from lawc.diagnostics.diagnostic import Diagnostic, LawcError, Source
from lawc.diagnostics.frame import render
from lawc.diagnostics.record import record
from lawc.export.json_form import to_json
from lawc.export.json_reading import read_json
from lawc.knowledge.base import KnowledgeBase
from lawc.syntax.composing import composed
from lawc.syntax.formatting import formatted
from lawc.syntax.parsing import parse, read_source

SECONDS, SECONDS_PER_KB = 0.1, 0.1
"""What a case may take: findings about it, its repairs tried, its layout and its JSON form."""
SLOWEST = 5.0
"""Seconds of one core after which a case is given up."""

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that may act on a terminal instead of being shown."""


class TooLongError(BaseException):
    """A case takes longer than any may; no handler of ordinary errors may catch this."""


@dataclass(frozen=True)
class Verdict:
    """What became of a case: accepted or not, how long it took, and what is wrong."""

    accepted: bool
    seconds: float
    fault: str = ""
    trace: str = ""


@contextmanager
def limited() -> Iterator[None]:
    """Let what runs in here take no longer than a case may."""

    def end(number: int, frame: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, SLOWEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def judged(
    run: Callable[[bytes], bool], data: bytes, refusals: tuple[type[Exception], ...] = ()
) -> Verdict:
    """Return what becomes of bytes, measured; a case that seems slow is run again.

    Args:
        run: Returns whether they are accepted; raises AssertionError where a property fails.
        data: The bytes.
        refusals: What it may raise.
    """
    allowed = SECONDS + SECONDS_PER_KB * len(data) / 1000
    seconds = SLOWEST
    accepted = False
    for _ in range(3):
        begin = time.process_time()
        try:
            with limited():
                accepted = run(data)
        except refusals:
            accepted = False
        except TooLongError as error:
            return Verdict(False, SLOWEST, f"no end {_where(error)}", traceback.format_exc())
        except Exception as error:
            seconds = time.process_time() - begin
            return Verdict(False, seconds, _where(error), traceback.format_exc())
        seconds = min(seconds, time.process_time() - begin)
        if seconds <= allowed:
            return Verdict(accepted, seconds)
    return Verdict(accepted, seconds, "slow")


def read_text(data: bytes, known: KnowledgeBase, *, thorough: bool, page: bool = False) -> bool:
    """Read, check and show a text; return whether all of it is understood.

    Args:
        data: The bytes of a file.
        known: The library.
        thorough: Whether it is also formatted, and written as JSON and read again.
        page: Whether it is a page with fences.
    """
    path = "knowledge/drawn.law.md" if page else "knowledge/drawn.law"
    source, findings = read_source(path, data)
    if source is None:
        _shown(findings, {})
        return False
    document, unread = parse(source)
    _, found = check([document], known=known)
    every = [*findings, *unread, *found]
    for finding in every:
        for label in finding.labels:
            _inside(finding, label.place, source)
        for repair in finding.repairs:
            _inside(finding, repair.place, source)
    _shown(every, {source.path: source})
    if thorough:
        result = formatted(source)
        assert result.refusal or formatted(Source(path, result.text)).text == result.text, (
            "formatting again changes more"
        )
        if not unread and not findings and document.blocks:
            sound = not any(finding.is_error for finding in found)
            _there_and_back(to_json(document), sound=sound)
            composed(document)
    return not any(finding.is_error for finding in every)


def _there_and_back(form: Any, *, sound: bool) -> None:
    """Read the JSON form of a document; of a sound one it may not be refused."""
    try:
        read_json("drawn.json", json.dumps(form).encode())
    except LawcError as refusal:
        if not sound:
            return
        raise AssertionError(f"a form is not read again: {str(refusal)[:300]}") from None


def _inside(finding: Diagnostic, place: Any, source: Source) -> None:
    if place.path == source.path:
        inside = 0 <= place.start <= place.end <= len(source.text)
        assert inside, f"{finding.code} lies outside its text"


def _shown(findings: Any, sources: dict[str, Source]) -> None:
    shown = _STYLE.sub("", render(findings, sources, color=True))
    odd = _ACTING.search(shown)
    assert odd is None, f"a message holds U+{ord(odd[0]) if odd else 0:04X}"
    record(findings, sources)


def _where(error: BaseException) -> str:
    """Return the kind of an error and where it was raised, to tell faults apart."""
    if isinstance(error, AssertionError) and str(error):
        return re.sub(r"'[^']*'", "'…'", str(error))[:80]
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "lawc" in frame.filename
    ]
    if isinstance(error, TooLongError | RecursionError):
        # Where it happens to stop says little.
        frames = [frame for frame in frames if "fuzz" not in frame.filename][:3]
    at = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "?"
    return f"{type(error).__name__} in {at}"


def minimized(
    run: Callable[[bytes], bool],
    data: bytes,
    fault: str,
    refusals: tuple[type[Exception], ...] = (),
    seconds: float = 20.0,
) -> bytes:
    """Return a shorter text with the same fault."""
    until = time.monotonic() + seconds
    for separator in (b"\n", None):
        parts = data.split(separator) if separator else [bytes([byte]) for byte in data]
        size = max(1, len(parts) // 2)
        while size:
            at = 0
            while at < len(parts) and time.monotonic() < until:
                fewer = parts[:at] + parts[at + size :]
                shorter = (separator or b"").join(fewer)
                if judged(run, shorter, refusals).fault == fault:
                    parts = fewer
                else:
                    at += size
            size //= 2
        data = (separator or b"").join(parts)
    return data
