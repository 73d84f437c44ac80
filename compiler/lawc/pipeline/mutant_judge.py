"""Judge the mutants of a law: who notices the slip?

The cheapest judge is asked first: the checker, then worked examples, then claims. A mutant that
answers like the law in its whole domain is no slip and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lawc.analysis.checking import check
from lawc.analysis.edits import Kind
from lawc.analysis.mutants import Mutant, mutants
from lawc.diagnostics.diagnostic import LawcError, Source
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.bounded import at_most
from lawc.lowering.claims import example_result, example_text, test_claim
from lawc.lowering.fields.claims import same_equations
from lawc.lowering.likeness import TIMES, Gaps, Likeness, Proposal
from lawc.lowering.worked import is_refuted, stray_examples
from lawc.pipeline.mutation import Fate, Verdict
from lawc.syntax.document import Block, Document
from lawc.syntax.parsing import parse

ROWS = 64
"""Points at which a claim is tried, as `lawc check` does."""
ALGEBRA = 2.0
"""Seconds for a formula that turns a mutant round; without one its root is searched."""
MAX_PROPOSALS = 3


class Judge:
    """A law with its mutants, and what it takes to judge them.

    Raises:
        LawcError: The text of the law is not at hand.
    """

    def __init__(self, law: Law, base: KnowledgeBase) -> None:
        self.law, self._base = law, base
        self._source, block = written(law, base)
        self.mutants = mutants(block, law)
        self._gaps: dict[int, Gaps] = {}
        self._trouble = ""

    @cached_property
    def _likeness(self) -> Likeness | None:
        try:
            return Likeness(self.law)
        except LawcError as problem:
            self._trouble = str(problem)
            return None

    def judge(self, number: int) -> Verdict:
        """Return what becomes of one mutant."""
        mutant = self.mutants[number]
        with at_most(ALGEBRA):
            fate, by = self._fate(mutant, number)
        place = mutant.place
        return Verdict(number, mutant.kind, mutant.text, place.start, place.end, fate, by)

    def advice(self, survivors: Sequence[Verdict]) -> tuple[str, ...]:
        """Return sentences on what would kill survivors."""
        said: list[str] = []
        if survivors and self._likeness is None:
            said.append(f"the law cannot be calculated, so only its text counts: {self._trouble}")
        for verdict in survivors:
            mutant = self.mutants[verdict.number]
            if verdict.number not in self._gaps:
                base, _ = check([Document(self._source, (mutant.block,))], known=self._base)
                with at_most(ALGEBRA):
                    self._measure(base.laws[self.law.identity], verdict.number)
            if mutant.kind is Kind.SIDE:
                said.append(
                    f"{mutant.text}: give an example inside `valid` that names all of its symbols"
                )
        said += self._proposals([v.number for v in survivors])
        return tuple(dict.fromkeys(said))

    def _fate(self, mutant: Mutant, number: int) -> tuple[Fate, str]:
        document = Document(self._source, (mutant.block,))
        base, found = check([document], known=self._base)
        errors = [one.code for one in found if one.is_error]
        if errors:
            return Fate.CHECKER, errors[0]
        other = base.laws[self.law.identity]
        if other.digest == self.law.digest:
            return Fate.EQUIVALENT, "it says the same"
        stray = stray_examples(other)
        if stray:
            return Fate.EXAMPLE, stray[0].code
        for example in other.examples:
            if is_refuted(other, example):
                return Fate.EXAMPLE, example_text(self.law, example)
        for example in other.examples:
            result = example_result(other, example)
            if not result.able:
                return Fate.TIME, result.detail
            if result.holds is not True:
                return Fate.EXAMPLE, example_text(self.law, example)
        if self._is_like(other, number):
            return Fate.EQUIVALENT, "it answers the same in the whole domain"
        for claim in other.claims:
            result = test_claim(other, claim, ROWS)
            if result.holds is False:
                return Fate.CLAIM, result.text
        return Fate.SURVIVED, ""

    def _is_like(self, other: Law, number: int) -> bool:
        if other.validity != self.law.validity:
            # Another domain is another law, whatever it answers.
            return False
        if self._likeness is None:
            return same_equations(self.law, other)
        try:
            if not self._likeness.gaps(other, TIMES).same:
                return False
            gaps = self._likeness.gaps(other)
        except LawcError:
            return False
        self._gaps[number] = gaps
        return gaps.same

    def _measure(self, other: Law, number: int) -> None:
        """Learn by how much a survivor differs, and where."""
        if self._likeness is None or other.validity != self.law.validity:
            return
        try:
            self._gaps[number] = self._likeness.gaps(other)
        except LawcError:
            return

    def _proposals(self, numbers: Sequence[int]) -> list[str]:
        """Return examples that tell survivors from the law, as few as are needed."""
        if self._likeness is None:
            return []
        left = [number for number in numbers if number in self._gaps]
        said: list[str] = []
        while left and len(said) < MAX_PROPOSALS:
            found, caught = None, left
            while caught and found is None:
                found = self._likeness.propose([self._gaps[number] for number in caught])
                caught = caught if found is not None else caught[:-1]
            if found is None:
                break
            said.append(self._example(found))
            left = [number for number in left if number not in caught]
        return said

    def _example(self, found: Proposal) -> str:
        given = ", ".join(f"{n} = {v:.6g}{self._unit(n)}" for n, v in found.given.items())
        name = found.quantity
        unit = self._unit(name)
        return (
            f"`example: {name} = …{unit} given {given}` would notice; work it out by another route "
            f"before you write it down (lawc gives {found.value:.10g}{unit})"
        )

    def _unit(self, name: str) -> str:
        unit = self.law.quantities[name].unit.text
        return f" [{unit}]" if unit else ""


def written(law: Law, base: KnowledgeBase) -> tuple[Source, Block]:
    """Return a law as its author wrote it.

    Raises:
        LawcError: Its text is not at hand.
    """
    path = law.place.path if law.place is not None else ""
    if path in base.sources:
        source = base.sources[path]
        document, _ = parse(source)
        for block in document.blocks:
            if block.name.place == law.place:
                return source, block
    raise LawcError(f"the text of {law.identity} is not at hand")
