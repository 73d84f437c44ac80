"""Read the names of QUDT: `M-PER-SEC2`, `KiloGM-M2`, `unit:DEG_C`.

Atoms are joined by `-`; what stands behind `PER` is divided by; digits at the end of an atom are
its power. `unit:` before a name says that it is one, where the same letters mean something in
our own spelling (`M` is molar, `unit:M` the metre).
"""

from __future__ import annotations

import re
from fractions import Fraction

from lawc.units.aliases import qudt_atoms, qudt_prefixes
from lawc.units.exponents import check_power
from lawc.units.grammar import MOST_FACTORS, size_of
from lawc.units.problem import RefusedError, UnitProblem
from lawc.units.size import Size
from lawc.units.table import spellings

MARK = "unit:"
_NAME = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")
_JOINED = re.compile(r"[A-Za-z0-9_]+-[0-9]*[A-Za-z]")
_PREFIX = re.compile(r"[A-Z][a-z]+(?=[A-Z])")
_ROOT = re.compile(r"(.*?)0(?:dot|pt)5")
_POWER = re.compile(r"(.*?[^0-9])([1-9])(?:(?:dot|pt)(5))?")


def is_qudt(text: str) -> bool:
    """Whether a text is marked as a name of QUDT, or has atoms joined by `-`."""
    text = text.strip()
    return text.startswith(MARK) or _JOINED.match(text) is not None


def read_qudt(text: str) -> Size | None:
    """Return the size of a name of QUDT, or None where it does not look like one.

    Raises:
        RefusedError: It looks like one, and an atom of it is unknown or it is too large.
    """
    name = text.strip()
    marked = name.startswith(MARK)
    name = name.removeprefix(MARK)
    if _NAME.fullmatch(name) is None:
        if marked:
            raise _refused(text, name, "a name of QUDT has letters, digits, `_` and `-` only")
        return None
    words = name.split("-")
    certain = marked or "PER" in words
    if len(words) - words.count("PER") > MOST_FACTORS:
        raise RefusedError(
            UnitProblem(
                "too large", text, 0, len(text), (), f"a unit has at most {MOST_FACTORS} factors"
            )
        )
    size, sign = Size(), 1
    for index, word in enumerate(words):
        if word == "PER":
            if sign < 0 or index + 1 == len(words):
                raise _refused(text, name, "a name of QUDT has one `PER`, and a unit behind it")
            sign = -1
            continue
        found = _atom(word)
        if found is None:
            if certain:
                raise _refused(text, word, "QUDT's name for a unit is made of its own atoms")
            return None
        atom, power = found
        raised = check_power(atom, power * sign)
        if raised is None:
            raise _refused(text, word, "this power is too large for a unit")
        size = size.times(raised)
    return size


def respelled(word: str) -> str | None:
    """Return our spelling of one atom of QUDT with its power: `m^2` for `M2`."""
    power = _POWER.fullmatch(word)
    target = qudt_atoms().get(power[1] if power is not None else word)
    if target is None or power is None or power[3]:
        return target
    return f"{target}^{power[2]}" if target.isalpha() and power[2] != "1" else None


def _atom(word: str) -> tuple[Size, Fraction] | None:
    size = _named(word)
    if size is not None:
        return size, Fraction(1)
    root, power = _ROOT.fullmatch(word), _POWER.fullmatch(word)
    if root is not None:
        size, exponent = _named(root[1]), Fraction(1, 2)
    elif power is not None:
        size = _named(power[1])
        exponent = Fraction(int(power[2])) + (Fraction(1, 2) if power[3] else 0)
    else:
        return None
    return None if size is None else (size, exponent)


def _named(word: str) -> Size | None:
    target = qudt_atoms().get(word) or _currency(word)
    if target is not None:
        return size_of(target)
    prefix = _PREFIX.match(word)
    factor = qudt_prefixes().get(prefix[0]) if prefix else None
    rest = word[prefix.end() :] if prefix else ""
    target = qudt_atoms().get(rest) or _currency(rest)
    if factor is None or target is None:
        return None
    size = size_of(target)
    entry = size.factors[0].entry if len(size.factors) == 1 else None
    if entry is None:
        return Size.of_number(factor).times(size)
    return Size.of_entry(entry, size.factors[0].number * factor)


def _currency(word: str) -> str | None:
    code = word.removeprefix("CCY_")
    found = spellings().get(code) if code != word else None
    if found is None or found[1] != 1 or found[0].symbols[0] != code:
        return None
    return code if found[0].dimension.exponents[0][0] == f"currency:{code}" else None


def _refused(text: str, part: str, reason: str) -> RefusedError:
    start = max(text.find(part), 0)
    return RefusedError(UnitProblem("unknown", text, start, start + len(part), (), reason))
