"""The shipped constants are those of CODATA 2022, values and uncertainties, as scipy has them."""

from __future__ import annotations

import pytest
import scipy.constants

from lawc.knowledge.base import KnowledgeBase

NAMES = {
    "c": "speed of light in vacuum",
    "h": "Planck constant",
    "e": "elementary charge",
    "k_B": "Boltzmann constant",
    "N_A": "Avogadro constant",
    "R": "molar gas constant",
    "F": "Faraday constant",
    "sigma": "Stefan-Boltzmann constant",
    "G": "Newtonian constant of gravitation",
    "m_e": "electron mass",
    "m_p": "proton mass",
    "hbar": "reduced Planck constant",
    "mu_0": "vacuum mag. permeability",
    "eps_0": "vacuum electric permittivity",
    "Z_0": "characteristic impedance of vacuum",
    "m_P": "Planck mass",
    "T_P": "Planck temperature",
    "l_P": "Planck length",
    "t_P": "Planck time",
    "Phi_0": "mag. flux quantum",
    "G_0": "conductance quantum",
    "K_J": "Josephson constant",
    "R_K": "von Klitzing constant",
    "mu_B": "Bohr magneton",
    "mu_N": "nuclear magneton",
    "alpha": "fine-structure constant",
    "R_inf": "Rydberg constant",
    "a_0": "Bohr radius",
    "E_h": "Hartree energy",
    "r_e": "classical electron radius",
    "lambda_C": "Compton wavelength",
    "sigma_e": "Thomson cross section",
    "nu_Cs": "hyperfine transition frequency of Cs-133",
    "G_Q": "quantum of circulation",
    "m_n": "neutron mass",
    "m_mu": "muon mass",
    "m_tau": "tau mass",
    "m_d": "deuteron mass",
    "m_t": "triton mass",
    "m_h": "helion mass",
    "m_alpha": "alpha particle mass",
    "m_u": "atomic mass constant",
    "e_over_m": "electron charge to mass quotient",
    "mp_over_me": "proton-electron mass ratio",
    "mn_over_me": "neutron-electron mass ratio",
    "mmu_over_me": "muon-electron mass ratio",
    "mn_over_mp": "neutron-proton mass ratio",
    "Ar_e": "electron relative atomic mass",
    "Ar_p": "proton relative atomic mass",
    "Ar_n": "neutron relative atomic mass",
    "r_p": "proton rms charge radius",
    "r_d": "deuteron rms charge radius",
    "g_e": "electron g factor",
    "g_mu": "muon g factor",
    "g_p": "proton g factor",
    "g_n": "neutron g factor",
    "a_e": "electron mag. mom. anomaly",
    "a_mu": "muon mag. mom. anomaly",
    "mu_e": "electron mag. mom.",
    "mu_p": "proton mag. mom.",
    "mu_n": "neutron mag. mom.",
    "mu_d": "deuteron mag. mom.",
    "mu_mu": "muon mag. mom.",
    "gamma_e": "electron gyromag. ratio",
    "gamma_p": "proton gyromag. ratio",
    "gamma_n": "neutron gyromag. ratio",
    "sin2_W": "weak mixing angle",
    "mW_over_mZ": "W to Z mass ratio",
    "M_u": "molar mass constant",
    "M_C12": "molar mass of carbon-12",
    "p_0": "standard-state pressure",
    "V_m": "molar volume of ideal gas (273.15 K, 100 kPa)",
    "n_0": "Loschmidt constant (273.15 K, 100 kPa)",
    "c_1": "first radiation constant",
    "c_2": "second radiation constant",
    "b": "Wien wavelength displacement law constant",
    "b_f": "Wien frequency displacement law constant",
    "ST_0": "Sackur-Tetrode constant (1 K, 100 kPa)",
    "a_Si": "lattice parameter of silicon",
    "K_cd": "luminous efficacy",
}
CONVENTIONS = {"T_0"}
"""What CODATA presumes and does not list."""


@pytest.fixture(autouse=True)
def _the_release_of_scipy() -> None:
    if scipy.constants.physical_constants["Planck mass"][0] != 2.176434e-08 or (
        scipy.constants.physical_constants["electron mass"][0] != 9.1093837139e-31
    ):
        pytest.skip("this scipy holds another release of CODATA than 2022")


@pytest.mark.parametrize("symbol", NAMES)
def test_a_constant_is_the_recommended_one(symbol: str, library: KnowledgeBase) -> None:
    constant = library.constants["physics.constants.codata-2022"][symbol]
    value, _, uncertainty = scipy.constants.physical_constants[NAMES[symbol]]
    tolerance = 1e-15 if uncertainty else 2e-15
    assert constant.value == pytest.approx(value, rel=tolerance, abs=0)
    assert constant.uncertainty == pytest.approx(uncertainty, rel=1e-12, abs=0)


def test_no_constant_is_left_unchecked(library: KnowledgeBase) -> None:
    block = library.constants["physics.constants.codata-2022"]
    assert set(block) == set(NAMES) | CONVENTIONS


def test_what_is_worked_out_is_exact(library: KnowledgeBase) -> None:
    block = library.constants["physics.constants.codata-2022"]
    for name in ("hbar", "Phi_0", "K_J", "R_K", "G_0", "c_1", "c_2", "V_m", "n_0"):
        assert block[name].uncertainty == 0
