"""Start the command `lawc`: a plain `check` at once, all else by the library of the command line.

That library takes longer to load than an unchanged project takes to check. So the words of `check`
are read here where they are its own, spelled in full, and paths; help, a slip or any other command
is left to the library.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from lawc.diagnostics.diagnostic import CheckError, LawcError

OPTIONS = {
    "--json": "as_json",
    "--quick": "quick",
    "--no-cache": "no_cache",
    "--watch": "watch",
    "--record": "publish",
}
"""Options of `check`, and what they are called behind the command line."""


def main() -> None:
    """Run the command of this process."""
    _open_streams()
    asked = plain_check(sys.argv[1:])
    if asked is None:
        import_module("lawc.cli.app").main()
        return
    paths, options = asked
    if options.keys() == {"quick"}:
        # Such a check makes no cycles, and this process ends with it.
        gc.disable()
    guarded(lambda: _end(import_module("lawc.cli.checking").check(paths, **options)))


def plain_check(words: Sequence[str]) -> tuple[list[Path] | None, dict[str, bool]] | None:
    """Return the paths and options of a plain `check`, or None for any other words."""
    if not words or words[0] != "check":
        return None
    given = [word for word in words[1:] if word.startswith("-")]
    paths = [Path(word) for word in words[1:] if not word.startswith("-")]
    if "" in words or not all(word in OPTIONS for word in given):
        return None
    return paths or None, {OPTIONS[word]: True for word in given}


def guarded(run: Callable[[], Any]) -> None:
    """Run a command; a refusal is one message and exit status 1, never a traceback."""
    try:
        run()
    except CheckError as refusal:
        sys.stderr.write(str(refusal).lstrip("\n") + "\n")
        raise SystemExit(1) from None
    except LawcError as refusal:
        console = import_module("rich.console").Console(stderr=True, soft_wrap=True)
        console.print(f"[bold red]error[/]: {_escaped(str(refusal))}", highlight=False)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of a pipe went away, as `head` does.
        sys.stderr.close()
        raise SystemExit(0) from None


def _open_streams() -> None:
    """Let what is said be said to nobody, where a stream was closed before this process began."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It stays open as long as the process.
            nobody = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nobody)


def _end(status: int) -> NoReturn:
    """End this process; at once where nothing was calculated, so that nothing waits for its end.

    To take apart, object by object, all that a check has made takes longer than to print it.
    """
    if "lawc.pipeline.evidence" in sys.modules:
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
