"""The kernel's tanh is right to a few units of the last place, also where nothing is ordinary."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lawc.backends import kernel_source
from lawc.native.compiling import available, shared_library
from lawc.native.formulas import prelude

HEADER = Path(kernel_source.__file__).with_name("kernel.h").read_text(encoding="utf-8")
ENDS = """
void tanh_of(const real *x, real *y, int64_t n)
{
    for (int64_t i = 0; i < n; i += LANES) AT(y + i) = hyperbolic(AT(x + i));
}
void sums(const real *x, real *y, int64_t n)
{
    for (int64_t i = 0; i < n / LANES; i += 4) totals((const vec *)x + i, R(0.5), y + i);
}
int lanes(void) { return LANES; }
"""

pytestmark = pytest.mark.skipif(not available(), reason="no C compiler")


class Compiled:
    """Functions of the header on arrays of one type."""

    def __init__(self, real: type) -> None:
        name = "#define SINGLE\n#define real float" if real is np.float32 else "#define real double"
        source = "\n".join([prelude(), name, "#define T 48\n#define C 1", HEADER, ENDS])
        library = shared_library(source, kernel_source.FLAGS, ["tanh_of", "sums", "lanes"])
        assert library is not None
        self.library, self.real = library, real

    def __call__(self, name: str, given: NDArray[np.floating]) -> NDArray[np.floating]:
        count = -(-len(given) // 64) * 64
        x, y = self._aligned(count), self._aligned(count)
        x[: len(given)] = given
        pointers = [ctypes.c_void_p(one.ctypes.data) for one in (x, y)]
        getattr(self.library, name)(*pointers, ctypes.c_int64(count))
        return y[: len(given)].copy()

    def _aligned(self, count: int) -> NDArray[np.floating]:
        size = np.dtype(self.real).itemsize
        raw = np.zeros(count * size + 64, dtype=np.uint8)
        start = -raw.ctypes.data % 64
        return raw[start : start + count * size].view(self.real)


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float32", "float64"])
def compiled(request: pytest.FixtureRequest) -> Compiled:
    return Compiled(request.param)


def test_it_is_within_three_units_of_the_last_place(compiled: Compiled) -> None:
    chance = np.random.default_rng(0)
    sizes = np.concatenate([10 ** chance.uniform(-9, 1.5, 200_000), np.linspace(0, 25, 100_001)])
    x = (sizes * chance.choice([-1, 1], len(sizes))).astype(compiled.real)
    truth = np.tanh(x.astype(np.longdouble))
    units = np.spacing(np.abs(truth).astype(compiled.real)).astype(np.longdouble)
    apart = np.abs(compiled("tanh_of", x).astype(np.longdouble) - truth) / units
    assert apart.max() < 3


def test_signs_stay_ends_are_one_and_what_is_no_number_stays_none(compiled: Compiled) -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, 1e30, -1e30, np.nan], dtype=compiled.real)
    said = compiled("tanh_of", x)
    assert said[:6].tolist() == [0.0, 0.0, 1.0, -1.0, 1.0, -1.0]
    assert np.signbit(said[:6]).tolist() == [False, True, False, True, False, True]
    assert np.isnan(said[6])


def test_the_sums_of_four_vectors_are_theirs_in_order(compiled: Compiled) -> None:
    lanes = compiled.library.lanes()
    x = np.arange(256, dtype=compiled.real) ** 2
    truth = x.reshape(-1, lanes).sum(1) + 0.5
    assert compiled("sums", x)[: len(truth)].tolist() == truth.tolist()
