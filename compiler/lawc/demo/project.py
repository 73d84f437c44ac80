"""A small project in which the demonstration builds its modules, so that no other is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lawc.artifact.module import FrozenModule
from lawc.artifact.store import load
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.columns import Columns
from lawc.lowering.program import Program, compile_law
from lawc.pipeline.building import build, tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.events import Event
from lawc.pipeline.evidence import with_evidence
from lawc.project.shelves import library

FRESH_SEED = 77_003
FRESH_POINTS = 2_000
COURSES, TIMES = 5, 121


@dataclass(frozen=True)
class Made:
    """A frozen module, and the program it was made from.

    Attributes:
        state: `built` just now, or `current` from an earlier run.
    """

    name: str
    module: FrozenModule
    program: Program
    tolerance: float
    state: str

    @property
    def is_trained(self) -> bool:
        """Whether it is a network rather than the law's own formula."""
        return self.module.manifest.form.get("kind") != "formula"


@dataclass(frozen=True)
class Check:
    """Answers of a module beside those of the reference solver, on points that are new to both.

    Attributes:
        courses: Variable, reference and module for some sets of parameters, declared units.
        errors: |module - reference| as shares of the program's scale.
    """

    courses: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
    errors: np.ndarray


def open_project(folder: Path, names: Sequence[str]) -> Path:
    """Make a project with the library's recipes of some modules; return its root."""
    (folder / "knowledge").mkdir(parents=True, exist_ok=True)
    for name in names:
        discipline, _, module = name.partition("/")
        recipe = library() / "modules" / discipline / f"{module}.toml"
        copy = folder / "modules" / discipline / f"{module}.toml"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(recipe.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def check_laws(root: Path) -> KnowledgeBase:
    """Return the laws of the library, checked with their examples and claims.

    Raises:
        CheckError: A law has an error.
    """
    return demand(with_evidence(read_project(root)))


def make(
    root: Path, base: KnowledgeBase, names: Sequence[str], report: Callable[[Event], None]
) -> dict[str, Made]:
    """Build what is not built yet, and load all; what fails is reported and left out."""
    todo = tasks(root, base, names)
    outcomes = {outcome.module: outcome for outcome in build(root, todo, report=report)}
    made = {}
    for task in todo:
        outcome = outcomes[task.module]
        if outcome.state == "failed" or not isinstance(task.law, Law):
            continue
        program = compile_law(task.law, task.recipe.signature)
        if task.recipe.domain:
            program = program.within(task.recipe.domain)
        made[task.module] = Made(
            task.module, load(task.folder), program, task.recipe.tolerance, outcome.state
        )
    return made


def compare(made: Made) -> Check:
    """Ask module and reference the same new questions."""
    program, output = made.program, made.program.signature.outputs[0]
    columns = program.sample(FRESH_POINTS, seed=FRESH_SEED, what="iid")
    miss = np.abs(_said(made, columns) - program.reference(columns)[output])
    scale = program.scale(columns)[output]
    errors = miss / np.where(scale > 0, scale, 1.0)
    courses = []
    if program.variable is not None:
        rows = program.trajectories(COURSES, TIMES, seed=FRESH_SEED)
        along, truth, said = (
            rows[program.variable],
            program.reference(rows)[output],
            _said(made, rows),
        )
        for number in range(COURSES):
            part = slice(number * TIMES, (number + 1) * TIMES)
            order = np.argsort(along[part])
            courses.append((along[part][order], truth[part][order], said[part][order]))
    return Check(tuple(courses), errors)


def _said(made: Made, columns: Columns) -> np.ndarray:
    asked = columns.to_torch()
    value = made.module({name: asked[name] for name in made.program.signature.inputs}).value
    return value.numpy() if value.ndim == 1 else value[:, 0].numpy()
