"""Operators of rules by how tightly they bind, and what waits at one level of brackets."""

from __future__ import annotations

from lawc.syntax.building import BUILDERS
from lawc.syntax.derivatives import Token
from lawc.syntax.tree import Node

RELATIONS = {"EQ": "=", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
PRECEDENCE = {
    "OR": 1, "AND": 2, "NOT": 3, **dict.fromkeys(RELATIONS, 4), "PLUS": 5, "MINUS": 5,
    "STAR": 6, "SLASH": 6, "CARET": 8,
}  # fmt: skip
NEGATIVE = 7


class Level:
    """Operands and operators that wait for each other, at one level of brackets."""

    def __init__(self, path: str) -> None:
        self.path = path
        # A node, where it starts and ends with its brackets, and whether a relation made it here.
        self.operands: list[tuple[Node, int, int, bool]] = []
        self.operators: list[tuple[str, int, Token]] = []

    def reduce(self, least: int) -> None:
        """Apply the waiting operators that bind at least so strongly."""
        while self.operators and self.operators[-1][1] >= least:
            kind, _, token = self.operators.pop()
            right, _first, end, _ = self.operands.pop()
            if kind in ("NEGATIVE", "NOT"):
                build = BUILDERS["negative" if kind == "NEGATIVE" else "negation"]
                node = build(self.path, [None, right], token[2], end)
                self.operands.append((node, token[2], end, False))
                continue
            left, start, _, is_chain = self.operands.pop()
            alias = "binary"
            if kind in RELATIONS:
                alias = "chain" if is_chain else "comparison"
            elif kind in ("AND", "OR"):
                alias = "logic"
            node = BUILDERS[alias](self.path, [left, token[1], right], start, end)
            self.operands.append((node, start, end, kind in RELATIONS))

    def finish(self) -> Node:
        """Return the node that all operands and operators make."""
        self.reduce(0)
        return self.operands[0][0]
