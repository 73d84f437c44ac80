"""The TextMate grammar knows the words of the language, and colours a law as its editor would."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lawc.knowledge.expression import FUNCTIONS
from lawc.knowledge.law import Status
from lawc.syntax.events import STOP
from lawc.syntax.rules.apportion import ROUNDINGS, TIES
from lawc.syntax.rules.clauses import MODES
from lawc.syntax.sections import (
    HEAD_KEYS,
    KINDS,
    RULE_HEAD_KEYS,
    RULE_SECTIONS,
    SECTIONS,
    TEXT_COLUMNS,
)
from lawc.syntax.tokens import KEYWORDS

VSCODE = Path(__file__).parents[2] / "editors" / "vscode"
GRAMMAR = VSCODE / "syntaxes" / "law.tmLanguage.json"


def patterns(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node[key] for key in ("match", "begin", "end") if key in node]
        return own + [text for value in node.values() for text in patterns(value)]
    if isinstance(node, list):
        return [text for value in node for text in patterns(value)]
    return []


def test_every_word_of_the_language_is_coloured() -> None:
    words = set(re.findall(r"\w+", " ".join(patterns(json.loads(GRAMMAR.read_text("utf-8"))))))
    known = {*KINDS, *SECTIONS, *HEAD_KEYS, *FUNCTIONS, *map(str, Status), "when", STOP}
    known |= {*KEYWORDS["boundary"], *KEYWORDS["region"], *KEYWORDS["always"]}
    known |= {*RULE_SECTIONS, *RULE_HEAD_KEYS, *TEXT_COLUMNS, "rounded", "except", "otherwise"}
    known |= {word for mode in MODES for word in mode.split()}
    ways = (*ROUNDINGS, *TIES, "rounding", "at least", "among")
    known |= {word for way in ways for word in re.findall(r"\w+", way)}
    assert sorted(known - words) == []


def test_a_law_is_coloured_as_its_assertions_say() -> None:
    harness = VSCODE / "node_modules" / ".bin" / "vscode-tmgrammar-test"
    if not harness.exists():
        pytest.skip("the grammar's harness is not installed: make editor")
    laws = sorted(str(path) for path in (VSCODE / "tests").glob("*.law"))
    command = [str(harness), "-g", str(GRAMMAR), *laws]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout
