"""JSON of a stranger's: read to a bound, and refused with its place where it is none."""

import math

import pytest

from netspec.diagnostics import NetspecError
from netspec.files.json_file import read_json


@pytest.mark.parametrize(
    ("content", "why", "place"),
    [
        (b"", "Expecting value", "1:1"),
        (b'{"a": 1,\n "b": }', "Expecting value", "2:7"),
        (b'{"a": "NaN\\"", "b":\n NaN}', "NaN is no number", "2:2"),
        (b'{"a": -Infinity}', "-Infinity is no number", "1:7"),
        (b'{"b": [{"a": {"a": 1}}],\n"\\u0062": 2}', "`b` is written twice", "2:1"),
        (b"[" * 100_000, "more than 64", "1:65"),
        (b"[" * 65 + b"]" * 65, "more than 64", "1:65"),
        (b"[" * 64 + b"[],[" + b"]" * 65, "more than 64", "1:65"),
        (b'["a",\n' + b"1" * 10_000 + b"]", "a number has 10,000 digits", "2:1"),
        (b"\xff", "byte 0 is no UTF-8", None),
        (b'{"a": 1} x', "Extra data", "1:10"),
    ],
)
def test_what_is_no_json(tmp_path, content, why, place):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(NetspecError, match="NS0902") as caught:
        read_json(tmp_path / "x.json")
    (diagnostic,) = caught.value.diagnostics
    assert why in diagnostic.message
    assert place is None or str(diagnostic.span).endswith(f"x.json:{place}")


def test_python_s_own_numbers_are_left_to_who_asks_for_them_and_faults_behind_them_are_found(tmp_path):
    (tmp_path / "x.json").write_text('\ufeff{"a": [NaN, -Infinity]}', encoding="utf-8")
    nan, least = read_json(tmp_path / "x.json", constant=float)["a"]
    assert math.isnan(nan)
    assert least == -math.inf
    (tmp_path / "x.json").write_text('{"a": NaN, "a": 1}')
    with pytest.raises(NetspecError, match="`a` is written twice"):
        read_json(tmp_path / "x.json", constant=float)


def test_more_than_the_bound(tmp_path):
    (tmp_path / "x.json").write_text("[1, 2, 3, 4, 5]")
    with pytest.raises(NetspecError, match="too large"):
        read_json(tmp_path / "x.json", 10)


def test_json_is_read(tmp_path):
    (tmp_path / "x.json").write_text('{"a": [1, 2.5, null, true, "\\u001b"], "b": {}}')
    assert read_json(tmp_path / "x.json") == {"a": [1, 2.5, None, True, "\x1b"], "b": {}}
