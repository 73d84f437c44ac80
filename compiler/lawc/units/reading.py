"""Read a unit as an author wrote it: from text to `Unit`, or to what is wrong with the text.

The grammar is small and our own, and takes the codes of UCUM and the names of QUDT as well. A
text is never handed to a library: those drop characters they do not know, or hang. A text with
two readings is refused, with both of them spelled out.
"""

from __future__ import annotations

import math
from functools import lru_cache

from lawc.units.grammar import Reader
from lawc.units.problem import Kind, RefusedError, UnitProblem
from lawc.units.qudt import is_qudt, read_qudt, respelled
from lawc.units.scales import check_scales
from lawc.units.size import Size
from lawc.units.table import spellings
from lawc.units.unit import PLAIN, Unit

__all__ = ["LONGEST", "UnitProblem", "parse_unit", "unit_size"]

LONGEST = 120


def parse_unit(text: str) -> Unit | UnitProblem:
    """Return the unit that a text without brackets stands for, or why there is none.

    An empty text and `1` are the plain number. Takes time linear in the length of the text.
    """
    if len(text) > LONGEST:
        return UnitProblem(
            "too large", text, 0, len(text), (), f"a unit has at most {LONGEST} characters"
        )
    return _parsed(text)


def unit_size(text: str) -> Size | UnitProblem:
    """Return the exact size of a unit and its factors, or why there is none."""
    if len(text) > LONGEST:
        found = parse_unit(text)
        return found if isinstance(found, UnitProblem) else Size()
    try:
        return _read(text)
    except RefusedError as refused:
        return refused.problem


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Unit | UnitProblem:
    try:
        size = _read(text)
        factor = _factor(size, text)
    except RefusedError as refused:
        return refused.problem
    if size.dimension.is_none and factor == 1.0:
        return PLAIN
    # A scale that stands alone has its zero; in a compound it is a difference.
    return Unit(text.strip(), size.dimension, factor, _zero(size))


def _zero(size: Size) -> float:
    """Return the zero of a scale that stands alone."""
    if len(size.factors) != 1 or size.factors[0].power != 1:
        return 0.0
    entry = size.factors[0].entry
    return float(entry.offset) if entry is not None else 0.0


def _read(text: str) -> Size:
    """Return the size of a text in any notation.

    Raises:
        RefusedError: It is no unit, or has two meanings.
    """
    if is_qudt(text):
        named = read_qudt(text)
        if named is not None:
            check_scales(named, text, [(0, len(text))])
            return named
    try:
        reader = Reader(text)
        size = reader.size()
        check_scales(size, text, [(token.start, token.end) for token in reader.scales])
    except RefusedError as refused:
        named = read_qudt(text) if refused.problem.kind == "unknown" else None
        if named is None:
            raise
        check_scales(named, text, [(0, len(text))])
        return named
    _check_two_meanings(text.strip(), size)
    return size


def _check_two_meanings(text: str, size: Size) -> None:
    """Refuse a single word that QUDT reads otherwise; our own names without prefix are kept."""
    if not (text.isascii() and text.isalnum()) or text.islower() or text.isdigit():
        return
    found = spellings().get(text)
    if found is not None and found[1] == 1:
        return
    named = read_qudt(text)
    if named is None or (named.exact, named.dimension) == (size.exact, size.dimension):
        return
    reason = f"`{text}` is spelled like the name `unit:{text}` of QUDT, which is another unit"
    kind: Kind = "ambiguous"
    candidates = (respelled(text) or f"unit:{text}", *_spelled_out(text))
    raise RefusedError(UnitProblem(kind, text, 0, len(text), candidates, reason))


def _spelled_out(text: str) -> tuple[str, ...]:
    """Return a word with a power as a sign, or with its prefix written out."""
    bare = text.rstrip("0123456789")
    if bare != text:
        return (f"{bare}^{text[len(bare) :]}",)
    found = spellings().get(text)
    if found is None or not found[0].names:
        return ()
    name, prefix = found[0].names[0], found[1]
    return tuple(
        spelling
        for spelling, (entry, factor) in spellings().items()
        if entry is found[0] and factor == prefix and spelling.endswith(name)
    )[:1]


def _factor(size: Size, text: str) -> float:
    try:
        factor = size.value()
    except OverflowError:
        factor = math.inf
    if not 1e-300 < factor < 1e300:
        reason = "the size of this unit is out of range"
        raise RefusedError(UnitProblem("too large", text, 0, len(text), (), reason))
    return factor
