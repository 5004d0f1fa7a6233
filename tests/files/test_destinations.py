"""Outputs onto what is no file: written through, or refused; never replaced."""

import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.files import destination
from netspec.files.writing import within, write_atomic, write_within

ROOT = Path(__file__).parent.parent.parent


def reader_of(pipe):
    """Reads a pipe to its end beside the test; gives what it held once that is over."""
    found = []
    thread = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    thread.start()

    def result():
        thread.join(60)
        return found[0]

    return result


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    return tmp_path / "pipe.py"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_pipe_is_written_through(pipe, tmp_path):
    read = reader_of(pipe)
    assert run(["build", "lenet", "-o", str(pipe)]) == 0
    assert b"class LeNet(nn.Module)" in read()
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert names(tmp_path) == ["pipe.py"]


def test_a_pipe_that_nobody_reads_is_given_up(pipe, monkeypatch):
    monkeypatch.setattr(destination, "_PATIENCE", 0.05)
    with pytest.raises(NetspecError, match="nobody reads from the pipe"):
        write_atomic(pipe, "text")
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_reader_that_has_left_is_told(pipe):
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    threading.Timer(0.3, os.close, [reader]).start()
    with pytest.raises(NetspecError, match="Broken pipe"):
        write_atomic(pipe, b"x" * 2**22)  # more than a pipe holds


def test_nothing_can_stand_beside_a_pipe(pipe, tmp_path, capsys):
    assert run(["build", "lenet", "-o", str(pipe), "--with-test"]) == 1
    assert "others are to stand beside it" in capsys.readouterr().err
    assert names(tmp_path) == ["pipe.py"]


def test_a_socket_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        before = os.lstat("socket.py")
        assert run(["build", "lenet", "-o", "socket.py"]) == 1
        assert os.lstat("socket.py") == before
    assert "error[NS0903]: socket.py cannot be written: it is a socket" in capsys.readouterr().err
    assert names(tmp_path) == ["socket.py"]


@pytest.mark.parametrize("kind", [stat.S_IFBLK, stat.S_IFCHR, stat.S_IFREG])
def test_a_device_is_told_by_its_kind(tmp_path, monkeypatch, kind):
    (tmp_path / "x").write_text("old")
    found = (tmp_path / "x").stat()
    fields = [kind | 0o644, *found[1:]]
    monkeypatch.setattr(destination, "_status", lambda path: os.stat_result(fields))
    if kind == stat.S_IFBLK:
        with pytest.raises(NetspecError, match="it is a block device"):
            destination.file_at(tmp_path / "x")
    else:
        assert destination.file_at(tmp_path / "x") == (None if kind == stat.S_IFCHR else tmp_path / "x")


def test_the_command_s_own_output_is_written_through(tmp_path):
    command = [sys.executable, "-m", "netspec", "build", "lenet", "-o", "/dev/stdout"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "class LeNet(nn.Module)" in done.stdout
    with (tmp_path / "out").open("wb") as out:  # a file that the shell opened is not put aside for another
        out.write(b"# before\n")
        out.flush()
        assert subprocess.run(command, cwd=ROOT, stdout=out).returncode == 0
    text = (tmp_path / "out").read_text()
    assert text.startswith("# before\n")
    assert "class LeNet(nn.Module)" in text
    assert names(tmp_path) == ["out"]


def test_permissions_stay_and_links_are_followed(tmp_path):
    (tmp_path / "there").write_text("old")
    (tmp_path / "there").chmod(0o640)
    (tmp_path / "link").symlink_to("there")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"
    assert (tmp_path / "there").stat().st_mode & 0o777 == 0o640
    (tmp_path / "dangling").symlink_to("born")
    write_atomic(tmp_path / "dangling", "new")
    assert (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "born").read_text() == "new"


def odd_places(folder):
    (folder / "loop").symlink_to("loop")
    (folder / "file").write_text("")
    long = "n" * 250
    return {
        "a circle of links": (folder / "loop", "symbolic links"),
        "a folder": (folder, "it is a folder"),
        "in no folder": (folder / "no" / "x", "there is no folder"),
        "in a file": (folder / "file" / "x", "Not a directory"),
        "a name too long": (folder / ("n" * 300), "File name too long"),
        "a null byte": (Path(f"{folder}/a\0b"), "null byte"),
        "in a circle": (folder / "loop" / "x", "symbolic links"),
        "a long name that the disk takes": (folder / long, None),
    }


def test_what_cannot_be_written_says_why(tmp_path):
    for place, why in odd_places(tmp_path).values():
        if why is None:
            write_atomic(place, "text")
            assert place.read_text() == "text"
            continue
        with pytest.raises(NetspecError, match=why) as caught:
            write_atomic(place, "text")
        assert caught.value.diagnostics[0].code is Code.FILE_UNWRITABLE


def test_no_link_leads_out_of_a_folder_of_netspec_s(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "own").mkdir()
    (tmp_path / "entrance").symlink_to("own")
    write_within(tmp_path / "entrance", "a/b.txt", "text")  # the folder itself may be reached through one
    assert (tmp_path / "own/a/b.txt").read_text() == "text"
    (tmp_path / "own/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "own/file").symlink_to(tmp_path / "elsewhere/file")
    for name in ("link/b.txt", "file", "a/b.txt/c", "link"):
        with pytest.raises(NetspecError, match="NS0925"):
            write_within(tmp_path / "own", name, "text")
    assert names(tmp_path / "elsewhere") == []
    with pytest.raises(NetspecError, match="NS0902"):
        within(tmp_path / "own", "n" * 300)


def test_a_package_s_folder_is_not_left_through_a_link(tmp_path, capsys):
    package, outside = tmp_path / "net", tmp_path / "outside"
    assert run(["build", "lenet", "--package", str(package)]) == 0
    (package / "src").rename(outside)
    (package / "src").symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}
    (outside / "lenet/model.py").write_text("precious")
    assert run(["build", "lenet", "--package", str(package)]) == 1
    assert "error[NS0925]" in capsys.readouterr().err
    assert (outside / "lenet/model.py").read_text() == "precious"
    assert len(before) == len(list(outside.rglob("*.*")))
