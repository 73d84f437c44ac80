"""What is kept between checks never changes what a check finds."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawc.diagnostics.diagnostic import Diagnostic
from lawc.diagnostics.frame import render
from lawc.pipeline import composing, crew, workers
from lawc.pipeline.checking import read_paths
from lawc.pipeline.publishing import publish
from lawc.pipeline.survey import Survey, keeper_of, survey, with_evidence
from lawc.project import shelves
from lawc.project.cache import MOST_TEXT, Cache, Kept
from lawc.project.shelves import RECORD

CONSTANTS = """\
constants fixed@1.0.0
  title "Fixed"
  g0 : gravity = 9.80665 [m/s^2]
  kappa : stiffness = 3 [N/m]
"""
FALL = """\
law fall@1.0.0
  title   "Free fall"
  status  draft
  import  base.fixed (g0)
  symbols
    t : time     [s]  0 .. 10
    h : height   [m]
  equations
    h = g0*t^2/2
  checks
    example: h = 4.903325 [m] within 1e-6 given t = 1 [s]
    always h rises with t
"""
SPRING = """\
law spring@1.0.0
  title   "Spring"
  status  draft
  symbols
    x     : stretch    [m]    0 .. 1
    kappa : stiffness  [N/m]  = 3
    F     : force      [N]
  equations
    F = kappa*x
"""
PAIR = """\
system pair@1.0.0
  title   "A spring that is stretched by a fall"
  status  draft
  use fall@1 as f
  use two.spring as s
  connect
    s.x = f.h
"""
CHAIN = """\
system chain@1.0.0
  title   "A second spring"
  status  draft
  use pair as p
  use spring as more
  connect
    more.x = p.f.h
