"""What belongs where reading stopped: one sentence for each set of tokens the grammar expects.

The table of the grammar has many states and few distinct sets of expected tokens, so that every
mistake has a sentence written by hand. A test enumerates the sets and fails where one has none.
"""

from __future__ import annotations

from collections.abc import Iterable

from lawc.diagnostics.immutable import immutable
from lawc.syntax.table import END


@immutable
class Sentence:
    """What belongs here, and what to do.

    Attributes:
        belongs: Completes "… stands where … belongs"; empty behind a value, where the tokens that
            this one line can go on with say more than the set, which many lines share.
        help: One thing to do.
    """

    belongs: str
    help: str


_LIMIT = "write a limit as `Y -> 0 [m] as t -> oo`"
_CHOICE = "write a choice as `if a < b then x else y`"
_EXAMPLE = "write `Y = 3 [m] within 1e-6 given A = 1 [s], B = 2 [m]`"
_DECLARATION = "write `name : words (depends) [unit] low .. high log = default`"
_CONSTANT = "write a constant as `= 8.314 ± 0.001 [J/mol/K]`"
_VALUE = "write a name, a number or an opening bracket"
_CONDITION = "write a comparison, such as `a < b`"
_RELATION = "write a law as `left = right`, a definition as `name := value`"
_SETTING = "write `name = value`"
_SENTENCE = "write `Y rises with X`, `Q is constant`, `Y scales with X ^ 2`, or a comparison"
_ABOUT = "write `Q is constant`, `Q is even in X`, `odd in`, `periodic in` or `continuous in`"
_FOLD = "write a sum as `sum(i in set: x[i])`"
_INTEGRAL = "write an integral as `integral(f, x = a .. b)`"
_BOUNDARY = "write `T = T0 at x = 0 [m]`, `T = T0 on part`, or `T periodic in x`"
_REGION = "write `hole: without box x = 0 [m] .. 1 [m]`, or `without disk at x = … radius …`"
_INDEX = "write the element in brackets, as in `c[A]`"

_OPERAND = "ALONG DERIVATIVE DERIVE_BY FOLD INTEGRAL LPAR NABLA NAME NUMBER"
_STARTS = f"{_OPERAND} MINUS"
_AFTER = (
    "ARROW AS AT COMMA DEFINE DOTS ELSE EQ FALLS FIT GIVEN IS LOG ON PERIODIC RADIUS RBRACKET "
    "RISES RPAR SCALES WHERE"
)
_BEHIND = f"{END} {_AFTER} WITHIN"
_OPERATED = f"{_BEHIND} AND COLON GE GT LE LT MINUS NE OR PLUS SLASH STAR STRING THEN"
_CONDITIONS_END = f"{END} COMMA OR RPAR STRING THEN WHERE"
_CONDITION_ENDS = f"{_CONDITIONS_END} AND EQ GE GT LE LT NE"

