"""Plant single errors in the shipped laws, and see what the checker says about them.

    python benchmarks/unit_errors.py [--errors N] [--seed N] [--bare] [--show N] [--held-out]

First table: a declared unit is replaced by one of another dimension, drawn from the mistakes that
people make. A wrong prefix is not among them: dimensions do not see it, examples do. An error that
gives no finding at all is counted as one that no formula sees, and drawn again.

Second table: one edit of an equation, of one symbol, one sign or one exponent, that its dimensions
see. Third: one slip of the keyboard in a name of an equation.

Everything is judged by the findings as a user gets them: the place of the first one, and its
repairs in the order in which they are offered, applied to the text and checked again.

The rules by which the checker ranks were written with the shipped laws at hand. `--held-out` plants
the errors in laws that had no part in that: the published table of physical formulas, as the
importer writes it. Such a law has no checks, and most are one equation, in which several symbols
may be to blame.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawc.analysis.checking import check
from lawc.analysis.digest import digest
from lawc.analysis.unit_reading import read_unit
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.diagnostics.frame import render
from lawc.importers.formats import import_file
from lawc.knowledge.base import KnowledgeBase
from lawc.pipeline.checking import read_library
from lawc.syntax.document import Block, Declaration
from lawc.syntax.parsing import parse
from lawc.syntax.tree import Binary, Derivative, Name, Node, Number, walk
from lawc.units.reading import parse_unit
from lawc.units.unit import Unit

FORMULAS = Path(__file__).parents[2] / "shared" / "material" / "feynman"
_TIME = r"(?:s|min|h|day|yr)"
_KINDS = {
    "kg": ("N",), "N": ("kg", "J", "Pa"), "J": ("W", "N"), "W": ("J", "W/m^2"), "K": ("J", "W"),
    "Pa": ("N", "Pa/s"), "V": ("A", "J"), "mg": ("mmol", "mL"), "mg/L": ("mmol/L", "mg"),
    "mmol/L": ("mg/L", "mmol"), "mol/L": ("mol", "g/L"), "L": ("m^2", "L/h"), "m": ("m^2", "s"),
    "cm": ("cm^2", "kg"), "kJ/mol": ("kJ", "kJ/kg"), "rad/s": ("rev/s", "rad"), "g": ("mol", "mL"),
    "s": ("Hz", "m"), "h": ("1/h", "mg"), "day": ("1/day",), "yr": ("person",), "1": ("rad", "s"),
    "person": ("1/yr", "1/km^2"), "individual": ("1/yr", "1/m^2"), "mmHg": ("K",),
}  # fmt: skip
"""Units that people take for others, by the unit that is right."""
_DIMENSIONS = frozenset(("L0203", "L0205", "L0207", "L0208", "L0209"))


@dataclass(frozen=True)
class Error:
    """One error of one law.

    Attributes:
        law: The text of the file with this law alone.
        kind: What was done, in words.
        start, end: The part that is replaced.
        text: What stands there.
        line: The place of the line in which it stands.
    """

    source: Source
    kind: str
    start: int
    end: int
    text: str

    def planted(self) -> Source:
        """Return the text with the error in it."""
        text = self.source.text
        return Source(self.source.path, text[: self.start] + self.text + text[self.end :])


@dataclass
class Counts:
    """What came out, for one table or one kind of error."""

    errors: int = 0
    unseen: int = 0
    culprit: int = 0
    first: int = 0
    three: int = 0
    scale: int = 0
    messages: int = 0
    seconds: list[float] = field(default_factory=list)


def laws(base: KnowledgeBase, bare: bool) -> list[Source]:
    """Return the text of each shipped law as a file of its own, under the path of its file."""
    found = []
    for law in base.laws.values():
        assert law.place is not None
        source = base.sources[law.place.path]
        document, _ = parse(source)
        block = next(b for b in document.blocks if b.name.place == law.place)
        text = block.text.rstrip() + "\n"
        if bare and "\n  checks\n" in text:
            text = text[: text.index("\n  checks\n")] + "\n"
        found.append(Source(source.path, text))
    return found


def held_out(base: KnowledgeBase) -> list[Source]:
    """Return the laws of the published table in which nothing is found."""
    units = (FORMULAS / "units.csv").read_bytes()
    found = []
    for table in ("FeynmanEquations", "BonusEquations"):
        data = (FORMULAS / f"{table}.csv").read_bytes()
        text = import_file(f"{table}.csv", data, units).text
        blocks = re.split(r"\n(?=law )", text)
        found += [
            Source(f"knowledge/physics/{table.lower()}.law", b.rstrip() + "\n") for b in blocks
        ]
    return [source for source in found if not findings_of(source, base)]


def findings_of(source: Source, base: KnowledgeBase) -> tuple[Diagnostic, ...]:
    """Return what is said about a file, as `lawc check --quick` would say it."""
    document, misread = parse(source)
    _, found = check([document], known=base)
    own = [f for f in (*misread, *found) if f.place.path == source.path]
    return tuple(sorted(own, key=lambda f: f.place.start))


def the_block(source: Source) -> Block:
    """Return the one law of a text."""
    document, _ = parse(source)
    return document.blocks[0]


def mistaken(text: str, others: list[str], time_unit: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of mistakes and the units that they give."""
    if re.search(rf"/{_TIME}\b", text):
        yield "forgotten time", re.sub(rf"/{_TIME}\b(?!\^)", "", text, count=1)
    else:
        yield "time too much", f"{text}/{time_unit}"
    if "^" in text:
        yield "forgotten power", re.sub(r"\^\d", "", text, count=1)
    yield "squared", f"({text})^2" if re.search(r"[*/]", text) else f"{text}^2"
    yield "upside down", text[2:] if text.startswith("1/") else f"1/({text})"
    for word, per in (("mass", "kg"), ("volume", "L"), ("amount", "mol"), ("area", "m^2")):
        if f"/{per}" in text:
            yield f"per {word} forgotten", text.replace(f"/{per}", "", 1)
        else:
            yield f"per {word}", f"{text}/{per}"
    if "/" in text and not text.startswith("1/"):
        yield "product for quotient", text.replace("/", "*", 1)
        yield "denominator forgotten", text[: text.rindex("/")]
    for other in _KINDS.get(text, ()):
        yield "wrong kind", other
    for other in others:
        yield "unit of another symbol", other


