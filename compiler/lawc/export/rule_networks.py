"""A small network in the place of a rule, kept in a folder with what is certified about it.

The rule stands beside the network as data. When a folder is read, its digests are checked and the
agreement is counted again, at the rows that its certificate names: a certificate that says more
than the network does is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from scipy.stats import beta

from lawc.artifact import paths
from lawc.artifact.manifest import ManifestError
from lawc.certificate.certificate import Certificate
from lawc.decision.decision import Decision
from lawc.decision.operations import DecisionError
from lawc.decision.restoring import from_json
from lawc.decision.storing import to_json
from lawc.distillation.rule_network import Agreement, RuleNetwork, agreement, spans_of
from lawc.forms.tape import Step, Tape

RISK = 1e-6
MAX_BYTES = 8_000_000
MAX_WEIGHTS = 16_000_000
MAX_WIDTH = 1_024
MAX_ROWS = 100_000
SLIPS = 2
"""Rows on which another machine may round a network to another word."""

LEAST_SLIPS = 0.01
"""The share of them at the thresholds of one input, of which there are fewer."""


@dataclass(frozen=True, eq=False)
class KeptNetwork:
    """A network, the rule that it stands for, and what is certified about it."""

    network: RuleNetwork
    decision: Decision
    output: str
    certificate: Certificate


def certify_network(output: str, found: Agreement) -> Certificate:
    """Return the certificate of a network: of grade C, since one answer may be any other word."""
    wrong = round(found.rows * (1 - found.all))
    # The upper end of Clopper and Pearson for a share of which so many were seen.
    most = 1.0 if wrong == found.rows else float(beta.ppf(1 - RISK, wrong + 1, found.rows - wrong))
    return Certificate(
        grade="C",
        bound=1.0,
        worst=float(wrong > 0),
        typical=math.sqrt(wrong / found.rows),
        measure="an answer that is another word",
        points={"rows": found.rows, "near thresholds": found.rows_near},
        seeds={"rows": found.seed},
        worst_at={},
        exceedance=most,
        worst_random=float(wrong > 0),
        risk=RISK,
        reference="the rule itself, at rows of which three in ten lie at a threshold",
        arithmetic="float32",
        error=Tape((), (Step("constant", (), 1.0),), ((output, 0),)),
        agreement=found.to_json(),
    )


def keep_network(
    folder: Path, network: RuleNetwork, decision: Decision, output: str, found: Agreement
) -> KeptNetwork:
    """Write a network with its rule and certificate, and return it as it was read back.

    Raises:
        ManifestError: The agreement is not that of the network with the rule.
    """
    weights = safetensors.torch.save(
        {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    )
    record: dict[str, Any] = {
        "format": 1,
        "output": output,
        "decision": to_json(decision),
        "certificate": certify_network(output, found).to_json(),
        "weights": hashlib.sha256(weights).hexdigest(),
    }
    record["digest"] = _digest(record)
    text = json.dumps(record, ensure_ascii=False).encode()
    kept = _read(text, weights)
    paths.replace(folder, {paths.MANIFEST: text, paths.WEIGHTS: weights})
    return kept


def read_network(folder: Path) -> KeptNetwork:
    """Read a network from its folder, and hold its certificate against it.

    Raises:
        ManifestError: There is none, or it cannot be trusted, or it agrees less than is certified.
    """
    place = paths.standing(folder)
    try:
        return _read((place / paths.MANIFEST).read_bytes(), (place / paths.WEIGHTS).read_bytes())
    except OSError as problem:
        raise ManifestError(f"no network of a rule in {folder}: {problem}") from problem


def _read(text: bytes, weights: bytes) -> KeptNetwork:
    if len(text) > MAX_BYTES or len(weights) > MAX_WEIGHTS:
        raise ManifestError("the network of a rule is too large to be read")
    try:
        record = json.loads(text)
        digest = record.pop("digest")
        if set(record) != {"format", "output", "decision", "certificate", "weights"}:
            raise ManifestError("the record of a network says other things than it should")
        if record["format"] != 1 or digest != _digest(record):
            raise ManifestError("the record of a network was changed after it was sealed")
        if hashlib.sha256(weights).hexdigest() != record["weights"]:
            raise ManifestError("the weights are not those of the record")
        decision, output = from_json(record["decision"]), record["output"]
        found = _agreement(record["certificate"]["agreement"])
        network = _network(decision, output, weights)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ManifestError(f"this is no network of a rule: {problem}") from problem
    certificate = certify_network(output, found)
    if certificate.to_json() != record["certificate"]:
        raise ManifestError("the certificate does not follow from its agreement")
    _count_again(network, decision, output, found)
    return KeptNetwork(network, decision, output, certificate)


def _agreement(said: Mapping[str, Any]) -> Agreement:
    kinds = {field.name: field.type for field in fields(Agreement)}
    if set(said) != set(kinds):
        raise ValueError("an agreement says other things than it should")
    for name, kind in kinds.items():
        fits = isinstance(said[name], float if kind == "float" else int if kind == "int" else str)
        if not fits or isinstance(said[name], bool):
            raise ValueError(f"`{name}` of an agreement is no {kind}")
        if kind == "float" and not 0 <= said[name] <= 1:
            raise ValueError(f"`{name}` of an agreement is no share")
    if not 0 < said["rows"] <= said["rows_drawn"] <= MAX_ROWS or said["seed"] < 0:
        raise ValueError("an agreement names no rows that can be drawn")
    return Agreement(**said)


def _network(decision: Decision, output: str, weights: bytes) -> RuleNetwork:
    port = decision.port(output)
    if not port.choices and port.kind != "yes/no":
        raise ValueError("the output is neither of words nor of yes and no")
    try:
        state = safetensors.torch.load(weights)
    except SafetensorError as problem:
        raise ValueError(f"weights that cannot be read: {problem}") from problem
    first = state["layers.0.weight"]
    # As it is written: other kinds of numbers would be turned into these with other values.
    if first.ndim != 2 or any(value.dtype != torch.float32 for value in state.values()):
        raise ValueError("weights of another kind")
    width = first.shape[0]
    if width > MAX_WIDTH or not all(torch.isfinite(value).all() for value in state.values()):
        raise ValueError("weights that no network of a rule has")
    network = RuleNetwork(decision.inputs, spans_of(decision), max(2, len(port.choices)), width)
    try:
        network.load_state_dict(state)
    except RuntimeError as problem:
        raise ValueError("weights of another shape") from problem
    return network.eval()


def _count_again(network: RuleNetwork, decision: Decision, output: str, said: Agreement) -> None:
    """Refuse a certificate that says more than the network does at the same rows."""
    try:
        found = agreement(network, decision, output, said.seed, said.rows_drawn)
    except DecisionError as problem:
        raise ManifestError(f"the rule does not answer its own rows: {problem}") from problem
    if (found.rows, found.rows_near) != (said.rows, said.rows_near):
        raise ManifestError("the certificate names other rows than its seed draws")
    if found.least_at != said.least_at or abs(found.least - said.least) > LEAST_SLIPS:
        raise ManifestError(
            "the certificate names another input at whose thresholds it agrees least"
        )
    counts = {"all": found.rows, "near": found.rows_near, "away": found.rows - found.rows_near}
    for name, count in counts.items():
        stored, now = asdict(said)[name], asdict(found)[name]
        if abs(stored - now) * max(count, 1) > SLIPS:
            where = {"all": "", "near": " near thresholds", "away": " away from thresholds"}[name]
            raise ManifestError(
                f"the certificate says that {stored:.2%} of rows agree{where}, and {now:.2%} do"
            )


def _digest(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
