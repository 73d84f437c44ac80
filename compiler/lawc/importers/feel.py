"""Write expressions and tests of FEEL, the language of DMN, as those of rules.

Only what a rule can say is taken: numbers, texts that are words, yes and no, days, arithmetic,
comparisons, choices and a few functions. All else is refused by name.
"""

from __future__ import annotations

import re

from lawc.importers.feel_functions import (
    FUNCTIONS,
    Argument,
    Between,
    Foreign,
    Listed,
    meaning_of,
)
from lawc.importers.feel_meaning import Known, Meaning, Speech
from lawc.importers.feel_signs import cut
from lawc.importers.imported import ImportRefusedError

DEEPEST = 50

_FOREIGN = ("duration", "time", "date and time", "years and months duration")
_FUNCTIONS = {
    "abs": "abs", "floor": "floor", "ceiling": "ceiling", "sqrt": "sqrt", "exp": "exp",
    "log": "ln", "min": "min", "max": "max",
}  # fmt: skip
_WORDS = ("if", "then", "else", "and", "or", "not", "true", "false", "null", "in", "between")
_COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")


def read_expression(text: str, speech: Speech) -> Meaning:
    """Return an expression as a rule writes it.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    reader = _Reader(text, speech)
    meaning = reader.choice()
    reader.end()
    return meaning


def read_branches(text: str, speech: Speech) -> list[tuple[Meaning | None, Meaning]]:
    """Return the branches of a chain of choices, each with its condition; the last has none.

    Raises:
        ImportRefusedError: A rule cannot say it.
    """
    reader = _Reader(text, speech)
    found: list[tuple[Meaning | None, Meaning]] = []
    while reader.take("if"):
        condition = reader.choice()
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
    reader = _Reader(text, speech)
    flat = reader.take("flatten")
    if flat:
        reader.need("(")
    if not reader.take("["):
        return None
    found = reader.entries(flat)
    if flat:
        reader.need(")")
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
    reader = _Reader(text, speech, subject)
    negated = reader.take("not")
    if negated:
        reader.need("(")
    tests = [reader.test()]
    while reader.take(","):
        tests.append(reader.test())
    if negated:
        reader.need(")")
    reader.end()
    return negated, tests


class _Reader:
    def __init__(self, text: str, speech: Speech, subject: Known | None = None) -> None:
        self.source = " ".join(text.split())
        self.speech = speech
        self.subject = subject
        self.signs = cut(self.source, speech.names)
        self.at = 0
        self.depth = 0

    def take(self, sign: str) -> bool:
        """Go past a sign or a word, if it comes next."""
        found = self.at < len(self.signs) and self.signs[self.at] in (
            ("SIGN", sign),
            ("NAME", sign),
        )
        self.at += found
        return found

    def need(self, sign: str) -> None:
        """Go past a sign that has to come next."""
        if not self.take(sign):
            raise self._not_understood()

    def end(self) -> None:
        """Refuse what is left."""
        if self.at < len(self.signs):
            raise self._not_understood()

    def choice(self) -> Meaning:
        """Read `if … then … else …`, or what binds more tightly."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ImportRefusedError("this expression nests too deep")
        if not self.take("if"):
            made = self._either()
        else:
            condition = self.choice()
            self.need("then")
            then = self.choice()
            self.need("else")
            other = self.choice()
            if "null" in (then.kind, other.kind):
                raise ImportRefusedError("a choice inside an expression has `null` in it")
            text = f"if {condition.text} then {then.text} else {other.text}"
            made = Meaning(text, then.kind, 1)
        self.depth -= 1
        return made

    def entries(self, flat: bool) -> list[Meaning]:
        """Read the entries of a list, whose opening bracket was read."""
        found: list[Meaning] = []
        while not self.take("]"):
            if found:
                self.need(",")
            if flat and self.take("["):
                found += self.entries(flat)
            else:
                found.append(self.choice())
        return found

    def test(self) -> tuple[str, str]:
        """Read one test of a cell."""
        subject = self.subject
        assert subject is not None
        for sign in _COMPARISONS:
            if self.take(sign):
                return sign, self._compared(self._sum())
        opened = next((sign for sign in ("[", "]", "(") if self.take(sign)), None)
        if opened is not None:
            low = self._compared(self._sum())
            self.need("..")
            high = self._compared(self._sum())
            closed = next((sign for sign in ("]", "[", ")") if self.take(sign)), None)
            if closed is None:
                raise self._not_understood()
            dots = ("" if opened == "[" else "<") + ".." + ("" if closed == "]" else "<")
            return dots, f"{low}\0{high}"
        return "=", self._compared(self._sum())

    def _compared(self, meaning: Meaning) -> str:
        assert self.subject is not None
        if meaning.kind == "null":
            return "not applicable"
        if meaning.string is not None:
            return self.speech.word(meaning.string, self.subject.name)
        return meaning.text

    def _either(self) -> Meaning:
        made = self._both()
        while self.take("or"):
            made = Meaning(f"{_in(made, 2)} or {_in(self._both(), 3)}", "boolean", 2)
        return made

    def _both(self) -> Meaning:
        made = self._comparison()
        while self.take("and"):
            made = Meaning(f"{_in(made, 3)} and {_in(self._comparison(), 4)}", "boolean", 3)
        return made

    def _comparison(self) -> Meaning:
        left = self._sum()
        for sign in _COMPARISONS:
            if self.take(sign):
                return self._compare(left, sign, self._sum())
        return left

    def _compare(self, left: Meaning, sign: str, right: Meaning) -> Meaning:
        if "list" in (left.kind, right.kind):
            raise ImportRefusedError("a list is compared")
        if "null" in (left.kind, right.kind):
            named = left if right.kind == "null" else right
            if not named.name or sign not in ("=", "!="):
                raise ImportRefusedError("`null` is compared with what is no quantity")
            said = "is not applicable" if sign == "=" else "is applicable"
            return Meaning(f"{named.text} {said}", "boolean", 4)
        one, other = left.text, right.text
        if left.string is not None:
            one = self.speech.word(left.string, right.name)
        if right.string is not None:
            other = self.speech.word(right.string, left.name)
        if left.string is not None and right.string is not None:
            raise ImportRefusedError("two texts are compared")
        one = one if left.binds >= 5 else f"({one})"
        other = other if right.binds >= 5 else f"({other})"
        return Meaning(f"{one} {sign} {other}", "boolean", 4)

    def _sum(self) -> Meaning:
        made = self._product()
        while True:
            sign = next((sign for sign in "+-" if self.take(sign)), None)
            if sign is None:
                return made
            other = self._product()
            self._numbers(made, other)
            made = Meaning(f"{_in(made, 5)} {sign} {_in(other, 6)}", "number", 5)

    def _product(self) -> Meaning:
        made = self._power()
        while True:
            sign = next((sign for sign in "*/" if self.take(sign)), None)
            if sign is None:
                return made
            other = self._power()
            self._numbers(made, other)
            made = Meaning(f"{_in(made, 6)}{sign}{_in(other, 7)}", "number", 6)

    def _power(self) -> Meaning:
        made = self._signed()
        while self.take("**"):
            other = self._signed()
            self._numbers(made, other)
            made = Meaning(f"{_in(made, 9)}^{_in(other, 9)}", "number", 8)
        return made

    def _signed(self) -> Meaning:
        if self.take("-"):
            of = self._signed()
            self._numbers(of)
            return Meaning(f"-{_in(of, 8)}", "number", 7)
        return self._value()

    def _numbers(self, *meanings: Meaning) -> None:
        if any(meaning.kind != "number" for meaning in meanings):
            raise ImportRefusedError("something is calculated with what is no number")

    def _value(self) -> Meaning:
        if self.take("("):
            inside = self.choice()
            self.need(")")
            return inside
        if self.at >= len(self.signs):
            raise self._not_understood()
        kind, word = self.signs[self.at]
        self.at += 1
        if kind == "PATH":
            known = self.speech.names[word]
            return Meaning(known.name, known.kind, 9, known.name)
        if kind == "NUMBER":
            return Meaning(f"0{word}" if word[0] == "." else word, "number")
        if kind == "STRING":
            return Meaning("", "string", 9, "", word[1:-1])
        if word in ("true", "false"):
            return Meaning("yes" if word == "true" else "no", "boolean")
        if word == "null":
            return Meaning("not applicable", "null")
        if word == "not" and self.take("("):
            inside = self.choice()
            self.need(")")
            return Meaning(f"not {_in(inside, 4)}", "boolean", 3)
        if word == "date" and self.take("("):
            _, day = self.signs[self.at] if self.at < len(self.signs) else ("", "")
            self.at += 1
            self.need(")")
            if re.fullmatch(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}"', day):
                return Meaning(day[1:-1], "date")
        elif kind == "NAME" and self.take("("):
            return self._call(word)
        self.at -= 1
        raise self._not_understood()

    def _arguments(self) -> list[tuple[str, Argument]]:
        """Read what a function is given, each with its name or none, up to the bracket."""
        found: list[tuple[str, Argument]] = []
        while not self.take(")"):
            if found:
                self.need(",")
            label = ""
            if self.signs[self.at + 1 : self.at + 2] == [("OTHER", ":")]:
                label = self.signs[self.at][1]
                self.at += 2
            found.append((label, self._argument()))
        return found

    def _argument(self) -> Argument:
        interval = self._interval()
        if interval is not None:
            return interval
        if self.take("["):
            return Listed(tuple(self.entries(False)))
        for name in _FOREIGN:
            words = [("NAME", word) for word in name.split()]
            signs = self.signs[self.at : self.at + len(words) + 3]
            if [kind for kind, _ in signs[len(words) :]] == ["SIGN", "STRING", "SIGN"] and (
                signs[: len(words)] == words
            ):
                self.at += len(signs)
                return Foreign()
        return self.choice()

    def _interval(self) -> Between | None:
        """Read an interval if one comes next."""
        begun, depth = self.at, self.depth
        opened = next((sign for sign in "[(" if self.take(sign)), None)
        if opened is None:
            return None
        try:
            low = self._sum()
            self.need("..")
            high = self._sum()
        except ImportRefusedError:
            self.at, self.depth = begun, depth
            return None
        self._numbers(low, high)
        closed = next((sign for sign in ")]" if self.take(sign)), None)
        if closed is None:
            raise self._not_understood()
        return Between(_in(low, 9), _in(high, 9), opened == "[", closed == "]")

    def _call(self, word: str) -> Meaning:
        begun = self.at - 2
        if word in FUNCTIONS:
            return meaning_of(word, self._arguments())
        arguments = [self.choice()]
        while self.take(","):
            arguments.append(self.choice())
        self.need(")")
        made = self.speech.call(word, arguments) if self.speech.call is not None else None
        if made is not None:
            return Meaning(made.name, made.kind, 9, made.name)
        function = _FUNCTIONS.get(word)
        if function is None:
            self.at = begun
            raise self._not_understood()
        self._numbers(*arguments)
        if function not in ("min", "max"):
            if len(arguments) != 1:
                raise ImportRefusedError(f"`{function}` has {len(arguments)} arguments")
            return Meaning(f"{function}({arguments[0].text})", "number")
        made = arguments[0].text
        for other in arguments[1:]:
            made = f"{function}({made}, {other.text})"
        return Meaning(made, "number")

    def _not_understood(self) -> ImportRefusedError:
        shown = self.signs[self.at][1][:40] if self.at < len(self.signs) else ""
        if not shown:
            return ImportRefusedError(f"the expression `{self.source[:60]}` ends too early")
        return ImportRefusedError(f"`{shown}` in `{self.source[:60]}` cannot be said in a rule")


def _in(meaning: Meaning, binds: int) -> str:
    if meaning.string is not None:
        raise ImportRefusedError(f'the text "{meaning.string[:40]}" stands in a formula')
    return meaning.text if meaning.binds >= binds else f"({meaning.text})"
