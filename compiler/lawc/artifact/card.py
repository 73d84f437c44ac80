"""The page that a person reads about a frozen module."""

from __future__ import annotations

from typing import Any

from lawc.artifact.manifest import Manifest, Port


def card(manifest: Manifest) -> str:
    """Return the card of a module as Markdown."""
    law, certificate = manifest.law, manifest.certificate
    lines = [
        f"# {manifest.name}",
        "",
        f"{law.title}. Frozen by lawc {manifest.lawc} from `{_version(manifest)}` ({law.status}).",
        "",
        "## What it answers",
        "",
        "| | quantity | unit | certified range |",
        "|---|---|---|---|",
        *(_row("input", port) for port in manifest.inputs),
        *(_row("output", port) for port in manifest.outputs),
        "",
    ]
    if law.equations:
        lines += ["It solves", "", *(f"    {equation}" for equation in law.equations), ""]
    if law.valid:
        lines += ["where " + "; ".join(f"`{text}`" for text in law.valid) + ".", ""]
    lines += [
        "## How far it may be off",
        "",
        *_grade(certificate),
        "",
        "This is the error of the module against its law. How far the law is off the world, its",
        "sources say:",
        "",
        *(f"- {source}" for source in law.sources),
        "",
        "## How to use it",
        "",
        "```python",
        "import lawc",
        "",
        f'module = lawc.module("{manifest.name}")',
        "answer = module({" + ", ".join(f'"{p.name}": …' for p in manifest.inputs) + "})",
        "answer.value, answer.error, answer.inside",
        "```",
        "",
        *_decided(manifest),
        "Columns are in the units above. Outside the certified range `inside` falls to 0 and",
        "`error` grows.",
        "",
        "## What it is made of",
        "",
        *(
            f"- {key.replace('_', ' ')}: {_plain(value)}"
            for key, value in manifest.provenance.items()
        ),
        f"- digest of the law: `{law.digest}`",
        f"- digest of the module: `{manifest.digest}`",
        f"- licence: {manifest.licence or 'not stated'}",
        "",
    ]
    return "\n".join(lines)


def _decided(manifest: Manifest) -> list[str]:
    """What is said of the module of a rule alone."""
    if manifest.form.get("kind") != "decision":
        return []
    return [
        "`module.decide(columns)` takes and gives words, dates and data frames, and says what",
        "decided each answer; called as above, words are their places in the list, counted from",
        "zero, and what is unknown or not applicable is 0, not inside.",
        "",
    ]


def _version(manifest: Manifest) -> str:
    law = manifest.law
    return f"{law.identity}@{law.version}" if law.version else law.identity


def _row(side: str, port: Port) -> str:
    words = f"`{port.name}` {port.words}".strip().replace("|", "\\|")
    if port.low is None or port.high is None:
        span = ""
    else:
        span = f"{port.low:g} … {port.high:g}" + (" (log)" if port.log else "")
    if port.default is not None:
        span += f", {port.default:g} if left out"
    return f"| {side} | {words} | {port.unit or '1'} | {span} |"


def _grade(certificate: dict[str, Any]) -> list[str]:
    """The certificate in sentences; a figure that is not there is left out."""
    bound, measure = _plain(certificate.get("bound")), certificate.get("measure", "")
    points = sum(certificate.get("points", {}).values())
    if certificate.get("arithmetic") == "exact":
        return [
            "Grade **A**: it is the rule itself, and its answers are exact: on",
            f"{points} cases near its edges they are those of {certificate.get('reference')}.",
        ]
    if certificate.get("grade") == "A":
        return [
            "Grade **A**: it is the law's own formula, and only rounding stands between them: at",
            f"most {bound} of {measure}, on {points} points against "
            f"{certificate.get('reference', 'the law')}.",
        ]
    lines = [
        f"Grade **{certificate.get('grade')}**: at most {bound} of {measure}.",
        f"The worst of {points} points that its training never saw is "
        f"{_plain(certificate.get('worst'))}, typical is {_plain(certificate.get('typical'))}.",
    ]
    worst = certificate.get("worst_at", {})
    if worst:
        at = ", ".join(f"{name} = {value:.4g}" for name, value in worst.items())
        lines.append(f"The worst stands at {at}.")
    if "exceedance" in certificate:
        lines.append(
            f"With probability 1 - {_plain(certificate.get('risk'))}, the error exceeds "
            f"{_plain(certificate.get('worst_random'))} on at most "
            f"{_plain(certificate['exceedance'])} of the domain."
        )
    moves = certificate.get("moves", {})
    lines.extend(f"`{sentence}`: {how}." for sentence, how in moves.items())
    lines.append(f"Reference: {certificate.get('reference', 'not stated')}.")
    return lines


def _plain(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} entries in the manifest"
    return f"{value:.2g}" if isinstance(value, float) else str(value)
