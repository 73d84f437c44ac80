"""Print a tape as lines of Python: what is used once is written in place, the rest is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lawc.forms.tape import Step, Tape

_INFIX = {"add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2)}
_COMPARE = {"less": "<", "less_equal": "<=", "equal": "=="}
_LOGIC = {"and": "&", "or": "|"}
_ATOM, _POWER, _UNARY, _COMPARISON = 9, 4, 3, 0

_CALLS: Mapping[str, Mapping[str, str]] = {
    "torch": {
        "ln": "torch.log", "min": "torch.minimum", "max": "torch.maximum",
        "where": "torch.where", "elliptic_k": "elliptic_k", "lambert_w": "lambert_w",
        "lambert_w_exp": "lambert_w_exp", "exprel": "exprel",
    },
    "numpy": {
        "ln": "np.log", "min": "np.minimum", "max": "np.maximum", "where": "np.where",
        "erf": "special.erf", "elliptic_k": "special.ellipk", "lambert_w": "lambert_w",
        "lambert_w_exp": "special.wrightomega", "exprel": "special.exprel",
    },
}  # fmt: skip
_MODULE = {"torch": "torch", "numpy": "np"}

_HELPERS: Mapping[str, Mapping[str, str]] = {
    "torch": {
        "elliptic_k": '''
def elliptic_k(m):
    """Return the complete elliptic integral of the first kind of m = k^2, by the mean of means."""
    a, b = torch.ones_like(m), torch.sqrt(1 - m)
    for _ in range(8):
        a, b = (a + b) / 2, torch.sqrt(a * b)
    return torch.pi / (a + b)
''',
        "lambert_w_exp": '''
def lambert_w_exp(z):
    """Return w with w + ln w = z, by Newton's method in ln w."""
    u = torch.where(z > 1, torch.log(torch.clamp(z, min=1.0)), torch.clamp(z, max=1.0) - 0.5)
    for _ in range(20):
        w = torch.exp(u)
        u = u - (w + u - z) / (w + 1)
    return torch.exp(u)
''',
        "lambert_w": '''
def lambert_w(x):
    """Return the principal w with w*exp(w) = x, by Halley's method."""
    p = torch.sqrt(torch.clamp(2 * (torch.e * x + 1), min=0.0))
    w = torch.where(x < 1, p - 1 - p * p / 3, torch.log1p(torch.clamp(x, min=0.0)))
    for _ in range(30):
        e = torch.exp(w)
        gap = w * e - x
        slope = e * (w + 1) - (w + 2) * gap / (2 * w + 2 + 1e-30)
        w = w - gap / (slope + 1e-300)
    return w
''',
        "exprel": '''
def exprel(z):
    """Return (exp(z) - 1)/z, 1 at zero."""
    near = z.abs() < 1e-5
    safe = torch.where(near, torch.ones_like(z), z)
    return torch.where(near, 1 + z / 2 + z * z / 6, torch.expm1(safe) / safe)
''',
    },
    "numpy": {
        "lambert_w": '''
def lambert_w(x):
    """Return the principal w with w*exp(w) = x."""
    return np.real(special.lambertw(x))
