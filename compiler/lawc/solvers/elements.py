"""Finite elements on a shape, by scikit-fem: values of shape functions, and where they live.

This is the one file that knows the library. Everything else sees arrays: for each field the
values and slopes of its shape functions at points of quadrature, and the numbers of its unknowns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lawc.diagnostics.diagnostic import LawcError
from lawc.solvers.field_problem import Array, Box, Disk, End, Shape
from lawc.solvers.meshing import NEAR, divide
from lawc.solvers.patience import MissingLibraryError

Numbers = NDArray[np.int64]

DEGREES = {1: 5, 2: 4, 3: 2}
"""Of polynomials in one, two and three dimensions."""


@dataclass(frozen=True)
class Quadrature:
    """Points of integration and shape functions there.

    Attributes:
        points: Shape (dimension, cells, points).
        weights: Shape (cells, points).
        normals: Outward normals on an end, shape (dimension, cells, points); None inside.
        values: For each field, shape (cells, functions, points).
        slopes: For each field and coordinate, as `values`.
        numbers: For each field the unknowns of each cell, shape (cells, functions).
    """

    points: Array
    weights: Array
    normals: Array | None
    values: tuple[Array, ...]
    slopes: tuple[tuple[Array, ...], ...]
    numbers: tuple[Numbers, ...]


class Space:
    """Unknowns of fields on a divided shape.

    Args:
        shape: Where the fields live.
        lower: For each field whether it is held one degree lower.
        parts: Into how many parts the longest side is divided.
        depth: How often cells near corners are divided.
        periodic: Coordinates whose two ends are one place.
        layers: How often cells at the ends of a plane box are halved.

    Raises:
        MissingLibraryError: scikit-fem is not installed.
    """

    def __init__(
        self,
        shape: Shape,
        lower: Sequence[bool],
        parts: int,
        depth: int,
        periodic: Sequence[int] = (),
        layers: int = 0,
    ) -> None:
        self.shape = shape
        self._fem = _library()
        self._mesh = self._made(parts, depth, layers, bool(periodic))
        dimension = shape.dimension
        degree = DEGREES[dimension]
        self._elements = [self._element(degree - 1 if low else degree) for low in lower]
        self._order = 2 * degree if dimension < 3 else 2 * degree + 1
        # Bases of one element are one basis.
        self._bases: list[Any] = []
        for number, element in enumerate(self._elements):
            same = next((k for k in range(number) if self._elements[k] is element), None)
            _forget(element)
            made = self._fem.Basis(self._mesh, element, intorder=self._order)
            self._bases.append(self._bases[same] if same is not None else made)
        sizes = [basis.N for basis in self._bases]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.size = int(self.starts[-1])
        self.twin = self._twins(periodic)
        self._middles: KDTree | None = None

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return int(self._mesh.t.shape[1])

    def places(self, field: int) -> Array:
        """Return where the unknowns of a field live, shape (dimension, n)."""
        return np.asarray(self._bases[field].doflocs)

    def nodal(self, field: int) -> bool:
        """Return whether unknowns are values at their places."""
        return self.shape.dimension > 1

    def inside(self) -> Quadrature:
        """Return integration over the region."""
        return self._quadrature(self._bases, None)

    def along(self, end: End) -> Quadrature:
        """Return integration over an end."""
        facets = self._facets(end)
        bases: list[Any] = []
        for number, element in enumerate(self._elements):
            same = next((k for k in range(number) if self._elements[k] is element), None)
            if same is None:
                _forget(element)
                made = self._fem.FacetBasis(
                    self._mesh, element, facets=facets, intorder=self._order
                )
                bases.append(made)
            else:
                bases.append(bases[same])
        return self._quadrature(bases, bases[0].normals)

    def unknowns(self, field: int, end: End) -> Numbers:
        """Return the unknowns of a field that live on an end."""
        basis, start = self._bases[field], self.starts[field]
        if end.point:
            places = self.places(field)
            if not self.nodal(field):
                places = np.asarray(self._mesh.p)
            target = np.array(end.point)[:, None]
            nearest = int(((places - target) ** 2).sum(axis=0).argmin())
            return np.array([start + nearest])
        return start + np.asarray(basis.get_dofs(facets=self._facets(end)).all())

    def read(self, points: Array) -> Reading:
        """Return how the fields are read at points, shape (dimension, n), inside the shape."""
        cells, local = self._located(points)
        mapping = self._bases[0].mapping
        made: dict[int, tuple[Array, tuple[Array, ...], Numbers]] = {}
        for number, basis in enumerate(self._bases):
            same = next((k for k in made if self._bases[k] is basis), None)
            if same is not None:
                values, slopes, numbers = made[same]
                shift = self.starts[number] - self.starts[same]
                made[number] = (values, slopes, numbers + shift)
                continue
            _forget(basis.elem)
            functions = [
                basis.elem.gbasis(mapping, local[:, :, None], k, tind=cells)[0]
                for k in range(basis.Nbfun)
            ]
            values = np.stack([np.asarray(f)[:, 0] for f in functions], axis=1)
            slopes = tuple(
                np.stack([np.asarray(f.grad)[b, :, 0] for f in functions], axis=1)
                for b in range(self.shape.dimension)
            )
            numbers = basis.element_dofs[:, cells].T + self.starts[number]
            made[number] = (values, slopes, self.twin[numbers])
        return Reading(
            tuple(made[k][0] for k in range(len(self._bases))),
            tuple(made[k][1] for k in range(len(self._bases))),
            tuple(made[k][2] for k in range(len(self._bases))),
        )

    def _element(self, degree: int) -> Any:
        fem = self._fem
        table: dict[tuple[int, int], Any] = {
            (2, 1): fem.ElementTriP1,
            (2, 2): fem.ElementTriP2,
            (2, 3): fem.ElementTriP3,
            (2, 4): fem.ElementTriP4,
            (3, 1): fem.ElementHex1,
            (3, 2): fem.ElementHex2,
        }
        key = (self.shape.dimension, degree)
        if not hasattr(self, "_made_elements"):
            self._made_elements: dict[tuple[int, int], Any] = {}
        if key not in self._made_elements:
            made = fem.ElementLinePp(degree) if key[0] == 1 else table[key]()
            self._made_elements[key] = made
        return self._made_elements[key]

    def _made(self, parts: int, depth: int, layers: int, periodic: bool) -> Any:
        fem = self._fem
        grid = divide(self.shape, parts, depth, layers)
        # scikit-fem copies arrays of another layout, and says so on the terminal.
        points, cells = np.ascontiguousarray(grid.points), np.ascontiguousarray(grid.cells)
        if self.shape.dimension == 1:
            return fem.MeshLine(points, cells)
        if self.shape.dimension == 3:
            return fem.MeshHex(points, cells)
        mesh = fem.MeshTri(points, cells)
        for round_ in range(max(grid.depths, default=0) if not periodic else 0):
            near = [c for c, d in zip(grid.corners, grid.depths, strict=True) if d > round_]
            mesh = mesh.refined(_touching(mesh, near))
        return self._curved(mesh)

    def _curved(self, mesh: Any) -> Any:
        """Return the mesh with edges on rims bent to the circle."""
        disks = [hole for hole in self.shape.holes if isinstance(hole, Disk)]
        if not disks:
            return mesh
        bent = self._fem.MeshTri2.from_mesh(mesh)
        points = bent.doflocs.copy()
        ends = mesh.p[:, mesh.facets]
        corners = mesh.p.shape[1]
        for disk in disks:
            centre = np.array(disk.centre)[:, None]
            distance = np.sqrt(((ends - centre[:, :, None]) ** 2).sum(axis=0))
            on_rim = (np.abs(distance - disk.radius) < 1e-6 * disk.radius).all(axis=0)
            rim = np.flatnonzero(on_rim & (mesh.f2t[1] < 0))
            middle = points[:, corners + rim] - centre
            stretched = disk.radius / np.sqrt((middle**2).sum(axis=0))
            points[:, corners + rim] = centre + middle * stretched
        return self._fem.MeshTri2(points, bent.t)

    def _quadrature(self, bases: Sequence[Any], normals: Any) -> Quadrature:
        first = bases[0]
        points = np.array(first.global_coordinates())
        values, slopes, numbers = [], [], []
        for field, basis in enumerate(bases):
            same = next((k for k in range(field) if bases[k] is basis), None)
            if same is None:
                functions = [f[0] for f in basis.basis]
                shape = points.shape[1:]
                values.append(np.stack([np.broadcast_to(f, shape) for f in functions], axis=1))
                slopes.append(
                    tuple(
                        np.stack(
                            [np.broadcast_to(np.asarray(f.grad)[b], shape) for f in functions],
                            axis=1,
                        )
                        for b in range(self.shape.dimension)
                    )
                )
            else:
                values.append(values[same])
                slopes.append(slopes[same])
            numbers.append(self.twin[basis.element_dofs.T + self.starts[field]])
        return Quadrature(
            points,
            np.asarray(first.dx),
            None if normals is None else np.asarray(normals),
            tuple(values),
            tuple(slopes),
            tuple(numbers),
        )

    def _facets(self, end: End) -> Numbers:
        """Return the facets of an end."""
        mesh = self._mesh
        boundary = np.asarray(mesh.boundary_facets())
        ends = np.asarray(mesh.p)[:, np.asarray(mesh.facets)[:, boundary]]
        scale = np.subtract(self.shape.box.high, self.shape.box.low)
        if end.coordinate is not None:
            target = (self.shape.box.high if end.high else self.shape.box.low)[end.coordinate]
            off = np.abs(ends[end.coordinate] - target)
            return boundary[(off < NEAR * scale[end.coordinate]).all(axis=0)]
        chosen = np.zeros(len(boundary), dtype=bool)
        for hole in self.shape.holes:
            if hole.name != end.hole:
                continue
            if isinstance(hole, Disk):
                centre = np.array(hole.centre)[:, None, None]
                distance = np.sqrt(((ends - centre) ** 2).sum(axis=0))
                chosen |= (np.abs(distance - hole.radius) < 1e-6 * hole.radius).all(axis=0)
            else:
                middle = ends.mean(axis=1)
                chosen |= self._on_box(middle, hole, scale)
        return boundary[chosen]

    def _on_box(self, middle: Array, hole: Box, scale: Array) -> NDArray[np.bool_]:
        slack = NEAR * scale[:, None]
        low, high = np.array(hole.low)[:, None], np.array(hole.high)[:, None]
        within = np.logical_and(middle >= low - slack, middle <= high + slack).all(axis=0)
        outer = np.zeros(middle.shape[1], dtype=bool)
        for place, (a, b) in enumerate(zip(self.shape.box.low, self.shape.box.high, strict=True)):
            outer |= np.abs(middle[place] - a) < slack[place]
            outer |= np.abs(middle[place] - b) < slack[place]
        return within & ~outer

    def _twins(self, periodic: Sequence[int]) -> Numbers:
        """Return for each unknown the one that stands for it."""
        twin = np.arange(self.size)
        for place in periodic:
            length = self.shape.box.high[place] - self.shape.box.low[place]
            for field in range(len(self._bases)):
                low = self.unknowns(field, End(place, False))
                high = self.unknowns(field, End(place, True))
                where = self.places(field)
                moved = where[:, high - self.starts[field]].copy()
                moved[place] -= length
                # Unknowns of one place stand in one order, by function of the cell.
                tree = KDTree(where[:, low - self.starts[field]].T)
                away, partner = tree.query(moved.T)
                if away.max(initial=0.0) > 1e-6 * length or len(low) != len(high):
                    raise LawcError("the two ends of a periodic coordinate are divided unlike")
                twin[high] = low[partner]
        while (twin[twin] != twin).any():
            twin = twin[twin]
        return twin

    def _located(self, points: Array) -> tuple[Numbers, Array]:
        """Return the cell of each point, and where in its reference cell it lies."""
        mesh, mapping = self._mesh, self._bases[0].mapping
        if self._middles is None:
            self._middles = KDTree(
                np.asarray(mesh.p)[
                    :, np.asarray(mesh.t)[: 3 if self.shape.dimension == 2 else None]
                ]
                .mean(axis=1)
                .T
            )
        count = min(24, self.cells)
        best = np.full(points.shape[1], -np.inf)
        cells = np.zeros(points.shape[1], dtype=np.int64)
        local = np.zeros_like(points)
        _, near = self._middles.query(points.T, k=count)
        near = near.reshape(points.shape[1], count)
        waiting = np.arange(points.shape[1])
        for rank in range(count):
            tried = near[waiting, rank]
            found = self._local(mapping, points[:, waiting], tried)
            depth = self._depth(found)
            better = depth > best[waiting]
            chosen = waiting[better]
            best[chosen], cells[chosen] = depth[better], tried[better]
            local[:, chosen] = found[:, better]
            waiting = waiting[best[waiting] < -1e-8]
            if not waiting.size:
                break
        return cells, local

    def _local(self, mapping: Any, points: Array, cells: Numbers) -> Array:
        """Return where points lie in the reference cells of some cells, by Newton's method."""
        local = np.full(points.shape, 1 / 3 if self.shape.dimension == 2 else 0.5)
        straight = not any(isinstance(hole, Disk) for hole in self.shape.holes)
        for _ in range(1 if straight and self.shape.dimension < 3 else 6):
            away = points - np.asarray(mapping.F(local[:, :, None], tind=cells))[:, :, 0]
            slopes = np.asarray(mapping.DF(local[:, :, None], tind=cells))[:, :, :, 0]
            step = np.linalg.solve(slopes.transpose(2, 0, 1), away.T[:, :, None])[:, :, 0].T
            # A cell that is far from a point has no say in where it lies.
            local = np.clip(local + step, -10.0, 10.0)
            if np.abs(step).max(initial=0.0) < 1e-13:
                break
        return np.asarray(local, dtype=np.float64)

    def _depth(self, local: Array) -> Array:
        """Return how far inside its reference cell a point lies."""
        if self.shape.dimension == 2:
            return np.asarray(np.minimum(local.min(axis=0), 1 - local.sum(axis=0)))
        return np.asarray(np.minimum(local.min(axis=0), (1 - local).min(axis=0)))


