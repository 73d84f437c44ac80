"""Functions of FEEL as formulas: of numbers, of listed numbers, and of intervals.

FEEL answers `null` where a function is given too few, too many or other things; where the kinds of
what is given are known, so does the rule: `not applicable`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lawc.importers.feel.meaning import Meaning
from lawc.importers.feel.texts import cased, number_of, written
from lawc.importers.imported import ImportRefusedError


@dataclass(frozen=True, slots=True)
class Between:
    """An interval: two ends, and whether each belongs to it."""

    low: str
    high: str
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that is written out."""

    items: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of a type that a rule does not have, such as a duration."""


Argument = Meaning | Between | Listed | Foreign
NOTHING = Meaning("not applicable", "null")


def meaning_of(name: str, given: Sequence[tuple[str, Argument]]) -> Meaning:
    """Return what a function of FEEL gives for some arguments, each with a name or none.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    parameters, function = FUNCTIONS[name]
    named = [label for label, _ in given if label]
    if not named:
        return _found(name, function, [value for _, value in given])
    if parameters == _PAIR and _POINTS & set(named):
        raise ImportRefusedError(f"`{name}` names its points; write what it is given in order")
    if len(named) != len(given) or sorted(named) != sorted(parameters):
        return NOTHING
    values = dict(given)
    return _found(name, function, [values[parameter] for parameter in parameters])


def _found(
    name: str, function: Callable[[list[Argument]], Meaning], given: list[Argument]
) -> Meaning:
    made = function(given)
    if made.string is not None:
        return made
    parts = [item for one in given for item in (one.items if isinstance(one, Listed) else (one,))]
    if not any(isinstance(part, Meaning) and part.is_optional for part in parts):
        return made
    if made.kind != "number":
        raise ImportRefusedError(f"`{name}` is given what may be `null`")
    return replace(made, is_optional=True)


def _number(value: Argument) -> str | None:
    """Return a number as a factor; None where the value is none.

    Raises:
        ImportRefusedError: Whether it is one is not known.
    """
    if not isinstance(value, Meaning):
        return None
    if value.kind == "number":
        return value.text if value.binds >= 9 else f"({value.text})"
    if value.kind in ("", "list"):
        raise ImportRefusedError(f"what `{value.text[:40]}` is, is not known")
    return None


def _of_numbers(count: int, write: Callable[..., Meaning]) -> Callable[[list[Argument]], Meaning]:
    def function(given: list[Argument]) -> Meaning:
        found = [_number(value) for value in given]
        if len(found) != count or any(one is None for one in found):
            return NOTHING
        return write(*found)

    return function


def _of_text(write: Callable[[str], Meaning]) -> Callable[[list[Argument]], Meaning]:
    def function(given: list[Argument]) -> Meaning:
        found = [written(value) for value in given]
        if len(found) != 1 or found[0] is None:
            return NOTHING
        return write(found[0])

    return function


def _number_of(given: list[Argument]) -> Meaning:
    if len(given) != 3:
        return NOTHING
    is_null = [isinstance(one, Meaning) and one.kind == "null" for one in given]
    text, *separators = [written(value) for value in given]
    missing = [one is None and not null for one, null in zip(separators, is_null[1:], strict=True)]
    if text is None or any(missing):
        return NOTHING
    return number_of(text, *separators) or NOTHING


def _modulo(over: str, under: str) -> Meaning:
    plain = under.strip("()-").replace(".", "", 1)
    if not plain.isdigit() or not plain.strip("0"):
        raise ImportRefusedError("a modulo by what may be zero")
    return Meaning(f"{over} - {under}*floor({over}/{under})", "number", 5)


def _parity(rest: str) -> Callable[[str], Meaning]:
    return lambda of: Meaning(f"{of} - 2*floor({of}/2) = {rest}", "boolean", 4)


def _of_listed(write: Callable[[list[str]], Meaning]) -> Callable[[list[Argument]], Meaning]:
    """Return a function of a list, or of its entries one by one."""

    def function(given: list[Argument]) -> Meaning:
        listed = given[0] if len(given) == 1 else None
        items = list(listed.items) if isinstance(listed, Listed) else given
        found = [_number(item) for item in items]
        if not found or any(one is None for one in found):
            return NOTHING
        return write([one for one in found if one is not None])

    return function


def _joined(sign: str, binds: int) -> Callable[[list[str]], Meaning]:
    def write(found: list[str]) -> Meaning:
        return Meaning(sign.join(found), "number", binds if len(found) > 1 else 9)

    return write


def _mean(found: list[str]) -> Meaning:
    return Meaning(f"({' + '.join(found)})/{len(found)}", "number", 6)


def _count(given: list[Argument]) -> Meaning:
    if len(given) == 1 and isinstance(given[0], Listed):
        return Meaning(str(len(given[0].items)), "number")
    raise ImportRefusedError("it counts what is not written out")


