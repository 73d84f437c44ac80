"""A C source becomes a library once, and only a library of this user's own making is loaded."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lawc.native import compiling
from lawc.native.compiling import available, shared_library

SOURCE = "double twice(double x) { return 2 * x; }"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LAWC_NATIVE", raising=False)
    forget(monkeypatch)
    if not available():
        pytest.skip("there is no C compiler here")
    yield tmp_path / "lawc" / "native"


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_loaded", {})
    monkeypatch.setattr(compiling, "_warned", False)


def twice(library: ctypes.CDLL | None) -> float:
    assert library is not None
    library.twice.restype = ctypes.c_double
    return library.twice(ctypes.c_double(21.0))


def no_compiler_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Path:
        raise AssertionError("the compiler was started")

    monkeypatch.setattr(compiling, "_compile", refuse)


def test_a_source_becomes_a_library_that_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert twice(shared_library(SOURCE, symbols=("twice",))) == 42
    assert len(list(folder.iterdir())) == 1
    forget(monkeypatch)
    no_compiler_runs(monkeypatch)
    assert twice(shared_library(SOURCE)) == 42


def test_flags_make_another_library(folder: Path) -> None:
    source = "double twice(double x) { return FACTOR * x; }"
    assert twice(shared_library(source, ["-DFACTOR=2"])) == 42
    assert twice(shared_library(source, ["-DFACTOR=3"])) == 63
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "foreign", "unsealed", "open", "linked"])
def test_a_kept_library_that_is_not_ours_to_believe_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    shared_library(SOURCE)
    (kept,) = folder.iterdir()
    library = kept / "library.so"
    # A file of its own each time: the old one is mapped into this process.
    whole = library.read_bytes()
    library.unlink()
    library.write_bytes(whole)
    library.chmod(0o700)
    if damage == "cut":
        library.write_bytes(whole[:100])
    elif damage == "foreign":
        shared_library(SOURCE.replace("2", "3"))
        (other,) = set(folder.iterdir()) - {kept}
        library.write_bytes((other / "library.so").read_bytes())
        (kept / "seal").write_bytes((other / "seal").read_bytes())
    elif damage == "unsealed":
        (kept / "seal").unlink()
    elif damage == "open":
        library.chmod(0o777)
    else:
        kept.rename(kept.with_name("elsewhere"))
        kept.symlink_to("elsewhere")
    forget(monkeypatch)
    assert twice(shared_library(SOURCE)) == 42
    forget(monkeypatch)
    no_compiler_runs(monkeypatch)
    assert twice(shared_library(SOURCE)) == 42


def test_nothing_is_kept_in_a_folder_that_others_may_write(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert twice(shared_library(SOURCE)) == 42
    assert list(folder.iterdir()) == []


def test_without_a_key_of_the_user_nothing_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "own_key", lambda: None)
    assert twice(shared_library(SOURCE)) == 42
    assert not folder.exists() or list(folder.iterdir()) == []


def test_the_libraries_used_longest_ago_go_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "MOST_KEPT", 2)
    kept = []
    for number in range(2):
        shared_library(SOURCE, [f"-DNUMBER={number}"])
        (new,) = set(folder.iterdir()) - set(kept)
        os.utime(new, (number, number))
        kept.append(new)
    forget(monkeypatch)
    # The older of the two is used again, so that the other goes when a third comes.
    shared_library(SOURCE, ["-DNUMBER=0"])
    shared_library(SOURCE, ["-DNUMBER=2"])
    assert len(list(folder.iterdir())) == 2
    assert kept[0].exists() and not kept[1].exists()


def test_a_source_that_the_compiler_refuses_is_told_once(folder: Path) -> None:
    with pytest.warns(UserWarning, match="numpy is used instead"):
        assert shared_library("double twice(double x) { return") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shared_library("double twice(double x) { return") is None
        assert shared_library("int") is None
    assert list(folder.iterdir()) == []


def test_a_library_without_its_function_is_none(folder: Path) -> None:
    with pytest.warns(UserWarning, match="thrice"):
        assert shared_library(SOURCE, symbols=("thrice",)) is None


def test_a_compiler_that_never_ends_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\nsleep 60\n', encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("CC", str(slow))
    monkeypatch.setattr(compiling, "SECONDS", 0.3)
    with pytest.warns(UserWarning, match="took longer than"):
        assert shared_library(SOURCE) is None


def test_the_switch_turns_native_code_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAWC_NATIVE", "0")
    assert not available()
    assert shared_library(SOURCE) is None


def test_without_a_compiler_there_is_no_library(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "a-compiler-that-nobody-has")
    assert not available()
    assert shared_library(SOURCE) is None


def test_processes_at_once_each_get_a_whole_library(folder: Path) -> None:
    program = (
        "import ctypes; from lawc.native.compiling import shared_library\n"
        f"made = shared_library({SOURCE!r}); made.twice.restype = ctypes.c_double\n"
        "print(made.twice(ctypes.c_double(21.0)))"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=os.environ)
        for _ in range(3)
    ]
    assert [run.communicate()[0].strip() for run in runs] == [b"42.0"] * 3
    assert len(list(folder.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_forked_while_another_thread_compiles_compiles_by_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiles, forked = threading.Event(), threading.Event()
    really = compiling._compile

    def slow(*given: Any) -> Path:
        compiles.set()
        assert forked.wait(20)
        return really(*given)

    monkeypatch.setattr(compiling, "_compile", slow)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(shared_library, SOURCE)
        assert compiles.wait(20)
        child = os.fork()
        if not child:
            # Never back into the tests, whatever happens; a child that waits is ended.
            signal.alarm(10)
            with suppress(BaseException):
                compiling._compile = really
                os._exit(0 if twice(shared_library(SOURCE)) == 42 else 1)
            os._exit(2)
        forked.set()
        assert twice(made.result()) == 42
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
