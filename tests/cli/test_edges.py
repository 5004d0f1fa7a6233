"""The edges of every command: odd paths in every place that takes one, signals, streams. Never a traceback."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netspec.cli import run

ROOT = Path(__file__).parent.parent.parent

PLACES = [
    "check {}",
    "check lenet --recipe {}",
    "summary {}",
    "summary lenet --plugin {}",
    "explain {}",
    "sizes {}",
    "memory {}",
    "compare lenet {}",
    "diff lenet {}",
    "diff {} lenet",
    "build {}",
    "build lenet -o {}",
    "build lenet --package {}",
    "build lenet --check {}",
    "runs {}",
    "show {}",
    "layers {}",
    "check extends.yaml --set extends={}",
    "train {}",
    "train lenet --recipe {}",
    "train --resume {}",
    "train tiny.yaml --out {}",
    "train tiny.yaml --steps 1 --weights {}",
    "train tiny.yaml --steps 1 --data {}",
    "data {}",
    "data tiny.yaml --sheet {}",
    "eval {}",
    "eval tiny.yaml --weights {}",
    "predict {} tiny.yaml",
    "verify {} --against tiny.yaml",
    "export {}",
    "export lenet -o {} --format safetensors",
    "export lenet -o out.safetensors --weights {}",
]
"""Commands, and where a path stands in them."""

HEAVY = ("train", "data", "eval", "predict", "verify", "export")


def odd_paths(folder):
    """Names that stand for what is no plain file."""
    (folder / "loop").symlink_to("loop")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "empty").write_bytes(b"")
    (folder / "bytes").write_bytes(bytes(range(256)))
    return {
        "a circle of links": "loop",
        "below a circle": "loop/x",
        "a name too long": "n" * 300,
        "below a name too long": f"{'n' * 300}/x.yaml",
        "a folder": "folder",
        "a pipe": "pipe",
        "an empty file": "empty",
        "bytes": "bytes",
        "below a file": "empty/x",
        "empty text": "",
        "no UTF-8": os.fsdecode(b"\xff\xfe"),
        "a null byte": "a\0b",
        "a surrogate": "\ud800",
        "in no folder": "no/where/x",
        "a path too long": "a/" * 3000,
    }


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.files.destination._PATIENCE", 0.01)
    monkeypatch.setattr("netspec.files.reading._PATIENCE", 0.01)
    train = "train: {data: digits, loss: cross_entropy, optimizer: {sgd: 0.1}, steps: 1}"
    text = f"netspec: 1\nname: tiny\ninput: [1, 8, 8]\nlayers: [flatten, {{linear: 10}}]\n{train}\n"
    (tmp_path / "tiny.yaml").write_text(text)
    (tmp_path / "extends.yaml").write_text("netspec: 1\nname: more\nextends: tiny.yaml\n")
    return tmp_path


@pytest.mark.parametrize("place", PLACES)
def test_every_odd_path_is_told_of(here, capsys, place):
    if place.startswith(HEAVY):
        pytest.importorskip("torch")
    for what, path in odd_paths(here).items():
        words = [path if word == "{}" else word.replace("{}", path) for word in shlex.split(place)]
        code = run(words)
        said = "".join(capsys.readouterr())
        assert code in (0, 1, 2, 3), (what, said)
        told = any(part in said for part in ("rror", "is no whole run", "(generated)"))
        assert code == 0 or told, (what, said)
        assert "Traceback" not in said, what
        assert all(char.isprintable() or char == "\n" for char in said), what
    assert Path("pipe").is_fifo()
    assert Path("loop").is_symlink()


@pytest.mark.parametrize("target", ["loop.yaml", "n" * 300, "a\\0b", "folder", "..", "/dev/tty", "/dev/zero"])
def test_extends_to_what_is_no_spec(here, capsys, target):
    odd_paths(here)
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("x.yaml").write_text(f'netspec: 1\nname: x\nextends: "{target}"\nlayers: []\n')
    assert run(["check", "x.yaml"]) == 1
    assert "error[NS" in "".join(capsys.readouterr())


def test_no_output_takes_the_place_of_what_is_read(here, capsys):
    before = Path("tiny.yaml").read_text()
    Path("link.yaml").symlink_to("tiny.yaml")
    for words in (
        ["build", "tiny.yaml", "-o", "tiny.yaml"],
        ["build", "tiny.yaml", "-o", "link.yaml"],
        ["build", "extends.yaml", "-o", "tiny.yaml"],
        ["export", "tiny.yaml", "-o", "tiny.yaml", "--format", "pt2"],
    ):
        assert run(words) == 1
        assert "it is what this command reads" in capsys.readouterr().err
    assert Path("tiny.yaml").read_text() == before


def test_a_file_that_may_not_be_read_is_named(here, capsys, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied", "tiny.yaml")

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert run(["summary", "tiny.yaml"]) == 1
    assert "error[NS0902]: tiny.yaml cannot be used: Permission denied" in capsys.readouterr().err


def shell(command, **given):
    line = f'netspec() {{ "{sys.executable}" -m netspec "$@"; }}; set -o pipefail; {command}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, **given)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("netspec check - <&-", 1),
        ("netspec summary - 0<&- 1>&- 2>&-", 1),
        ("netspec summary /dev/stdin <&-", 1),
        ("netspec summary lenet <&- >&- 2>&-", 0),
        ("setsid -w netspec-tty", 1),
        ("netspec layers | head -1", 0),
        ("netspec build lenet -o /dev/stdout | head -1", 0),
    ],
)
def test_streams_that_are_not_there(here, command, code):
    command = command.replace("netspec-tty", f'"{sys.executable}" -m netspec check /dev/tty')
    done = shell(command, cwd=here)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == code, done.stderr + done.stdout


SLOW = """
import os, pathlib, signal, sys, time
from netspec import cli
from netspec.files.writing import aside, write_folder