def _intervals(
    write: Callable[[Between, Between], str], points: str
) -> Callable[[list[Argument]], Meaning]:
    """Return a function of two intervals; `points` says at which places a number will do."""

    def function(given: list[Argument]) -> Meaning:
        if len(given) != 2:
            return NOTHING
        if all(_is_other_point(value) for value in given):
            raise ImportRefusedError("points that are no numbers are compared; write it with `<`")
        kinds = "".join("r" if isinstance(value, Between) else "p" for value in given)
        if kinds != "rr" and kinds not in points.split():
            return NOTHING
        sides: list[Between] = []
        for value in given:
            if isinstance(value, Between):
                sides.append(value)
                continue
            number = _number(value)
            if number is None:
                return NOTHING
            sides.append(Between(number, number, True, True))
        return Meaning(write(*sides), "boolean", 2)

    return function


def _is_other_point(value: Argument) -> bool:
    """Return whether a value has an order in FEEL as numbers have: a day, a text, a duration."""
    return isinstance(value, Foreign) or (
        isinstance(value, Meaning) and value.kind in ("date", "string")
    )


def _before(a: Between, b: Between) -> str:
    return f"{a.high} {'<' if a.has_high and b.has_low else '<='} {b.low}"


def _after(a: Between, b: Between) -> str:
    return _before(b, a)


def _meets(a: Between, b: Between) -> str:
    return f"{a.high} = {b.low}" if a.has_high and b.has_low else _never(a)


def _overlaps(a: Between, b: Between) -> str:
    return f"{_reaches(a, b)} and {_reaches(b, a)}"


def _overlaps_before(a: Between, b: Between) -> str:
    return f"{_starts_first(a, b)} and {_reaches(a, b)} and {_ends_first(a, b)}"


def _finishes(a: Between, b: Between) -> str:
    if a.low == a.high:
        return f"{b.high} = {a.low}" if b.has_high else _never(b)
    if a.has_high != b.has_high:
        return _never(b)
    return f"{a.high} = {b.high} and {_starts_within(a, b)}"


def _starts(a: Between, b: Between) -> str:
    if a.low == a.high:
        return f"{b.low} = {a.low}" if b.has_low else _never(b)
    if a.has_low != b.has_low:
        return _never(b)
    return f"{a.low} = {b.low} and {_ends_within(a, b)}"


def _during(a: Between, b: Between) -> str:
    return f"{_starts_within(a, b)} and {_ends_within(a, b)}"


def _coincides(a: Between, b: Between) -> str:
    if (a.has_low, a.has_high) != (b.has_low, b.has_high):
        return _never(a)
    return f"{a.low} = {b.low} and {a.high} = {b.high}"


def _never(of: Between) -> str:
    """Return a condition that does not hold."""
    return f"{of.low} < {of.low}"


def _reaches(a: Between, b: Between) -> str:
    """Return whether one interval goes on where another begins."""
    return f"{a.high} {'>=' if a.has_high and b.has_low else '>'} {b.low}"


def _starts_first(a: Between, b: Between) -> str:
    return f"{a.low} {'<=' if a.has_low and not b.has_low else '<'} {b.low}"


def _ends_first(a: Between, b: Between) -> str:
    return f"{a.high} {'<=' if not a.has_high or b.has_high else '<'} {b.high}"


def _starts_within(a: Between, b: Between) -> str:
    return f"{a.low} {'>=' if not a.has_low or b.has_low else '>'} {b.low}"


def _ends_within(a: Between, b: Between) -> str:
    return _ends_first(a, b)


def _turned(write: Callable[[Between, Between], str]) -> Callable[[Between, Between], str]:
    return lambda a, b: write(b, a)


_PAIR = ("range1", "range2")
_POINTS = frozenset({"point", "point1", "point2", "range"})
FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[[list[Argument]], Meaning]]] = {
    "even": (("number",), _of_numbers(1, _parity("0"))),
    "odd": (("number",), _of_numbers(1, _parity("1"))),
    "modulo": (("dividend", "divisor"), _of_numbers(2, _modulo)),
    "product": (("list",), _of_listed(_joined("*", 6))),
    "sum": (("list",), _of_listed(_joined(" + ", 5))),
    "mean": (("list",), _of_listed(_mean)),
    "count": (("list",), _count),
    "number": (("from", "grouping separator", "decimal separator"), _number_of),
    "upper case": (("string",), _of_text(cased(str.upper))),
    "lower case": (("string",), _of_text(cased(str.lower))),
    "before": (_PAIR, _intervals(_before, "pp pr rp")),
    "after": (_PAIR, _intervals(_after, "pp pr rp")),
    "meets": (_PAIR, _intervals(_meets, "")),
    "met by": (_PAIR, _intervals(_turned(_meets), "")),
    "overlaps": (_PAIR, _intervals(_overlaps, "")),
    "overlaps before": (_PAIR, _intervals(_overlaps_before, "")),
    "overlaps after": (_PAIR, _intervals(_turned(_overlaps_before), "")),
    "finishes": (_PAIR, _intervals(_finishes, "pr")),
    "finished by": (_PAIR, _intervals(_turned(_finishes), "rp")),
    "includes": (_PAIR, _intervals(_turned(_during), "rp")),
    "during": (_PAIR, _intervals(_during, "pr")),
    "starts": (_PAIR, _intervals(_starts, "pr")),
    "started by": (_PAIR, _intervals(_turned(_starts), "rp")),
    "coincides": (_PAIR, _intervals(_coincides, "pp")),
}
