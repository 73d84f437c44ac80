"""Draw texts of laws from the grammar, and texts of bytes from what is at hand; then spoil them.

A line is a sentence of the grammar, made by hypothesis; a case puts some of them into blocks, and
mostly deletes, doubles or swaps a token or a byte. A case is told by its seed and its number.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark
from lark.lexer import Lexer

from lawc.syntax.tokens import KEYWORDS

ROOT = Path(__file__).parent.parent
CORPUS = ("knowledge/**/*.law", "tests/diagnostics/*.law*", "tests/hostile/files/*", "docs/*.md")
MOST_BYTES = 8_000
"""Longer files of the corpus are cut to pieces of this length."""

NAMES = ("a", "b", "c", "k", "n", "t", "u", "v", "x", "y", "T", "pi", "alpha", "κ", "x_1", "pk.t")
FUNCTIONS = (
    *("sin", "cos", "exp", "ln", "log10", "sqrt", "abs", "min", "max", "value", "tanh", "erf"),
    *("grad", "div", "curl", "laplacian", "dot", "norm", "vector", "sum", "integral", "gamma"),
    *("mean", "clamp", "sign", "arctan", "normal", "lambert_w", "elliptic_k"),
)
UNITS = (
    *("[1]", "[m]", "[s]", "[m/s]", "[kg*m/s^2]", "[K]", "[°C]", "[mol/L]", "[1/s]", "[%]", "[m²]"),
    *("[{cell}]", "[mm[Hg]]", "[rad]", "[EUR/a]", "[ ]", "[m s]", "[J/(kg*K)]", "[zz]", "[M]"),
)
NUMBERS = (
    *("0", "1", "2", "3", "0.5", "10", "1e3", "1e-300", "1e300", "6.67430(15)e-11", ".5", "64"),
    *("65", "1.", "1e400", "273.15", "007", "3.999999999999999999999", "1e15", "9007199254740993"),
)
ODD = (
    "", " ", "  ", "\n", "\n    ", "\t", "#", '"', "(", ")", "[", "]", "{", "}", ",", ";", ":",
    "~", "=", ":=", "~=", "≈", "^", "**", "==", "²", "⁻¹", "√", "∞", "∂", "∇", "∫", "∑", "±", "·",
    "×", "..", "...", "|", "@", "@1", "\\", "$", "%", "°", "'", "`", "\r", "\x00", "\x1b[31m",
    "\ufeff", "\u202e", "\u200b", "а", "é", "e\u0301", "😀", "𝑥", "１", "½", "µ", "μ", "Å", "ﬁ",
    "ı", "ſ", "\x7f", "if", "then", "else", "and", "or", "not", "at", "within", "given", "where",
    "as", "with", "is", "log", "rate", "import", "use", "law", "system", "constants", "example:",
    "always", "examples", "symbols", "equations", "reactions", "boundary", "connect", "initial",
    "valid", "checks", "title", "status", "source", "note", "supersedes", "successor", "each",
    "in", "sum(", "periodic", "integral(", "one of", "yes/no", "integer", "date", "```law", "```",
    "9" * 50, "1e9999", "((((((((", "))))))))", "^^", "--", "dx/dt", "d^2x/dt^2", "∂u/∂x",
    "d/dt(", "__class__",
)  # fmt: skip

_SECTIONS = (
    "symbols", "equations", "reactions", "connect", "boundary", "initial", "valid", "checks",
)  # fmt: skip
_TOKEN = re.compile(r"\[[^\]\n]*\]|\w+|\n[ ]*|[ ]+|[^\w\s]")


class _Unlexed(Lexer):
    """Stands in for a lexer of Lark: sentences are made here, none is read."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Any:
        return lexer_state


_CONDITIONS = ("a < b ", "x >= 1 ", "0 < t <= 10 ", "u = v ")
BEGINNINGS: Mapping[str, Sequence[str]] = {
    "condition": _CONDITIONS,
    "conditions": _CONDITIONS,
    "comparison": _CONDITIONS,
    "disjunction": _CONDITIONS,
    "conjunction": _CONDITIONS,
    "negation": _CONDITIONS,
}
"""What stands for a kind of phrase before any has been drawn; elsewhere a name or a number."""