"""
EDITS = (
    ("fall@1.0.0", "fall@2.0.0"),
    ("fall@2.0.0", "fall@1.0.0"),
    ("s.x = f.h", "s.x = f.t"),
    ("s.x = f.t", "s.x = f.h"),
    ("use fall@1", "use chain"),
    ("use chain", "use fall@1"),
    ("use pair", "use pear"),
    ("use pear", "use pair"),
    ("9.80665", "9.81"),
    ("9.81", "9.80665"),
    ("[m/s^2]", "[m/s]"),
    ("[m/s]", "[m/s^2]"),
    ("gravity", "gravity of the earth"),
    ("g0 : gravity", "g1 : gravity"),
    ("g1 : gravity", "g0 : gravity"),
    ("fixed@1.0.0", "fixed@2"),
    ("base.fixed", "base.fixe"),
    ("base.fixe ", "base.fixed "),
    ("base.fixed (", "fixed@1 ("),
    ("(g0)", "(g0, kappa)"),
    ("(g0, kappa)", "(g0)"),
    ("*t^2/2", "*t/2"),
    ("*t/2", "*t^2/2"),
    ("h = g0*", "h = G0*"),
    ("h = G0*", "h = g0*"),
    ("= 3", "= 3.001"),
    ("= 3.001", "= 3"),
    ("  status  draft", "  status  confirmed"),
    ("  status  draft", "  status  contested"),
    ("  status  contested", "  status  draft"),
    ("0 .. 1\n", "0 .. 0.5\n"),
    ("0 .. 0.5\n", "0 .. 1\n"),
    ("law spring@1.0.0", "law spring@2.0.0"),
    ("law spring@2.0.0", "law spring@1.0.0"),
    ("law fall", "law spring"),
    ("law spring", "constants spring"),
    ("constants spring", "law spring"),
    ("F = kappa*x", "F = = kappa*x"),
    ("F = = kappa*x", "F = kappa*x"),
    ("[N]", "[kg]"),
    ("constants fixed", "constant fixed"),
    ("constant fixed", "constants fixed"),
    ("  title", "  # a remark\n  title"),
)
PLACES = ("base.law", "one.law", "two.law", "deep/three.law", "page.law.md", "base.fixed.law")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "caches"))
        yield


def project(root: Path) -> Path:
    shelf = root / "knowledge"
    (shelf / "deep").mkdir(parents=True)
    (shelf / "base.law").write_text(CONSTANTS)
    (shelf / "one.law").write_text(FALL)
    (shelf / "two.law").write_text(SPRING)
    return shelf


def with_systems(shelf: Path) -> Path:
    (shelf / "pair.law").write_text(PAIR)
    (shelf / "deep" / "three.law").write_text(CHAIN)
    return shelf


def edit(shelf: Path, rng: random.Random) -> None:
    """Change one file in one of many ways."""
    files = [f for f in shelf.rglob("*") if f.is_file() and f.name != RECORD]
    kind = rng.choice(("text", "text", "text", "text", "add", "move", "remove", "byte", "record"))
    if files and kind == "record":
        found = survey([shelf])
        publish(shelf.parent, found.laws, found.read)
        return
    if not files or kind == "add":
        text = rng.choice((CONSTANTS, FALL, SPRING, f"{FALL}\n{SPRING}", f"{SPRING}\n{CONSTANTS}"))
        text = rng.choice((text, text, PAIR, CHAIN, f"{PAIR}\n{SPRING}", f"{CHAIN}\n{PAIR}"))
        path = shelf / rng.choice(PLACES)
        path.write_text(f"# Page\n\n```law\n{text}```\n" if path.suffix == ".md" else text)
        return
    file = rng.choice(files)
    if kind == "move":
        file.rename(shelf / rng.choice(PLACES))
    elif kind == "remove":
        file.unlink()
    elif kind == "byte":
        data = bytearray(file.read_bytes())
        data[rng.randrange(len(data))] = rng.randrange(256)
        file.write_bytes(data)
    else:
        text = file.read_text(encoding="utf-8", errors="replace")
        fitting = [pair for pair in EDITS if pair[0] in text]
        old, new = rng.choice(fitting or [("", "\n")])
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


def checked(path: Path, *, brief: bool = False) -> Survey:
    """Check as the command does."""
    return survey([path], keeper=keeper_of([path]), brief=brief)


def said(found: Survey) -> tuple[str, list[str], dict[str, str]]:
    shown = render(found.diagnostics, found.sources, color=False)
    return shown, sorted(found.laws), dict(found.evidence)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_after_any_edits_a_kept_check_says_what_a_fresh_one_says(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = random.Random(seed)
    root = tmp_path_factory.mktemp("edits")
    shelf = with_systems(project(root))
    for file in shelf.rglob("*.law"):
        file.write_text(file.read_text().replace("status  draft", "status  contested"))
    found = survey([shelf])
    publish(root, found.laws, found.read)
    for _ in range(6):
        for _ in range(rng.randint(1, 3)):
            edit(shelf, rng)
        if not any(file.is_file() and file.name != RECORD for file in shelf.rglob("*")):
            continue
        brief = checked(shelf, brief=True)
        kept, fresh = checked(shelf), survey([shelf])
        assert said(kept) == said(fresh)
        assert said(brief)[:2] == said(survey([shelf], brief=True))[:2] == said(fresh)[:2]
        base, named = read_paths([shelf])
        assert kept.diagnostics == base.diagnostics
        own = {law.identity for law in base.laws.values() if law.place and law.place.path in named}
        assert set(kept.laws) == own


def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the paths of what is judged anew."""
    paths: list[str] = []
    judge_all = crew.judge_all

    def note(shelf: object, files: list[tuple[str, bytes]], *others: object, whole: bool) -> object:
        paths.extend(path for path, _ in files)
        return judge_all(shelf, files, *others, whole=whole)  # type: ignore[arg-type]

    monkeypatch.setattr(crew, "judge_all", note)
    return paths


def test_a_brief_check_judges_nothing_that_a_whole_one_has_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = with_systems(project(tmp_path))
    paths = judged(monkeypatch)
    brief = checked(shelf, brief=True)
    assert brief.laws and not brief.evidence and len(paths) > 3
    paths.clear()
    assert said(checked(shelf, brief=True)) == said(brief) and not paths
    whole = checked(shelf)
    assert whole.evidence and "knowledge/one.law" in paths
    paths.clear()
    assert said(checked(shelf, brief=True))[:2] == said(brief)[:2]
    assert said(checked(shelf)) == said(whole) and not paths


@pytest.mark.parametrize("brief", [True, False])
def test_two_laws_that_say_the_same_are_found_among_those_of_one_gist(
    tmp_path: Path, brief: bool
) -> None:
    shelf = project(tmp_path)
    (shelf / "twin.law").write_text(FALL.replace("law fall", "law twin").replace("/2", "/3", 1))
    assert not checked(shelf, brief=brief).diagnostics
    (shelf / "twin.law").write_text(FALL.replace("law fall", "law twin"))
    (found,) = checked(shelf, brief=brief).diagnostics
    assert found.headline == "`one.fall` and `twin.twin` say the same"


def test_the_library_is_judged_once_for_all_projects_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    one, other = project(tmp_path / "one"), project(tmp_path / "other")
    paths = judged(monkeypatch)
    checked(one)
    own = {"knowledge/base.law", "knowledge/one.law", "knowledge/two.law"}
    assert set(paths) > own
    paths.clear()
    found = said(checked(other))
    assert set(paths) == own
    shutil.rmtree(tmp_path / "caches")
    assert said(checked(other)) == found


