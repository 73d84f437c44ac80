"""Compile generated C into a library that is loaded at once and kept for the next run.

A library runs with all rights of its user, so one that was kept is loaded only from a folder that
is the user's alone, and only if its bytes bear the seal of the user's own key. Its name is the
digest of source, flags, compiler and processor. Where there is no compiler, or it fails, the
answer is None and the caller goes on with numpy.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from lawc.project.seal import cache_folder, own_key, seal

SWITCH = "LAWC_NATIVE"
"""Environment variable that, set to 0, switches all native code off."""

FLAGS = ("-std=gnu11", "-O3", "-fPIC", "-shared", "-pthread", "-fno-math-errno", "-w")
NATIVE = "-march=native"
SECONDS = 60.0
"""A compiler that takes longer is stopped."""
MOST_SOURCE = 4 << 20
MOST_KEPT = 400
"""Libraries that are kept; the ones used longest ago go first."""

_LIBRARY, _SEAL = "library.so", "seal"
_lock = threading.Lock()
_loaded: dict[str, ctypes.CDLL | None] = {}
_warned = False


def _start_anew() -> None:
    """Give a forked child a lock that no thread which it lacks holds."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    # The parent does not wait for the lock before it forks: a compiler may take long. What is
    # loaded is noted in one step, so that the child finds all of it or nothing.
    os.register_at_fork(after_in_child=_start_anew)


class _FailedError(Exception):
    """The compiler did not make a library; the text is its first complaint."""


def available() -> bool:
    """Return whether there is a compiler and native code is not switched off."""
    return os.environ.get(SWITCH, "1") != "0" and _compiler(os.environ.get("CC", "")) is not None


def shared_library(
    source: str, flags: Sequence[str] = (), symbols: Sequence[str] = ()
) -> ctypes.CDLL | None:
    """Return the library that a C source makes, or None where none can be made here.

    Two processes that want the same library at once may both compile it; both get a whole one.
    A failure is told once, as a warning, and not tried again by this process.

    Args:
        source: C11 with GNU's extensions.
        flags: What the compiler is told beyond `FLAGS`, optimisation for this processor and the
            mathematical library.
        symbols: Functions that the library must have.
    """
    compiler = _compiler(os.environ.get("CC", ""))
    if os.environ.get(SWITCH, "1") == "0" or compiler is None or len(source) > MOST_SOURCE:
        return None
    name = _digest(source, *flags, "", *FLAGS, *compiler, _processor())
    with _lock:
        if name not in _loaded:
            try:
                library = _library(name, compiler, source, flags)
                for symbol in symbols:
                    getattr(library, symbol)
                _loaded[name] = library
            except (_FailedError, OSError, AttributeError) as problem:
                _loaded[name] = None
                _warn(str(problem))
        return _loaded[name]


def _library(
    name: str, compiler: tuple[str, ...], source: str, flags: Sequence[str]
) -> ctypes.CDLL:
    """Return a library that was kept, or make and keep it.

    Raises:
        _FailedError, OSError: It cannot be made or loaded.
    """
    key, folder = own_key(), _folder()
    if key is None or folder is None:
        # Nothing can be kept; a loaded library needs its file no longer.
        with TemporaryDirectory(prefix="lawc-") as place:
            return ctypes.CDLL(str(_compile(Path(place), compiler, source, flags)))
    kept = folder / name
    if _is_ours(kept, key):
        with suppress(OSError):
            os.utime(kept)
        return ctypes.CDLL(str(kept / _LIBRARY))
    place = Path(mkdtemp(prefix=".", dir=folder))
    try:
        made = _compile(place, compiler, source, flags)
        (place / _SEAL).write_text(_sealed(key, name, made.read_bytes()), encoding="ascii")
        library = ctypes.CDLL(str(made))
        _keep(place, kept, key)
        return library
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _keep(place: Path, kept: Path, key: bytes) -> None:
    """Move a whole folder to where it is looked for, unless another process was first."""
    with suppress(OSError):
        if kept.is_symlink() or (kept.exists() and not _is_ours(kept, key)):
            # What stands there is damaged or not ours to believe.
            os.replace(kept, place.with_name(place.name + ".gone"))
            shutil.rmtree(place.with_name(place.name + ".gone"), ignore_errors=True)
        os.rename(place, kept)
        _prune(kept.parent)


