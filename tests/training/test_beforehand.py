"""Failures that are told before torch is imported, and the word that it is being imported."""

import io
import json
import re
import subprocess
import sys

import pytest
from rich.console import Console

from netspec.training import beforehand
from netspec.training.showing.progress import Bar, Lines

SPEC = """netspec: 1
name: small
input: SHAPE
layers: [flatten, {linear: 10}]
train:
  data: DATA
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 1
"""
SHAPES = {"digits": "[1, 8, 8]", "cifar10": "[3, 32, 32]"}
MNIST = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

WITHOUT_TORCH = """
import json, os, sys
from netspec.training import beforehand
beforehand._built_for = lambda: (None, None)
from netspec.cli import run
run(["train", "nothing.yaml"])
for line in sys.stdin:
    folder, given = json.loads(line)
    fork = os.fork()
    if not fork:
        os.chdir(folder)
        os.dup2(os.open("told", os.O_WRONLY | os.O_CREAT, 0o600), 2)
        os.dup2(2, 1)
        code = run(["train", "s.yaml", *given])
        loaded = {"torch", "numpy", "networkx"} & sys.modules.keys()
        os._exit(70 if loaded else code)
    print(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def told():
    """What `netspec train` says, with options, of data in a folder, and does not need torch for."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen([sys.executable, "-c", WITHOUT_TORCH], **pipes) as process:

        def tell(folder, *given, data="{digits: }"):
            shape = next((size for key, size in SHAPES.items() if key in data), "[1, 28, 28]")
            (folder / "s.yaml").write_text(SPEC.replace("DATA", data).replace("SHAPE", shape))
            process.stdin.write(json.dumps([str(folder), given]) + "\n")
            process.stdin.flush()
            code, text = process.stdout.readline(), folder / "told"
            assert code in ("1\n", "3\n"), "it needs a library" if code == "70\n" else text.read_text()
            try:
                return text.read_text()
            finally:
                text.unlink()

        yield tell


def test_a_misspelt_key(told, tmp_path):
    assert "did you mean `validation`?" in told(tmp_path, data="{digits: , validatoin: 0.1}")


@pytest.mark.parametrize(
    "data",
    ["{folder: none}", "{parquet: none}", "{arrays: none.npz}", "{mnist: none}", "{cifar10: none}", "{imagenet: none}"],
)
def test_data_that_are_not_there(told, tmp_path, data):
    assert "NS0802" in told(tmp_path, data=data)


def test_a_file_that_begins_wrongly(told, tmp_path):
    for name in MNIST:
        (tmp_path / name).write_bytes(b"not what it says it is")
    text = told(tmp_path, data="{mnist: .}")
    assert "NS0803" in text
    assert "train-images-idx3-ubyte: it begins with 6e 6f 74 20" in text


@pytest.mark.parametrize(
    ("data", "file", "held", "reason"),
    [
        ("{parquet: .}", "train.parquet", b"no columns", "it begins with 6e 6f 20 63, not with 50 41 52 31"),
        ("{parquet: train.parquet}", "train.parquet", b"PAR1 and no end", "it is cut short"),
        ("{table: t.parquet, target: y}", "t.parquet", b"", "it begins with nothing"),
        ("{hugging_face: .}", "train.parquet", b"PARQUET", "it begins with 50 41 52 51"),
        ("{arrays: a.npz}", "a.npz", b"x", "it begins with 78, not with 50 4b 03 04 as an .npz file does"),
        ("{arrays: .}", "x_train.npy", b"\x93NUMPX", "it begins with 93 4e 55 4d 50 58, not with 93 4e 55 4d 50 59"),
        ("{cifar10: .}", "cifar-10-batches-py/test_batch", b"\x80\x02", "it is cut short: it ends with 02"),
    ],
)
def test_files_that_begin_or_end_wrongly(told, tmp_path, data, file, held, reason):
    if "cifar10" in data:
        (tmp_path / file).parent.mkdir()
        for number in range(1, 6):
            (tmp_path / f"cifar-10-batches-py/data_batch_{number}").write_bytes(b"\x80\x02}.")
    (tmp_path / file).write_bytes(held)
    text = " ".join(told(tmp_path, data=data).split())
    assert "NS0803" in text
    assert reason in text


