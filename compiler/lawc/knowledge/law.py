"""A law as known: its quantities, equations, conditions, domain, claims and sources.

Numbers inside expressions are SI; ranges and defaults of a quantity are in its declared unit,
since that is what an author wrote and what columns hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from lawc.diagnostics.diagnostic import Place
from lawc.diagnostics.immutable import frozen
from lawc.knowledge import page
from lawc.knowledge.algebra import minus
from lawc.knowledge.distributions import Distribution
from lawc.knowledge.expression import Derivative, Expression, Symbol
from lawc.knowledge.reactions import ConservedSum, Reaction
from lawc.knowledge.words import Always, Relation, Status
from lawc.units.dimension import Dimension
from lawc.units.unit import Unit

if TYPE_CHECKING:
    from lawc.pipeline.symbolic_laws import law_from_sympy


@frozen
class Quantity:
    """One symbol of a law.

    Attributes:
        name: As in the formulas.
        words: What it is, in the author's words.
        unit: The declared unit; columns and ranges are in it.
        low, high: The declared range in that unit; None where none was declared.
        log: Whether to sample and scale logarithmically.
        depends: Names of what it is a function of; empty for a parameter.
        default: The declared default in that unit, or None.
        kind: `number`, or `yes/no`, `one of`, `integer`, `date`; these are plain numbers in
            formulas: the place in `choices`, from zero, for the first two.
        choices: The words of a `one of`, and `no`, `yes` for a `yes/no`.
        may_be_unknown: Whether a value may be missing.
    """

    name: str
    words: str
    unit: Unit
    low: float | None = None
    high: float | None = None
    log: bool = False
    depends: tuple[str, ...] = ()
    default: float | None = None
    place: Place | None = field(default=None, compare=False)
    kind: str = "number"
    choices: tuple[str, ...] = ()
    may_be_unknown: bool = False

    @property
    def dimension(self) -> Dimension:
        """What it measures."""
        return self.unit.dimension


@frozen
class Constant:
    """A fixed number that a law imports.

    Attributes:
        value: In SI units.
        uncertainty: Standard uncertainty in SI units; zero where exact.
        source: Identity of the block that defines it.
    """

    name: str
    words: str
    unit: Unit
    value: float
    uncertainty: float = 0.0
    source: str = ""
    place: Place | None = field(default=None, compare=False)


@frozen
class Equation:
    """Two expressions that are equal, with the author's label."""

    label: str
    relation: Relation
    left: Expression
    right: Expression
    place: Place | None = field(default=None, compare=False)


@frozen
class Condition:
    """An initial condition: `quantity^(order) = value` where the variable has the value `at`."""

    quantity: str
    order: int
    value: Expression
    variable: str
    at: Expression
    place: Place | None = field(default=None, compare=False)

    @property
    def side(self) -> Expression:
        """What is zero at the start."""
        left: Expression = Symbol(self.quantity)
        if self.order:
            left = Derivative(self.quantity, self.variable, self.order)
        return minus(left, self.value)


@frozen
class Boundary:
    """A condition on a field where a variable ends, or that it is periodic in that variable.

    Attributes:
        quantity: The field that it bounds.
        left, right: The two sides; None where the field is periodic.
        at: The value of the variable: an expression, "oo" or "-oo"; None where it is periodic, and
            on a part.
        part: The holes of the region on whose rim it holds, by name; then no variable is named.
        further: Values of other variables, where it holds at a point.
    """

    quantity: str
    variable: str
    left: Expression | None = None
    right: Expression | None = None
    at: Expression | str | None = None
    place: Place | None = field(default=None, compare=False)
    part: str = ""
    further: tuple[tuple[str, Expression], ...] = ()

    @property
    def is_periodic(self) -> bool:
        """Whether it says that the field is periodic in the variable."""
        return self.left is None

    @property
    def side(self) -> Expression:
        """What is zero there; nothing says so of a field that is periodic."""
        assert self.left is not None and self.right is not None
        return minus(self.left, self.right)


