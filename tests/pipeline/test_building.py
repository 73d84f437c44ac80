"""A build makes what is out of date and nothing else, and no end of it loses a module."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lawc.artifact.store import load
from lawc.diagnostics.diagnostic import BuildError, LawcError
from lawc.pipeline.building import Task, build, tasks
from lawc.pipeline.checking import demand, read_project
from lawc.pipeline.events import Event, Progress

LAWS = """\
law fall@1.0.0
  title   "Distance fallen"
  status  confirmed
  source  "G. Galilei, Discorsi (1638)"

  symbols
    t : time      [s]     0 .. 10
    g : gravity   [m/s^2] 1 .. 20
    h : distance  [m]

  equations
    h = g/2*t^2

  checks
    example: h = 45 [m] given t = 3 [s], g = 10 [m/s^2]
    always h rises with t

law drop@1.0.0
  title   "Speed after a fall"
  status  confirmed
  source  "G. Galilei, Discorsi (1638)"

  symbols
    t : time      [s]     0 .. 10
    g : gravity   [m/s^2] 1 .. 20
    v : speed     [m/s]

  equations
    v = g*t

  checks
    example: v = 30 [m/s] given t = 3 [s], g = 10 [m/s^2]
"""


def write(root: Path, laws: str = LAWS, recipes: dict[str, str] | None = None) -> Path:
    (root / "knowledge" / "physics").mkdir(parents=True, exist_ok=True)
    (root / "modules" / "physics").mkdir(parents=True, exist_ok=True)
    (root / "knowledge" / "physics" / "motion.law").write_text(laws, encoding="utf-8")
    chosen = recipes or {"fall": "t g -> h", "drop": "t g -> v"}
    for name, signature in chosen.items():
        text = f'law = "physics.motion.{name}@1"\nsignature = "{signature}"\ntolerance = 1e-9\n'
        (root / "modules" / "physics" / f"{name}.toml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, LAWS)


def todo(root: Path, *names: str) -> tuple[Task, ...]:
    return tasks(root, demand(read_project(root)), names)


def states(root: Path, jobs: int = 1) -> dict[str, str]:
    return {o.module: o.state for o in build(root, todo(root), jobs=jobs)}


def test_a_second_build_does_nothing_and_an_edit_rebuilds_its_own_modules_only(
    project: Path,
) -> None:
    assert states(project) == {"physics/drop": "built", "physics/fall": "built"}
    before = (project / "modules/physics/drop/manifest.json").read_bytes()
    assert float(load(project / "modules/physics/fall")({"t": 3.0, "g": 10.0}).value) == 45.0
    assert states(project) == {"physics/drop": "current", "physics/fall": "current"}

    write(project, LAWS.replace("h = g/2*t^2", "h = g*t^2/2 + 0*g*t^2"))
    assert states(project) == {"physics/drop": "current", "physics/fall": "built"}
    assert (project / "modules/physics/drop/manifest.json").read_bytes() == before

    # Words and comments do not change what a law says.
    write(project, "# about motion\n" + LAWS.replace("Distance fallen", "How far it fell"))
    assert states(project)["physics/drop"] == "current"


def test_a_missed_tolerance_fails_with_the_figure_and_leaves_the_old_module(
    project: Path,
) -> None:
    build(project, todo(project), jobs=1)
    old = (project / "modules/physics/fall/manifest.json").read_bytes()
    recipe = project / "modules/physics/fall.toml"
    recipe.write_text(recipe.read_text().replace("1e-9", "1e-30"))
    (outcome,) = build(project, todo(project, "physics/fall"), jobs=1)
    assert outcome.state == "failed"
    assert "misses its tolerance: bound" in outcome.message and "asked for 1e-30" in outcome.message
    assert (project / "modules/physics/fall/manifest.json").read_bytes() == old


def test_a_false_claim_stops_its_module_and_no_other(project: Path) -> None:
    write(project, LAWS.replace("always h rises with t", "always h falls with t"))
    outcomes = {o.module: o for o in build(project, todo(project), jobs=2)}
    assert outcomes["physics/fall"].state == "failed"
    assert outcomes["physics/drop"].state == "built"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('law = "physics.motion.fell@1"\nsignature = "t g -> h"', "no law"),
        ('law = "physics.motion.fall@2"\nsignature = "t g -> h"', "version 1.0.0"),
        ('law = "physics.motion.fall"\nsignature = "t g -> h"\ntolerence = 1', "tolerence"),
        ("law = ", "fall.toml"),
    ],
)
def test_a_recipe_that_cannot_be_followed_says_why(project: Path, text: str, words: str) -> None:
    (project / "modules/physics/fall.toml").write_text(text)
    with pytest.raises(BuildError, match=words):
        todo(project)


def test_a_draft_is_never_built(project: Path) -> None:
    write(project, LAWS.replace("status  confirmed", "status  draft", 1))
    with pytest.raises(BuildError, match="is draft"):
        todo(project)


def test_a_name_that_fits_no_recipe_is_refused(project: Path) -> None:
    with pytest.raises(LawcError, match="no recipe"):
        todo(project, "physics/fal")


def test_a_name_that_is_nearly_a_recipe_is_answered_with_it(project: Path) -> None:
    with pytest.raises(LawcError, match="did you mean physics/fall"):
        todo(project, "physics/fal")
    with pytest.raises(LawcError, match="did you mean medicine/absorption"):
        todo(project, "absorption")


def test_a_module_of_the_library_is_built_into_a_project(project: Path) -> None:
    assert {task.module for task in todo(project)} == {"physics/fall", "physics/drop"}
    (task,) = todo(project, "medicine/body-mass-index")
    (outcome,) = build(project, (task,), jobs=1)
    assert outcome.state == "built"
    assert task.folder == project / "modules" / "medicine" / "body-mass-index"
    # 70 kg over (1.75 m)².
    value = load(task.folder)({"W": 70.0, "H": 175.0}).value
    assert float(value) == pytest.approx(70 / 1.75**2, rel=1e-12)
    assert todo(project, "medicine/body-mass-index")[0].is_current


def test_a_recipe_of_the_project_stands_before_one_of_the_library(project: Path) -> None:
    (own,) = todo(project, "physics/fall")
    recipe = project / "modules" / "medicine" / "body-mass-index.toml"
    recipe.parent.mkdir()
    recipe.write_text((project / "modules" / "physics" / "fall.toml").read_text("utf-8"), "utf-8")
    (named,) = todo(project, "medicine/body-mass-index")
    assert named.law == own.law


def test_events_tell_each_stage(project: Path) -> None:
    seen: list[Event] = []
    build(project, todo(project, "physics/fall"), jobs=1, report=seen.append)
    stages = [event.stage for event in seen if isinstance(event, Progress)]
    assert [stage for k, stage in enumerate(stages) if stages.index(stage) == k] == [
        "compile",
        "certify",
        "freeze",
    ]


def start(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lawc", "build", "-j", "1"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_a_build_killed_at_any_moment_leaves_every_module_loadable(project: Path) -> None:
    build(project, todo(project), jobs=1)
    folders = [project / "modules/physics" / name for name in ("fall", "drop")]
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "lawc", "build"], cwd=project, check=True)
    idle = time.monotonic() - began
    whole = None
    for number in range(8):
        # A new number in the laws makes both modules stale each time.
        write(
            project,
            LAWS.replace("g/2", f"(1 + {number}*0)*g/2").replace("g*t", f"g*t + {number}*0*g*t"),
        )
        began = time.monotonic()
        running = start(project)
        if whole is None:
            running.wait(120)
            whole = time.monotonic() - began
        else:
            time.sleep(idle * 0.5 + (whole - idle * 0.5) * number / 8)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        for folder in folders:
            assert load(folder).verify() < 1e-12
    # What the kills left behind does not stand in the way of the next build.
    assert set(states(project).values()) <= {"built", "current"}
    assert sorted(p.name for p in (project / "modules/physics").iterdir()) == [
        "drop",
        "drop.toml",
        "fall",
        "fall.toml",
    ]


def test_a_worker_ends_with_the_build_that_started_it(project: Path) -> None:
    running = start(project)
    deadline = time.monotonic() + 60
    children: list[int] = []
    while not children and time.monotonic() < deadline:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(running.pid)], capture_output=True, text=True
        )
        children = [int(pid) for pid in listed.stdout.split()]
        time.sleep(0.02)
    running.kill()
    running.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}/stat").exists() for pid in children):
        assert time.monotonic() < deadline, "a worker outlived its build by a minute"
        time.sleep(0.1)


def test_a_file_of_the_project_that_is_named_like_a_library_is_not_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "torch.py").write_text("raise SystemExit('this must not run')")
    monkeypatch.chdir(project)
    assert states(project) == {"physics/drop": "built", "physics/fall": "built"}
