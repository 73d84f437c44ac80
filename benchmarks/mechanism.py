"""Write a mechanism of elementary reactions, as combustion states it, as one law.

    python benchmarks/mechanism.py FILE.yaml

The file is the YAML that Cantera reads; of that language only what the file uses is read here.
Thermodynamics by NASA's polynomials of seven coefficients, forward rates by Arrhenius, third
bodies, fall-off after Troe, reverse rates by equilibrium.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawc.diagnostics.diagnostic import Source
from lawc.syntax.formatting import formatted

# The standard atomic weights that the reference was computed with.
WEIGHTS = {"H": "1.008", "O": "15.999", "Ar": "39.95", "N": "14.007"}


@dataclass(frozen=True)
class Gas:
    """A species: what it is made of, and its polynomials below and above `middle`."""

    name: str
    atoms: dict[str, int]
    middle: str
    low: tuple[str, ...]
    high: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """An elementary reaction; `fields` are the maps behind its lines by their key."""

    uses: dict[str, int]
    makes: dict[str, int]
    third: bool
    falloff: bool
    fields: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def order(self) -> int:
        """How many species stand on the left."""
        return sum(self.uses.values())

    @property
    def change(self) -> int:
        """By how many molecules it changes their number."""
        return sum(self.makes.values()) - self.order


def read_mechanism(path: Path) -> tuple[list[Gas], list[Step]]:
    """Return the species and the reactions of a file."""
    text = path.read_text(encoding="utf-8")
    _, _, rest = text.partition("\nspecies:\n")
    species, _, reactions = rest.partition("\nreactions:\n")
    return [_gas(block) for block in _blocks(species, "name")], [
        _step(block) for block in _blocks(reactions, "equation")
    ]


def _blocks(text: str, key: str) -> Iterator[str]:
    yield from re.split(rf"(?m)^- (?={key}:)", text)[1:]


def _gas(block: str) -> Gas:
    name = re.match(r"name: (\S+)", block)
    middle = re.search(r"temperature-ranges: \[\S+ ([^,]+),", block)
    rows = re.findall(r"- \[([^\]]+)\]", block)
    assert name is not None and middle is not None and len(rows) == 2
    low, high = (tuple(number.strip() for number in row.split(",")) for row in rows)
    atoms = {key: int(value) for key, value in _map(block, "composition").items()}
    return Gas(name[1], atoms, middle[1], low, high)


def _step(block: str) -> Step:
    equation = re.match(r"equation: ([^#\n]+)", block)
    assert equation is not None
    sides = [
        Counter(dict(_counted(part) for part in re.sub(r"\(\+M\)", "", side).split(" + ")))
        for side in equation[1].split("<=>")
    ]
    third = "M" in sides[0] or "(+M)" in equation[1]
    keys = ("rate-constant", "low-P-rate-constant", "high-P-rate-constant", "Troe", "efficiencies")
    fields = {key: found for key in keys if (found := _map(block, key))}
    uses, makes = ({k: n for k, n in side.items() if k != "M"} for side in sides)
    return Step(uses, makes, third, "(+M)" in equation[1], fields)


def _counted(part: str) -> tuple[str, int]:
    count, _, name = part.strip().rpartition(" ")
    return name, int(count or 1)


def _map(block: str, key: str) -> dict[str, str]:
    found = re.search(rf"(?m)^ *{key}: \{{([^}}]*)\}}", block)
    return dict(pair.split(": ") for pair in re.split(r",\s*", found[1])) if found else {}


def write_law(gases: list[Gas], steps: list[Step], name: str, source: str) -> str:
    """Return the law of a mechanism: from temperature, density and mass fractions to rates."""
    names = ", ".join(gas.name for gas in gases)
    lines = [
        f"law {name}@0.1.0",
        '  title   "Thermodynamics and rates of a gas in which elementary reactions take place"',
        "  status  draft",
        f'  source  "{source}"',
        "  import  physics.constants.codata-2022 (R)",
        "",
        "  symbols",
        f"    gas     : kind of gas    one of {names}",
        "    T       : temperature    [K]  200 .. 3500",
        "    rho     : density        [kg/m^3]  0.001 .. 100 log",
        "    Y[gas]  : mass fraction  [1]  0 .. 1",
        "    p0      : pressure of the standard state  [Pa]  = 101325",
        "    W[gas]  : molar mass     [kg/kmol]",
        "    c[gas]  : concentration  [kmol/m^3]",
        "    C       : concentration of all  [kmol/m^3]",
        "    P       : pressure       [Pa]",
        "    cp0[gas], s0[gas] : heat capacity and entropy of the standard state  [J/kmol/K]",
        "    h0[gas] : enthalpy of the standard state  [J/kmol]",
        "    cp      : heat capacity  [J/kg/K]",
        "    h       : enthalpy       [J/kg]",
        "    s       : entropy        [J/kg/K]",
        *(
            f"    f{n}, b{n} : rates of reaction {n} forward and back  [kmol/m^3/s]"
            for n, _ in enumerate(steps, 1)
        ),
        "    w[gas]  : rate of production  [kmol/m^3/s]",
        "",
        "  equations",
        "    content[i in gas]: c[i] := rho*Y[i]/W[i]",
        "    C := sum(i in gas: c[i])",
        "    P := C*R*T",
        "    cp := sum(i in gas: c[i]*cp0[i])/rho",
        "    h := sum(i in gas: c[i]*h0[i])/rho",
        "    s := sum(i in gas: c[i]*(s0[i] - R*ln(max(c[i]/C, 1e-300)*P/p0)))/rho",
    ]
    for gas in gases:
        lines += [f"    {line}" for line in _thermodynamics(gas)]
    for number, step in enumerate(steps, 1):
        lines += [f"    {line}" for line in _rates(number, step)]
    for gas in gases:
        lines.append(f"    w[{gas.name}] := {_production(gas.name, steps)}")
    lines += ["", "  valid", '    C > 0 [kmol/m^3]  "there is gas"']
    return formatted(Source(f"{name}.law", "\n".join(lines) + "\n")).text


def _thermodynamics(gas: Gas) -> Iterator[str]:
    weight = " + ".join(f"{count}*{WEIGHTS[atom]}" for atom, count in gas.atoms.items())
    yield f"W[{gas.name}] := ({weight})*1 [kg/kmol]"
    x = "value(T, [K])"
    forms = {
        "cp0": lambda a: f"{a[0]} + {x}*({a[1]} + {x}*({a[2]} + {x}*({a[3]} + {x}*{a[4]})))",
        "h0": lambda a: (
            f"{a[0]} + {x}*({a[1]}/2 + {x}*({a[2]}/3 + {x}*({a[3]}/4 + {x}*{a[4]}/5))) + {a[5]}/{x}"
        ),
        "s0": lambda a: (
            f"{a[0]}*ln({x}) + {x}*({a[1]} + {x}*({a[2]}/2 + {x}*({a[3]}/3 + {x}*{a[4]}/4)))"
            f" + {a[6]}"
        ),
    }
    for quantity, form in forms.items():
        factor = "R*T" if quantity == "h0" else "R"
        low, high = (form([_signed(a) for a in row]) for row in (gas.low, gas.high))
        choice = low if gas.low == gas.high else f"if T <= {gas.middle} [K] then {low} else {high}"
        yield f"{quantity}[{gas.name}] := {factor}*({choice})"


def _rates(number: int, step: Step) -> Iterator[str]:
    # Kc = exp(ΔS/R - ΔH/RT)*(p0/RT)^Δν; the reverse constant is the forward one over it.
    entropy, enthalpy = (_difference(step, quantity) for quantity in ("s0", "h0"))
    over = f"exp(({enthalpy})/(R*T) - ({entropy})/R)"
    if step.change:
        over += f"*(R*T/p0)^{step.change}" if step.change > 0 else f"/(R*T/p0)^{-step.change}"
    forward = _constant(step)
    if step.third and not step.falloff:
        forward += f"*{_third(step)}"
    yield f"f{number} := {forward}*{_product(step.uses)}"
    yield f"b{number} := {forward}*{_product(step.makes)}*{over}"


def _constant(step: Step) -> str:
    """Return the forward rate constant."""
    if not step.falloff:
        order = step.order + (1 if step.third else 0)
        return _arrhenius(step.fields["rate-constant"], order)
    low = _arrhenius(step.fields["low-P-rate-constant"], step.order + 1)
    high = _arrhenius(step.fields["high-P-rate-constant"], step.order)
    reduced = f"({low}*{_third(step)}/({high}))"
    constant = f"{high}*{reduced}/(1 + {reduced})"
    troe = step.fields.get("Troe")
    if troe is None:
        return constant
    a = troe["A"]
    centre = f"(1 - {a})*exp(-T/{troe['T3']} [K]) + {a}*exp(-T/{troe['T1']} [K])"
    if "T2" in troe:
        centre += f" + exp(-{troe['T2']} [K]/T)"
    lc, lp = f"log10({centre})", f"log10(max({reduced}, 1e-300))"
    shifted = f"({lp} - 0.4 - 0.67*{lc})"
    wide = f"(0.75 - 1.27*{lc} - 0.14*{shifted})"
    return f"{constant}*10^({lc}/(1 + ({shifted}/{wide})^2))"


def _arrhenius(fields: dict[str, str], order: int) -> str:
    unit = {1: "1/s", 2: "cm^3/mol/s", 3: "cm^6/mol^2/s"}[order]
    text = f"{fields['A']} [{unit}]"
    if float(fields["b"]):
        text += f"*value(T, [K])^{_signed(fields['b'])}"
    if float(fields["Ea"]):
        sign, size = ("", fields["Ea"][1:]) if fields["Ea"][0] == "-" else ("-", fields["Ea"])
        text += f"*exp({sign}{size} [cal_th/mol]/(R*T))"
    return text


def _third(step: Step) -> str:
    """Return the concentration of third bodies."""
    terms = ["C"]
    for name, share in step.fields.get("efficiencies", {}).items():
        more = float(share) - 1
        terms.append(f"{'-' if more < 0 else '+'} {_more(share)}*c[{name}]")
    return f"({' '.join(terms)})" if len(terms) > 1 else "C"


def _more(share: str) -> str:
    """Return by how much a third body counts more or less than one, written out."""
    return f"({share} - 1)" if float(share) >= 1 else f"(1 - {share})"


def _difference(step: Step, quantity: str) -> str:
    net = Counter(step.makes)
    net.subtract(step.uses)
    text = ""
    for name, count in net.items():
        if count:
            sign = "-" if count < 0 else "+" if text else ""
            factor = "" if abs(count) == 1 else f"{abs(count)}*"
            text += (
                f" {sign} {factor}{quantity}[{name}]"
                if text
                else f"{sign}{factor}{quantity}[{name}]"
            )
    return text


def _product(side: dict[str, int]) -> str:
    return "*".join(f"c[{n}]" if count == 1 else f"c[{n}]^{count}" for n, count in side.items())


def _production(name: str, steps: list[Step]) -> str:
    text = ""
    for number, step in enumerate(steps, 1):
        count = step.makes.get(name, 0) - step.uses.get(name, 0)
        if count:
            sign = "-" if count < 0 else "+" if text else ""
            factor = "" if abs(count) == 1 else f"{abs(count)}*"
            net = f"{factor}(f{number} - b{number})"
            text += f" {sign} {net}" if text else f"{sign}{net}"
    return text or "0 [kmol/m^3/s]"


def _signed(number: str) -> str:
    """Return a number that may stand behind a sign."""
    return f"({number})" if number.startswith("-") else number


if __name__ == "__main__":
    file = Path(sys.argv[1])
    print(write_law(*read_mechanism(file), file.stem, f"The mechanism {file.name}"), end="")
