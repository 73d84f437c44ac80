"""A check that keeps its verdicts puts systems together anew from the laws that they use."""

from __future__ import annotations

from pathlib import Path

from lawc.pipeline.survey import survey, with_evidence

KIDNEY = """law kidney@1.0.0
  title  "Clearance by filtration"
  status draft
  symbols
    GFR : filtration rate  [mL/min]  10 .. 150
    CL  : clearance        [L/h]
  equations
    CL := GFR*1
"""
SYSTEM = """system renal@1.0.0
  title  "A drug that the kidneys filter"
  status draft
  use    medicine.pharmacokinetics.iv-bolus@1 as pk
  use    kidney as kidney
  connect
    pk.CL = kidney.CL
  checks
    always pk.C falls with kidney.GFR
"""


def test_a_system_is_checked_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "renal.law").write_text(SYSTEM)
    (folder / "body.law").write_text(KIDNEY)
    for found in (survey([folder]), survey([folder])):
        assert found.diagnostics == ()
        assert set(found.laws) == {"renal.renal", "body.kidney"}
    found = survey([folder])
    assert found.read(["renal.renal"])["renal.renal"].parts["kidney"] == "body.kidney@1.0.0"
    # The file of the system stays as it is; the law that it uses changes.
    (folder / "body.law").write_text(KIDNEY.replace("CL  :", "CLr :").replace("CL :=", "CLr :="))
    assert [found.code for found in survey([folder]).diagnostics] == ["L0111"]


def test_the_claims_of_a_system_are_calculated(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "all.law").write_text(KIDNEY + "\n" + SYSTEM.replace("falls with", "rises with"))
    found = with_evidence(survey([folder]), None)
    assert [one.code for one in found.diagnostics] == ["L0502"]
