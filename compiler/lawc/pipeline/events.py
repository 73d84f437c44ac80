"""What a build says while it works; plain data that crosses a pipe as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Stage = Literal["compile", "train", "distil", "certify", "freeze"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the making of one module stands.

    Attributes:
        module: `medicine/absorption`.
        stage: What is being done.
        fraction: Of this stage, from 0 to 1.
        error: Largest error against the reference so far, as a share of its scale; None before
            the first measurement.
        detail: A few words.
    """

    module: str
    stage: Stage
    fraction: float = 0.0
    error: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the making of one module ended.

    Attributes:
        state: `built`, `current` (nothing to do) or `failed`.
        message: Why it failed; the module that stood before still stands.
        facts: Form, grade, bound, size and seconds of a built module.
    """

    module: str
    state: Literal["built", "current", "failed"]
    message: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


Event = Progress | Outcome


def to_line(event: Event) -> str:
    """Return an event as one line of JSON."""
    kind = "progress" if isinstance(event, Progress) else "outcome"
    return json.dumps({"kind": kind, **asdict(event)})


def from_line(line: str) -> Event:
    """Read an event from one line of JSON.

    Raises:
        ValueError: The line is no event.
    """
    data = json.loads(line)
    kind = data.pop("kind", None) if isinstance(data, dict) else None
    try:
        if kind == "progress":
            return Progress(**data)
        if kind == "outcome":
            return Outcome(**data)
    except TypeError as problem:
        raise ValueError(f"expected an event, got {line[:80]!r}") from problem
    raise ValueError(f"expected an event, got {line[:80]!r}")
