"""Compile confirmed knowledge into frozen neural modules.

The API on one screen; every name is imported when it is first used, so that reading laws loads no
torch and running a frozen module loads no compiler.

    kb = lawc.library()                                   # or lawc.load("knowledge")
    law = kb["physics.mechanics.pendulum-period"]         # or lawc.Law.from_sympy(...)
    program = lawc.compile(law, "L theta -> T")
    columns = program.sample(1000, seed=0)
    truth = program.reference(columns)
    found = lawc.fit(law, "swings.csv", "L")              # parameters from observations

    module = lawc.module("medicine/absorption")           # frozen: value, error, inside
    rule = lawc.rule("law/tax")                           # a frozen rule alone, without torch
    model = lawc.Blend(module, net, how="scale", support=columns)
"""

from collections.abc import Callable
from importlib import import_module

__version__ = "0.1.0"

_WHERE = {
    "load": "lawc.pipeline.api",
    "read_data": "lawc.pipeline.api",
    "measured": "lawc.importers.sympy_formulas",
    "library": "lawc.pipeline.api",
    "compile": "lawc.pipeline.api",
    "train": "lawc.pipeline.api",
    "distil": "lawc.pipeline.api",
    "certify": "lawc.pipeline.api",
    "freeze": "lawc.pipeline.api",
    "module": "lawc.artifact.finding",
    "rule": "lawc.artifact.frozen_rule",
    "FrozenRule": "lawc.artifact.frozen_rule",
    "FrozenModule": "lawc.artifact.module",
    "Answer": "lawc.forms.answer",
    "fit": "lawc.estimation.fitting",
    "Estimate": "lawc.estimation.estimate",
    "Blend": "lawc.linking.blend",
    "Latent": "lawc.linking.latents",
    "guard": "lawc.linking.guard",
    "KnowledgeBase": "lawc.knowledge.base",
    "Law": "lawc.knowledge.law",
    "Program": "lawc.lowering.program",
    "LawcError": "lawc.diagnostics.diagnostic",
    "CheckError": "lawc.diagnostics.diagnostic",
    "CompileError": "lawc.diagnostics.diagnostic",
    "BuildError": "lawc.diagnostics.diagnostic",
    "DomainError": "lawc.diagnostics.diagnostic",
    "NotDeterminedError": "lawc.diagnostics.diagnostic",
    "ShapeError": "lawc.diagnostics.diagnostic",
}


# A law stands on a low floor and is built from sympy on a high one, by way of the checker. Only
# this page knows both, so it is here that the class gets the method; sympy is imported when the
# method is called. `knowledge/law.py` declares it for type checkers.
_METHODS = {"Law": {"from_sympy": ("lawc.pipeline.symbolic_laws", "law_from_sympy")}}


def __getattr__(name: str) -> object:
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'lawc' has no attribute {name!r}")
    value = getattr(import_module(where), name)
    for method, (home, function) in _METHODS.get(name, {}).items():
        setattr(value, method, staticmethod(_late(home, function)))
    globals()[name] = value
    return value


def _late(home: str, function: str) -> Callable[..., object]:
    """Return a function that imports another one when it is called."""

    def call(*arguments: object, **named: object) -> object:
        return getattr(import_module(home), function)(*arguments, **named)

    call.__name__ = call.__qualname__ = function
    call.__doc__ = f"See `{home}.{function}`."
    return call


def __dir__() -> list[str]:
    return sorted(["__version__", *_WHERE])
