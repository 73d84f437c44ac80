"""Judge hostile files in a process of their own, each in a fork with limits.

A line on standard input is a path; a line on standard output says what became of it. The fork may
read the file and what is installed. Anything that would run text, start a program, open a
connection or write a file is noted and refused.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import resource
import sys
import traceback
import typing
from pathlib import Path
from typing import Any

from lawc.analysis.checking import check
from lawc.diagnostics.frame import render
from lawc.diagnostics.record import record
from lawc.export.json_form import to_json, told
from lawc.knowledge.law import Law
from lawc.pipeline.checking import read_library
from lawc.syntax.document import Document
from lawc.syntax.parsing import parse, read_source

COMPILING = "compile" in sys.argv[1:]
if COMPILING:
    from lawc.diagnostics.diagnostic import LawcError
    from lawc.lowering.program import compile_law
    from lawc.lowering.signature import default_signature

SECONDS = 5
MEMORY = 1 << 30
"""Bounds of a fork, wider than what a file is allowed, so that what it took can be measured."""

FORBIDDEN = (
    *("exec", "compile", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pty.", "code."),
    *("urllib.", "ftplib.", "webbrowser.", "sqlite3.", "tempfile.", "pickle."),
)
HARMLESS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.putenv")

LIBRARY = read_library()


def judge(path: Path) -> dict[str, Any]:
    """Return what became of a file: the codes found, the laws made, the events refused."""
    events: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if _is_worker(event, arguments):
            return
        if event == "open":
            name, mode = str(arguments[0]), str(arguments[1] or "r")
            if set(mode) & set("wax+") or not (name == str(path) or _installed(name)):
                events.append(f"open {name} {mode}")
        elif (
            event.startswith(FORBIDDEN)
            and event not in HARMLESS
            # Reading installed modules runs their code; what has no file is text.
            and not (event in ("exec", "compile") and _is_installed_code(event, arguments))
        ):
            events.append(f"{event} {str(arguments)[:200]}")

    sys.addaudithook(watch)
    if COMPILING:
        return {"codes": [], "compiled": _compile(path), "events": events}
    source, findings = read_source(f"knowledge/{path.name}", path.read_bytes())
    codes = [found.code for found in findings]
    laws: list[str] = []
    if source is not None:
        document, unread = parse(source)
        base, found = check([document], known=LIBRARY)
        sources = {source.path: source}
        every = [*findings, *unread, *found]
        codes += [finding.code for finding in (*unread, *found)]
        shown = render(every, sources, color=True)
        record(every, sources)
        if "\x1b]" in shown or "\x07" in shown:
            events.append("a message would act on the terminal")
        laws = [identity for identity in base.laws if identity not in LIBRARY.laws]
        to_json(document)
    return {"codes": codes, "laws": laws, "events": events}


def _compile(path: Path) -> list[str]:
    source, _ = read_source(f"knowledge/{path.name}", path.read_bytes())
    if source is None:
        return []
    document, _ = parse(source)
    base, _ = check([document], known=LIBRARY)
    answers = []
    for identity, law in base.laws.items():
        if identity in LIBRARY.laws:
            continue
        answers.append(_answer(law))
    return answers


def _answer(law: Law) -> str:
    try:
        # Only a process that was asked to compile has these, and only it comes here.
        program = compile_law(law, default_signature(law))  # pyright: ignore
        program.source("numpy")
    except LawcError as refusal:  # pyright: ignore
        return str(refusal)
    return program.kind


def _is_worker(event: str, arguments: tuple[Any, ...]) -> bool:
    """Return whether an event starts or reaches our own process for sympy, which has limits."""
    if event == "open":
        return isinstance(arguments[0], int) or arguments[0] == os.devnull
    started = event in ("subprocess.Popen", "os.posix_spawn")
    return started and "lawc.lowering.worker" in map(str, arguments[1])


def _installed(name: str) -> bool:
    return name.startswith((sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))) or any(
        entry and name.startswith(entry) for entry in sys.path
    )


def _is_installed_code(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "exec":
        return os.path.exists(getattr(arguments[0], "co_filename", ""))
    return isinstance(arguments[1], str) and os.path.exists(arguments[1])


def told_of(kind: Any) -> None:
    """Read the types of a document and of all that it may hold."""
    seen: set[Any] = set()
    stack = [kind]
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        if dataclasses.is_dataclass(one):
            stack += told(one).values()
        stack += typing.get_args(one)


def run(path: Path) -> dict[str, Any]:
    """Judge a file in a fork, and return what it answered, took and needed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        if not COMPILING:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            answer = judge(path)
        except BaseException:
            answer = {"traceback": traceback.format_exc()}
        os.write(writing, json.dumps(answer)[:60_000].encode())
        os._exit(0)
    os.close(writing)
    text = b""
    while part := os.read(reading, 65_536):
        text += part
    os.close(reading)
    _, status, used = os.wait4(child, 0)
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"traceback": f"the fork ended with status {status}"}
    return {
        **answer,
        "file": path.name,
        "seconds": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
        "more_megabytes": max(0.0, (used.ru_maxrss - before) / 1024),
    }


def main() -> None:
    """Judge every file named on standard input."""
    # What is made once, such as tables of types, is made before anything is watched.
    told_of(Document)
    if COMPILING:
        # The library of graphs makes its functions when they are first called.
        for law in LIBRARY.laws.values():
            _answer(law)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(run(Path(line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main()
