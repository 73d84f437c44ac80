from lawc.artifact.finding import module as module
from lawc.artifact.module import FrozenModule as FrozenModule
from lawc.diagnostics.diagnostic import BuildError as BuildError
from lawc.diagnostics.diagnostic import CheckError as CheckError
from lawc.diagnostics.diagnostic import CompileError as CompileError
from lawc.diagnostics.diagnostic import DomainError as DomainError
from lawc.diagnostics.diagnostic import LawcError as LawcError
from lawc.diagnostics.diagnostic import ShapeError as ShapeError
from lawc.forms.answer import Answer as Answer
from lawc.importers.sympy_formulas import measured as measured
from lawc.knowledge.base import KnowledgeBase as KnowledgeBase
from lawc.knowledge.law import Law as Law
from lawc.linking.blend import Blend as Blend
from lawc.linking.guard import guard as guard
from lawc.linking.latents import Latent as Latent
from lawc.lowering.program import Program as Program
from lawc.pipeline.api import certify as certify
from lawc.pipeline.api import compile as compile
from lawc.pipeline.api import distil as distil
from lawc.pipeline.api import freeze as freeze
from lawc.pipeline.api import library as library
from lawc.pipeline.api import load as load
from lawc.pipeline.api import read_data as read_data
from lawc.pipeline.api import train as train

__version__: str
