"""Read what declares names: lines of `symbols`, of a `constants` block, and imports.

The words of a declaration are free text. They end where a unit, a range, a default or the line
ends; a list in brackets directly before that is what the quantity depends on, if it holds
declared names, and part of the words otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lawc.diagnostics.diagnostic import Place
from lawc.syntax.document import ConstantLine, Declaration, ImportLine, Word
from lawc.syntax.kinds import SPECIAL, Special, read_special
from lawc.syntax.plain_declarations import read_plain
from lawc.syntax.raw_blocks import Line
from lawc.syntax.reading import read_line
from lawc.syntax.refusal import UnreadableError, refusal
from lawc.syntax.scope import Scope, scope
from lawc.syntax.spelling import NAME, normal, skeleton
from lawc.syntax.tokens import RESERVED, check_name
from lawc.syntax.tree import Name, Node, Number, UnitText, walk

_ONE = rf"{NAME}(?:\[[^\[\]\n:]*\])?"
_NAMES = re.compile(rf"({_ONE}(?:[ ]*,[ ]*{_ONE})*)[ ]*:(?!=)")
_PLAIN_NAME = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)[ ]*:(?!=)")
_NAME = re.compile(NAME)
_CALLED = re.compile(rf"({NAME})[ ]*\([ ]*({NAME}(?:[ ]*,[ ]*{NAME})*)[ ]*\)")
_VALUED = re.compile(rf"({NAME})[ ]*=[ ]*(-?[0-9][0-9.eE+-]*)[ ]*(\[[^\[\]]*\])?")
_INDEXED = re.compile(rf"({NAME})(?:\[([^\[\]\n:]*)\])?")
_VECTOR = re.compile(r"\bvector[23]\b")
_WORD = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"#[^\n]*")
_LAST_CHUNK = re.compile(r"\S+[ ]*$")
_LOG_BEFORE = re.compile(r"\blog[ ]*$")
_DEPENDS = re.compile(rf"\([ ]*({NAME}(?:[ ]*,[ ]*{NAME})*)[ ]*\)$")
_IMPORT = re.compile(r"import[ ]+([^\s()]+)(?:[ ]+|(?=\())\(([^()]*)\)[ ]*$", re.DOTALL)


def without_comments(text: str, line: Line) -> str:
    """Return a line as one string of the same length, comments and line ends made spaces."""
    part = text[line.start : line.end]
    if "#" in part:
        part = _COMMENT.sub(lambda match: " " * len(match[0]), part)
    return part.replace("\n", " ").replace("\t", " ")


def names_of(text: str, line: Line, path: str) -> tuple[Name, ...]:
    """Return the names that a line declares, as far as they can be read; none where it has none.

    No rule is applied yet: this is what the other lines of the block may refer to.
    """
    match = _NAMES.match(text, line.start, line.end)
    if match is None:
        return _unruly_names(text, line, path)
    if match[1].isidentifier():
        return (Name(Place(path, *match.span(1)), normal(match[1])),)
    named = _INDEXED if "[" in match[1] else _NAME
    return tuple(
        _name(name, path) for name in named.finditer(text, line.start, line.start + len(match[1]))
    )


def plain_name(text: str, line: Line) -> str:
    """Return the name that a line declares, if it declares just one, in ASCII, and no vector."""
    match = _PLAIN_NAME.match(text, line.start, line.end)
    if match is None or text.find("vector", match.end(), line.end) >= 0:
        return ""
    return match[1]


def indexed_in(text: str, line: Line, names: Iterable[Name]) -> tuple[Name, ...]:
    """Return those names of a declaration that a bracket may follow: vectors, and indexed ones."""
    colon = text.find(":", line.start, line.end)
    if text.find("[", line.start, colon) >= 0:
        return tuple(names)
    if text.find("vector", colon, line.end) >= 0 and _VECTOR.search(text, colon, line.end):
        return tuple(names)
    return ()


def _unruly_names(text: str, line: Line, path: str) -> tuple[Name, ...]:
    """Return what stands for names in a line that will be reported: words before a colon."""
    colon = text.find(":", line.start, line.end)
    if colon < 0:
        first = _NAME.match(text, line.start, line.end)
        return (_name(first, path),) if first else ()
    return tuple(_name(word, path) for word in _WORD.finditer(text, line.start, colon))


def read_declaration(text: str, line: Line, scope: Scope) -> Declaration:
    """Return a line of `symbols`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    return read_plain(text, line, scope) or read_any(text, line, scope)


