"""One block to one law: every pass over it, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lawc.analysis.boundaries import check_boundaries, read_boundary
from lawc.analysis.claims import read_claim, read_example
from lawc.analysis.conditions import check_conditions, check_places, orders_of
from lawc.analysis.constants import ConstantShelf, redefined
from lawc.analysis.contents import Contents, contents_of
from lawc.analysis.coordinates import CARTESIAN
from lawc.analysis.corners import check_corners
from lawc.analysis.digest import digest
from lawc.analysis.distributed import (
    SIGN,
    check_distributions,
    check_parameters,
    equations_first,
    know_distributions,
)
from lawc.analysis.domain import check_domain
from lawc.analysis.elaborate import UnreadableError, elaborate
from lawc.analysis.events import check_events, read_event
from lawc.analysis.expanding import expand
from lawc.analysis.field_kinds import check_kinds
from lawc.analysis.findings import finding
from lawc.analysis.identities import head_findings, head_texts, status_of, version_findings
from lawc.analysis.measures import check_measures
from lawc.analysis.parts import LawShelf
from lawc.analysis.reactions import (
    check_reactions,
    know_reactions,
    know_sums,
    reaction_equations,
)
from lawc.analysis.regions import check_region, read_hole
from lawc.analysis.resolve import resolve, unused
from lawc.analysis.scope import Scope
from lawc.analysis.shapes import Shapes
from lawc.analysis.structure import check_structure
from lawc.analysis.systems import UNCONNECTED, assemble, begin, check_connections
from lawc.analysis.vocabulary import Vocabulary
from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge import expression as known
from lawc.knowledge.law import Condition, Equation, Example, Law, Relation, Status, Validity
from lawc.syntax.document import Block, ConditionLine

# To ask an enumeration for a member takes several times as long.
_RELATIONS = {relation.value: relation for relation in Relation}


def know_law(
    block: Block,
    identity: str,
    source: Source,
    shelf: ConstantShelf,
    laws: LawShelf | None = None,
    *,
    mending: bool = True,
    whole: bool = True,
) -> tuple[Law | None, list[Diagnostic]]:
    """Return the law of a block, None where it has an error, and all findings.

    Args:
        laws: What a system may use; a law needs none.
        mending: Whether edits are sought that would clear a finding.
        whole: Whether the law gets its digest.
    """
    findings = [*version_findings(block), *head_findings(block)]
    assembly = None
    if block.kind == "system":
        assembly, found = begin(block, laws or LawShelf())
        findings += found
    parts = assembly.parts if assembly is not None else None
    block = equations_first(block)
    scope, found = resolve(block, identity, source, shelf, parts)
    if not mending:
        scope = replace(scope, mending=False)
    findings += found
    if assembly is not None:
        findings += check_connections(assembly, scope)
    reported = {f.place for f in findings}
    unfit = [*check_reactions(scope), *check_distributions(scope)]
    measured = [f for f in check_measures(scope) if f.place not in reported]
    if unfit:
        # What a substance is decides what a rate must be.
        return None, [*findings, *unfit, *(f for f in measured if f.code != "L0410")]
    findings += measured
    if scope.said is not None:
        scope, found = _written_out(scope, scope.said)
        findings += found
        if scope is None:
            return None, findings
    try:
        law = _build(scope, findings)
        if law is not None and assembly is not None:
            law = assemble(law, assembly, scope)
    except UnreadableError as problem:
        law = None
        if problem.place is not None:
            findings.append(finding("L0101", str(problem), problem.place))
    if law is None or scope.damaged or any(f.code in UNCONNECTED for f in findings):
        return None, findings
    # Where an equation is missing or surplus, the orders say nothing about conditions.
    contents = [contents_of(equation) for equation in law.equations]
    structure = check_structure(law, contents) or check_all_conditions(law, contents, scope)
    if any(f.code == "L0108" for f in findings):
        # What is declared as constant has no order, so that its conditions are not surplus.
        structure = [f for f in structure if f.code != "L0404"]
    findings += structure
    findings += redefined(law, shelf)
    if not measured:
        # With a wrong unit the numbers of a domain mean nothing.
        findings += check_places(law)
        findings += check_domain(law, scope)
        findings += check_parameters(law, scope)
    if any(f.is_error for f in findings):
        return None, findings
    findings += unused(scope)
    if whole:
        # A copy by `replace` would build the law a second time.
        object.__setattr__(law, "digest", digest(law))
    return law, findings


def check_all_conditions(law: Law, contents: Sequence[Contents], scope: Scope) -> list[Diagnostic]:
    """Return what is wrong with the conditions of a law, at its start and at its boundaries."""
    coordinates = scope.said.coordinates if scope.said is not None else CARTESIAN
    found = [*check_conditions(law, contents), *check_boundaries(law, contents, coordinates)]
    if law.boundary:
        found += check_region(law, contents)
    found = found or [*check_kinds(law), *check_events(law, contents)]
    if found or not law.boundary:
        return found
    return check_corners(law, orders_of(law, contents))


def _written_out(scope: Scope, said: Vocabulary) -> tuple[Scope | None, list[Diagnostic]]:
    """Return the scope of a law with its vectors, indices and fields written out."""
    findings = Shapes(scope, said).check()
    if findings or scope.unknown or scope.damaged or len(scope.quantities) < len(scope.declared):
        return None, findings
    return expand(scope, said)


def _build(scope: Scope, findings: list[Diagnostic]) -> Law | None:
    """Return the law as far as it can be read."""
    block = scope.block
    if scope.unknown or (scope.said is None and len(scope.quantities) < len(scope.declared)):
        return None
    examples: list[Example] = []
    for line in block.examples:
        found = read_example(line, scope)
        if isinstance(found, Example):
            examples.append(found)
            continue
        headline = f"an example consists of numbers, and `{scope.text(found)}` is none"
        help = "write a number with its unit"
        findings.append(finding("L0101", headline, found.place, help=help))
    head = head_texts(block)
    claims = tuple(read_claim(line, scope) for line in block.always)
    reactions = know_reactions(scope)
    conserved, kept = know_sums(scope, reactions, claims)
    return Law(
        scope.identity,
        block.version.text if block.version is not None else "",
        "".join(head.get("title", ())[:1]),
        status_of(block) or Status.DRAFT,
        head.get("source", ()),
        scope.quantities,
        _equations(scope, findings),
        scope.constants,
        tuple(_condition(line, scope) for line in block.initial),
        tuple(
            Validity(elaborate(line.condition, scope), line.words, line.place)
            for line in block.valid
        ),
        tuple(examples),
        (*claims, *kept),
        head.get("note", ()),
        head.get("supersedes", ()),
        "",
        block.name.place,
        reactions,
        conserved,
        know_distributions(scope),
        successor="".join(head.get("successor", ())[:1]),
        boundary=tuple(read_boundary(line, scope) for line in block.boundary),
        events=tuple(read_event(line, scope) for line in block.events),
        region=tuple(read_hole(line, scope) for line in block.region),
    )


def _equations(scope: Scope, findings: list[Diagnostic]) -> tuple[Equation, ...]:
    equations: list[Equation] = []
    taken: dict[str, Equation] = {}
    stated = [line for line in scope.block.equations if line.relation != SIGN]
    for line in (*stated, *reaction_equations(scope.block)):
        left, right = elaborate(line.left, scope), elaborate(line.right, scope)
        relation = _RELATIONS[line.relation]
        if line.label is not None:
            label = line.label.text
        elif isinstance(left, known.Symbol) and left.name not in taken:
            label = left.name
        else:
            label = f"equation-{len(equations) + 1}"
        if line.label is not None and label in taken:
            earlier = taken[label].place or line.place
            findings.append(
                finding(
                    "L0112",
                    f"two equations are called `{label}`",
                    line.label.place,
                    others=[(earlier, "the first one")],
                    help="give one of them another label",
                )
            )
        equation = Equation(label, relation, left, right, line.place)
        taken[label] = equation
        equations.append(equation)
    return tuple(equations)


def _condition(line: ConditionLine, scope: Scope) -> Condition:
    left = elaborate(line.left, scope)
    value, at = elaborate(line.right, scope), elaborate(line.at, scope)
    match left:
        case known.Derivative(quantity, by, order) if by == line.variable.name:
            return Condition(quantity, order, value, by, at, line.place)
        case known.Symbol(name):
            return Condition(name, 0, value, line.variable.name, at, line.place)
    raise UnreadableError(
        "an initial condition gives a quantity, or one of its derivatives by the variable, a value",
        line.left.place,
    )
