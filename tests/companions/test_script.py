"""Training scripts, run as they would be: by a Python that is told nothing of netspec."""

from __future__ import annotations

import io
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netspec.companions import write_files
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.training.feeding.samples import prepare
from netspec.training.spec import train_spec
from tests.companions.recipes import PLAIN, digits

HERE = "import sys; sys.modules['netspec'] = None; sys.argv = sys.argv[1:]; sys.path[0] = '';"
ALONE = ("-W", "error", "-c", f"{HERE} import runpy; runpy.run_path(sys.argv[0], run_name='__main__')")
"""A Python that cannot import netspec and takes a warning for an error."""

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a training script in this process, and gives what it prints."""

    def call(folder: Path, *options: str) -> str:
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu", *options])
        sys.modules.pop("net", None)
        with suppress(SystemExit):
            runpy.run_path("train_net.py", run_name="__main__")
        return capsys.readouterr().out

    return call


def run_alone(folder: Path, *options: str, launcher: tuple[str, ...] = ALONE) -> str:
    """Runs a training script in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"} | {"PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, *launcher, "train_net.py", "--device", "cpu", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def saved(folder: Path, name: str = "checkpoints/last.pt") -> dict[str, Any]:
    return torch.load(folder / name, weights_only=True)


def same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


HELD_OUT = {"data": {"digits": None, "validation": 0.1}, "epochs": 2}


@pytest.mark.parametrize("recipe", [{}, HELD_OUT], ids=["plain", "held out"])
def test_a_script_leaves_the_weights_that_netspec_train_leaves(
    recipe: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    spec = digits(recipe)
    write_files(spec, tmp_path / "net.py", train=True)
    out = run(tmp_path) if recipe else run_alone(tmp_path)
    report = train_spec(spec, device="cpu", out=tmp_path / "run")
    weights = load_file(tmp_path / "run" / "last.safetensors")
    made = saved(tmp_path)["network"]
    assert set(made) == set(weights)
    for name, tensor in made.items():
        torch.testing.assert_close(tensor, weights[name], rtol=1e-4, atol=1e-6)
    [accuracy] = re.findall(r"^test .* accuracy ([\d.]+)%  .* of 360 images", out, re.MULTILINE)
    assert float(accuracy) == pytest.approx(100 * report.metrics["test_accuracy"], abs=0.3)
    if recipe:
        best = load_file(tmp_path / "run" / "best.safetensors")
        torch.testing.assert_close(saved(tmp_path, "checkpoints/best.pt"), best, rtol=1e-4, atol=1e-6)


IN_PHASES = {"phases": [{"epochs": 1, "freeze": ["*"], "except": ["head"]}, {}], "ema": {"decay": 0.9}}


@pytest.mark.parametrize("recipe", [{}, IN_PHASES], ids=["plain", "in phases"])
def test_a_run_that_is_resumed_ends_as_one_that_was_not(recipe: dict[str, Any], run: Run, tmp_path: Path) -> None:
    write_files(digits({"epochs": 2, **recipe}), tmp_path / "net.py", train=True)
    whole = run(tmp_path, "--out", "whole")
    text = (tmp_path / "train_net.py").read_text()
    stop = "        if epoch > 1:\n            raise SystemExit(0)\n"
    cut = text.replace("        finish_epoch(", f"{stop}        finish_epoch(")
    assert cut != text
    (tmp_path / "train_net.py").write_text(cut)
    assert "test loss" not in run(tmp_path, "--out", "cut")
    (tmp_path / "train_net.py").write_text(text)
    resumed = run(tmp_path, "--out", "cut", "--resume")
    assert resumed.startswith("epoch 2/2")
    assert resumed.splitlines()[-1] == whole.splitlines()[-1]
    assert same(saved(tmp_path, "cut/last.pt"), saved(tmp_path, "whole/last.pt"))
    assert run(tmp_path, "--out", "cut", "--resume") == whole.splitlines()[-1] + "\n"
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["last.pt"]


@pytest.mark.parametrize(
    ("recipe", "option", "steps"), [({}, ("--steps", "3"), 3), ({"epochs": None, "steps": 7}, ("--epochs", "1"), 45)]
)
def test_a_run_is_as_long_as_it_is_told(
    recipe: dict[str, Any], option: tuple[str, str], steps: int, run: Run, tmp_path: Path
) -> None:
    write_files(digits({"schedule": "constant", **recipe}), tmp_path / "net.py", train=True)
    assert run(tmp_path, *option).startswith("epoch 1/1")
    assert saved(tmp_path)["step"] == steps


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision(precision: str, run: Run, tmp_path: Path) -> None:
    write_files(digits(), tmp_path / "net.py", train=True)
    out = run(tmp_path, "--amp", precision)
    [accuracy] = re.findall(r"^test .* accuracy ([\d.]+)%", out, re.MULTILINE)
    assert float(accuracy) > 50
    assert (saved(tmp_path)["scaler"] != {}) == (precision == "fp16")


def test_two_processes_take_the_steps_of_one(run: Run, tmp_path: Path) -> None:
    """Without dropout and batch norm, whose statistics are each process's own."""
    layers = ["flatten", {"linear": 32}, "tanh", {"linear": 10, "name": "head"}]
    # 1,437 images: one is left out of an epoch, the last of its order, where there are two processes.
    spec = digits({"optimizer": {"sgd": 0.1}, "schedule": {"cosine": None, "warmup": 0.2}}, layers=layers)
    write_files(spec, tmp_path / "net.py", train=True)
    text = (tmp_path / "train_net.py").read_text()
    even = text.replace("whole = run.process.world", "whole = 2")
    assert even != text
    (tmp_path / "train_net.py").write_text(even)
    run(tmp_path, "--out", "one")
    tells = 'import argparse\nimport atexit\n\natexit.register(print, "Python ended")\n'
    (tmp_path / "train_net.py").write_text(even.replace("import argparse\n", tells, 1))
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    out = run_alone(tmp_path, "--out", "two", launcher=launcher)
    assert out.count("epoch 1/1") == out.count("test loss") == 1
    assert "Python ended" not in out  # where a thread of gloo's could still ask for it
    torch.testing.assert_close(
        saved(tmp_path, "two/last.pt")["network"], saved(tmp_path, "one/last.pt")["network"], rtol=1e-4, atol=1e-5
    )


def test_side_outputs_weigh_what_the_recipe_says(run: Run, tmp_path: Path) -> None:
    layers = [
        "flatten",
        {"linear": 16, "name": "hidden"},
        {"linear": 10, "only": "training", "name": "aux"},
        {"linear": 10, "name": "head"},
    ]
    with pytest.raises(NetspecError) as caught:
        write_files(digits(layers=layers), tmp_path / "net.py", train=True)
    assert caught.value.diagnostics[0].code is Code.BAD_RECIPE
    assert not (tmp_path / "net.py").exists()
    spec = digits({"side_loss": 0.3}, layers=layers)
    write_files(spec, tmp_path / "net.py", train=True)
    run(tmp_path)
    train_spec(spec, device="cpu", out=tmp_path / "run")
    weights = load_file(tmp_path / "run" / "last.safetensors")
    torch.testing.assert_close(saved(tmp_path)["network"], weights, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"input": [1, 9, 9]}, Code.DATA_MISMATCH, "the network takes [1, 9, 9]"),
        ({"layers": ["flatten", {"linear": 7}]}, Code.DATA_MISMATCH, "digits has 10 classes, the network gives [7]"),
        (
            {"train": {**PLAIN, "augment": [{"crop": 16}]}},
            Code.BAD_RECIPE,
            "crop wants 16 pixels, the padded images are 8 high",
        ),
        ({"train": None}, Code.BAD_RECIPE, "`small` has no section `train`"),
        (
            {"input": {"shape": [64], "dtype": "int64"}, "layers": [{"embedding": 4, "dim": 3}]},
            Code.DATA_MISMATCH,
            "the network takes int64; the images of digits are float32",
        ),
    ],
)
def test_what_cannot_be_trained_is_told(changes: dict[str, Any], code: Code, said: str, tmp_path: Path) -> None:
    with pytest.raises(NetspecError) as caught:
        write_files(digits(**changes), tmp_path / "net.py", train=True)
    assert caught.value.diagnostics[0].code is code
    assert said in caught.value.diagnostics[0].message


