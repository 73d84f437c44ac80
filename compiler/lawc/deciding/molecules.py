"""Read a molecule, written as SMILES, into the facts that rules of chemistry ask for.

RDKit reads the text and is loaded only here. What a rule decides from the facts, the rule says:
nothing is judged in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lawc.diagnostics.diagnostic import LawcError

__all__ = ["AtomFacts", "atom_facts", "molecule_facts"]

Facts = Mapping[str, int | float | str]

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class AtomFacts:
    """What rules ask about one atom.

    Attributes:
        place: Number of the atom in the text, from 0.
        element: Its symbol.
        asked: By identity of a rule, its inputs by name; only rules whose elements it is one of.
    """

    place: int
    element: str
    asked: Mapping[str, Facts]


def molecule_facts(smiles: str) -> Mapping[str, Facts]:
    """Return, by identity of a rule, its inputs for a whole molecule.

    `chemistry.structure.unsaturation` is left out for ions, `chemistry.groups.joback` where the
    groups do not cover the molecule; its temperature is not a fact of the molecule.

    Raises:
        LawcError: The text is no molecule, or RDKit is not installed.
    """
    mol = _molecule(smiles)
    library = _library()
    counts = _counts(mol)
    facts: dict[str, Facts] = {
        "chemistry.drugs.rule-of-five": {
            "M": library.Descriptors.MolWt(mol),
            "logP": library.Crippen.MolLogP(mol),
            "donors": library.Lipinski.NHOHCount(mol),
            "acceptors": library.Lipinski.NOCount(mol),
        },
        "chemistry.drugs.oral-availability": {
            "rotatable": library.more.CalcNumRotatableBonds(mol),
            "surface": library.more.CalcTPSA(mol),
        },
    }
    if _counts_by_formula(mol, counts):
        facts["chemistry.structure.unsaturation"] = {
            "carbon": counts.get("C", 0) + counts.get("Si", 0),
            "hydrogen": counts.get("H", 0),
            "nitrogen": counts.get("N", 0) + counts.get("P", 0),
            "halogen": sum(counts.get(halogen, 0) for halogen in ("F", "Cl", "Br", "I")),
        }
    groups = _groups(mol)
    if groups is not None:
        facts["chemistry.groups.joback"] = {**groups, "M": library.Descriptors.MolWt(mol)}
    return facts


def atom_facts(smiles: str) -> tuple[AtomFacts, ...]:
    """Return what rules ask about each atom that the text writes out, in its order.

    Raises:
        LawcError: The text is no molecule, or RDKit is not installed.
    """
    mol = _molecule(smiles)
    library = _library()
    library.Chem.Kekulize(mol, clearAromaticFlags=True)
    return tuple(_about(atom) for atom in mol.GetAtoms())


def _counts_by_formula(mol: Any, counts: Mapping[str, int]) -> bool:
    """Whether the formula of unsaturation holds: no charge, and usual numbers of bonds."""
    usual = {"P": 3, "F": 1, "Cl": 1, "Br": 1, "I": 1}
    return (
        _library().Chem.GetFormalCharge(mol) == 0
        and counts.keys() <= _COUNTED
        and all(atom.GetTotalValence() <= usual.get(atom.GetSymbol(), 6) for atom in mol.GetAtoms())
    )


def _about(atom: Any) -> AtomFacts:
    element = atom.GetSymbol()
    orders = [round(bond.GetBondTypeAsDouble()) for bond in atom.GetBonds()]
    orders += [1] * atom.GetTotalNumHs()
    charge, bonds = atom.GetFormalCharge(), sum(orders)
    asked: dict[str, Facts] = {}
    valence = _VALENCE.get(element)
    if valence is not None:
        asked["chemistry.structure.formal-charge"] = {
            "element": element,
            "lone": valence - charge - bonds,
            "shared": 2 * bonds,
        }
        asked["chemistry.structure.molecular-shape"] = {
            "valence": valence,
            "period": _period(atom.GetAtomicNum()),
            "charge": charge,
            **{name: orders.count(order) for order, name in enumerate(_ORDERS, start=1)},
        }
    if element in _USUAL:
        asked["chemistry.structure.usual-valence"] = {
            "element": element,
            "charge": charge,
            "bonds": bonds,
        }
    return AtomFacts(atom.GetIdx(), element, asked)


def _groups(mol: Any) -> dict[str, int] | None:
    """Return how often each group occurs; None where they do not cover the molecule."""
    chem = _library().Chem
    taken: set[int] = set()
    found = {}
    for name, pattern in _GROUPS:
        found[name] = 0
        for match in mol.GetSubstructMatches(chem.MolFromSmarts(pattern)):
            if taken.isdisjoint(match):
                taken.update(match)
                found[name] += 1
    whole = len(taken) == mol.GetNumHeavyAtoms() and chem.GetFormalCharge(mol) == 0
    whole = whole and any(atom.GetSymbol() == "C" for atom in mol.GetAtoms())
    return found if whole and len(chem.GetMolFrags(mol)) == 1 else None


def _counts(mol: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for atom in mol.GetAtoms():
        counts[atom.GetSymbol()] = counts.get(atom.GetSymbol(), 0) + 1
        counts["H"] = counts.get("H", 0) + atom.GetTotalNumHs()
    return counts


def _period(number: int) -> int:
    return sum(number > last for last in (0, 2, 10, 18, 36, 54))


def _molecule(smiles: str) -> Any:
    if len(smiles) > LONGEST:
        raise LawcError(f"a SMILES has at most {LONGEST:,} characters, this one {len(smiles):,}")
    chem = _library().Chem
    mol = chem.MolFromSmiles(smiles, sanitize=False)
    if mol is None or mol.GetNumAtoms() == 0:
        raise LawcError(f"{smiles!r} cannot be read as SMILES")
    mol.UpdatePropertyCache(strict=False)
    # Bonds beyond the usual valence, as in ClF3, are for the rules to judge.
    steps = chem.SanitizeFlags.SANITIZE_ALL ^ chem.SanitizeFlags.SANITIZE_PROPERTIES
    if chem.SanitizeMol(mol, steps, catchErrors=True) != chem.SanitizeFlags.SANITIZE_NONE:
        raise LawcError(f"{smiles!r} is no molecule: its rings cannot be written with double bonds")
    return mol


def _library() -> Any:
    try:
        import rdkit.RDLogger  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        from rdkit import Chem  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
        from rdkit.Chem import (  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
            Crippen,
            Descriptors,
            Lipinski,
            rdMolDescriptors,
        )
    except ModuleNotFoundError as missing:
        text = "SMILES need RDKit, which is not installed; pip install 'lawc[molecules]' brings it"
        raise LawcError(text) from missing
    # What cannot be read is said once, by our own error.
    logs: Any = rdkit.RDLogger
    logs.DisableLog("rdApp.*")
    return _Library(Chem, Crippen, Descriptors, Lipinski, rdMolDescriptors)


@dataclass(frozen=True, slots=True)
class _Library:
    Chem: Any
    Crippen: Any
    Descriptors: Any
    Lipinski: Any
    more: Any


_ORDERS = ("single", "double", "triple", "quadruple")
_COUNTED = {"C", "Si", "H", "N", "P", "F", "Cl", "Br", "I", "O", "S", "Se"}
_USUAL = {"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I", "Xe"}
_VALENCE = {
    **dict.fromkeys(("H", "Li", "Na"), 1),
    **dict.fromkeys(("Be", "Mg"), 2),
    **dict.fromkeys(("B", "Al"), 3),
    **dict.fromkeys(("C", "Si", "Ge"), 4),
    **dict.fromkeys(("N", "P", "As"), 5),
    **dict.fromkeys(("O", "S", "Se", "Te"), 6),
    **dict.fromkeys(("F", "Cl", "Br", "I"), 7),
    **dict.fromkeys(("Kr", "Xe"), 8),
}
# Groups of several atoms first: an atom belongs to the first group that takes it.
_GROUPS = (
    ("COOH", "[OX2H]-[C]=O"),
    ("COO", "[#6X3H0;!$([#6X3H0](~O)(~O)(~O))](=[#8X1])[#8X2H0]"),
    ("NO2", "[$([#7X3,#7X3+][!#8])](=[O])~[O-]"),
    ("CN", "[#6X2]#[#7X1H0]"),
    ("CHO", "[CH;D2;$(C-!@C)](=O)"),
    ("CO", "[$([CX3H0](=[OX1]));!$([CX3](=[OX1])-[OX2]);!R]=O"),
    ("CO_ring", "[$([#6X3H0](=[OX1]));!$([#6X3](=[#8X1])~[#8X2]);R]=O"),
    ("CH3", "[CX4H3]"),
    ("CH2", "[!R;CX4H2]"),
    ("CH", "[!R;CX4H]"),
    ("C", "[!R;CX4H0]"),
    ("CH2_double", "[CX3H2]"),
    ("CH_double", "[!R;CX3H1;!$([CX3H1](=O))]"),
    ("C_double", "[$([!R;#6X3H0]);!$([!R;#6X3H0]=[#8])]"),
    ("C_allene", "[$([CX2H0](=*)=*)]"),
    ("CH_triple", "[$([CX2H1]#[!#7])]"),
    ("C_triple", "[$([CX2H0]#[!#7])]"),
    ("ring_CH2", "[R;CX4H2]"),
    ("ring_CH", "[R;CX4H]"),
    ("ring_C", "[R;CX4H0]"),
    ("ring_CH_double", "[R;CX3H1,cX3H1]"),
    ("ring_C_double", "[$([R;#6X3H0]);!$([R;#6X3H0]=[#8])]"),
    ("F", "[F]"),
    ("Cl", "[Cl]"),
    ("Br", "[Br]"),
    ("I", "[I]"),
    ("OH", "[OX2H;!$([OX2H]-[#6]=[O]);!$([OX2H]-a)]"),
    ("OH_phenol", "[$([OX2H]-a)]"),
    ("O", "[OX2H0;!R;!$([OX2H0]-[#6]=[#8])]"),
    ("O_ring", "[#8X2H0;R;!$([#8X2H0]~[#6]=[#8])]"),
    ("O_double", "[OX1H0;!$([OX1H0]~[#6X3]);!$([OX1H0]~[#7X3]~[#8])]"),
    ("NH2", "[NX3H2]"),
    ("NH", "[NX3H1;!R]"),
    ("NH_ring", "[#7X3H1;R]"),
    ("N", "[#7X3H0;!$([#7](~O)~O)]"),
    ("N_double", "[#7X2H0;!R]"),
    ("N_ring", "[#7X2H0;R]"),
    ("NH_double", "[#7X2H1]"),
    ("SH", "[SX2H]"),
    ("S", "[#16X2H0;!R]"),
    ("S_ring", "[#16X2H0;R]"),
)
