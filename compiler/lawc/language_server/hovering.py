"""Say in Markdown what something means: a symbol, a constant, a function, a unit, a block."""

from __future__ import annotations

from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.writing import write_equation
from lawc.language_server.subjects import (
    BlockSubject,
    ConstantSubject,
    FunctionSubject,
    Subject,
    SymbolSubject,
    UnitSubject,
)
from lawc.syntax.document import Declaration
from lawc.syntax.tree import UnitText
from lawc.units.naming import describe_dimension, name_dimension, suggest_unit
from lawc.units.unit import Unit

FUNCTION_WORDS = {
    "exp": "e to the power of a plain number",
    "expm1": "exp(x) - 1, exact for small x",
    "exprel": "(exp(x) - 1)/x, and 1 at 0",
    "ln": "natural logarithm of a plain number",
    "log10": "decimal logarithm of a plain number",
    "log2": "logarithm to base 2 of a plain number",
    "sqrt": "square root; its dimension is half of the argument's",
    "abs": "size without sign, in the unit of the argument",
    "sign": "-1, 0 or 1",
    "sin": "sine of an angle or a plain number",
    "cos": "cosine of an angle or a plain number",
    "tan": "tangent of an angle or a plain number",
    "arcsin": "angle whose sine is a plain number",
    "arccos": "angle whose cosine is a plain number",
    "arctan": "angle whose tangent is a plain number",
    "sinh": "hyperbolic sine of a plain number",
    "cosh": "hyperbolic cosine of a plain number",
    "tanh": "hyperbolic tangent of a plain number",
    "erf": "error function of a plain number",
    "elliptic_k": "complete elliptic integral of the first kind of the parameter m = k²",
    "min": "the smaller of two values of one dimension",
    "max": "the larger of two values of one dimension",
    "value": "value(x, [u]): the plain number of x in the unit u",
    "grad": "gradient of a scalar field, a vector",
    "div": "divergence of a vector field, a scalar",
    "curl": "curl of a vector field, a vector",
    "laplacian": "divergence of the gradient",
    "dot": "scalar product of two vectors",
    "cross": "vector product of two vectors",
    "norm": "length of a vector",
    "vector": "a vector of its components",
}


def hover(subject: Subject, base: KnowledgeBase, source: Source) -> str:
    """Return what a subject means, as Markdown.

    Args:
        subject: From `subject_at`.
        base: The knowledge around the text.
        source: The text in which the subject stands.
    """
    match subject:
        case SymbolSubject(_, name, declaration):
            return _symbol(name, declaration, source)
        case ConstantSubject(_, name, constant):
            value = f"{constant.unit.from_si(constant.value):.15g}"
            if constant.uncertainty:
                value += f" ± {constant.uncertainty / constant.unit.factor:.2g}"
            unit = _unit_words(constant.unit)
            return f"**{name}** — {constant.words}\n\n`{value}` {unit}\n\nfrom `{constant.source}`"
        case FunctionSubject(_, name):
            return f"**{name}** — {FUNCTION_WORDS.get(name, 'a function of the language')}"
        case UnitSubject(place, text):
            unit = read_unit(UnitText(place, text))
            return f"`{text}` is not a known unit" if unit is None else _unit_words(unit, text)
        case BlockSubject(_, identity):
            return _block(identity, base)


def _symbol(name: str, declaration: Declaration, source: Source) -> str:
    depends = ", ".join(dependence.name for dependence in declaration.depends)
    head = f"**{name}**" + (f"({depends})" if depends else "") + f" — {declaration.words}"
    lines = [head]
    if declaration.unit is not None:
        unit = read_unit(declaration.unit)
        text = declaration.unit.text
        lines.append(f"`[{text}]` is not a known unit" if unit is None else _unit_words(unit, text))
    if declaration.low is not None and declaration.high is not None:
        place = declaration.low.place.through(declaration.high.place)
        lines.append("from " + source.text[place.start : place.end].replace("..", "to"))
    if declaration.default is not None:
        place = declaration.default.place
        lines.append("default " + source.text[place.start : place.end])
    return "\n\n".join(lines)


def _unit_words(unit: Unit, text: str | None = None) -> str:
    """Return a unit with what it measures and, where it is not one, its SI value."""
    text = unit.text if text is None else text
    name = name_dimension(unit.dimension)
    measures = describe_dimension(unit.dimension) if not unit.dimension.is_none else "plain number"
    words = f"`[{text or '1'}]` {measures}" if name else f"`[{text or '1'}]` {unit.dimension}"
    base = suggest_unit(unit.dimension)
    if unit.offset:
        return f"{words}\n\n0 {text} = {unit.offset:.10g} {base}"
    if unit.factor != 1:
        return f"{words}\n\n1 {text} = {unit.factor:.10g} {base}"
    return words


def _block(identity: str, base: KnowledgeBase) -> str:
    law = base.laws.get(identity)
    if law is None:
        names = base.constants[identity]
        return f"**{identity}** — constants\n\n" + ", ".join(f"`{name}`" for name in names)
    equations = "\n".join(write_equation(equation) for equation in law.equations)
    return (
        f"**{identity}@{law.version}** — {law.title} ({law.status})\n\n```law\n{equations}\n```"
        + "".join(f"\n\n{source}" for source in law.sources[:1])
    )
