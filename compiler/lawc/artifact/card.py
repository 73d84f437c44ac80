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
        f"Grade **{certificate.get('grade')}**. "
        + "; ".join(
            f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in _figures(certificate)
        ),
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


def _figures(certificate: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (key, value)
        for key, value in certificate.items()
        if key != "grade" and isinstance(value, int | float | str)
    ]


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