''',
    },
}
HELPERS = frozenset(name for functions in _HELPERS.values() for name in functions)
"""Names of the functions that a text may bring with it."""


class Names:
    """Identifiers of registers, each different from all others."""

    def __init__(self, spell: Callable[[str], str]) -> None:
        self._spell = spell
        self._known: dict[str, str] = {}
        self._used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = self.fresh(self._spell(name))
        return self._known[name]

    def fresh(self, wish: str) -> str:
        """Return the wished identifier, or one like it that is not used yet."""
        found, number = wish, 2
        while found in self._used:
            found, number = f"{wish}_{number}", number + 1
        self._used.add(found)
        return found


def lines_of(tape: Tape, known: Names, target: str) -> tuple[list[str], dict[str, str]]:
    """Return assignments, and an expression for each output.

    Args:
        tape: What to print.
        known: Identifiers of the inputs; new ones are added.
        target: `torch` or `numpy`.
    """
    size = len(tape.inputs)
    uses = [0] * (size + len(tape.steps))
    for step in tape.steps:
        for operand in step.operands:
            uses[operand] += 1
    outputs = dict(tape.outputs)
    for register in outputs.values():
        uses[register] += 1
    named = {register: name for name, register in outputs.items() if register >= size}
    texts: list[tuple[str, int]] = [(known[name], _ATOM) for name in tape.inputs]
    # Registers that are Python numbers, which torch does not take as tensors.
    bare = [False] * size
    lines: list[str] = []
    for number, step in enumerate(tape.steps, start=size):
        plain = [bare[operand] for operand in step.operands]
        text, rank = _printed(step, texts, plain, target)
        kept = step.operation in _INFIX or step.operation in ("constant", "negative", "square")
        bare.append(all(plain) and kept)
        heavy = step.operation != "constant" and (uses[number] > 1 or len(text) > 60)
        if uses[number] and heavy:
            wish = f"{known[named[number]]}_si" if number in named else f"s{number - size + 1}"
            name = known.fresh(wish)
            lines.append(f"{name} = {text}")
            text, rank = name, _ATOM
        texts.append((text, rank))
    return lines, {name: _lifted(tape, register, texts) for name, register in tape.outputs}


def helpers_of(text: str, target: str) -> list[str]:
    """Return the functions that a text calls and that no library has."""
    return [
        body.strip()
        for name, body in _HELPERS[target].items()
        if re.search(rf"(?<![\w.]){name}\(", text)
    ]


def _lifted(tape: Tape, register: int, texts: list[tuple[str, int]]) -> str:
    """Return an output's text; a lone number takes the shape of an input."""
    text, step = texts[register][0], register - len(tape.inputs)
    if step >= 0 and tape.steps[step].operation == "constant" and tape.inputs:
        return f"{text} + 0 * {texts[0][0]}"
    return text


def _printed(
    step: Step, texts: list[tuple[str, int]], bare: list[bool], target: str
) -> tuple[str, int]:
    """Return the text of a step and how tightly it binds."""
    parts = [texts[operand] for operand in step.operands]
    operation = step.operation
    if operation == "constant":
        return _number(step.value, target)
    if operation in _INFIX:
        sign, rank = _INFIX[operation]
        # Sums and products round, so that their order is kept: a*(b*c) may overflow as a*b*c.
        left, right = _bound(parts[0], rank), _bound(parts[1], rank + 1)
        return f"{left} {sign} {right}", rank
    if operation == "negative":
        return f"-{_bound(parts[0], _UNARY)}", _UNARY
    if operation == "square":
        return f"{_bound(parts[0], _ATOM)} ** 2", _POWER
    if operation == "power":
        return f"{_bound(parts[0], _ATOM)} ** {_bound(parts[1], _POWER)}", _POWER
    if operation in _COMPARE:
        left, right = (_bound(part, 1) for part in parts)
        return f"{left} {_COMPARE[operation]} {right}", _COMPARISON
    if operation in _LOGIC:
        left, right = (_bound(part, _ATOM) for part in parts)
        return f"{left} {_LOGIC[operation]} {right}", _COMPARISON
    if operation == "not":
        return f"~{_bound(parts[0], _ATOM)}", _UNARY
    called = _CALLS[target].get(operation, f"{_MODULE[target]}.{operation}")
    arguments = [text for text, _ in parts]
    if target == "torch":
        arguments = _as_tensors(operation, arguments, bare)
    return f"{called}({', '.join(arguments)})", _ATOM


def _as_tensors(operation: str, arguments: list[str], bare: list[bool]) -> list[str]:
    """Return arguments that torch takes: it refuses bare numbers alone, or in min and max."""
    if operation == "where":
        bare = [False, *bare[1:]]
        like = [] if all(bare[1:]) else arguments
    else:
        like = [text for text, number in zip(arguments, bare, strict=True) if not number]
        if operation in ("min", "max") and like:
            return [
                f"torch.full_like({like[0]}, {text})" if number else text
                for text, number in zip(arguments, bare, strict=True)
            ]
    if like:
        return arguments
    return [
        f"torch.tensor({text}, dtype=torch.float64)" if number else text
        for text, number in zip(arguments, bare, strict=True)
    ]


def _number(value: float, target: str) -> tuple[str, int]:
    if value != value or value in (float("inf"), float("-inf")):
        word = "nan" if value != value else "inf"
        sign = "-" if value < 0 else ""
        return f"{sign}{_MODULE[target]}.{word}", _UNARY if sign else _ATOM
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return text, _UNARY if value < 0 else _ATOM


def _bound(part: tuple[str, int], rank: int) -> str:
    text, own = part
    return text if own >= rank else f"({text})"
