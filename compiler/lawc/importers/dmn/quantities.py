"""The quantities of a rule that is made of a model of DMN, and the words that they may have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lawc.importers.drafting import words
from lawc.importers.feel.functions import NOTHING
from lawc.importers.feel.meaning import Meaning
from lawc.importers.imported import ImportRefusedError
from lawc.importers.naming import LONGEST, safe_names

OTHER_WORD = "another"
MOST_QUANTITIES = 2_000

_PLAIN = re.compile(r"[^A-Za-z0-9.+-]+")
_DOTS = re.compile(r"\.{2,}")
_MEANT = frozenset(
    ("yes", "no", "not", "and", "or", "if", "then", "else", "is", "otherwise", "unknown", "when",
     "known", "applicable", "one", "pi", OTHER_WORD)
)  # fmt: skip


@dataclass(slots=True)
class Quantity:
    """A quantity.

    Attributes:
        texts: The word of the rule for each text of the model.
        is_open: Whether it may be a text that the model does not speak of.
    """

    name: str
    words: str
    kind: str
    limits: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    is_open: bool = False


class Quantities:
    """All quantities of a rule, by name; names and words are all different."""

    def __init__(self) -> None:
        """Begin without any."""
        self.all: dict[str, Quantity] = {}
        self.taken: set[str] = set()
        self.spelled: dict[str, str] = {}

    def kept(self) -> tuple[dict[str, Quantity], set[str]]:
        """Return what is there now, to go back to."""
        return dict(self.all), set(self.taken)

    def go_back(self, kept: tuple[dict[str, Quantity], set[str]]) -> None:
        """Forget what came after."""
        self.all = kept[0]
        # A word that was spelled stays taken, since it keeps its spelling.
        self.taken = kept[1] | set(self.spelled.values())

    def new(self, wanted: str, kind: str, meaning: str) -> Quantity:
        """Return a new quantity, with a name that is none yet."""
        if len(self.all) >= MOST_QUANTITIES:
            raise ImportRefusedError(f"the model has more than {MOST_QUANTITIES:,} quantities")
        base = next(iter(safe_names([wanted.replace(".", "_")]).values()))
        name, number = base, 2
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        made = self.all[name] = Quantity(name, words(meaning) or name, kind)
        return made

    def word(self, text: str, name: str) -> str:
        """Return the word that stands for a text among the choices of a quantity."""
        quantity = self.all.get(name)
        if quantity is None:
            raise ImportRefusedError(f'the text "{text[:40]}" stands for itself')
        if text not in quantity.texts:
            quantity.texts[text] = self._spelled(text)
            quantity.kind = quantity.kind or "string"
        return quantity.texts[text]

    def _spelled(self, text: str) -> str:
        """Return the word of a text, the same for all quantities, and no name of one."""
        word = self.spelled.get(text)
        if word is None:
            # Two dots are an interval, and `not` stands before what a cell excludes.
            base = _DOTS.sub(".", _PLAIN.sub("-", text)).strip("-.+")[:LONGEST].strip("-.+")
            base = base or "empty"
            if base[0].isdigit() or base.startswith("not-"):
                base = f"text-{base}"
            elif base in _MEANT:
                base = f"{base}-text"
            word, number = base, 2
            while word in self.taken:
                word, number = f"{base}-{number}", number + 1
            self.taken.add(word)
            self.spelled[text] = word
        return word


def declared(quantity: Quantity) -> str:
    """Return the kind and the range of a quantity, as `symbols` says them."""
    if quantity.kind == "string":
        choices = [*quantity.texts.values(), *([OTHER_WORD] if quantity.is_open else [])]
        # Of a text that nothing asks for, one word would do, and a choice has two.
        several = dict.fromkeys([*choices, OTHER_WORD, f"still-{OTHER_WORD}"])
        return f"one of {', '.join(list(several)[: max(2, len(choices))])}"
    if quantity.kind == "boolean":
        return "yes/no"
    if quantity.kind == "date":
        return "date"
    if quantity.kind == "count":
        return "integer 0 .. 8"
    return f"[1]  {quantity.limits}".rstrip()


def coerced(where: str, meaning: Meaning, base: str, is_list: bool) -> Meaning:
    """Return a value that has the basic type that is declared; what has another one is `null`.

    Raises:
        ImportRefusedError: A list stands for one value, or one value for a list.
    """
    if meaning.kind in ("null", "", base) or not base:
        return meaning
    if is_list or meaning.kind == "list":
        raise ImportRefusedError(f"{where} is a list on one side only")
    return NOTHING
