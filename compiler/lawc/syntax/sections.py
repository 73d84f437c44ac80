"""The words that begin blocks, their sections and the lines of their heads."""

from __future__ import annotations

SECTIONS = (
    "symbols",
    "equations",
    "reactions",
    "connect",
    "initial",
    "region",
    "boundary",
    "events",
    "valid",
    "checks",
)
HEAD_KEYS = (
    "title",
    "status",
    "source",
    "note",
    "import",
    "use",
    "supersedes",
    "successor",
    "coordinates",
)
KINDS = ("law", "rule", "system", "constants")
OF_SYSTEMS = ("use", "connect")
TABLES = ("table", "grid", "scale", "score", "parameters")
TEXT_COLUMNS = ("label", "words")
RULE_SECTIONS = ("symbols", *TABLES, "clauses", "apportion", "calendar", "soft", "sample", "checks")
RULE_HEAD_KEYS = (
    "title",
    "status",
    "source",
    "note",
    "import",
    "applies",
    "supersedes",
    "successor",
)
NOT_IN_RULES = {
    "equations": "write `name = value when condition` under `clauses`",
    "use": "declare as an input what the other rule decides",
    "connect": "declare as an input what the other rule decides",
    "valid": "give each quantity its range in `symbols`, and conditions in clauses and cells",
    "examples": "write `examples` under `checks`, indented by four spaces",
    "always": "write `always …` under `checks`, indented by four spaces",
    "example": "write `example: …` under `checks`, indented by four spaces",
}
