"""What to say where a rate, a connection or a distribution does not fit by its dimension."""

from __future__ import annotations

from collections.abc import Sequence

from lawc.analysis.blame import Suspect, Verdict
from lawc.analysis.dimensions import Mismatch
from lawc.analysis.findings import finding, listed, quoted
from lawc.analysis.measuring import Kind
from lawc.analysis.phrases import alternatives, unit_for
from lawc.analysis.reactions import label_of, variable_of
from lawc.analysis.scope import Scope
from lawc.diagnostics.diagnostic import Diagnostic
from lawc.knowledge.distributions import FAMILIES
from lawc.syntax.document import ReactionLine
from lawc.syntax.tree import Call, Name
from lawc.units.dimension import Dimension
from lawc.units.naming import describe_dimension
from lawc.units.reading import UnitProblem, parse_unit
from lawc.units.tidying import tidy

ORDERS = {0: "no order", 1: "first order", 2: "second order", 3: "third order"}


def rate_finding(scope: Scope, mismatch: Mismatch, verdict: Verdict) -> Diagnostic:
    """Return the finding about a rate, or about substances that are measured differently."""
    number = mismatch.context.number
    line = scope.block.reactions[number]
    label = label_of(line, number)
    if mismatch.kind is Kind.SUBSTANCES:
        return finding(
            "L0411",
            "the substances of this reaction are measured in different dimensions",
            mismatch.node.place,
            describe_dimension(mismatch.measure),
            others=[(mismatch.other.place, describe_dimension(mismatch.expected))]
            if mismatch.other is not None
            else (),
            help="declare them all as concentrations, or all as amounts",
        )
    unit = wanted_unit(scope, line, mismatch.node is line.rates[-1] and len(line.rates) > 1)
    if unit is None:
        unit = unit_for(scope, mismatch.expected)
    rate = mismatch.node
    if line.whole:
        headline = f"the rate of `{label}` is no amount per time"
        note = f"a whole rate is in the unit of the substances over time, [{unit}]"
    else:
        back = len(line.rates) > 1 and rate is line.rates[1]
        order = _order(line, back)
        headline = f"the rate constant of `{label}` does not fit its order"
        of = ORDERS.get(order, f"order {order}") if isinstance(order, int) else f"order {order}"
        note = f"this direction is of {of}, and its constant is in [{unit}]"
    if isinstance(rate, Name) and rate.name in scope.declared:
        help = f"declare `{rate.name}` in [{unit}]"
    elif line.whole:
        help = "write the whole rate, or leave the `=` out where the rate is a constant"
    else:
        help = "write `rate = …` where this is the whole rate and no constant"
    others = []
    if mismatch.other is not None:
        others.append((mismatch.other.place, _unit_of(scope, mismatch.other, mismatch)))
    found = finding(
        "L0410",
        headline,
        rate.place,
        describe_dimension(mismatch.measure),
        others=others,
        note=note,
        help=help,
    )
    more = alternatives(scope, _others(verdict.suspects, rate), True)
    if not line.whole and _is_whole(scope, line, mismatch.measure):
        more = ""
    notes = (*found.notes, more) if more else found.notes
    return Diagnostic(found.code, found.headline, found.labels, notes, found.helps)


def connection_finding(scope: Scope, mismatch: Mismatch) -> Diagnostic:
    """Return the finding about an input that is connected to something of another dimension."""
    assert mismatch.other is not None
    name = scope.text(mismatch.other)
    ratio = mismatch.expected / mismatch.measure
    # Whichever reads without `1 /`.
    upright = ratio if any(power > 0 for _, power in ratio.exponents) else ratio**-1
    partners = sorted(
        other
        for other, measure in scope.dimensions.items()
        if measure == upright and not upright.is_none and other != name
    )
    own = scope.parts.get(name)
    unit = own.unit.text if own is not None else unit_for(scope, mismatch.expected)
    note = f"they differ by a factor of {upright}"
    if partners:
        note += f", the dimension of {listed(quoted(partners[:4]))}"
    return finding(
        "L0415",
        f"`{name}` is connected to a quantity of another dimension",
        mismatch.node.place,
        describe_dimension(mismatch.measure),
        others=[(mismatch.other.place, describe_dimension(mismatch.expected))],
        note=note,
        help=f"connect `{name}` to something in [{unit}]",
    )


