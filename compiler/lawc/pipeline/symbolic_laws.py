"""A law built in Python from equations of sympy: written as text, then checked like any other.

There is one road to a `Law`, the checker's. So what is built here has the findings, the digest and
the meaning of the same law in a file, and its findings show the text that was written from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lawc.diagnostics.diagnostic import LawcError, Source
from lawc.importers.sympy_data import (
    Conditions,
    ExampleData,
    LabelledEquations,
    QuantityData,
    SympyLaw,
)
from lawc.importers.sympy_laws import block_of
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.pipeline.checking import check_text, demand
from lawc.syntax.comparing import say_the_same
from lawc.syntax.composing import composed
from lawc.syntax.document import Document


def law_from_sympy(
    identity: str,
    quantities: Mapping[Any, QuantityData],
    equations: LabelledEquations = (),
    *,
    definitions: LabelledEquations = (),
    fits: LabelledEquations = (),
    title: str = "",
    status: str = "draft",
    sources: Sequence[str] = (),
    notes: Sequence[str] = (),
    imports: Mapping[str, Sequence[str]] | None = None,
    supersedes: Sequence[str] = (),
    initial: Iterable[Any] | Mapping[Any, Any] = (),
    valid: Conditions = (),
    examples: Iterable[ExampleData | str] = (),
    claims: Iterable[Any] = (),
    boundary: Iterable[Any] = (),
    reactions: Iterable[str] = (),
    coordinates: str = "",
    beside: KnowledgeBase | None = None,
) -> Law:
    """Return the law that these equations state, checked as if it stood in a file.

    Its `text` is the law in the language of laws.

    Args:
        identity: Path, name and version: `physics.mechanics.fall@1.0.0`.
        quantities: By symbol or function, `{m: {"words": "mass", "unit": "kg", "range": (0.1, 10),
            "log": True, "default": 1}}`; numbers are in the unit. A function `x(t)` is a state,
            `u(x, t)` a field; `"shape": 3` makes a vector.
        equations: `sympy.Eq`, by label or without labels, or the words of the language, as for
            vectors and distributions: `"m*dv/dt = F"`, `"X ~ normal(mu, sigma)"`.
        definitions: Equations whose left side is a name (`:=`).
        fits: Equations fitted to observations (`~=`).
        title, status, sources, notes, imports, supersedes: As in the head of a law; imports are
            names by the identity of a block of constants.
        initial: `Eq(x(0), x0)`, `Eq(x(t).diff(t).subs(t, 0), 0)`, a mapping as `dsolve` takes,
            or the words of the language.
        valid: Conditions, or a mapping from conditions to words.
        examples: `{"quantity": x, "value": -0.1, "within": 1e-6, "given": {t: 3}}` with numbers in
            the declared units, or the words of the language.
        claims: Comparisons, or the words of the language: `"E falls with t where F0 = 0 [N]"`.
        boundary: `Eq(u(0, t), u0)`, `Eq(u(x, t).diff(x).subs(x, L), 0)`, a Robin condition of such
            parts, or the words of the language: `"u periodic in x"`.
        reactions: In the words of the language: `"r1: A + B -> C ; rate k1"`.
        coordinates: Names and system: `"r, theta, phi spherical"`.
        beside: Knowledge that may be imported from; the library by default.

    Raises:
        CheckError: The law has errors; the text shows them all.
        LawcError: Something given has no counterpart in the language; the text says what.
    """
    path, name = _path(identity)
    block = block_of(
        SympyLaw(
            identity,
            quantities,
            equations,
            definitions,
            fits,
            title,
            status,
            sources,
            notes,
            imports or {},
            supersedes,
            initial,
            valid,
            examples,
            claims,
            boundary,
            reactions,
            coordinates,
        )
    )
    document = Document(Source(path, ""), (block,))
    again, findings = composed(document)
    text = again.source.text
    if not findings and not say_the_same(again, document):
        raise LawcError(f"a part of {identity} reads otherwise as text than it was given:\n{text}")
    base = demand(check_text(path, text, beside))
    return replace(base.laws[name], text=text)


def _path(identity: str) -> tuple[str, str]:
    """Return the path of the file that would hold a law of this identity, and the plain identity.

    Raises:
        LawcError: It is no identity.
    """
    plain = identity.partition("@")[0]
    parts = plain.split(".")
    if len(parts) < 2 or not all(part.replace("-", "").isalnum() for part in parts):
        raise LawcError(
            f"expected an identity such as physics.mechanics.fall@1.0.0, got {identity!r}"
        )
    return f"{'/'.join(parts[:-1])}.law", plain