@frozen
class Hole:
    """What is cut out of the box that the ranges of the coordinates make.

    Attributes:
        name: By which conditions speak of its rim; several holes may share one.
        shape: `box`, `disk` or `ball`.
        bounds: For a box, coordinates and what they run between.
        centre: For a disk or a ball, coordinates and their values.
        radius: For a disk or a ball.
    """

    name: str
    shape: str
    bounds: tuple[tuple[str, Expression, Expression], ...] = ()
    centre: tuple[tuple[str, Expression], ...] = ()
    radius: Expression | None = None
    place: Place | None = field(default=None, compare=False)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that is written in it, in the order of reading."""
        sides = [side for _, low, high in self.bounds for side in (low, high)]
        sides += [value for _, value in self.centre]
        return tuple(sides) if self.radius is None else (*sides, self.radius)


@frozen
class Change:
    """What an event sets: `quantity^(order)` gets a value, by what was just before the event."""

    quantity: str
    order: int
    value: Expression


@frozen
class Event:
    """What happens at the moment at which a condition becomes true.

    Attributes:
        label: The author's word for it; may be empty.
        changes: What it sets; nothing where the course of the law ends with it.
    """

    label: str
    condition: Expression
    changes: tuple[Change, ...] = ()
    place: Place | None = field(default=None, compare=False)

    @property
    def is_stop(self) -> bool:
        """Whether the course ends with it."""
        return not self.changes


@frozen
class Validity:
    """A condition under which the law is confirmed, with the author's word for it."""

    condition: Expression
    words: str = ""
    place: Place | None = field(default=None, compare=False)


@frozen
class Example:
    """A worked value: `quantity = value within tolerance` for given values.

    Attributes:
        value, tolerance: In the SI unit of the quantity; a tolerance is absolute.
        given: SI values by name.
    """

    quantity: str
    value: float
    tolerance: float
    given: Mapping[str, float]
    place: Place | None = field(default=None, compare=False)


@frozen
class Claim:
    """An `always` sentence.

    Attributes:
        form: Which sentence it is.
        subject: What it speaks of; for a comparison, the whole comparison.
        by: The quantity it rises, falls or scales with, that tends to a limit, or in which it is
            even, odd, periodic or continuous.
        value: The exponent of a scaling, the target of a limit, the period where one is written.
        towards: What `by` tends to in a limit: an expression, or "oo", "-oo".
        where: Conditions that name the region in which it holds.
        text: The sentence as written.
    """

    form: Always
    subject: Expression
    by: str | None = None
    value: Expression | None = None
    towards: Expression | str | None = None
    where: tuple[Expression, ...] = ()
    text: str = ""
    place: Place | None = field(default=None, compare=False)


@frozen
class Law:
    """A law that passed its checks, or a draft of one built in Python.

    Attributes:
        identity: Path and name, such as `physics.mechanics.damped-oscillator`.
        version: Declared version, such as `1.0.0`; empty where none was declared.
        title: A name for people.
        status: `confirmed`, `empirical`, `contested`, `draft` or `retired`.
        sources: Citations.
        quantities: By name: words, unit, range, default, and what each depends on.
        equations: Over expressions in SI, as written.
        constants: What is imported, with its value.
        conditions: At the start.
        boundary: At the ends of coordinates and on rims.
        validity: Conditions under which the law is confirmed.
        examples: Worked values.
        claims: `always` sentences.
        notes: What a reader should know.
        supersedes: The laws or versions that this one replaces.
        events: What the course meets on its way.
        digest: sha256 of what the law says (equations, conditions, units, domain), blind to
            comments, spacing, titles and sources.
        reactions: What the reactions of the law say; its equations contain them already.
        conserved: Sums of quantities that no reaction changes.
        distributions: How quantities are distributed.
        parts: For a system, the name of each part and the identity and version of its law.
        text: The law in the language of laws, where it was built in Python.
        successor: Of a retired law, what to use instead.
        region: What is cut out of the box of the coordinates.
    """

    identity: str
    version: str
    title: str
    status: Status
    sources: tuple[str, ...]
    quantities: Mapping[str, Quantity]
    equations: tuple[Equation, ...]
    constants: Mapping[str, Constant] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    validity: tuple[Validity, ...] = ()
    examples: tuple[Example, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    digest: str = ""
    place: Place | None = field(default=None, compare=False)
    reactions: tuple[Reaction, ...] = ()
    conserved: tuple[ConservedSum, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    successor: str = ""
    boundary: tuple[Boundary, ...] = ()
    region: tuple[Hole, ...] = ()
    events: tuple[Event, ...] = ()
    text: str = field(default="", compare=False, repr=False)

    if TYPE_CHECKING:
        # A law knows neither the checker nor sympy: the front of the package, which knows both,
        # gives `lawc.Law` this way in when it is first asked for.
        from_sympy = staticmethod(law_from_sympy)

    @property
    def name(self) -> str:
        """The last part of the identity."""
        return self.identity.rpartition(".")[2]

    @property
    def discipline(self) -> str:
        """The first part of the identity."""
        return self.identity.partition(".")[0]

    def __repr__(self) -> str:
        return page.short(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return page.fragment(self)
