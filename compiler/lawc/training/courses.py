"""Leave one network on rows of a course for slabs of time, where it stays far from the tolerance.

The fit is watched while it is made. What will not come near by the end of its seconds, as its
errors have fallen so far, is left for a network for each slab, learned from the equations; the
better of the two is returned. What can be cut is found out when it is wanted, so a course that is
fitted well pays nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from lawc.diagnostics.diagnostic import LawcError
from lawc.forms.network import Network, count
from lawc.lowering.program import Program
from lawc.training import checkpoint
from lawc.training.attempt import Attempt
from lawc.training.budget import Budget, Progress
from lawc.training.descent import LOOKING
from lawc.training.fields import Cut, FieldTeacher, asked_of, cut, in_its_place
from lawc.training.judging import reference_rows
from lawc.training.leaving import LEAVING, foreseen
from lawc.training.recipe import Recipe
from lawc.training.settings import Settings

FAR = 3.0
"""Times the tolerance: one network that is foreseen to come nearer is never left."""
_SEEN = 0.25
"""Share of its own seconds that a network has before it is left."""


class Watch:
    """Watches a fit of rows, and leaves it where slabs of time are the better hope.

    Attributes:
        found: The law for slabs, once something was left.
        rows: What slabs are judged by.
    """

    def __init__(self, program: Program, recipe: Recipe, budget: Budget, seed: int) -> None:
        """Watch what is made of a recipe within a budget."""
        self.program, self.recipe, self.budget, self.seed = program, recipe, budget, seed
        self.found: Cut | None = None
        self.rows = cache(lambda number: reference_rows(program, number))
        self._whole = program.variable not in program.plan.signature.inputs

    @property
    def settings(self) -> Settings:
        """How slabs are learned."""
        return asked_of(self.program, self.recipe, self.seed)[1]

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden widths of a network of one slab: from the middle of the ladder for a lone course.

        It sees one sweep, and small networks follow that as well as large ones, in less time.
        """
        if len(self.program.inputs) > 1:
            return asked_of(self.program, self.recipe, self.seed)[0]
        ladder = sorted(self.recipe.ladder.widths, key=lambda widths: count((1, *widths, 1)))
        return ladder[len(ladder) // 2]

    def __call__(self, history: Sequence[tuple[float, float]], share: float) -> bool:
        """Return whether to leave, from seconds and errors, and the share of this network's."""
        if self._whole or share < _SEEN or not LEAVING[0] <= self.budget.fraction <= LEAVING[1]:
            return False
        if not foreseen(history, share) > FAR * self.recipe.tolerance:
            return False
        how = self.settings
        self.found = cut(self.program, self.widths, how)
        try:
            self.rows(LOOKING + how.seed)
        except LawcError:
            # Slabs would have no judge: rows are fitted where some have no answer, too.
            self.found = None
        self._whole = self.found is None
        return not self._whole


@dataclass(frozen=True)
class Left:
    """One network that was left.

    Attributes:
        form: The network.
        found: How fitting it went.
        spent: Seconds of all that was tried.
    """

    form: Network
    found: Attempt
    spent: float


def in_slabs(
    watch: Watch, left: Left, progress: Progress, keep: Path | None = None
) -> FieldTeacher | None:
    """Return slabs of time where they are better than the network that was left.

    Args:
        watch: That left it, or took it up.
        left: The network.
        progress: Told the share of the budget and the error of the slab.
        keep: A file beside which finished slabs are put away.
    """
    program, how = watch.program, watch.settings
    found = watch.found or cut(program, watch.widths, how)
    if found is None:
        return None
    return in_its_place(program, left.form, found, how, progress, keep, watch.rows, left.spent)


def put_away(keep: Path | None, watch: Watch, left: Left) -> None:
    """Write down a network that was left, so that a killed build goes on with its slabs."""
    if keep is None:
        return
    found = left.found
    facts = {
        "left": _told(watch),
        "form": json.dumps(left.form.spec()),
        "sizes": list(found.sizes),
        "error": found.error,
        "seconds": found.seconds,
        "history": found.history,
        "spent": left.spent,
    }
    checkpoint.save(keep, {"theta": found.theta, **_buffers(left.form)}, facts)


def take_up(keep: Path | None, watch: Watch) -> Left | None:
    """Return the network that was left before a build was killed, if there is one.

    Raises:
        CheckpointError: The file is of another training, or damaged.
    """
    read = checkpoint.load(keep) if keep is not None else None
    if read is None:
        return None
    arrays, facts = read
    if facts.get("left") != _told(watch):
        raise checkpoint.CheckpointError(f"{keep} is of a training with other settings")
    try:
        known = checkpoint.matching(facts, {"error": 0.0, "seconds": 0.0, "spent": 0.0, "form": ""})
        theta = checkpoint.fitting(arrays, "theta", torch.float64, -1)
        buffers = {name: array for name, array in arrays.items() if name != "theta"}
        form = Network.from_spec(json.loads(known["form"]), buffers)
        history = tuple((float(s), float(e)) for s, e in facts["history"])
        sizes = tuple(map(int, facts["sizes"]))
    except (LookupError, TypeError, ValueError, RecursionError) as problem:
        text = f"{keep} does not hold what it should: {problem}"
        raise checkpoint.CheckpointError(text) from problem
    found = Attempt(sizes, theta, known["error"], known["seconds"], history, left=True)
    return Left(form, found, known["spent"])


def _buffers(form: Network) -> dict[str, torch.Tensor]:
    return dict(form.named_buffers())


def _told(watch: Watch) -> str:
    """Return what must be the same for slabs to go on."""
    recipe = watch.recipe.to_json()
    recipe["train"].pop("seconds")
    ranges = [(q.name, q.low, q.high) for q in watch.program.inputs]
    return json.dumps([watch.program.law.digest, recipe, ranges, watch.seed])