def test_a_folder_that_a_run_cannot_have(told, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    assert "it is not empty" in told(tmp_path, "--out", "full")
    assert "Not a directory" in told(tmp_path, "--out", "full/file/run")
    assert "File name too long" in told(tmp_path, "--out", f"new/{'x' * 300}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "s.yaml"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("out", ["/proc/x", "/proc/x/y", "/dev/null/x"])
def test_a_folder_where_no_folder_can_be(told, tmp_path, out):
    assert f"{out} cannot be a run's folder" in told(tmp_path, "--out", out)


def test_a_folder_without_leave_to_write(tmp_path, monkeypatch):
    from netspec.diagnostics import NetspecError
    from netspec.training.keeping import new_folder

    monkeypatch.setattr(new_folder.os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(NetspecError) as caught:
        new_folder.check_new_folder(tmp_path / "new" / "run")
    assert f"{tmp_path} is not writable" in caught.value.diagnostics[0].message
    assert not (tmp_path / "new").exists()


def test_a_device_that_is_not_there(told, tmp_path):
    assert "there is no CUDA device that torch can use" in told(tmp_path, "--device", "cuda")


@pytest.mark.parametrize(
    ("built", "driver", "without"),
    [
        ((None, None), True, True),
        (("12.8", None), False, True),
        (("12.8", None), True, False),
        ((None, "6.4"), False, False),
    ],
)
def test_cuda_is_absent_without_a_build_or_a_driver(monkeypatch, built, driver, without):
    def load(name):
        if not driver:
            raise OSError(name)

    monkeypatch.setattr(beforehand, "_built_for", lambda: built)
    monkeypatch.setattr(beforehand.ctypes, "CDLL", load)
    monkeypatch.setattr(beforehand.sys, "platform", "linux")
    assert beforehand.is_without_cuda() is without


def test_what_is_told_without_torch_is_torch_s():
    import torch

    assert beforehand._built_for() == (torch.version.cuda, torch.version.hip)
    if beforehand.is_without_cuda():
        assert not torch.cuda.is_available()


def drawn(width: int, *shown: tuple[int, dict[str, float], float, float]) -> list[str]:
    """Lines of a terminal after a bar has shown some steps."""
    out = io.StringIO()
    with Bar(Console(file=out, force_terminal=True, width=width, color_system=None)) as bar:
        bar.begin(12, 25, 3125, "rows")
        for each in shown:
            bar.step(*each)
    plain = re.sub(r"\x1b\[[0-9?;]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n")
    return [line.rstrip() for line in plain.split("\n") if "left" in line]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_bar_fits_and_says_how_long_it_takes(width):
    lines = drawn(width, (1500, {"loss": 0.1194, "accuracy": 0.9603}, 48_180.0, 3725.4))
    assert all(len(line) <= width for line in lines)
    plain = lines[0]
    assert "1500/3125" in plain
    assert "1:02:05 left" in plain
    assert ("accuracy" in plain) == (width >= 80)
    assert "…" not in plain


def test_the_bar_of_one_of_several_processes_has_no_figures_to_show():
    assert "0:00:09 left  310 rows/s" in drawn(80, (7, {}, 310.0, 9.0))[0]


def test_what_is_loaded_is_said_on_a_terminal_alone():
    for kind, said in ((Bar, True), (Lines, False)):
        out = io.StringIO()
        with kind(Console(file=out, force_terminal=said, width=60)).loading("torch"):
            assert ("loading torch" in out.getvalue()) is said
        assert out.getvalue().endswith("\x1b[2K" if said else "")
