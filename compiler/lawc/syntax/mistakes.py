"""Explain why a line is not what its form allows: frequent slips first, then the sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lawc.diagnostics.diagnostic import Applicability, Diagnostic, Label, Place, Repair
from lawc.syntax.derivatives import Token
from lawc.syntax.refusal import finding
from lawc.syntax.scope import Scope
from lawc.syntax.sentences import Sentence, sentence
from lawc.syntax.spelling import NAME, nearest
from lawc.syntax.table import Stop, table
from lawc.syntax.tokens import KEYWORDS, RESERVED
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit

_ENDS = frozenset({"NAME", "NUMBER", "UNIT", "RPAR", "DERIVATIVE", "SUPERSCRIPT"})
_STARTS = frozenset({"NAME", "NUMBER", "LPAR", "DERIVATIVE", "DERIVE_BY"})
_RELATIONS = frozenset({"EQ", "DEFINE", "FIT"})
_COMPARISONS = frozenset({"LT", "LE", "GT", "GE", "NE"})
_FUNCTIONS = frozenset({"sin", "cos", "tan", "exp", "ln", "log", "log10", "sqrt", "abs"})

# Words of the same meaning as one of the language.
_SAME_WORDS = {
    "increases": "rises", "grows": "rises", "decreases": "falls", "drops": "falls",
    "declines": "falls", "conserved": "constant", "for": "as", "when": "where", "if": "where",
    "infinity": "oo", "inf": "oo", "tolerance": "within", "with": "given", "using": "given",
}  # fmt: skip

# A factor of a unit as people write it, without spaces.
_FACTORS = re.compile(rf"[*/·]?({NAME})(?:\^-?[0-9]+|[²³])?")

_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?![\w.])")
_ON_DAY = re.compile(r"on[ ]+[0-9]+[-.]")


def explain(text: str, form: str, tokens: Sequence[Token], stop: Stop, scope: Scope) -> Diagnostic:
    """Return the finding about a line that `table.read` could not read.

    Args:
        text: The whole source.
        form: The kind of line.
        tokens: All tokens of the line, at least one.
        stop: Where reading stopped.
        scope: The names of the block.
    """
    mistake = _Mistake(text, form, tokens, stop, scope)
    return mistake.slip() or mistake.by_table()


def slip(
    text: str, form: str, tokens: Sequence[Token], stop: Stop, scope: Scope
) -> Diagnostic | None:
    """Return the finding about a frequent slip, or None where the line has another mistake."""
    return _Mistake(text, form, tokens, stop, scope).slip()


def nothing(text: str, start: int, scope: Scope) -> Diagnostic:
    """Return the finding about a line that ends before its formula begins, at `start`."""
    line = text.rfind("\n", 0, start) + 1
    while line < start and text[line] == " ":
        line += 1
    return finding(
        "L0101",
        "this line ends before it says anything",
        Place(scope.path, line, max(line, start)),
        help="complete it, or remove it",
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


class _Mistake:
    """One stop, and the readings of it that are tried in turn."""

    def __init__(
        self, text: str, form: str, tokens: Sequence[Token], stop: Stop, scope: Scope
    ) -> None:
        self.text, self.form, self.tokens, self.scope = text, form, tokens, scope
        self.index, self.states = stop.index, stop.states
        self.found = tokens[stop.index] if stop.index < len(tokens) else None
        self.before = tokens[stop.index - 1] if stop.index else None

    def slip(self) -> Diagnostic | None:
        """Return the finding about a frequent slip."""
        if self.found is None:
            return self._open_bracket()
        kind = self.found[0]
        if kind == "INDEX":
            return self._unit_after_name()
        if kind == "RPAR" and self._depth() <= 0:
            return self._close_bracket()
        if kind in ("CARET", "SUPERSCRIPT"):
            return self._power_of_field()
        if kind == "COMMA":
            return self._decimal_comma() or self._list_of_conditions()
        if self.form == "equation" and kind in _RELATIONS:
            return self._second_relation()
        if self.form == "equation" and kind in _COMPARISONS:
            return self._comparison()
        if kind == "IF":
            return self._bare_choice()
        behind_value = self.before is not None and self.before[0] in _ENDS
        if behind_value and kind in _STARTS and "STAR" in self._accepted():
            return self._side_by_side()
        return None

    def by_table(self) -> Diagnostic:
        """Return the finding that the grammar's table leads to."""
        rules = table()
        accepted = rules.accepted(self.states)
        said = sentence(rules.expected(self.states[-1]), accepted)
        if "DOTS" in accepted and any(token[0] == "INTEGRAL" for token in self.tokens):
            said = Sentence(said.belongs, "write an integral as `integral(f, x = a .. b)`")
        if self.found is None:
            last = self.tokens[-1]
            if self.form == "declaration" and last[0] == "NUMBER" and "DOTS" in accepted:
                value = self._shown(last)
                said = Sentence(
                    said.belongs, f"write a range as `0 .. 10`, or one value as `= {value}`"
                )
            return finding(
                "L0101",
                f"the line ends where {said.belongs} belongs",
                self._place(last[2], last[3]),
                help=said.help,
            )
        _, _, start, end = self.found
        return finding(
            "L0101",
            f"`{self._shown(self.found)}` stands where {said.belongs} belongs",
            self._place(start, end),
            help=self._word_meant() or said.help,
        )

    def _side_by_side(self) -> Diagnostic | None:
        """Explain two values with nothing between them."""
        before, found = self.before, self.found
        assert before is not None and found is not None
        kind, word, start, _ = found
        day = _DAY.match(self.text, before[2])
        if day is not None:
            return self._day(day)
        if _ON_DAY.match(self.text, found[2]) is not None:
            place = self._place(found[2], found[3])
            help = "write the day of the question as `as of 2024-07-01`"
            return finding("L0101", "`on` has no meaning in this line", place, help=help)
        if kind == "NAME":
            foreign = self._foreign_word(found) or self._foreign_word(before)
            if foreign is not None:
                return foreign
            if before[0] == "NUMBER":
                unit = self._bare_unit(before, found)
                if unit is not None:
                    return unit
            if self.form not in ("equation", "valid") and word not in self.scope.names:
                return None
        place = self._place(before[2], found[3])
        one, other = self._shown(before), self._shown(found)
        if before[0] == kind == "NUMBER" and before[1].isdigit():
            return finding(
                "L0102",
                f"two numbers stand side by side: `{one} {other}`",
                place,
                help=f"write the digits of one number together: `{one}{other}`",
            )
        if before[0] == "NAME" and before[1] in _FUNCTIONS and before[1] not in self.scope.names:
            return finding(
                "L0102",
                f"`{one}` stands beside what it is of",
                place,
                help=f"did you mean `{one}({other})`?",
            )
        if kind in ("LPAR", "DERIVE_BY"):
            other = f"{other}…)" if kind == "LPAR" else f"{other}(…)"
        if before[0] == "RPAR":
            one = "(…)"
        return Diagnostic(
            "L0102",
            "two values stand side by side, and nothing says what joins them",
            (Label(place),),
            helps=(f"did you mean `{one}*{other}`?",),
            repairs=(Repair(self._place(before[3], start), "*", f"write `{one}*{other}`"),),
        )

    def _day(self, written: re.Match[str]) -> Diagnostic:
        """Explain a day that does not begin with its year."""
        day, month, year = written.groups()
        return finding(
            "L0101",
            "a day begins with its year",
            self._place(*written.span()),
            help=f"write `{year}-{month:0>2}-{day:0>2}`",
        )

    def _bare_unit(self, number: Token, found: Token) -> Diagnostic | None:
        """Explain a unit without brackets, where the name is one and names no quantity."""
        start = found[2]
        end = start
        for factor in _FACTORS.finditer(self.text, start, self.tokens[-1][3]):
            known = factor[1] in self.scope.names
            written = self.text[start : factor.end()]
            if factor.start() != end or (known and end > start):
                break
            if isinstance(parse_unit(written), UnitProblem):
                break
            end = factor.end()
        unit = self.text[start:end]
        if not unit or unit in self.scope.names:
            return None
        one = self._shown(number)
        return Diagnostic(
            "L0103",
            f"the unit `{_short(unit)}` stands without brackets",
            (Label(self._place(number[2], end)),),
            helps=(f"units go in brackets: `{one} [{_short(unit)}]`",),
            repairs=(
                Repair(
                    self._place(start, end),
                    f"[{unit}]",
                    f"write `{one} [{_short(unit)}]`",
                    Applicability.SAFE,
                ),
            ),
        )

    def _foreign_word(self, token: Token) -> Diagnostic | None:
        """Explain a word of the language that this kind of line has no use for."""
        kind, word, start, end = token
        if kind != "NAME" or word not in RESERVED or word in self.scope.names:
            return None
        helps = {
            "where": "write the condition on a line of `valid`",
            "at": "write the value at a point on a line of `initial`",
            "within": "write an example on a line of `checks`",
            "given": "write an example on a line of `checks`",
        }
        return finding(
            "L0101",
            f"`{word}` has no meaning in this line",
            self._place(start, end),
            help=helps.get(word, "write a claim as `always …` on a line of `checks`"),
        )

    def _word_meant(self) -> str:
        """Return what to write where a word of a sentence is misspelt."""
        if self.found is None or self.found[0] != "NAME":
            return ""
        keywords = KEYWORDS[self.form]
        same = _SAME_WORDS.get(str(self.found[1]))
        if same in keywords and keywords[same] in self._accepted():
            return f"write `{same}`"
        known = tuple(word for word, kind in keywords.items() if kind in self._accepted())
        meant = nearest(str(self.found[1]), known)
        return f"did you mean `{meant}`?" if meant else ""

    def _accepted(self) -> frozenset[str]:
        return table().accepted(self.states)

    def _unit_after_name(self) -> Diagnostic:
        assert self.found is not None
        _, word, start, end = self.found
        before = self.before
        if before is not None and before[0] == "NAME":
            return finding(
                "L0101",
                f"`{_short(word)}` stands behind a name, and a unit stands behind a number",
                self._place(before[2], end),
                help=f"write `{self._shown(before)}` alone; its unit is the one it is declared in",
            )
        return finding(
            "L0101",
            f"`{_short(word)}` stands where no unit can stand",
            self._place(start, end),
            help=f"write a unit behind a number, as in `1 {_short(word)}`",
        )

    def _open_bracket(self) -> Diagnostic | None:
        """Explain a bracket that is never closed, where the line could go on with one."""
        if "RPAR" not in self._accepted():
            return None
        opened: list[Token] = []
        for token in self.tokens:
            if token[0] == "LPAR":
                opened.append(token)
            elif token[0] == "RPAR" and opened:
                opened.pop()
        if not opened:
            return None
        return finding(
            "L0101",
            "this bracket is opened and not closed",
            self._place(opened[-1][2], opened[-1][3]),
            help="add `)` where it ends",
        )

    def _close_bracket(self) -> Diagnostic:
        assert self.found is not None
        return finding(
            "L0101",
            "this bracket closes none",
            self._place(self.found[2], self.found[3]),
            help="remove it, or add `(` where it begins",
        )

    def _power_of_field(self) -> Diagnostic | None:
        """Explain `∇u^2`, which may square the field or what the operator makes of it."""
        assert self.found is not None
        operators = [t for t in self.tokens[: self.index] if t[0] in ("NABLA", "ALONG")]
        if not operators:
            return None
        first = operators[-1]
        operand = self.text[first[3] : self.found[2]].strip()
        sign = self.text[first[2] : first[3]].strip()
        return finding(
            "L0108",
            f"`{_short(sign + operand)}` with a power can be read in two ways",
            self._place(first[2], self.found[3]),
            help=f"write `({_short(sign + operand)})^2` for the square of it, "
            f"or `{sign}({_short(operand)}^2)`",
        )

    def _bare_choice(self) -> Diagnostic | None:
        """Explain a choice that is a part of a formula and stands without brackets."""
        if "LPAR" not in self._accepted() or self.found is None:
            return None
        return finding(
            "L0101",
            "a choice inside a formula stands without brackets",
            self._place(self.found[2], self.found[3]),
            help="write it in brackets: `(if a < b then x else y)`",
        )

    def _depth(self) -> int:
        """Return how many brackets are open where reading stopped."""
        kinds = [token[0] for token in self.tokens[: self.index]]
        return kinds.count("LPAR") - kinds.count("RPAR")

    def _decimal_comma(self) -> Diagnostic | None:
        after = self.tokens[self.index + 1] if self.index + 1 < len(self.tokens) else None
        before, found = self.before, self.found
        if before is None or after is None or found is None:
            return None
        if not (before[0] == after[0] == "NUMBER" and before[3] == found[2]):
            return None
        if found[3] != after[2] or not before[1].isdigit():
            return None
        number = f"{before[1]}.{after[1]}"
        return finding(
            "L0101",
            "a comma stands inside a number",
            self._place(before[2], after[3]),
            help=f"write the decimal point as a point: `{number}`",
        )

    def _list_of_conditions(self) -> Diagnostic | None:
        if self.form != "valid" or self.found is None or self._depth() > 0:
            return None
        return finding(
            "L0101",
            "a comma stands between conditions",
            self._place(self.found[2], self.found[3]),
            help="write one condition a line, or `and` between two",
        )

    def _second_relation(self) -> Diagnostic | None:
        assert self.found is not None
        if not any(token[0] in _RELATIONS for token in self.tokens[: self.index]):
            return None
        return finding(
            "L0101",
            f"a second `{self._shown(self.found)}` stands in this line",
            self._place(self.found[2], self.found[3]),
            help="write one equation a line",
        )

    def _comparison(self) -> Diagnostic:
        assert self.found is not None
        return finding(
            "L0101",
            f"`{self._shown(self.found)}` compares, and this is a line of `equations`",
            self._place(self.found[2], self.found[3]),
            help="write the comparison under `valid`, or as `always …` under `checks`",
        )

    def _shown(self, token: Token) -> str:
        return _short(self.text[token[2] : token[3]])

    def _place(self, start: int, end: int) -> Place:
        return Place(self.scope.path, start, end)
