"""Find the shelves of knowledge, rules and modules, in a project and in the library alike.

A project is a folder that holds `knowledge/` (and `rules/`, `modules/` beside it). The library is
the project that ships with lawc: the checkout it runs from, or `lawc/content` of a wheel. Nothing
outside the root of a project is read, and no symbolic link is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lawc.diagnostics.diagnostic import LawcError

SHELVES = ("knowledge", "rules", "modules")
LAW_SUFFIXES = (".law", ".law.md")
RULE_SUFFIXES = (".rule", ".rule.md")
KNOWLEDGE_SUFFIXES = (*LAW_SUFFIXES, *RULE_SUFFIXES)
RECORD = "versions.json"
"""The file of the shelf of knowledge that holds what has been published; it is no law."""
MAX_FILES = 200_000


@dataclass(frozen=True)
class Shelf:
    """One shelf of a project.

    Attributes:
        name: `knowledge`, `rules` or `modules`.
        folder: Where it lies.
    """

    name: str
    folder: Traversable

    def files(self, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Traversable]]:
        """Yield the shown path (`knowledge/physics/…`) and the file, sorted by path."""
        if self.folder.is_dir():
            yield from _below(self.folder, self.name, suffixes, [0])


def library() -> Traversable:
    """Return the root of the library that ships with lawc."""
    package = files("lawc")
    content = package / "content"
    if content.is_dir():
        return content
    # An editable install: the package lies in compiler/ of the checkout.
    return Path(str(package)).parent.parent


def shelf(root: Traversable, name: str) -> Shelf:
    """Return a shelf of a project or of the library; it may be empty."""
    if name not in SHELVES:
        raise LawcError(f"expected a shelf ({', '.join(SHELVES)}), got {name!r}")
    return Shelf(name, root / name)


def knowledge_files(root: Traversable) -> Iterator[tuple[str, Traversable]]:
    """Yield the shown path and the file of all laws and rules of a project or of the library."""
    yield from shelf(root, "knowledge").files(LAW_SUFFIXES)
    yield from shelf(root, "rules").files(RULE_SUFFIXES)


def written_shelves(root: Path) -> list[Path]:
    """Return the folders of a project that hold what people write: laws, and rules if any."""
    there = [root / name for name in SHELVES[:2] if (root / name).is_dir()]
    return there or [root / SHELVES[0]]


def is_library(root: Traversable) -> bool:
    """Return whether a folder is the root of the library."""
    shipped = library()
    return (
        isinstance(root, Path) and isinstance(shipped, Path) and root.resolve() == shipped.resolve()
    )


def find_root(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that holds `knowledge/`, or else `rules/`."""
    start = start.resolve()
    for name in SHELVES[:2]:
        for folder in (start, *start.parents):
            if (folder / name).is_dir():
                return folder
    return None


def shown_path(path: Path, root: Path | None) -> str:
    """Return the path of a file as messages show it: below the root, else as it was named."""
    resolved = path.resolve()
    if root is not None and resolved.is_relative_to(root.resolve()):
        return resolved.relative_to(root.resolve()).as_posix()
    return path.as_posix()


def files_at(path: Path, root: Path | None) -> Iterator[tuple[str, Traversable]]:
    """Yield the knowledge files at a path that a user named: a file, or a folder and all below.

    Raises:
        LawcError: There is nothing there, it is a link, or the file has another suffix.
    """
    if path.is_symlink():
        raise LawcError(f"{path} is a symbolic link, and none is followed; name what it points to")
    if path.is_dir():
        yield from _below(path, shown_path(path, root), KNOWLEDGE_SUFFIXES, [0])
    elif path.is_file():
        if not path.name.endswith(KNOWLEDGE_SUFFIXES):
            ends = "in .law, .rule, .law.md or .rule.md"
            raise LawcError(f"expected a file that ends {ends}, got {path}")
        yield shown_path(path, root), path
    else:
        raise LawcError(f"there is no file or folder {path}")


def _below(
    folder: Traversable, shown: str, suffixes: tuple[str, ...], count: list[int]
) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith(".") or (isinstance(entry, Path) and entry.is_symlink()):
            continue
        path = f"{shown}/{entry.name}" if shown != "." else entry.name
        if entry.is_dir():
            yield from _below(entry, path, suffixes, count)
        elif entry.name.endswith(suffixes) and entry.is_file():
            # A pipe or a device may bear the name of a law; reading one could wait for ever.
            count[0] += 1
            if count[0] > MAX_FILES:
                raise LawcError(f"more than {MAX_FILES} files below {folder}")
            yield path, entry
