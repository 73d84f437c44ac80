"""Read the formulas and conditions of rules: by precedence, from the tokens of all formulas.

They are those of laws, and more: a condition may stand wherever a value may, a day and a word with
hyphens are values, `x is unknown` is a condition. What stands behind a complete value is no name,
so words such as `when` and `rounded` stay free for quantities.
"""

from __future__ import annotations

from typing import NoReturn

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.building import BUILDERS
from lawc.syntax.derivatives import Token
from lawc.syntax.grammar import END
from lawc.syntax.mistakes import nothing, slip
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.rules.levels import NEGATIVE, PRECEDENCE, Level
from lawc.syntax.rules.tokens import rule_tokens
from lawc.syntax.scope import Scope
from lawc.syntax.table import Stop, read
from lawc.syntax.tokens import RESERVED
from lawc.syntax.tree import Call, Comparison, Date, Fold, Index, Logic, Name, Node, Range
from lawc.syntax.writing import write

_STATES = {"known", "unknown", "applicable", "not", "one"}
_NOT_IN_RULES = {
    "DERIVATIVE": "a rule has no derivatives",
    "DERIVE_BY": "a rule has no derivatives",
    "INTEGRAL": "a rule has no integrals",
    "NABLA": "a rule has no fields",
    "ALONG": "a rule has no fields",
}
_VALUE_HELP = "write a name, a number, a word or an opening bracket"


def read_value(text: str, start: int, end: int, scope: Scope) -> Node:
    """Return the value or the condition that a part of a line is.

    Raises:
        UnreadableError: It is none.
    """
    cursor = Cursor(text, start, end, scope)
    value = cursor.value()
    cursor.end()
    return value


