"""The library of the solver, without its types: terms are untyped there too."""

from __future__ import annotations

from typing import Any

import z3 as solver

z3: Any = solver

MEGABYTES = 2_000
"""Memory beyond which a question is given up."""

z3.set_param("memory_max_size", MEGABYTES)

# The library of the solver looks at the sort and the context of each part before it joins them,
# at ten times the cost of joining. Here all parts are of one context, and of the sorts that fit.

_CONTEXT = z3.main_ctx()
TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)
_TRUE, _FALSE = TRUE.ast.value, FALSE.ast.value


def is_true(condition: Any) -> bool:
    """Return whether a condition is the constant: there is one term of it."""
    return condition.ast.value == _TRUE


def is_false(condition: Any) -> bool:
    """Return whether a condition is the other constant."""
    return condition.ast.value == _FALSE


def all_of(conditions: list[Any]) -> Any:
    """Return that two or more conditions hold."""
    return _joined(z3.Z3_mk_and, conditions)


def any_of(conditions: list[Any]) -> Any:
    """Return that one of two or more conditions holds."""
    return _joined(z3.Z3_mk_or, conditions)


def either(condition: Any, first: Any, second: Any) -> Any:
    """Return one of two terms of one sort, by a condition."""
    made = z3.Z3_mk_ite(_CONTEXT.ref(), condition.ast, first.ast, second.ast)
    return (z3.BoolRef if z3.is_bool(first) else z3.ArithRef)(made, _CONTEXT)


def _joined(make: Any, conditions: list[Any]) -> Any:
    parts = (z3.Ast * len(conditions))(*(condition.ast for condition in conditions))
    return z3.BoolRef(make(_CONTEXT.ref(), len(conditions), parts), _CONTEXT)