def wait():
    print("ready", flush=True)
    time.sleep(60)

import click
@click.command()
def slow():
    with aside(pathlib.Path("out")) as new:
        new.mkdir()
        (new / "half").write_text("half")
        wait()

cli.cli = slow
sys.exit(cli.run([]))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_leaves_nothing_half_done(here, name):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    )
    assert process.stdout.readline() == "ready\n"
    before = sorted(path.name for path in here.iterdir())
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    assert len(before) == 3
    assert sorted(path.name for path in here.iterdir()) == ["extends.yaml", "tiny.yaml"]
    assert process.returncode == (130 if name == "SIGINT" else -getattr(signal, name))
    assert "Traceback" not in said


def test_an_ignored_signal_stays_ignored(here):
    text = SLOW.replace("time.sleep(60)", "os.kill(os.getpid(), signal.SIGHUP)")
    text = text.replace("import click\n", "import click\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n", 1)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True).returncode == 0


EARLY = """
import os, signal, sys
class Interrupting:
    def find_spec(name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting)
from netspec.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("ignored", "code"), [("", -signal.SIGINT), ("signal.signal(signal.SIGINT, signal.SIG_IGN)", 0)]
)
def test_ctrl_c_before_anything_is_under_way(ignored, code):
    text = EARLY.replace("class", f"{ignored}\nclass", 1)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", text, "--version"], env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (code, b"")


def test_sigterm_in_export_leaves_no_file(here):
    pytest.importorskip("torch")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "netspec", "export", "resnet50", "-o", "out/net.pt2"]
    Path("out").mkdir()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    while process.poll() is None and not any(Path("out").iterdir()):
        time.sleep(0.01)
    process.terminate()
    _, said = process.communicate(timeout=120)
    assert (process.returncode, list(Path("out").iterdir())) == (-signal.SIGTERM, [])
    assert b"Traceback" not in said


SWALLOWED = """
import os, signal
from netspec.cli.signals import ending_politely

with ending_politely():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.sigtimedwait([], 0.1)
    except BaseException:
        OUTCOME
"""


@pytest.mark.parametrize("outcome", ["pass", "raise ImportError('no module twice') from None"])
def test_a_signal_ends_the_process_whatever_becomes_of_its_exception(outcome):
    command = [sys.executable, "-c", SWALLOWED.replace("OUTCOME", outcome)]
    ended = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGTERM, b"")
