"""Cut a line into the tokens of the grammar.

A bracket is a unit after a number and an index after a name; only the token before it tells, so
it is decided here. Signs with two spellings get one name, and keep the place of what was typed.
"""

from __future__ import annotations

import re

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.bounds import MOST_TOKENS, check_bounds, check_number, too_large
from lawc.syntax.derivatives import PATTERN, Token, read_derivative
from lawc.syntax.operators import FOLDS, field_token, joins
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.scope import Scope
from lawc.syntax.spelling import NAME, in_latin, mixes_scripts, normal, skeleton

_NUMBER = r"(?:[0-9]+\.(?!\.)[0-9]*(?:\([0-9]+\))?|[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_SIGN = r":=|~=|<=|>=|!=|->|\+/-|\.\.|==|\*\*|=>|=<|[-+*/^(),=<>±≤≥≠≈·×⋅∙−→√∞]"
# A code of UCUM has brackets of its own: `[mm[Hg]]`, `[[in_i]/s]`.
_UNIT = r"\[[^\[\]\n#]*(?:\[[^\[\]\n#]*\][^\[\]\n#]*)*\]"
_STRING = r'"[^"]*"'

PIECES = "|".join((NAME, _NUMBER, _SIGN, _UNIT, _STRING))
"""A pattern of the tokens that a plain formula is made of, without groups."""

_TOKEN = re.compile(
    rf"(?P<NAME>{NAME})|(?P<NUMBER>{_NUMBER})|(?P<SIGN>{_SIGN})|(?P<UNIT>{_UNIT})"
    rf"|(?P<SUPERSCRIPT>[⁰¹²³⁴-⁹⁻]+)|(?P<STRING>{_STRING})"
    r"|(?P<COMMENT>\#[^\n]*)"
    r"|(?P<OTHER>[^ \t\n])"
)

_WORD = re.compile(r"\w{1,60}")
_INSIDE = re.compile(rf"(?:\.{NAME})+")

SIGNS = {
    "+": ("PLUS", "+"),
    "-": ("MINUS", "-"),
    "−": ("MINUS", "-"),
    "*": ("STAR", "*"),
    "·": ("STAR", "*"),
    "⋅": ("STAR", "*"),
    "∙": ("STAR", "*"),
    "×": ("STAR", "*"),
    "/": ("SLASH", "/"),
    "^": ("CARET", "^"),
    "(": ("LPAR", "("),
    ")": ("RPAR", ")"),
    ",": ("COMMA", ","),
    "=": ("EQ", "="),
    ":=": ("DEFINE", ":="),
    "~=": ("FIT", "~="),
    "≈": ("FIT", "~="),
    "!=": ("NE", "!="),
    "≠": ("NE", "!="),
    "<": ("LT", "<"),
    "<=": ("LE", "<="),
    "≤": ("LE", "<="),
    ">": ("GT", ">"),
    ">=": ("GE", ">="),
    "≥": ("GE", ">="),
    "->": ("ARROW", "->"),
    "→": ("ARROW", "->"),
    "±": ("UNCERTAIN", "±"),
    "+/-": ("UNCERTAIN", "±"),
    "..": ("DOTS", ".."),
    "√": ("NAME", "sqrt"),
    "∞": ("INFINITY", "oo"),
}

# Signs of other notations, and what the language writes instead.
_FOREIGN = {
    "==": ("L0104", "`==` stands where one `=` is meant", "="),
    "**": ("L0101", "a power is written with `^`", "^"),
    "=>": ("L0101", "`=>` is not a comparison", ">="),
    "=<": ("L0101", "`=<` is not a comparison", "<="),
}

_EVERYWHERE = {
    "if": "IF", "then": "THEN", "else": "ELSE", "and": "AND", "or": "OR", "not": "NOT",
}  # fmt: skip
_FIELDS = {"in": "IN"}
_SENTENCE = {
    "where": "WHERE", "as": "AS", "with": "WITH", "rises": "RISES", "falls": "FALLS",
    "is": "IS", "constant": "CONSTANT", "scales": "SCALES", "oo": "INFINITY",
    "even": "EVEN", "odd": "ODD", "periodic": "PERIODIC", "continuous": "CONTINUOUS",
}  # fmt: skip

_EDGE = {"at": "AT", "on": "ON", "periodic": "PERIODIC", "oo": "INFINITY"}
_PART = {
    "without": "WITHOUT", "box": "BOX", "disk": "ROUND", "ball": "ROUND", "at": "AT",
    "radius": "RADIUS",
}  # fmt: skip

KEYWORDS = {
    "equation": _EVERYWHERE | _FIELDS,
    "initial": _EVERYWHERE | _FIELDS | {"at": "AT"},
    "boundary": _EVERYWHERE | _FIELDS | _EDGE,
    "region": _EVERYWHERE | _FIELDS | _PART,
    "valid": _EVERYWHERE | _FIELDS,
    "example": _EVERYWHERE | _FIELDS | {"within": "WITHIN", "given": "GIVEN"},
    "always": _EVERYWHERE | _FIELDS | _SENTENCE,
    "declaration": _EVERYWHERE | {"log": "LOG", "vector2": "SHAPE", "vector3": "SHAPE"},
    "constant": _EVERYWHERE,
    "cell": _EVERYWHERE | _FIELDS,
    "rule": _EVERYWHERE | _FIELDS,
}