_TABLE: tuple[tuple[str, str, str], ...] = (
    (END, "the end of the line", "end the line here, or begin a new one"),
    ("ARROW", "`->`", _LIMIT),
    ("AS", "`as`", _LIMIT),
    ("AT", "`at`", "write a condition as `x = 0 [m] at t = 0 [s]`"),
    ("CARET", "an exponent after `^`", "write a scaling as `Y scales with X ^ 2`"),
    ("COLON", "`:`", _FOLD),
    ("COMMA", "a comma", _INTEGRAL),
    ("DOTS", "`..`", "write a range as `0 .. 10`, behind the unit"),
    ("ELSE", "`else`", _CHOICE),
    ("EQ", "`=`", _SETTING),
    ("IN", "`in`", "write `in` and a name, as in `x is even in t` and `sum(i in set: x[i])`"),
    ("LPAR", "`(`", "write what the function is of in round brackets"),
    ("NAME", "a name", "write the name of a declared quantity"),
    ("NUMBER", "a number", _CONSTANT),
    ("RPAR", "`)`", "close the bracket"),
    ("THEN", "`then`", _CHOICE),
    ("WITH", "`with`", "write `Y rises with X`, `Y falls with X` or `Y scales with X ^ 2`"),
    (f"{END} COMMA", "a comma or the end of the line", "separate them with commas"),
    (f"{END} EQ", "`=` or the end of the line", "write a default as `= value`, at the end"),
    (f"{END} GIVEN", "`given` or the end of the line", _EXAMPLE),
    (f"{END} STRING", "words in quotation marks or the end of the line", 'write `a < b "words"`'),
    (f"{END} UNIT", "a unit or the end of the line", _CONSTANT),
    (f"{END} WHERE WITH", "`with`, `where` or the end of the line", _ABOUT),
    (f"{END} WHERE", "`where` or the end of the line", "write `where a < b, c = 0 [m]`"),
    ("COMMA RBRACKET", "a comma or `]`", _INDEX),
    ("COMMA RBRACKET RPAR", "a comma or the bracket that closes the list", "close the list"),
    ("COMMA RPAR", "a comma or `)`", "close the list of arguments with `)`"),
    ("EQ IN", "`in` or `=`", f"{_FOLD}; {_INTEGRAL}"),
    ("EQ PERIODIC", "`=` or `periodic`", _BOUNDARY),
    ("COLON MINUS PLUS", "`:`", _FOLD),
    ("COLON DOTS MINUS PLUS", "`:` or `..`", _FOLD),
    ("DOTS MINUS PLUS", "`..`", _INTEGRAL),
    ("MINUS PLUS RPAR", "`)`", _INTEGRAL),
    (
        "CONSTANT CONTINUOUS EVEN ODD PERIODIC",
        "`constant`, `even`, `odd`, `periodic` or `continuous`",
        _ABOUT,
    ),
    ("MINUS NUMBER", "a number", _CONSTANT),
    (f"{END} EQ LOG", "`log`, `=` or the end of the line", _DECLARATION),
    (f"{END} GIVEN WITHIN", "`within`, `given` or the end of the line", _EXAMPLE),
    (f"{END} UNCERTAIN UNIT", "a unit, `±` or the end of the line", _CONSTANT),
    ("DEFINE EQ FIT", "`=`, `:=` or `~=`", _RELATION),
    ("AT ON", "`at` or `on`", _BOUNDARY),
    ("WITHOUT", "`without`", _REGION),
    ("BOX ROUND", "`box`, `disk` or `ball`", _REGION),
    ("COMMA RADIUS", "a comma or `radius`", _REGION),
    (f"{END} COMMA RADIUS", "", "separate them with commas"),
    (f"{END} COMMA WHERE", "a comma or the end of the line", "separate them with commas"),
    (f"{END} ARROW CARET EQ WHERE WITH", "", ""),
    (f"{END} ARROW CARET EQ LBRACKET WHERE WITH", "", ""),
    ("ARROW FALLS IS RISES SCALES", "", _SENTENCE),
    ("ARROW EQ FALLS GE GT IS LE LT MINUS NE PLUS RISES RPAR SCALES", "", _SENTENCE),
    ("EQ GE GT LE LT MINUS NE PLUS", "", _CONDITION),
    (_OPERAND, "a value", "write what the operator acts on, in brackets where it is a product"),
    (_STARTS, "a value", _VALUE),
    (f"{_STARTS} IF", "a value", _VALUE),
    (f"{_STARTS} IF UNIT", "a value", "write what the function is of, as in `max(a, b)`"),
    (f"{_STARTS} INFINITY", "a value or `oo`", _LIMIT),
    (f"{_STARTS} IF INFINITY", "a value or `oo`", _LIMIT),
    (f"{_STARTS} NOT", "a condition", _CONDITION),
    (f"{_STARTS} IF NOT", "a value or a condition", _SENTENCE),
    (
        f"{_STARTS} {END} EQ IF LOG",
        "a range, `log`, a default or the end of the line",
        _DECLARATION,
    ),
    (
        f"{_STARTS} {END} EQ IF LOG SHAPE",
        "a shape, a range, `log`, a default or the end of the line",
        _DECLARATION,
    ),
    (
        f"{_STARTS} {END} EQ IF LOG SHAPE UNIT",
        "a unit, a range, a default or the end of the line",
        _DECLARATION,
    ),
    (_CONDITIONS_END, "", _CONDITION),
    (f"{_CONDITIONS_END} AND", "", _CONDITION),
    (_CONDITION_ENDS, "", _CONDITION),
    (f"{_CONDITION_ENDS} MINUS PLUS", "", _CONDITION),
    (_BEHIND, "", ""),
    (f"{_BEHIND} MINUS PLUS", "", ""),
    (_OPERATED, "", ""),
    (f"{_OPERATED} CARET", "", ""),
    (f"{_OPERATED} CARET SUPERSCRIPT", "", ""),
    (f"{_OPERATED} CARET SUPERSCRIPT LBRACKET LPAR", "", ""),
    (f"{_OPERATED} CARET SUPERSCRIPT UNIT", "", ""),
)

