"""The library of the solver, without its types: terms are untyped there too."""

from __future__ import annotations

from typing import Any

import z3 as solver

z3: Any = solver

MEGABYTES = 2_000
"""Memory beyond which a question is given up."""

z3.set_param("memory_max_size", MEGABYTES)
