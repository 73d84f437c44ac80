"""A frozen rule without torch says what its module says, and trusts no more."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.artifact.test_rule_module import frozen
from tests.decision.samples import SAMPLES

import lawc
from lawc.artifact.manifest import ManifestError
from lawc.deciding.points import cases
from lawc.deciding.words import Word, in_words
from lawc.decision.exact import decide
from lawc.decision.values import Absent
from lawc.diagnostics.diagnostic import LawcError


@pytest.mark.parametrize("name", ["ckd-risk", "income-tax", "housing-benefit", "objection"])
def test_a_frozen_rule_answers_what_its_module_answers(name: str, tmp_path: Path) -> None:
    module = frozen(name, tmp_path)
    rule = lawc.rule(tmp_path / "test" / name)
    decision = SAMPLES[name].decision
    tried = cases(decision, 60, seed=3)
    told = [
        {port.name: in_words(port, case[port.name]) for port in decision.inputs} for case in tried
    ]
    columns = {port.name: [plain(case[port.name]) for case in told] for port in decision.inputs}
    mine, other = rule.decide(columns), module.decide(columns)
    for output in decision.outputs:
        assert np.array_equal(mine.raw[output], other.raw[output])
        assert (mine.why(output) == other.why(output)).all()
    for case, words in zip(tried[::5], told[::5], strict=True):
        found, truth = rule.case(words), decide(decision, case).values
        for output in decision.outputs:
            assert found[output] == in_words(decision.port(output), truth[output])


def plain(word: Word) -> Any:
    """Return a word as columns take it."""
    if isinstance(word, Absent):
        return None
    return float(word) if isinstance(word, Fraction) else word


def test_a_rule_that_was_changed_is_refused(tmp_path: Path) -> None:
    frozen("ckd-risk", tmp_path)
    place = tmp_path / "test" / "ckd-risk" / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["form"]["decision"]["outputs"] = manifest["form"]["decision"]["outputs"][:1]
    place.write_text(json.dumps(manifest))
    with pytest.raises(ManifestError, match="was changed after it was sealed"):
        lawc.rule(place.parent)


def test_what_is_no_frozen_rule_is_named(tmp_path: Path) -> None:
    with pytest.raises(LawcError, match="no frozen module"):
        lawc.rule(tmp_path / "nothing")


def test_a_manifest_that_goes_away_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen("ckd-risk", tmp_path)

    def gone(path: Path) -> bytes:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_bytes", gone)
    with pytest.raises(ManifestError, match="no frozen module"):
        lawc.rule(tmp_path / "test" / "ckd-risk")
