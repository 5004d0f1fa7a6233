import pytest

from netspec.diagnostics import Code, NetspecError
from netspec.files.writing import write_atomic


def test_text_and_bytes_replace_what_was_there(tmp_path):
    target = tmp_path / "a.txt"
    write_atomic(target, "é\n")
    assert target.read_bytes() == "é\n".encode()
    target.chmod(0o600)
    write_atomic(target, b"\x00\n")
    assert target.read_bytes() == b"\x00\n"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_keeps_pointing_where_it_points(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomic(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


def test_a_folder_cannot_be_overwritten(tmp_path):
    with pytest.raises(NetspecError) as caught:
        write_atomic(tmp_path, "text")
    assert caught.value.diagnostics[0].code is Code.FILE_UNWRITABLE
