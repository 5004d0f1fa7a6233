"""Parts of recipes from a plugin: docs/recipe_parts.md's file trains, resumes and leaves; what does not fit is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.diagnostics import NetspecError
from netspec.driver.plugins_used import changed_since, check_plugins
from netspec.files.run_folder import METRICS
from netspec.functional.examples import Data, Images
from netspec.plugins import Plugin
from netspec.recipe.data.brought import check_brought
from tests.backends.checks import imported
from tests.docs import ROOT, blocks
from tests.warm import WarmProcesses

FILES = {block.file: block.text for block in blocks(ROOT / "docs" / "recipe_parts.md") if block.file}
PARTS, SPEC = FILES["parts.py"], FILES["corner_mlp.yaml"]

DRIVER = """
import os, re, runpy, signal, sys
from pathlib import Path
import torch
from safetensors.torch import load_file
from netspec import api, companions
from netspec.plugins import load_plugin
from netspec.training.session import Session
from netspec.training.resuming import resume_spec
from netspec.training.spec import train_spec
load_plugin(Path("parts.py"))
assert "tempered" in str(api.schema())
whole = train_spec(api.load("corner_mlp.yaml"), device="cpu", out=Path("whole"))
pause = Session.pause
def interrupting(run):
    if run.loop.step == 7:
        os.kill(os.getpid(), signal.SIGTERM)
    return pause(run)
Session.pause = interrupting
cut = train_spec(api.load("corner_mlp.yaml"), device="cpu", out=Path("cut"))
assert cut.state == "interrupted", cut
Session.pause = pause
with Path("parts.py").open("a") as file:
    file.write("# changed\\n")
again = resume_spec(Path("cut"), device="cpu")
for name in ("last.safetensors", "best.safetensors"):
    one, other = (load_file(f"{run}/{name}") for run in ("whole", "cut"))
    assert all(torch.equal(one[key], other[key]) for key in one), name
assert again.metrics["test_loss"] == whole.metrics["test_loss"]
companions.write_files(api.load("corner_mlp.yaml"), Path("net.py"), train=True)
print(whole.metrics["test_loss"], whole.metrics["test_sure"])
"""


Run = Callable[..., subprocess.CompletedProcess[str]]


def started(folder: Path, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def python(warm: WarmProcesses) -> Run:
    """Runs Python in a folder."""
    return lambda folder, *args: started(folder, [warm.python, *args], warm.environment)


@pytest.fixture
def netspec(python: Run) -> Run:
    """Runs a command in a folder."""
    return lambda folder, *args: python(folder, "-m", "netspec", *args)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the page's plugin and spec."""
    (tmp_path / "parts.py").write_text(PARTS)
    (tmp_path / "corner_mlp.yaml").write_text(SPEC)
    return tmp_path


def test_one_of_each_trains_resumes_and_leaves(folder: Path, python: Run) -> None:
    done = python(folder, "-c", DRIVER)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    loss, sure = map(float, done.stdout.split())
    brought = json.loads((folder / "whole" / METRICS).read_text())["plugins"]
    assert [(each["name"], len(each["brings"]), len(each["sha256"])) for each in brought] == [("parts.py", 6, 64)]
    (folder / "parts.py").unlink()
    script = python(folder, "train_net.py", "--device", "cpu")
    assert script.returncode == 0, script.stderr
    assert "netspec" not in "".join(
        line for line in (folder / "train_net.py").read_text().splitlines() if "#" not in line
    )
    assert f"test loss {loss:.4f}  accuracy 100.00%  sure {sure:.2%}  of 60 images" in script.stdout


LATE = """    CALLS.append(1)
    if len(CALLS) > 5:
        outputs.view(7)
    return torch"""


def test_an_error_while_it_runs_is_told_and_leaves_a_failed_run(folder: Path, netspec: Run) -> None:
    late = PARTS.replace("    return torch", LATE, 1).replace("class Tempered", "CALLS = []\n\n\nclass Tempered")
    (folder / "parts.py").write_text(late)
    done = netspec(folder, "train", "corner_mlp.yaml", "--plugin", "parts.py", "--device", "cpu", "--out", "run")
    assert done.returncode == 1
    assert "error[NS0906]: the plugin parts.py fails: RuntimeError: shape '[7]' is invalid" in done.stderr
    assert "        outputs.view(7)\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((folder / "run" / METRICS).read_text())["state"] == "failed"


LOSS = "return torch.nn.functional.cross_entropy(outputs / temperature, targets)"
SURE = "return (scores.softmax(1).amax(1) > bound).sum(), len(labels)"
DIM = "return images.float() * (1 - most * draws[:, 0].to(images.device)).view(-1, 1, 1, 1)"