def _prune(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda path: path.lstat().st_mtime)
    for path in entries[: max(0, len(entries) - MOST_KEPT)]:
        shutil.rmtree(path, ignore_errors=True)


def _compile(place: Path, compiler: tuple[str, ...], source: str, flags: Sequence[str]) -> Path:
    """Return the path of the library that the compiler writes into a folder.

    Raises:
        _FailedError: It refuses, or takes too long.
    """
    written, made = place / "source.c", place / _LIBRARY
    written.write_text(source, encoding="utf-8")
    command = shlex.split(compiler[0])
    tail = [*flags, "-o", str(made), str(written), "-lm"]
    said = _run([*command, *FLAGS, NATIVE, *tail])
    if not made.is_file():
        # Not every compiler knows the processor that it runs on.
        said = _run([*command, *FLAGS, *tail]) or said
    written.unlink()
    if not made.is_file():
        raise _FailedError(said or f"{command[0]} wrote nothing")
    made.chmod(0o700)
    return made


def _run(command: Sequence[str]) -> str:
    """Return the first complaint of a command, after it has ended."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=SECONDS)
    except BaseException as problem:
        # The compiler's own children must not outlive it.
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(problem, subprocess.TimeoutExpired):
            raise _FailedError(f"{command[0]} took longer than {SECONDS:g} s") from problem
        raise
    lines = said.decode("utf-8", "replace").splitlines() if process.returncode else []
    return next((line for line in lines if "error" in line), lines[0] if lines else "")


@cache
def _compiler(chosen: str) -> tuple[str, ...] | None:
    """Return a compiler's command, its path and what it says of itself; None if there is none."""
    if sys.platform == "win32":
        return None
    for name in [chosen] if chosen else ["cc", "gcc", "clang"]:
        try:
            command = shlex.split(name)
            path = shutil.which(command[0])
            if path is None:
                continue
            said = subprocess.run(
                [path, *command[1:], "--version"], capture_output=True, timeout=10, check=True
            )
        except (ValueError, IndexError, OSError, subprocess.SubprocessError):
            continue
        return shlex.join([path, *command[1:]]), hashlib.sha256(said.stdout).hexdigest()
    return None


@cache
def _processor() -> str:
    """Return what tells processors apart: a folder of caches may be shared between machines."""
    told = [platform.machine(), platform.processor(), platform.platform()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = ("model name", "flags", "Features", "CPU part")
        told += sorted({line for line in lines if line.startswith(wanted)})
    return _digest(*told)


def _folder() -> Path | None:
    """Return the folder of kept libraries, if it is this user's alone."""
    folder = cache_folder() / "native"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_private(folder, stat.S_ISDIR) else None
    except OSError:
        return None


def _is_private(path: Path, is_kind: Callable[[int], bool]) -> bool:
    seen = path.lstat()
    return is_kind(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & 0o022


def _is_ours(kept: Path, key: bytes) -> bool:
    """Return whether a kept library is private, whole, and was sealed by this user's lawc."""
    library, sealed = kept / _LIBRARY, kept / _SEAL
    try:
        private = _is_private(kept, stat.S_ISDIR) and all(
            _is_private(path, stat.S_ISREG) for path in (library, sealed)
        )
        return private and sealed.read_text(encoding="ascii") == _sealed(
            key, kept.name, library.read_bytes()
        )
    except (OSError, UnicodeDecodeError):
        return False


def _sealed(key: bytes, name: str, library: bytes) -> str:
    return seal(key, "native", name, hashlib.sha256(library).hexdigest())


def _digest(*parts: str) -> str:
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def _warn(problem: str) -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"the C compiler made no library, numpy is used instead: {problem}", stacklevel=3
        )
