"""Clinical rules answer published cases as published, and random ones as written by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from asking import SEXES, agrees, ask, worked
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.knowledge.base import KnowledgeBase

Facts = dict[str, Any]
# Row of the content plan: the rule, its inputs out of those of the row, its names of the outputs.
ROWS: tuple[tuple[str, str, Callable[[Facts], Facts], Mapping[str, str]], ...] = (
    (
        "med.ckd_epi_2021",
        "kidney.ckd-epi-2021",
        lambda w: {"sex": SEXES[w["sex"]], "age": w["age"], "Scr": w["scr_mgdl"]},
        {"eGFR": "eGFR"},
    ),
    (
        "med.cockcroft_gault",
        "kidney.cockcroft-gault",
        lambda w: {
            "sex": SEXES[w["sex"]],
            "age": w["age"],
            "Scr": w["scr_mgdl"],
            "W": w["weight_kg"],
        },
        {"CrCl": "CrCl"},
    ),
    (
        "med.schwartz_bedside",
        "kidney.schwartz-bedside",
        lambda w: {"H": w["height_cm"], "Scr": w["scr_mgdl"]},
        {"eGFR": "eGFR"},
    ),
    (
        "med.meld_na",
        "liver.meld-na",
        lambda w: {
            "dialysis": bool(w["dialysis"]),
            "Cr": w["cr"],
            "bilirubin": w["bili"],
            "INR": w["inr"],
            "Na": w["na"],
        },
        {"MELD_i": "MELDi", "MELD_Na": "MELD"},
    ),
    (
        "med.meld3",
        "liver.meld-3",
        lambda w: {
            "sex": SEXES[w["sex"]],
            "age": 50,
            "dialysis": bool(w["dialysis"]),
            "Cr": w["cr"],
            "bilirubin": w["bili"],
            "INR": w["inr"],
            "Na": w["na"],
            "albumin": w["alb"],
        },
        {"MELD3_raw": "raw", "MELD3": "MELD"},
    ),
    (
        "med.child_pugh",
        "liver.child-pugh",
        lambda w: {
            "bilirubin": w["bili"],
            "albumin": w["alb"],
            "INR": w["inr"],
            "ascites": ("none", "slight", "moderate")[w["ascites"]],
            "encephalopathy": ("none", "grade-1-2", "grade-3-4")[w["enceph"]],
        },
        {"points": "points", "class": "class"},
    ),
    (
        "med.fib4",
        "liver.fibrosis-4",
        lambda w: {
            "age": w["age"],
            "AST": w["AST"],
            "ALT": w["ALT"],
            "PLT": w["platelets_1e9L"],
        },
        {"FIB4": "index"},
    ),
    (
        "med.cha2ds2_vasc",
        "heart.cha2ds2-vasc",
        lambda w: {
            "sex": SEXES[w["sex"]],
            "age": w["age"],
            "heart_failure": bool(w["chf"]),
            "hypertension": bool(w["htn"]),
            "diabetes": bool(w["dm"]),
            "stroke": bool(w["stroke_tia"]),
            "vascular": bool(w["vascular"]),
        },
        {"score": "score"},
    ),
    (
        "med.qsofa",
        "infection.qsofa",
        lambda w: {"RR": w["rr"], "SBP": w["sbp"], "GCS": w["gcs"]},
        {"score": "score"},
    ),
    (
        "med.sofa",
        "intensive.sofa",
        lambda w: {
            "PF": w["pf"],
            "support": bool(w["vent"]),
            "PLT": w["plt"],
            "bilirubin": w["bili"],
            "MAP": w["map_"],
            "dopamine": w["dopa"],
            "dobutamine": 0,
            "adrenaline": 0,
            "noradrenaline": w["norepi"],
            "GCS": w["gcs"],
            "Cr": w["cr"],
            "urine": 1500,
        },
        {"score": "score"},
    ),
    (
        "med.curb65",
        "infection.curb-65",
        lambda w: {
            "confusion": bool(w["confusion"]),
            "BUN": w["bun_mgdl"],
            "RR": w["rr"],
            "SBP": w["sbp"],
            "DBP": w["dbp"],
            "age": w["age"],
        },
        {"score": "score"},
    ),
    (
        "med.wells_pe",
        "heart.wells-embolism",
        lambda w: {
            "signs": bool(w["dvt_signs"]),
            "likeliest": bool(w["pe_most_likely"]),
            "HR": w["hr"],
            "still": bool(w["immob_or_surgery"]),
            "before": bool(w["prior_vte"]),
            "haemoptysis": bool(w["hemoptysis"]),
            "cancer": bool(w["malignancy"]),
        },
        {"score": "score", "pe_likely_gt4": "likely"},
    ),
    (
        "med.apache2",
        "intensive.apache-2",
        lambda w: {
            "T": w["temp"],
            "MAP": w["map_"],
            "HR": w["hr"],
            "RR": w["rr"],
            "FiO2": 100 * w["fio2"],
            "AaDO2": w["aado2"],
            "PaO2": w["pao2"],
            "pH": w["ph"],
            "Na": w["na"],
            "K": w["k"],
            "Cr": w["cr"],
            "acute": bool(w["arf"]),
            "Hct": w["hct"],
            "WBC": w["wbc"],
            "GCS": w["gcs"],
            "age": w["age"],
            "severe": bool(w["chronic"]),
            "surgery": "none",
        },
        {"score": "score", "p_death_no_dx_weight": "death"},
    ),
    (
        "med.news2",
        "intensive.news-2",
        lambda w: {
            "RR": w["rr"],
            "SpO2": w["spo2"],
            "scale": ("one", "two")[w["scale"] - 1],
            "oxygen": bool(w["o2"]),
            "SBP": w["sbp"],
            "pulse": w["pulse"],
            "alert": not w["cvpu"],
            "T": w["temp"],
        },
        {"score": "score"},
    ),
    (
        "med.anthropometry",
        "body.dosing-weight",
        lambda w: {"sex": SEXES[w["sex"]], "W": w["weight_kg"], "H": w["height_cm"]},
        {"BMI": "BMI", "IBW_Devine": "ideal"},
    ),
    (
        "med.mifflin",
        "body.resting-energy",
        lambda w: {
            "sex": SEXES[w["sex"]],
            "age": w["age"],
            "W": w["weight_kg"],
            "H": w["height_cm"],
        },
        {"RMR": "RMR"},
    ),
    (
        "med.qtc",
        "heart.qt-corrected",
        lambda w: {"sex": "male", "QT": w["QT_ms"], "HR": w["HR_bpm"]},
        {name: name for name in ("Bazett", "Fridericia", "Framingham", "Hodges")},
    ),
    (
        "med.hemodynamics",
        "heart.mean-arterial-pressure",
        lambda w: {"SBP": w["SBP"], "DBP": w["DBP"]},
        {"MAP": "MAP"},
    ),
    (
        "med.hemodynamics",
        "blood.oxygen-delivery",
        lambda w: {
            "Hb": w["Hb_gdl"],
            "SaO2": w["SaO2"],
            "SvO2": w["SvO2"],
            "PaO2": w["PaO2"],
            "PvO2": w["PvO2"],
            "VO2": w["VO2_mlmin"],
        },
        {"CaO2": "CaO2", "CO_Fick": "CO"},
    ),
    (
        "med.anion_gap",
        "blood.anion-gap",
        lambda w: {
            "Na": w["Na"],
            "Cl": w["Cl"],
            "HCO3": w["HCO3"],
            "albumin": w["albumin_gdl"],
        },
        {"AG": "gap", "AG_corrected": "gap_corrected", "delta_ratio": "ratio"},
    ),
    (
        "med.bayes_ppv",
        "diagnosis.predictive-values",
        lambda w: {
            "prevalence": w["prevalence"],
            "sensitivity": w["sens"],
            "specificity": w["spec"],
        },
        {"PPV": "PPV", "NPV": "NPV", "LRplus": "LRplus"},
    ),
    (
        "med.severinghaus",
        "blood.oxygen-saturation",
        lambda w: {"PO2": w["pO2_mmHg"]},
        {"SO2": "SO2"},
    ),
    (
        "med.osmolality",
        "blood.osmolality",
        lambda w: {"Na": w["Na"], "glucose": w["glucose_mgdl"], "BUN": w["BUN_mgdl"]},
        {"osm_calc": "osmolality"},
    ),
    (
        "med.osmolality",
        "blood.sodium-corrected",
        lambda w: {"Na": w["Na"], "glucose": w["glucose_mgdl"]},
        {"Na_corr_Katz": "Katz", "Na_corr_Hillier": "Hillier"},
    ),
    (
        "med.osmolality",
        "blood.calcium-corrected",
        lambda w: {"Ca": w["Ca_mgdl"], "albumin": w["albumin_gdl"]},
        {"Ca_corr": "corrected"},
    ),
    (
        "med.friedewald",
        "blood.ldl-cholesterol",
        lambda w: {"TC": w["TC"], "HDL": w["HDL"], "TG": w["TG"]},
        {"LDL_Friedewald": "Friedewald", "LDL_Sampson": "Sampson"},
    ),
    (
        "med.homa_ir",
        "blood.insulin-resistance",
        lambda w: {"glucose": w["glucose_mmolL"], "insulin": w["insulin_uUml"]},
        {"HOMA_IR": "HOMA"},
    ),
    (
        "med.homa_ir",
        "blood.glycated-haemoglobin",
        lambda w: {"A1c": w["A1c_pct"]},
        {"eAG": "glucose"},
    ),
    (
        "med.blood_gas",
        "blood.acid-base",
        lambda w: {"HCO3": w["HCO3"], "PaCO2": w["PaCO2"]},
        {"pH": "pH", "winters_PCO2": "expected"},
    ),
    (
        "med.aa_gradient",
        "blood.oxygen-gradient",
        lambda w: {name: w[name] for name in ("FiO2", "Patm", "PaCO2", "PaO2", "age")},
        {"PAO2": "PAO2", "Aa": "gradient", "Aa_expected": "normal"},
    ),
    (
        "med.fena",
        "kidney.sodium-excretion",
        lambda w: {**w, "diuretic": False},
        {"FENa": "FENa"},
    ),
    (
        "med.pce_ascvd_2013",
        "blood.pooled-cohort",
        lambda w: {
            "sex": SEXES[w["sex"]],
            "black": w["race"] == "B",
            "age": w["age"],
            "TC": w["tc"],
            "HDL": w["hdl"],
            "SBP": w["sbp"],
            "treated": bool(w["treated"]),
            "smoker": bool(w["smoker"]),
            "diabetes": bool(w["dm"]),
        },
        {"risk_10y": "risk"},
    ),
    (
        "med.dose_rules",
        "dosing.apixaban-dose",
        lambda w: {"age": w["age"], "W": w["weight_kg"], "Cr": w["scr_mgdl"]},
        {"dose_bid": "dose"},
    ),
    (
        "med.warfarin_iwpc",
        "dosing.warfarin-dose",
        lambda w: {
            "age": w["age"],
            "H": w["height_cm"],
            "W": w["weight_kg"],
            "VKORC1": w["vkorc1"],
            "CYP2C9": f"s{w['cyp2c9'][0]}s{w['cyp2c9'][1]}",
            "race": w["race"],
            "inducer": bool(w["inducer"]),
            "amiodarone": bool(w["amiodarone"]),
        },
        {"weekly_dose": "dose"},
    ),
)


@pytest.mark.parametrize(("row", "rule", "facts", "names"), ROWS, ids=[row[1] for row in ROWS])
def test_worked_values_come_out(
    row: str,
    rule: str,
    facts: Callable[[Facts], Facts],
    names: Mapping[str, str],
    library: KnowledgeBase,
    material: Path,
) -> None:
    lines = worked(material, row)
    assert {line.output for line in lines} >= set(names)
    for line in lines:
        if line.output not in names:
            continue
        found = ask(library.rules[f"medicine.{rule}"], facts(dict(line.given)))[names[line.output]]
        if isinstance(found, bool):
            assert found is bool(int(line.printed))
        else:
            assert found == line.printed or agrees(found, line.printed), line


def _number(inputs: Facts, name: str) -> float:
    value = inputs[name]
    return value[0] if isinstance(value, list) else value


def _said(inputs: Facts, **names: str) -> Facts:
    """Yes/no facts by our names; what a note does not say is no, as the collection holds it."""
    return {ours: bool(inputs.get(theirs, False)) for ours, theirs in names.items()}


def _clearance(i: Facts) -> Facts:
    return {
        "sex": SEXES[i["sex"]],
        "W": _number(i, "weight"),
        "H": _number(i, "height"),
        "age": _number(i, "age"),
        "Scr": _number(i, "creatinine"),
    }


def _psi(i: Facts) -> Facts:
    return {
        "age": _number(i, "age"),
        "sex": SEXES[i["sex"]],
        **_said(
            i,
            nursing_home="nursing_home_resident",
            cancer="neoplastic_disease",
            liver="liver_disease",
            failure="chf",
            stroke="cerebrovascular_disease",
            kidney="renal_disease",
            confused="altered_mental_status",
            effusion="pleural_effusion",
        ),
        "RR": _number(i, "respiratory_rate"),
        "SBP": _number(i, "sys_bp"),
        "T": _number(i, "temperature"),
        "HR": _number(i, "heart_rate"),
        "pH": i["pH"],
        "BUN": _number(i, "bun"),
        "Na": _number(i, "sodium"),
        "glucose": _number(i, "glucose"),
        "Hct": _number(i, "hematocrit"),
        "PaO2": _number(i, "partial_pressure_oxygen"),
    }


def _sofa(i: Facts) -> Facts:
    diastolic = _number(i, "dia_bp")
    return {
        "PF": 100 * _number(i, "pao2") / _number(i, "fio2"),
        "support": bool(i.get("mechanical_ventilation") or i.get("cpap")),
        "PLT": _number(i, "platelet_count") / 1000,
        "bilirubin": _number(i, "bilirubin"),
        "MAP": diastolic + (_number(i, "sys_bp") - diastolic) / 3,
        "dopamine": _number(i, "dopamine"),
        "dobutamine": 0,
        "adrenaline": 0,
        "noradrenaline": 0,
        "GCS": i["gcs"],
        "Cr": _number(i, "creatinine"),
        "urine": _number(i, "urine_output"),
    }


def _charlson(i: Facts) -> Facts:
    return {
        "age": _number(i, "age"),
        **_said(
            i,
            infarction="mi",
            failure="chf",
            arteries="peripheral_vascular_disease",
            dementia="dementia",
            lungs="cpd",
            connective="connective_tissue_disease",
            ulcer="peptic_ucler_disease",
            hemiplegia="hemiplegia",
            kidneys="moderate_to_severe_ckd",
            leukaemia="leukemia",
            lymphoma="lymphoma",
            AIDS="aids",
        ),
        "stroke": bool(i.get("cva") or i.get("tia")),
        "liver": "none",
        "diabetes": {"none or diet-controlled": "none-or-diet"}[i["diabetes_mellitus"]],
        "tumour": "none",
    }


def _caprini(i: Facts) -> Facts:
    return {
        "age": _number(i, "age"),
        "BMI": _number(i, "bmi"),
        "operation": "none",
        "mobility": {"confined to bed >72 hours": "bed-72-hours"}[i["mobility"]],
        **_said(
            i,
            recent_surgery="major_surgery",
            recent_failure="chf",
            sepsis="sepsis",
            pneumonia="pneumonia",
            plaster="immobilizing_plaster_case",
            hip_fracture="hip_pelvis_leg_fracture",
            recent_stroke="stroke",
            trauma="multiple_trauma",
            spine="acute_spinal_cord_injury",
            varicose="varicose_veins",
            swollen="current_swollen_legs",
            inflamed_bowel="inflammatory_bowel_disease",
            infarction="acute_myocardial_infarction",
            lung_disease="copd",
            central_line="current_central_venuous",
            cancer="malignancy",
            hormones="hormones",
            pregnancy="pregnancy",
            losses="losses",
            family="family_history_thrombosis",
            leiden="positive_factor_v",
            prothrombin="positive_prothrombin",
            homocysteine="serum_homocysteine",
            lupus="positive_lupus_anticoagulant",
            anticardiolipin="elevated_anticardiolipin_antibody",
            heparin="heparin_induced_thrombocytopenia",
            thrombophilia="other_thrombophilia",
        ),
        "clot": bool(i.get("previous_dvt") or i.get("previous_pe")),
    }


def _salts(i: Facts) -> Facts:
    return {
        "Na": _number(i, "sodium"),
        "Cl": _number(i, "chloride"),
        "HCO3": _number(i, "bicarbonate"),
        "albumin": _number(i, "albumin") if "albumin" in i else 4,
    }


def _opioids(i: Facts) -> Facts:
    def day(name: str) -> float:
        dose, often = i.get(f"{name} Dose", [0]), i.get(f"{name} Dose Per Day", [0])
        return dose[0] * often[0]

    names = {
        "codeine": "Codeine",
        "hydrocodone": "HYDROcodone",
        "hydromorphone": "HYDROmorphone",
        "methadone": "Methadone",
        "morphine": "Morphine",
        "oxycodone": "OxyCODONE",
        "oxymorphone": "OxyMORphone",
        "tapentadol": "Tapentadol",
        "tramadol": "TraMADol",
        "fentanyl_buccal": "FentaNYL buccal",
    }
    return {ours: day(theirs) for ours, theirs in names.items()}


def _date(text: str) -> str:
    month, day, year = text.split("/")
    return f"{year}-{month}-{day}"


COMA = {
    "eyes open spontaneously": "spontaneously",
    "no verbal response": "silent",
    "flexion to pain": "flexion",
}
# Calculator: the rule, its inputs out of those of a case, the output compared.
CALCULATORS: dict[str, tuple[str, Callable[[Facts], Facts], str]] = {
    "CKD-EPI Equations for Glomerular Filtration Rate": (
        "kidney.ckd-epi-2021",
        lambda i: {
            "sex": SEXES[i["sex"]],
            "age": _number(i, "age"),
            "Scr": _number(i, "creatinine"),
        },
        "eGFR",
    ),
    "CHA2DS2-VASc Score for Atrial Fibrillation Stroke Risk": (
        "heart.cha2ds2-vasc",
        lambda i: {
            "sex": SEXES[i["sex"]],
            "age": _number(i, "age"),
            **_said(
                i,
                heart_failure="chf",
                hypertension="hypertension",
                diabetes="diabetes",
                vascular="vascular_disease",
            ),
            "stroke": bool(i.get("stroke") or i.get("tia") or i.get("thromboembolism")),
        },
        "score",
    ),
    "Mean Arterial Pressure (MAP)": (
        "heart.mean-arterial-pressure",
        lambda i: {"SBP": _number(i, "sys_bp"), "DBP": _number(i, "dia_bp")},
        "MAP",
    ),
    "Body Mass Index (BMI)": (
        "body.weight-class",
        lambda i: {"W": _number(i, "weight"), "H": _number(i, "height")},
        "BMI",
    ),
    "Wells' Criteria for Pulmonary Embolism": (
        "heart.wells-embolism",
        lambda i: {
            "HR": _number(i, "heart_rate"),
            **_said(
                i,
                signs="clinical_dvt",
                likeliest="pe_number_one",
                haemoptysis="hemoptysis",
                cancer="malignancy_with_treatment",
            ),
            "still": bool(i.get("immobilization_for_3days") or i.get("surgery_in_past4weeks")),
            "before": bool(i.get("previous_pe") or i.get("previous_dvt")),
        },
        "score",
    ),
    "MDRD GFR Equation": (
        "kidney.mdrd",
        lambda i: {
            "sex": SEXES[i["sex"]],
            "black": i.get("race") == "Black",
            "age": _number(i, "age"),
            "Scr": _number(i, "creatinine"),
        },
        "eGFR",
    ),
    "Ideal Body Weight": (
        "body.dosing-weight",
        lambda i: {"sex": SEXES[i["sex"]], "W": 80, "H": _number(i, "height")},
        "ideal",
    ),
    "Wells' Criteria for DVT": (
        "heart.wells-thrombosis",
        lambda i: {
            **_said(
                i,
                cancer="active_cancer",
                paralysed="paralysis_paresis_immobilization_in_lower_extreme",
                collateral="collateral_superficial_veins",
                whole="leg_swollen",
                tender="localized_tenderness_on_deep_venuous_system",
                pitting="pitting_edema_on_symptomatic_leg",
                before="previous_dvt",
                alternative="alternative_to_dvt_diagnosis",
            ),
            "bedridden": bool(
                i.get("bedridden_for_atleast_3_days") or i.get("major_surgery_in_last_12_weeks")
            ),
            "calf": 4 if i.get("calf_swelling_3cm") else 0,
        },
        "score",
    ),
    "HEART Score for Major Cardiac Events": (
        "heart.heart-score",
        lambda i: {
            "history": i["history"].split()[0].lower(),
            "ECG": "normal",
            "age": _number(i, "age"),
            "factors": sum(
                bool(i.get(name))
                for name in (
                    "hypertension",
                    "hypercholesterolaemia",
                    "diabetes_mellitus",
                    "obesity",
                    "smoking",
                    "family_with_cvd",
                )
            ),
            "atherosclerosis": bool(i.get("atherosclerotic_disease") or i.get("tia")),
            "troponin": 0.5,
        },
        "score",
    ),
    "Centor Score (Modified/McIsaac) for Strep Pharyngitis": (
        "infection.centor",
        lambda i: {
            "age": _number(i, "age"),
            "T": _number(i, "temperature"),
            "exudate": False,
            "nodes": False,
            "cough": False,
        },
        "score",
    ),
    "Glasgow Coma Score (GCS)": (
        "intensive.glasgow-coma",
        lambda i: {
            "eyes": COMA[i["best_eye_response"]],
            "speech": COMA[i["best_verbal_response"]],
            "motion": COMA[i["best_motor_response"]],
        },
        "GCS",
    ),
    "Maintenance Fluids Calculations": (
        "dosing.maintenance-fluid",
        lambda i: {"W": _number(i, "weight")},
        "rate",
    ),
    "Steroid Conversion Calculator": (
        "dosing.steroid-equivalent",
        lambda i: {
            "drug": i["input steroid"][0].split()[0].lower(),
            "dose": i["input steroid"][1],
            "target": i["target steroid"].split()[0].lower(),
        },
        "equivalent",
    ),
    "Sodium Correction for Hyperglycemia": (
        "blood.sodium-corrected",
        lambda i: {"Na": _number(i, "sodium"), "glucose": _number(i, "glucose")},
        "Hillier",
    ),
    "PSI Score: Pneumonia Severity Index for CAP": ("infection.pneumonia-severity", _psi, "points"),
    "HOMA-IR (Homeostatic Model Assessment for Insulin Resistance)": (
        "blood.insulin-resistance",
        # 18 g/mol a tenth: the collection divides by 405 = 18·22.5.
        lambda i: {"glucose": _number(i, "glucose") / 18, "insulin": _number(i, "insulin")},
        "HOMA",
    ),
    "Charlson Comorbidity Index (CCI)": ("comorbidity.charlson", _charlson, "score"),
    "FeverPAIN Score for Strep Pharyngitis": (
        "infection.fever-pain",
        lambda i: {
            **_said(
                i, fever="fever_24_hours", pus="purulent_tonsils", inflamed="tonsil_inflammation"
            ),
            "days": 2 if i["symptom_onset"] else 5,
            "cough": not i["cough_coryza_absent"],
        },
        "score",
    ),
    "Caprini Score for Venous Thromboembolism (2005)": ("comorbidity.caprini", _caprini, "score"),
    "Free Water Deficit": (
        "blood.water-deficit",
        lambda i: {
            "sex": SEXES[i["sex"]],
            "age": _number(i, "age"),
            "W": _number(i, "weight"),
            "Na": _number(i, "sodium"),
        },
        "deficit",
    ),
    "Fractional Excretion of Sodium (FENa)": (
        "kidney.sodium-excretion",
        lambda i: {
            "UNa": _number(i, "urine_sodium"),
            "PNa": _number(i, "sodium"),
            "UCr": _number(i, "urine_creatinine"),
            "PCr": _number(i, "creatinine"),
            "diuretic": False,
        },
        "FENa",
    ),
    "Sequential Organ Failure Assessment (SOFA) Score": ("intensive.sofa", _sofa, "score"),
    "Morphine Milligram Equivalents (MME) Calculator": (
        "dosing.opioid-equivalent",
        _opioids,
        "total",
    ),
    "QTc Fridericia Calculator": (
        "heart.qt-corrected",
        lambda i: {
            "sex": "male",
            "QT": _number(i, "qt_interval"),
            "HR": _number(i, "heart_rate"),
        },
        "Fridericia",
    ),
    "QTc Hodges Calculator": (
        "heart.qt-corrected",
        lambda i: {
            "sex": "male",
            "QT": _number(i, "qt_interval"),
            "HR": _number(i, "heart_rate"),
        },
        "Hodges",
    ),
    "Delta Ratio": ("blood.anion-gap", _salts, "ratio"),
    "Albumin Corrected Delta Ratio": ("blood.anion-gap", _salts, "ratio_corrected"),
}


def _cases(material: Path) -> dict[str, Facts]:
    folder = material / "material" / "rules" / "medcalc"
    cases = json.loads((folder / "medcalc_55.json").read_text(encoding="utf-8"))
    return {case["calculator"]: case for case in cases}


@pytest.mark.parametrize("calculator", CALCULATORS)
def test_cases_of_calculators_come_out(
    calculator: str, library: KnowledgeBase, material: Path
) -> None:
    rule, facts, output = CALCULATORS[calculator]
    case = _cases(material)[calculator]
    found = ask(library.rules[f"medicine.{rule}"], facts(case["inputs"]))[output]
    # The collection rounds on its way, to five digits.
    assert float(found) == pytest.approx(case["answer"], rel=2e-5, abs=1e-5)


def test_a_clearance_takes_the_weight_that_the_body_calls_for(
    library: KnowledgeBase, material: Path
) -> None:
    case = _cases(material)["Creatinine Clearance (Cockcroft-Gault Equation)"]
    facts = _clearance(case["inputs"])
    body = {name: facts[name] for name in ("sex", "W", "H")}
    weight = ask(library.rules["medicine.body.dosing-weight"], body)["dosing"]
    asked = {**{name: facts[name] for name in ("sex", "age", "Scr")}, "W": weight}
    found = ask(library.rules["medicine.kidney.cockcroft-gault"], asked)["CrCl"]
    assert float(found) == pytest.approx(case["answer"], rel=2e-5)


def test_a_pregnancy_counts_weeks_and_days(library: KnowledgeBase, material: Path) -> None:
    case = _cases(material)["Estimated Gestational Age"]
    asked = {
        "period": _date(case["inputs"]["menstrual_date"]),
        "today": _date(case["inputs"]["current_date"]),
    }
    found = ask(library.rules["medicine.pregnancy.gestational-age"], asked)
    assert [f"{found['weeks']} weeks", f"{found['days']} days"] == case["answer"]


tenths = st.integers(1, 300).map(lambda n: Fraction(n, 10))


@settings(max_examples=60)
@given(sex=st.sampled_from(("female", "male")), age=st.integers(18, 110), creatinine=tenths)
def test_the_filtration_rate_is_the_published_formula(
    sex: str, age: int, creatinine: Fraction, library: KnowledgeBase
) -> None:
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    share = float(creatinine) / kappa
    expected = 142 * min(share, 1) ** alpha * max(share, 1) ** -1.2 * 0.9938**age * factor
    rule = library.rules["medicine.kidney.ckd-epi-2021"]
    found = ask(rule, {"sex": sex, "age": age, "Scr": creatinine})["eGFR"]
    assert float(found) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=60)
@given(
    dialysis=st.booleans(),
    creatinine=tenths,
    bilirubin=st.integers(1, 800).map(lambda n: Fraction(n, 10)),
    clotting=st.integers(5, 200).map(lambda n: Fraction(n, 10)),
    sodium=st.integers(100, 180),
)
def test_meld_is_the_policy_by_hand(
    dialysis: bool,
    creatinine: Fraction,
    bilirubin: Fraction,
    clotting: Fraction,
    sodium: int,
    library: KnowledgeBase,
) -> None:
    counted = 4.0 if dialysis else min(max(float(creatinine), 1.0), 4.0)
    raw = 9.57 * math.log(counted) + 3.78 * math.log(max(float(bilirubin), 1.0))
    plain = math.floor(raw + 11.2 * math.log(max(float(clotting), 1.0)) + 6.43 + 0.5)
    lacking = 137 - min(max(sodium, 125), 137)
    with_sodium = Fraction(plain) + Fraction("1.32") * lacking - Fraction("0.033") * plain * lacking
    expected = plain if plain <= 11 else min(40, math.floor(with_sodium + Fraction(1, 2)))
    asked = {
        "dialysis": dialysis,
        "Cr": creatinine,
        "bilirubin": bilirubin,
        "INR": clotting,
        "Na": sodium,
    }
    found = ask(library.rules["medicine.liver.meld-na"], asked)
    assert (found["MELDi"], found["MELD"]) == (plain, expected)


@settings(max_examples=80)
@given(
    rate=st.integers(0, 80),
    oxygen=st.integers(30, 100),
    on_oxygen=st.booleans(),
    scale=st.sampled_from(("one", "two")),
    pressure=st.integers(20, 300),
    pulse=st.integers(0, 300),
    alert=st.booleans(),
    heat=st.integers(200, 460),
)
def test_the_early_warning_is_the_chart_by_hand(
    rate: int,
    oxygen: int,
    on_oxygen: bool,
    scale: str,
    pressure: int,
    pulse: int,
    alert: bool,
    heat: int,
    library: KnowledgeBase,
) -> None:
    def band(value: int, *steps: tuple[int, int]) -> int:
        """Points of the first step that reaches the value."""
        return next(points for most, points in steps if value <= most)

    far = 10_000
    if scale == "one":
        air = band(oxygen, (91, 3), (93, 2), (95, 1), (far, 0))
    elif on_oxygen:
        air = band(oxygen, (83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (far, 3))
    else:
        air = band(oxygen, (83, 3), (85, 2), (87, 1), (far, 0))
    points = [
        band(rate, (8, 3), (11, 1), (20, 0), (24, 2), (far, 3)),
        air,
        band(pressure, (90, 3), (100, 2), (110, 1), (219, 0), (far, 3)),
        band(pulse, (40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (far, 3)),
        0 if alert else 3,
        band(heat, (350, 3), (360, 1), (380, 0), (390, 1), (far, 2)),
    ]
    score = sum(points) + 2 * on_oxygen
    low = "ward" if max(points) == 3 else "routine"
    response = low if score <= 4 else "urgent" if score <= 6 else "emergency"
    asked = {
        "RR": rate,
        "SpO2": oxygen,
        "scale": scale,
        "oxygen": on_oxygen,
        "SBP": pressure,
        "pulse": pulse,
        "alert": alert,
        "T": Fraction(heat, 10),
    }
    found = ask(library.rules["medicine.intensive.news-2"], asked)
    assert (found["score"], found["response"]) == (score, response)