def read_any(text: str, line: Line, scope: Scope) -> Declaration:
    """Return a line of `symbols`, whether it is a plain one or not.

    Raises:
        UnreadableError: The line cannot be read.
    """
    names, part, at = _names_and_rest(text, line, scope, "t : time [s]")
    special = SPECIAL.search(part, at)
    if special is None:
        tail = _tail(part, at)
        found = Special(tail, tail, len(part))
    else:
        found = read_special(part, at, line.start, _tail(part, at), scope)
    depends, words = _depends(part[: found.words].rstrip(" "), at, line.start, names, scope)
    first, last = line.start + found.tail, line.start + found.end
    unit, shape, limits, log, default = read_line(text, first, last, "declaration", scope)
    low, high = limits or (found.low, found.high)
    if unit is None:
        _unit_first((low, high, default), scope)
    return Declaration(
        Place(scope.path, line.start, line.start + len(part.rstrip(" "))),
        names,
        words,
        depends,
        unit,
        low,
        high,
        bool(log),
        default if found.default is None else found.default,
        found.kind,
        found.choices,
        found.shape if shape is None else shape,
        _indices(text, line, names, scope),
        found.unknown,
    )


def read_constant(text: str, line: Line, scope: Scope) -> ConstantLine:
    """Return a line of a `constants` block.

    Raises:
        UnreadableError: The line cannot be read.
    """
    names, part, at = _names_and_rest(text, line, scope, "c : speed of light = 299792458 [m/s]")
    equals = part.find("=", at)
    place = Place(scope.path, line.start, line.start + len(part.rstrip(" ")))
    if equals < 0:
        raise refusal(
            "L0101",
            "this constant has no value",
            place,
            help="write `= value [unit]` after its words, and `[1]` for a plain number",
        )
    bracket = part.find("[", at, equals)
    if bracket >= 0:
        value = read_line(text, line.start + equals + 1, line.end, "cell", scope)
        unit = _unit_before(part, bracket, equals, line, scope)
        return ConstantLine(place, names, " ".join(part[at:bracket].split()), value, unit)
    value = read_line(text, line.start + equals, line.end, "constant", scope)
    words = " ".join(part[at:equals].split())
    return ConstantLine(place, names, words, value)


def _unit_before(part: str, start: int, end: int, line: Line, scope: Scope) -> UnitText:
    """Return the unit that a constant declares before its formula."""
    text = part[start:end].rstrip(" ")
    inner = text[1:-1].strip(" ")
    place = Place(scope.path, line.start + start + 1, line.start + start + len(text) - 1)
    if not text.endswith("]") or "]" in inner or not inner:
        raise refusal(
            "L0101",
            "a unit in brackets stands before the `=` of a constant, or behind its number",
            Place(scope.path, line.start + start, line.start + end),
            help="write `hbar : reduced Planck constant [J*s] = h/(2*pi)`",
        )
    return UnitText(place, inner)


def read_import(text: str, line: Line, path: str) -> ImportLine:
    """Return `import ID (names)`.

    Raises:
        UnreadableError: The line cannot be read.
    """
    part = without_comments(text, line)
    place = Place(path, line.start, line.start + len(part.rstrip(" ")))
    match = _IMPORT.match(part)
    names = [name.strip(" ") for name in match[2].split(",")] if match else []
    if match is None or not all(_NAME.fullmatch(name) for name in names):
        raise refusal(
            "L0101",
            "an import names a block, and in round brackets what it takes from there",
            place,
            help="write `import constants.codata-2022@1 (R, k_B)`",
        )
    first = line.start + match.start(1)
    inside = line.start + match.start(2)
    return ImportLine(
        place,
        Word(Place(path, first, first + len(match[1])), match[1]),
        tuple(
            _name(name, path) for name in _NAME.finditer(text, inside, line.start + match.end(2))
        ),
    )


def _names_and_rest(
    text: str, line: Line, scope: Scope, example: str
) -> tuple[tuple[Name, ...], str, int]:
    """Return the names of a declaration, the line without comments, and where its words begin."""
    part = without_comments(text, line)
    match = _NAMES.match(part)
    if match is None:
        raise _no_names(part, line, scope, example)
    names = names_of(text, line, scope.path)
    for name in names:
        _check_declared(name, text, scope)
    return names, part, match.end()


def _indices(text: str, line: Line, names: tuple[Name, ...], scope: Scope) -> tuple[Name, ...]:
    """Return the indices of the names of a line, which share them."""
    colon = text.find(":", line.start, line.end)
    if text.find("[", line.start, colon) < 0:
        return ()
    found: list[tuple[str, ...]] = []
    indices: tuple[Name, ...] = ()
    for name in names:
        match = _INDEXED.match(text, name.place.start)
        assert match is not None
        inside = match[2] or ""
        place = Place(scope.path, *match.span())
        if not all(_NAME.fullmatch(index.strip(" ")) for index in inside.split(",")):
            raise refusal(
                "L0101",
                f"the brackets of `{match[0][:60]}` hold no name",
                place,
                help="write the name of what it has an index for, as in `c[species] : …`",
            )
        indices = tuple(_name(index, scope.path) for index in _NAME.finditer(text, *match.span(2)))
        found.append(tuple(index.name for index in indices))
        if found[-1] != found[0]:
            raise refusal(
                "L0101",
                "names of one line have the same indices",
                place,
                help="declare them on lines of their own",
            )
    return indices


