"""See to it that a network rises and falls as its law says, and not only where it was looked at.

A free network that is proved to is left as it is. Otherwise it is turned where it goes the wrong
way, and what is left is covered; what decays is first told by how fast it does. Where that leaves
sentences open, a network is fitted that cannot do otherwise. Each is taken where it holds the
tolerance too and keeps more. What none keeps is certified as open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.network import Network
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone, demand_true, monotone_claims, prove
from lawc.training.decaying import decaying_workshop
from lawc.training.monotone import able, monotone_workshop
from lawc.training.train import Workshop
from lawc.training.turned import turned

Made = TypeVar("Made")

SHARE = 0.3
"""Of the seconds of a recipe, for a network that is fitted anew."""

TURNING = 0.15
"""Of the seconds of a recipe, for turning one."""

COVERED = 0.2
"""Of the tolerance, which a cover may take at most."""


def demand_sentences(program: Program) -> tuple[Monotone, ...]:
    """Return what a law says of how outputs move with inputs, after a look at whether it is true.

    Raises:
        BuildError: The reference contradicts a sentence.
    """
    said = monotone_claims(program)
    for one in said:
        demand_true(program, one)
    return said


@dataclass(frozen=True)
class Kept(Generic[Made]):
    """What was made, and what became of its sentences.

    Attributes:
        made: The network and what comes with it.
        built_in: Sentences that hold for any weights, in words.
        shares: Of a cover, by output.
    """

    made: Made
    built_in: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)


def kept(
    form: Network,
    made: Made,
    workshop: Workshop,
    said: Sequence[Monotone],
    again: Callable[[Workshop], tuple[Network, Made]],
    changed: Callable[[Made, Network, float], Made],
) -> Kept[Made]:
    """Return what was made, or what was made of it or anew so that sentences hold.

    Args:
        form: A network that holds its tolerance.
        made: What comes with it.
        workshop: With the rows it was fitted on.
        said: What it should keep.
        again: Fits a network in another workshop.
        changed: What comes with another network of this error.
    """
    program = workshop.program
    open_to = [one for one in said if not prove(form, program, one).holds]
    if not open_to:
        return Kept(made)
    held, best = len(said) - len(open_to), Kept(made)
    seconds = TURNING * workshop.recipe.train.seconds
    most = COVERED * workshop.recipe.tolerance
    begun = [(workshop, form, made)]
    decaying = decaying_workshop(workshop, said)
    if decaying is not None:
        with suppress(BuildError):
            begun.append((decaying, *again(decaying)))
    for own, network, with_it in reversed(begun):
        found = turned(own, network, said, seconds, most)
        if len(found.held) > held and found.error <= workshop.enough:
            held = len(found.held)
            best = Kept(changed(with_it, found.form, found.error), (), found.shares)
        if held == len(said):
            return best
    possible = able(program, said)
    if not set(map(_key, possible)) & set(map(_key, open_to)):
        return best
    try:
        other, anew = again(monotone_workshop(workshop, possible))
    except BuildError:
        return best
    # What another network keeps is not given up for something else.
    if sum(prove(other, program, one).holds for one in said) <= held:
        return best
    return Kept(anew, tuple(one.text for one in possible))


def _key(one: Monotone) -> tuple[str, str, int]:
    return one.output, one.by, one.sign
