"""From the description of a form, which may come from anywhere, to the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lawc.forms.decision import DecisionForm
from lawc.forms.expansion import Expansion
from lawc.forms.form import Form
from lawc.forms.formula import Formula
from lawc.forms.network import Network
from lawc.forms.slabs import Slabs

KINDS = {
    "formula": Formula.from_spec,
    "network": Network.from_spec,
    "expansion": Expansion.from_spec,
    "slabs": Slabs.from_spec,
    "decision": DecisionForm.from_spec,
}


def read_form(spec: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Form:
    """Return the form that a description and its weights mean.

    Raises:
        ValueError: The kind is unknown, or the description or the weights do not fit it.
    """
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"expected a form of kind {' or '.join(KINDS)}, got {kind!r}")
    return KINDS[kind](spec, weights)
