"""One page of what was found: laws, modules, learning curves, traces, and plain words.

The page needs nothing but itself: plots are inline SVG, laws are MathML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
import torch

from lawc.demo import plots
from lawc.demo.experiment import FREE_INPUT_PRIOR, SEEDS, STRENGTHS, Curve
from lawc.demo.general import WIDTH
from lawc.demo.project import Check, Made
from lawc.demo.tasks import grid
from lawc.demo.verdict import (
    Findings,
    Rival,
    at_the_end,
    figure,
    headline,
    levels,
    power,
    rows_text,
    saving,
    sentences,
    spread,
    told_words,
)
from lawc.knowledge.mathml import law_blocks
from lawc.linking.blend import Blend

NAMES = {"network": "network alone", "law": "law alone", "linked": "law and network"}


@dataclass(frozen=True)
class Facts:
    """What the page says of the run as a whole."""

    laws: int
    claims: int
    seconds: float
    versions: str
    cores: int
    failed: tuple[str, ...] = ()


def page(found: Sequence[Findings], facts: Facts) -> str:
    """Return the whole page."""
    body = [_head(found, facts)]
    body += [_section(one) for one in found]
    body.append(_method(facts))
    template = Template((files("lawc.demo") / "page.html").read_text(encoding="utf-8"))
    return template.substitute(title="lawc: laws linked into networks", body="\n".join(body))


def _head(found: Sequence[Findings], facts: Facts) -> str:
    cards = [
        (f"{facts.laws} laws", f"checked, with {facts.claims} examples and claims"),
    ]
    for one in found:
        for made in (one.made, *(rival.made for rival in one.rivals)):
            if made.is_trained:
                certificate = made.module.manifest.certificate
                size = made.module.form.size
                cards.append(
                    (
                        power(certificate["bound"]),
                        f"{made.name}, trained, {size} weights: largest error as a share of the "
                        "peak",
                    )
                )
    for one in found:
        told = saving(one)
        other = f"&gt; {one.network.sizes[-1]}" if told.without is None else str(told.without)
        cards.append(
            (
                f"{told.rows} : {other}",
                f"{one.task.name}: measurements with and without the law for an error of "
                f"{figure(told.error)} {one.task.unit}",
            )
        )
    shown = "".join(f"<div class='card'><b>{b}</b><span>{escape(s)}</span></div>" for b, s in cards)
    lines = "".join(
        f"<p><strong>{escape(one.task.name.capitalize())}.</strong> {escape(headline(one))}. "
        f"{escape(at_the_end(one))}</p>"
        for one in found
    )
    lines += "".join(
        f"<p><strong>Not built:</strong> {escape(message)}; the study goes on without it.</p>"
        for message in facts.failed
    )
    return (
        "<h1>Laws linked into a network, on published measurements</h1>"
        "<p class='soft'>A confirmed law, frozen as a certified module, beside a small network "
        "that learns what the law leaves out; compared with the same network without the law, and "
        f"with the law alone. Errors are of whole groups that were held out. {facts.seconds:.0f} s "
        f"on {facts.cores} cores.</p><div class='cards'>{shown}</div>{lines}"
    )


def _section(one: Findings) -> str:
    parts = [
        f"<h2>{escape(one.title)}</h2>",
        f"<p class='soft'>{escape(one.table.citation)}</p>",
        "<div class='verdict'><ul>"
        + "".join(f"<li>{escape(text)}</li>" for text in sentences(one))
        + "</ul></div>",
        "<h3>Error on what was never seen</h3>",
        _figure(
            plots.learning(one.task, one.main),
            f"Root mean square error on unseen {one.task.group_word}s: median of {SEEDS} seeds, "
            "the band from the best to the worst of them.",
        ),
        _errors(one),
        "<h3>Measurements needed for the same error</h3>",
        _levels(one),
        *_curves(one),
        "<h3>Who contributed what</h3>",
        *_trace(one),
        *_module(one.made, one.check),
    ]
    for rival in one.rivals:
        parts += _module(rival.made, one.rival_checks[rival.made.name])
    notes = "".join(f"<li>{escape(note)}</li>" for note in one.setup.notes)
    return "\n".join([*parts, f"<h3>Setting</h3><ul class='soft'>{notes}</ul>"])


def _errors(one: Findings) -> str:
    curves: list[Curve] = [*one.main, *one.others]
    for rival in one.rivals:
        curves += [rival.law, rival.linked]
    sizes = one.network.sizes
    rows = []
    for curve in curves:
        cells = []
        for size in sizes:
            low, middle, high = spread(curve, size)
            best = middle <= min(other.median(size) for other in one.main) and curve in one.main
            cells.append(
                f"<td{' class=best' if best else ''}>{figure(middle)}"
                f"<small>{figure(low)}–{figure(high)}</small></td>"
            )
        rows.append(f"<tr><td class='text'>{_label(one, curve)}</td>{''.join(cells)}</tr>")
    heads = "".join(f"<th>{size}</th>" for size in sizes)
    return (
        f"<div class='scroll'><table><caption>Error on unseen {one.task.group_word}s, "
        f"{escape(one.task.unit)}: median and range of {SEEDS} seeds, by the number of "
        f"measurements learned from</caption><tr><th class='text'></th>{heads}</tr>"
        f"{''.join(rows)}</table></div>"
    )


def _label(one: Findings, curve: Curve) -> str:
    told = f"<small>told {escape(told_words(curve.contender.told))}</small>"
    rivals: Mapping[str, Rival] = {rival.made.name: rival for rival in one.rivals}
    name = curve.contender.key.partition(":")[2]
    if name in rivals:
        return f"{escape(curve.contender.name)}<small>{escape(name.partition('/')[2])}</small>"
    return escape(curve.contender.name) + (told if curve.contender.told else "")


def _levels(one: Findings) -> str:
    rows = []
    for level in levels(one):
        cells = "".join(
            f"<td>{rows_text(count, curve)}</td>"
            for count, curve in zip(level.rows, one.main, strict=True)
        )
        network, _, linked = level.rows
        factor = ""
        if network is not None and linked is not None:
            more = "≥ " if linked <= one.linked.sizes[0] else ""
            factor = f"{more}{network / linked:.1f} ×"
        rows.append(
            f"<tr><td class='text'>{figure(level.error)} {escape(one.task.unit)}</td>{cells}"
            f"<td>{factor}</td></tr>"
        )
    heads = "".join(f"<th>{NAMES[kind]}</th>" for kind in ("network", "law", "linked"))
    return (
        "<div class='scroll'><table><caption>Read off the median curves; between two sizes a "
        "line in the logarithm. The errors are those that the network alone reaches at its sizes."
        f"</caption><tr><th class='text'>error</th>{heads}<th>fewer by</th></tr>{''.join(rows)}"
        "</table></div>"
    )


def _curves(one: Findings) -> list[str]:
    task, axis = one.task, one.task.axis
    port = next(p for p in one.made.module.inputs if p.name == axis)
    folds = task.folds
    measured = task.columns[axis].numpy(), task.columns[task.output].numpy()
    if axis == "t":
        shown = []
        for group in task.order:
            rows = np.array([name == group for name in task.groups])
            fold = int(folds[int(np.flatnonzero(rows)[0])])
            columns = grid(task, group)
            lines = tuple(
                _line(kind, curve.models[fold], columns, axis)
                for kind, curve in zip(NAMES, one.main, strict=True)
            )
            title = f"{task.group_word} {group}"
            shown.append(plots.Panel(title, measured[0][rows], measured[1][rows], lines))
        caption = (
            f"Each {task.group_word} beside what was expected of it by those who had learned from "
            f"the other {task.group_word}s alone."
        )
        title = f"Every {task.group_word}, never seen before"
        shown = shown[:12]
    else:
        columns = grid(task, None)
        lines = tuple(_line(kind, one.models[kind], columns, axis) for kind in NAMES)
        shown = [plots.Panel("", *measured, lines)]
        caption = "All measurements, and what each contender learned from all of them."
        title = "What was learned from all measurements"
    drawn = plots.panels(
        f"curves-{task.name}", shown, f"{port.words}, {_unit(one, axis)}", _output(one)
    )
    return [f"<h3>{title}</h3>", _figure(drawn, caption)]


def _line(
    kind: str, model: torch.nn.Module, columns: Mapping[str, torch.Tensor], axis: str
) -> plots.Line:
    with torch.no_grad():
        said = model(columns).numpy()
    return plots.Line(kind, NAMES[kind], columns[axis].numpy(), said)


def _trace(one: Findings) -> list[str]:
    blend = one.models["linked"]
    assert isinstance(blend, Blend)
    with torch.no_grad():
        trace = blend.trace(one.task.columns)
        columns = grid(one.task, one.task.order[0] if one.task.axis == "t" else None)
        along = blend.trace(columns)
    shares = trace.shares()
    rows = "".join(
        f"<tr><td class='text'>{escape(part.name)}<small>{escape(part.citation)}</small></td>"
        f"<td>{shares[part.name]:.1%}</td><td>{_number(part.value.mean())}</td>"
        f"<td>{_number(part.value.min())} … {_number(part.value.max())}</td>"
        f"<td>{escape(one.task.unit)}</td>"
        f"<td>{float((part.inside > 0.999).double().mean()):.0%}</td></tr>"
        for part in trace.contributions
    )
    gap = sum(part.value for part in trace.contributions) - trace.total
    population = ", ".join(
        f"{name} = {value:.3g} {unit}"
        for (name, value), unit in zip(
            blend.population().items(), _latent_units(one, blend), strict=True
        )
    )
    axis = one.task.axis
    port = next(p for p in one.made.module.inputs if p.name == axis)
    drawn = plots.contributions(
        f"trace-{one.task.name}",
        columns[axis].numpy(),
        {part.name: part.value.numpy() for part in along.contributions},
        f"{port.words}, {_unit(one, axis)}",
        _output(one),
    )
    largest = float(gap.abs().max())
    closes = "exactly" if largest == 0 else f"within {power(largest)}"
    whose = f" of {one.task.group_word} {one.task.order[0]}" if axis == "t" else ""
    return [
        "<div class='scroll'><table><caption>The linked network, fitted to all measurements. "
        f"Contributions sum to the output {closes}. Inside is the share of "
        "rows in the certified domain of a law, or in the support of a network's data."
        "</caption><tr><th class='text'>speaker</th><th>share</th><th>mean</th><th>range</th>"
        f"<th>unit</th><th>inside</th></tr>{rows}</table></div>",
        f"<p>Learned inside the declared ranges: {escape(population)}.</p>",
        _figure(drawn, f"The contributions along the axis{whose}."),
    ]


def _number(value: torch.Tensor) -> str:
    """Return a number, zero without a sign."""
    number = float(value)
    return f"{number:.3g}".replace("-", "−") if abs(number) > 1e-9 else "0"


def _latent_units(one: Findings, blend: Blend) -> tuple[str, ...]:
    # Where the law is blind to the scale, its free inputs come in the units of the table.
    swap = {"mmol/L": "ppm", "umol/L/min": "counts/min²"} if one.setup.key == "puromycin" else {}
    return tuple(swap.get(unit, unit) for unit in blend.latents.units)


def _output(one: Findings) -> str:
    return f"{one.made.module.outputs[0].words}, {one.task.unit}"


def _unit(one: Findings, axis: str) -> str:
    fields = {"t": "h", "S": "ppm"}
    return fields[axis]


def _module(made: Made, check: Check) -> list[str]:
    manifest, law = made.module.manifest, made.program.law
    certificate = manifest.certificate
    size = made.module.form.size
    kind = f"trained network, {size} weights" if made.is_trained else "the law's own formula"
    state = "built in this run" if made.state == "built" else "built in an earlier run"
    points = sum(certificate["points"].values()) if certificate.get("points") else 0
    facts = {
        "law": f"{law.identity}@{law.version}, {law.status}",
        "source": "; ".join(law.sources),
        "signature": str(made.program.signature),
        "form": f"{kind}, {state} in {manifest.provenance.get('seconds', 0):.3g} s",
        "certificate": f"grade {certificate['grade']}: error at most "
        f"{power(certificate['bound'])} of the {certificate['measure'].removeprefix('the ')}, "
        f"tolerance {power(made.tolerance)}",
        "tried on": f"{points:,} points; reference: {certificate['reference']}",
        "digest": manifest.digest[:16],
    }
    listed = "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items())
    parts = [
        f"<h3>The module {escape(made.name)}</h3><p>{escape(law.title)}</p>",
        f"<div class='law'>{law_blocks(law)}</div><dl>{listed}</dl>",
    ]
    if made.is_trained or check.courses:
        output = made.program.outputs[0]
        inputs = {quantity.name: quantity for quantity in made.program.inputs}
        variable = inputs.get(made.program.variable or "")
        labels = (
            f"{variable.words}, {variable.unit.text}" if variable is not None else "",
            f"{output.words}, {output.unit.text}",
        )
        own = "" if made.is_trained else ", which is the solver's own error"
        drawn = plots.agreement(
            f"agreement-{made.name}", check.courses, check.errors, made.tolerance, labels
        )
        parts.append(
            _figure(
                drawn,
                f"Left: {len(check.courses)} sets of parameters from the whole domain, module "
                f"beside reference solver. Right: {len(check.errors):,} fresh points; largest "
                f"difference {power(float(check.errors.max()))}{own}.",
            )
        )
    return parts


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _method(facts: Facts) -> str:
    strengths = ", ".join(f"{strength:g}" for strength in STRENGTHS)
    lines = (
        "Groups are held out one after another (six at most; several together where a table has "
        "more). For each size and seed the training rows are drawn at random from the other "
        "groups.",
        f"All networks have one hidden layer of {WIDTH} tanh units and the same random starts. "
        "Their inputs are scaled by, and clamped to, the 1–99 % range of their own training rows, "
        "with and without the law.",
        "All are fitted by the same Levenberg–Marquardt method, in float64, to the same rows. "
        f"Network weights are held back by one of the strengths {strengths}, chosen by leaving out "
        "one group of the training rows after another; free inputs of a law by "
        f"{FREE_INPUT_PRIOR:g}.",
        "The network alone takes the strength with the least error. Beside a law it must earn its "
        "place: the strongest hold within one standard error of the least is taken.",
        "Where a network may be told different sets of features, the set with which the network "
        "alone does best on unseen groups is used for both, which favours the network alone.",
        f"{facts.versions}.",
    )
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<footer><h3>How it was measured</h3><ul class='soft'>{items}</ul></footer>"