SENTENCES: dict[frozenset[str], Sentence] = {
    frozenset(names.split()): Sentence(words, help) for names, words, help in _TABLE
}

_OPERATORS = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "CARET"})
_COMPARISONS = frozenset({"LT", "LE", "GT", "GE", "NE"})

# What may stand behind a value, in the order in which a message lists it.
_FURTHER = {
    "EQ": ("`=`", _RELATION),
    "DEFINE": ("`:=`", _RELATION),
    "FIT": ("`~=`", _RELATION),
    "AND": ("`and`", _CONDITION),
    "OR": ("`or`", _CONDITION),
    "THEN": ("`then`", _CHOICE),
    "ELSE": ("`else`", _CHOICE),
    "DOTS": ("`..`", "write a range as `0 .. 10`, behind the unit"),
    "LOG": ("`log`", _DECLARATION),
    "PERIODIC": ("`periodic in`", _BOUNDARY),
    "AT": ("`at`", "write a condition as `x = 0 [m] at t = 0 [s]`"),
    "WITHIN": ("`within`", _EXAMPLE),
    "GIVEN": ("`given`", _EXAMPLE),
    "RISES": ("`rises with`", _SENTENCE),
    "FALLS": ("`falls with`", _SENTENCE),
    "IS": ("`is constant`", _SENTENCE),
    "WITH": ("`with`", _ABOUT),
    "COLON": ("`:`", _FOLD),
    "RBRACKET": ("`]`", _INDEX),
    "SCALES": ("`scales with`", _SENTENCE),
    "ARROW": ("`->`", _LIMIT),
    "AS": ("`as`", _LIMIT),
    "WHERE": ("`where`", "write `where a < b, c = 0 [m]`"),
    "STRING": ("words in quotation marks", 'write `a < b "words"`'),
    "ON": ("`on`", _BOUNDARY),
    "RADIUS": ("`radius`", _REGION),
    "COMMA": ("a comma", "separate them with commas"),
    "RPAR": ("`)`", "close the bracket"),
    END: ("the end of the line", "end the line here, or begin a new one"),
}


def sentence(expected: frozenset[str], accepted: Iterable[str]) -> Sentence:
    """Return what belongs where reading stopped.

    Args:
        expected: The tokens that the last state has a move for.
        accepted: Those among them that this line can go on with.
    """
    written = SENTENCES[expected]
    if written.belongs:
        return written
    tokens = set(accepted)
    words: list[str] = []
    helps: list[str] = [written.help] if written.help else []
    if "RISES" in tokens:
        helps.append(_SENTENCE)
    if "CARET" in tokens and "PLUS" not in tokens:
        words.append("an exponent after `^`")
    elif tokens & _OPERATORS:
        words.append("an operator")
    if tokens & _COMPARISONS:
        words.append("a comparison")
        helps.append(_CONDITION)
        tokens.discard("EQ")
    for token, (word, help) in _FURTHER.items():
        if token in tokens:
            words.append(word)
            helps.append(_SETTING if token == "EQ" and "DEFINE" not in tokens else help)
    listed = ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)
    return Sentence(listed, helps[0] if helps else _VALUE)