def test_a_check_of_a_library_itself_forgets_nothing_of_the_one_for_all_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    one, other = project(tmp_path / "one"), project(tmp_path / "other")
    checked(one)
    with monkeypatch.context() as patch:
        patch.setattr(shelves, "library", lambda: other.parent)
        checked(other)
    paths = judged(monkeypatch)
    checked(one)
    assert paths == []


def test_an_edit_concerns_those_that_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = project(tmp_path)
    checked(shelf)
    paths = judged(monkeypatch)
    checked(shelf)
    assert paths == []

    def change(file: str, old: str, new: str) -> list[str]:
        path = shelf / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        paths.clear()
        checked(shelf)
        return sorted(path.removeprefix("knowledge/") for path in paths)

    assert change("one.law", "*t^2/2", "*t*t/2") == ["one.law"]
    assert change("base.law", "constants fixed", "# A remark.\n\nconstants fixed") == ["base.law"]
    assert change("base.law", "9.80665", "9.81") == ["base.law", "one.law", "two.law"]
    assert change("base.law", '"Fixed"', '"Fixed numbers"') == ["base.law"]


def test_a_system_follows_the_laws_that_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = with_systems(project(tmp_path))
    assert checked(shelf).diagnostics == survey([shelf]).diagnostics == ()
    composed: list[int] = []
    compose = composing.composed
    monkeypatch.setattr(composing, "composed", lambda w: (composed.append(1), compose(w))[1])
    assert set(checked(shelf).laws) == {"one.fall", "two.spring", "pair.pair", "deep.three.chain"}
    assert composed == []
    (shelf / "own.law").write_text(FALL.replace("law fall", "law own").replace("t^2/2", "t^2/3"))
    checked(shelf)
    assert composed == [1]
    (shelf / "own.law").write_text(FALL.replace("law fall", "law own").replace("t^2/2", "t^2/4"))
    checked(shelf)
    assert composed == [1]
    (shelf / "one.law").write_text(FALL.replace("[m]", "[s]").replace("/2", "/2*(1 [s/m])"))
    found = checked(shelf)
    assert composed == [1, 1]
    assert {d.place.path for d in found.diagnostics} == {"knowledge/pair.law"}
    assert said(found) == said(survey([shelf]))


