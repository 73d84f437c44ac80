"""A file as written: its blocks, and in each block the items of its sections."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from lawc.diagnostics.diagnostic import Place, Source, placed
from lawc.diagnostics.immutable import immutable, later
from lawc.syntax.tree import Name, Node, UnitText

if TYPE_CHECKING:
    from lawc.syntax.rules.document import RuleSections


@immutable
class Word:
    """A piece of text that is not a formula: a key, a title, an identity, a label."""

    place: Place = later(converter=placed)
    text: str


@immutable
class HeadLine:
    """`title`, `status`, `source`, `note`, `supersedes` and what follows it."""

    key: Word
    value: Word


@immutable
class ImportLine:
    """`import ID (names)`."""

    place: Place
    identity: Word
    names: tuple[Name, ...]


@immutable
class CoordinatesLine:
    """`coordinates x, y` or `coordinates r, theta, phi spherical`, a line of the head.

    Attributes:
        names: In the order of the system.
        system: `cartesian` where none is written, `cylindrical` or `spherical`.
    """

    place: Place
    names: tuple[Name, ...]
    system: Word


@immutable
class Declaration:
    """`names : words (depends) [unit] low .. high log = default`, one line of `symbols`.

    `low`, `high` and `default` are expressions of numbers in the declared unit (`-0.5`, `2*pi`),
    or None. `unit` is None where no bracket was written.

    Attributes:
        kind: `number`, `yes/no`, `one of`, `integer` or `date`; all but the first have no unit.
        choices: The words of `one of A, B, C`.
        shape: 2 or 3 for `vector2` and `vector3`, otherwise 1.
        indices: What stands in brackets behind each name: `c[species] : concentration [mol/L]`.
        may_be_unknown: Whether the line says so.
    """

    place: Place
    names: tuple[Name, ...]
    words: str
    depends: tuple[Name, ...] = ()
    unit: UnitText | None = None
    low: Node | None = None
    high: Node | None = None
    log: bool = False
    default: Node | None = None
    kind: str = "number"
    choices: tuple[Word, ...] = ()
    shape: int = 1
    indices: tuple[Name, ...] = ()
    may_be_unknown: bool = False


@immutable
class EquationLine:
    """`label: left = right`; relation is `=`, `:=`, `~=`, or `~` before a distribution.

    Attributes:
        each: The indices that the line holds for: `balance[i in species]: …`; each with the name
            of a set, or a Range.
    """

    place: Place
    label: Word | None
    relation: str
    left: Node
    right: Node
    each: tuple[tuple[Name, Node], ...] = ()


@immutable
class ConditionLine:
    """`left = right at name = value`, one line of `initial`."""

    place: Place
    left: Node
    right: Node
    variable: Name
    at: Node


@immutable
class BoundaryLine:
    """`left = right at name = value` or `field periodic in name`, one line of `boundary`.

    Attributes:
        left: One side of the condition; the field that is periodic.
        right: The other side; None where the line says that a field is periodic.
        variable: By what the field is bounded; None on the rim of a part of the region.
        at: Where: an expression, a Word `oo` or `-oo`, or None for a periodic field and on a rim.
        part: The part of the region on whose rim the condition holds.
        further: Other variables and their values, where it holds at a point.
    """

    place: Place
    left: Node
    right: Node | None
    variable: Name | None = None
    at: Node | Word | None = None
    part: Word | None = None
    further: tuple[tuple[Name, Node], ...] = ()

    @property
    def is_periodic(self) -> bool:
        """Whether the line says that a field is periodic."""
        return self.right is None

    @property
    def names(self) -> tuple[Name, ...]:
        """The variables that the line names."""
        own = () if self.variable is None else (self.variable,)
        return (*own, *(name for name, _ in self.further))

    @property
    def places(self) -> tuple[tuple[Name, Node], ...]:
        """Variables with the values at which the condition holds."""
        if self.variable is None or not isinstance(self.at, Node):
            return self.further
        return ((self.variable, self.at), *self.further)

    @property
    def formulas(self) -> tuple[Node, ...]:
        """What is written in the line beside names, in the order of reading."""
        parts = (self.left, self.right, self.at, *(value for _, value in self.further))
        return tuple(part for part in parts if isinstance(part, Node))


@immutable
class RegionLine:
    """`name: without box x = a .. b, …` or `name: without disk at x = a, … radius r`.

    Attributes:
        name: What conditions call its rim.
        shape: `box`, `disk` or `ball`.
        bounds: For a box, variables and the two ends of each.
        centre: For a disk or a ball, variables and their values.
        radius: For a disk or a ball.
    """

    place: Place
    name: Word
    shape: Word
    bounds: tuple[tuple[Name, Node, Node], ...] = ()
    centre: tuple[tuple[Name, Node], ...] = ()
    radius: Node | None = None

    @property
    def names(self) -> tuple[Name, ...]:
        """The variables that the line names."""
        return (*(name for name, _, _ in self.bounds), *(name for name, _ in self.centre))

    @property
    def places(self) -> tuple[tuple[Name, Node], ...]:
        """Variables with what measures the same as they do; a radius with the first of them."""
        ends = [(name, end) for name, low, high in self.bounds for end in (low, high)]
        radius = () if self.radius is None else ((self.centre[0][0], self.radius),)
        return (*ends, *self.centre, *radius)

    @property
    def formulas(self) -> tuple[Node, ...]:
        """What is written in the line beside names, in the order of reading."""
        ends = [end for _, low, high in self.bounds for end in (low, high)]
        ends += [value for _, value in self.centre]
        return (*ends, *(() if self.radius is None else (self.radius,)))


@immutable
class ChangeLine:
    """`left = right`, what an event sets: a quantity or its derivative, and its new value."""

    place: Place
    left: Node
    right: Node


@immutable
class EventLine:
    """`label: when condition: left = right, …`, one line of `events`.

    Attributes:
        changes: What the event sets, by values just before it; none where it is `stop`.
    """

    place: Place
    label: Word | None
    condition: Node
    changes: tuple[ChangeLine, ...]


@immutable
class ValidLine:
    """A condition and the author's word for it."""

    place: Place
    condition: Node
    words: str = ""


