"""What a stranger's file is read to: a bound, and only where reading ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.files.reading import MAX_TEXT, read_bounded, read_stream

SPEC = "netspec: 1\nname: net\ninput: [3, 8, 8]\nlayers: [relu]\n"


def refusal(path: str | Path, limit: int = 100) -> str:
    """What is said of what cannot be read."""
    with pytest.raises(NetspecError) as caught:
        read_bounded(path, limit)
    [one] = caught.value.diagnostics
    return f"{one.code.number}: {one.message}; {one.found}"


def test_a_file_is_read_up_to_the_bound_and_not_beyond_it(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 100)
    assert read_bounded(file, 100) == b"x" * 100
    assert refusal(file, 99) == f"NS0902: {file} is too large to be read; 100 bytes"


def test_a_file_of_terabytes_is_refused_by_its_size_alone(tmp_path):
    file = tmp_path / "a"
    with file.open("wb") as stream:
        stream.truncate(2**40)
    assert refusal(file, MAX_TEXT) == f"NS0902: {file} is too large to be read; 1,048,576 MB"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_opened(device):
    assert refusal(device) == f"NS0902: {device} cannot be read; a device"


def test_a_folder_a_socket_and_nothing_are_told_apart(tmp_path):
    assert refusal(tmp_path).endswith("; a folder")
    place = Path(os.path.relpath(tmp_path / "s"))  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        assert refusal(place).endswith("; a socket")
    assert refusal(tmp_path / "none").startswith("NS0901")
    assert refusal(tmp_path / ("n" * 300)).startswith("NS0902")
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "loop").startswith("NS0902")
    assert refusal("a\0b").startswith("NS0902")


def test_a_pipe_without_a_writer_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("netspec.files.reading._PATIENCE", 0.01)
    os.mkfifo(tmp_path / "pipe")
    assert "into which nobody writes" in refusal(tmp_path / "pipe")


def test_a_pipe_with_a_writer_is_read_whole(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"y" * 300_000,))
    writer.start()
    assert read_bounded(pipe, 300_000) == b"y" * 300_000
    writer.join()


def test_a_pipe_that_was_handed_over_is_bounded():
    ours, theirs = os.pipe()
    os.write(theirs, b"z" * 101)
    os.close(theirs)
    assert refusal(f"/dev/fd/{ours}").endswith("more than 100 bytes")
    os.close(ours)


def test_a_stream_is_bounded_and_may_be_closed():
    assert read_stream(BytesIO(b"abc"), 3) == b"abc"
    for stream in (BytesIO(b"abcd"), None):
        with pytest.raises(NetspecError):
            read_stream(stream, 3)


def test_a_spec_and_what_it_extends_and_its_recipe_are_bounded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    large = SPEC + "#" * MAX_TEXT
    Path("large.yaml").write_text(large)
    Path("net.yaml").write_text(SPEC)
    Path("over.yaml").write_text("netspec: 1\nname: net\nextends: large.yaml\n")
    for words in (["large.yaml"], ["over.yaml"], ["net.yaml", "--recipe", "large.yaml"]):
        assert run(["check", *words]) == 1
        assert "large.yaml is too large to be read" in capsys.readouterr().out.replace(f"{tmp_path}/", "")
    assert api.load("net.yaml").name == "net"


def test_a_spec_that_is_a_device_is_refused(capsys):
    assert run(["check", "/dev/zero"]) == 1
    assert "NS0902" in capsys.readouterr().out


def test_a_plain_file_is_read_and_written_where_the_system_knows_no_pipes_terminals_and_owners(tmp_path: Path) -> None:
    code = """if True:
        import os, select, sys
        for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "chown", "geteuid", "getegid"):
            delattr(os, name)
        del select.poll
        from netspec.cli import run
        assert run(["check", "net.yaml"]) == 0
        for _ in range(2):
            assert run(["build", "net.yaml", "-o", "net.py"]) == 0
    """
    (tmp_path / "net.yaml").write_text("netspec: 1\nname: net\ninput: [3, 8, 8]\nlayers: [flatten, {linear: 10}]\n")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "net.py").read_bytes()
