"""Training scripts answer clumsy use in a line, with an exit code, and leave nothing behind."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import pytest
import torch

from netspec.companions import write_files
from netspec.driver.recipes import recipe_of
from netspec.functional.process import Process
from netspec.functional.script import reading
from tests.companions.recipes import FILES, digits
from tests.recipe.data.sets import folder

Run = Callable[..., tuple[object, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script of three classes, a run of a step, and things that are no such data and no such runs."""
    place = tmp_path_factory.mktemp("clumsy")
    for name, parts, size in (("data", ("train", "val"), (8, 8)), ("large", ("train", "val"), (9, 9))):
        folder(place / name, parts=parts, each=3, size=size)
    for name in ("fewer", "more"):
        shutil.copytree(place / "data", place / name)
    for part in ("train", "val"):
        shutil.rmtree(place / "fewer" / part / "red")
        shutil.copytree(place / "more" / part / "red", place / "more" / part / "yellow")
    layers = ["flatten", {"linear": 4}, {"batch_norm": None, "name": "norm"}, {"linear": 3}]
    data = {"folder": str(place / "data"), "batch_size": 3}
    spec = digits({"data": data, "schedule": None}, input=[3, 8, 8], layers=layers)
    write_files(spec, place / "net.py", train=True)
    phases = [{}, {"epochs": 1, "freeze": ["norm"]}]
    phased = digits({"data": {**data, "validation": 3}, "epochs": 2, "phases": phases}, input=[3, 8, 8], layers=layers)
    write_files(phased, place / "phased.py", train=True)
    (place / "file").write_text("a file")
    shutil.copytree(place / "data/train/red", place / "unlabelled")
    for name in ("empty", "garbage", "foreign", "listed", "full", "best"):
        (place / name).mkdir()
    (place / "empty/last.pt").touch()
    (place / "garbage/last.pt").write_bytes(b"garbage")
    (place / "best/best.pt").touch()
    (place / "full/last.pt").mkdir()
    torch.save({"network": {}}, place / "foreign/last.pt")
    torch.save([1], place / "listed/last.pt")
    return place


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the script in this process: its exit code, and the last line of what it tells of its failure."""

    def call(*options: str, script: str = "net") -> tuple[object, str]:
        monkeypatch.chdir(home)
        monkeypatch.syspath_prepend(home)
        monkeypatch.delenv("NETSPEC_DATA", raising=False)
        monkeypatch.setattr(sys, "argv", [f"train_{script}.py", "--device", "cpu", *options])
        sys.modules.pop(script, None)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(f"train_{script}.py", run_name="__main__")
        code = ended.value.code
        if isinstance(code, str):  # Python prints it and exits with 1
            assert "\n" not in code
            return 1, code
        return code, capsys.readouterr().err.splitlines()[-1]

    return call


NUMBER = "is no whole number from"


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ("--nope", 2, "unrecognized arguments: --nope"),
        ("--epochs 0", 2, f"argument --epochs: '0' {NUMBER} 1 to"),
        ("--epochs -1", 2, f"argument --epochs: '-1' {NUMBER} 1 to"),
        ("--steps 1e3", 2, f"argument --steps: '1e3' {NUMBER} 1 to"),
        ("--batch-size 0", 2, f"argument --batch-size: '0' {NUMBER} 1 to"),
        ("--seed -1", 2, f"argument --seed: '-1' {NUMBER} 0 to"),
        ("--seed 4294967296", 2, f"argument --seed: '4294967296' {NUMBER} 0 to"),
        ("--epochs 2 --steps 1", 2, "not allowed with argument"),
        ("--out file", 2, "--out file cannot be a folder of results: Not a directory"),
        ("--out file/below", 2, "--out file/below cannot be a folder of results: Not a directory"),
        ("--out /proc/x/y", 2, "--out /proc/x/y cannot be a folder of results: No such file or directory"),
        (f"--out {'x' * 300}", 2, "cannot be a folder of results: File name too long"),
        ("--out data --resume", 2, "--resume: data has no last.pt to go on from"),
        ("--out nowhere --resume", 2, "--resume: nowhere has no last.pt to go on from"),
        ("--out garbage", 2, "garbage has the results of an earlier run: go on with --resume, or give another --out"),
        ("--out best", 2, "best has the results of an earlier run: go on with --resume, or give another --out"),
        ("--out garbage --resume", 1, "garbage/last.pt is no checkpoint of this network and recipe"),
        ("--out empty --resume", 1, "empty/last.pt is no checkpoint of this network and recipe"),
        ("--out foreign --resume", 1, "foreign/last.pt is no checkpoint of this network and recipe"),
        ("--out listed --resume", 1, "listed/last.pt is no checkpoint of this network and recipe"),
        ("--out full --resume", 1, "full/last.pt is no checkpoint of this network and recipe"),
        ("--batch-size 100000", 1, "--batch-size 100000: there are 9 images to train on"),
        ("--batch-size 2", 1, "--batch-size 2: `norm` cannot learn from a batch of one example, as an epoch would"),
        ("--data missing", 1, "missing is not there; say where the data lie: --data, or NETSPEC_DATA"),
        ("--data file", 1, "file/: it cannot be read (Not a directory): "),
        ("--data /dev/zero", 1, "/dev/zero is no file and no folder; say where the data lie: --data, or NETSPEC_DATA"),
        ("--data unlabelled", 1, "the network tells classes, and the data have none"),
        ("--data fewer", 1, "the network tells 3 classes, the data have 2"),
        ("--data more", 1, "the network tells 3 classes, the data have 4"),
        ("--data large", 1, "the network takes (3, 8, 8), and the data give (3, 9, 9)"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(options: str, code: int, told: str, home: Path, run: Run) -> None:
    if code == 1 and "--out" not in options:
        options += " --out new"
    found, line = run(*options.split())
    assert (found, told in line) == (code, True), line
    assert not (home / "checkpoints").exists()
    assert not (home / "new").exists()
    assert (home / "garbage/last.pt").read_bytes() == b"garbage"


def test_a_run_is_resumed_as_it_began(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("torch.optim.AdamW.step", lambda *given, **named: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run("--out", "kept") == (130, "stopped: --resume goes on from the last epoch")
    assert not (home / "kept").exists()
    monkeypatch.setattr("builtins.print", lambda *given, **named: None)
    with pytest.raises(pytest.fail.Exception):  # it ends without an exit code
        run("--out", "kept", "--steps", "2", "--seed", "5")
    for options in ([], ["--seed", "5", "--batch-size", "9"], ["--seed", "5", "--amp", "bf16"]):
        told = "kept/last.pt is of a run with seed 5, batch_size 3, amp None, and goes on so alone"
        assert run("--out", "kept", "--resume", *options) == (1, told)


def test_a_run_in_phases_is_resumed_in_those_it_had(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.print", lambda *given, **named: None)
    with pytest.raises(pytest.fail.Exception):
        run("--out", "phases", script="phased")
    began = "seed 0, batch_size 3, amp None, phases at steps [0, 2]"
    told = f"phases/last.pt is of a run with {began}, and goes on so alone"
    assert run("--out", "phases", "--resume", "--epochs", "3", script="phased") == (1, told)
    for options, steps in ((("--epochs", "1"), 2), (("--steps", "1"), 1)):
        told = f"the phases do not make up a run of {steps} steps"
        assert run("--out", "new", *options, script="phased") == (1, told)
    best = home / "phases/best.pt"
    for damage in (best.unlink, partial(best.write_bytes, b"garbage")):
        damage()
        told = "phases/best.pt is no checkpoint of this network and recipe"
        assert run("--out", "phases", "--resume", script="phased") == (1, told)


def test_what_cannot_be_written_is_told(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.save", lambda *given: (_ for _ in ()).throw(RuntimeError("no space")))
    assert run("--out", "new") == (1, "new/last.pt cannot be written: no space")
    shutil.rmtree(home / "new")


PLACES = ("nowhere", "empty", "file", "pipe", "loop", "linked", "/dev/zero", "/proc/self/mem")
KINDS = [*FILES, {"data": {"text": "there", "length": 8}}]
KINDS += [{"data": {key: "there"}} for key in ("mnist", "cifar10", "coco", "yolo", "voc")]


def test_every_reader_refuses_what_is_no_such_data_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device or a pipe is never read: it has no end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    for name in ("empty", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("a file")
    os.mkfifo("pipe")
    (tmp_path / "loop").symlink_to("loop")
    for ending in (".npz", ".npy", ".csv", ".parquet", ".tar", ".txt", ".json", ".png"):
        (tmp_path / f"linked/x_train{ending}").symlink_to("/dev/zero")
    sets = [recipe_of(digits(recipe)).data for recipe in KINDS]
    for data, place in product(sets, PLACES):
        monkeypatch.setattr(reading, "load_folder", data.reader())
        monkeypatch.setattr(reading, "FOLDER", "there")
        monkeypatch.setattr(reading, "UNSEEN", data.known_image is None)
        with pytest.raises(SystemExit) as ended:
            reading.read_data(Namespace(data=Path(place)), Process(torch.device("cpu"), 0, 1))
        told = str(ended.value)
        assert (place in told, "\n" in told, "allow_pickle" in told) == (True, False, False), (data.key, told)
