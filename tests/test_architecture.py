"""The shape of the house: floors, circles, file sizes, hidden imports, and the import promises."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "compiler" / "lawc"

FLOORS: dict[str, int] = {
    "diagnostics": 0,
    "units": 0,
    "forms": 0,
    "jets": 0,
    "decision": 0,
    "project": 0,
    "syntax": 1,
    "knowledge": 1,
    "native": 1,
    "analysis": 2,
    "solvers": 2,
    "backends": 2,
    "lowering": 3,
    "deciding": 3,
    "proofs": 3,
    "training": 4,
    "distillation": 4,
    "certificate": 4,
    "artifact": 4,
    "estimation": 4,
    "linking": 5,
    "importers": 6,
    "export": 6,
    "pipeline": 7,
    "cli": 8,
    "demo": 8,
    "language_server": 8,
}
SAME_FLOOR = {
    # Everything may be reported and measured.
    ("units", "diagnostics"),
    ("forms", "diagnostics"),
    ("project", "diagnostics"),
    ("decision", "diagnostics"),
    # What rows of a rule do not show by chance is sought by the solver.
    ("deciding", "proofs"),
    # The frozen form of a rule is its decision.
    ("forms", "decision"),
    # Students are fitted by the same optimiser as teachers.
    ("distillation", "training"),
    # The JSON form is read by the room that writes it.
    ("importers", "export"),
    # The command line starts the demonstration.
    ("cli", "demo"),
    # … and the language server.
    ("cli", "language_server"),
}
OPTIONAL = {
    "pandas": "lowering/columns.py",
    "pyarrow": "lowering/parquet.py",
    "hypothesis": "project/generating.py",
    "matplotlib": "demo/plots.py",
    "skfem": "solvers/elements.py",
    "rdkit": "deciding/molecules.py",
    "pygls": "language_server/server.py",
    "lsprotocol": "language_server/server.py",
}


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str | None:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


@cache
def module_names() -> dict[str, Path]:
    names = {}
    for path in files():
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def running(module: ast.Module) -> list[ast.AST]:
    """Nodes that run: not those for type checkers alone."""
    checking = {
        id(below)
        for node in ast.walk(module)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for below in ast.walk(node)
    }
    return [node for node in ast.walk(module) if id(node) not in checking]


def runtime_imports(module: ast.Module) -> set[str]:
    """Modules of ours that a file imports when it runs."""
    known = module_names()
    return {name for node in running(module) for name in imported(node) if name in known}


def upward(here: str, module: ast.Module) -> set[str]:
    """Imports of a file in room `here` that do not go down."""
    found = set()
    for name in runtime_imports(module):
        there = name.split(".")[1] if "." in name else here
        if there == here or there not in FLOORS:
            continue
        level = FLOORS[there] == FLOORS[here] and (here, there) not in SAME_FLOOR
        if level or FLOORS[there] > FLOORS[here]:
            found.add(name)
    return found


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room(path) for path in files()} - {None}
    assert rooms == set(FLOORS)


def test_imports_go_down_the_floors() -> None:
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files()
        if (here := room(path)) is not None
        for name in upward(here, tree(path))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("here", "text", "caught"),
    [
        ("units", "from lawc.knowledge.law import Law", True),
        ("syntax", "from lawc.knowledge.law import Law", True),
        ("linking", "import lawc.pipeline.building", True),
        ("cli", "from lawc.knowledge.law import Law", False),
        (
            "analysis",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from lawc.pipeline.building import Task",
            False,
        ),
    ],
)
def test_a_planted_import_is_caught_where_it_goes_up(here: str, text: str, caught: bool) -> None:
    assert bool(upward(here, ast.parse(text))) is caught


def test_no_imports_run_in_circles() -> None:
    graph = nx.DiGraph()
    for name, path in module_names().items():
        for other in runtime_imports(tree(path)):
            # Importing a package's file runs the package's own docstring-only __init__.
            if other != name and not name.startswith(other + "."):
                graph.add_edge(name, other)
    assert list(nx.simple_cycles(graph)) == []


def test_files_stay_under_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sorted(PACKAGE.rglob("*.[pch]*"))
        if path.suffix in (".py", ".c", ".h")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) >= 400
    }
    assert long == {}


def test_packages_hold_only_a_docstring() -> None:
    spoken = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.name == "__init__.py" and path.parent != PACKAGE and len(tree(path).body) != 1
    ]
    assert spoken == []


def test_functions_import_only_optional_extras() -> None:
    hidden = []
    for path in files():
        where = path.relative_to(PACKAGE).as_posix()
        for function in ast.walk(tree(path)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                for name in imported(node):
                    if OPTIONAL.get(name.split(".")[0]) != where:
                        hidden.append(f"{where}: {name}")
    assert hidden == []


def test_optional_extras_have_one_owner() -> None:
    astray = [
        f"{path.relative_to(PACKAGE).as_posix()}: {name}"
        for path in files()
        for node in running(tree(path))
        for name in imported(node)
        if (owner := OPTIONAL.get(name.split(".")[0])) is not None
        and path.relative_to(PACKAGE).as_posix() != owner
    ]
    assert astray == []


FORBIDDEN = {"eval", "exec", "sympify", "parse_expr", "compile"}


def test_no_call_runs_text_as_code() -> None:
    calls = []
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                bare = called in FORBIDDEN or called.split(".")[-1] in FORBIDDEN - {
                    "compile",
                    "eval",
                }
                if bare or called in {"torch.load", "yaml.load"}:
                    calls.append(f"{path.relative_to(ROOT)}:{node.lineno} {called}")
            for name in imported(node):
                if name.split(".")[0] in {"pickle", "yaml", "marshal", "dill", "joblib"}:
                    calls.append(f"{path.relative_to(ROOT)} imports {name}")
    assert calls == []


def test_no_python_stands_on_the_shelves() -> None:
    astray = [
        str(path.relative_to(ROOT))
        for shelf in ("knowledge", "rules", "modules")
        for path in (ROOT / shelf).rglob("*.py")
    ]
    assert astray == []


def test_every_package_name_is_a_noun_no_function_carries() -> None:
    clashes = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in files()
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and node.name in FLOORS
    ]
    assert clashes == []


def loaded_by(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {line.split(".")[0] for line in done.stdout.split()}


def test_checking_loads_no_torch() -> None:
    heads = loaded_by("from lawc.pipeline.checking import read_project")
    assert heads & {"torch", "sympy"} == set()


@pytest.mark.parametrize(
    "program",
    [
        "import lawc.artifact.module, lawc.artifact.store",
        "import lawc.linking.blend, lawc.linking.guard",
        "import lawc.forms.formula, lawc.forms.network",
    ],
)
def test_a_frozen_module_loads_no_compiler(program: str) -> None:
    """Torch itself imports sympy and networkx where it is asked to trace; ours must not."""
    baseline = loaded_by("import torch")
    heads = loaded_by(program) - baseline
    assert heads & {"sympy", "pint", "lark", "z3", "scipy", "networkx"} == set()
    rooms = loaded_rooms(program)
    assert rooms & {"syntax", "knowledge", "analysis", "lowering", "units"} == set()


def test_a_frozen_rule_loads_no_torch() -> None:
    program = "import lawc\nlawc.rule"
    heads = loaded_by(program)
    assert "numpy" in heads
    slow = {"torch", "sympy", "pint", "lark", "z3", "scipy", "networkx", "pandas", "mpmath"}
    assert heads & slow == set()
    rooms = {"artifact", "decision", "deciding", "diagnostics", "project"}
    assert loaded_rooms(program) <= rooms


def loaded_rooms(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {line.split(".")[1] for line in done.stdout.split() if line.startswith("lawc.")}


MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home|farm)/[a-z]")


def test_no_tracked_file_names_a_place_of_one_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    if not tracked:
        pytest.skip("not a checkout")
    found = [
        name
        for name in tracked
        if (ROOT / name).suffix in {".py", ".md", ".toml", ".law", ".yaml", ""}
        and (ROOT / name).is_file()
        and name != "tests/test_architecture.py"
        and MACHINE_PATH.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_every_test_module_has_a_name_of_its_own() -> None:
    # Two of one name cannot be collected in one run.
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