def unit_errors(source: Source) -> Iterator[Error]:
    """Yield every wrong unit of another dimension, each once."""
    block = the_block(source)
    lines = [(line, line.unit) for line in block.symbols if line.unit is not None]
    times = [u.text for _, u in lines if re.fullmatch(_TIME, u.text)]
    for line, unit in lines:
        right = read_unit(unit)
        assert right is not None and line.names
        others = [u.text for _, u in lines if u.text != unit.text]
        seen = {right.dimension}
        for kind, text in mistaken(unit.text or "1", others, times[0] if times else "s"):
            wrong = parse_unit(text) if text else None
            if isinstance(wrong, Unit) and wrong.dimension not in seen:
                seen.add(wrong.dimension)
                yield Error(source, kind, unit.place.start, unit.place.end, text)


def equation_errors(source: Source, chance: random.Random) -> Iterator[Error]:
    """Yield single edits of equations."""
    block = the_block(source)
    text = source.text
    names = [name.name for line in block.symbols for name in line.names]

    def error(kind: str, node: Node, new: str) -> Error:
        return Error(source, kind, node.place.start, node.place.end, new)

    def said(node: Node) -> str:
        return text[node.place.start : node.place.end]

    for line in block.equations:
        for node in (*walk(line.left), *walk(line.right)):
            match node:
                case Binary(_, "*", left, right):
                    if _is_symbol(right):
                        yield error("dropped factor", node, said(left))
                    if _is_symbol(left):
                        yield error("dropped factor", node, said(right))
                    yield from _operator(source, node, "*", "/")
                case Binary(_, "/", left, right):
                    if _is_symbol(right):
                        yield error("dropped divisor", node, said(left))
                    yield from _operator(source, node, "/", "*")
                case Binary(_, "^", left, Number(_, _, value, None)):
                    yield error("forgotten exponent", node, said(left))
                    for power in {2, 3, 4} - {value}:
                        yield error("wrong exponent", node.right, str(power))
                case Name(_, name) if name in names:
                    for other in chance.sample(names, min(3, len(names))):
                        if other != name:
                            yield error("swapped symbol", node, other)
                case Derivative(_, of, _, _):
                    yield error("forgotten derivative", node, said(of))