def same_parts(read: Any, wanted: Any) -> None:
    for made, part in ((read.train, wanted.train), (read.test, wanted.test)):
        assert torch.equal(made.targets, part.targets)
        assert torch.equal(made.images, part.images)


def test_mnist_is_read_as_netspec_reads_it() -> None:
    folder = os.environ.get("NETSPEC_DATA")
    if not folder:
        pytest.skip("NETSPEC_DATA is not set")
    data = recipe_of(digits({"data": {"mnist": folder, "pad": 2}}, input=[1, 32, 32])).data
    reader = data.reader()
    assert reader
    same_parts(reader(Path(folder)), data.load())


@pytest.mark.parametrize("key", ["cifar10", "cifar100"])
def test_cifar_is_read_as_netspec_reads_it(key: str, tmp_path: Path) -> None:
    """As Parquet; the makers' own files are torchvision's to read."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    generator, label = np.random.default_rng(0), "label" if key == "cifar10" else "fine_label"
    classes = 10 if key == "cifar10" else 100
    for part, count in (("train", 2 * classes), ("test", classes)):
        cells = []
        for _ in range(count):
            file = io.BytesIO()
            Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file, "png")
            cells.append({"bytes": file.getvalue(), "path": None})
        table = pyarrow.table({"img": cells, label: [row % classes for row in range(count)]})
        parquet.write_table(table, tmp_path / f"{part}-00000.parquet")
    data = recipe_of(digits({"data": {key: str(tmp_path)}})).data
    reader = data.reader()
    assert reader
    read = reader(tmp_path)
    wanted = prepare(data.model_copy(update={"range": (0.0, 255.0)}), torch.device("cpu"))
    for made, part in ((read.train, wanted.train), (read.test, wanted.test)):
        batch = next(iter(part.batches([torch.arange(len(part))])))
        assert torch.equal(made.targets, batch.targets)
        torch.testing.assert_close(made.images.float(), batch.images)
