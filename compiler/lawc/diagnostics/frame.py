"""Show findings to a reader: from diagnostics to framed text.

The frame is the one of rustc: a headline, the place, the lines concerned with their labels
below them, then notes and helps. Columns of the frame are display columns, so that wide,
combining and unprintable characters do not shift a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lawc.diagnostics.colour import BOLD, FRAME, HELP, SECONDARY, SEVERITIES, painted
from lawc.diagnostics.diagnostic import Diagnostic, Label, Severity, Source
from lawc.diagnostics.drawing import Mark, draw_labels, visible
from lawc.diagnostics.width import printable


def render(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, Source],
    *,
    color: bool,
    width: int = 100,
) -> str:
    """Return all findings as text, a blank line between two, without a line end.

    Args:
        diagnostics: The findings, in the order in which they are shown.
        sources: The texts by path; a finding in a text that is not there shows its place only.
        color: Whether ANSI colours are used.
        width: Columns of the terminal; longer lines of a source are cut around the labels.
    """
    return "\n\n".join(_framed(finding, sources, color, width) for finding in diagnostics)


def summary(diagnostics: Iterable[Diagnostic], *, laws: int | None = None) -> str:
    """Return the closing line: `2 errors and 1 warning in 3 files`, or `no findings`.

    Args:
        diagnostics: The findings.
        laws: How many laws were checked; said where it is given.
    """
    findings = tuple(diagnostics)
    errors = sum(finding.is_error for finding in findings)
    counts = [
        _counted(number, word)
        for number, word in ((errors, "error"), (len(findings) - errors, "warning"))
        if number
    ]
    files = len({finding.place.path for finding in findings if finding.labels})
    line = " and ".join(counts) or "no findings"
    if files:
        line += f" in {_counted(files, 'file')}"
    return line if laws is None else f"{line}, {_counted(laws, 'law')} checked"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _framed(finding: Diagnostic, sources: Mapping[str, Source], color: bool, width: int) -> str:
    accent = SEVERITIES[finding.severity]
    groups = _by_source(finding)
    shown = {path: sources[path] for path in groups if path in sources}
    gutter = max(
        (
            len(str(last))
            for path, source in shown.items()
            for last in _last_lines(groups[path], source)
        ),
        default=1,
    )
    head = painted(f"{finding.severity}[{finding.code}]", accent, color)
    lines = [head + painted(f": {printable(finding.headline)}", BOLD, color)]
    bar = " " * (gutter + 1) + painted("|", FRAME, color)
    for number, (path, labels) in enumerate(groups.items()):
        if number:
            lines.append(bar)
        arrow = painted("-->" if number == 0 else ":::", FRAME, color)
        lines.append(f"{' ' * gutter}{arrow} {_location(path, labels, shown.get(path))}")
        if path in shown:
            lines.append(bar)
            lines += _snippet(labels, shown[path], finding.severity, gutter, color, width)
    remarks = [("note", text, BOLD) for text in finding.notes]
    remarks += [("help", text, HELP) for text in finding.helps]
    if remarks and shown:
        lines.append(bar)
    for word, text, style in remarks:
        first, *more = [printable(part) for part in text.split("\n")]
        equals = painted("=", FRAME, color)
        lines.append(f"{' ' * (gutter + 1)}{equals} {painted(f'{word}:', style, color)} {first}")
        lines += [" " * (gutter + 9) + part for part in more]
    return "\n".join(line.rstrip() for line in lines)


def _by_source(finding: Diagnostic) -> dict[str, list[Label]]:
    """Labels by path; the path of the place in the headline is the first."""
    if not finding.labels:
        return {}
    groups: dict[str, list[Label]] = {finding.place.path: []}
    for label in finding.labels:
        groups.setdefault(label.place.path, []).append(label)
    return groups


def _location(path: str, labels: Sequence[Label], source: Source | None) -> str:
    if source is None:
        return printable(path)
    label = next((label for label in labels if label.primary), labels[0])
    line, column = source.line_column(min(label.place.start, len(source.text)))
    return f"{printable(path)}:{line}:{column}"


def _last_lines(labels: Sequence[Label], source: Source) -> Iterable[int]:
    for label in labels:
        yield source.line_column(min(label.place.start, len(source.text)))[0]


def _snippet(
    labels: Sequence[Label],
    source: Source,
    severity: Severity,
    gutter: int,
    color: bool,
    width: int,
) -> list[str]:
    by_line: dict[int, list[Mark]] = {}
    for label in labels:
        line, mark = _mark(label, source)
        by_line.setdefault(line, []).append(mark)
    lines: list[str] = []
    previous: int | None = None
    room = max(width - gutter - 3, 20)
    for number in sorted(by_line):
        if previous is not None and number == previous + 2:
            lines.append(
                _numbered(previous + 1, visible(source.line(previous + 1), room), gutter, color)
            )
        elif previous is not None and number > previous + 2:
            lines.append(painted("...", FRAME, color))
        text, below = draw_labels(source.line(number), by_line[number], room)
        lines.append(_numbered(number, text, gutter, color))
        bar = " " * (gutter + 1) + painted("|", FRAME, color) + " "
        for row in below:
            lines.append(
                bar
                + "".join(
                    painted(piece, SEVERITIES[severity] if primary else SECONDARY, color)
                    if primary is not None
                    else piece
                    for piece, primary in row
                )
            )
        previous = number
    return lines


def _numbered(number: int, text: str, gutter: int, color: bool) -> str:
    return f"{painted(f'{number:>{gutter}} |', FRAME, color)} {text}"


def _mark(label: Label, source: Source) -> tuple[int, Mark]:
    """The line of a label and its columns there; one of several lines is marked in the first."""
    start = min(max(label.place.start, 0), len(source.text))
    end = min(max(label.place.end, start), len(source.text))
    line, column = source.line_column(start)
    last, last_column = source.line_column(end)
    if last > line:
        last_column = len(source.line(line)) + 1
    text = " ".join(label.text.split("\n"))
    return line, Mark(column - 1, max(last_column - 1, column - 1), text, label.primary)