UNFIT = [
    (LOSS, "return 1.0", "loss `tempered` of the plugin parts.py does not fit: it gives a value of the type `float`"),
    (LOSS, f"{LOSS[:-1]}, reduction='none')", "it gives a tensor [20] of float32, and not a scalar"),
    (LOSS, "return (outputs.argmax(1) == targets).sum()", "it gives a tensor [] of int64, and not a scalar"),
    (LOSS, "return outputs.detach().sum()", "it gives a value that has no gradient"),
    (LOSS, "return outputs.view(7)", "the plugin parts.py fails: RuntimeError: shape '[7]' is invalid"),
    (SURE, "return scores.amax(1)", "brings (metric `sure` of parts.py) does not fit: ValueError"),
    (SURE, "return scores.amax(1), len(labels)", "brings (metric `sure` of parts.py) does not fit: RuntimeError"),
    (
        DIM,
        "return images[:2]",
        "augmentation `dim` of the plugin parts.py does not fit: it gives images of [2, 1",
    ),
    (DIM, "return images.double()", "it gives images of float64, and not of uint8 or float32"),
    (DIM, "return images / (images - images)", "it gives images with numbers that are not finite"),
    (DIM, "return images.numpy()", "it gives ndarray, Tensor, and not the tensors of images and targets"),
]

TRYING = """
import json, os
from pathlib import Path
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.plugins import load_plugin
from netspec.training.spec import train_spec
for place in sorted(Path().glob("unfit*")):
    if os.fork() == 0:
        try:
            load_plugin(place / "parts.py")
            train_spec(api.load("corner_mlp.yaml"), device="cpu", out=place / "run")
        except NetspecError as error:
            print(error.diagnostics[0].code.number, (place / "run").exists(), error.diagnostics[0].message, flush=True)
        os._exit(0)
    os.wait()
"""


def test_what_gives_something_else_than_its_family_is_told_before_the_run_has_a_folder(
    folder: Path, python: Run
) -> None:
    for number, (sound, line, _) in enumerate(UNFIT):
        (place := folder / f"unfit{number:02}").mkdir()
        assert sound in PARTS
        (place / "parts.py").write_text(PARTS.replace(sound, line))
    done = python(folder, "-c", TRYING)
    assert (done.returncode, done.stderr) == (0, "")
    found = done.stdout.splitlines()
    assert len(found) == len(UNFIT)
    for (_, _, told), line in zip(UNFIT, found, strict=True):
        assert line.startswith("NS0906 False ")
        assert told in line


def images(count: int = 8, dtype: Any = torch.uint8, targets: Any = ...) -> Images:
    pixels = torch.zeros((count, 1, 8, 8), dtype=dtype)
    return Images(pixels, torch.arange(count) % 4 if targets is ... else targets)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([1, 2], "its reader gives a value of the type `list`"),
        (Data(None, None), "its part `train` is of the type `NoneType`"),  # type: ignore[arg-type]
        (Data(images(dtype=torch.int64), None), "its part `train` has images that are no tensor [N, ...] of uint8"),
        (Data(images(0), None), "its part `train` has no images"),
        (Data(images(), images(targets=torch.zeros(3))), "its part `test` has other than one target for each image"),
        (Data(images(targets=torch.arange(8)), None), "its part `train` has labels from 0 to 7, and 4 classes"),
        (Data(images(targets=torch.zeros(8).to(torch.int32)), None), "has classes of int32, not of int64"),
        (Data(Images(torch.full((8, 1, 8, 8), torch.nan), None), None), "has images with numbers that are not finite"),
        (Data(images(), None, images(targets=None)), "its part `validation` has images of [1, 8, 8] in uint8 and no"),
        (
            Data(images(), Images(torch.zeros(8, 1, 4, 4), torch.arange(8) % 4)),
            "its part `test` has images of [1, 4, 4]",
        ),
    ],
)
def test_data_that_are_none_are_told(data: Any, told: str) -> None:
    with pytest.raises(NetspecError) as caught:
        check_brought("corners", data, 4)
    message = caught.value.diagnostics[0].message
    assert message.startswith("the data set `corners` of a plugin does not fit: ")
    assert told in message
    check_brought("corners", Data(images(), None, images(4)), 4)


HEAD = """\
from typing import ClassVar
from netspec.recipe.augment.base import Augmentation
from netspec.recipe.data.base import DataSet
from netspec.recipe.losses.base import Loss
from netspec.recipe.metrics.base import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.schedules import Schedule


class A({}):
    key: ClassVar[str] = {!r}
"""

BAD = {
    "(A) says none of `for_classes`, `for_values`": ("Loss", "a", ""),
    "the function `b`, which its file does not have": ("Loss", "a", "for_values: ClassVar[str] = 'b'"),
    "has the key 'A b', which is no name": ("Loss", "A b", "for_values: ClassVar[str] = 'A'"),
    "two classes define the loss `focal`: netspec.recipe.losses.": ("Loss", "focal", ""),
    "has no `title`; it says none of the `tasks`": ("Metric", "a", "counted: ClassVar[str] = 'A'"),
    "(A) says none of `reader`, `load`": ("DataSet", "a", ""),
    "(A) says none of `function`": ("Augmentation", "a", ""),
    "does not say in `slots`": ("Optimizer", "a", "target: ClassVar[str] = 'torch.optim.SGD'"),
    "the main argument `b`, which is none": ("Schedule", "a", "main: ClassVar[str] = 'b'"),
    "cannot be made: ": ("Schedule", "a", "b: 'Nowhere'"),
}

