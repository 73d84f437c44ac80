"""Read a model of DMN: its decisions, what they need, and the logic of each, as data.

Every version of DMN 1 has another namespace and the same elements; elements are known by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lawc.importers.imported import ImportRefusedError
from lawc.importers.markup import Element, read_markup

_MARK = "/DMN/"
_TRUE = ("true", "1")
MOST_ROWS = 5_000
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Literal:
    """An expression of FEEL, and the type that it declares for itself."""

    text: str
    type_name: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions: an expression, and the values that it may have."""

    expression: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A column of answers; its values stand in the order of their priority."""

    name: str
    values: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table; `rows` hold the entries of inputs and of outputs."""

    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Invocation:
    """The logic of a business knowledge model, with what it is given."""

    of: str
    bindings: tuple[tuple[str, Logic], ...]
    type_name: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Entries in their order; the last one without a name is the result."""

    entries: tuple[tuple[str, Logic], ...]


@dataclass(frozen=True, slots=True)
class Other:
    """Logic that is not read: a relation, a list, a function; `name` is the element's."""

    name: str


Logic = Literal | DecisionTable | Invocation | Context | Other


@dataclass(frozen=True, slots=True)
class Type:
    """An item definition.

    Attributes:
        base: A basic type, or the name of another one.
        values: Its allowed values, as FEEL.
        parts: Of a structure, by name.
    """

    base: str = ""
    values: str = ""
    parts: tuple[tuple[str, Type], ...] = ()
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A model of DMN.

    Attributes:
        inputs: Name and type of each input.
        decisions: Name, type and logic of each decision, in the order of the file.
        functions: Parameters and logic of each business knowledge model.
    """

    name: str
    types: dict[str, Type] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, tuple[str, Logic | None]] = field(default_factory=dict)
    functions: dict[str, tuple[tuple[tuple[str, str], ...], Logic | None]] = field(
        default_factory=dict
    )


def looks_like_dmn(start: bytes) -> bool:
    """Return whether a file begins as a model of DMN."""
    return b"definitions" in start and _MARK.encode() in start


def read_dmn(data: bytes) -> Model:
    """Return a model.

    Raises:
        ImportRefusedError: It is no model of DMN, or passes a bound.
    """
    root = read_markup(data)
    if root.name != "definitions" or _MARK not in root.namespace:
        raise ImportRefusedError(f"expected `definitions` of DMN, found `{root.name[:40]}`")
    model = Model(root.get("name") or "decisions")
    _need_feel(root)
    named: set[str] = set()
    for child in root.children:
        name = _name(child)
        if child.name in ("inputData", "decision", "businessKnowledgeModel"):
            if name in named:
                raise ImportRefusedError(f"`{name[:40]}` is declared twice")
            named.add(name)
        if child.name == "itemDefinition":
            model.types[name] = _type(child, 0)
        elif child.name == "inputData":
            model.inputs[name] = _declared(child)
        elif child.name == "decision":
            model.decisions[name] = (_declared(child), _logic_in(child, 0))
        elif child.name == "businessKnowledgeModel":
            for logic in _named(child, "encapsulatedLogic"):
                given = tuple(
                    (_name(one), one.get("typeRef") or "")
                    for one in _named(logic, "formalParameter")
                )
                kind = logic.get("kind") or "FEEL"
                inner = _logic_in(logic, 0) if kind == "FEEL" else Other(f"function of {kind[:20]}")
                model.functions[name] = (given, inner)
    return model


def stated(model: Model) -> dict[str, str]:
    """Return the values that tables state for what they ask, by its expression."""
    found: dict[str, str] = {}
    for _, logic in model.decisions.values():
        if isinstance(logic, DecisionTable):
            for given in logic.inputs:
                found[given.expression] = found.get(given.expression) or given.values
    return found


def spoken(logic: Logic) -> str:
    """Return all text of some logic, to look for the decisions that it names."""
    match logic:
        case Literal(text, _):
            return text
        case DecisionTable():
            entries = [entry for given, answers in logic.rows for entry in (*given, *answers)]
            return "\n".join([*(one.expression for one in logic.inputs), *entries])
        case Invocation(of, bindings, _):
            return "\n".join([of, *(spoken(inner) for _, inner in bindings)])
        case Context(entries):
            return "\n".join(spoken(inner) for _, inner in entries)
        case Other():
            return ""


def _type(element: Element, depth: int) -> Type:
    if depth > DEEPEST:
        raise ImportRefusedError("item definitions nest too deep")
    if any(child.name == "functionItem" for child in element.children):
        return Type("function")
    parts = tuple((_name(one), _type(one, depth + 1)) for one in _named(element, "itemComponent"))
    base = next((one.text.strip() for one in _named(element, "typeRef")), "")
    # What `typeConstraint` restricts is the list, of which a rule says nothing.
    allowed = next(_named(element, "allowedValues"), None)
    values = "" if allowed is None else _text(allowed)
    return Type(base, values, parts, element.get("isCollection") in _TRUE)


def _declared(element: Element) -> str:
    variable = next(_named(element, "variable"), None)
    return (variable.get("typeRef") or "") if variable is not None else ""


def _logic_in(element: Element, depth: int) -> Logic | None:
    """Return the logic among the children of an element; None where there is none."""
    if depth > DEEPEST:
        raise ImportRefusedError("the logic of a decision nests too deep")
    for child in element.children:
        language = child.get("expressionLanguage") or ""
        if language and not _is_feel(language):
            return Other(f"text in {language[-40:]}")
        if child.name == "literalExpression":
            return Literal(_text(child), child.get("typeRef") or "")
        if child.name == "decisionTable":
            return _table(child)
        if child.name == "invocation":
            bound = (
                (_name(parameter), _logic_in(one, depth + 1) or Literal("null"))
                for one in _named(child, "binding")
                for parameter in _named(one, "parameter")
            )
            of = next((_text(one) for one in _named(child, "literalExpression")), "")
            return Invocation(of, tuple(bound), child.get("typeRef") or "")
        if child.name == "context":
            entries = [
                (
                    next((_name(one) for one in _named(entry, "variable")), ""),
                    _logic_in(entry, depth + 1) or Literal("null"),
                )
                for entry in _named(child, "contextEntry")
            ]
            return Context(tuple(entries))
        if child.name in ("relation", "list", "functionDefinition", "conditional", "filter", "for"):
            return Other(child.name)
    return None


def _need_feel(root: Element) -> None:
    language = root.get("expressionLanguage") or ""
    if language and not _is_feel(language):
        raise ImportRefusedError(f"its expressions are in {language[-40:]}, and FEEL is read")


def _need_feel_below(element: Element) -> None:
    for child in element.children:
        _need_feel(child)
        _need_feel_below(child)


def _is_feel(language: str) -> bool:
    return "feel" in language.lower()


def _table(element: Element) -> DecisionTable:
    _need_feel_below(element)
    inputs = tuple(
        Input(
            next((_text(e) for e in _named(one, "inputExpression")), ""),
            next((_text(e) for e in _named(one, "inputValues")), ""),
        )
        for one in _named(element, "input")
    )
    outputs = tuple(
        Output(
            _name(one),
            next((_text(e) for e in _named(one, "outputValues")), ""),
            next((_text(e) for e in _named(one, "defaultOutputEntry")), ""),
        )
        for one in _named(element, "output")
    )
    rows = tuple(
        (
            tuple(_text(entry) for entry in _named(rule, "inputEntry")),
            tuple(_text(entry) for entry in _named(rule, "outputEntry")),
        )
        for rule in _named(element, "rule")
    )
    if len(rows) > MOST_ROWS:
        raise ImportRefusedError(f"a decision table has more than {MOST_ROWS:,} rows")
    for given, answers in rows:
        if len(given) != len(inputs) or len(answers) != len(outputs):
            raise ImportRefusedError("a row of a decision table lacks an entry")
    policy = element.get("hitPolicy") or "UNIQUE"
    return DecisionTable(policy, element.get("aggregation") or "", inputs, outputs, rows)


def _named(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element.children if child.name == name)


def _name(element: Element) -> str:
    return " ".join((element.get("name") or "").split())


def _text(element: Element) -> str:
    return next((child.text.strip() for child in _named(element, "text")), "")
