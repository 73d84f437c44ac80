"""Turn what an author claims of a rule into tests that hypothesis can drive.

A state is one case in words, near the edges of the rule half of the time. A property holds at
every state: a claim, a worked case, and that columns answer as one case does.

    @given(program.states())
    def test_the_rule_keeps_its_word(state):
        for property in program.properties():
            property.check(state)

A sentence on rising, falling, scaling or symmetry is tried between the state and others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lawc.deciding.edges import edges
from lawc.deciding.points import box
from lawc.deciding.words import Word, in_numbers, in_words, said
from lawc.decision.decision import Decision, Port
from lawc.decision.exact import decide, evaluate
from lawc.decision.folding import fold
from lawc.decision.formula import Formula, names
from lawc.decision.operations import ONE, DecisionError, shown
from lawc.decision.values import UNKNOWN, Absent, Value
from lawc.knowledge.rule import Case, Rule, RuleClaim
from lawc.knowledge.words import Always
from lawc.project.generating import strategies

State = Mapping[str, Word]
Numbers = Mapping[str, Value]


@dataclass(frozen=True)
class RuleProperty:
    """Something that holds at every state.

    Attributes:
        name: The claim as written, or the label of what is checked.
    """

    name: str
    _check: Callable[[State], str | None]

    def check(self, state: State) -> None:
        """Raise AssertionError if it does not hold at a state; the text says what was found."""
        problem = self._check(state)
        if problem is not None:
            at = ", ".join(f"{name} = {said(word)}" for name, word in state.items())
            raise AssertionError(f"{self.name}: {problem}; at {at}")


def properties(
    rule: Rule, decision: Decision, values: Mapping[str, Fraction]
) -> tuple[RuleProperty, ...]:
    """Return a property for each claim that states can decide.

    Limits and jumps are for proofs: no state shows a limit.

    Args:
        decision: As of the day.
        values: Parameters and constants of that day.
    """
    return tuple(
        RuleProperty(claim.text or str(claim.form), _Kept(decision, claim, values))
        for claim in rule.claims
        if claim.form in _TRIED and _reads(claim, decision, values)
    )


def states(decision: Decision) -> Any:
    """Return a strategy of states that the decision answers, near its edges half of the time.

    Raises:
        LawcError: hypothesis is not installed.
    """
    st = strategies()
    near = edges(decision)
    ports = {port.name: port for port in decision.inputs}

    def one(port: Port) -> Any:
        low, high, step = box(port, near[port.name])
        inside = [edge for edge in (low, *near[port.name], high) if low <= edge <= high]
        beside = st.builds(
            lambda edge, by: min(max(_whole(edge + by * step, step), low), high),
            st.sampled_from(inside),
            st.sampled_from((0, -1, 1)),
        )
        anywhere = st.integers(-(-low // step), high // step).map(lambda count: count * step)
        drawn = st.one_of(beside, anywhere)
        if port.may_be_unknown:
            drawn = st.one_of(drawn, st.just(UNKNOWN))
        return drawn.map(lambda value: in_words(port, value))

    def answered(state: State) -> bool:
        return (
            _decided(decision, {n: in_numbers(ports[n], w) for n, w in state.items()}) is not None
        )

    drawn = st.fixed_dictionaries({name: one(port) for name, port in ports.items()})
    return drawn.filter(answered)


def worked(case: Case, decision: Decision) -> str | None:
    """Return what comes out otherwise than a worked case says, or None.

    Raises:
        DecisionError: The case is not answered.
    """
    found = decide(decision, case.given).values
    for name, expected in case.expected.items():
        value = found[name]
        if isinstance(value, Absent) or isinstance(expected, Absent):
            kept = value is expected
        else:
            kept = abs(value - expected) <= case.tolerance.get(name, Fraction(0))
        if not kept:
            return f"{name} is {shown(value)}, not {shown(expected)}"
    return None


_TRIED = (
    Always.COMPARISON,
    Always.RISES,
    Always.FALLS,
    Always.CONSTANT,
    Always.SCALES,
    Always.EVEN,
    Always.ODD,
)


class _Kept:
    """A claim at a state, and between it and states beside it."""

    def __init__(
        self, decision: Decision, claim: RuleClaim, values: Mapping[str, Fraction]
    ) -> None:
        self._decision, self._claim = decision, claim
        self._ports = {port.name: port for port in decision.inputs}
        self._near = edges(decision)
        self._subject = fold(claim.subject, values)
        self._where = tuple(fold(condition, values) for condition in claim.where)
        self._power = None if claim.value is None else fold(claim.value, values)

    def __call__(self, state: State) -> str | None:
        given = {name: in_numbers(self._ports[name], word) for name, word in state.items()}
        here = self._look(given)
        if here is None:
            return None
        if self._claim.form is Always.COMPARISON:
            return None if here == ONE else "it does not hold"
        for other in self._others(given):
            there = self._look(other)
            if there is not None and not self._agree(given, here, other, there):
                by = self._claim.by
                said = ", ".join(
                    f"{n} = {shown(other[n])}" for n in other if n == by or other[n] != given[n]
                )
                return f"it is {shown(here)} here and {shown(there)} at {said}"
        return None

    def _look(self, given: Numbers) -> Fraction | None:
        """Return the subject, None where the claim does not speak or nothing is known."""
        values = _decided(self._decision, given)
        if values is None:
            return None
        calendars = self._decision.calendars
        try:
            if any(evaluate(c, values, calendars) != ONE for c in self._where):
                return None
            value = evaluate(self._subject, values, calendars)
        except DecisionError:
            return None
        return None if isinstance(value, Absent) else value

    def _others(self, given: Numbers) -> Iterator[Numbers]:
        by = self._claim.by
        for name in [by] if by is not None else list(self._ports):
            value = given.get(name)
            if name not in self._ports or not isinstance(value, Fraction):
                continue
            low, high, step = box(self._ports[name], self._near[name])
            tried = [value + step, value - step, low, high, (low + high) / 2]
            if self._claim.form is Always.SCALES:
                tried = [value * 2, value / 2, value * 3]
            if self._claim.form in (Always.EVEN, Always.ODD):
                tried = [-value]
            for other in tried:
                if low <= other <= high and other != value and other % step == 0:
                    yield {**given, name: other}

    def _agree(self, given: Numbers, here: Fraction, other: Numbers, there: Fraction) -> bool:
        form, by = self._claim.form, self._claim.by
        if form is Always.CONSTANT or form is Always.EVEN:
            return here == there
        if form is Always.ODD:
            return here == -there
        assert by is not None
        x, z = given[by], other[by]
        assert isinstance(x, Fraction) and isinstance(z, Fraction)
        if form is Always.SCALES:
            power = evaluate(self._power, given, {}) if self._power is not None else ONE
            if isinstance(power, Absent) or power.denominator != 1 or not x:
                return True
            return there == here * (z / x) ** int(power)
        rises = (there - here) * (z - x)
        return rises >= 0 if form is Always.RISES else rises <= 0


def _reads(claim: RuleClaim, decision: Decision, values: Mapping[str, Fraction]) -> bool:
    known = {port.name for port in (*decision.inputs, *decision.decided)} | set(values)
    asked: tuple[Formula, ...] = (claim.subject, *claim.where)
    return all(names(formula) <= known for formula in asked)


def _decided(decision: Decision, given: Numbers) -> Mapping[str, Value] | None:
    try:
        return decide(decision, given).values
    except DecisionError:
        return None


def _whole(value: Fraction, step: Fraction) -> Fraction:
    return round(value / step) * step
