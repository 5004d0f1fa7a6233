"""JSON of a stranger's: read to a bound, and refused with its place where it is none."""

import pytest

from netspec.diagnostics import NetspecError
from netspec.files.json_file import read_json


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1,\n "b": }', "Expecting value"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1, "a": 2}', "`a` is written twice"),
        (b"[" * 100_000, "too many brackets"),
        (b"[" * 65 + b"]" * 65, "more than 64"),
        (b"1" * 10_000, "a number is too long"),
        (b"\xff", "byte 0 is no UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'{"a": 1} x', "Extra data"),
    ],
)
def test_what_is_no_json(tmp_path, content, why):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(NetspecError, match="NS0902") as caught:
        read_json(tmp_path / "x.json")
    (diagnostic,) = caught.value.diagnostics
    assert why in diagnostic.message
    if "\n" in content.decode(errors="replace"):
        assert str(diagnostic.span).endswith("x.json:2:7")


def test_more_than_the_bound(tmp_path):
    (tmp_path / "x.json").write_text("[1, 2, 3, 4, 5]")
    with pytest.raises(NetspecError, match="too large"):
        read_json(tmp_path / "x.json", 10)


def test_json_is_read(tmp_path):
    (tmp_path / "x.json").write_text('{"a": [1, 2.5, null, true, "\\u001b"], "b": {}}')
    assert read_json(tmp_path / "x.json") == {"a": [1, 2.5, None, True, "\x1b"], "b": {}}