RESERVED = frozenset({*_EVERYWHERE, *_SENTENCE, "at", "within", "given", "always", "example"})

_HINTS = {
    "–": "write `-` for a minus",
    "—": "write `-` for a minus",
    "'": "write a derivative as `dx/dt`",
    "′": "write a derivative as `dx/dt`",
    "{": "write round brackets",
    "}": "write round brackets",
    "&": "write `and` between conditions",
    "|": "write `abs(x)` for a size, `or` between conditions",
    "!": "write `not` before a condition; a factorial is `gamma(n + 1)`",
    ";": "write one statement a line",
    ".": "name a part by `use ID as name`, then speak of `name.quantity`",
    "~": "write `X ~ normal(mu, sigma)` on a line of `equations`",
    "%": "write a share as a plain number, or give its unit in brackets",
    "°": "write a unit in brackets after a number, as in `90 [deg]`",
    "“": 'write straight quotation marks: "',
    "”": 'write straight quotation marks: "',
    '"': "add the quotation mark that closes this text",
    "[": "add the bracket that closes this unit",
    "]": "remove this bracket, or open it after a number",
    "∂": "write a partial derivative as `∂u/∂t`",
    "∫": "write an integral as `integral(f, x = a .. b)`",
    "∑": "write a sum as `sum(i in set: x[i])`",
    "∏": "write a product as `product(i in set: x[i])`",
    "\\": "write formulas as plain text: `a/b`, `sqrt(x)`, `alpha`",
    "$": "write formulas as plain text, without `$`",
    ":": "a label ends in `:` and stands once, at the start of the line",
}

_PI = frozenset({"pi", "π"})


def tokenize(text: str, start: int, end: int, form: str, scope: Scope) -> list[Token]:
    """Return the tokens of a part of a text, each as kind, value, start and end.

    Args:
        text: The whole source.
        start: Offset of the first character.
        end: Offset behind the last one.
        form: The kind of line, a key of KEYWORDS.
        scope: The names of the block.

    Raises:
        UnreadableError: A character, a name or a number cannot be read, or a bound is passed.
    """
    keywords = KEYWORDS[form]
    tokens: list[Token] = []
    add = tokens.append
    derivatives = derivatives_in(text, start, end)
    skip = 0
    powers = False
    for match in _TOKEN.finditer(text, start, end):
        kind = match.lastgroup
        first, last = match.span()
        if first < skip:
            continue
        word = match[0]
        if kind == "NAME":
            if derivatives and first in derivatives:
                token = read_derivative(derivatives[first], scope)
                if token is not None:
                    add(token)
                    skip = token[3]
                    continue
            inside = _INSIDE.match(text, last, end) if word in scope.parts else None
            if inside is not None:
                skip = inside.end()
                add(("NAME", normal(text[first:skip]), first, skip))
                continue
            keyword = keywords.get(word)
            if keyword is not None and (keyword != "IN" or joins(tokens)):
                add((keyword, word, first, last))
                continue
            if scope.lookalikes or not word.isascii():
                word = check_name(word, first, scope)
            add(("NAME", word, first, last))
        elif kind == "NUMBER":
            if len(word) > 4:
                check_number(word, first, scope.path)
            add(("NUMBER", word, first, last))
        elif kind == "SIGN":
            if word in _FOREIGN:
                raise _foreign(word, first, scope)
            if word == "(" and tokens and tokens[-1][0] == "NAME":
                if tokens[-1][1] in FOLDS and tokens[-1][1] not in scope.names:
                    _, name, begun, ended = tokens[-1]
                    tokens[-1] = (FOLDS[name], name, begun, ended)
                else:
                    _no_product(tokens[-1], last, form, scope)
            name, sign = SIGNS[word]
            powers = powers or sign == "^"
            add((name, sign, first, last))
        elif kind == "UNIT":
            if tokens and tokens[-1][0] == "NAME" and tokens[-1][1] in _PI:
                tokens[-1] = ("NUMBER", "pi", tokens[-1][2], tokens[-1][3])
            if scope.indexed and tokens and tokens[-1][1] in scope.indexed:
                add(("LBRACKET", "[", first, first + 1))
                tokens += tokenize(text, first + 1, last - 1, form, scope)
                add(("RBRACKET", "]", last - 1, last))
            else:
                add(_unit(tokens, word, first, last, scope))
        elif kind == "SUPERSCRIPT":
            powers = True
            add((kind, word, first, last))
        elif kind == "STRING":
            add((kind, word[1:-1], first, last))
        elif kind == "OTHER":
            if derivatives and first in derivatives:
                token = read_derivative(derivatives[first], scope)
                if token is not None:
                    add(token)
                    skip = token[3]
                    continue
            token = field_token(text, tokens, first, end, scope.path)
            token = token or _foreign_name(text, tokens, first, scope)
            if token is None:
                raise _unreadable(text, tokens, first, scope)
            add(token)
            skip = token[3]
        if len(tokens) > MOST_TOKENS:
            raise too_large(
                "this line is longer than 4,000 names, numbers and signs",
                Place(scope.path, start, last),
                "give parts of it a name with `:=`",
            )
    if powers or len(tokens) > 50:
        check_bounds(tokens, scope.path)
    return tokens


