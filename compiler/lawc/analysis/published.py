"""What a version of a law stands for: symbols, and formulas in the canonical text of `digest.py`.

The text is only ever compared. Nothing of it is run, or built into a tree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

from lawc.analysis.digest import canonical, canonical_law, canonical_sides
from lawc.diagnostics.immutable import immutable
from lawc.knowledge.law import Law, Quantity, Status
from lawc.knowledge.writing import write_claim

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule


@immutable
class Symbol:
    """What a version says of one quantity; ranges and defaults are in its unit."""

    unit: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    depends: tuple[str, ...] = ()
    default: float | None = None
    kind: str = "number"
    choices: tuple[str, ...] = ()


@immutable
class State:
    """What a version of a law stands for.

    Attributes:
        version: Empty where the law declares none.
        words: Digest of all that only people read.
        equations: The label, and the canonical text, of each.
        rest: Constants, conditions, boundaries and distributions, a line each; the first word of a
            line says what it is.
        valid: The canonical texts of the conditions under which it holds.
        claims: As the language writes them.
    """

    version: str
    status: Status
    words: str
    symbols: Mapping[str, Symbol]
    equations: tuple[tuple[str, str], ...]
    rest: tuple[str, ...]
    valid: tuple[str, ...]
    claims: tuple[str, ...]


def state_of(law: Law | Rule) -> State:
    """Return what a law or a rule stands for under its version."""
    if not isinstance(law, Law):
        return import_module("lawc.analysis.rules.published").rule_state(law)
    bare = replace(law, quantities={}, equations=(), validity=())
    _, constants, _, conditions, _, *groups = canonical_law(bare)
    rest = [_line("constant", part) for part in constants]
    rest += [_line("condition", part) for part in conditions]
    rest += [_line(name, part) for name, *parts in groups for part in parts]
    return State(
        law.version,
        law.status,
        _words(law),
        {name: symbol_of(quantity) for name, quantity in sorted(law.quantities.items())},
        tuple((e.label, " ".join(canonical_sides(e))) for e in law.equations),
        tuple(rest),
        tuple(sorted({canonical(v.condition) for v in law.validity})),
        tuple(sorted({write_claim(claim) for claim in law.claims})),
    )


def mark(law: Law | Rule) -> str:
    """Return a digest that differs wherever `state_of` does; empty for a draft, which has none."""
    if not isinstance(law, Law):
        return import_module("lawc.analysis.rules.published").rule_mark(law)
    if law.status is Status.DRAFT:
        return ""
    claims = [claim.text or write_claim(claim) for claim in law.claims]
    said = (law.digest, law.status.value, _words(law), claims, [e.label for e in law.equations])
    return sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()


def _words(law: Law) -> str:
    """Return the digest of what only people read."""
    examples = [(e.quantity, e.value, e.tolerance, *sorted(e.given.items())) for e in law.examples]
    words = sorted((name, quantity.words) for name, quantity in law.quantities.items())
    valid = sorted(v.words for v in law.validity)
    head = (law.title, law.sources, law.notes, law.supersedes, law.successor)
    said = repr((head, words, valid, examples))
    return sha256(said.encode("utf-8", "backslashreplace")).hexdigest()


def symbol_of(quantity: Quantity) -> Symbol:
    """Return what a version says of a quantity."""
    return Symbol(
        quantity.unit.text,
        None if quantity.low is None else float(quantity.low),
        None if quantity.high is None else float(quantity.high),
        quantity.log,
        quantity.depends,
        None if quantity.default is None else float(quantity.default),
        quantity.kind,
        quantity.choices,
    )


def _line(kind: str, part: object) -> str:
    return f"{kind} {json.dumps(part, ensure_ascii=False)}"
