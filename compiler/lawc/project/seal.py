"""Seal what is kept between runs, so that only what this user's lawc wrote is believed.

A project may come from anywhere, and with it a file that says all its laws are right. The seal is
a keyed digest; the key lies in the user's own folder of caches and never in a project.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sys
from pathlib import Path

SIZE = 32


def own_key() -> bytes | None:
    """Return the user's key, made at the first use; None where there is no place to keep one."""
    folder = cache_folder()
    path = folder / "seal"
    for _ in range(2):
        try:
            key = path.read_bytes()
        except OSError:
            key = b""
        if len(key) == SIZE:
            return key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / f"seal.{os.getpid()}"
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(secrets.token_bytes(SIZE))
            if key:
                fresh.replace(path)
            else:
                # Of two runs that make a key at once the first one wins, for both.
                try:
                    os.link(fresh, path)
                except FileExistsError:
                    pass
                finally:
                    fresh.unlink()
        except OSError:
            return None
    return None


def seal(key: bytes, *parts: str) -> str:
    """Return the seal of some texts, in this order."""
    made = hmac.new(key, digestmod="sha256")
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big"))
        made.update(data)
    return made.hexdigest()


def cache_folder() -> Path:
    """Return the user's own folder of what lawc keeps between runs; it may not exist."""
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        return Path(os.environ["LOCALAPPDATA"]) / "lawc"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "lawc"
