"""What people write instead is named, located, and answered with what to write."""

import pytest
from formulas import law, only, read, slice_of

EQUATIONS = [
    ("F = m v", "L0102", "m v", "did you mean `m*v`?"),
    ("F = 2 m", "L0102", "2 m", "did you mean `2*m`?"),
    ("F = 2m", "L0102", "2m", "did you mean `2*m`?"),
    ("F = (m + 1) v", "L0102", ") v", "did you mean `(…)*v`?"),
    ("F = m (v + 1)", "L0102", "m (", "write `m*(` for a product"),
    ("F = sin v", "L0102", "sin v", "did you mean `sin(v)`?"),
    ("F = 1 000*v", "L0102", "1 000", "write the digits of one number together: `1000`"),
    ("F = 9.81 m/s^2", "L0103", "9.81 m/s^2", "units go in brackets: `9.81 [m/s^2]`"),
    ("F = 3 kg*v", "L0103", "3 kg", "units go in brackets: `3 [kg]`"),
    ("F = 3 kg/s*t", "L0103", "3 kg/s", "units go in brackets: `3 [kg/s]`"),
    ("F == m*v", "L0104", "==", "write `=`"),
    ("F = m**2", "L0101", "**", "write `^`"),
    ("F = 3,5*m", "L0101", "3,5", "write the decimal point as a point: `3.5`"),
    ("F = m*(v + 1", "L0101", "(", "add `)` where it ends"),
    ("F = m*v)", "L0101", ")", "remove it, or add `(` where it begins"),
    ("F = m = v", "L0101", "=", "write one equation a line"),
    ("F < m", "L0101", "<", "write the comparison under `valid`, or as `always …` under `checks`"),
    ("F = v [m/s]", "L0101", "v [m/s]", "write `v` alone; its unit is the one it is declared in"),
    ("F = m*v where m > 0", "L0101", "where", "write the condition on a line of `valid`"),
    ("F = m*", "L0101", "*", "write a name, a number or an opening bracket"),
    ("F = 3 []", "L0101", "[]", "write `[1]` for a plain number"),
    ("F = x₀", "L0101", "₀", "write the digit on the line: `0`"),
    (
        "F = ∇x^2",
        "L0108",
        "∇x^",
        "write `(∇x)^2` for the square of it, or `∇(x^2)`",
    ),
    ("F = mа", "L0107", "mа", "write `ma` in Latin letters"),
    ("F = Δx", "L0107", "Δx", "write it in one script, such as `Delta_x`"),
]


@pytest.mark.parametrize(("line", "code", "place", "help"), EQUATIONS)
def test_a_slip_in_an_equation_is_answered(line: str, code: str, place: str, help: str) -> None:
    text = law(equations=line)
    finding = only(read(text)[1])
    assert (finding.code, finding.helps) == (code, (help,))
    assert slice_of(text, finding.place) == place


CHECKS = [
    ("always x increases with t", "increases", "write `rises`"),
    ("always x rises wih t", "wih", "did you mean `with`?"),
    ("always x is even", "even", "write `in` and a name, as in `x is even in t`"),
    ("always x is steady", "steady", "write `Q is constant`, `Q is even in X`"),
    ("always x scales with t", "t", "write a scaling as `Y scales with X ^ 2`"),
    ("always x -> 0 [m] when t -> oo", "when", "write a limit as `Y -> 0 [m] as t -> oo`"),
    ("example: x = 3 [m] givn t = 3 [s]", "givn", "did you mean `given`?"),
    ("x rises with t", "x rises with t", "write `example: Y = 3 [m] within 1e-6 given A = 1 [s]`"),
]


@pytest.mark.parametrize(("line", "place", "help"), CHECKS)
def test_a_slip_in_a_check_is_answered(line: str, place: str, help: str) -> None:
    text = law(checks=line)
    finding = only(read(text)[1])
    assert finding.code == "L0101"
    assert finding.helps[0].startswith(help)
    assert slice_of(text, finding.place) == place


CONDITIONS = [
    ("x(0) = 3 [m]", "x(", "write `x = … at t = 0 [s]`"),
    ("x = 3 [m]", "[m]", "write a condition as `x = 0 [m] at t = 0 [s]`"),
    ("x = 3 [m] at t", "t", "write `name = value`"),
]


@pytest.mark.parametrize(("line", "place", "help"), CONDITIONS)
def test_a_slip_in_a_condition_is_answered(line: str, place: str, help: str) -> None:
    text = law(initial=line)
    finding = only(read(text)[1])
    assert finding.helps == (help,)
    assert slice_of(text, finding.place) == place


