"""Hold laws against their own examples and claims, as a part of the check.

To calculate a claim about a differential equation takes seconds, so what held once is remembered
by digest in `.lawc/`. Only what held is remembered: a finding is calculated anew each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from lawc.diagnostics.diagnostic import Diagnostic, Place, in_order
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.claims import findings

REVISION = 1
"""Raised when claims are tried in another way than before."""

MAX_KEYS = 100_000


def with_evidence(
    base: KnowledgeBase,
    paths: Collection[str] | None = None,
    *,
    memory: Path | None = None,
    tell: Callable[[str], None] = lambda identity: None,
) -> KnowledgeBase:
    """Return the knowledge base with what its laws' examples and claims bring to light.

    Args:
        base: Checked knowledge. A law that has errors is not calculated.
        paths: Sources whose laws are asked; all where it is None.
        memory: A file that remembers what held; nothing is remembered where it is None.
        tell: Called with the identity of each law that is calculated.
    """
    errors = [found.place for found in base.diagnostics if found.is_error]
    known = _recall(memory)
    held: list[str] = []
    found: list[Diagnostic] = []
    for law in base.laws.values():
        place = law.place
        if place is None or (paths is not None and place.path not in paths):
            continue
        if any(_holds(place, error) for error in errors):
            continue
        key = _key(law)
        if key not in known:
            tell(law.identity)
            new = findings(law)
            found.extend(new)
            if not new:
                held.append(key)
    if held:
        _remember(memory, [*known, *held])
    return replace(base, diagnostics=in_order([*base.diagnostics, *found]))


def _key(law: Law) -> str:
    said = [replace(claim, place=None) for claim in law.claims]
    worked = [replace(example, place=None) for example in law.examples]
    text = f"{REVISION}\n{law.identity}\n{law.digest}\n{said!r}\n{worked!r}"
    return hashlib.sha256(text.encode()).hexdigest()


def _recall(memory: Path | None) -> dict[str, None]:
    if memory is None:
        return {}
    try:
        keys = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return dict.fromkeys(k for k in keys if isinstance(k, str)) if isinstance(keys, list) else {}


def _remember(memory: Path | None, keys: list[str]) -> None:
    if memory is None:
        return
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        fresh = memory.with_name(f"{memory.name}.{os.getpid()}")
        fresh.write_text(json.dumps(keys[-MAX_KEYS:]), encoding="utf-8")
        fresh.replace(memory)
    except OSError:
        # A library that cannot be written to is checked anew each time.
        return


def _holds(outer: Place, inner: Place) -> bool:
    return outer.path == inner.path and outer.start <= inner.start < outer.end
