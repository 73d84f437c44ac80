"""Write a program down as a function that a person can read, check and paste.

The text is made from tapes, never from an author's words: names are rewritten to plain ASCII, and
title and citation stand in the docstring with quotes and backslashes taken out. Nothing here runs
the text.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

from lawc.diagnostics.diagnostic import CompileError
from lawc.forms.tape import Tape
from lawc.knowledge.expression import Expression, names, substitute
from lawc.knowledge.law import Law, Quantity
from lawc.lowering.flows import spoken
from lawc.lowering.plan import Assignment, Kind, Plan, Step, Together
from lawc.lowering.printing import HELPERS, Names, helpers_of, lines_of
from lawc.lowering.tapes import tape

TARGETS = ("torch", "numpy")

_IMPORTS = {
    "torch": ["import torch", "from torch import Tensor"],
    "numpy": ["import numpy as np", "from numpy import ndarray", "from scipy import special"],
}
_KIND = {"torch": "Tensor", "numpy": "ndarray"}
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lamda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_TAKEN = frozenset({"torch", "np", "special", "Tensor", "ndarray", *HELPERS})


def source(plan: Plan, target: str, closed: Tape | None = None) -> str:
    """Return Python text of a program.

    Args:
        plan: What the text computes.
        target: `torch` or `numpy`.
        closed: SI inputs to SI outputs, where a closed form was found.

    Returns:
        A function from inputs to outputs, all in declared units, where they can be written out;
        otherwise the right-hand side of the differential equations, or what has to vanish at a
        root, in SI units.

    Raises:
        ValueError: The target is neither.
        CompileError: The law has events.
    """
    if target not in TARGETS:
        raise ValueError(f"expected one of {', '.join(TARGETS)}, got {target!r}")
    if plan.flow is not None and plan.flow.events:
        # Rates without their jumps would be those of another law.
        raise CompileError(f"{plan.law.identity} has events, which no source text states yet")
    if closed is None and plan.kind is Kind.EXPLICIT:
        closed = _written_out(plan)
    if closed is not None:
        functions = [_answer(plan, closed, target)]
    else:
        moving = plan.flow.algebraic if plan.flow else ()
        searched = [s for s in (*plan.before, *moving, *plan.after) if not _is_written_out(s)]
        functions = [_balance(plan, step, target) for step in dict.fromkeys(searched)]
        if plan.flow is not None:
            functions += [_starts(plan, target), _rates(plan, target)]
    body = "\n\n\n".join(functions)
    helpers = helpers_of(body, target)
    imports = [line for line in _IMPORTS[target] if line.split()[-1] in body + "".join(helpers)]
    return "\n\n\n".join(["\n".join(imports), *helpers, body]) + "\n"


def identifier(name: str) -> str:
    """Return a plain ASCII identifier for a name of a law: `θ_0` becomes `theta_0`."""
    text = name.replace("'", "_rate_")
    spelled = "".join(
        _GREEK.get(c) or (_GREEK[c.lower()].capitalize() if c.lower() in _GREEK else c)
        for c in text
    )
    ascii_text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    safe = re.sub(r"\W", "_", ascii_text) or "q"
    if safe[0].isdigit():
        safe = f"q{safe}"
    return f"{safe}_" if keyword.iskeyword(safe) or safe in _TAKEN else safe


def _written_out(plan: Plan) -> Tape:
    written: dict[str, Expression] = {}
    for step in (*plan.before, *plan.after):
        assert isinstance(step, Assignment)
        written[step.quantity] = substitute(step.expression, written)
    outputs = {name: written[name] for name in plan.signature.outputs}
    return tape(outputs, plan.signature.inputs, plan.fixed)


def _answer(plan: Plan, closed: Tape, target: str) -> str:
    law, known = plan.law, Names(identifier)
    outputs = [law.quantities[name] for name in plan.signature.outputs]
    arguments = [law.quantities[name] for name in plan.signature.inputs]
    head = _head(law.name, known, plan.signature.inputs, target)
    doc = _docstring(
        law,
        f"Return {_list(q.words or q.name for q in outputs)}.",
        [_line(known, q, q.unit.text) for q in arguments],
        [_line(known, q, q.unit.text) for q in outputs],
    )
    body = [f"    {known[q.name]} = {to_si}" for q in arguments if (to_si := _to_si(known, q))]
    lines, results = lines_of(closed, known, target)
    body += [f"    {line}" for line in lines]
    results = {
        name: _from_si(results[name], law.quantities[name]) for name in plan.signature.outputs
    }
    return "\n".join([head, doc, *body, f"    return {', '.join(results.values())}"])


def _rates(plan: Plan, target: str) -> str:
    flow = plan.flow
    assert flow is not None
    rates = {state.symbol: state.rate for state in flow.states}
    first = [flow.variable, *rates]
    return _calculation(plan, "rates", rates, first, target, f"Return d/d{flow.variable} of {{}}.")


def _starts(plan: Plan, target: str) -> str:
    assert plan.flow is not None
    starts = {state.symbol: state.start for state in plan.flow.states}
    return _calculation(plan, "start", starts, [], target, "Return the initial {}.")


def _is_written_out(step: Step) -> bool:
    return isinstance(step, Assignment)


def _balance(plan: Plan, step: Step, target: str) -> str:
    spoken_of = _list(step.quantities)
    sentence = f"Return what is zero at the right {spoken_of}, for a search in its range."
    name = f"balance_of_{'_'.join(step.quantities)}"
    if isinstance(step, Together):
        sums = {f"{name}_{number}": e for number, e in enumerate(step.expressions, start=1)}
        sentence = sentence.replace("its range", "their ranges")
    else:
        sums = {name: step.expression}
    return _calculation(plan, name, sums, list(step.quantities), target, sentence)


def _calculation(
    plan: Plan,
    name: str,
    outputs: Mapping[str, Expression],
    first: list[str],
    target: str,
    sentence: str,
) -> str:
    written: dict[str, Expression] = {}
    for step in plan.before:
        if isinstance(step, Assignment):
            written[step.quantity] = substitute(step.expression, written)
    for step in plan.after:
        if isinstance(step, Assignment) and not plan.flow:
            written[step.quantity] = substitute(step.expression, written)
    bodies = {key: substitute(body, written) for key, body in outputs.items()}
    spoken_of = frozenset[str]().union(*map(names, bodies.values())) - plan.fixed.keys()
    rest = [n for n in plan.signature.inputs if n in spoken_of and n not in first]
    rest += sorted(spoken_of - {*first, *rest})
    inputs = [*first, *rest]
    known = Names(identifier)
    law = plan.law
    variable = plan.flow.variable if plan.flow else None
    head = _head(f"{law.name}_{name}", known, inputs, target)
    quantities = {n: law.quantities.get(n.partition("'")[0]) for n in inputs}
    arguments = [
        f"{known[n]}: {spoken(n, variable) if q is None or chr(39) in n else q.words or n}, SI"
        for n, q in quantities.items()
    ]
    said = _list(spoken(n, variable) for n in bodies)
    doc = _docstring(law, sentence.format(said), arguments, [f"{said}, SI"])
    lines, results = lines_of(tape(bodies, inputs, plan.fixed), known, target)
    body = [f"    {line}" for line in lines]
    return "\n".join([head, doc, *body, f"    return {', '.join(results.values())}"])


def _head(name: str, known: Names, inputs: Iterable[str], target: str) -> str:
    arguments = ", ".join(f"{known[one]}: {_KIND[target]}" for one in inputs)
    single = f"def {identifier(name)}({arguments}):"
    if len(single) <= 100:
        return single
    return (
        f"def {identifier(name)}(\n    {arguments.replace(', ', chr(44) + chr(10) + '    ')},\n):"
    )


def _docstring(law: Law, sentence: str, arguments: list[str], returns: list[str]) -> str:
    version = f"@{law.version}" if law.version else ""
    lines = [
        f'    """{_clean(sentence)}',
        "",
        f"    {_clean(law.title)}: {law.identity}{version}, {law.status.value}.",
        "",
        "    Args:",
        *(f"        {_clean(line)}" for line in arguments),
        "",
        "    Returns:",
        *(f"        {_clean(line)}" for line in returns),
    ]
    if law.sources:
        lines += ["", "    Source:", *(f"        {_clean(line)}" for line in law.sources)]
    return "\n".join([*lines, '    """'])


def _line(known: Names, quantity: Quantity, unit: str) -> str:
    return f"{known[quantity.name]}: {quantity.words or quantity.name}, {unit or 'plain number'}"


def _clean(text: str) -> str:
    """Return text that cannot end a docstring, nor start an escape."""
    flat = " ".join(text.split())
    return flat.replace("\\", "/").replace('"', "'")


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _to_si(known: Names, quantity: Quantity) -> str | None:
    unit, name = quantity.unit, known[quantity.name]
    if unit.factor == 1 and unit.offset == 0:
        return None
    scaled = name if unit.factor == 1 else f"{name} * {unit.factor!r}"
    return f"{scaled} + {unit.offset!r}" if unit.offset else scaled


def _from_si(text: str, quantity: Quantity) -> str:
    unit = quantity.unit
    if unit.factor == 1 and unit.offset == 0:
        return text
    text = text if text.isidentifier() else f"({text})"
    if unit.offset:
        text = f"({text} - {unit.offset!r})"
    return text if unit.factor == 1 else f"{text} / {unit.factor!r}"
