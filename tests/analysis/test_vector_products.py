"""Products of vectors are what arithmetic makes of their components."""

from __future__ import annotations

import itertools

import numpy as np
from analysis_texts import checked, law
from hypothesis import given
from hypothesis import strategies as st

from lawc.knowledge.expression import Symbol
from lawc.lowering.numpy_table import evaluate
from lawc.lowering.tapes import tape

PRODUCTS = checked(
    law(
        "a, b, c : vectors [m] vector3 -1 .. 1\np : product [m^2] vector3\n"
        "s : triple product [m^3]\nd : square [m^2]\nn : size [m]",
        "p := cross(a, b)\ns := dot(a, cross(b, c))\nd := dot(a, b)\nn := norm(a)",
    )
).law


@given(st.tuples(*[st.integers(-9, 9)] * 9))
def test_products_of_vectors_are_those_of_numpy(values: tuple[int, ...]) -> None:
    names = [f"{v}[{i}]" for v, i in itertools.product("abc", "xyz")]
    components = {name: np.array(float(value)) for name, value in zip(names, values, strict=True)}
    rights = {e.left.name: e.right for e in PRODUCTS.equations if isinstance(e.left, Symbol)}
    found = evaluate(tape(rights, names), components)
    a, b, c = np.array(values, float).reshape(3, 3)
    assert [float(found[f"p[{i}]"]) for i in "xyz"] == np.cross(a, b).tolist()
    assert found["s"] == np.cross(b, c) @ a
    assert found["d"] == a @ b
    assert abs(found["n"] - np.linalg.norm(a)) <= 1e-14 * np.linalg.norm(a)