_VALUES = ("a ", "b ", "k ", "t ", "x ", "y ", "u*v ", "2 ", "0.5 ", "1 [1] ", "3 [m] ")

_RULE = re.compile(r"^\??(\w+):(.*(?:\n[ ]+[^\n]*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Grammar:
    """The grammar without recursion, so that hypothesis draws fast, and what was taken out.

    Where a rule names itself or one further up, a token stands for that phrase: texts of it are
    given, so what was drawn in one round stands inside what is drawn in the next.
    """

    text: str
    forms: tuple[str, ...]
    inner: tuple[str, ...]


@cache
def grammar() -> Grammar:
    """Return the grammar of the language, ready to be drawn from."""
    text = files("lawc.syntax").joinpath("grammar.lark").read_text(encoding="utf-8")
    text = re.sub(r"//.*", "", text)
    forms = tuple(form for form in KEYWORDS if re.search(rf"^{form}\s*:", text, re.MULTILINE))
    above: list[str] = []
    inner: set[str] = set()

    def unrolled(match: re.Match[str]) -> str:
        above.append(match[1])
        lines = []
        for line in match[2].split("\n"):
            phrase, arrow, alias = line.partition("->")
            for name in set(re.findall(r"\b[a-z_]+\b", phrase)) & set(above):
                inner.add(name)
                phrase = re.sub(rf"\b{name}\b", f"SOME_{name.upper()}", phrase)
            lines.append(f"{phrase}{arrow}{alias}")
        return f"{match[1]}:" + "\n".join(lines)

    text = _RULE.sub(unrolled, text)
    # A quantity is rarely called like a function.
    text = re.sub(r"^function: NAME", "function: FUNCTION", text, flags=re.MULTILINE)
    text += (
        "\n%declare FUNCTION " + " ".join(f"SOME_{name.upper()}" for name in sorted(inner)) + "\n"
    )
    return Grammar(text, forms, tuple(sorted(inner)))


def _spellings() -> dict[str, Sequence[str]]:
    """Return texts for every token that the grammar declares."""
    declared = " ".join(re.findall(r"^%declare\s+(.*)", grammar().text, re.MULTILINE)).split()
    found: dict[str, Sequence[str]] = {name: (name.lower(),) for name in declared}
    for words in KEYWORDS.values():
        found.update({kind: (word,) for word, kind in words.items()})
    found |= {
        "NAME": NAMES,
        "FUNCTION": FUNCTIONS,
        "NUMBER": NUMBERS,
        "UNIT": (*UNITS, *("[1]",) * 10),
        "INDEX": ("[a]", "[x]", "[n]", "[1]", "[a, b]"),
        "DERIVATIVE": ("dx/dt", "du/dt", "dy/dx", "d^2x/dt^2", "d²u/dx²", "∂u/∂t", "∂²u/∂x²"),
        "DERIVE_BY": ("d/dt", "∂/∂x", "d^2/dt^2"),
        "NABLA": ("∇", "∇²"),
        "ALONG": ("∇·", "∇×", "(v·∇)"),
        "FOLD": ("sum", "product"),
        "INTEGRAL": ("integral",),
        "LBRACKET": ("[",), "RBRACKET": ("]",), "COLON": (":",), "SHAPE": ("vector2", "vector3"),
        "SUPERSCRIPT": ("²", "³", "⁻¹", "⁶⁴", "⁻"),
        "STRING": ('"small"', '""', '"a # b"'),
        "INFINITY": ("oo", "∞"),
        "PLUS": ("+",), "MINUS": ("-", "−"), "STAR": ("*", "·"), "SLASH": ("/",),
        "CARET": ("^",), "LPAR": ("(",), "RPAR": (")",), "COMMA": (",",), "DOTS": ("..",),
        "ARROW": ("->", "→"), "UNCERTAIN": ("±", "+/-"), "EQ": ("=",), "DEFINE": (":=",),
        "FIT": ("~=", "≈"), "NE": ("!=", "≠"), "LT": ("<",), "LE": ("<=", "≤"), "GT": (">",),
        "GE": (">=", "≥"),
    }  # fmt: skip
    return {name: found[name] for name in declared}


def sentences(inner: Mapping[str, Sequence[str]]) -> Mapping[str, st.SearchStrategy[str]]:
    """Return for each kind of line and of phrase the sentences that the grammar has for it.

    Args:
        inner: Texts of phrases that may stand inside others.
    """
    made = grammar()
    starts = [*made.forms, *made.inner]
    lark = Lark(made.text, parser="lalr", lexer=_Unlexed, start=starts)
    texts = {name: [f"{word} " for word in words] for name, words in _spellings().items()}
    texts |= {
        f"SOME_{name.upper()}": [*inner.get(name, ())[::3], *BEGINNINGS.get(name, _VALUES)]
        for name in made.inner
    }
    found: dict[str, st.SearchStrategy[str]] = {}
    for start in starts:
        _, rules, _ = lark.grammar.compile([start], ())
        used = {symbol.name for rule in rules for symbol in rule.expansion if symbol.is_term}
        explicit = {name: st.sampled_from(words) for name, words in texts.items() if name in used}
        found[start] = from_lark(lark, start=start, explicit=explicit)
    return found


def drawn(number: int, size: int) -> Mapping[str, Sequence[str]]:
    """Return sentences of each kind of line, made from a seed.

    Args:
        number: The seed.
        size: How many for each kind.
    """
    made = grammar()
    inner: dict[str, Sequence[str]] = {}
    found = sentences(inner)
    inner = {name: _sampled(found[name], number, max(10, size // 4)) for name in made.inner}
    found = sentences(inner)
    return {form: _sampled(found[form], number, size) for form in made.forms}


def _sampled(strategy: st.SearchStrategy[str], number: int, size: int) -> list[str]:
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=tuple(HealthCheck),  # type: ignore[arg-type]
    )
    @given(strategy)
    def collect(sentence: str) -> None:
        found.append(sentence)

    collect()
    return found


@dataclass(frozen=True)
class Material:
    """What cases are made of: sentences by kind of line, and files."""

    lines: Mapping[str, Sequence[str]]
    corpus: Sequence[bytes]

    def case(self, number: int, case: int) -> tuple[str, bytes]:
        """Return where a case comes from, `grammar` or `bytes`, and its bytes."""
        chance = random.Random(f"{number}/{case}")
        if case % 2:
            return "bytes", spoilt_bytes(chance, self.corpus)
        if case % 6 == 0:
            return "grammar", sound(chance, self.lines).encode()
        text = blocks(chance, self.lines)
        for _ in range(chance.choice((0, 0, 0, 1, 1, 1, 2, 4))):
            text = spoilt(chance, text)
        return "grammar", text.encode("utf-8", "surrogatepass")


@cache
def corpus() -> tuple[bytes, ...]:
    """Return the files at hand, long ones as pieces."""
    found: list[bytes] = []
    for pattern in CORPUS:
        for path in sorted(ROOT.glob(pattern)):
            data = path.read_bytes()
            found += [
                data[at : at + MOST_BYTES]
                for at in range(0, min(len(data), 5 * MOST_BYTES), MOST_BYTES)
            ]
    return tuple(found)


def blocks(chance: random.Random, lines: Mapping[str, Sequence[str]]) -> str:
    """Return a file with one or more blocks of such lines."""
    count = chance.choice((1,) * 14 + (2, 3))
    found = "\n".join(_block(chance, lines, number) for number in range(count))
    # Where everything is a plain number, dimensions hold and later passes are reached.
    return re.sub(r"\[[^\]\n]*\]+", "[1]", found) if chance.random() < 0.5 else found


def sound(chance: random.Random, lines: Mapping[str, Sequence[str]]) -> str:
    """Return a law of plain numbers whose names are all declared, so that later passes see it."""
    names = [name for name in NAMES if name != "pi" and "." not in name]
    unknown, state = chance.sample(("a", "b", "u", "v", "x", "y"), 2)
    out = ["law drawn@1.0.0", '  title   "Drawn"', "  status  draft", "", "  symbols"]
    for name in names:
        span = (
            "" if name in (unknown, state) else chance.choice((" 1 .. 10", " -1 .. 1", " 0 .. 1"))
        )
        out.append(f"    {name} : what it is{' (t)' if name == state else ''}  [1]{span}")
    value = _line(chance, lines["cell"])
    out += ["", "  equations", f"    e: {unknown} {chance.choice(('=', '=', ':=', '~='))} {value}"]
    if chance.random() < 0.4:
        out += [
            f"    f: d{state}/dt = {chance.choice((f'-k*{state}', _line(chance, lines['cell'])))}"
        ]
        out += ["", "  initial", f"    {state} = {chance.choice(('n', '1', 'c'))} at t = 1"]
    for section in ("valid", "checks"):
        if chance.random() < 0.4:
            out += ["", f"  {section}", f"    {_item(chance, lines, section)}"]
    text = re.sub(r"\[[^\]\n]*\]+", "[1]", "\n".join(out) + "\n")
    return re.sub(r"(?:\bd|∂)[²^2]*[a-z]?/(?:d|∂)[a-z]\S*", f"d{state}/dt", text)


def _line(chance: random.Random, lines: Sequence[str]) -> str:
    """Return a line; short ones are likelier, since one slip hides what else a line holds."""
    return min(chance.choices(lines, k=2), key=len)


def _block(chance: random.Random, lines: Mapping[str, Sequence[str]], number: int) -> str:
    kind = chance.choice(("law", "law", "law", "law", "system", "constants"))
    out = [f"{kind} drawn-{number}@1.{chance.randrange(3)}.0"]
    out += ['  title   "Drawn"', f"  status  {chance.choice(('draft', 'draft', 'confirmed', 'x'))}"]
    if chance.random() < 0.3:
        out.append(f"  {_head(chance)}")
    out.append("")
    if kind == "constants":
        for name in chance.sample(NAMES, 4):
            out.append(f"  {name} : what it is  {_line(chance, lines['constant'])}")
        return "\n".join(out) + "\n"
    out += ["  symbols", *(f"    {line}" for line in _symbols(chance, lines))]
    for section in _SECTIONS[1:]:
        if chance.random() < (0.9 if section == "equations" else 0.2):
            out += ["", f"  {section}"]
            items = (_item(chance, lines, section) for _ in range(chance.choice((1, 1, 2))))
            out += [f"    {item}" for item in items]
    return "\n".join(out) + "\n"


def _head(chance: random.Random) -> str:
    return chance.choice(
        (
            "import  physics.constants.conventional@1 (g0)",
            "import  physics.constants.codata-2022 (c, h as b)",
            "use     medicine.pharmacokinetics.iv-bolus@1 as pk",
            "use     drawn-0 as pk",
            "supersedes drawn-0",
            "successor drawn-1@1",
            'source  "A. Author, A Journal 1 (1900) 1–2"',
            'note    "Two\n           lines."',
            "coordinates x, y",
            "coordinates r, theta, phi spherical",
        )
    )


def _symbols(chance: random.Random, lines: Mapping[str, Sequence[str]]) -> list[str]:
    found = []
    names = [name for name in NAMES if name != "pi" and "." not in name]
    for name in chance.sample(names, chance.choice((3, 5, 7, len(names)))):
        shape = chance.choice(("", "", "", " (t)", " (t, x)", " (x)"))
        if chance.random() < 0.4:
            found.append(f"{name} : what it is{shape} {_line(chance, lines['declaration'])}")
            continue
        span = chance.choice(("", "", " 1 .. 10", " 0.1 .. 10 log", " -1 .. 1", " = 2"))
        of = chance.choice(
            ("", "", "", "", "", "", "vector ", "one of A, B, C ", "integer 1 .. 4 ")
        )
        indices = chance.choice(("", "", "", "", "", "[a]", "[n, k]"))
        unit = chance.choice(("[1]", "[1]", *UNITS))
        found.append(f"{name}{indices} : {of}what it is{shape}  {unit}{span}")
    return found


def _item(chance: random.Random, lines: Mapping[str, Sequence[str]], section: str) -> str:
    value = _line(chance, lines["cell"])
    one, two, three = chance.choices(NAMES, k=3)
    if section == "reactions":
        arrow = chance.choice(("->", "->", "<=>", "⇌"))
        rate = chance.choice((f"rate {one}", f"rate {one}, {two}", f"rate = {value}"))
        left = chance.choice((one, f"2 {one}", f"{one} + {two}", "0", f"{one} + 3*{two}"))
        return f"r{chance.randrange(3)}: {left} {arrow} {chance.choice((three, '0'))} ; {rate}"
    if section == "connect":
        return f"pk.{one} = {chance.choice((two, f'pk.{two}', value))}"
    if section == "boundary":
        return chance.choice((f"{one} = {value} at {two} = 0 [m]", f"{one} periodic in {two}"))
    if section == "checks":
        if chance.random() < 0.2:
            rows = "".join(f"\n      | {value} | {chance.choice(NUMBERS)} |" for _ in range(2))
            within = chance.choice(("", " within 1e-3"))
            return f"examples{within}\n      | {one} | {two} [s] |{rows}"
        form = chance.choice(("example", "always"))
        return f"{form}{':' if form == 'example' else ''} {_line(chance, lines[form])}"
    if section == "equations":
        label = chance.choice(("", "", f"e{chance.randrange(4)}: ", f"e each {one} in {two}: "))
        return label + chance.choice((*[_line(chance, lines["equation"])] * 9, f"{one} ~ {value}"))
    return _line(chance, lines[section])


def spoilt(chance: random.Random, text: str) -> str:
    """Return a text with one token or character deleted, doubled, swapped or put in."""
    if chance.random() < 0.3:
        at = chance.randrange(len(text) + 1)
        span = (at, min(at + 1, len(text)))
        other = (at, at)
    else:
        tokens = [match.span() for match in _TOKEN.finditer(text)]
        if not tokens:
            return chance.choice(ODD)
        span, other = chance.choice(tokens), chance.choice(tokens)
    start, end = span
    act = chance.randrange(6)
    if act == 0:
        return text[:start] + text[end:]
    if act == 1:
        return text[:end] + text[start:end] * chance.choice((1, 1, 1, 2, 50)) + text[end:]
    if act == 2:
        (start, end), (first, last) = sorted((span, other))
        if end <= first:
            middle = text[end:first]
            return text[:start] + text[first:last] + middle + text[start:end] + text[last:]
    if act == 3:
        return text[:start] + text[other[0] : other[1]] + text[end:]
    odd = chance.choice(ODD)
    return text[:start] + odd + text[end if act == 4 else start :]


def spoilt_bytes(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Return a file with bytes flipped, deleted, doubled, spliced or put in."""
    data = bytearray(chance.choice(corpus))
    if len(data) > 1_000 and chance.random() < 0.9:
        # Most cases are short, so that there are many.
        start = bytes(data).find(b"\nlaw ", chance.randrange(len(data))) + 1
        data = data[start : start + 1_000] if start else data
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 2, 4, 10, 80)))
        act = chance.randrange(6)
        if act == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif act == 1:
            del data[at:end]
        elif act == 2:
            data[at:at] = data[at:end] * chance.choice((1, 1, 1, 20))
        elif act == 3:
            other = chance.choice(corpus)
            start = chance.randrange(len(other) + 1)
            data[at:end] = other[start : start + chance.choice((5, 20, 100, 400))]
        elif act == 4:
            data[at:at] = chance.choice(ODD).encode()
        else:
            data = bytearray(spoilt(chance, data.decode("utf-8", "replace")).encode())
    return bytes(data)
