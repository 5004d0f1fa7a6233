"""`netspec predict` and the tables of `netspec eval`, on a run of the digits."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits

from netspec import api
from netspec.cli import run
from netspec.driver.recipes import recipe_of
from netspec.training.feeding.samples import prepare

SPEC = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 32, activation: relu}, {linear: 10}]
train:
  data: {digits: , batch_size: 32}
  loss: LOSS
  optimizer: {adamw: 5e-3}
  epochs: 6
"""


def trained(folder, loss="cross_entropy"):
    (folder / "tiny.yaml").write_text(SPEC.replace("LOSS", loss))
    assert run(["train", str(folder / "tiny.yaml"), "--device", "cpu", "--out", str(folder / "run")]) == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run, and pictures of some of its digits."""
    folder = tmp_path_factory.mktemp("predict")
    trained(folder)
    digits = load_digits()
    (folder / "images").mkdir()
    for row in range(5):
        pixels = np.round(digits.images[row] * 255 / 16).astype("uint8")
        Image.fromarray(pixels).save(folder / f"images/{row}.png")
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)
    return home


def told(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run(["predict", "run", *arguments, "--device", "cpu"]) == code
    return capsys.readouterr()


def test_the_likeliest_classes(here, capsys):
    out = told(capsys, "images/0.png", "images/3.png").out
    names = [line.split()[0] for line in out.splitlines() if line]
    assert (names[0], names[6]) == ("images/0.png", "images/3.png")
    assert (names[1], names[7]) == ("0", "3")
    assert out.count("%") == 10


def test_probabilities_are_those_of_the_training_s_own_images(here, capsys):
    """A file of a digit of the set gives what the module gives of that digit."""
    records = json.loads(told(capsys, "images", "--top", "10", "--format", "json").out)
    assert [Path(record["image"]).name for record in records] == [f"{row}.png" for row in range(5)]
    spec = api.load("run/spec.yaml")
    module = api.compile(spec)
    module.load_state_dict(load_file("run/last.safetensors"))
    inputs = prepare(recipe_of(spec).data, torch.device("cpu")).inputs
    pixels = torch.from_numpy(load_digits().images[:5]).float()[:, None]
    with torch.no_grad():
        wanted = module.eval()((pixels - inputs.shift[0]) / inputs.scale[0]).softmax(1)
    for record, row in zip(records, wanted, strict=True):
        found = {each["name"]: each["probability"] for each in record["classes"]}
        torch.testing.assert_close(torch.tensor([found[str(digit)] for digit in range(10)]), row, atol=0.02, rtol=0)
        assert sum(found.values()) == pytest.approx(1, abs=1e-5)


def test_images_of_another_size_and_colour(here, capsys):
    large = Image.open("images/3.png").resize((300, 200)).convert("RGBA")
    large.save("large.png")
    (record,) = json.loads(told(capsys, "large.png", "--top", "1", "--format", "json").out)
    assert [each["name"] for each in record["classes"]] == ["3"]


def test_what_is_no_image_is_named_and_the_others_told(here, capsys):
    Path("text.png").write_text("no image")
    data = Path("images/0.png").read_bytes()
    Path("cut.png").write_bytes(data[: len(data) // 2])
    Path("nothing").mkdir()
    given = ["text.png", "cut.png", "gone.png", "nothing", "images/1.png"]
    printed = told(capsys, *given, code=1)
    assert printed.out.splitlines()[0] == "images/1.png"
    for word in (
        "text.png: it is no image",
        "cut.png: the PNG is cut short",
        "there is no file gone.png",
        "nothing holds no",
    ):
        assert word in printed.err
    assert printed.err.count("NS090") == 4
    records = json.loads(told(capsys, *given, "--format", "json", code=1).out)
    assert [list(record) for record in records] == [["image", "classes"], *[["diagnostics"]] * 4]


def test_other_weights(here, capsys):
    weights = {name: torch.zeros_like(tensor) for name, tensor in load_file("run/last.safetensors").items()}
    save_file(weights, "zero.safetensors")
    (record,) = json.loads(told(capsys, "images/0.png", "--weights", "zero.safetensors", "--format", "json").out)
    assert [each["probability"] for each in record["classes"]] == pytest.approx([0.1] * 5)


def test_a_loss_whose_outputs_are_no_probabilities(tmp_path, here, capsys, monkeypatch):
    trained(tmp_path, "multi_margin")
    capsys.readouterr()
    assert run(["predict", str(tmp_path / "run"), "images/0.png", "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "%" not in out
    assert out.splitlines()[1].split()[:2] == ["0", "score"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: (run / "spec.yaml").unlink(), "is no run's folder: it has no spec.yaml"),
        (lambda run: (run / "metrics.json").unlink(), "metrics.json is not there"),
        (lambda run: (run / "metrics.json").write_text("{"), "metrics.json is no JSON"),
        (lambda run: (run / "metrics.json").write_text('{"data": {}}'), "`state` is missing"),
        (
            lambda run: (run / "metrics.json").write_text('{"state": "done", "epochs": [], "data": {}}'),
            "does not tell the run's shift, scale",
        ),
        (lambda run: (run / "last.safetensors").write_bytes(b"cut"), "last.safetensors"),
    ],
)
def test_a_folder_that_is_no_whole_run(here, tmp_path, capsys, change, message):
    import shutil

    shutil.copytree("run", tmp_path / "copy")
    change(tmp_path / "copy")
    capsys.readouterr()
    assert run(["predict", str(tmp_path / "copy"), "images/0.png", "--device", "cpu"]) == 1
    assert message in capsys.readouterr().err


def test_eval_tells_of_every_class(here, capsys):
    capsys.readouterr()
    assert run(["eval", "run", "--device", "cpu", "--confusion", "confusion.png"]) == 0
    lines = capsys.readouterr().out.splitlines()
    metrics = json.loads(Path("run/metrics.json").read_text())
    assert lines[0].startswith(f"test accuracy {metrics['test_accuracy']:.2%} of 360 images")
    assert "Precision" in lines[3]
    rows = [line for line in lines if line.startswith("│")]
    assert [row.split()[1] for row in rows] == list("0123456789")
    assert lines[-1].startswith(" most often mistaken: ")
    assert Image.open("confusion.png").format == "PNG"


def test_eval_as_data(here, capsys):
    capsys.readouterr()
    assert run(["eval", "run", "--device", "cpu", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    matrix = np.array(found["confusion"])
    assert matrix.sum() == 360
    assert matrix.trace() / 360 == found["test_accuracy"]
    assert [row["examples"] for row in found["classes"]] == matrix.sum(1).tolist()
    assert [row["recall"] for row in found["classes"]] == (matrix.diagonal() / matrix.sum(1)).tolist()
    assert (found["task"], found["test_images"]) == ("classification", 360)
