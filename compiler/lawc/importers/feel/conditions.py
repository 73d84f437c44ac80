"""Conditions of FEEL as those of rules: when they are true, and when they are false.

What is compared with `null` is neither, so the one is not always `not` of the other.
"""

from __future__ import annotations

from collections.abc import Callable

from lawc.importers.feel.meaning import Meaning
from lawc.importers.imported import ImportRefusedError

COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
NULL = "not applicable"
_NAMES = {"number": "a number", "string": "a text", "boolean": "yes or no", "date": "a day"}


def denied(meaning: Meaning) -> str:
    """Return when a condition is false."""
    if meaning.denied:
        return meaning.denied
    if meaning.is_optional:
        return f"{inside(meaning, 5)} = no"
    return f"not {inside(meaning, 4)}"


def negated(meaning: Meaning) -> Meaning:
    """Return the condition that is true where another one is false, and false where it is true."""
    need_condition(meaning)
    binds = 3 if not meaning.denied else 1
    return Meaning(denied(meaning), "boolean", binds, "", None, meaning.text, meaning.is_optional)


def either(one: Meaning, other: Meaning) -> Meaning:
    """Return `one or other`."""
    return _joined(one, other, "or", 2)


def both(one: Meaning, other: Meaning) -> Meaning:
    """Return `one and other`."""
    return _joined(one, other, "and", 3)


def _joined(one: Meaning, other: Meaning, sign: str, binds: int) -> Meaning:
    need_condition(one)
    need_condition(other)
    text = f"{inside(one, binds)} {sign} {inside(other, binds + 1)}"
    opposite = "and" if sign == "or" else "or"
    not_true = f"({denied(one)}) {opposite} ({denied(other)})"
    return Meaning(text, "boolean", binds, "", None, not_true, one.is_optional or other.is_optional)


def chosen(condition: Meaning, then: Meaning, other: Meaning) -> Meaning:
    """Return `if condition then … else …`; `else` is also for what is neither true nor false."""
    need_condition(condition)
    if "null" in (then.kind, other.kind):
        raise ImportRefusedError("a choice inside an expression has `null` in it")
    if then.kind and other.kind and then.kind != other.kind:
        raise ImportRefusedError("the branches of a choice have different types")
    text = f"if {condition.text} then {inside(then, 0)} else {inside(other, 0)}"
    is_optional = then.is_optional or other.is_optional
    not_true = ""
    if then.kind == "boolean":
        not_true = f"if {condition.text} then {denied(then)} else {denied(other)}"
    return Meaning(text, then.kind or other.kind, 1, "", None, not_true, is_optional)


def compared(left: Meaning, sign: str, right: Meaning, word: Callable[[str, str], str]) -> Meaning:
    """Return `left sign right`; `word` gives the word of a text that a quantity is compared with.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    if "list" in (left.kind, right.kind):
        raise ImportRefusedError("a list is compared")
    if "null" in (left.kind, right.kind):
        named = left if right.kind == "null" else right
        if not named.name or sign not in ("=", "!="):
            raise ImportRefusedError("`null` is compared with what is no quantity")
        said = f"{named.text} is {NULL}", f"{named.text} is applicable"
        true, false = said if sign == "=" else said[::-1]
        return Meaning(true, "boolean", 4, "", None, false)
    if left.string is not None and right.string is not None:
        raise ImportRefusedError("two texts are compared")
    need_comparable(left.kind, sign, right.kind)
    for one, other in ((left, right), (right, left)):
        if one.kind == "boolean" and one.is_optional and not one.name:
            raise ImportRefusedError("a condition that may be `null` is compared")
        if one.string is not None and not other.name:
            raise ImportRefusedError("a text is compared with what is no quantity")
    one = inside(left, 5) if left.string is None else word(left.string, right.name)
    other = inside(right, 5) if right.string is None else word(right.string, left.name)
    true, false = f"{one} {sign} {other}", f"{one} {OPPOSITE[sign]} {other}"
    is_optional = left.is_optional or right.is_optional
    if sign not in ("=", "!="):
        return Meaning(true, "boolean", 4, "", None, false, is_optional)
    if left.is_optional and right.is_optional:
        # `null` is equal to `null`.
        if not left.name or not right.name:
            raise ImportRefusedError("two values that may both be `null` are compared")
        absent = f"{left.name} is {NULL} and {right.name} is {NULL}"
        same = f"({one} = {other} or {absent})"
        true, false = (same, f"not {same}") if sign == "=" else (f"not {same}", same)
        return Meaning(true, "boolean", 3, "", None, false)
    return Meaning(true, "boolean", 4, "", None, false)


def need_comparable(kind: str, sign: str, other: str) -> None:
    """Refuse to compare what FEEL answers with `null`, and texts by their letters."""
    if kind and other and kind != other:
        raise ImportRefusedError(
            f"{_NAMES.get(kind, kind)} is compared with {_NAMES.get(other, other)}"
        )
    if sign not in ("=", "!=") and "string" in (kind, other):
        raise ImportRefusedError("texts are compared by the order of their letters")
    if sign not in ("=", "!=") and "boolean" in (kind, other):
        raise ImportRefusedError("yes and no are compared by an order")


def need_condition(meaning: Meaning) -> None:
    """Refuse what is no condition."""
    if meaning.kind not in ("boolean", ""):
        raise ImportRefusedError(f"{_NAMES.get(meaning.kind, meaning.kind)} stands for a condition")


def holds(name: str, sign: str, value: str) -> str:
    """Return when a test of a cell is true of a quantity; `value` is as `read_tests` gives it."""
    if value == NULL:
        return f"{name} is {NULL}"
    if "\0" not in value:
        return f"{name} {sign} {value}"
    low, high = value.split("\0")
    lower, upper = _ends(sign)
    return f"{low} {lower} {name} {upper} {high}"


def fails(name: str, sign: str, value: str) -> str:
    """Return when a test of a cell is false of a quantity."""
    if value == NULL:
        return f"{name} is applicable"
    if "\0" not in value:
        return f"{name} {OPPOSITE[sign]} {value}"
    low, high = value.split("\0")
    lower, upper = _ends(sign)
    return f"({name} {'<=' if lower == '<' else '<'} {low} or {name} {OPPOSITE[upper]} {high})"


def _ends(dots: str) -> tuple[str, str]:
    return "<" if dots.startswith("<") else "<=", "<" if dots.endswith("<") else "<="


def inside(meaning: Meaning, binds: int) -> str:
    """Return a part of an expression as a part of a larger one, in brackets where it needs them."""
    if meaning.string is not None:
        raise ImportRefusedError(f'the text "{meaning.string[:40]}" stands in a formula')
    return meaning.text if meaning.binds >= binds else f"({meaning.text})"
