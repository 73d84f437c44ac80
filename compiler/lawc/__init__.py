"""Compile confirmed knowledge into frozen neural modules.

The API on one screen; every name is imported when it is first used, so that reading laws loads no
torch and running a frozen module loads no compiler.

    kb = lawc.library()                                   # or lawc.load("knowledge")
    law = kb["physics.mechanics.pendulum-period"]
    program = lawc.compile(law, "L theta -> T")
    columns = program.sample(1000, seed=0)
    truth = program.reference(columns)

    module = lawc.module("medicine/absorption")           # frozen: value, error, inside
    model = lawc.Blend(module, net, how="scale", support=columns)
"""

from importlib import import_module

__version__ = "0.1.0"

_WHERE = {
    "load": "lawc.pipeline.api",
    "library": "lawc.pipeline.api",
    "compile": "lawc.pipeline.api",
    "train": "lawc.pipeline.api",
    "distil": "lawc.pipeline.api",
    "certify": "lawc.pipeline.api",
    "freeze": "lawc.pipeline.api",
    "module": "lawc.artifact.finding",
    "FrozenModule": "lawc.artifact.module",
    "Answer": "lawc.forms.answer",
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
    "ShapeError": "lawc.diagnostics.diagnostic",
}


def __getattr__(name: str) -> object:
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'lawc' has no attribute {name!r}")
    value = getattr(import_module(where), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(["__version__", *_WHERE])
