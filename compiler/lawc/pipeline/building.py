"""Which modules are out of date, and the processes that make them.

A module's key is a digest of all that decides its content: the recipe, the digest of its law, and
the revision of the compiler's output. A module whose manifest carries its key is current, so a
second build reads some text and ends; an edited law changes the keys of its own modules only.

Each worker is a process of its own that is handed one recipe at a time, or a few whose networks are
likely alike and make their first steps in one computation. It has one thread, so that workers never
crowd each other, and it ends with its parent.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from queue import Empty, Queue

from pydantic import ValidationError

from lawc.artifact.paths import read_build_key
from lawc.diagnostics.diagnostic import BuildError, LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.knowledge.rule import Rule
from lawc.pipeline.accepting import demand_accepted
from lawc.pipeline.events import Event, Outcome, from_line
from lawc.project import shelves
from lawc.project.lock import locked
from lawc.training.recipe import Recipe, read_recipe

OUTPUT_REVISION = 3
"""Raised when the same recipe and law give another module than before."""

MOST_TOGETHER = 16
"""Modules that make their first steps in one computation, at most."""


@dataclass(frozen=True)
class Task:
    """One module to make.

    Attributes:
        module: `medicine/absorption`.
        folder: Where the module stands or will stand.
        key: Digest of all that decides its content.
    """

    module: str
    recipe: Recipe
    law: Law | Rule
    folder: Path
    key: str

    @property
    def is_current(self) -> bool:
        """Whether the module that stands was made from just this."""
        return read_build_key(self.folder) == self.key


def tasks(root: Path, base: KnowledgeBase, names: Sequence[str] = ()) -> tuple[Task, ...]:
    """Return the modules of a project that its recipes ask for.

    Args:
        root: The project.
        base: Its knowledge, without errors.
        names: Modules to look at, `medicine/absorption` or `medicine`; all of the project where
            empty. What has no recipe in the project is made by that of the library.

    Raises:
        BuildError: A recipe cannot be read, or names a law that may not be built.
        LawcError: A name fits no recipe.
    """
    own = _recipes(root)
    shipped = _recipes(shelves.library()) if names else {}
    chosen = {} if names else own
    for name in names:
        asked = _named(name, own) or _named(name, shipped)
        if not asked:
            raise LawcError(
                f"no recipe modules/{name}.toml in {root}, nor in the library"
                f"{_resembling(name, (*own, *shipped))}"
            )
        chosen |= asked
    found = []
    for module, path in sorted(chosen.items()):
        shown = f"modules/{module}.toml"
        try:
            recipe = read_recipe(path.read_text(encoding="utf-8"))
        except (ValueError, ValidationError) as problem:
            raise BuildError(f"{shown}: {problem}") from problem
        law = _law(base, recipe.law, shown)
        folder = root / "modules" / module
        found.append(Task(module, recipe, law, folder, _key(recipe, law)))
    return tuple(found)


def _recipes(root: Traversable) -> dict[str, Traversable]:
    """Return the recipes of a project or of the library, by module."""
    return {
        shown.removeprefix("modules/").removesuffix(".toml"): file
        for shown, file in shelves.shelf(root, "modules").files((".toml",))
    }


def _named(name: str, recipes: dict[str, Traversable]) -> dict[str, Traversable]:
    """Return the recipe of a module, or all below a folder."""
    return {
        module: path
        for module, path in recipes.items()
        if module == name or module.startswith(name + "/")
    }


def _resembling(name: str, modules: Sequence[str]) -> str:
    close = get_close_matches(name, modules, n=1) or [
        module for module in modules if module.rpartition("/")[2] == name
    ]
    return f"; did you mean {close[0]}?" if close else ""


def build(
    root: Path,
    todo: Sequence[Task],
    *,
    jobs: int | None = None,
    report: Callable[[Event], None] = lambda event: None,
) -> tuple[Outcome, ...]:
    """Make the modules that are out of date; leave the others alone.

    A module that fails, or a build that is stopped or killed, leaves the module that stood there.

    Args:
        root: The project.
        todo: From `tasks`.
        jobs: Worker processes; the number of cores where None.
        report: Called with each event, from this thread.

    Returns:
        One outcome a task, in their order.
    """
    outcomes: dict[str, Outcome] = {}

    def tell(event: Event) -> None:
        if isinstance(event, Outcome):
            outcomes[event.module] = event
        report(event)

    # Cheap before any process is started, and again under the lock: another build may have run.
    for task in todo:
        if task.is_current:
            tell(Outcome(task.module, "current"))
    if len(outcomes) < len(todo):
        with locked(root / ".lawc" / "build.lock"):
            for task in todo:
                if task.module not in outcomes and task.is_current:
                    tell(Outcome(task.module, "current"))
            stale = [task for task in todo if task.module not in outcomes]
            count = max(1, min(jobs or os.cpu_count() or 1, len(stale)))
            if stale:
                _Pool(root, count).run(stale, tell)
    return tuple(outcomes[task.module] for task in todo)


class _Pool:
    """Worker processes and the threads that feed and read them."""

    def __init__(self, root: Path, count: int) -> None:
        self.events: Queue[Event | None] = Queue()
        self.waiting: Queue[tuple[Task, ...]] = Queue()
        threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.is_over = False
        self.root, self.environment = root, {**os.environ, **threads}
        self.workers = [self._worker() for _ in range(count)]

    def _worker(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            # -P: a project may hold files that are named like modules of Python.
            [sys.executable, "-P", "-m", "lawc.pipeline.worker", str(self.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=self.environment,
        )

    def run(self, todo: Sequence[Task], tell: Callable[[Event], None]) -> None:
        # The longest first, so that none is left over while a core idles.
        for alike in sorted(companies(todo, len(self.workers)), key=_expected, reverse=True):
            self.waiting.put(alike)
        threads = [
            threading.Thread(target=self._serve, args=(number,), daemon=True)
            for number in range(len(self.workers))
        ]
        try:
            for thread in threads:
                thread.start()
            open_threads = len(threads)
            while open_threads:
                event = self.events.get()
                if event is None:
                    open_threads -= 1
                else:
                    tell(event)
        finally:
            self.is_over = True
            for worker in self.workers:
                worker.kill()
                worker.wait()

    def _serve(self, number: int) -> None:
        is_lost = False
        try:
            while True:
                try:
                    company = self.waiting.get_nowait()
                except Empty:
                    return
                if is_lost and not self.is_over:
                    # One that died takes no other module along.
                    self.workers[number].wait()
                    self.workers[number] = self._worker()
                is_lost = not self._hand(self.workers[number], company)
        finally:
            self.events.put(None)

    def _hand(self, worker: subprocess.Popen[str], company: Sequence[Task]) -> bool:
        """Order some modules and pass on what is said of them, until each has its outcome.

        Where the worker dies, those of a company that have none are ordered again, each alone, and
        what dies alone has failed. Returns whether the worker lives.
        """
        assert worker.stdin is not None and worker.stdout is not None
        order = [{"module": task.module, "key": task.key} for task in company]
        missing, why = {task.module for task in company}, ""
        try:
            worker.stdin.write(json.dumps(order) + "\n")
            worker.stdin.flush()
            while missing:
                line = worker.stdout.readline()
                if not line:
                    why = f"the worker ended with status {worker.wait()}"
                    break
                event = from_line(line)
                if isinstance(event, Outcome):
                    missing.discard(event.module)
                self.events.put(event)
        except (OSError, ValueError) as problem:
            why = f"the worker broke off: {problem}"
        if len(company) > 1:
            for task in company:
                if task.module in missing:
                    self.waiting.put((task,))
            return not why
        for module in sorted(missing):
            self.events.put(Outcome(module, "failed", why))
        return not why


def companies(todo: Sequence[Task], workers: int) -> list[tuple[Task, ...]]:
    """Return the tasks in companies whose networks are likely of like shape.

    None is so large that a worker would idle meanwhile.
    """
    alike: dict[object, list[Task]] = {}
    for task in todo:
        before, _, after = task.recipe.signature.partition("->")
        shape = (task.recipe.ladder.widths, len(before.split()), len(after.split()))
        alike.setdefault(shape, []).append(task)
    found: list[tuple[Task, ...]] = []
    for tasks_alike in alike.values():
        size = min(MOST_TOGETHER, -(-len(tasks_alike) // workers))
        found += [
            tuple(tasks_alike[begin : begin + size]) for begin in range(0, len(tasks_alike), size)
        ]
    return found


def _expected(company: Sequence[Task]) -> float:
    return sum(task.recipe.expected_seconds for task in company)


def _law(base: KnowledgeBase, identity: str, shown: str) -> Law | Rule:
    name, _, pinned = identity.partition("@")
    try:
        law = base[name]
    except KeyError as problem:
        raise BuildError(f"{shown}: {problem.args[0]}") from problem
    try:
        demand_accepted(law)
    except BuildError as problem:
        raise BuildError(f"{shown}: {problem}") from problem
    if pinned and law.version.split(".")[: pinned.count(".") + 1] != pinned.split("."):
        raise BuildError(f"{shown}: asks for {identity}, but that is version {law.version}")
    return law


def _key(recipe: Recipe, law: Law | Rule) -> str:
    content = {
        "revision": OUTPUT_REVISION,
        "recipe": recipe.to_json(),
        "law": law.identity,
        "digest": law.digest,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
