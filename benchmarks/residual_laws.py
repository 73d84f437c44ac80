"""Seven laws as statements on a plain network, for benchmarks and tests of the backends.

The network is the unknown itself: no conditions are built in, so that every library can be given
the same task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from lawc.backends.statement import Channel, Statement
from lawc.forms.tape import Step, Tape
from lawc.jets.closure import partial

NU = 0.01 / math.pi
REYNOLDS = 100.0
FLOWS = ((1.0, 0, 1), (0.5, 2, None), (0.8, 2, 3), (0.3, 3, None), (0.7, 4, None))
"""Rate and species of each of five reactions; the second species may be missing."""
CHANGES = (
    ((-1, 0), (1, 1), (1, 4)),
    ((-1, 0), (1, 1)),
    ((1, 0), (-1, 1), (-1, 2)),
    ((-1, 2), (-1, 3), (1, 4)),
    ((1, 2), (1, 3), (-1, 4)),
)
"""For each species, how often it is made (or used) and by which reaction."""
HIDDEN = (64, 64, 64, 64)


class Sheet:
    """Registers of a tape that is being written."""

    def __init__(
        self, inputs: Sequence[str], outputs: Sequence[str], orders: Sequence[str]
    ) -> None:
        """Begin with every output differentiated by these letters, none for the output itself."""
        self.inputs = tuple(inputs)
        self.channels = {
            output + letters: Channel(
                number, partial(**{name: letters.count(name) for name in letters})
            )
            for number, output in enumerate(outputs, start=1)
            for letters in orders
        }
        self.steps: list[Step] = []
        self.names = (*self.channels, *self.inputs)

    def __getitem__(self, name: str) -> Term:
        return Term(self, self.names.index(name))

    def write(self, operation: str, *operands: Term, value: float = 0.0) -> Term:
        """Return the register of a new step."""
        self.steps.append(Step(operation, tuple(one.register for one in operands), value))
        return Term(self, len(self.names) + len(self.steps) - 1)

    def statement(self, outputs: int, rows: Mapping[str, Term], hidden: Sequence[int]) -> Statement:
        """Return that these rows are zero."""
        ends = tuple((name, term.register) for name, term in rows.items())
        tape = Tape(self.names, tuple(self.steps), ends)
        read = {operand for step in self.steps for operand in step.operands} | set(
            dict(ends).values()
        )
        kept = {n: c for k, (n, c) in enumerate(self.channels.items()) if k in read}
        order = [k for k, name in enumerate(self.names) if name in kept or name in self.inputs]
        places = {old: new for new, old in enumerate(order)}
        shift = len(self.names) - len(order)

        def moved(register: int) -> int:
            return places[register] if register in places else register - shift

        steps = tuple(Step(s.operation, tuple(map(moved, s.operands)), s.value) for s in tape.steps)
        short = Tape(
            tuple(self.names[k] for k in order), steps, tuple((n, moved(r)) for n, r in ends)
        )
        return Statement((len(self.inputs), *hidden, outputs), self.inputs, kept, short)


class Term:
    """A register, to be written with as in a formula."""

    def __init__(self, sheet: Sheet, register: int) -> None:
        self.sheet = sheet
        self.register = register

    def _as(self, other: Term | float) -> Term:
        if isinstance(other, Term):
            return other
        return self.sheet.write("constant", value=float(other))

    def __add__(self, other: Term | float) -> Term:
        return self.sheet.write("add", self, self._as(other))

    def __sub__(self, other: Term | float) -> Term:
        return self.sheet.write("subtract", self, self._as(other))

    def __mul__(self, other: Term | float) -> Term:
        return self.sheet.write("multiply", self, self._as(other))

    __rmul__ = __mul__

    def sin(self) -> Term:
        """Return the sine."""
        return self.sheet.write("sin", self)


def burgers(hidden: Sequence[int] = HIDDEN) -> Statement:
    """u_t + u·u_x − ν·u_xx, ν = 0.01/π."""
    s = Sheet("tx", "u", ["", "t", "x", "xx"])
    return s.statement(1, {"momentum": s["ut"] + s["u"] * s["ux"] - NU * s["uxx"]}, hidden)


def poisson(hidden: Sequence[int] = HIDDEN) -> Statement:
    """u_xx + u_yy + 2π²·sin(πx)·sin(πy)."""
    s = Sheet("xy", "u", ["xx", "yy"])
    source = 2 * math.pi**2 * (math.pi * s["x"]).sin() * (math.pi * s["y"]).sin()
    return s.statement(1, {"balance": s["uxx"] + s["uyy"] + source}, hidden)


def wave(hidden: Sequence[int] = HIDDEN) -> Statement:
    """u_tt − u_xx − u_yy."""
    s = Sheet("txy", "u", ["tt", "xx", "yy"])
    return s.statement(1, {"motion": s["utt"] - s["uxx"] - s["uyy"]}, hidden)


def kuramoto_sivashinsky(hidden: Sequence[int] = HIDDEN) -> Statement:
    """u_t + u·u_x + u_xx + u_xxxx."""
    s = Sheet("tx", "u", ["", "t", "x", "xx", "xxxx"])
    row = s["ut"] + s["u"] * s["ux"] + s["uxx"] + s["uxxxx"]
    return s.statement(1, {"height": row}, hidden)


def biharmonic(hidden: Sequence[int] = HIDDEN) -> Statement:
    """u_xxxx + 2·u_xxyy + u_yyyy − 1."""
    s = Sheet("xy", "u", ["xxxx", "xxyy", "yyyy"])
    return s.statement(1, {"bending": s["uxxxx"] + 2 * s["uxxyy"] + s["uyyyy"] - 1.0}, hidden)


def navier_stokes(hidden: Sequence[int] = HIDDEN) -> Statement:
    """Steady momentum in x and y, and continuity, at Re = 100."""
    s = Sheet("xy", "uvp", ["", "x", "y", "xx", "yy"])
    rows = {}
    for q, along in (("u", "x"), ("v", "y")):
        carried = s["u"] * s[q + "x"] + s["v"] * s[q + "y"]
        rows[f"momentum {along}"] = (
            carried + s["p" + along] - (1 / REYNOLDS) * (s[q + "xx"] + s[q + "yy"])
        )
    rows["continuity"] = s["ux"] + s["vy"]
    return s.statement(3, rows, hidden)


def reactions(hidden: Sequence[int] = HIDDEN) -> Statement:
    """Five species, five reactions of mass action."""
    s = Sheet("t", "abcde", ["", "t"])
    flows = []
    for rate, one, other in FLOWS:
        flow = rate * s["abcde"[one]]
        flows.append(flow if other is None else flow * s["abcde"[other]])
    rows = {}
    for name, changes in zip("abcde", CHANGES, strict=True):
        row = s[name + "t"]
        for times, number in changes:
            row = row - flows[number] if times > 0 else row + flows[number]
        rows[name] = row
    return s.statement(5, rows, hidden)


LAWS: Mapping[str, Callable[..., Statement]] = {
    "Burgers": burgers,
    "Poisson": poisson,
    "wave": wave,
    "Kuramoto-Sivashinsky": kuramoto_sivashinsky,
    "biharmonic": biharmonic,
    "Navier-Stokes": navier_stokes,
    "5 species": reactions,
}
