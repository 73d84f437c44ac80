"""Sentences that findings are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lawc.diagnostics.diagnostic import Diagnostic, Label, Place, Repair, Severity


def finding(
    code: str,
    headline: str,
    place: Place,
    text: str = "",
    *,
    others: Iterable[tuple[Place, str]] = (),
    note: str = "",
    notes: Iterable[str] = (),
    help: str = "",
    repairs: Iterable[Repair] = (),
) -> Diagnostic:
    """Return an error at a place, with further places where it shows too."""
    labels = [Label(place, text)]
    labels += [Label(other, said, primary=False) for other, said in others if other != place]
    said = (*notes, note) if note else tuple(notes)
    helps = (help,) if help else ()
    return Diagnostic(code, headline, tuple(labels), said, helps, tuple(repairs))


def warning(
    code: str,
    headline: str,
    place: Place,
    text: str = "",
    *,
    note: str = "",
    help: str = "",
    repairs: Iterable[Repair] = (),
) -> Diagnostic:
    """Return a warning at a place."""
    notes, helps = ((said,) if said else () for said in (note, help))
    return Diagnostic(
        code, headline, (Label(place, text),), notes, helps, tuple(repairs), Severity.WARNING
    )


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def quoted(names: Iterable[str]) -> list[str]:
    """Return each name between the marks that set it off from a sentence."""
    return [f"`{name}`" for name in names]


def shown(value: float) -> str:
    """Return a number as people write it, with at most five digits."""
    text = f"{value:.5g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa}e{int(exponent)}"
    return text
