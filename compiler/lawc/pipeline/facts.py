"""What can be told of a law beside its text: groups, what it rests on, what was made of it."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.artifact.finding import module
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.program import compile_law
from lawc.lowering.signature import default_signature
from lawc.pipeline.mutation import score_of
from lawc.project import shelves
from lawc.training.recipe import read_recipe


def facts(law: Law, base: KnowledgeBase, root: Traversable | None) -> dict[str, list[str]]:
    """Return headings and lines of plain text; headings without lines are left out.

    Args:
        law: The law.
        base: The knowledge around it.
        root: The project whose modules count; None for the library.
    """
    told = {
        "dimensionless groups": groups(law),
        "rests on": rests_on(law),
        "used by": used_by(law, base),
        "modules": [describe(name) for name in modules_of(law, root)],
        "mutation score": slips(law, root),
    }
    return {heading: lines for heading, lines in told.items() if lines}


def groups(law: Law) -> list[str]:
    """Return the dimensionless groups of the law as it is written, or why there are none."""
    try:
        program = compile_law(law, default_signature(law))
        inputs, outputs = program.signature.inputs, program.signature.outputs
        lines = [str(group) for group in program.reduction.groups]
    except LawcError as refusal:
        return [f"not compiled: {refusal}"]
    return [f"{', '.join(outputs)} from {', '.join(inputs)}", *lines]


def rests_on(law: Law) -> list[str]:
    """Return the identities of the constants and laws that a law is made with."""
    names: dict[str, list[str]] = {}
    for constant in law.constants.values():
        names.setdefault(constant.source, []).append(constant.name)
    lines = [f"{source} ({', '.join(found)})" for source, found in sorted(names.items()) if source]
    lines += [f"{identity} as {name}" for name, identity in law.parts.items()]
    return lines + [f"{older} (superseded)" for older in law.supersedes]


def used_by(law: Law, base: KnowledgeBase) -> list[str]:
    """Return the identities of the systems that use a law and of the laws that replace it."""
    lines = []
    for other in base.laws.values():
        if any(_same(identity, law) for identity in other.parts.values()):
            lines.append(other.identity)
        if any(_same(identity, law) for identity in other.supersedes):
            lines.append(f"{other.identity} (supersedes it)")
    return sorted(lines)


def modules_of(law: Law, root: Traversable | None) -> list[str]:
    """Return the names of the modules whose recipes name a law."""
    found = []
    for shelf_root in [root] if root is not None else [shelves.library()]:
        for shown, file in shelves.shelf(shelf_root, "modules").files((".toml",)):
            try:
                recipe = read_recipe(file.read_text(encoding="utf-8"))
            except (LawcError, ValueError, OSError):
                # A recipe that cannot be read is reported where modules are built.
                continue
            if _same(recipe.law, law):
                found.append(shown.removeprefix("modules/").removesuffix(".toml"))
    return found


def slips(law: Law, root: Traversable | None) -> list[str]:
    """Return which share of single slips the checks of a law notice, and what they do not.

    The score is remembered from `lawc test --mutants`; nothing is judged here.
    """
    score = score_of(law, root if isinstance(root, Path) else None)
    if score is None:
        return ["not measured: lawc test --mutants " + law.identity]
    lines = [
        f"{score.share:.1%} of {score.counted} single slips are noticed "
        f"({score.by_dimensions:.0%} by dimensions alone)"
    ]
    return lines + [f"not noticed: {survivor.text}" for survivor in score.survivors]


def describe(name: str) -> str:
    """Return the name of a module with its form, grade and bound, if it stands."""
    try:
        manifest = module(name).manifest
    except LawcError:
        return f"{name} (not built)"
    grade, bound = manifest.certificate.get("grade"), manifest.certificate.get("bound")
    kind = manifest.form.get("kind", "form")
    text = f"{name}: {kind}, grade {grade}"
    return text + (f", bound {bound:.1e}" if isinstance(bound, float) else "")


def _same(reference: str, law: Law) -> bool:
    """Return whether a reference, with or without a pinned version, names a law."""
    identity, _, version = reference.partition("@")
    if identity != law.identity:
        return False
    return not version or (law.version + ".").startswith(version + ".")
