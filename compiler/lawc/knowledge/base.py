"""All laws and constants that were read together, by identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Constant, Law

if TYPE_CHECKING:
    from lawc.knowledge.rule import Rule


@dataclass(frozen=True)
class KnowledgeBase(Mapping[str, "Law | Rule"]):
    """Laws and rules by identity, `physics.mechanics.damped-oscillator`; a unique ending will do.

    Attributes:
        laws: By full identity.
        rules: By full identity.
        constants: By the identity of their block, then by name.
        sources: The texts, by path.
        diagnostics: What the checks found, warnings included.
    """

    laws: Mapping[str, Law]
    constants: Mapping[str, Mapping[str, Constant]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def __getitem__(self, identity: str) -> Law | Rule:
        if not isinstance(identity, str):
            raise KeyError(f"expected the identity of a law or a rule, got {identity!r}")
        wanted = identity.partition("@")[0]
        if wanted in self.laws:
            return self.laws[wanted]
        if wanted in self.rules:
            return self.rules[wanted]
        endings = [key for key in self if key.endswith("." + wanted)]
        if len(endings) == 1:
            return self[endings[0]]
        if endings:
            raise KeyError(f"{identity!r} may be any of: {', '.join(sorted(endings))}")
        near = get_close_matches(wanted, list(self), n=3, cutoff=0.5) or self._named_like(wanted)
        hint = f"; near to it: {', '.join(near)}" if near else ""
        noun = "law or rule" if self.rules else "law"
        raise KeyError(f"no {noun} {identity!r} among {len(self)}{hint}")

    def _named_like(self, wanted: str) -> list[str]:
        """Return identities whose last part is close to a name, or holds it."""
        last = {key.rpartition(".")[2]: key for key in self}
        close = get_close_matches(wanted, last, n=3, cutoff=0.7)
        return [last[name] for name in close or [n for n in last if wanted and wanted in n][:3]]

    def law(self, identity: str) -> Law:
        """Return a law; a rule of this name is none.

        Raises:
            KeyError: There is none.
        """
        found = self[identity]
        if not isinstance(found, Law):
            raise KeyError(f"{identity!r} is a rule, and here a law is asked for")
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self.laws
        yield from self.rules

    def __len__(self) -> int:
        return len(self.laws) + len(self.rules)
