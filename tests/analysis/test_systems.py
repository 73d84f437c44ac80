"""Laws are joined to systems by what is written, and by nothing else."""

from __future__ import annotations

import pytest
from analysis_texts import Checked, checked

from lawc.knowledge.writing import write_equation, write_expression

KIDNEY = """law kidney@1.2.0
  title  "Clearance by filtration"
  status draft
  symbols
    GFR : filtration rate  [mL/min]  5 .. 150
    fu  : free fraction    [1]       0.05 .. 1
    CL  : clearance        [L/h]
  equations
    filtered: CL := GFR*fu

"""
BOLUS = """law bolus@2.0.1
  title  "One compartment"
  status draft
  symbols
    t  : time           [h]    0 .. 30
    C  : level (t)      [mg/L]
    C0 : first level    [mg/L] 1 .. 10
    CL : clearance      [L/h]  0.1 .. 20
    V  : volume         [L]    5 .. 50 = 40
  equations
    plasma: V*dC/dt = -CL*C
  initial
    C = C0 at t = 0 [h]

"""
EFFECT = """law effect@1.0.0
  title  "Effect of a level"
  status draft
  symbols
    C    : level        [mg/L]  0 .. 100
    EC50 : half effect  [mg/L]  1 .. 10
    E    : effect       [1]
  equations
    effect: E := C/(EC50 + C)

"""


def system(connect: str, uses: str = "", name: str = "joined", **sections: str) -> str:
    uses = uses or "use kidney as kidney\nuse bolus@2 as pk"
    text = f'system {name}@1.0.0\n  title "Joined laws"\n  status draft\n'
    text += "".join(f"  {line.strip()}\n" for line in uses.splitlines())
    for key, lines in {"connect": connect, **sections}.items():
        text += f"  {key}\n" + "".join(f"    {line.strip()}\n" for line in lines.splitlines())
    return text + "\n"


def joined(*texts: str) -> Checked:
    return checked(KIDNEY + BOLUS + EFFECT + "".join(texts))


def test_parts_become_one_law_with_dotted_names() -> None:
    base = joined(system("pk.CL = kidney.CL")).base
    law = base["joined"]
    assert list(law.quantities) == [
        *("kidney.GFR", "kidney.fu", "kidney.CL"),
        *("pk.t", "pk.C", "pk.C0", "pk.CL", "pk.V"),
    ]
    assert [(e.label, write_equation(e).partition(": ")[2]) for e in law.equations] == [
        ("pk.CL", "pk.CL := kidney.CL"),
        ("kidney.filtered", "kidney.CL := kidney.GFR*kidney.fu"),
        ("pk.plasma", "pk.V*d/d(pk.t)(pk.C) = -pk.CL*pk.C"),
    ]
    assert law.quantities["pk.C"].depends == ("pk.t",)
    assert dict(law.parts) == {
        "kidney": "tests.file1.kidney@1.2.0",
        "pk": "tests.file1.bolus@2.0.1",
    }


def test_nothing_is_one_because_it_has_one_name() -> None:
    law = joined(system("pk.CL = kidney.CL", uses="use bolus as pk\nuse kidney as kidney")).base[
        "joined"
    ]
    both = joined(system("a.CL = b.CL", uses="use bolus as a\nuse bolus as b")).base["joined"]
    assert "pk.CL" in law.quantities and "kidney.CL" in law.quantities
    assert {"a.t", "b.t"} <= both.quantities.keys()


def test_a_connected_input_keeps_to_its_range_and_has_no_default() -> None:
    law = joined(system("pk.CL = kidney.CL\npk.V = 0.5 [L] + v", symbols="v : more [L] 1 .. 90"))
    known = law.base["joined"]
    assert known.quantities["pk.V"].default is None
    ranges = [write_expression(v.condition) for v in known.validity]
    assert ranges[1] == "0.005 <= pk.V <= 0.05"


def test_a_value_that_is_always_in_range_asks_for_no_condition() -> None:
    known = joined(system("pk.V = v", symbols="v : volume [mL] 6000 .. 9000")).base["joined"]
    assert known.validity == ()


