"""What a condition of sympy says at one point: `x(0)`, `u(x, t).diff(x).subs(x, 0)`.

sympy writes the point into the function, our language beside the condition. So every function is
given back its own variables, and the one that was replaced, with its value, is the point; all parts
of one condition must stand at the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from lawc.importers.imported import ImportRefusedError


@dataclass(frozen=True)
class AtPoint:
    """An expression of states and fields, and where it holds.

    Attributes:
        expression: With every function applied to its own variables; None in place of a point.
        variable: Which variable has a value, empty where none has.
        value: What it is.
    """

    expression: Any
    variable: str = ""
    value: Any = None


def at_point(tree: Any, states: Mapping[str, tuple[str, ...]]) -> AtPoint:
    """Return what an expression says, and at which point.

    Args:
        tree: A tree of sympy.
        states: What each function depends on.

    Raises:
        ImportRefusedError: A function stands at a point in more than one variable, or two stand
            at different points.
    """
    replaced: dict[Any, Any] = {}
    points: dict[tuple[str, Any], Any] = {}
    for part in sympy.preorder_traversal(tree):
        found = _point_of(part, states)
        if found is not None and not any(part in whole.atoms(type(part)) for whole in replaced):
            replaced[part] = found.expression
            points[found.variable, found.value] = part
    if len(points) > 1:
        shown = " and ".join(str(part)[:40] for part in points.values())
        raise ImportRefusedError(f"expected one point, got {shown}")
    if not points:
        return AtPoint(tree)
    ((variable, value),) = points
    return AtPoint(tree.xreplace(replaced), variable, value)


def _point_of(part: Any, states: Mapping[str, tuple[str, ...]]) -> AtPoint | None:
    if isinstance(part, sympy.Subs):
        _, variables, values = part.args
        if len(variables.args) != 1:
            raise ImportRefusedError(f"expected one variable with a value, got {str(part)[:60]}")
        variable, value = variables.args[0], values.args[0]
        return AtPoint(_own(part.expr, variable, states), _own_name(part, states), value)
    if not isinstance(part, AppliedUndef):
        return None
    depends = states.get(part.func.__name__, ())
    if len(depends) != len(part.args):
        return None
    other = [
        (name, argument)
        for name, argument in zip(depends, part.args, strict=True)
        if str(argument) != name
    ]
    if not other:
        return None
    if len(other) > 1:
        raise ImportRefusedError(f"expected one variable with a value, got {str(part)[:60]}")
    own = part.func(*(sympy.Symbol(name) for name in depends))
    return AtPoint(own, *other[0])


def _own(tree: Any, dummy: Any, states: Mapping[str, tuple[str, ...]]) -> Any:
    """Return the expression with the variable that sympy may have renamed by its own name."""
    for use in tree.atoms(AppliedUndef):
        depends = states.get(use.func.__name__, ())
        for name, argument in zip(depends, use.args, strict=False):
            if argument == dummy:
                return tree.xreplace({dummy: sympy.Symbol(name)})
    return tree


def _own_name(part: Any, states: Mapping[str, tuple[str, ...]]) -> str:
    for use in part.expr.atoms(AppliedUndef):
        depends = states.get(use.func.__name__, ())
        for name, argument in zip(depends, use.args, strict=False):
            if argument == part.variables[0]:
                return name
    raise ImportRefusedError(f"expected a state or a field at a point, got {str(part)[:60]}")
