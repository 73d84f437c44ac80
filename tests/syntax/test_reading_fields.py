"""What a field, a vector, an index or a kind is written as becomes one tree, in every spelling."""

from __future__ import annotations

import pytest
from formulas import bare, law, only, read
from hypothesis import given
from hypothesis import strategies as st

from lawc.syntax.document import BoundaryLine, Declaration
from lawc.syntax.tree import Call, Derivative, Index, Node, Number, Range, rebuild, walk
from lawc.syntax.writing import write

SYMBOLS = (
    "t : time [s]\nx, y : place [m]\nu : field (x, y, t) [1]\nk : factor [1]\n"
    "v : speed (x, y, t) [m/s] vector2\nset : parts one of A, B\nc[set] : amount (t) [mol]"
)


def side(text: str) -> Node:
    document, findings = read(law(symbols=SYMBOLS, equations=f"u = {text}"))
    assert findings == ()
    return document.blocks[0].equations[0].right


def declared(line: str) -> Declaration:
    document, findings = read(law(symbols=f"t : time [s]\n{line}"))
    assert findings == ()
    return document.blocks[0].symbols[1]


@pytest.mark.parametrize(
    "spellings",
    [
        ("∂u/∂x", "du/dx", "∂/∂x(u)", "d/dx(u)", "∂u / ∂x"),
        ("∂²u/∂x²", "d2u/dx2", "d²u/dx²", "∂^2u/∂x^2", "∂2u/∂x2", "d2/dx2(u)"),
        ("∂²u/∂x∂y", "d2u/dxdy", "d²u/dxdy", "∂^2u/∂x∂y", "∂²/∂x∂y(u)", "d/dx(du/dy)"),
        ("∂³u/∂x²∂y", "d3u/dx2dy", "∂3u/∂x^2∂y", "d2/dx2(du/dy)"),
        ("∂³u/∂x∂y²", "d3u/dxdy2", "∂3u/∂x∂y^2"),
        ("∂/∂x(k*∂u/∂x)", "d/dx(k*du/dx)"),
        ("∇u", "grad(u)", "∇(u)"),
        ("∇·v", "div(v)", "∇⋅v", "∇ · v"),
        ("∇×v", "curl(v)"),
        ("∇²u", "laplacian(u)", "∇^2 u"),
        ("∇·(k*∇u)", "div(k*grad(u))"),
        ("(v·∇)u", "along(v, u)", "(v ⋅ ∇) u", "(v*∇)u"),
        ("-∇u/k", "-grad(u)/k", "-(grad(u))/k"),
        ("dc[A]/dt", "∂c[A]/∂t", "d/dt(c[A])"),
        ("d2v[x]/dxdy", "∂²v[x]/∂x∂y"),
    ],
)
def test_every_spelling_of_a_field_is_one_tree(spellings: tuple[str, ...]) -> None:
    trees = {bare(side(text)) for text in spellings}
    assert len(trees) == 1


@given(st.lists(st.sampled_from("xy"), min_size=2, max_size=4))
def test_a_mixed_derivative_keeps_its_order_and_its_sequence(by: list[str]) -> None:
    text = f"∂{len(by)}u/" + "".join(f"∂{name}" for name in by)
    node = side(text)
    found = []
    while isinstance(node, Derivative):
        found += [node.by.name] * node.order
        node = node.of
    assert found == by
    plain = side(f"d{len(by)}u/" + "".join(f"d{name}" for name in by))
    assert bare(plain) == bare(side(text))


def test_an_order_that_the_lower_half_lacks_is_refused() -> None:
    for text in ("∂²u/∂x", "∂u/∂x∂y", "d2u/dx2dy", "∂³u/∂x∂y"):
        _, findings = read(law(symbols=SYMBOLS, equations=f"u = {text}"))
        assert only(findings).code == "L0101"


def test_a_bracket_is_an_index_only_behind_a_name_that_has_elements() -> None:
    assert isinstance(side("c[A]"), Index)
    assert isinstance(side("v[x]"), Index)
    _, findings = read(law(symbols=SYMBOLS, equations="u = k [m]"))
    assert "a unit stands behind a number" in only(findings).headline


def test_a_sum_keeps_its_words_as_names_elsewhere() -> None:
    symbols = "sum, product, in : numbers [1]\ny : answer [1]"
    document, findings = read(law(symbols=symbols, equations="y = sum*product + in"))
    assert findings == ()
    assert write(document.blocks[0].equations[0].right) == "sum*product + in"
    node = side("sum(i in 1 .. 4: i*u)")
    assert any(isinstance(part, Range) for part in walk(node))