@dataclass(frozen=True)
class Reading:
    """Shape functions at points: values, slopes and numbers of unknowns of each field."""

    values: tuple[Array, ...]
    slopes: tuple[tuple[Array, ...], ...]
    numbers: tuple[Numbers, ...]

    def value(self, field: int, unknowns: Array) -> Array:
        """Return a field at the points; unknowns have the shape (n,) or (points, functions)."""
        return (self.values[field] * unknowns[self.numbers[field]]).sum(axis=1)

    def slope(self, field: int, place: int, unknowns: Array) -> Array:
        """Return a derivative of a field at the points."""
        return (self.slopes[field][place] * unknowns[self.numbers[field]]).sum(axis=1)


def _touching(mesh: Any, corners: Sequence[Array]) -> Numbers:
    """Return the cells that have one of some corners."""
    points = np.asarray(mesh.p)
    nearest = {int(((points - c[:, None]) ** 2).sum(axis=0).argmin()) for c in corners}
    return np.flatnonzero(np.isin(np.asarray(mesh.t), sorted(nearest)).any(axis=0))


def _forget(element: Any) -> None:
    """Make an element look at its points anew.

    Elements of a line keep their polynomials as long as the number of points stays the same,
    wherever the points are.
    """
    if hasattr(element, "P"):
        element.P = np.zeros((0, 0))


def _library() -> Any:
    try:
        import skfem  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        text = "fields need scikit-fem, which is not installed; pip install 'lawc[pde]' brings it"
        raise MissingLibraryError(text) from missing
    return skfem
