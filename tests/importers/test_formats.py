"""A file goes to the reader that knows it; any other file is refused in one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawc.importers.formats import FORMATS, import_file
from lawc.importers.imported import MOST_BYTES, ImportRefusedError


@given(st.binary(max_size=200))
def test_bytes_of_no_format_are_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(ImportRefusedError) as refusal:
        import_file("unknown.bin", data)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(ImportRefusedError, match="more than"):
        import_file("large.xml", b" " * (MOST_BYTES + 1))


def test_every_format_has_a_name_and_suffixes() -> None:
    for format in FORMATS:
        assert format.name
        assert all(suffix.startswith(".") and suffix.islower() for suffix in format.suffixes)