@immutable
class ExampleLine:
    """`example: Y = value within tolerance given A = …, B = …`.

    Attributes:
        day: Of a rule, the day of the question: `… as of 2024-07-01`.
    """

    place: Place
    quantity: Name
    value: Node
    tolerance: Node | None
    given: tuple[tuple[Name, Node], ...]
    day: Node | None = None


@immutable
class AlwaysLine:
    """An `always` sentence.

    Attributes:
        form: `comparison`, `rises with`, `falls with`, `is constant`, `scales with`,
            `tends to`, `is even in`, `is odd in`, `is periodic in`, `is continuous in`.
        subject: The comparison, or the expression spoken of.
        by: The name after `with` or `in`, or before `->` in the second half of a limit.
        value: The exponent of a scaling; the target of a limit; the period, where one is written.
        towards: What `by` tends to; a Word `oo` or `-oo`, or an expression.
        where: Conditions of the region.
        text: The sentence as written, without `always`.
        jumps: Of a rule that is continuous, the values at which it may jump: `except at 10 [USD]`.
    """

    place: Place
    form: str
    subject: Node
    by: Name | None = None
    value: Node | None = None
    towards: Node | Word | None = None
    where: tuple[Node, ...] = ()
    text: str = ""
    jumps: tuple[Node, ...] = ()


@immutable
class ConstantLine:
    """`names : words = value [unit]`, one line of a `constants` block.

    The value is a Number that carries its unit and its uncertainty (`± 0.00015`), or, where a unit
    is declared before it, a formula of constants: `names : words [unit] = formula`.
    """

    place: Place
    names: tuple[Name, ...]
    words: str
    value: Node
    unit: UnitText | None = None


@immutable
class Substance:
    """One substance on a side of a reaction, with how many of it take part."""

    place: Place
    count: int | float
    name: Name


@immutable
class ReactionLine:
    """`label: A + 2 B -> C ; rate k`, one line of `reactions`.

    Attributes:
        left, right: The substances of both sides; none for `0` or `nothing`.
        reversible: Whether the arrow is `<=>`.
        whole: Whether `rate = …` gives the whole rate; otherwise each rate is a rate constant, and
            mass action is implied.
        rates: One expression; for a reversible reaction two, or one that is its net rate.
    """

    place: Place
    label: Word | None
    left: tuple[Substance, ...]
    right: tuple[Substance, ...]
    reversible: bool
    whole: bool
    rates: tuple[Node, ...]


@immutable
class UseLine:
    """`use ID as name`, one line in the head of a system; the identity may pin a major version."""

    place: Place
    identity: Word
    name: Name


@immutable
class ConnectLine:
    """`part.input = expression`, one line of `connect`; names of parts are dotted."""

    place: Place
    left: Name
    right: Node


@immutable
class Block:
    """`law NAME@V`, `rule NAME@V`, `system NAME@V` or `constants NAME@V`, as in the text.

    Attributes:
        kind: `law`, `rule`, `system` or `constants`.
        declared: Names that a broken line would have declared, so that nobody reports them as
            unknown.
        mentioned: Names in lines that could not be read, so that nobody reports them as unused or
            undetermined.
        text: The block's own text, from its header to its last line.
        rule: What only a rule has.
    """

    place: Place
    kind: str
    name: Word
    version: Word | None = None
    head: tuple[HeadLine, ...] = ()
    imports: tuple[ImportLine, ...] = ()
    symbols: tuple[Declaration, ...] = ()
    equations: tuple[EquationLine, ...] = ()
    initial: tuple[ConditionLine, ...] = ()
    valid: tuple[ValidLine, ...] = ()
    examples: tuple[ExampleLine, ...] = ()
    always: tuple[AlwaysLine, ...] = ()
    constants: tuple[ConstantLine, ...] = ()
    declared: frozenset[str] = field(default_factory=frozenset)
    mentioned: frozenset[str] = field(default_factory=frozenset)
    text: str = ""
    reactions: tuple[ReactionLine, ...] = ()
    uses: tuple[UseLine, ...] = ()
    connections: tuple[ConnectLine, ...] = ()
    boundary: tuple[BoundaryLine, ...] = ()
    region: tuple[RegionLine, ...] = ()
    coordinates: CoordinatesLine | None = None
    events: tuple[EventLine, ...] = ()
    rule: RuleSections | None = None


@immutable
class Document:
    """All blocks of a source, in order."""

    source: Source
    blocks: tuple[Block, ...]