def _check_declared(name: Name, text: str, known: Scope) -> None:
    """Refuse a name that the language needs, that mixes scripts, or that looks like another."""
    written = text[name.place.start : name.place.end]
    if name.name in RESERVED:
        raise refusal(
            "L0101",
            f"`{written}` is a word of the language",
            name.place,
            help=f"choose another name, such as `{written}_`",
        )
    if name.name in ("pi", "π"):
        raise refusal("L0112", f"`{written}` is built in", name.place, help="choose another name")
    if written.isascii():
        return
    check_name(written, name.place.start, scope(known.path, ()))
    twin = known.lookalikes.get(skeleton(name.name), name.name)
    if twin != name.name:
        raise refusal(
            "L0107",
            f"`{written}` looks like `{twin}`, which is declared too",
            name.place,
            help="choose a name that looks different",
        )


def _no_names(part: str, line: Line, scope: Scope, example: str) -> UnreadableError:
    colon = part.find(":")
    shown = (part[:colon] if colon >= 0 else part).strip(" ")
    place = Place(scope.path, line.start, line.start + max(1, len(shown)))
    if colon < 0 or part.startswith(":=", colon):
        valued = _VALUED.fullmatch(shown) if len(shown) <= 60 else None
        help = f"write it as in `{example}`"
        if valued is not None:
            name, value, unit = valued.groups(default="[1]")
            number = f"= {value} {unit}" if "=" in example else f"{unit} = {value}"
            help = f"write `{name} : what it is {number}`"
        return refusal("L0101", "a colon is missing between a name and its words", place, help=help)
    if not shown:
        return refusal(
            "L0101", "no name stands before the colon", place, help=f"write it as in `{example}`"
        )
    odd = next((letter for letter in shown if letter.isalpha() and not _NAME.match(letter)), None)
    if odd is not None:
        plain = skeleton(shown)
        return refusal(
            "L0107",
            f"`{shown[:60]}` has letters that are neither Latin nor Greek",
            place,
            notes=[f"`{odd}` is the character U+{ord(odd):04X}"],
            help=f"write `{plain[:60]}` in Latin letters"
            if plain.isascii()
            else "write names in Latin or Greek letters",
        )
    called = _CALLED.fullmatch(shown) if len(shown) <= 60 else None
    return refusal(
        "L0101",
        f"`{shown[:60]}` cannot be a name",
        place,
        help=f"write `{called[1]} : … ({called[2]})`: what it depends on stands after its words"
        if called
        else f"write `{shown.replace('-', '_')}`"
        if re.fullmatch(rf"{NAME}(-{NAME})+", shown[:60])
        else "names are letters with digits and `_`, and commas stand between them",
    )


def _tail(part: str, at: int) -> int:
    """Return where the words end: at a unit, a range, a default, or with the line."""
    ends = [len(part.rstrip(" "))]
    bracket = part.find("[", at)
    if bracket >= 0:
        ends.append(bracket)
    equals = part.find("=", at, min(ends))
    if equals >= 0:
        log = _LOG_BEFORE.search(part, at, equals)
        ends.append(log.start() if log else equals)
    dots = part.find("..", at, min(ends))
    if dots >= 0:
        chunk = _LAST_CHUNK.search(part[at:dots])
        ends.append(at + chunk.start() if chunk else dots)
    return max(at, min(ends))


def _depends(
    part: str, at: int, offset: int, names: tuple[Name, ...], scope: Scope
) -> tuple[tuple[Name, ...], str]:
    """Split `displacement (t)` into what it depends on and its words.

    One declared name in the list makes it a list of names, so that a misspelt one is found.
    """
    match = _DEPENDS.search(part, at)
    if match is not None:
        listed = tuple(
            Name(Place(scope.path, offset + name.start(), offset + name.end()), normal(name[0]))
            for name in _NAME.finditer(part, match.start(1), match.end(1))
        )
        own = {name.name for name in names}
        if any(name.name in scope.names and name.name not in own for name in listed):
            return listed, " ".join(part[at : match.start()].split())
    return (), " ".join(part[at:].split())


def _unit_first(values: tuple[Node | None, ...], scope: Scope) -> None:
    """Refuse a unit that stands in a range or default although none is declared."""
    for value in values:
        for node in walk(value) if value is not None else ():
            if isinstance(node, Number) and node.unit is not None:
                raise refusal(
                    "L0101",
                    "the unit of a declaration stands before its range and its value",
                    node.place,
                    help=f"write `[{node.unit.text}]` first, then the range, then `= value`",
                )


def _name(match: re.Match[str], path: str) -> Name:
    group = 1 if match.re is _INDEXED else 0
    return Name(Place(path, *match.span(group)), normal(match[group]))