LOADING = """
import os, sys
from pathlib import Path
from netspec.diagnostics import NetspecError
from netspec.plugins import load_plugin
from netspec.recipe.recipe import Recipe
for file in sorted(Path().glob("*.py")):
    if os.fork() == 0:
        try:
            load_plugin(file)
        except NetspecError as error:
            print(error.diagnostics[0].code.number, error.diagnostics[0].message, flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_class_that_lacks_something_is_refused_when_it_is_loaded(tmp_path: Path, python: Run) -> None:
    for number, (family, key, line) in enumerate(BAD.values()):
        (tmp_path / f"bad{number}.py").write_text(f"{HEAD.format(family, key)}    {line}\n")
    done = python(tmp_path, "-c", LOADING)
    assert (done.returncode, done.stderr) == (0, "")
    found = done.stdout.splitlines()
    assert len(found) == len(BAD)
    for told, line in zip(BAD, found, strict=True):
        assert line.startswith("NS0906 ")
        assert told in line


def test_what_cannot_be_carried_is_refused_by_its_key(folder: Path, netspec: Run) -> None:
    changed = PARTS.replace("def _part(", "from netspec.recipe.parts import Size\nSIZE = Size\n\n\ndef _part(")
    changed = changed.replace("    images = torch.randint(", "    assert SIZE\n    images = torch.randint(")
    (folder / "parts.py").write_text(changed)
    build = ("build", "corner_mlp.yaml", "--plugin", "parts.py", "--with-train", "-o", "net.py")
    done = netspec(folder, *build)
    assert "error[NS0920]: `draw_corners` cannot be carried into the training script: it reads `Size`" in done.stderr
    assert "9 |   data: {corners: , examples" in done.stderr
    scores = "\n    def scores(self, outputs: Tensor) -> Tensor:\n        return outputs\n"
    loss = "    temperature: float = Field(2.0, gt=0)\n"
    (folder / "parts.py").write_text(PARTS.replace(loss, f"{loss}{scores}"))
    done = netspec(folder, *build)
    assert "error[NS0801]: the training script cannot do `tempered.scores`" in done.stderr
    (folder / "parts.py").write_text(PARTS.replace("_part(", "main("))
    done = netspec(folder, *build)
    assert "error[NS0921]: the training script would give `main` two meanings: " in done.stderr
    assert not (folder / "net.py").exists()


def test_a_distribution_brings_a_loss(folder: Path, netspec: Run) -> None:
    site = folder / "site"
    (site / "acme-1.0.dist-info").mkdir(parents=True)
    (site / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    groups = ["losses", "metrics", "data", "augmentations", "optimizers", "schedules"]
    points = "".join(f"[netspec.{group}]\nparts = acme_parts\n" for group in groups)
    (site / "acme-1.0.dist-info" / "entry_points.txt").write_text(points)
    (site / "acme_parts.py").write_text(PARTS)
    train = ("train", "corner_mlp.yaml", "--device", "cpu", "--out", "run")
    own = [sys.executable, "-m", "netspec"]  # a fork has looked for distributions already
    paths = os.environ | {"PYTHONPATH": f"{ROOT}:{site}"}
    done = started(folder, [*own, *train], paths)
    assert done.returncode == 0, done.stderr
    (brought,) = json.loads((folder / "run" / METRICS).read_text())["plugins"]
    assert (brought["name"], len(brought["brings"])) == ("acme_parts", 6)
    done = started(folder, [*own, "build", "corner_mlp.yaml", "--with-train", "-o", "net.py"], paths)
    assert done.returncode == 0, done.stderr
    assert imported((folder / "train_net.py").read_text()) == {"acme_parts", "torch", "net"}
    gone = netspec(folder, "eval", "run")
    assert "run was trained with a plugin that is not loaded: data set corners, " in gone.stderr
    assert "help: install what brought it: acme" in gone.stderr


@pytest.mark.parametrize(
    ("plugins", "told"),
    [
        ([{"name": "own.py", "brings": ["loss nowhere"], "sha256": "0" * 64}], "loss nowhere of own.py"),
        ([{"name": "own.py", "brings": ["layer nowhere"], "version": "acme 1.0"}], "layer nowhere of own.py"),
        ([{"name": "own.py", "brings": ["loss focal", "layer conv"], "sha256": "0" * 64}], None),
        ([{"name": "../\x1b[31mown.py", "brings": ["loss nowhere"]}], None),
        ([{"name": "own.py", "brings": ["loss nowhere"] * 1001}], None),
        ("own.py", None),
        (None, None),
    ],
)
def test_what_a_stranger_s_run_says_of_plugins_is_named_and_never_followed(
    tmp_path: Path, plugins: Any, told: str | None
) -> None:
    (tmp_path / METRICS).write_text(json.dumps({"plugins": plugins}))
    if told is None:
        check_plugins(tmp_path)
        return
    with pytest.raises(NetspecError, match=told):
        check_plugins(tmp_path)
    now = (Plugin("own.py", sha256="1" * 64),)
    assert len(changed_since(tmp_path, now)) == 1
