"""A data set that is stopped anywhere goes on where it was, and ends with the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import law, logistic

from lawc.diagnostics.diagnostic import CompileError, DomainError, LawcError
from lawc.lowering import datasets
from lawc.lowering.columns import Columns
from lawc.lowering.datasets import DataSet
from lawc.lowering.planning import make_plan
from lawc.lowering.program import Program, compile_law
from lawc.lowering.sampler import sample, stream

pytest.importorskip("pyarrow")
GROUP = 64


def sums(valid: str = "a < 1.7") -> Program:
    known = law("y [m]\n a [m] 1 .. 2\n b [m] 1 .. 100 log", "sum: y = a + b", valid=valid)
    digest = hashlib.sha256(valid.encode()).hexdigest()
    return compile_law(replace(known, digest=digest), "a b -> y")


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_GROUP", GROUP)


class Stopped(Exception):  # noqa: N818
    """Stands for whatever ends a process."""


def stopping(calls: int) -> Callable[[int], None]:
    """Return what ends a set at a call after these."""
    left = iter(range(calls))

    def tell(done: int) -> None:
        if next(left, None) is None:
            raise Stopped

    return tell


@settings(max_examples=30)
@given(
    st.integers(1, 300), st.integers(1, 90), st.integers(0, 9), st.sampled_from(["domain", "iid"])
)
def test_rows_do_not_depend_on_how_they_are_cut(n: int, block: int, seed: int, what: str) -> None:
    plan = sums().plan
    whole, have = sample(plan, n, seed, what=what)["a"], 0
    start = 0
    while have < n:
        rows, places = next(stream(plan, seed, what=what, start=start, block=block))
        got = rows["a"][: n - have]
        assert np.array_equal(got, whole[have : have + len(got)])
        assert len(places) == len(rows["a"]) and (places >= start).all()
        have, start = have + len(got), start + block


@settings(max_examples=12)
@given(st.integers(1, 5 * GROUP), st.lists(st.integers(0, 4), max_size=3), st.integers(0, 5))
def test_a_set_that_was_stopped_ends_as_one_that_was_not(
    rows: int, stops: list[int], seed: int
) -> None:
    with TemporaryDirectory() as folder:
        whole, broken = Path(folder, "whole.parquet"), Path(folder, "broken.parquet")
        data = DataSet(sums(), rows, seed)
        assert data.write(whole) == 0
        for stop in stops:
            try:
                data.write(broken, stopping(stop + 1))
            except Stopped:
                assert not broken.exists()
        data.write(broken)
        assert broken.read_bytes() == whole.read_bytes()
        assert {file.name for file in Path(folder).iterdir()} == {whole.name, broken.name}
        read = Columns.from_parquet(whole)
    inputs = data.program.sample(rows, seed)
    assert read == inputs | data.program.reference(inputs)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_datasets import GROUP, sums
from lawc.lowering import datasets
datasets._GROUP = GROUP
def tell(done):
    if done >= {at}:
        os.kill(os.getpid(), signal.SIGKILL)
datasets.DataSet(sums(), {rows}, 4).write(Path({path!r}), tell)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_process_that_is_killed_leaves_what_is_done(tmp_path: Path) -> None:
    path, rows = tmp_path / "rows.parquet", 6 * GROUP + 5
    script = KILLED.format(
        tests=str(Path(__file__).parent), at=3 * GROUP, rows=rows, path=str(path)
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL and not path.exists()
    data, told = DataSet(sums(), rows, 4), []
    assert data.write(path, told.append) == 3 * GROUP
    assert told[0] == 3 * GROUP and told[-1] == rows
    data.write(tmp_path / "other.parquet")
    assert path.read_bytes() == (tmp_path / "other.parquet").read_bytes()


def half(path: Path, data: DataSet) -> Path:
    """Stop a set after two groups; return the folder of its parts."""

    def tell(done: int) -> None:
        if done >= 2 * GROUP:
            raise Stopped

    with pytest.raises(Stopped):
        data.write(path, tell)
    return path.with_name(f".{path.name}.parts")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, "seed 0 there, 1 here"),
        ({"rows": 400}, "rows 300 there, 400 here"),
        ({"what": "iid"}, "kind domain there, iid here"),
        ({"program": sums("a < 1.8")}, "digest"),
        ({"program": compile_law(sums().law, "y a -> b")}, "signature a b -> y there, y a -> b"),
    ],
)
def test_another_set_is_not_gone_on_with(tmp_path: Path, change: dict, named: str) -> None:
    path, data = tmp_path / "rows.parquet", DataSet(sums(), 300)
    half(path, data)
    other = replace(data, **change)
    with pytest.raises(LawcError, match=named):
        other.write(path)
    data.write(path)
    before = path.read_bytes()
    with pytest.raises(LawcError, match=named):
        other.write(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["part", "missing", "journal", "torn", "stray"])
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: str) -> None:
    path, data = tmp_path / "rows.parquet", DataSet(sums(), 300)
    data.write(tmp_path / "whole.parquet")
    folder = half(path, data)
    part, journal = folder / "part-000001.parquet", folder / "journal"
    if damage == "part":
        content = bytearray(part.read_bytes())
        content[40] ^= 1
        part.write_bytes(content)
    elif damage == "missing":
        part.unlink()
    elif damage == "journal":
        journal.write_text("1 2 x\nnothing\n")
    elif damage == "torn":
        journal.write_bytes(journal.read_bytes()[:-3])
    else:
        shutil.copy(part, folder / "part-000002.parquet")
    assert data.write(path) == {"journal": 0, "stray": 2 * GROUP}.get(damage, GROUP)
    assert path.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_anew_drops_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    half(path, DataSet(sums(), 300))
    DataSet(sums(), 100, seed=7).write(path, anew=True)
    assert len(Columns.from_parquet(path)) == 100


def test_two_processes_do_not_write_one_set(tmp_path: Path) -> None:
    path, data = tmp_path / "rows.parquet", DataSet(sums(), 300)

    def tell(done: int) -> None:
        with pytest.raises(LawcError, match="another process writes"):
            data.write(path)

    data.write(path, tell)


def test_what_another_process_writes_is_not_dropped(tmp_path: Path) -> None:
    path, data = tmp_path / "rows.parquet", DataSet(sums(), 300)
    other = DataSet(sums(), 300, seed=7)

    def tell(done: int) -> None:
        with pytest.raises(LawcError, match="another process writes"):
            other.write(path, anew=True)

    data.write(path, tell)
    assert Columns.from_parquet(path).lineage["seed"] == 0


def test_a_file_says_what_it_is_and_notices_a_change(tmp_path: Path) -> None:
    import pyarrow.parquet as parquet  # noqa: PLC0415

    path, program = tmp_path / "rows.parquet", sums()
    DataSet(program, 100, 3).write(path)
    columns = Columns.from_parquet(path)
    assert columns.units == {"a": "m", "b": "m", "y": "m"} and len(columns) == 100
    wanted = {"law": "x.y", "version": "", "seed": 3, "kind": "domain", "signature": "a b -> y"}
    wanted |= {"law": program.law.identity, "version": program.law.version}
    assert columns.lineage.items() >= wanted.items()
    assert columns.lineage["digest"] == program.law.digest

    table = parquet.read_table(path)
    for told in (
        None,
        {**table.schema.metadata, b"lawc.seed": b"4"},
        {key: value for key, value in table.schema.metadata.items() if key != b"lawc.law"},
    ):
        parquet.write_table(table.replace_schema_metadata(told), tmp_path / "changed.parquet")
        with pytest.raises(LawcError, match=r"seal does not fit|does not say what it is"):
            Columns.from_parquet(tmp_path / "changed.parquet")
    fewer = table.slice(0, 50)
    parquet.write_table(fewer, tmp_path / "changed.parquet")
    with pytest.raises(LawcError, match="50 rows, and says another number"):
        Columns.from_parquet(tmp_path / "changed.parquet")


@pytest.mark.parametrize("place", [30, 400, -1, -6])
def test_a_damaged_file_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "rows.parquet"
    DataSet(sums(), 100).write(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(LawcError):
        Columns.from_parquet(path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LawcError, match="cannot be written"):
        DataSet(sums(), 10).write(tmp_path / "file" / "rows.parquet")


def test_a_thin_domain_and_a_law_without_inputs_end_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="`valid`"):
        DataSet(sums("a < 1.0000001"), 100).write(tmp_path / "rows.parquet")
    with pytest.raises(CompileError, match="no input"):
        next(stream(make_plan(law("y [m]", "one: y = 2*y - 3"), "-> y"), 0))


def test_courses_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_GROUP_OF_COURSES", 32)
    program = compile_law(logistic(), "t r K N0 -> N")
    data, path = DataSet(program, 70), tmp_path / "rows.parquet"
    with pytest.raises(Stopped):
        data.write(path, stopping(2))
    assert data.write(path) == 64
    data.write(tmp_path / "whole.parquet")
    assert path.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert os.listdir(tmp_path)
