"""A small module to test with: the area of a rectangle, and its manifest."""

from __future__ import annotations

from lawc.artifact.manifest import Golden, LawRecord, Manifest, Port
from lawc.forms.formula import Formula
from lawc.forms.tape import Step, Tape

AREA = Tape(("a", "b"), (Step("multiply", (0, 1)),), (("A", 2),))
NO_CONDITIONS = Tape((), (), ())
BOUND = Tape(("a", "b", "A"), (Step("constant", (), 1e-15), Step("multiply", (3, 2))), (("A", 4),))


def manifest(**changes: object) -> Manifest:
    """Lengths in cm and mm, the area in cm²: every unit differs from SI."""
    fields: dict[str, object] = {
        "name": "geometry/area",
        "lawc": "0",
        "law": LawRecord(
            identity="geometry.area", version="1.0.0", digest="d", sources=("Euclid, Elements",)
        ),
        "inputs": (
            Port(name="a", unit="cm", factor=0.01, low=1.0, high=10.0),
            Port(name="b", unit="mm", factor=0.001, low=1.0, high=1000.0, log=True, default=5.0),
        ),
        "outputs": (Port(name="A", unit="cm^2", factor=1e-4),),
        "valid": NO_CONDITIONS.to_json(),
        "form": Formula(AREA).spec(),
        "error": BOUND.to_json(),
        "certificate": {"grade": "A", "bound": 1e-15},
        "golden": Golden(inputs={"a": [1.0, 2.0], "b": [10.0, 30.0]}, outputs={"A": [1.0, 6.0]}),
    }
    return Manifest(**{**fields, **changes})  # type: ignore[arg-type]
