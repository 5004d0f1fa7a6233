"""What reading or training finds wrong is told at the key of the recipe, or of the command line, that causes it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics import Code, Diagnostic, NetspecError, Span
from netspec.frontend import source
from netspec.recipe import fitting
from netspec.recipe.placing import placed
from netspec.recipe.recipe import read_recipe

Run = Callable[..., tuple[int, str, str]]

SPEC = """\
netspec: 1
name: net
input: [1, 4, 4]
layers: [flatten, {linear: 2}]
train:
  data:
    DATA
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  steps: 9
  log: []
"""
ARRAYS = "{arrays: a.npz, batch_size: 4, MORE}"
PLAIN = ARRAYS.replace(", MORE", "")
KNOWN = "{mnist: , batch_size: 4}"
WIDE = "{arrays: w.npz, batch_size: 4, classes: 3}"


@pytest.fixture
def data(tmp_path: Path, netspec: Run) -> Path:
    """Twenty images of two classes, in an archive and in a folder, where one is larger."""
    labels = np.arange(20) % 2
    np.savez("a.npz", x_train=np.arange(320, dtype=np.uint8).reshape(20, 4, 4), y_train=labels)
    for number, label in enumerate(labels):
        file = Path(f"f/{'ab'[label]}/{number}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4 + (number == 9))).save(file)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "given", "place", "said"),
    [
        (ARRAYS.replace("MORE", "validation: 0.01"), (), "net.yaml:7:48", "holds no example out"),
        (ARRAYS.replace("MORE", "mean: [1, 1], std: [1, 1]"), (), "net.yaml:7:42", "the images have 1 channel\n"),
        (PLAIN, ("--set", "train.data.validation=0.01"), "--set train.data.validation:1:1", "0.01"),
        (PLAIN, ("--batch-size", "99"), "--batch-size:1:1", "a batch of 99 is larger"),
        (ARRAYS.replace("batch_size: 4, MORE", "batch_size: 99"), (), "net.yaml:7:33", "a batch of 99 is larger"),
        ("{folder: f, channels: 1}", (), "net.yaml:7:14", "the images differ in size"),
        ("{folder: e, channels: 1}", ("--data", "f"), "--data:1:1", "the images differ in size"),
        ("{folder: e, channels: 1}", (), "net.yaml:7:14", "NS0802"),
        ("{folder: f, channels: 1}", ("--data", "e"), "--data:1:1", "NS0802"),
        ("{folder: f, channels: 1}", ("--set", "train.data.folder=e"), "--set train.data.folder:1:1", "NS0802"),
        (KNOWN, (), "net.yaml:7:6", "gives images of [1, 28, 28]"),
        (KNOWN, ("--data", "there"), "--data:1:1", "gives images of [1, 28, 28]"),
        (KNOWN, ("--set", "train.data.folder=there"), "--set train.data.folder:1:1", "gives images of [1, 28, 28]"),
        (KNOWN, ("--set", "train.data=mnist"), "--set train.data:1:1", "gives images of [1, 28, 28]"),
        (KNOWN, ("--set", "train.data.resize=9"), "--set train.data.resize:1:1", "gives images of [1, 9, 9]"),
        (WIDE, ("--set", "train.data.path=a.npz"), "--set train.data.path:1:1", "NS0804"),
        (WIDE, ("--data", "a.npz"), "--data:1:1", "3 classes"),
        (WIDE.replace("w.npz", "a.npz"), (), "net.yaml:7:14", "3 classes"),
        (PLAIN, ("--set", "train.optimizer.lr=3e38"), "--set train.optimizer.lr:1:1", ""),
    ],
)  # fmt: skip
def test_the_key_that_causes_it_is_told(
    text: str, given: tuple[str, ...], place: str, said: str, data: Path, netspec: Run
) -> None:
    Path("net.yaml").write_text(SPEC.replace("DATA", text))
    code, _, err = netspec("train", "net.yaml", "--device", "cpu", *given)
    assert code
    assert said in err
    assert f"--> {place}" in err


@pytest.mark.parametrize("file", sorted(Path(fitting.__file__).parent.glob("fitting*.py")), ids=lambda file: file.stem)
def test_every_refusal_of_what_does_not_fit_has_a_place(file: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    made = [call for call in calls if ast.unparse(call.func) in ("Diagnostic", "NetspecError.of")]
    without = [ast.unparse(call) for call in made if "path" not in {word.arg for word in call.keywords}]
    assert not without  # all others are `Report.add`'s, which needs one, and `Refusal`s, which have one


def test_what_no_key_causes_has_no_place() -> None:
    text = "train: {data: digits, loss: mse, optimizer: {sgd: 0.1}, compile: true, epochs: 1}\n"
    read = source.parse(text, "net.yaml")
    recipe = read_recipe(read.data["train"], read)

    def told(code: Code, path: tuple[str, ...] | None = None, span: Span | None = None) -> str:
        with pytest.raises(NetspecError) as caught, placed(recipe, read):
            raise NetspecError([Diagnostic(code, "wrong", span, path=path)])
        return str(caught.value)

    assert told(Code.TRAINING_FAILED) == "-: NS0805 wrong"
    assert told(Code.TRAINING_FAILED, ("train", "compile")) == "net.yaml:1:66: NS0805 wrong"
    assert told(Code.DATA_MISMATCH) == "net.yaml:1:15: NS0804 wrong"
    assert told(Code.DATA_MISMATCH, None, Span("own.yaml", 2, 3, 2, 4)) == "own.yaml:2:3: NS0804 wrong"
    assert told(Code.DATA_BROKEN) == "net.yaml:1:15: NS0803 wrong"
