"""Write expressions and tests of FEEL, the language of DMN, as those of rules.

Only what a rule can say is taken: numbers, texts that are words, yes and no, days, arithmetic,
comparisons, choices and a few functions. All else is refused by name.
"""

from __future__ import annotations

from dataclasses import replace

from lawc.importers.feel.conditions import need_condition
from lawc.importers.feel.meaning import Known, Meaning, Speech
from lawc.importers.feel.reader import Reader


def read_expression(text: str, speech: Speech) -> Meaning:
    """Return an expression as a rule writes it.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    reader = Reader(text, speech)
    meaning = reader.choice()
    reader.end()
    return meaning


def read_branches(text: str, speech: Speech) -> list[tuple[Meaning | None, Meaning]]:
    """Return the branches of a chain of choices, each with its condition; the last has none.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    reader = Reader(text, speech)
    found: list[tuple[Meaning | None, Meaning]] = []
    while reader.take("if"):
        condition = reader.choice()
        need_condition(condition)
        reader.need("then")
        found.append((condition, reader.choice()))
        reader.need("else")
    found.append((None, reader.choice()))
    reader.end()
    return found


def read_list(text: str, speech: Speech) -> tuple[list[Meaning], bool] | None:
    """Return the entries of a list, and whether it is made flat; None where a text is no list.

    Raises:
        ImportRefusedError: A rule cannot say an entry of it.
    """
    reader = Reader(text, speech)
    flat = reader.take("flatten")
    if flat:
        reader.need("(")
    if not reader.take("["):
        return None
    found = reader.entries(flat)
    if flat:
        reader.need(")")
    elif reader.instance_comes():
        return None
    reader.end()
    return found, flat


def read_tests(text: str, subject: Known, speech: Speech) -> tuple[bool, list[tuple[str, str]]]:
    """Return the alternatives of a cell, `(sign, value)` or `(dots, "low high")`, and whether
    they are negated; none where the cell holds always.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    if text.strip() in ("", "-"):
        return False, []
    reader = Reader(text, speech, subject)
    is_negated = reader.take("not")
    if is_negated:
        reader.need("(")
        # `not` of what is neither true nor false holds nowhere, and a cell of a rule would hold.
        reader.subject = replace(subject, is_optional=True)
    tests = [reader.test()]
    while reader.take(","):
        tests.append(reader.test())
    if is_negated:
        reader.need(")")
    reader.end()
    return is_negated, tests
