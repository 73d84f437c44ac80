"""Gather the linear parts of a tape into operators, one for each output of the network.

`u_t + u·u_x − ν·u_xx` reads four derivatives, but only u, u_x and the sum u_t − ν·u_xx by
themselves. Sums, differences, and multiples by constants or by a column are followed as linear
forms; where something else needs one, its derivatives with one column become one operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from lawc.backends.operators import Index
from lawc.backends.proportions import Product, proportions
from lawc.backends.statement import Channel, Statement
from lawc.forms.tape import Step, Tape


class Read(NamedTuple):
    """What is read of an output of the network: a linear operator with constant coefficients."""

    output: int
    operator: tuple[tuple[Index, Fraction], ...]


class Collapsed(NamedTuple):
    """A tape from operators and held columns to rows.

    Attributes:
        reads: The operators, which are the first inputs of the tape.
        held: Names of the other inputs.
        tape: From both to the rows.
    """

    reads: tuple[Read, ...]
    held: tuple[str, ...]
    tape: Tape


_Key = int | tuple[int | None, str]
"""A register, or a channel times a register of a held column; None is the channel alone."""
_Form = tuple[dict[_Key, Fraction], Fraction]
"""Multiples of all these, and a constant."""


def collapsed(statement: Statement) -> Collapsed:
    """Return the part of a statement's tape that channels reach, on operators."""
    return _Collapse(statement).result


