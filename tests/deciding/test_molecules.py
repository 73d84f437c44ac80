"""A molecule written as SMILES gives the facts that rules ask for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lawc.deciding.molecules import atom_facts, molecule_facts
from lawc.diagnostics.diagnostic import LawcError

chem = pytest.importorskip("rdkit.Chem", reason="RDKit is not installed: lawc[molecules]")

SMILES = (
    "CC(=O)C",
    "CC(=O)Oc1ccccc1C(=O)O",
    "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
    "Clc1ccccc1",
    "C[C@H](CCCC(C)C)[C@H]1CC[C@@H]2[C@@]1(CC[C@H]3[C@H]2CC=C4[C@@]3(CC[C@@H](C4)O)C)C",
    "CC#N",
    "O=[N+]([O-])c1ccccc1",
    "c1ccncc1",
)


def _rings_and_bonds(smiles: str) -> int:
    """Rings and π bonds as the graph has them."""
    mol = chem.MolFromSmiles(smiles)
    chem.Kekulize(mol, clearAromaticFlags=True)
    pi = sum(round(bond.GetBondTypeAsDouble()) - 1 for bond in mol.GetBonds())
    return mol.GetNumBonds() - mol.GetNumAtoms() + len(chem.GetMolFrags(mol)) + pi


@pytest.mark.parametrize("smiles", SMILES)
def test_unsaturation_counts_the_rings_and_bonds_of_the_graph(smiles: str) -> None:
    facts = molecule_facts(smiles)["chemistry.structure.unsaturation"]
    carbon, hydrogen, nitrogen, halogen = (
        int(facts[name]) for name in ("carbon", "hydrogen", "nitrogen", "halogen")
    )
    assert carbon + 1 + (nitrogen - hydrogen - halogen) / 2 == _rings_and_bonds(smiles)


@pytest.mark.parametrize("smiles", SMILES)
def test_groups_cover_each_heavy_atom_once(smiles: str) -> None:
    facts = molecule_facts(smiles)["chemistry.groups.joback"]
    heavy = {"COOH": 3, "COO": 3, "NO2": 3, "CN": 2, "CHO": 2, "CO": 2, "CO_ring": 2}
    covered = sum(int(n) * heavy.get(name, 1) for name, n in facts.items() if name != "M")
    assert covered == chem.MolFromSmiles(smiles).GetNumHeavyAtoms()


@pytest.mark.parametrize("smiles", [*SMILES, "[O-][N+](=O)[O-]", "C[NH3+]", "[OH-]"])
def test_formal_charges_sum_to_the_charge_of_the_molecule(smiles: str) -> None:
    total = 0
    for atom in atom_facts(smiles):
        facts = atom.asked["chemistry.structure.formal-charge"]
        valence = {"C": 4, "N": 5, "O": 6, "Cl": 7}[atom.element]
        total += valence - int(facts["lone"]) - int(facts["shared"]) // 2
    assert total == chem.GetFormalCharge(chem.MolFromSmiles(smiles))


def test_lipinski_counts_are_those_of_1997() -> None:
    facts = molecule_facts("CC(=O)Oc1ccccc1C(=O)O")["chemistry.drugs.rule-of-five"]
    assert facts["M"] == pytest.approx(180.159)
    assert facts["logP"] == pytest.approx(1.3101)
    assert (facts["donors"], facts["acceptors"]) == (1, 4)


def test_more_bonds_than_usual_are_for_the_rules_to_judge() -> None:
    centre = atom_facts("FCl(F)F")[1]
    assert centre.asked["chemistry.structure.molecular-shape"]["single"] == 3
    assert centre.asked["chemistry.structure.usual-valence"]["bonds"] == 3
    assert "chemistry.groups.joback" not in molecule_facts("FCl(F)F")
    assert "chemistry.structure.unsaturation" not in molecule_facts("FCl(F)F")


@pytest.mark.parametrize("smiles", ["", "C(", "not a molecule", "c1cccc1", "C" * 20_000])
def test_what_is_no_molecule_is_refused(smiles: str) -> None:
    with pytest.raises(LawcError):
        molecule_facts(smiles)


def test_ions_have_no_unsaturation_and_no_groups() -> None:
    facts = molecule_facts("C[NH3+]")
    assert "chemistry.structure.unsaturation" not in facts
    assert "chemistry.groups.joback" not in facts


def test_the_page_on_molecules_prints_what_it_shows() -> None:
    page = (Path(__file__).parents[2] / "docs" / "molecules.md").read_text(encoding="utf-8")
    code, shown = re.findall(r"^```(?:python|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == shown