def distribution_finding(scope: Scope, mismatch: Mismatch) -> Diagnostic:
    """Return the finding about a parameter that does not fit what is distributed."""
    line = scope.block.equations[mismatch.context.number]
    call = line.right
    assert isinstance(call, Call)
    family = call.function.name
    names = [parameter.name for parameter in FAMILIES[family].parameters]
    at = next((n for n, node in enumerate(call.arguments) if node is mismatch.node), None)
    others = []
    if mismatch.other is not None:
        others.append((mismatch.other.place, ""))
    if at is None:
        text, unit = scope.text(line.left), unit_for(scope, mismatch.measure)
        headline = f"`{family}` describes a plain number"
        help = f"write `value({text}, [{unit}]) ~ {scope.text(call)}`"
    else:
        headline = f"the {names[at]} of `{family}` has another dimension than it must"
        help = f"it is {_wanted(scope, mismatch)}"
    return finding(
        "L0413",
        headline,
        mismatch.node.place,
        describe_dimension(mismatch.measure),
        others=others,
        help=help,
    )


def _wanted(scope: Scope, mismatch: Mismatch) -> str:
    if mismatch.expected.is_none:
        return "a plain number"
    return f"in [{unit_for(scope, mismatch.expected)}]"


def wanted_unit(scope: Scope, line: ReactionLine, back: bool) -> str | None:
    """Return the unit that a rate must have, from the units that its author chose."""
    substances = (*line.left, *line.right)
    species = scope.quantities.get(substances[0].name.name)
    variable = variable_of(scope.block, substances[0].name.name)
    time = scope.quantities.get(variable.name) if variable is not None else None
    if species is None or time is None:
        return None
    order = 0 if line.whole else _order(line, back)
    text = _power(species.unit.text, 1 - order)
    text = f"1/{time.unit.text}" if text == "1" else f"{text}/{time.unit.text}"
    read = parse_unit(text)
    if isinstance(read, UnitProblem):
        return None
    asked: Dimension = species.dimension ** (1 - order) / time.dimension  # type: ignore[operator]
    return tidy(text) if read.dimension == asked else None


def _is_whole(scope: Scope, line: ReactionLine, measure: Dimension) -> bool:
    """Return whether a rate would fit as a whole one."""
    name = (*line.left, *line.right)[0].name.name
    variable = variable_of(scope.block, name)
    of = scope.dimensions.get(name)
    time = scope.dimensions.get(variable.name) if variable is not None else None
    return of is not None and time is not None and measure == of / time


def _order(line: ReactionLine, back: bool) -> int | float:
    return sum(substance.count for substance in (line.right if back else line.left))


def _power(unit: str, power: int | float) -> str:
    """Return a power of a unit as people write it: the inverse of `mol/L` is `L/mol`."""
    above, stroke, below = unit.partition("/")
    if unit in ("", "1") or power == 0:
        return "1"
    if power == 1:
        return unit
    if not stroke:
        below = "1"
    if any(sign in unit for sign in "*^/()[] ·" if not (sign == "/" and unit.count("/") == 1)):
        return f"({unit})^{power}"
    if power < 0:
        above, below = below, above
        power = -power
    raised = above if above == "1" or power == 1 else f"{above}^{power}"
    under = below if below == "1" or power == 1 else f"{below}^{power}"
    return raised if under == "1" else f"{raised}/{under}"


def _unit_of(scope: Scope, node: object, mismatch: Mismatch) -> str:
    quantity = scope.quantities.get(node.name) if isinstance(node, Name) else None
    return f"in [{quantity.unit.text}]" if quantity is not None else ""


def _others(suspects: Sequence[Suspect], rate: object) -> list[Suspect]:
    """Return who else may be at fault, without what the help speaks of."""
    own = rate.name if isinstance(rate, Name) else None
    return [s for s in suspects if s.unknowns != (own,) and s.weight >= 1]
