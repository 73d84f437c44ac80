"""The codes of all findings: from a code to its title, and to its page.

A code never changes its meaning and is never used again. Each has a page beside this file,
`pages/CODE.md`, which `lawc explain CODE` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from lawc.diagnostics.diagnostic import LawcError

CODES: Mapping[str, str] = MappingProxyType(
    {
        "L0101": "the grammar expects something else here",
        "L0102": "two names or values stand side by side",
        "L0103": "a unit stands without brackets",
        "L0104": "`==` stands where `=` is meant",
        "L0105": "a block, a section or the indentation is not known",
        "L0106": "a text is larger than the language allows",
        "L0107": "a name mixes scripts",
        "L0108": "a quotient or a derivative",
        "L0109": "the text is not UTF-8 in the normal form NFC",
        "L0111": "a symbol is not declared",
        "L0112": "a symbol is declared twice",
        "L0113": "a function is not known, or has the wrong number of arguments",
        "L0114": "a symbol is never used",
        "L0115": "an index does not fit",
        "L0116": "a word stands where another value is meant",
        "L0117": "coordinates do not fit",
        "L0118": "an index runs over nothing",
        "L0119": "a law is too large when all is written out",
        "L0120": "a distribution is not known",
        "L0121": "a fence of a page is not closed",
        "L0122": "the formula of a constant does not give it",
        "L0201": "a unit is not known",
        "L0202": "a unit has two readings",
        "L0203": "the two sides have different dimensions",
        "L0204": "a unit is missing",
        "L0205": "a function of a quantity that has a dimension",
        "L0206": "a temperature in °C or °F is multiplied",
        "L0207": "a base with a dimension has a varying exponent",
        "L0208": "the terms of a sum or comparison have different dimensions",
        "L0209": "a value has the wrong dimension for its symbol",
        "L0210": "vectors and numbers are mixed",
        "L0211": "an operation is not for vectors",
        "L0212": "a vector stands where one number is asked",
        "L0214": "a logarithmic scale stands as a unit",
        "L0215": "a constant of nature stands as a unit",
        "L0301": "a domain is empty",
        "L0302": "a division by zero inside the domain",
        "L0303": "a root, logarithm or power outside its range inside the domain",
        "L0304": "a value is larger than numbers go inside the domain",
        "L0401": "nothing determines a quantity",
        "L0402": "a quantity is determined twice",
        "L0403": "a condition is missing",
        "L0404": "a condition is surplus",
        "L0405": "two conditions contradict each other",
        "L0406": "a boundary condition is missing",
        "L0407": "a boundary condition is surplus",
        "L0408": "two boundary conditions contradict each other",
        "L0409": "initial conditions hold at different times",
        "L0410": "a rate does not fit the order of its reaction",
        "L0411": "a substance cannot take part in a reaction",
        "L0412": "the course of a quantity is stated twice",
        "L0413": "a parameter does not fit its distribution",
        "L0414": "a connection gives its value to no free input",
        "L0415": "a connection joins different dimensions",
        "L0416": "a condition does not suit the kind of its equation",
        "L0417": "an event can never happen",
        "L0418": "an event sets what follows from the equations",
        "L0501": "an example does not satisfy the law",
        "L0502": "a claim is false",
        "L0503": "an example stands outside the conditions of its law",
        "L0504": "a slip in the law would go unnoticed",
        "L0601": "an identity is given twice",
        "L0602": "a constant has two values",
        "L0603": "an import is not known",
        "L0604": "the head of a block is incomplete",
        "L0605": "a version is not MAJOR.MINOR.PATCH",
        "L0606": "a law that is used is not known",
        "L0607": "blocks use each other in a circle",
        "L0608": "a law supersedes what it cannot",
        "L0609": "a retired law names no successor",
        "L0610": "the version does not match the change",
        "L0611": "a law is used that is not accepted",
        "L0701": "this has no place in a rule",
        "L0702": "days are calculated with otherwise",
        "L0703": "words have no order",
        "L0704": "a calendar is missing or does not fit",
        "L0705": "a cell says nothing",
        "L0707": "a rule decides nothing",
        "L0708": "quantities are decided by each other",
        "L0709": "a quantity is decided twice",
        "L0710": "an exception fits no clause",
        "L0711": "it is open which way a value is rounded",
        "L0712": "the days of a parameter do not fit",
        "L0713": "the brackets of a scale do not fit",
        "L0714": "a worked case lacks something",
        "L0715": "a worked case expects another answer",
        "L0716": "the rule does not answer a worked case",
        "L0717": "this cannot be claimed of a rule",
        "L0718": "a blur has no width",
        "L0719": "what is drawn does not fit",
        "L0730": "a case that no row of a table takes",
        "L0731": "two rows of a table take the same case",
        "L0732": "a row never speaks",
        "L0733": "two clauses speak against each other",
        "L0734": "a case of which no clause speaks",
        "L0735": "a clause or an exception has no effect",
        "L0736": "a decided value leaves its range",
        "L0737": "a decided value has no result",
        "L0738": "a parameter has no value while its rule is in force",
        "L0739": "an input changes no answer",
        "L0740": "a claim about a rule is false",
        "L0741": "a whole number can be a fraction",
    }
)


def explain(code: str) -> str:
    """Return the page of a code as Markdown; `203` and `l203` are L0203 too.

    Raises:
        LawcError: there is no such code.
    """
    given = code.strip().upper().removeprefix("L")
    name = f"L{given.zfill(4)}"
    if name not in CODES:
        near = [known for known in CODES if known[:3] == name[:3]]
        beside = f"; near it are {', '.join(near)}" if near and given.isdigit() else ""
        raise LawcError(
            f"expected a code such as L0203, got {code!r}{beside}; `lawc explain` lists them all"
        )
    page = files("lawc.diagnostics").joinpath("pages", f"{name}.md")
    return page.read_text(encoding="utf-8")