def _is_symbol(node: Node) -> bool:
    """Return whether a factor is one symbol or its power, which one edit can put back."""
    match node:
        case Binary(_, "^", Name(), Number()):
            return True
    return isinstance(node, Name)


def _operator(source: Source, node: Binary, old: str, new: str) -> Iterator[Error]:
    start, end = node.left.place.end, node.right.place.start
    between = source.text[start:end]
    if between.count(old) == 1:
        at = start + between.index(old)
        yield Error(source, "wrong operator", at, at + 1, new)


def typing_errors(source: Source, chance: random.Random) -> Iterator[Error]:
    """Yield one slip in one name of an equation: a letter left out, doubled, swapped or wrong."""
    block = the_block(source)
    known = {name.name for line in block.symbols for name in line.names}
    for line in block.equations:
        for node in (*walk(line.left), *walk(line.right)):
            if not isinstance(node, Name) or len(node.name) < 2 or node.name not in known:
                continue
            if source.text[node.place.start : node.place.end] != node.name:
                continue
            name, at = node.name, chance.randrange(len(node.name))
            slips = {
                "left out": name[:at] + name[at + 1 :],
                "doubled": name[:at] + name[at] * 2 + name[at + 1 :],
                "swapped": name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :] if at else "",
                "another": name[:at] + chance.choice(string.ascii_lowercase) + name[at + 1 :],
                "other case": name.swapcase(),
            }
            for kind, slip in slips.items():
                if slip and slip[0].isalpha() and slip not in known and slip != "pi":
                    yield Error(source, f"letter {kind}", node.place.start, node.place.end, slip)


def judge_unit(error: Error, base: KnowledgeBase, counts: Counts) -> tuple[Diagnostic, ...]:
    """Count what is said about a wrong unit."""
    block = the_block(error.source)
    line = _line_at(block, error.start)
    right = read_unit(line.unit) if line.unit is not None else None
    assert right is not None
    planted = error.planted()
    found = _timed(planted, base, counts)
    if not found:
        return found
    wrong = _line_at(the_block(planted), error.start)
    where = found[0].place
    counts.culprit += wrong.place.start <= where.start and where.end <= wrong.place.end
    ranks: list[bool] = []
    for repair in found[0].repairs[:3]:
        mended = Source(planted.path, repair.applied(planted.text))
        lines = the_block(mended).symbols
        mine = [one for one in lines if one.names and one.names[0].name == line.names[0].name]
        unit = read_unit(mine[0].unit) if mine and mine[0].unit is not None else None
        good = (
            unit is not None and unit.dimension == right.dimension and not findings_of(mended, base)
        )
        ranks.append(good)
        if good and not any(ranks[:-1]) and unit is not None and unit.factor == right.factor:
            counts.scale += 1
    counts.first += ranks[:1] == [True]
    counts.three += any(ranks)
    return found


def judge_text(error: Error, base: KnowledgeBase, counts: Counts) -> tuple[Diagnostic, ...]:
    """Count what is said about an edit of an equation: a repair is right if the law is back."""
    planted = error.planted()
    found = _timed(planted, base, counts, seen=_DIMENSIONS | {"L0111", "L0113"})
    if not found:
        return found
    line = _line_of(error.source.text, error.start)
    counts.culprit += _line_of(planted.text, found[0].place.start) == line
    right = _digest(error.source, base)
    ranks = [
        _digest(Source(planted.path, repair.applied(planted.text)), base) == right
        for repair in found[0].repairs[:3]
    ]
    counts.first += ranks[:1] == [True]
    counts.three += any(ranks)
    return found


