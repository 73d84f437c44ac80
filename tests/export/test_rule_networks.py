"""A network in the place of a rule is kept with its agreement, which is counted anew on reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from tests.decision.samples import SAMPLES

from lawc.artifact.manifest import ManifestError
from lawc.distillation.rule_network import Agreement, RuleNetwork, fitted
from lawc.export.rule_networks import certify_network, keep_network, read_network

RISK = SAMPLES["ckd-risk"].decision


@cache
def made() -> tuple[RuleNetwork, Agreement]:
    return fitted(RISK, "stage", rows=1500, steps=250)


def seal(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as somebody would seal it who knows how that is done."""
    rest = {key: value for key, value in record.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {**rest, "digest": hashlib.sha256(text.encode()).hexdigest()}


def test_what_is_read_back_answers_the_same_and_has_the_same_certificate(tmp_path: Path) -> None:
    network, found = made()
    kept = keep_network(tmp_path / "stage", network, RISK, "stage", found)
    read = read_network(tmp_path / "stage")
    columns = {
        "eGFR": torch.linspace(1, 190, 400, dtype=torch.float64),
        "ACR": torch.linspace(0, 900, 400, dtype=torch.float64),
    }
    with torch.no_grad():
        assert torch.equal(read.network(columns), network(columns))
    assert read.decision == RISK
    assert read.certificate.to_json() == kept.certificate.to_json()
    agreement = read.certificate.agreement
    assert agreement is not None
    assert agreement["near"] == found.near < agreement["away"]


def test_the_share_that_may_be_wrong_is_above_the_share_that_was_seen() -> None:
    _, found = made()
    certificate = certify_network("stage", found)
    assert 1 - found.all < certificate.exceedance < 1
    without = replace(found, all=1.0)
    # ln(1 / risk) / n where nothing was wrong.
    assert certify_network("stage", without).exceedance == pytest.approx(
        13.8 / found.rows, rel=0.01
    )


def boast(record: dict[str, Any]) -> None:
    record["certificate"] = certify_network("stage", replace(made()[1], near=0.999)).to_json()


def skip_rows(record: dict[str, Any]) -> None:
    record["certificate"] = certify_network("stage", replace(made()[1], rows_near=1)).to_json()


def shorten(record: dict[str, Any]) -> None:
    record["certificate"]["exceedance"] = 0.0


def add_a_field(record: dict[str, Any]) -> None:
    record["certificate"]["agreement"]["more"] = 1


def ask_for_a_number(record: dict[str, Any]) -> None:
    record["output"] = "eGFR"


def move_a_threshold(record: dict[str, Any]) -> None:
    text = json.dumps(record["decision"])
    record["decision"] = json.loads(text.replace('"90"', '"97"'))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (boast, "agree near thresholds"),
        (skip_rows, "other rows"),
        (shorten, "does not follow"),
        (add_a_field, "other things"),
        (ask_for_a_number, "no network of a rule"),
        (move_a_threshold, "certificate"),
    ],
)
def test_a_record_that_says_more_than_the_network_does_is_refused(
    change: Callable[[dict[str, Any]], None], said: str, tmp_path: Path
) -> None:
    network, found = made()
    keep_network(tmp_path, network, RISK, "stage", found)
    path = tmp_path / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    before = json.dumps(record)
    change(record)
    assert json.dumps(record) != before
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ManifestError, match="changed after it was sealed"):
        read_network(tmp_path)
    path.write_text(json.dumps(seal(record)), encoding="utf-8")
    with pytest.raises(ManifestError, match=said):
        read_network(tmp_path)


def test_other_weights_are_refused_even_where_they_are_sealed(tmp_path: Path) -> None:
    network, found = made()
    keep_network(tmp_path, network, RISK, "stage", found)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    state["layers.4.weight"] *= -1
    weights = safetensors.torch.save(state)
    (tmp_path / "weights.safetensors").write_bytes(weights)
    with pytest.raises(ManifestError, match="weights are not those"):
        read_network(tmp_path)
    path = tmp_path / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["weights"] = hashlib.sha256(weights).hexdigest()
    path.write_text(json.dumps(seal(record)), encoding="utf-8")
    with pytest.raises(ManifestError, match="certificate"):
        read_network(tmp_path)


@pytest.mark.parametrize(
    "planted",
    [
        torch.tensor(1.0),
        torch.zeros(16, 3).to(torch.float8_e4m3fn),
        torch.full((16, 3), 1e300, dtype=torch.float64),
        torch.zeros(16, 3, dtype=torch.complex64),
    ],
)
def test_weights_of_another_kind_are_refused(planted: torch.Tensor, tmp_path: Path) -> None:
    network, found = made()
    keep_network(tmp_path, network, RISK, "stage", found)
    weights = safetensors.torch.save({**network.state_dict(), "layers.0.weight": planted})
    (tmp_path / "weights.safetensors").write_bytes(weights)
    path = tmp_path / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["weights"] = hashlib.sha256(weights).hexdigest()
    path.write_text(json.dumps(seal(record)), encoding="utf-8")
    with pytest.raises(ManifestError, match="another kind"):
        read_network(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 3}', "[" * 5000])
def test_what_is_no_record_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ManifestError):
        read_network(tmp_path)
