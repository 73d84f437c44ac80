"""Small models in SBML for tests."""

from __future__ import annotations

MATHML = "http://www.w3.org/1998/Math/MathML"
LEVEL2 = "http://www.sbml.org/sbml/level2/version4"
LEVEL3 = "http://www.sbml.org/sbml/level3/version2/core"
SYMBOLS = "http://www.sbml.org/sbml/symbols/"


def sbml(body: str, level: int = 3, head: str = "", outer: str = "") -> bytes:
    """Return a document around the lists of a model."""
    namespace, version = (LEVEL2, 4) if level == 2 else (LEVEL3, 2)
    return (
        f'<?xml version="1.0"?><sbml xmlns="{namespace}" level="{level}" version="{version}"'
        f' {outer}><model id="m" {head}>{body}</model></sbml>'
    ).encode()


def each(name: str, *parts: str) -> str:
    """Return a list of parts, `listOfSpecies` for one."""
    return f"<listOf{name}>{''.join(parts)}</listOf{name}>"


def math(formula: str) -> str:
    """Return a formula as MathML: operators of Python's notation are not read, so markup is."""
    return f'<math xmlns="{MATHML}">{formula}</math>'


def apply(operator: str, *operands: str) -> str:
    """Return an operator with its operands."""
    return f"<apply><{operator}/>{''.join(operands)}</apply>"


def ci(name: str) -> str:
    """Return a symbol."""
    return f"<ci>{name}</ci>"


def cn(value: object) -> str:
    """Return a number."""
    return f"<cn>{value}</cn>"


def csymbol(name: str) -> str:
    """Return a symbol that SBML defines."""
    return f'<csymbol definitionURL="{SYMBOLS}{name}">s</csymbol>'


def compartment(id: str = "V", size: object = 1, **more: object) -> str:
    """Return a compartment of three dimensions."""
    return f'<compartment id="{id}" spatialDimensions="3" size="{size}" {_given(more)}/>'


def species(id: str, place: str = "V", **more: object) -> str:
    """Return a species; what it starts with is among what is given more."""
    return f'<species id="{id}" compartment="{place}" {_given(more)}/>'


def parameter(id: str, value: object = "", **more: object) -> str:
    """Return a parameter."""
    told = f'value="{value}"' if value != "" else ""
    return f'<parameter id="{id}" {told} {_given(more)}/>'


def reaction(
    id: str, uses: dict[str, object], makes: dict[str, object], rate: str, more: str = ""
) -> str:
    """Return a reaction; counts by species."""
    sides = [
        each(
            name,
            *(f'<speciesReference species="{s}" stoichiometry="{n}"/>' for s, n in side.items()),
        )
        for name, side in (("Reactants", uses), ("Products", makes))
        if side
    ]
    law = f"<kineticLaw>{math(rate)}{more}</kineticLaw>"
    return f'<reaction id="{id}" reversible="false">{"".join(sides)}{law}</reaction>'


def _given(more: dict[str, object]) -> str:
    return " ".join(f'{key}="{str(value).lower()}"' for key, value in more.items())