class _Collapse:
    def __init__(self, statement: Statement) -> None:
        self.channels = statement.channels
        self.inputs = statement.inputs
        tape = statement.split.rest
        self.held = tuple(name for name in tape.inputs if name not in self.channels)
        # Registers are numbered from -1 down for reads, which are not counted yet, and from 0 up
        # for held columns and steps.
        self.reads: dict[Read, int] = {}
        self.steps: list[Step] = []
        self.made: dict[object, int] = {}
        forms = self._inputs(statement)
        for step in tape.steps:
            forms.append(self._form(step, [forms[operand] for operand in step.operands]))
        outputs = [(name, self._register(forms[register])) for name, register in tape.outputs]
        self.result = self._renumbered(outputs)

    def _renumbered(self, outputs: list[tuple[str, int]]) -> Collapsed:
        """Return the tape of what was made: reads, the held columns that are used, steps."""
        read = {operand for step in self.steps for operand in step.operands}
        read |= {register for _, register in outputs}
        used = [place for place in range(len(self.held)) if place in read]
        count, shift = len(self.reads), len(self.held) - len(used)
        places = {place: count + k for k, place in enumerate(used)}

        def moved(register: int) -> int:
            if register < 0:
                return -1 - register
            return places[register] if register < len(self.held) else count + register - shift

        held = tuple(self.held[place] for place in used)
        steps = tuple(Step(s.operation, tuple(map(moved, s.operands)), s.value) for s in self.steps)
        names = (*(f"operator {k}" for k in range(count)), *held)
        tape = Tape(names, steps, tuple((name, moved(register)) for name, register in outputs))
        return Collapsed(tuple(self.reads), held, tape)

    def _inputs(self, statement: Statement) -> list[_Form]:
        """Return channels as they are, and each held column as a multiple of one of its kind."""
        first, rest = statement.split
        multiples = proportions(first)
        seen: dict[Product, tuple[int, Fraction]] = {}
        forms: list[_Form] = []
        for name in rest.inputs:
            if name in self.channels:
                forms.append(({(None, name): Fraction(1)}, Fraction(0)))
                continue
            place = self.held.index(name)
            factor, product = multiples.get(name, (Fraction(0), ()))
            if not factor:
                # Nothing is known of it, or it is zero and no measure of others.
                forms.append(({place: Fraction(1)}, Fraction(0)))
                continue
            kind, size = seen.setdefault(product, (place, factor))
            forms.append(({kind: factor / size}, Fraction(0)))
        return forms

    def _form(self, step: Step, forms: list[_Form]) -> _Form:
        operation = step.operation
        if operation == "constant" and abs(step.value) < float("inf"):
            return {}, Fraction(step.value)
        if operation in ("add", "subtract"):
            return _sum(forms[0], forms[1], Fraction(1 if operation == "add" else -1))
        if operation == "negative":
            return _times(forms[0], Fraction(-1))
        if operation == "multiply" and not all(form[0] for form in forms):
            number, other = forms if not forms[0][0] else forms[::-1]
            return _times(other, number[1])
        if operation == "divide" and not forms[1][0] and forms[1][1]:
            return _times(forms[0], 1 / forms[1][1])
        if operation == "multiply":
            for one, other in (forms, forms[::-1]):
                found = self._by_column(one, other)
                if found is not None:
                    return found
        operands = tuple(self._register(form) for form in forms)
        return {self._step(Step(operation, operands, step.value)): Fraction(1)}, Fraction(0)

    def _by_column(self, form: _Form, column: _Form) -> _Form | None:
        """Return the product of channels and a multiple of a held column; None for any other."""
        if form[1] or column[1] or len(column[0]) != 1:
            return None
        ((register, factor),) = column[0].items()
        if not isinstance(register, int) or register >= len(self.held):
            return None
        terms: dict[_Key, Fraction] = {}
        for key, value in form[0].items():
            if isinstance(key, int) or key[0] is not None:
                return None
            terms[register, key[1]] = value * factor
        return terms, Fraction(0)

    def _step(self, step: Step) -> int:
        key = (step.operation, step.operands, step.value.hex())
        if key not in self.made:
            self.made[key] = len(self.held) + len(self.steps)
            self.steps.append(step)
        return self.made[key]

    def _register(self, form: _Form) -> int:
        """Return where the value of a form stands; what it reads of an output is one operator."""
        terms: list[tuple[int, Fraction]] = []
        operators: dict[tuple[int | None, int], dict[Index, Fraction]] = {}
        for key, factor in form[0].items():
            if isinstance(key, int):
                terms.append((key, factor))
                continue
            column, name = key
            channel = self.channels[name]
            operator = operators.setdefault((column, channel.output), {})
            index = _index(channel, self.inputs)
            operator[index] = operator.get(index, Fraction(0)) + factor
        for (column, output), operator in operators.items():
            kept = {index: value for index, value in operator.items() if value}
            if not kept:
                continue
            # All multiples of an operator are one read.
            factor = max(kept.items(), key=lambda item: (abs(item[1]), item[0]))[1]
            read = Read(output, tuple(sorted((i, v / factor) for i, v in kept.items())))
            register = self.reads.setdefault(read, -1 - len(self.reads))
            if column is not None:
                register = self._step(Step("multiply", (column, register)))
            terms.append((register, factor))
        total: int | None = None
        for register, factor in terms:
            if factor:
                total = self._plus(total, register, factor)
        if total is None:
            return self._constant(form[1])
        if form[1]:
            return self._step(Step("add", (total, self._constant(form[1]))))
        return total

    def _plus(self, total: int | None, register: int, factor: Fraction) -> int:
        if abs(factor) != 1:
            register = self._step(Step("multiply", (register, self._constant(abs(factor)))))
        if total is None:
            return register if factor > 0 else self._step(Step("negative", (register,)))
        return self._step(Step("add" if factor > 0 else "subtract", (total, register)))

    def _constant(self, value: Fraction) -> int:
        return self._step(Step("constant", (), float(value)))


def _sum(one: _Form, other: _Form, factor: Fraction) -> _Form:
    terms: dict[_Key, Fraction] = dict(one[0])
    for key, value in other[0].items():
        terms[key] = terms.get(key, Fraction(0)) + factor * value
    return terms, one[1] + factor * other[1]


def _times(form: _Form, factor: Fraction) -> _Form:
    return {key: value * factor for key, value in form[0].items()}, form[1] * factor


def _index(channel: Channel, inputs: tuple[str, ...]) -> Index:
    orders: Mapping[str, int] = dict(channel.partial)
    return tuple(orders.get(name, 0) for name in inputs)
