"""All laws and constants that were read together, by identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from lawc.diagnostics.diagnostic import Diagnostic, Source
from lawc.knowledge.law import Constant, Law


@dataclass(frozen=True)
class KnowledgeBase(Mapping[str, Law]):
    """Laws by identity, `physics.mechanics.damped-oscillator`; a unique ending will do.

    Attributes:
        laws: By full identity.
        constants: By the identity of their block, then by name.
        sources: The texts, by path.
        diagnostics: What the checks found, warnings included.
    """

    laws: Mapping[str, Law]
    constants: Mapping[str, Mapping[str, Constant]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    def __getitem__(self, identity: str) -> Law:
        wanted = identity.partition("@")[0]
        if wanted in self.laws:
            return self.laws[wanted]
        endings = [key for key in self.laws if key.endswith("." + wanted)]
        if len(endings) == 1:
            return self.laws[endings[0]]
        if endings:
            raise KeyError(f"{identity!r} may be any of: {', '.join(sorted(endings))}")
        near = get_close_matches(wanted, self.laws, n=3, cutoff=0.5)
        hint = f"; near to it: {', '.join(near)}" if near else ""
        raise KeyError(f"no law {identity!r} among {len(self.laws)}{hint}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.laws)

    def __len__(self) -> int:
        return len(self.laws)
