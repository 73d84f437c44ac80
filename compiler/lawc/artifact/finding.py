"""Find a frozen module by name."""

from __future__ import annotations

import os

from lawc.artifact.module import FrozenModule
from lawc.artifact.places import place_of
from lawc.artifact.store import load


def module(name: str | os.PathLike[str]) -> FrozenModule:
    """Return a frozen module.

    Args:
        name: `medicine/absorption` of the project around the working folder or else of the
            library, or the path of a module's folder.

    Raises:
        LawcError: There is none; the text says which there are, or how to build it.
        ManifestError: There is one, but it cannot be trusted.
    """
    return load(place_of(name))