def check_name(word: str, start: int, scope: Scope) -> str:
    """Return a name in its normal form.

    Raises:
        UnreadableError: L0107, it mixes scripts, or looks like another name that is declared.
    """
    name = normal(word)
    if name in scope.names:
        return name
    place = Place(scope.path, start, start + len(word))
    if mixes_scripts(name):
        raise refusal(
            "L0107",
            f"the name `{word}` mixes Greek and Latin letters",
            place,
            help=f"write it in one script, such as `{in_latin(name)}`",
        )
    twin = scope.twin(name)
    if twin is not None:
        raise refusal(
            "L0107",
            f"`{word}` looks like `{twin}` and is another name",
            place,
            notes=[f"`{word}` and `{twin}` are written with different letters"],
            help=f"write `{twin}` as it is declared, or choose a name that looks different",
        )
    return name


def derivatives_in(text: str, start: int, end: int) -> dict[int, re.Match[str]]:
    """Return what may be derivatives in a part of a text, by where they begin."""
    if text.find("/", start, end) < 0:
        return {}
    return {match.start(): match for match in PATTERN.finditer(text, start, end)}


def _unit(tokens: list[Token], word: str, start: int, end: int, scope: Scope) -> Token:
    """Return a unit with the place of what stands between the brackets."""
    before = tokens[-1][0] if tokens else "COMMA"
    if before not in ("NUMBER", "COMMA", "LPAR"):
        return "INDEX", word, start, end
    inner = word[1:-1]
    if not inner.strip():
        raise refusal(
            "L0101",
            "no unit stands between these brackets",
            Place(scope.path, start, end),
            help="write `[1]` for a plain number",
        )
    offset = start + 1 + len(inner) - len(inner.lstrip())
    inner = inner.strip()
    return "UNIT", (inner, offset), start, end


def _no_product(before: Token, end: int, form: str, scope: Scope) -> None:
    """Refuse a bracket behind the name of a quantity, which is not a function."""
    _, name, start, _ = before
    if name not in scope.names:
        return
    if form == "initial":
        raise refusal(
            "L0101",
            f"the point at which `{name}` is known stands at the end of the line",
            Place(scope.path, start, end),
            help=f"write `{name} = … at t = 0 [s]`",
        )
    raise refusal(
        "L0102",
        f"a bracket follows `{name}`, and `{name}` is a quantity",
        Place(scope.path, start, end),
        help=f"write `{name}*(` for a product",
        repair=f"{name}*(",
    )


def _foreign(word: str, start: int, scope: Scope) -> UnreadableError:
    code, headline, instead = _FOREIGN[word]
    place = Place(scope.path, start, start + len(word))
    return refusal(code, headline, place, help=f"write `{instead}`", repair=instead)


def _foreign_name(text: str, tokens: list[Token], start: int, scope: Scope) -> Token | None:
    """Return a name of other letters, where its declaration has been reported already."""
    if not text[start].isalpha():
        return None
    first, word = _word(text, tokens, start)
    if word not in scope.names:
        return None
    if first < start:
        tokens.pop()
    return "NAME", word, first, first + len(word)


def _word(text: str, tokens: list[Token], start: int) -> tuple[int, str]:
    """Return where the word around a letter begins, and the word."""
    first = start
    if tokens and tokens[-1][3] == start and tokens[-1][0] in ("NAME", "NUMBER"):
        first = tokens[-1][2]
    match = _WORD.match(text, first)
    return first, match[0] if match else text[first : start + 1]


def _unreadable(text: str, tokens: list[Token], start: int, scope: Scope) -> UnreadableError:
    """Explain a character that begins no token."""
    character = text[start]
    if character.isalpha():
        first, word = _word(text, tokens, start)
        plain = skeleton(word)
        return refusal(
            "L0107",
            f"`{word}` has letters that are neither Latin nor Greek",
            Place(scope.path, first, first + len(word)),
            notes=[f"`{character}` is the character U+{ord(character):04X}"],
            help=f"write `{plain}` in Latin letters"
            if plain.isascii()
            else "write names in Latin or Greek letters",
        )
    if character in "₀₁₂₃₄₅₆₇₈₉":
        hint = f"write the digit on the line: `{chr(ord(character) - 0x2080 + 48)}`"
    elif character == "[" and "#" in text[start : start + 200].partition("]")[0]:
        hint = "`#` begins a remark; write `{count}` for a number of things"
    else:
        hint = _HINTS.get(character, "remove it, or write it with the signs of the language")
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return refusal(
        "L0101",
        f"`{shown}` has no meaning in a formula",
        Place(scope.path, start, start + 1),
        help=hint,
    )
