"""See to it that a network rises and falls as its law says, and not only where it was looked at.

A free network that is proved to is left as it is. Otherwise one is fitted that cannot do otherwise,
and taken where it holds the tolerance too. What neither keeps is certified as open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.network import Network
from lawc.lowering.program import Program
from lawc.lowering.rising import Monotone, demand_true, monotone_claims, prove
from lawc.training.monotone import MonotoneWorkshop, able, monotone_workshop
from lawc.training.train import Workshop

Made = TypeVar("Made")

SHARE = 0.3
"""Of the seconds of a recipe, for a network that cannot do otherwise."""


def demand_sentences(program: Program) -> tuple[Monotone, ...]:
    """Return what a law says of how outputs move with inputs, after a look at whether it is true.

    Raises:
        BuildError: The reference contradicts a sentence.
    """
    said = monotone_claims(program)
    for one in said:
        demand_true(program, one)
    return said


def kept(
    form: Network,
    made: Made,
    workshop: Workshop,
    said: Sequence[Monotone],
    again: Callable[[MonotoneWorkshop], tuple[Network, Made]],
) -> tuple[Made, tuple[str, ...]]:
    """Return what was made, or what was made anew so that sentences hold, and those built in.

    Args:
        form: A network that holds its tolerance.
        made: What comes with it.
        workshop: With the rows it was fitted on.
        said: What it should keep.
        again: Fits a network in another workshop.
    """
    open_to = [one for one in said if not prove(form, workshop.program, one).holds]
    if not open_to:
        return made, ()
    possible = able(workshop.program, said)
    if not set(map(_key, possible)) & set(map(_key, open_to)):
        return made, ()
    try:
        other, anew = again(monotone_workshop(workshop, possible))
    except BuildError:
        return made, ()
    held = [one for one in said if prove(other, workshop.program, one).holds]
    # What a free network keeps is not given up for something else.
    if len(held) <= len(said) - len(open_to):
        return made, ()
    return anew, tuple(one.text for one in possible)


def _key(one: Monotone) -> tuple[str, str, int]:
    return one.output, one.by, one.sign
