"""Check again whenever a file changes, and say what is new and what is mended.

What can be said at once is shown at once; examples and claims follow, and are given up when a file
changes meanwhile. The screen holds the findings of the last check only.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from lawc.diagnostics.diagnostic import Diagnostic, LawcError
from lawc.diagnostics.width import printable
from lawc.pipeline.survey import Survey
from lawc.project.changes import Look, look, next_change

CLEAR = "\x1b[H\x1b[2J\x1b[3J"
MOST_LISTED = 12

Sight = tuple[str, str, str, str]
"""What makes a finding the same one after an edit: all but where in its file it stands."""


class _Changed(Exception):  # noqa: N818  not an error: it ends a calculation that is out of date
    pass


class Rechecking:
    """A check that is made again and again.

    Attributes:
        errors: Whether the last check found errors.
    """

    def __init__(
        self,
        places: list[Path],
        check: Callable[[], Survey],
        claims: Callable[[Survey, Callable[[str], None]], Survey] | None,
        show: Callable[[Survey], str],
    ) -> None:
        """Prepare to check.

        Args:
            places: Files and folders whose changes matter.
            check: Checks all but examples and claims.
            claims: Adds these; None where they are not wanted.
            show: Makes the text of a check, with its summary.
        """
        self._places = places
        self._check = check
        self._claims = claims
        self._show = show
        self._clear = sys.stdout.isatty()
        self._before: Counter[Sight] | None = None
        self.errors = False

    def run(self) -> None:
        """Check, wait for a change, and begin again, until somebody interrupts."""
        seen = look(self._places)
        self._round(seen, self._check())
        while True:
            seen = next_change(self._places, seen)
            try:
                found = self._check()
            except LawcError as problem:
                # A file that is there no more, or not yet: somebody is at work.
                self._print(f"{problem}\n\n{_clock()}  waiting for files; Ctrl-C ends")
                continue
            self._round(seen, found)

    def _round(self, seen: Look, found: Survey) -> None:
        if self._claims is None:
            self._finish(found)
            return
        text = self._show(found)
        shown = False

        def tell(law: str) -> None:
            nonlocal shown
            if not shown:
                self._print(f"{text}\n\n{_clock()}  examples and claims …")
                shown = True
            if look(self._places) != seen:
                raise _Changed

        try:
            self._finish(self._claims(found, tell))
        except _Changed:
            return

    def _finish(self, found: Survey) -> None:
        sights = Counter(map(_sight, found.diagnostics))
        lines = [self._show(found), ""]
        if self._before is None:
            lines.append(f"{_clock()}  watching; Ctrl-C ends")
        else:
            lines += _changes(self._before, sights)
        self._before = sights
        self.errors = any(diagnostic.is_error for diagnostic in found.diagnostics)
        self._print("\n".join(lines))

    def _print(self, text: str) -> None:
        sys.stdout.write(f"{CLEAR if self._clear else ''}{text}\n")
        sys.stdout.flush()


def _changes(before: Counter[Sight], now: Counter[Sight]) -> list[str]:
    """Return what is new and what is mended since the last check."""
    new, mended = now - before, before - now
    if not new and not mended:
        return [f"{_clock()}  no change in the findings; watching, Ctrl-C ends"]
    lines = [f"{_clock()}  {new.total()} new, {mended.total()} mended; watching, Ctrl-C ends"]
    listed = [f"  new     {_said(s)}" for s in new.elements()]
    listed += [f"  mended  {_said(s)}" for s in mended.elements()]
    if len(listed) > MOST_LISTED:
        listed = [*listed[:MOST_LISTED], f"  and {len(listed) - MOST_LISTED} more"]
    return lines + listed


def _sight(found: Diagnostic) -> Sight:
    return str(found.severity), found.code, found.place.path, found.headline


def _said(sight: Sight) -> str:
    severity, code, path, headline = sight
    return printable(f"{severity}[{code}] {path}: {headline}")


def _clock() -> str:
    return time.strftime("%H:%M:%S")