def test_joined_variables_are_one_and_run_where_both_may() -> None:
    uses = "use bolus as a\nuse bolus as b"
    text = system("a.t = t\nb.t = a.t", uses=uses, symbols="t : time [min] 0 .. 6000")
    law = joined(text).base["joined"]
    assert "a.t" not in law.quantities and "b.t" not in law.quantities
    assert law.quantities["t"].low == 0
    assert law.quantities["t"].high == pytest.approx(1800)
    assert law.quantities["a.C"].depends == law.quantities["b.C"].depends == ("t",)
    assert {condition.variable for condition in law.conditions} == {"t"}


def test_a_law_without_a_variable_follows_what_changes() -> None:
    text = system("pd.C = pk.C", uses="use bolus as pk\nuse effect as pd")
    law = joined(text).base["joined"]
    assert law.quantities["pd.C"].depends == law.quantities["pd.E"].depends == ("pk.t",)


def test_a_state_feeds_the_rate_of_another_part() -> None:
    supplied = BOLUS.replace("law bolus@2.0.1", "law supplied@1.0.0").replace(
        "V*dC/dt = -CL*C", "V*dC/dt = R - CL*C"
    )
    supplied = supplied.replace("  equations", "    R : supply [mg/h] 0.1 .. 10\n  equations")
    text = system("b.t = a.t\nb.R = a.CL*a.C", uses="use bolus as a\nuse supplied as b")
    law = joined(supplied, text).base["joined"]
    assert law.quantities["b.R"].depends == ("a.t",)


def test_a_system_may_be_a_part() -> None:
    outer = system(
        "whole.pk.V = v", "use joined as whole", "outer", symbols="v : volume [L] 6 .. 7"
    )
    law = joined(outer, system("pk.CL = kidney.CL")).base["outer"]
    assert "whole.kidney.GFR" in law.quantities
    assert law.constants == {}


def test_own_lines_may_speak_of_the_parts() -> None:
    text = system(
        "pk.CL = kidney.CL",
        symbols="half : half-life [h]",
        equations="half := ln(2)*pk.V/pk.CL",
        valid='kidney.fu < 0.9 "much is bound"',
        checks="example: half = 6.931471806 [h] within 1e-6 given pk.V = 50 [L], "
        "kidney.GFR = 100 [mL/min], kidney.fu = 0.8333333333333\nalways half falls with kidney.fu",
    )
    found = joined(text)
    assert found.codes == []
    assert found.base["joined"].examples[0].given["kidney.fu"] == 0.8333333333333


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (system("pk.CL = kidney.fu"), ["L0415"]),
        (system("pk.CL = kidney.CL\npk.CL = kidney.CL"), ["L0414"]),
        (system("pk.C = 1 [mg/L]"), ["L0414"]),
        (system("kidney.CL = pk.CL"), ["L0414"]),
        (system("x = pk.CL"), ["L0111"]),
        (system("x = pk.CL", symbols="x : own [L/h] 1 .. 2"), ["L0414"]),
        (system("pk.clearance = kidney.CL"), ["L0111"]),
        (system("pk.t = kidney.fu*pk.t"), ["L0414"]),
        (system("pk.t = pk.t"), ["L0414"]),
        (system("pk.CL = kidney.CL", "use kidny as kidney\nuse bolus as pk"), ["L0606"]),
        (system("pk.CL = kidney.CL", "use kidney@2 as kidney\nuse bolus as pk"), ["L0606"]),
        (system("pk.CL = kidney.CL", "use a/kidney.law as kidney\nuse bolus as pk"), ["L0606"]),
        (system("pk.CL = kidney.CL", "use kidney as pk\nuse bolus as pk"), ["L0101", "L0112"]),
        (system("a.x = 1", "use joined as a"), ["L0607"]),
        (system("a.x = 1", "use other as a") + system("a.x = 1", "use joined as a", "other"),
         ["L0607"]),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_costs_one_finding(text: str, codes: list[str]) -> None:
    assert sorted(joined(text).codes) == codes


def test_a_part_with_a_finding_of_its_own_is_not_reported_twice() -> None:
    broken = KIDNEY.replace("[L/h]", "[L]")
    found = checked(broken + BOLUS + system("pk.CL = kidney.CL"))
    assert found.codes == ["L0203"]


def test_a_system_is_accepted_as_far_as_its_parts() -> None:
    text = system("pk.CL = kidney.CL").replace("status draft", "status contested")
    assert joined(text).codes == []
    confirmed = text.replace("status contested", 'status confirmed\n  source "A. Author (2000)"')
    assert joined(confirmed).codes == ["L0611", "L0611"]
