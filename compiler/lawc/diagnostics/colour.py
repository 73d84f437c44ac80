"""Colours of the frame, as ANSI sequences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lawc.diagnostics.diagnostic import Severity

BOLD = "1"
FRAME = "1;34"
SECONDARY = "1;34"
HELP = "1;36"
SEVERITIES: Mapping[Severity, str] = MappingProxyType(
    {Severity.ERROR: "1;31", Severity.WARNING: "1;33"}
)


def painted(text: str, style: str, color: bool) -> str:
    """Return a text in a style, or as it is where no colour is wanted."""
    return f"\x1b[{style}m{text}\x1b[0m" if color and text else text
