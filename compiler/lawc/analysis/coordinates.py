"""The coordinates of a law: what `∇` differentiates by, and how the components are called.

A system has three places. Where a law names fewer coordinates, its fields are the same all along
the others: `coordinates r spherical` is a problem with the symmetry of a ball.
"""

from __future__ import annotations

from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.immutable import immutable
from lawc.syntax.document import Block, CoordinatesLine
from lawc.units.dimension import NONE, Dimension

LENGTH = Dimension.of({"length": 1})

PLACES = {
    "cartesian": ("x", "y", "z"),
    "cylindrical": ("r", "phi", "z"),
    "spherical": ("r", "theta", "phi"),
}


@immutable
class Coordinates:
    """A system of coordinates, and which of them a law names.

    Attributes:
        system: `cartesian`, `cylindrical` or `spherical`.
        names: The names at the three places of the system.
        used: Places that the law has a coordinate for; its fields are the same along the others.
    """

    system: str = "cartesian"
    names: tuple[str, str, str] = ("x", "y", "z")
    used: tuple[int, ...] = ()

    def places(self, size: int) -> tuple[int, ...]:
        """Return the places that the components of a vector of a size stand for."""
        if size == 3:
            return (0, 1, 2)
        return tuple(sorted(self.used)) if len(self.used) == 2 else (0, 1)

    def components(self, size: int) -> tuple[str, ...]:
        """Return the names of the components of a vector of a size."""
        return tuple(self.names[place] for place in self.places(size))

    @property
    def length(self) -> str | None:
        """A coordinate that measures what a step in space measures, None where there is none."""
        if not self.used:
            return None
        return self.names[0] if self.system != "cartesian" else self.names[self.used[0]]


CARTESIAN = Coordinates()


def read_coordinates(block: Block) -> tuple[Coordinates, list[Diagnostic]]:
    """Return the coordinates of a block: those of its head, or else the lengths in its fields."""
    measured: dict[str, Dimension | None] = {}
    for line in block.symbols:
        unit = read_unit(line.unit) if line.unit is not None else None
        measured.update((n.name, unit.dimension if unit is not None else None) for n in line.names)
    if block.coordinates is not None:
        return _declared(block.coordinates, measured)
    depended = {name.name for line in block.symbols for name in line.depends}
    names = [name for name, measure in measured.items() if name in depended and measure == LENGTH]
    return (_cartesian(names[:3]) if len(names) <= 3 else CARTESIAN), []


def _cartesian(names: list[str]) -> Coordinates:
    """Return coordinates in which x, y and z keep their places, whatever else is named."""
    usual = PLACES["cartesian"]
    if all(name in usual for name in names):
        return Coordinates("cartesian", usual, tuple(sorted(usual.index(name) for name in names)))
    rest = [name for name in usual if name not in names]
    first, second, third = [*names, *rest][:3]
    return Coordinates("cartesian", (first, second, third), tuple(range(len(names))))


def _declared(
    line: CoordinatesLine, measured: dict[str, Dimension | None]
) -> tuple[Coordinates, list[Diagnostic]]:
    names = [name.name for name in line.names]
    for name in line.names:
        if name.name not in measured:
            return CARTESIAN, [
                finding(
                    "L0117",
                    f"the coordinate `{name.name}` is not declared",
                    name.place,
                    help=f"declare it as `{name.name} : position [m] 0 .. 1` under `symbols`",
                )
            ]
    if len(set(names)) < len(names) or len(names) > 3:
        return CARTESIAN, [
            finding(
                "L0117",
                "a law has one, two or three different coordinates",
                line.place,
                help="name each once, as in `coordinates x, y`",
            )
        ]
    problem = _unlike(line, measured)
    if problem is not None:
        return CARTESIAN, [problem]
    if line.system.text == "cartesian":
        return _cartesian(names), []
    return _round(line, names, measured)


def _unlike(line: CoordinatesLine, measured: dict[str, Dimension | None]) -> Diagnostic | None:
    """Refuse coordinates that do not measure what their system asks."""
    system = line.system.text
    distances = [
        (name, measured[name.name])
        for place, name in enumerate(line.names)
        if system == "cartesian" or place == 0 or (system == "cylindrical" and place == 2)
    ]
    known = [(name, measure) for name, measure in distances if measure is not None]
    for name, measure in known[1:]:
        first, own = known[0]
        if measure != own:
            return finding(
                "L0117",
                f"the coordinates `{first.name}` and `{name.name}` measure different things",
                name.place,
                f"{measure}, where `{first.name}` is {own}",
                help="give them the same unit, or name the system: `cylindrical`, `spherical`",
            )
    return None


def _round(
    line: CoordinatesLine, names: list[str], measured: dict[str, Dimension | None]
) -> tuple[Coordinates, list[Diagnostic]]:
    """Return cylindrical or spherical coordinates, or a subset along which nothing changes."""
    system = line.system.text
    usual = PLACES[system]
    used = tuple(range(len(names)))
    angles = [name for name in names[1:] if _is_angle(measured[name])]
    if system == "cylindrical" and len(names) == 2 and not angles:
        used = (0, 2)
    fitting = {1: 0, 2: len(used) - 1 if used != (0, 2) else 0, 3: 2}[len(names)]
    if system == "cylindrical" and len(names) == 3:
        fitting = 1
    if len(angles) != fitting or (fitting and names[1] not in angles):
        return CARTESIAN, [
            finding(
                "L0117",
                f"{listed(quoted(names))} are no {system} coordinates",
                line.place,
                help=f"write {_SUBSETS[system]}; the angles are in [rad] or plain",
            )
        ]
    full = list(usual)
    for place, name in zip(used, names, strict=True):
        full[place] = name
    return Coordinates(system, (full[0], full[1], full[2]), used), []


def _is_angle(measure: Dimension | None) -> bool:
    return measure is None or measure == NONE or measure == Dimension.of({"angle": 1})


_SUBSETS = {
    "cylindrical": "`r`, `r, z`, `r, phi` or `r, phi, z`",
    "spherical": "`r`, `r, theta` or `r, theta, phi`",
}
