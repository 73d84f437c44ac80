"""Whether quantities rise or fall with an input, step by step.

A sum of what rises rises, and so does a rounding of it, or a product with what is not negative. A
step that no such rule explains is asked about alone: if it rises with each of the quantities that
it reads and that change, and these rise, so does what it decides. So a long rule is proved by
small questions, and exact amounts of cents need no solver of whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from lawc.decision.decision import Decision, Port, decides, reads
from lawc.decision.formula import Apply, Formula, Named, NotApplicable, Number, names, walk
from lawc.knowledge.rule import RuleClaim
from lawc.knowledge.words import Always
from lawc.proofs.brackets import direction_in_brackets
from lawc.proofs.branching import branch
from lawc.proofs.encoding import Encoding
from lawc.proofs.intervals import Bounds, Range
from lawc.proofs.peeling import peeled
from lawc.proofs.questions import Question
from lawc.proofs.regions import hull
from lawc.proofs.search import Limits, ask
from lawc.proofs.steps import Definition, definitions, depending
from lawc.proofs.terms import as_number
from lawc.proofs.world import Real, World

_CONDITIONS = frozenset(
    ("less", "less_equal", "equal", "and", "or", "not", "where", "is_applicable")
)

Direction = int | None
"""1 up, -1 down, 0 level, None where it is not known; never strictly."""

_SMALL = Limits(0.5, 1_000_000)
_FEW = Limits(0.3, 0, 512)
_CHOICES = Limits(0.5, 0, 20_000)
"""Slopes are the same all along; the answers for two words are compared box by box."""


class Directions:
    """Directions of the quantities of a decision with one input, in a region."""

    def __init__(
        self,
        decision: Decision,
        definitions: dict[str, Definition],
        by: str,
        where: tuple[Formula, ...] = (),
    ) -> None:
        self._decision = decision
        self._definitions = definitions
        self._by = by
        self._where = where
        self._known: dict[str, Direction] = {port.name: 0 for port in decision.inputs}
        self._known[by] = 1
        self._moving = depending(definitions, by)
        self._partial = {name for name, found in definitions.items() if found.is_partial}
        # Two cases of the claim lie in the region, and so does the way between them in its hull.
        self._bounds = Bounds(hull(decision, where), definitions)

    def of(self, formula: Formula) -> Direction:
        """Return the direction of a formula."""
        match formula:
            case Number() | NotApplicable():
                return 0
            case Named(name):
                return self._of_name(name)
            case Apply(operation, parts):
                if operation == "is_known":
                    # What is given is known in both cases, or in neither.
                    return None if names(formula) & (self._moving - {self._by}) else 0
                ways = [self.of(part) for part in parts]
                if operation in _CONDITIONS and names(formula) & self._partial & self._moving:
                    # What is not applicable fulfils no condition, and that has no direction.
                    return None
                if all(way == 0 for way in ways):
                    return 0
                rule = _RULES.get(operation)
                if rule is not None:
                    return rule(ways)
                if operation.startswith("round_"):
                    return ways[0] if ways[1] == 0 else None
                if operation == "where":
                    return self._chosen(parts, ways)
                bounds = [self._bounds.of(part) for part in parts]
                return _signed(operation, ways, bounds)
        raise TypeError(f"no such formula: {type(formula).__name__}")

    def _chosen(self, parts: tuple[Formula, ...], ways: list[Direction]) -> Direction:
        condition, first, second = ways
        inner = _joined([first, second])
        if condition == 0 or condition is None or inner is None:
            return inner if condition == 0 else None
        # Both stay on their side of the other: then the choice moves from one to the other.
        a, b = self._bounds.of(parts[1]), self._bounds.of(parts[2])
        if a.low[0] >= b.high[0]:
            return _joined([inner, condition])
        return _joined([inner, -condition]) if a.high[0] <= b.low[0] else None

    def _of_name(self, name: str) -> Direction:
        if name not in self._known:
            # A step never reads itself; until it is known nothing is.
            self._known[name] = None
            self._known[name] = self._decided(name)
        return self._known[name]

    def _decided(self, name: str) -> Direction:
        definition = self._definitions[name]
        found = self.of(definition.value)
        if found is None:
            found = self._sloping(name)
        if found is None:
            found = self._in_brackets(name)
        return self._by_reads(name, definition) if found is None else found

    def _sloping(self, name: str) -> Direction:
        """Return what slopes over some boxes say."""
        for form, way in ((Always.RISES, 1), (Always.FALLS, -1)):
            claim = RuleClaim(form, Named(name), self._by, where=self._where)
            judge = Question(self._decision, claim, Named(name), way < 0).judge()
            if judge is None:
                continue
            port = self._decision.port(self._by)
            limits = _CHOICES if port.choices or port.kind == "yes/no" else _FEW
            made = branch(self._decision, self._definitions, judge, limits, self._by)
            if made.holds:
                return way
        return None

    def _in_brackets(self, name: str) -> Direction:
        """Return what the brackets of a whole amount say, where it moves and decides all."""
        for on in sorted(names(self._definitions[name].spoken)):
            way = self._of_name(on)
            if way:
                within = self._bounds.named(on)
                found = direction_in_brackets(self._decision, self._definitions, name, on, within)
                if found is not None:
                    return way * found
        return None

    def _by_reads(self, name: str, definition: Definition) -> Direction:
        """Return what follows from the directions of all that a step reads."""
        step = self._decision.steps[definition.step]
        read = sorted(reads(step))
        ways = {other: self._of_name(other) for other in read}
        if None in ways.values() or any(other in self._partial for other in read):
            return None
        if any(isinstance(n, Apply) and n.operation == "is_known" for n in walk(definition.value)):
            # Alone a step is only asked about what is known.
            return None
        alone = Decision(
            tuple(self._given(other) for other in read),
            tuple(self._decision.port(n) for n in decides(step)),
            (name,),
            (step,),
            self._decision.calendars,
        )
        found = self._alone(alone, name, ways)
        return self._along_reads(alone, name, ways) if found is None else found

    def _along_reads(self, alone: Decision, name: str, ways: dict[str, Direction]) -> Direction:
        """Return what the slopes of a step along each moving quantity that it reads say."""
        found: list[Direction] = []
        known = definitions(alone)
        for moving in (other for other, way in ways.items() if way):
            for form, sign in ((Always.RISES, 1), (Always.FALLS, -1)):
                claim = RuleClaim(form, Named(name), moving)
                judge = Question(alone, claim, Named(name), sign < 0).judge()
                if judge is None:
                    return None
                if branch(alone, known, judge, _FEW, moving).holds:
                    found.append(_times(ways[moving], sign))
                    break
            else:
                return None
        return _joined(found)

    def _given(self, name: str) -> Port:
        """Return a quantity as an input of a step, in the range that earlier steps leave it."""
        port = self._decision.port(name)
        if port.kind != "number":
            return replace(port, may_be_unknown=False)
        bounds: Range = self._bounds.named(name)
        low = _end(max, port.low, float(bounds.low[0]))
        return replace(
            port, low=low, high=_end(min, port.high, float(bounds.high[0])), may_be_unknown=False
        )

    def _alone(self, alone: Decision, name: str, ways: dict[str, Direction]) -> Direction:
        """Ask about two cases between which all that moves does so in its direction."""
        world = World(is_integral=False)
        first = Encoding(alone, world, "a ")
        still = {n: variable for n, variable in first.variables.items() if ways[n] == 0}
        second = Encoding(alone, world, "b ", still)
        inner, turned = peeled(Named(name), first.definitions)
        facts: list[Real] = []
        for encoding in (first, second):
            facts += [*encoding.domain, *encoding.known.values(), encoding.answered()]
            facts += [encoding.condition(c) for c in self._where if names(c) <= set(ways)]
        for moving, way in ways.items():
            a, b = (as_number(e.terms[moving].value) for e in (first, second))
            if way:
                facts.append(a <= b if way > 0 else a >= b)
        one, other = first.term(inner), second.term(inner)
        facts += [one.applicable, other.applicable]
        a, b = as_number(one.value), as_number(other.value)
        for against, way in ((a > b, 1), (a < b, -1)):
            if ask(world, [*facts, against], _SMALL).exists is False:
                return -way if turned else way
        return None


def direction_of(
    decision: Decision, definitions: dict[str, Definition], claim: RuleClaim
) -> Direction:
    """Return the direction of the subject of a claim with the quantity that it names."""
    directions = Directions(decision, definitions, claim.by or "", claim.where)
    return directions.of(claim.subject)


def _joined(ways: list[Direction]) -> Direction:
    moving = {way for way in ways if way != 0}
    if not moving:
        return 0
    return moving.pop() if len(moving) == 1 else None


def _turned(way: Direction) -> Direction:
    return None if way is None else -way


def _signed(operation: str, ways: list[Direction], bounds: list[Range]) -> Direction:
    signs = [_sign(bound) for bound in bounds]
    match operation:
        case "multiply":
            return _joined([_times(ways[0], signs[1]), _times(ways[1], signs[0])])
        case "divide" if bounds[1].low[0] > 0 or bounds[1].high[0] < 0:
            return _joined([_times(ways[0], signs[1]), _turned(_times(ways[1], signs[0]))])
        case "power" if bounds[0].low[0] > 0:
            way = _times(ways[0], signs[1])
            above, below = bounds[0].low[0] >= 1, bounds[0].high[0] <= 1
            base = 1 if above else -1 if below else None
            return _joined([way, _times(ways[1], base)])
        case "abs":
            return _times(ways[0], signs[0])
        case "date" if ways[1:] == [0, 0]:
            return ways[0]
    return None


def _times(way: Direction, sign: Direction) -> Direction:
    if way == 0:
        return 0
    return None if way is None or sign is None else way * sign


def _sign(bounds: Range) -> Direction:
    if bounds.low[0] >= 0:
        return 0 if bounds.high[0] <= 0 else 1
    return -1 if bounds.high[0] <= 0 else None


def _end(
    choose: Callable[[Fraction, Fraction], Fraction], declared: Fraction | None, bound: float
) -> Fraction | None:
    if bound in (float("inf"), float("-inf")):
        return declared
    return Fraction(bound) if declared is None else choose(declared, Fraction(bound))


_RULES: Mapping[str, Callable[[list[Direction]], Direction]] = {
    "add": _joined,
    "min": _joined,
    "max": _joined,
    "and": _joined,
    "or": _joined,
    "subtract": lambda ways: _joined([ways[0], _turned(ways[1])]),
    "negative": lambda ways: _turned(ways[0]),
    "not": lambda ways: _turned(ways[0]),
    "less": lambda ways: _joined([_turned(ways[0]), ways[1]]),
    "less_equal": lambda ways: _joined([_turned(ways[0]), ways[1]]),
    **{
        name: (lambda ways: ways[0])
        for name in (
            "floor",
            "ceiling",
            "sign",
            "exp",
            "ln",
            "log10",
            "log2",
            "sqrt",
            "year",
            "next_business_day",
        )
    },
    **dict.fromkeys(("add_months", "add_years", "add_business_days"), _joined),
    **{
        name: (lambda ways: _joined([_turned(ways[0]), ways[1]]))
        for name in ("months_between", "years_between", "business_days_between")
    },
}
