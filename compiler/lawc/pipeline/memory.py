"""Remember which examples and claims held, by key, in a file of the project.

To calculate a claim about a differential equation takes seconds, so what held once is not
calculated again. Only what held is remembered: a finding is calculated anew each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lawc.knowledge.law import Law

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule

REVISION = 3
RULES = 4
"""Raised when claims are tried in another way than before."""

MAX_KEYS = 500_000


def evidence_key(law: Law) -> str:
    """Return the key of what a law says and claims; empty where it claims nothing."""
    if not law.claims and not law.examples:
        return ""
    said = [claim.text or replace(claim, place=None) for claim in law.claims]
    worked = [(e.quantity, e.value, e.tolerance, *e.given.items()) for e in law.examples]
    text = f"{REVISION}\n{law.identity}\n{law.digest}\n{said!r}\n{worked!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def rule_evidence_key(rule: Rule) -> str:
    """Return the key of what a rule says, claims and works out; every rule is tried."""
    said = [(claim.text, claim.where) for claim in rule.claims]
    worked = [(c.given, c.expected, c.tolerance, c.day) for c in rule.cases]
    text = f"rule {RULES}\n{rule.identity}\n{rule.digest}\n{said!r}\n{worked!r}"
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def recall(memory: Path | None) -> dict[str, None]:
    """Return the keys that a file remembers, the oldest first; none where it cannot be read."""
    if memory is None:
        return {}
    try:
        keys = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return dict.fromkeys(k for k in keys if isinstance(k, str)) if isinstance(keys, list) else {}


def remember(memory: Path | None, keys: Iterable[str]) -> None:
    """Write keys to a file, the newest last."""
    if memory is None:
        return
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        fresh = memory.with_name(f"{memory.name}.{os.getpid()}")
        fresh.write_text(json.dumps(list(keys)[-MAX_KEYS:]), encoding="utf-8")
        fresh.replace(memory)
    except OSError:
        # A library that cannot be written to is checked anew each time.
        return