def test_a_place_in_another_file_moves_with_it(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    (shelf / "two.law").write_text(SPRING.replace("= 3", "= 3.001"))
    before = checked(shelf)
    assert [found.code for found in before.diagnostics] == ["L0602"]
    (shelf / "base.law").write_text(f"# A remark.\n\n{CONSTANTS}")
    after = checked(shelf)
    assert said(after) == said(survey([shelf]))
    assert "base.law:6" in said(after)[0]


DAMAGES: dict[str, Callable[[Path], object]] = {
    "noise": lambda file: file.write_bytes(random.Random(1).randbytes(40_000)),
    "nothing": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "middle": lambda file: file.write_bytes(
        file.read_bytes()[:9000] + b"\xff" * 2000 + file.read_bytes()[11000:]
    ),
    "folder": lambda file: (file.unlink(), file.mkdir()),
    "view": lambda file: run(
        file,
        "ALTER TABLE kept RENAME TO other",
        "CREATE VIEW kept AS WITH RECURSIVE n(path) AS (SELECT 'a' UNION ALL SELECT path FROM n)"
        " SELECT path, path AS key, path AS text, path AS seal FROM n",
    ),
    "types": lambda file: run(file, "UPDATE kept SET text = x'00', key = 7"),
    "forged": lambda file: run(file, "UPDATE kept SET text = '[[[],[],[],[]],[]]'"),
    "nested": lambda file: run(file, f"UPDATE kept SET text = '{'[' * 100_000}'"),
    "huge": lambda file: run(file, f"UPDATE kept SET text = hex(zeroblob({MOST_TEXT // 2 + 1}))"),
}


def run(file: Path, *commands: str) -> None:
    connection = sqlite3.connect(file)
    for command in commands:
        connection.execute(command)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_forged_cache_is_made_anew(tmp_path: Path, damage: str) -> None:
    shelf = project(tmp_path)
    (shelf / "two.law").write_text(SPRING.replace("[N]", "[kg]"))
    before = checked(shelf)
    assert before.diagnostics
    DAMAGES[damage](tmp_path / ".lawc" / "check.sqlite")
    assert said(checked(shelf)) == said(before)
    assert said(checked(shelf)) == said(before)


@pytest.mark.parametrize("text", ["", "{}", "[[],[]]", "[[[],[],[],[]],[[1]]]", '"x"', "[" * 9999])
def test_what_bears_our_seal_and_is_not_ours_is_made_anew(tmp_path: Path, text: str) -> None:
    shelf = project(tmp_path)
    before = checked(shelf)
    cache = Cache(tmp_path)
    wrong = {path: Kept(kept.key, text) for path, kept in cache.load().items()}
    assert wrong
    cache.store(wrong, wrong)
    assert said(checked(shelf)) == said(before)


def test_a_cache_of_another_user_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = project(tmp_path)
    checked(shelf)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    paths = judged(monkeypatch)
    checked(shelf)
    assert {"knowledge/base.law", "knowledge/one.law", "knowledge/two.law"} <= set(paths)


def test_a_linked_folder_is_neither_read_nor_written(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "check.sqlite").write_bytes(b"precious")
    root = tmp_path / "project"
    shelf = project(root)
    (root / ".lawc").symlink_to(elsewhere)
    assert not checked(shelf).diagnostics
    assert (elsewhere / "check.sqlite").read_bytes() == b"precious"


def test_a_project_that_cannot_be_written_is_checked_without(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    (tmp_path / ".lawc").write_text("a file where the folder would be")
    assert not checked(shelf).diagnostics
    assert not checked(shelf).diagnostics


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    survey([project(tmp_path)])
    assert not (tmp_path / ".lawc").exists()


def test_checks_at_once_do_not_collide(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    answers: list[tuple[Diagnostic, ...]] = []
    problems: list[BaseException] = []

    def check(number: int) -> None:
        try:
            for _ in range(4):
                (shelf / f"own-{number}.law").write_text(FALL.replace("fall", f"fall-{number}"))
                answers.append(checked(shelf / "one.law").diagnostics)
                (shelf / f"own-{number}.law").write_text("")
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=check, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert said(checked(shelf)) == said(survey([shelf]))


def test_other_processes_judge_as_this_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = project(tmp_path)
    for number in range(6):
        text = FALL.replace("law fall", f"law fall-{number}").replace("h = g0", f"h = {number}*g0")
        (shelf / f"more-{number}.law").write_text(text if number % 2 else text + "  equations\n")
    (shelf / "latin.law").write_bytes(b"law caf\xe9@1.0.0\n")
    alone = said(survey([shelf]))
    monkeypatch.setattr(workers, "WORTH_A_START", 1)
    monkeypatch.setattr(workers, "cores", lambda: 3)
    assert said(survey([shelf])) == alone


def test_a_process_that_ends_leaves_its_files_to_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = project(tmp_path)
    alone = said(survey([shelf]))
    monkeypatch.setattr(workers, "WORTH_A_START", 1)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert said(survey([shelf])) == alone


def test_examples_that_held_are_not_calculated_again(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    memory = tmp_path / ".lawc" / "held.json"
    asked: list[str] = []
    assert not with_evidence(checked(shelf), memory, asked.append).diagnostics
    assert asked == ["one.fall"]
    assert not with_evidence(checked(shelf), memory, asked.append).diagnostics
    assert asked == ["one.fall"]
    (shelf / "one.law").write_text(FALL.replace("4.903325", "5"))
    for _ in range(2):
        found = with_evidence(checked(shelf), memory, asked.append)
        assert [diagnostic.code for diagnostic in found.diagnostics] == ["L0501"]
    assert asked == ["one.fall"] * 3


def test_an_unchanged_project_loads_no_compiler(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    checked(shelf)
    program = (
        "import sys\nfrom pathlib import Path\nfrom lawc.pipeline.survey import keeper_of, survey\n"
        f"p = [Path({str(shelf)!r})]\nsurvey(p, keeper=keeper_of(p))\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    loaded = set(done.stdout.split())
    assert loaded & {"lark", "numpy", "torch", "sympy", "lawc.syntax.table"} == set()


def test_the_command_says_the_same_with_and_without_a_cache(tmp_path: Path) -> None:
    shelf = project(tmp_path)
    (shelf / "two.law").write_text(SPRING.replace("[N]", "[kg]"))
    answers = set()
    for options in (["--no-cache"], [], [], ["--json"], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "lawc", "check", "--quick", *options, str(shelf)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr == ""
        if "--json" in options:
            assert [found["code"] for found in json.loads(done.stdout)] == ["L0203"]
        else:
            answers.add(done.stdout)
    assert len(answers) == 1