def test_an_equation_for_each_element_names_its_indices() -> None:
    text = law(symbols=SYMBOLS, equations="balance[i in set, j in 1 .. 3]: c[i] = j*k")
    document, findings = read(text)
    assert findings == ()
    line = document.blocks[0].equations[0]
    assert line.label is not None and line.label.text == "balance"
    assert [(name.name, write(over)) for name, over in line.each] == [("i", "set"), ("j", "1 .. 3")]
    for label in ("a[i]", "a[i in]", "a[]", "a[i in set j in set]"):
        _, findings = read(law(symbols=SYMBOLS, equations=f"{label}: c[i] = k"))
        assert only(findings).code == "L0101"


@pytest.mark.parametrize(
    ("line", "kind", "choices", "rest"),
    [
        ("a : phase of water  one of ice, liquid, very-hot", "one of", "ice liquid very-hot", ""),
        ("a : phase (t) one of ice, liquid = ice", "one of", "ice liquid", "= ice"),
        ("a : switched on  yes/no", "yes/no", "", ""),
        ("a : switched on  yes/no = yes may be unknown", "yes/no", "", "= yes unknown"),
        ("a : count of layers  integer 1 .. 5", "integer", "", "1 .. 5"),
        ("a : count  integer 1 .. 5 = 3", "integer", "", "1 .. 5 = 3"),
        ("a : day of the start  date", "date", "", ""),
        ("a : one of the masses [kg] 1 .. 2", "number", "", "1 .. 2"),
        ("a : an integer number of turns [1] may be unknown", "number", "", "unknown"),
    ],
)
def test_a_kind_stands_behind_the_words(line: str, kind: str, choices: str, rest: str) -> None:
    found = declared(line)
    assert found.kind == kind
    assert " ".join(word.text for word in found.choices) == choices
    said = []
    if found.low is not None and found.high is not None:
        said.append(f"{write(found.low)} .. {write(found.high)}")
    if found.default is not None:
        said.append(f"= {write(found.default)}")
    said += ["unknown"] if found.may_be_unknown else []
    assert " ".join(said) == rest


@pytest.mark.parametrize(
    "line",
    ["w : force (t) [N] vector3 -1 .. 1", "w : force (t) vector3 [N] -1 .. 1"],
)
def test_a_shape_stands_before_or_behind_the_unit(line: str) -> None:
    found = declared(line)
    assert (found.shape, found.words, found.depends[0].name) == (3, "force", "t")
    assert found.unit is not None and found.unit.text == "N" and found.low is not None


def test_the_names_of_a_line_share_their_indices() -> None:
    found = declared("c[t], c0[t] : amounts [mol]")
    assert [name.name for name in found.names] == ["c", "c0"]
    assert [name.name for name in found.indices] == ["t"]


def test_a_boundary_condition_is_an_equation_at_a_place_or_a_period() -> None:
    lines = "u = 0 at x = 0 [m]\n-k*∂u/∂x = u - 1 at x = oo\nv periodic in y"
    document, findings = read(law(symbols=SYMBOLS, boundary=lines))
    assert findings == ()
    first, second, third = document.blocks[0].boundary
    assert first.variable is not None
    assert (write(first.left), first.variable.name) == ("u", "x")
    assert isinstance(first.at, Number) and getattr(second.at, "text", "") == "oo"
    assert isinstance(third, BoundaryLine) and third.is_periodic


def test_coordinates_stand_in_the_head() -> None:
    text = 'law a@1.0.0\n  title "a"\n  coordinates r, theta spherical  # a ball\n'
    document, findings = read(text)
    assert findings == ()
    line = document.blocks[0].coordinates
    assert line is not None
    assert ([name.name for name in line.names], line.system.text) == (["r", "theta"], "spherical")
    for wrong in ("coordinates", "coordinates r theta", "coordinates r spheric"):
        _, findings = read(f'law a@1.0.0\n  title "a"\n  {wrong}\n')
        assert only(findings).code == "L0101"


@pytest.mark.parametrize(
    ("claim", "form", "value"),
    [
        ("u is even in x", "is even in", None),
        ("u is odd in x where k > 1", "is odd in", None),
        ("u is continuous in x", "is continuous in", None),
        ("u is periodic in x", "is periodic in", None),
        ("u is periodic in x with 2*k*1 [m]", "is periodic in", "2*k*1 [m]"),
    ],
)
def test_a_claim_may_speak_of_a_symmetry(claim: str, form: str, value: str | None) -> None:
    document, findings = read(law(symbols=SYMBOLS, checks=f"always {claim}"))
    assert findings == ()
    line = document.blocks[0].always[0]
    assert (line.form, line.by and line.by.name) == (form, "x")
    assert (None if line.value is None else write(line.value)) == value


def test_a_rebuilt_tree_is_the_tree_where_nothing_changes() -> None:
    node = side("sum(i in set: c[i])*integral(k, s = 0 .. 1) + (v·∇)u + (if u < 1 then -u else k)")
    assert rebuild(node, lambda part: None) is node
    renamed = rebuild(node, lambda part: side("k") if isinstance(part, Call) else None)
    assert not any(isinstance(part, Call) for part in walk(renamed))
