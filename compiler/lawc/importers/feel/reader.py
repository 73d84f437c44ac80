"""The reader of expressions of FEEL: one method a level of the grammar."""

from __future__ import annotations

import re

from lawc.importers.feel.conditions import (
    COMPARISONS,
    NULL,
    both,
    chosen,
    compared,
    either,
    inside,
    need_comparable,
    negated,
)
from lawc.importers.feel.functions import (
    FUNCTIONS,
    Argument,
    Between,
    Foreign,
    Listed,
    meaning_of,
)
from lawc.importers.feel.meaning import Known, Meaning, Speech
from lawc.importers.feel.signs import cut, meant
from lawc.importers.feel.types import foreign_at, instance, instance_of, type_at
from lawc.importers.imported import ImportRefusedError

DEEPEST = 50

_FUNCTIONS = {
    "abs": "abs", "floor": "floor", "ceiling": "ceiling", "sqrt": "sqrt", "exp": "exp",
    "log": "ln", "min": "min", "max": "max",
}  # fmt: skip


class Reader:
    """An expression, and how far it was read."""

    def __init__(self, text: str, speech: Speech, subject: Known | None = None) -> None:
        self.source = " ".join(text.split())
        self.speech = speech
        self.subject = subject
        self.signs = cut(text, speech)
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
        self._deeper()
        if not self.take("if"):
            made = self._either()
        else:
            condition = self.choice()
            self.need("then")
            then = self.choice()
            self.need("else")
            made = chosen(condition, then, self.choice())
        self.depth -= 1
        return made

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ImportRefusedError("this expression nests too deep")

    def entries(self, flat: bool) -> list[Meaning]:
        """Read the entries of a list, whose opening bracket was read."""
        self._deeper()
        found: list[Meaning] = []
        is_first = True
        while not self.take("]"):
            if not is_first:
                self.need(",")
            is_first = False
            if flat and self.take("["):
                found += self.entries(flat)
            else:
                found.append(self.choice())
        self.depth -= 1
        return found

    def test(self) -> tuple[str, str]:
        """Read one test of a cell."""
        for sign in COMPARISONS:
            if self.take(sign):
                return sign, self._tested(sign, self._sum())
        opened = next((sign for sign in ("[", "]", "(") if self.take(sign)), None)
        if opened is not None:
            low = self._tested("<=", self._sum())
            self.need("..")
            high = self._tested("<=", self._sum())
            closed = next((sign for sign in ("]", "[", ")") if self.take(sign)), None)
            if closed is None:
                raise self._not_understood()
            dots = ("" if opened == "[" else "<") + ".." + ("" if closed == "]" else "<")
            return dots, f"{low}\0{high}"
        return "=", self._tested("=", self._sum())

    def _tested(self, sign: str, meaning: Meaning) -> str:
        """Return what the subject of a cell is compared with."""
        subject = self.subject
        assert subject is not None
        if meaning.kind == "null":
            if sign != "=":
                raise ImportRefusedError("`null` is compared by an order")
            return NULL
        need_comparable(subject.kind, sign, meaning.kind)
        if meaning.string is not None:
            return self.speech.word(meaning.string, subject.name)
        if meaning.kind == "list" or (meaning.is_optional and subject.is_optional):
            raise ImportRefusedError("a cell asks for a list, or for what may be `null` too")
        if meaning.kind == "boolean" and meaning.is_optional and not meaning.name:
            raise ImportRefusedError("a cell asks for a condition that may be `null`")
        return meaning.text

    def _either(self) -> Meaning:
        made = self._both()
        while self.take("or"):
            made = either(made, self._both())
        return made

    def _both(self) -> Meaning:
        made = self._comparison()
        while self.take("and"):
            made = both(made, self._comparison())
        return made

    def _comparison(self) -> Meaning:
        typed = self._foreign_instance()
        if typed is not None:
            return typed
        left = self._sum()
        for sign in COMPARISONS:
            if self.take(sign):
                return self._compare(left, sign, self._sum())
        if self.instance_comes():
            if left.binds < 9:
                raise ImportRefusedError("a sum or a product is asked for its type")
            return instance_of(left, self._type())
        if self.take("between"):
            low = self._compare(left, ">=", self._sum())
            self.need("and")
            return both(low, self._compare(left, "<=", self._sum()))
        if self.take("in"):
            return self._within(left)
        return left

    def instance_comes(self) -> bool:
        """Return whether `instance of` comes next."""
        return self.signs[self.at : self.at + 2] == [("NAME", "instance"), ("NAME", "of")]

    def _type(self) -> str:
        self.need("instance")
        self.need("of")
        name, self.at = type_at(self.signs, self.at)
        return name

    def _foreign_instance(self) -> Meaning | None:
        """Read whether a list, a time or a duration that is written out is of a type."""
        foreign = foreign_at(self.signs, self.at)
        if foreign is not None:
            kind, self.at = foreign
            return instance(kind, self._type())
        if not self._opens("[") or self._spans():
            return None
        self.need("[")
        self.entries(False)
        return instance("list", self._type())

    def _within(self, left: Meaning) -> Meaning:
        """Read what may stand behind `in`: one test, or several in brackets."""
        if not self._opens("(") or self._spans():
            return self._passes(left)
        self.need("(")
        made = self._passes(left)
        while self.take(","):
            made = either(made, self._passes(left))
        self.need(")")
        return made

    def _passes(self, left: Meaning) -> Meaning:
        """Read one test of a value."""
        for sign in COMPARISONS:
            if self.take(sign):
                return self._compare(left, sign, self._sum())
        if not self._spans():
            return self._compare(left, "=", self._sum())
        is_open = not self.take("[")
        self.at += is_open
        low = self._compare(left, ">" if is_open else ">=", self._sum())
        self.need("..")
        high = self._sum()
        if self.take("]"):
            return both(low, self._compare(left, "<=", high))
        if not self.take(")"):
            self.need("[")
        return both(low, self._compare(left, "<", high))

    def _compare(self, left: Meaning, sign: str, right: Meaning) -> Meaning:
        return compared(left, sign, right, self.speech.word)

    def _opens(self, sign: str) -> bool:
        return self.signs[self.at : self.at + 1] == [("SIGN", sign)]

    def _spans(self) -> bool:
        """Return whether an interval comes next: `..` stands in the bracket that opens here."""
        if self.signs[self.at : self.at + 1] == [("SIGN", "]")]:
            return True
        if not self._opens("[") and not self._opens("("):
            return False
        depth = 0
        for kind, sign in self.signs[self.at :]:
            if kind != "SIGN":
                continue
            depth += (sign in "[(") - (sign in "])")
            if depth == 1 and sign == "..":
                return True
            if depth == 0:
                break
        return False

    def _sum(self) -> Meaning:
        made = self._product()
        while True:
            sign = next((sign for sign in "+-" if self.take(sign)), None)
            if sign is None:
                return made
            other = self._product()
            made = self._number(f"{{}} {sign} {{}}", 5, (made, 5), (other, 6))

    def _product(self) -> Meaning:
        made = self._power()
        while True:
            sign = next((sign for sign in "*/" if self.take(sign)), None)
            if sign is None:
                return made
            other = self._power()
            made = self._number(f"{{}}{sign}{{}}", 6, (made, 6), (other, 7))

    def _power(self) -> Meaning:
        made = self._signed()
        while self.take("**"):
            other = self._signed()
            made = self._number("{}^{}", 8, (made, 9), (other, 9))
        return made

    def _signed(self) -> Meaning:
        if self.take("-"):
            self._deeper()
            made = self._number("-{}", 7, (self._signed(), 8))
            self.depth -= 1
            return made
        return self._value()

    def _number(self, form: str, binds: int, *parts: tuple[Meaning, int]) -> Meaning:
        """Return what is calculated from parts, each with how tightly its place binds."""
        if any(meaning.kind != "number" for meaning, _ in parts):
            raise ImportRefusedError("something is calculated with what is no number")
        text = form.format(*(inside(meaning, needed) for meaning, needed in parts))
        is_optional = any(meaning.is_optional for meaning, _ in parts)
        return Meaning(text, "number", binds, is_optional=is_optional)

    def _value(self) -> Meaning:
        if self.take("("):
            made = self.choice()
            self.need(")")
            return made
        if self.at >= len(self.signs):
            raise self._not_understood()
        kind, word = self.signs[self.at]
        self.at += 1
        if kind == "PATH":
            known = self.speech.names[word]
            return known.meaning
        if kind == "NUMBER":
            return Meaning(f"0{word}" if word[0] == "." else word, "number")
        if kind == "STRING":
            return Meaning("", "string", 9, "", meant(word))
        if word in ("true", "false"):
            return Meaning("yes" if word == "true" else "no", "boolean")
        if word == "null":
            return Meaning(NULL, "null")
        if word == "not" and self.take("("):
            made = self.choice()
            self.need(")")
            return negated(made)
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
            words = 0
            while self.signs[self.at + words : self.at + words + 1] and (
                self.signs[self.at + words][0] == "NAME"
            ):
                words += 1
            label = ""
            if self.signs[self.at + words : self.at + words + 1] == [("OTHER", ":")]:
                label = " ".join(word for _, word in self.signs[self.at : self.at + words])
                self.at += words + 1
            found.append((label, self._argument()))
        return found

    def _argument(self) -> Argument:
        interval = self._interval()
        if interval is not None:
            return interval
        if self.take("["):
            return Listed(tuple(self.entries(False)))
        foreign = foreign_at(self.signs, self.at)
        if foreign is not None:
            self.at = foreign[1]
            return Foreign()
        return self.choice()

    def _interval(self) -> Between | None:
        """Read an interval if one comes next."""
        if not self._spans() or self._opens("]"):
            return None
        is_closed = self.take("[")
        self.at += not is_closed
        low = self._sum()
        self.need("..")
        high = self._sum()
        if any(end.kind != "number" or end.is_optional for end in (low, high)):
            raise ImportRefusedError("an interval has an end that is no number, or may be `null`")
        closed = next((sign for sign in ")]" if self.take(sign)), None)
        if closed is None:
            raise self._not_understood()
        return Between(inside(low, 9), inside(high, 9), is_closed, closed == "]")

    def _call(self, word: str) -> Meaning:
        begun = self.at - 2
        if word in FUNCTIONS and word not in self.speech.functions:
            return meaning_of(word, self._arguments())
        arguments: list[Meaning] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.choice())
        made = self.speech.call(word, arguments) if self.speech.call is not None else None
        if made is not None:
            return made.meaning
        function = _FUNCTIONS.get(word)
        if function is None or not arguments:
            self.at = begun
            raise self._not_understood()
        if function not in ("min", "max"):
            if len(arguments) != 1:
                raise ImportRefusedError(f"`{function}` has {len(arguments)} arguments")
            return self._number(f"{function}({{}})", 9, (arguments[0], 0))
        made = self._number("{}", arguments[0].binds, (arguments[0], 0))
        for other in arguments[1:]:
            made = self._number(f"{function}({{}}, {{}})", 9, (made, 0), (other, 0))
        return made

    def _not_understood(self) -> ImportRefusedError:
        shown = self.signs[self.at][1][:40] if self.at < len(self.signs) else ""
        if not shown:
            return ImportRefusedError(f"the expression `{self.source[:60]}` ends too early")
        return ImportRefusedError(f"`{shown}` in `{self.source[:60]}` cannot be said in a rule")
