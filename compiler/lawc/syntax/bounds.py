"""Bounds on what a line may ask of later passes; all are checked in one sweep before parsing."""

from __future__ import annotations

import math
import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.derivatives import Token
from lawc.syntax.refusal import UnreadableError, refusal

MOST_BYTES = 1_000_000
MOST_TOKENS = 4_000
MOST_FINDINGS = 500
MOST_BLOCKS = 2_000
MOST_TEXTS = 200
MOST_CELLS = 40_000
MOST_OF_RULES = 250_000
MOST_COLUMNS = 200
MOST_CHOICES = 1_000
DEEPEST = 60
LONGEST_CHAIN = 200
LARGEST_POWER = 64
LARGEST_TENS = 400
LONGEST_NUMBER = 40

_POWER_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TENS = re.compile(r"[eE]([+-]?[0-9]+)$")
_DIGITS = re.compile(r"[1-9]")


def too_large(headline: str, place: Place, help: str) -> UnreadableError:
    """Return the refusal of something that passes a bound."""
    return refusal("L0106", headline, place, help=help)


def superscript_value(text: str) -> int | None:
    """Return the number that raised digits write, or None where they write none."""
    plain = text.translate(_POWER_DIGITS)
    if len(plain) > 4 or not re.fullmatch(r"-?[0-9]+", plain):
        return None
    return int(plain)


def check_number(text: str, start: int, path: str) -> None:
    """Refuse a literal that is too long, or outside the numbers a computer holds.

    Raises:
        UnreadableError: L0106.
    """
    if len(text) <= LONGEST_NUMBER and "e" not in text and "E" not in text:
        return
    place = Place(path, start, start + len(text))
    if len(text) > LONGEST_NUMBER:
        raise too_large(
            f"this number has more than {LONGEST_NUMBER} characters",
            place,
            "write it with fewer digits; a computer keeps about 16",
        )
    tens = _TENS.search(text)
    if tens is None:
        return
    digits = re.sub(r"\([0-9]+\)", "", text)
    value = float(digits) if abs(int(tens[1])) <= LARGEST_TENS else math.inf
    nothing = value == 0 and _DIGITS.search(digits[: digits.lower().index("e")])
    if math.isinf(value) or nothing:
        raise too_large(
            f"the number `{text}` is outside what a computer holds",
            place,
            "choose a unit in which it lies between 1e-300 and 1e300",
        )


def check_bounds(tokens: list[Token], path: str) -> None:
    """Refuse a line that nests too deep, chains too far or raises too high.

    The height of the tree is bounded from above without building it: what stands in brackets is
    as high as its highest part and its longest chain of sums, products and powers together.

    Raises:
        UnreadableError: L0106.
    """
    level = _Level()
    outer: list[_Level] = []
    choices = 0
    inner = before = 1.0
    for index, (kind, _, start, end) in enumerate(tokens):
        if kind in ("LPAR", "LBRACKET"):
            outer.append(level)
            level = _Level()
        elif kind in ("RPAR", "RBRACKET") and outer:
            closed, level = level, outer.pop()
            level.tallest = max(level.tallest, closed.tallest + closed.chain + 1)
            level.highest = max(level.highest, closed.highest)
            inner = closed.highest
        elif kind == "PLUS" or (kind == "MINUS" and _ends_value(tokens, index)):
            level.chained(level.sums + 1, 0, 0)
        elif kind in ("STAR", "SLASH"):
            level.chained(level.sums, level.products + 1, 0)
        elif kind in ("MINUS", "NOT", "NABLA", "ALONG"):
            level.chained(level.sums, level.products, level.powers + 1)
        elif kind == "IF":
            choices += 1
        elif kind == "CARET" or kind == "SUPERSCRIPT":
            level.chained(level.sums, level.products, level.powers + 1)
            raised = _literal(tokens, index)
            if raised is not None:
                last = tokens[index - 1][0] if index else ""
                size = raised * {"RPAR": inner, "SUPERSCRIPT": before}.get(last, 1.0)
                _check_power(size, Place(path, start, end))
                before = size
                level.highest = max(level.highest, size)
        elif kind not in ("NAME", "NUMBER", "UNIT", "DERIVATIVE", "DERIVE_BY"):
            level.chained(0, 0, 0)
        if len(outer) + choices > DEEPEST or level.powers > DEEPEST:
            raise too_large(
                f"this line nests deeper than {DEEPEST} levels",
                Place(path, start, end),
                "give an inner part a name with `:=`",
            )
        if level.tallest + level.chain > LONGEST_CHAIN + DEEPEST:
            raise too_large(
                f"this line chains more than {LONGEST_CHAIN} terms",
                Place(path, start, end),
                "give parts of it a name with `:=`",
            )


class _Level:
    """What has been seen inside one pair of brackets."""

    __slots__ = ("chain", "highest", "powers", "products", "sums", "tallest")

    def __init__(self) -> None:
        self.sums = self.products = self.powers = 0
        self.chain = self.tallest = 0
        self.highest = 1.0

    def chained(self, sums: int, products: int, powers: int) -> None:
        self.sums, self.products, self.powers = sums, products, powers
        self.chain = max(self.chain, sums + products + powers)


def _ends_value(tokens: list[Token], index: int) -> bool:
    """Return whether a minus stands behind a value, so that it subtracts."""
    return index > 0 and tokens[index - 1][0] in (
        "NAME", "NUMBER", "UNIT", "RPAR", "RBRACKET", "DERIVATIVE", "SUPERSCRIPT",
    )  # fmt: skip


def _literal(tokens: list[Token], index: int) -> float | None:
    """Return the size of a literal exponent, with literal powers of it worked out."""
    kind, value, _, _ = tokens[index]
    if kind == "SUPERSCRIPT":
        raised = superscript_value(value)
        return LARGEST_POWER + 1 if raised is None else abs(raised)
    at = index + 1
    while at < len(tokens) and tokens[at][0] in ("MINUS", "LPAR"):
        at += 1
    if at >= len(tokens) or tokens[at][0] != "NUMBER" or tokens[at][1] == "pi":
        return None
    raised = float(re.sub(r"\([0-9]+\)", "", tokens[at][1]))
    if at + 1 < len(tokens) and tokens[at + 1][0] == "CARET" and at == index + 1:
        further = _literal_once(tokens, at + 1)
        if further is not None and raised > 1:
            return raised**further if further <= LARGEST_POWER else LARGEST_POWER + 1
    return raised


def _literal_once(tokens: list[Token], index: int) -> float | None:
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is None or after[0] != "NUMBER" or after[1] == "pi":
        return None
    return float(re.sub(r"\([0-9]+\)", "", after[1]))


def _check_power(size: float, place: Place) -> None:
    if size > LARGEST_POWER:
        raise too_large(
            f"this power is larger than {LARGEST_POWER}",
            place,
            f"use powers up to {LARGEST_POWER}, or write `exp(n*ln(x))`",
        )
