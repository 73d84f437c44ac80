"""The functions that a rule may use: of numbers, of days, and of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from lawc.analysis.findings import listed, quoted
from lawc.analysis.rules.measures import (
    CONDITION,
    DATE,
    PLAIN,
    Measure,
    Typed,
    rescaled,
    times,
)
from lawc.analysis.rules.products import powered
from lawc.analysis.rules.scope import CALENDAR, RuleScope
from lawc.decision.formula import Apply, Formula, Named, Number, apply, number
from lawc.syntax.spelling import nearest
from lawc.syntax.tree import Call, Name, Node

if TYPE_CHECKING:
    from lawc.analysis.rules.formulas import Formulas

_PLAIN = ("exp", "ln", "log10", "log2")
_SHARED = ("min", "max")
_ROUNDING: Mapping[str, tuple[str, str]] = {
    "floor": ("floor", "round_floor"),
    "ceiling": ("ceiling", "round_ceiling"),
    "round": ("", "round_half_from_zero"),
    "truncate": ("", "round_to_zero"),
}
_OF_DAYS: Mapping[str, tuple[tuple[str, ...], Measure]] = {
    "date": (("number", "number", "number"), DATE),
    "year": (("date",), PLAIN),
    "month": (("date",), PLAIN),
    "day": (("date",), PLAIN),
    "weekday": (("date",), PLAIN),
    "add_months": (("date", "number"), DATE),
    "add_years": (("date", "number"), DATE),
    "months_between": (("date", "date"), PLAIN),
    "years_between": (("date", "date"), PLAIN),
    "is_business_day": (("date",), CONDITION),
    "add_business_days": (("date", "number"), DATE),
    "next_business_day": (("date",), DATE),
    "business_days_between": (("date", "date"), PLAIN),
}
_OF_BUSINESS = frozenset(name for name in _OF_DAYS if "business" in name)
_ASKING = ("is_known", "is_applicable")
FUNCTIONS = frozenset(
    (*_PLAIN, *_SHARED, *_ROUNDING, *_OF_DAYS, *_ASKING, "sqrt", "abs", "sign", "value")
)


def call(formulas: Formulas, node: Call) -> Typed | None:
    """Return a call of a function, and what its values are."""
    name, arguments = node.function.name, node.arguments
    if name not in FUNCTIONS:
        _unknown(formulas, node)
        return None
    if name in _ASKING:
        return _asked(formulas, node)
    if name in _OF_DAYS:
        return _of_days(formulas, node)
    counts = (2, 20) if name in _SHARED else (1, 2) if name in _ROUNDING else (1, 1)
    if not counts[0] <= len(arguments) <= counts[1]:
        _takes(formulas, node, counts)
        return None
    typed = [formulas.read(argument) for argument in arguments]
    read = [one for one in typed if one is not None]
    if len(read) < len(typed):
        return None
    if name in _SHARED and all(one.measure.kind == "date" for one in read):
        return Typed(_nested(name, tuple(one.formula for one in read)), DATE)
    pairs = list(zip(read, arguments, strict=True))
    if not all(formulas.calculates(one, argument) for one, argument in pairs):
        return None
    if name in _SHARED:
        made = formulas.together(*pairs)
        return None if made is None else Typed(_nested(name, made[1]), made[0])
    if name in _ROUNDING:
        return _rounded(formulas, name, pairs)
    first, argument = pairs[0]
    if name == "abs" or name == "sign":
        if first.measure.zero:
            plain_zero = f"`{name}` of a scale with a zero of its own depends on the scale"
            formulas.scope.report("L0206", plain_zero, argument.place)
            return None
        made = apply(name, first.formula)
        return Typed(made, first.measure if name == "abs" else PLAIN)
    if name == "sqrt" and not first.measure.dimension.is_none:
        made = powered(first, Fraction(1, 2))
        inside = made.formula
        assert isinstance(inside, Apply)
        return Typed(apply("sqrt", inside.parts[0]), made.measure)
    if not first.measure.dimension.is_none:
        formulas.scope.report(
            "L0205",
            f"`{name}` is of a plain number, and this has a dimension",
            argument.place,
            first.measure.said,
            help=f"divide it by a value of its own kind, or write `{name}(value(…, […]))`",
        )
        return None
    return Typed(apply(name, times(first.formula, first.measure.scale)), PLAIN)


def _rounded(formulas: Formulas, name: str, pairs: list[tuple[Typed, Node]]) -> Typed | None:
    whole, to_step = _ROUNDING[name]
    if len(pairs) == 2:
        made = formulas.together(*pairs)
        return None if made is None else Typed(apply(to_step, *made[1]), made[0])
    typed, node = pairs[0]
    if not typed.measure.dimension.is_none:
        formulas.scope.report(
            "L0205",
            f"`{name}` of something with a dimension needs the step to round to",
            node.place,
            typed.measure.said,
            help=f"write `{name}({formulas.scope.text(node.place)}, 1 [{typed.measure.unit}])`"
            if typed.measure.unit
            else f"write the step behind it, as in `{name}(x, 1 [m])`",
        )
        return None
    plain = rescaled(typed, PLAIN)
    made = apply(whole, plain) if whole else apply(to_step, plain, number(1))
    return Typed(made, PLAIN)


def _asked(formulas: Formulas, node: Call) -> Typed | None:
    name = node.arguments[0] if len(node.arguments) == 1 else None
    if not isinstance(name, Name):
        formulas.scope.report("L0113", f"`{node.function.name}` is asked of one name", node.place)
        return None
    if formulas.scope.quantity(name) is None:
        return None
    return Typed(apply(node.function.name, Named(name.name)), CONDITION)


def _of_days(formulas: Formulas, node: Call) -> Typed | None:
    name, arguments = node.function.name, node.arguments
    kinds, gives = _OF_DAYS[name]
    calendar: str | None = ""
    scope = formulas.scope
    if name in _OF_BUSINESS:
        last = arguments[-1] if len(arguments) == len(kinds) + 1 else None
        calendar = _calendar(scope, node, last)
        if calendar is None:
            return None
        if last is not None:
            arguments = arguments[:-1]
    if len(arguments) != len(kinds):
        _takes(formulas, node, (len(kinds), len(kinds)))
        return None
    parts: list[Formula] = []
    for argument, kind in zip(arguments, kinds, strict=True):
        typed = formulas.read(argument)
        if typed is None:
            return None
        wanted = DATE if kind == "date" else PLAIN
        part = formulas.fitted(typed, wanted, argument, f"this part of `{name}`")
        if part is None:
            return None
        parts.append(part)
    return Typed(Apply(name, tuple(parts), calendar), gives)


def _calendar(scope: RuleScope, node: Call, named: Node | None) -> str | None:
    """Return the calendar that a call counts by: the one named last, or the only one."""
    name = node.function.name
    if not scope.calendars:
        scope.report(
            "L0704",
            f"`{name}` needs a calendar, and this rule gives none",
            node.place,
            help="write a section `calendar` with `weekend`, `holidays` and `known`",
        )
        return None
    if named is None and len(scope.calendars) == 1:
        return next(iter(scope.calendars))
    if isinstance(named, Name) and named.name in scope.calendars:
        return named.name
    if isinstance(named, Name) and named.name == CALENDAR and len(scope.calendars) == 1:
        return next(iter(scope.calendars))
    scope.report(
        "L0704",
        f"`{name}` counts by one calendar",
        node.place if named is None else named.place,
        help=f"name one of {listed(quoted(sorted(scope.calendars)), 'or')} last",
    )
    return None


def _nested(name: str, parts: tuple[Formula, ...]) -> Formula:
    if all(isinstance(part, Number) for part in parts):
        values = [part.value for part in parts if isinstance(part, Number)]
        return number(min(values) if name == "min" else max(values))
    made = parts[0]
    for part in parts[1:]:
        made = apply(name, made, part)
    return made


def _takes(formulas: Formulas, node: Call, counts: tuple[int, int]) -> None:
    few, many = counts
    said = str(few) if few == many else f"{few} or more" if many > 2 else f"{few} or {many}"
    noun = "argument" if said == "1" else "arguments"
    name, given = node.function.name, len(node.arguments)
    headline = f"`{name}` takes {said} {noun}, here it has {given}"
    formulas.scope.report("L0113", headline, node.place)


def _unknown(formulas: Formulas, node: Call) -> None:
    name = node.function.name
    near = nearest(name, tuple(sorted(FUNCTIONS)))
    same = {"log": ("ln", "log10"), "ceil": ("ceiling",), "int": ("floor", "truncate")}.get(name)
    help = f"write {listed(quoted(same), 'or')}" if same else ""
    if not help and not near and name in formulas.scope.quantities:
        help = f"multiply with a sign: `{name}*(…)`"
    formulas.scope.report(
        "L0113",
        f"rules have no function `{name}`",
        node.function.place,
        f"did you mean `{near}`?" if near and not same else "",
        help=help,
    )
