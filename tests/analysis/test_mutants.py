"""A mutant of a law is the law with one slip in it, at a place that can be shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.analysis.checking import check
from lawc.analysis.edits import Edit, Kind, edited, edits
from lawc.analysis.mutants import Mutant, mutants
from lawc.diagnostics.diagnostic import Place, Source
from lawc.syntax.document import Document
from lawc.syntax.parsing import parse
from lawc.syntax.tree import Binary, Call, Derivative, Name, Negative, Node, Number, walk
from lawc.syntax.writing import write

HERE = Place("a.law", 0, 0)
ALIKE = {"x": (("y",), ("t",)), "y": (("x",), ("t",))}

TEXT = """\
law driven@1.0.0
  title   "A driven body in a fluid"
  status  draft

  symbols
    t  : time                [s]     0 .. 10
    v  : speed (t)           [m/s]
    v0 : speed at the start  [m/s]   -2 .. 2
    m  : mass                [kg]    1 .. 10
    c  : friction            [kg/s]  0.1 .. 1
    F  : force               [N]     0 .. 5

  equations
    motion: m*dv/dt = F - c*v

  initial
    v = v0  at t = 0 [s]

  valid
    c < 0.5 [kg/s] or F > 1 [N]  "slow"
"""


def names() -> st.SearchStrategy[Node]:
    return st.sampled_from("xy").map(lambda name: Name(HERE, name))


def numbers() -> st.SearchStrategy[Node]:
    values = st.one_of(st.integers(2, 40), st.sampled_from([0.5, 1.25, 3.17]))
    return values.map(lambda value: Number(HERE, f"{value}", value))


def longer(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    operators = st.sampled_from("+-*/^")
    functions = st.sampled_from(["exp", "ln", "sqrt", "sin"])
    return st.one_of(
        st.builds(Binary, st.just(HERE), operators, parts, parts),
        st.builds(Negative, st.just(HERE), parts),
        st.builds(lambda f, a: Call(HERE, Name(HERE, f), (a,)), functions, parts),
        st.builds(lambda n: Derivative(HERE, n, Name(HERE, "t"), 1), names()),
    )


formulas = st.recursive(st.one_of(names(), numbers()), longer, max_leaves=8)


@given(formulas)
def test_an_edit_changes_the_text_and_one_place_only(formula: Node) -> None:
    for edit in edits(formula, ALIKE):
        changed = edited(formula, edit)
        assert write(changed) != write(formula)
        assert any(part is edit.old for part in walk(formula))
        assert any(part is edit.new for part in walk(changed))


@given(formulas)
def test_undoing_an_edit_gives_the_formula_back(formula: Node) -> None:
    for edit in edits(formula, ALIKE):
        # A part that an edit leaves over may stand elsewhere too, and could be either.
        if edit.new not in list(walk(formula)):
            back = edited(edited(formula, edit), swapped(edit))
            assert back == formula


def swapped(edit: Edit) -> Edit:
    return replace(edit, old=edit.new, new=edit.old)


def all_mutants(text: str = TEXT) -> tuple[Mutant, ...]:
    document, unread = parse(Source("knowledge/a.law", text))
    base, found = check([document])
    assert not unread
    assert not any(one.is_error for one in found)
    return mutants(document.blocks[0], next(iter(base.laws.values())))


def test_every_kind_of_slip_is_made() -> None:
    kinds = Counter(mutant.kind for mutant in all_mutants())
    assert kinds.keys() >= set(Kind) - {Kind.EXPONENT, Kind.FUNCTION}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.SIGN, "`- c*v` became `+ c*v`"),
        (Kind.SIGN, "`F` became `-F`"),
        (Kind.TERM, "`- c*v` was dropped"),
        (Kind.OPERATOR, "`m*dv/dt` became `m/dv/dt`"),
        (Kind.FACTOR, "`*v` was dropped"),
        (Kind.CONSTANT, "`F` became `2*F`"),
        (Kind.SYMBOL, "`v` became `v0`"),
        (Kind.OTHER, "`c` became `F`"),
        (Kind.DERIVATIVE, "`dv/dt` became `v`"),
        (Kind.SIDE, "`c < 0.5 [kg/s]` became `c > 0.5 [kg/s]`"),
        (Kind.SIDE, "`c < 0.5 [kg/s] or F > 1 [N]` became `c < 0.5 [kg/s] and F > 1 [N]`"),
        # The initial value.
        (Kind.SIGN, "`v0` became `-v0`"),
    ],
)
def test_a_slip_is_told_in_one_line(kind: Kind, text: str) -> None:
    assert (kind, text) in {(mutant.kind, mutant.text) for mutant in all_mutants()}


def test_a_mutant_shows_the_place_of_its_slip() -> None:
    for mutant in all_mutants():
        there = TEXT[mutant.place.start : mutant.place.end]
        assert there, mutant.text
        if mutant.kind in (Kind.SYMBOL, Kind.OTHER, Kind.CONSTANT):
            assert there == mutant.was


def test_no_two_mutants_are_the_same_text() -> None:
    said = [
        (
            *((write(e.left), write(e.right)) for e in mutant.block.equations),
            *((write(c.right), write(c.left), write(c.at)) for c in mutant.block.initial),
            *(write(v.condition) for v in mutant.block.valid),
        )
        for mutant in all_mutants()
    ]
    assert len(said) == len(set(said))


def test_dimensions_see_a_symbol_of_another_dimension_and_no_sign() -> None:
    source = Source("knowledge/a.law", TEXT)
    seen: dict[Kind, set[bool]] = {}
    for mutant in all_mutants():
        _, found = check([Document(source, (mutant.block,))])
        seen.setdefault(mutant.kind, set()).add(any(one.is_error for one in found))
    assert seen[Kind.OTHER] == {True}
    assert seen[Kind.SIGN] == {False}
    assert seen[Kind.CONSTANT] == {False}


def test_digits_of_a_constant_are_exchanged_as_a_misprint_does() -> None:
    made = {write(edit.new) for edit in edits(Number(HERE, "1730.63", 1730.63), {})}
    assert "1730.36" in made


REACTIONS = """\
law pairs@1.0.0
  title   "A monomer that joins in pairs and falls apart"
  status  draft

  symbols
    t       : time                 [s]        0 .. 50
    A, B    : concentration (t)    [mol/L]
    on      : rate of joining      [L/mol/s]  0.1 .. 1
    off     : rate of breaking     [1/s]      0.1 .. 1

  reactions
    2 A <=> B ; rate on, off

  initial
    A = 1 [mol/L]  at t = 0 [s]
    B = 0 [mol/L]  at t = 0 [s]
"""


def test_slips_are_made_in_reactions_too() -> None:
    made = {(mutant.kind, mutant.text) for mutant in all_mutants(REACTIONS)}
    assert made >= {
        (Kind.CONSTANT, "`2 A -> B` became `3 A -> B`"),
        (Kind.SIGN, "`2 A -> B` became `B -> 2 A`"),
        (Kind.SYMBOL, "`2 A -> B` became `2 B -> B`"),
        (Kind.TERM, "`2 A -> B` became `2 A -> nothing`"),
        (Kind.CONSTANT, "`on` became `2*on`"),
        (Kind.OTHER, "`on` became `off`"),
        (Kind.SIGN, "`off` became `-off`"),
    }
