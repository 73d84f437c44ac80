"""Where frozen modules stand: at a path, in the project around, in the library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.artifact import paths
from lawc.diagnostics.diagnostic import LawcError
from lawc.project import shelves


def place_of(name: str | os.PathLike[str]) -> Traversable:
    """Return the folder of a frozen module.

    Args:
        name: `medicine/absorption` of the project around the working folder or else of the
            library, or the path of a module's folder.

    Raises:
        LawcError: There is none; the text says which there are, or how to build it.
    """
    direct = Path(name)
    if (paths.standing(direct) / paths.MANIFEST).is_file():
        return direct
    roots = list(_roots())
    parts = Path(name).parts
    if parts and not Path(name).is_absolute() and ".." not in parts:
        for root in roots:
            folder: Traversable = shelves.shelf(root, "modules").folder.joinpath(*parts)
            place = paths.standing(folder) if isinstance(folder, Path) else folder
            if (place / paths.MANIFEST).is_file():
                return folder
            if (root / "modules").joinpath(*parts[:-1], f"{parts[-1]}.toml").is_file():
                command = f"lawc build {Path(name).as_posix()}"
                raise LawcError(f"{name} is not built yet; run `{command}` in a project")
    known = ", ".join(sorted(set(built(roots)))) or "none is built yet; run `lawc build`"
    raise LawcError(f"no frozen module {str(name)!r}; there are: {known}")


def built(roots: list[Traversable] | None = None) -> Iterator[str]:
    """Yield the names of the modules that stand in the project around and in the library."""
    for root in roots if roots is not None else _roots():
        for shown, _ in shelves.shelf(root, "modules").files((paths.MANIFEST,)):
            yield shown.removeprefix("modules/").removesuffix("/" + paths.MANIFEST)


def _roots() -> Iterator[Traversable]:
    project = shelves.find_root(Path.cwd())
    if project is not None:
        yield project
    yield shelves.library()