class Cursor:
    """Reads a line from left to right.

    Attributes:
        at: Number of the token that is read next.
    """

    def __init__(self, text: str, start: int, end: int, scope: Scope) -> None:
        """Cut a part of a text into tokens.

        Raises:
            UnreadableError: It cannot be cut, or is empty.
        """
        self.text, self.scope = text, scope
        self.tokens = rule_tokens(text, start, end, scope)
        if not self.tokens:
            raise UnreadableError(nothing(text, start, scope))
        self.close = self.tokens[-1][3]
        self.at = 0
        self.began = 0

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.tokens[self.at][0] if self.at < len(self.tokens) else END

    def is_word(self, *words: str) -> bool:
        """Return whether the next tokens are these words."""
        ahead = self.tokens[self.at : self.at + len(words)]
        return [token[1] for token in ahead if token[0] != "STRING"] == list(words)

    def word(self, *words: str) -> bool:
        """Go past these words, if they come next; return whether they did."""
        found = self.is_word(*words)
        if found:
            self.at += len(words)
        return found

    def sign(self, kind: str, belongs: str, help: str) -> Token:
        """Return the next token, which has to be of a kind."""
        if self.kind != kind:
            self.stop(belongs, help)
        self.at += 1
        return self.tokens[self.at - 1]

    def name(self, help: str) -> Name:
        """Return the next token, which has to be a name."""
        _, word, start, end = self.sign("NAME", "a name", help)
        name = Name(self.place(start, end), word)
        if self.kind == "LBRACKET":
            index = self._index(name)
            name = Name(index.place, write(index))
        self.began = self.at
        return name

    def value(self) -> Node:
        """Return the value or condition that begins here."""
        self.began = self.at
        return self._level()

    def sum(self) -> Node:
        """Return the value that begins here and ends before any comparison."""
        self.began = self.at
        return self._level(PRECEDENCE["PLUS"])

    def end(self) -> None:
        """Refuse what stands behind all that a line says."""
        if self.kind != END:
            self.stop("an operator, a comparison or the end", "end the line here")

    def words(self) -> str:
        """Return the words in quotation marks that come next, joined."""
        found: list[str] = []
        while self.kind == "STRING":
            found += self.tokens[self.at][1].split()
            self.at += 1
        return " ".join(found)

    def place(self, start: int, end: int) -> Place:
        """Return a place in the source."""
        return Place(self.scope.path, start, end)

    def stop(self, belongs: str, help: str) -> NoReturn:
        """Refuse the next token, since something else belongs there.

        Raises:
            UnreadableError: Always.
        """
        is_foreign = self.kind == "NAME" and self.tokens[self.at][1] in RESERVED
        if is_foreign and self.is_word("is"):
            help = "compare with `=`, or write `is known`, `is not applicable`, `is one of a, b`"
        for form in () if is_foreign else ("cell", "valid"):
            # What laws and rules share has its slips explained in one place.
            tokens = self.tokens[self.began :]
            result = read(form, tokens, self.scope.path, self.close) if tokens else None
            if isinstance(result, Stop) and result.index + self.began == self.at:
                found = slip(self.text, form, tokens, result, self.scope)
                if found is not None:
                    raise UnreadableError(found)
        if self.kind == END:
            _, _, start, end = self.tokens[-1]
            raise refusal(
                "L0101", f"the line ends where {belongs} belongs", self.place(start, end), help=help
            )
        kind, _, start, end = self.tokens[self.at]
        headline = _NOT_IN_RULES.get(kind)
        if headline is None:
            shown = " ".join(self.text[start:end].split())
            shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
            headline = f"`{shown}` stands where {belongs} belongs"
        raise refusal("L0101", headline, self.place(start, end), help=help)

    def _level(self, least: int = 0) -> Node:
        """Return what stands at one level of brackets; all its operators wait in one list."""
        if self.kind == "IF":
            return self._choice()
        level = Level(self.scope.path)
        while True:
            self._operand(level)
            while least == 0 and self.is_word("is") and self._is_state(self.at + 1):
                level.reduce(PRECEDENCE["EQ"] + 1)
                self._predicate(level)
            kind = self.kind
            precedence = PRECEDENCE.get(kind)
            if precedence is None or precedence < least or kind == "NOT":
                return level.finish()
            # A power binds to the right: what waits of the same strength waits on.
            level.reduce(precedence + (kind == "CARET"))
            level.operators.append((kind, precedence, self.tokens[self.at]))
            self.at += 1

    def _operand(self, level: Level) -> None:
        """Read the signs in front of a value, and the value."""
        while self.kind in ("MINUS", "NOT"):
            kind, _, start, _ = token = self.tokens[self.at]
            before = level.operators[-1][0] if level.operators else "AND"
            if kind == "NOT" and before not in ("AND", "OR", "NOT"):
                self.stop("a value", "put the condition in brackets")
            level.operators.append(
                ("NEGATIVE", NEGATIVE, token) if kind == "MINUS" else ("NOT", 3, token)
            )
            self.at += 1
        start = self.tokens[self.at][2] if self.at < len(self.tokens) else 0
        node = self._atom()
        if self.kind == "SUPERSCRIPT":
            text = self.tokens[self.at][1]
            self.at += 1
            end = self.tokens[self.at - 1][3]
            node = BUILDERS["superscript"](self.scope.path, [node, text], start, end)
        level.operands.append((node, start, self.tokens[self.at - 1][3], False))

    def _atom(self) -> Node:
        kind = self.kind
        if kind == END:
            self.stop("a value", _VALUE_HELP)
        _, value, start, end = self.tokens[self.at]
        if kind == "DATE":
            self.at += 1
            return Date(self.place(start, end), value)
        if kind == "NUMBER":
            self.at += 1
            parts = [value]
            if self.kind == "UNIT":
                parts.append(self.tokens[self.at][1])
                end = self.tokens[self.at][3]
                self.at += 1
            return BUILDERS["number"](self.scope.path, parts, start, end)
        if kind == "LPAR":
            self.at += 1
            inside = self._level()
            self.sign("RPAR", "an operator or `)`", "close the bracket with `)`")
            return inside
        if kind == "NAME":
            self.at += 1
            name = Name(self.place(start, end), value)
            if self.kind == "LBRACKET":
                return self._index(name)
            return self._call(name) if self.kind == "LPAR" else name
        if kind == "FOLD":
            return self._fold()
        self.stop("a value", _VALUE_HELP)

    def _call(self, function: Name) -> Call:
        self.at += 1
        arguments: list[Node] = []
        while True:
            if self.kind == "UNIT":
                _, unit, start, end = self.tokens[self.at]
                arguments.append(BUILDERS["unit"](self.scope.path, [unit], start, end))
                self.at += 1
            else:
                arguments.append(self._level())
            if self.kind != "COMMA":
                break
            self.at += 1
        last = self.sign("RPAR", "a comma or `)`", "close the list of arguments with `)`")
        return Call(self.place(function.place.start, last[3]), function, tuple(arguments))

    def _index(self, of: Name) -> Index:
        """Read the brackets behind a name; a word with hyphens in them is one word."""
        help = f"write `{of.name}[i]` or the name of an element"
        opened = self.tokens[self.at][2]
        closing = next(
            n for n in range(self.at, len(self.tokens)) if self.tokens[n][0] == "RBRACKET"
        )
        whole = self.text[opened + 1 : self.tokens[closing][2]]
        self.at += 1
        found: list[Node] = []
        if whole.strip() in self.scope.words:
            start = opened + 1 + len(whole) - len(whole.lstrip())
            found.append(Name(self.place(start, start + len(whole.strip())), whole.strip()))
            self.at = closing
        while not found or self.kind == "COMMA":
            self.at += self.kind == "COMMA"
            found.append(self._level())
        last = self.sign("RBRACKET", "a comma or `]`", help)
        return Index(self.place(of.place.start, last[3]), of, tuple(found))

    def _fold(self) -> Fold:
        """Read `sum(i in party: votes[i])`, or `product`; the set may be `1 .. 4`."""
        _, word, start, _ = self.tokens[self.at]
        help = f"write `{word}(i in set: x[i])`"
        self.at += 1
        self.sign("LPAR", "`(`", help)
        _, index, first, end = self.sign("NAME", "the name of an index", help)
        self.sign("IN", "`in`", help)
        over = self._level(PRECEDENCE["PLUS"])
        if self.kind == "DOTS":
            self.at += 1
            high = self._level(PRECEDENCE["PLUS"])
            over = Range(over.place.through(high.place), over, high)
        self.sign("COLON", "`:`", help)
        of = self._level()
        last = self.sign("RPAR", "an operator or `)`", "close the bracket with `)`")
        bound = Name(self.place(first, end), index)
        return Fold(self.place(start, last[3]), word, bound, over, of)

    def _choice(self) -> Node:
        """Read `if … then … else …`; a chain of them is read without nesting calls."""
        begun: list[tuple[int, Node, Node]] = []
        help = "write a choice as `if a < b then x else y`"
        while self.kind == "IF":
            start = self.tokens[self.at][2]
            self.at += 1
            condition = self._level()
            self.sign("THEN", "`then`", help)
            then = self._level()
            self.sign("ELSE", "`else`", help)
            begun.append((start, condition, then))
        node = self._level()
        end = self.tokens[self.at - 1][3]
        for start, condition, then in reversed(begun):
            parts = [None, condition, None, then, None, node]
            node = BUILDERS["choice"](self.scope.path, parts, start, end)
        return node

    def _is_state(self, at: int) -> bool:
        """Return whether a token begins what may stand behind `is` in a condition."""
        return at < len(self.tokens) and self.tokens[at][1] in _STATES

    def _predicate(self, level: Level) -> None:
        """Read `is known`, `is not applicable`, `is one of A, B` behind an operand."""
        subject, start, _, _ = level.operands.pop()
        self.at += 1
        negated = False
        if self.kind == "NOT":
            negated = True
            self.at += 1
        if self.word("one", "of"):
            node = self._one_of(subject, start)
        elif self.is_word("known") or self.is_word("unknown") or self.is_word("applicable"):
            word = self.tokens[self.at][1]
            self.at += 1
            negated ^= word == "unknown"
            function = "is_applicable" if word == "applicable" else "is_known"
            place = self.place(start, self.tokens[self.at - 1][3])
            node = Call(place, Name(place, function), (subject,))
        else:
            help = "write `x is unknown`, `x is not applicable` or `x is one of a, b`"
            self.stop("`known`, `unknown`, `applicable` or `one of`", help)
        if negated:
            node = Logic(node.place, "not", (node,))
        level.operands.append((node, start, self.tokens[self.at - 1][3], False))

    def _one_of(self, subject: Node, start: int) -> Node:
        found: list[Node] = []
        while True:
            level = Level(self.scope.path)
            self._operand(level)
            one = level.finish()
            place = self.place(start, self.tokens[self.at - 1][3])
            found.append(Comparison(place, ("=",), (subject, one)))
            if self.kind != "COMMA" or not self._listed(self.at + 1):
                break
            self.at += 1
        place = self.place(start, self.tokens[self.at - 1][3])
        return found[0] if len(found) == 1 else Logic(place, "or", tuple(found))

    def _listed(self, at: int) -> bool:
        """Return whether the list of `one of` goes on with a token: no condition begins there."""
        at += self.tokens[at][0] == "MINUS" if at < len(self.tokens) else 0
        if at >= len(self.tokens) or self.tokens[at][0] not in ("NAME", "NUMBER", "DATE"):
            return False
        at += 2 if at + 1 < len(self.tokens) and self.tokens[at + 1][0] == "UNIT" else 1
        if at >= len(self.tokens):
            return True
        kind, word, _, _ = self.tokens[at]
        precedence = PRECEDENCE.get(kind, 0)
        return kind != "LPAR" and word not in ("is", "within") and precedence < 3