def _timed(
    planted: Source, base: KnowledgeBase, counts: Counts, seen: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    start = time.perf_counter()
    found = findings_of(planted, base)
    seconds = time.perf_counter() - start
    if not found or (seen and not any(f.code in seen for f in found)):
        counts.unseen += 1
        return ()
    counts.seconds.append(seconds)
    counts.errors += 1
    counts.messages += len(found)
    return found


def _digest(source: Source, base: KnowledgeBase) -> str:
    document, misread = parse(source)
    known, _ = check([document], known=base)
    mine = [law for law in known.laws.values() if law.place and law.place.path == source.path]
    mine = [law for law in mine if law.place and law.place.end <= 200]
    return digest(mine[0]) if mine and not misread else ""


def _line_at(block: Block, offset: int) -> Declaration:
    return next(d for d in block.symbols if d.place.start <= offset <= d.place.end)


def _line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset)


def run(
    title: str,
    errors: list[Error],
    judge: Callable[[Error, KnowledgeBase, Counts], tuple[Diagnostic, ...]],
    base: KnowledgeBase,
    wanted: int,
    show: int,
) -> None:
    """Judge errors until enough were seen, and print a table by kind."""
    table: dict[str, Counts] = {}
    total = Counts()
    for error in errors:
        if sum(c.errors for c in table.values()) >= wanted:
            break
        counts = table.setdefault(error.kind, Counts())
        before = counts.three, counts.culprit, counts.messages
        found = judge(error, base, counts)
        missed = counts.three == before[0] or counts.messages > before[2] + 1
        missed = bool(found) and (missed or counts.culprit == before[1])
        if missed and show > 0:
            show -= 1
            planted = error.planted()
            was = error.source.text[error.start : error.end]
            print(f"--- {error.kind}: {was!r} → {error.text!r}")
            print(render(found, {planted.path: planted}, color=False))
            print([f"{r.title or r.text}" for r in found[0].repairs], "\n")
    for counts in table.values():
        total.errors += counts.errors
        total.unseen += counts.unseen
        total.culprit += counts.culprit
        total.first += counts.first
        total.three += counts.three
        total.scale += counts.scale
        total.messages += counts.messages
        total.seconds += counts.seconds
    head = ("errors", "unseen", "culprit", "first", "three", "messages", "ms")
    print(f"{title:<24}" + "".join(f"{word:>10}" for word in head))
    for kind, counts in [*sorted(table.items()), ("all", total)]:
        _row(kind, counts)
    if total.scale:
        print(f"right repairs in the declared scale: {100 * total.scale / total.three:.1f} %")
    print()


def _row(kind: str, counts: Counts) -> None:
    seen = max(counts.errors, 1)
    shares = [f"{100 * n / seen:.1f} %" for n in (counts.culprit, counts.first, counts.three)]
    milliseconds = 1000 * sum(counts.seconds) / seen
    cells = [str(counts.errors), str(counts.unseen), *shares]
    cells += [f"{counts.messages / seen:.2f}", f"{milliseconds:.1f}"]
    print(f"{kind:<24}" + "".join(f"{cell:>10}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bare", action="store_true", help="laws without their checks")
    parser.add_argument("--held-out", action="store_true", help="laws of a published table")
    parser.add_argument("--show", type=int, default=0, help="print so many that were missed")
    parser.add_argument("--table", choices=("units", "equations", "names"))
    given = parser.parse_args()
    base = read_library()
    sources = held_out(base) if given.held_out else laws(base, given.bare)
    print(f"{len(sources)} laws")
    chance = random.Random(given.seed)
    tables = {
        "units": ([e for s in sources for e in unit_errors(s)], judge_unit),
        "equations": ([e for s in sources for e in equation_errors(s, chance)], judge_text),
        "names": ([e for s in sources for e in typing_errors(s, chance)], judge_text),
    }
    for title, (errors, judge) in tables.items():
        if given.table in (None, title):
            chance.shuffle(errors)
            run(title, errors, judge, base, given.errors, given.show)


if __name__ == "__main__":
    main()