DECLARATIONS = [
    ("w speed [m/s]", "a colon is missing between a name and its words"),
    (": speed [m/s]", "no name stands before the colon"),
    ("2w : speed [m/s]", "`2w` cannot be a name"),
    ("w(t) : speed [m/s]", "`w(t)` cannot be a name"),
    ("if : speed [m/s]", "`if` is a word of the language"),
    ("w : speed 0 .. 3 [m/s]", "the unit of a declaration stands before its range and its value"),
    ("w : speed = 3 [m/s]", "the unit of a declaration stands before its range and its value"),
    ("w : speed [m/s] 0 ..", "the line ends where a value belongs"),
    ("w : speed [m/s] 0 .. 3 logg", "`logg` stands where an operator, `=`, `log` or the end"),
    ("w : stage one of a", "one choice is none"),
    ("w : stage one of a, b c", "`b c` cannot be a choice"),
    ("w : stage one of a, b, a", "the choice `a` stands here twice"),
    ("w[1] : share [1]", "the brackets of `w[1]` hold no name"),
    ("u[m], w[t] : share [1]", "names of one line have the same indices"),
]


@pytest.mark.parametrize(("line", "headline"), DECLARATIONS)
def test_a_slip_in_a_declaration_is_answered(line: str, headline: str) -> None:
    finding = only(read(law(symbols=line))[1])
    assert finding.headline.startswith(headline)
    assert finding.helps


BOUNDARIES = [
    ("x = 3 [m] at t", "t", "write `name = value`"),
    ("x periodic", "periodic", "write `in` and a name, as in `x is even in t`"),
    ("x periodic in 3", "3", "write the name of a declared quantity"),
]


@pytest.mark.parametrize(("line", "place", "help"), BOUNDARIES)
def test_a_slip_in_a_boundary_condition_is_answered(line: str, place: str, help: str) -> None:
    text = law(boundary=line)
    finding = only(read(text)[1])
    assert finding.helps[0].startswith(help)
    assert slice_of(text, finding.place) == place


FOLDS = [
    ("F = sum(m*v)", "*", "write a sum as `sum(i in set: x[i])`"),
    ("F = sum(i in 1 .. 3, m)", ",", "write a sum as `sum(i in set: x[i])`"),
    ("F = integral(m, v = 1)", ")", "write an integral as `integral(f, x = a .. b)`"),
    ("F = ∑ m", "∑", "write a sum as `sum(i in set: x[i])`"),
]


@pytest.mark.parametrize(("line", "place", "help"), FOLDS)
def test_a_slip_in_a_sum_is_answered(line: str, place: str, help: str) -> None:
    text = law(equations=line)
    finding = only(read(text)[1])
    assert finding.helps[0].startswith(help)
    assert slice_of(text, finding.place) == place


def test_names_that_look_alike_are_refused_where_they_differ() -> None:
    declared = only(read(law(symbols="A, \u0391 : words [1]"))[1])
    assert (declared.code, declared.place.end - declared.place.start) == ("L0107", 1)
    used = only(read(law(symbols="A : words [1]", equations="A = 2*\u0391"))[1])
    assert used.code == "L0107"
    variant = only(read(law(symbols="φ : words [1]", equations="φ = 2*ϕ"))[1])
    assert variant.code == "L0107"


def test_a_declared_name_in_odd_letters_is_reported_where_it_is_declared_only() -> None:
    for name in ("F\u0391", "Δx", "m\u0430", "\u0430"):
        text = law(symbols=f"t : time [s]\n{name} : words [1]", equations=f"t = 2*{name} + {name}")
        document, findings = read(text)
        assert only(findings).code == "L0107"
        assert document.blocks[0].declared == {name}
        assert len(document.blocks[0].equations) == 1


def test_the_signs_of_micro_and_increment_are_the_greek_letters() -> None:
    document, findings = read(law(symbols="µ, ∆ : words [1]", equations="μ = Δ"))
    assert not findings
    assert [name.name for name in document.blocks[0].symbols[0].names] == ["μ", "Δ"]


def test_a_repair_applied_to_the_text_clears_the_finding() -> None:
    for line, code, _, _ in EQUATIONS:
        text = law(equations=line)
        findings = read(text)[1]
        if code in ("L0102", "L0103", "L0104") and findings[0].repairs:
            repair = findings[0].repairs[0]
            mended = text[: repair.place.start] + repair.text + text[repair.place.end :]
            assert not read(mended)[1], mended


def test_no_message_blames_or_ends_in_a_full_stop() -> None:
    lines = "\n".join(line for line, *_ in EQUATIONS)
    for finding in read(law(equations=lines))[1]:
        for said in (finding.headline, *finding.helps):
            assert "invalid" not in said.lower() and not said.endswith(".")
            assert not said[0].isupper()
