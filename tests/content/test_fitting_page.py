"""The page on finding parameters is true: its commands print what it shows.

`python tests/content/test_fitting_page.py` plays it and writes what is printed into the page.
"""

from __future__ import annotations

import re
from pathlib import Path

from test_tutorial import play

PAGE = Path(__file__).parents[2] / "docs" / "fitting.md"
_TABLE = re.compile(r"^```csv (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def played(folder: Path) -> str:
    text = PAGE.read_text(encoding="utf-8")
    for table in _TABLE.finditer(text):
        (folder / table[1]).write_text(table[2], encoding="utf-8")
    return play(text, folder)


def test_each_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    assert played(tmp_path) == PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(played(Path(folder)), encoding="utf-8")
