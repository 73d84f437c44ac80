"""From a certified student to a frozen module in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from lawc.artifact.manifest import Golden, LawRecord, Manifest, Port, finite
from lawc.artifact.module import FrozenModule
from lawc.artifact.store import save
from lawc.certificate.certificate import Certificate
from lawc.certificate.certify import digest_of
from lawc.certificate.measuring import answers
from lawc.diagnostics.diagnostic import BuildError
from lawc.forms.form import Form
from lawc.knowledge.law import Law, Quantity
from lawc.knowledge.writing import write_condition, write_equation, write_expression
from lawc.lowering.program import Program
from lawc.pipeline.accepting import demand_accepted

GOLDEN_POINTS = 64
GOLDEN_SEED = 900_005


def freeze(
    form: Form,
    certificate: Certificate,
    program: Program,
    folder: Path,
    *,
    name: str | None = None,
    provenance: Mapping[str, Any] | None = None,
    licence: str = "",
    build_key: str = "",
) -> FrozenModule:
    """Write a form and its certificate as a frozen module, and return it as read back.

    Args:
        form: What was certified.
        certificate: Of just this form and this program.
        program: The law and the domain.
        folder: `modules/<discipline>/<name>`; a module that stands there is replaced.
        name: `<discipline>/<name>`; by default the last two parts of the folder.
        provenance: How it was made; plain values.
        licence: Under which it may be used.
        build_key: Digest of all that decided the content.

    Raises:
        BuildError: The law is neither confirmed nor empirical, or the certificate is of another
            form, or of another domain.
        ManifestError, DomainError: What was to be written does not read back.
    """
    demand_accepted(program.law)
    if certificate.of != digest_of(form, program):
        raise BuildError(
            f"this certificate is not of this form of {program.law.identity} on this domain; "
            "certify what is to be frozen"
        )
    manifest = Manifest(
        name=name or "/".join(folder.parts[-2:]),
        lawc=version_of_lawc(),
        law=_record(program.law),
        inputs=tuple(_port(q) for q in program.inputs),
        outputs=tuple(_port(q) for q in program.outputs),
        valid=program.inside.to_json(),
        form=form.spec(),
        error=certificate.error.to_json(),
        certificate=certificate.to_json(),
        provenance=dict(provenance or {}),
        licence=licence,
        golden=_golden(form, program),
        build_key=build_key,
    )
    return save(folder, manifest, form.state_dict())


def _record(law: Law) -> LawRecord:
    return LawRecord(
        identity=law.identity,
        version=law.version,
        digest=law.digest,
        title=law.title,
        status=str(law.status),
        sources=law.sources,
        equations=(
            *(write_equation(equation) for equation in law.equations),
            *(write_condition(condition) for condition in law.conditions),
        ),
        valid=tuple(write_expression(v.condition) for v in law.validity),
    )


def _port(quantity: Quantity) -> Port:
    return Port(
        name=quantity.name,
        words=quantity.words,
        unit=quantity.unit.text,
        factor=quantity.unit.factor,
        offset=quantity.unit.offset,
        low=finite(quantity.low),
        high=finite(quantity.high),
        log=quantity.log and (quantity.low or 0.0) > 0,
        default=finite(quantity.default),
    )


def _golden(form: Form, program: Program) -> Golden:
    columns = program.sample(GOLDEN_POINTS, seed=GOLDEN_SEED)
    si = answers(form, program, columns)
    units = {q.name: q.unit for q in program.outputs}
    return Golden(
        inputs={name: np.asarray(columns[name]).tolist() for name in program.signature.inputs},
        outputs={
            name: ((values - units[name].offset) / units[name].factor).tolist()
            for name, values in si.items()
        },
    )


def version_of_lawc() -> str:
    """Return the version of this compiler."""
    try:
        return version("lawc")
    except PackageNotFoundError:
        return "unknown"
