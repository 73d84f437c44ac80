"""How reading a line stops: with the one finding that explains why."""

from __future__ import annotations

from collections.abc import Iterable

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Repair


class UnreadableError(Exception):
    """A line cannot be read; `finding` says why. It never leaves this room."""

    def __init__(self, finding: Diagnostic) -> None:
        self.finding = finding
        super().__init__(finding.headline)


def finding(
    code: str,
    headline: str,
    place: Place,
    *,
    label: str = "",
    notes: Iterable[str] = (),
    help: str = "",
    repair: str | None = None,
) -> Diagnostic:
    """Return a finding at one place, with at most one thing to do."""
    return Diagnostic(
        code,
        headline,
        (Label(place, label),),
        tuple(notes),
        (help,) if help else (),
        () if repair is None else (Repair(place, repair, help),),
    )


def refusal(
    code: str,
    headline: str,
    place: Place,
    *,
    label: str = "",
    notes: Iterable[str] = (),
    help: str = "",
    repair: str | None = None,
) -> UnreadableError:
    """Return a finding as something to raise."""
    return UnreadableError(
        finding(code, headline, place, label=label, notes=notes, help=help, repair=repair)
    )
