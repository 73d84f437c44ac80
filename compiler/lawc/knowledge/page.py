"""A law as a page: what it says, in which units and ranges, and on whose word, as HTML.

The formulas are MathML, so the page needs no script and no style sheet from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from lawc.knowledge.mathml import Setter, block, partial_names, symbol
from lawc.knowledge.writing import write_claim, write_expression, write_hole
from lawc.units.naming import describe_dimension

if TYPE_CHECKING:
    from lawc.knowledge.law import Constant, Law, Quantity

STYLE = """
.lawc { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; color: inherit; }
.lawc h3 { margin: 0; font-size: 1.25em; }
.lawc h4 { margin: 1em 0 .25em; font-size: .8em; letter-spacing: .06em; text-transform: uppercase;
  opacity: .65; }
.lawc .id { font-family: ui-monospace, monospace; opacity: .7; }
.lawc .status { border: 1px solid currentColor; border-radius: 1em; padding: 0 .6em;
  font-size: .8em; margin-left: .5em; }
.lawc .confirmed { color: #1a7f37; } .lawc .empirical { color: #0b62a4; }
.lawc .contested { color: #9a6700; } .lawc .draft, .lawc .retired { color: #8b8b8b; }
.lawc table { border-collapse: collapse; } .lawc td { padding: .15em 1em .15em 0; text-align: left;
  vertical-align: baseline; } .lawc .label { opacity: .65; }
.lawc ul { margin: 0; padding-left: 1.2em; }
.lawc math { font-size: 1.1em; } .lawc .equation td:first-child { min-width: 6em; }
@media (prefers-color-scheme: dark) { .lawc .confirmed { color: #4ac26b; }
  .lawc .empirical { color: #58a6ff; } .lawc .contested { color: #d4a72c; } }
"""


def fragment(law: Law, facts: Mapping[str, Iterable[str]] | None = None) -> str:
    """Return a law as a piece of HTML with its own style.

    Args:
        law: The law.
        facts: More to tell, as headings with lines of plain text.
    """
    setter = Setter(partial_names(law))
    equations = "".join(
        f"<tr><td class='label'>{escape(e.label)}</td><td>{block(setter.equation(e))}</td></tr>"
        for e in law.equations
    )
    conditions = [setter.condition(c) for c in law.conditions]
    conditions += [setter.boundary(b) for b in law.boundary]
    conditions += [setter.event(e) for e in law.events]
    conditions += [f"<mtext>{escape(write_hole(hole))}</mtext>" for hole in law.region]
    valid = "".join(
        f"<tr><td>{block(setter.of(v.condition))}</td><td class='label'>{escape(v.words)}</td></tr>"
        for v in law.validity
    )
    rows = [_quantity(quantity) for quantity in law.quantities.values()]
    rows += [_constant(constant) for constant in law.constants.values()]
    version = f"@{law.version}" if law.version else ""
    parts = [
        f"<style>{STYLE}</style>",
        f"<h3>{escape(law.title or law.name)}<span class='status {law.status}'>{law.status}</span>"
        f"</h3><div class='id'>{escape(law.identity + version)}</div>",
        _section("equations", f"<table class='equation'>{equations}</table>"),
        _section("conditions", "".join(block(line) for line in conditions)),
        _section("valid where", f"<table>{valid}</table>" if valid else ""),
        _section("symbols", f"<table>{''.join(rows)}</table>"),
        _section("kept by every reaction", _list(str(kept) for kept in law.conserved)),
        _section("claims", _list(write_claim(claim) for claim in law.claims)),
        _section("notes", _list(law.notes)),
        _section("sources", _list(law.sources)),
    ]
    parts += [_section(heading, _list(lines)) for heading, lines in (facts or {}).items()]
    return f"<div class='lawc'>{''.join(parts)}</div>"


def document(law: Law, facts: Mapping[str, Iterable[str]] | None = None) -> str:
    """Return a law as an HTML document that needs nothing else."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<title>{escape(law.title or law.identity)}</title></head>"
        f"<body style='margin: 2rem auto; max-width: 56rem; padding: 0 1rem'>"
        f"{fragment(law, facts)}</body></html>\n"
    )


def range_of(quantity: Quantity) -> str:
    """Return the declared range, kind and default of a quantity in words; empty without any."""
    texts = []
    if quantity.choices:
        texts.append("one of " + ", ".join(quantity.choices))
    elif quantity.kind != "number":
        texts.append(quantity.kind)
    if quantity.low is not None and quantity.high is not None:
        texts.append(f"{quantity.low:g} .. {quantity.high:g}" + (" log" if quantity.log else ""))
    if quantity.default is not None:
        texts.append(f"= {quantity.default:g}")
    if quantity.may_be_unknown:
        texts.append("may be unknown")
    return " ".join(texts)


def value_of(constant: Constant) -> str:
    """Return the value of a constant in its declared unit, with its uncertainty if it has one."""
    text = f"{constant.unit.from_si(constant.value):.15g}"
    if constant.uncertainty:
        text += f" ± {constant.uncertainty / constant.unit.factor:.2g}"
    return text


def _quantity(quantity: Quantity) -> str:
    depends = f"({', '.join(quantity.depends)})" if quantity.depends else ""
    unit = f"[{quantity.unit.text or '1'}]" if quantity.kind == "number" else ""
    return _cells(
        f"<math>{symbol(quantity.name)}</math>{escape(depends)}",
        escape(quantity.words),
        f"<span title='{escape(describe_dimension(quantity.dimension))}'>{escape(unit)}</span>",
        escape(range_of(quantity)),
    )


def _constant(constant: Constant) -> str:
    return _cells(
        f"<math>{symbol(constant.name)}</math>",
        escape(constant.words),
        escape(f"[{constant.unit.text or '1'}]"),
        escape(f"{value_of(constant)} · {constant.source}"),
    )


def _cells(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _section(heading: str, inner: str) -> str:
    return f"<h4>{escape(heading)}</h4>{inner}" if inner else ""


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def short(law: Law) -> str:
    """Return a law in one line of text."""
    equations = "; ".join(
        f"{write_expression(e.left)} {e.relation} {write_expression(e.right)}"
        for e in law.equations
    )
    version = f"@{law.version}" if law.version else ""
    return f"<Law {law.identity}{version} ({law.status}): {equations}>"
