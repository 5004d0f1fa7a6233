"""Standard streams that are pipes, full or closed, and specs that come through them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LENET = (ROOT / "specs" / "lenet.yaml").read_text()
BROKEN = LENET.replace("kernel: 5, name", "kernel: 55, name")


def shell(command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `netspec` is the command."""
    line = f'netspec() {{ "{sys.executable}" -m netspec "$@"; }}; set -o pipefail; {command}'
    return subprocess.run(["bash", "-c", line], cwd=ROOT, input=text, capture_output=True, text=True)


@pytest.mark.parametrize(
    "command", ["summary -", "summary /dev/stdin", "summary <(cat)", "build -", "build - -o -", "check -"]
)
def test_a_spec_from_a_pipe(command):
    done = shell(f"cat | netspec {command}", LENET)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(word in done.stdout for word in ("61,706", "1 spec checked"))


@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
def test_an_error_in_a_pipe_shows_its_line(source):
    done = shell(f"cat | netspec check {source}", BROKEN)
    assert done.returncode == 1
    assert f" --> {source}:12:" in done.stdout
    assert "12 |   - {conv: 16, kernel: 55, name: conv2}\n" in done.stdout


def test_a_pipe_that_is_no_text():
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "check", "-"], cwd=ROOT, input=b"\xff\xfe", capture_output=True
    )
    assert done.returncode == 1
    assert b"error[NS0902]: - is not UTF-8 text (byte 0)" in done.stdout


def test_a_zoo_spec_is_excerpted_whatever_lies_in_the_folder(tmp_path):
    (tmp_path / "lenet.yaml").write_text("# mine\n" * 20)
    command = [sys.executable, "-m", "netspec", "summary", "lenet", "--input", "1x4x4"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "12 |   - {conv: 16, kernel: 5, name: conv2}\n" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("command", ["summary lenet", "build lenet", "list", "summary lenet --format json"])
def test_a_full_disk_is_said_to_be_one(command):
    done = shell(f"netspec {command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error[NS0903]: standard output cannot be written: No space left on device\n")
    assert "Traceback" not in done.stderr


def test_closed_streams():
    assert shell("netspec summary lenet >&-").returncode == 0
    done = shell("netspec summary nowhere 2>&-")
    assert (done.returncode, done.stdout) == (1, "")
