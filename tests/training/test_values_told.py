"""Values that outputs stand for: the same number by hand, from `train`, `eval` and `predict`, and from a script."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor
from torchmetrics.functional.classification import multiclass_calibration_error

import netspec
from netspec import api
from netspec.cli import run as command
from netspec.companions import write_files
from netspec.look.method import Options
from netspec.look.methods.masks import METHOD
from netspec.look.opening import open_network
from netspec.training.judging.opened_run import open_run
from netspec.training.judging.predict import Predictor
from netspec.training.showing.pictures.of_predictions import Pictures

HEAD = "netspec: 1\nname: net\ninput: [1, 8, 8]\nlayers: "
RECIPE = "train:\n  optimizer: {adamw: 1e-2}\n  epochs: 1\n  log: []\n  loss: "
TEXTS = {
    "autoencoder": f"""{HEAD}[flatten, {{linear: 6}}, {{linear: 64}}, {{reshape: [1, 8, 8]}}]
{RECIPE}bce_with_logits
  task: autoencoding
  data: {{arrays: ink.npz, range: [0, 1]}}
""",
    "regression": f"""{HEAD}[flatten, {{linear: 2}}]
{RECIPE}bce_with_logits
  task: regression
  data: {{arrays: ink.npz}}
""",
    "classes": f"""{HEAD}[flatten, {{linear: 10}}]
{RECIPE}bce_with_logits
  task: classification
  metrics: [calibration_error]
  data: {{arrays: digits.npz, batch_size: 64}}
""",
    "several": f"""{HEAD}[{{flatten: , name: all}}, {{linear: 6}}, {{linear: 64}}, {{reshape: [1, 8, 8], name: again}},
  {{linear: 2, from: all, name: ink}}]
outputs: {{again: again, ink: ink}}
{RECIPE}{{again: {{bce_with_logits: , task: autoencoding}}, ink: {{bce_with_logits: , task: regression}}}}
  data: {{arrays: ink.npz, range: [0, 1]}}
""",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Digits with the shares of ink in each half, and one of them as a picture."""
    folder = tmp_path_factory.mktemp("values")
    images, labels = load_digits().images, load_digits().target
    ink = np.stack([images[:, :4].mean((1, 2)) / 16, images[:, 4:].mean((1, 2)) / 16], 1).astype("float32")
    pixels = (images * 255 / 16).round().astype("uint8")
    for name, known in (("ink", ink), ("digits", labels)):
        learned, judged = slice(0, 300), slice(300, 400)
        parts = {
            "x_train": pixels[learned],
            "y_train": known[learned],
            "x_test": pixels[judged],
            "y_test": known[judged],
        }
        np.savez(folder / f"{name}.npz", **parts)
    np.savez(folder / "rows.npz", x=pixels[300:400])
    Image.fromarray(pixels[300]).save(folder / "digit.png")
    return folder


def by_hand(run: netspec.Run, name: str, home: Path) -> dict[str, float]:
    """The figures that hold outputs by their formula against what is known."""
    data = run.metrics["data"]
    module = run.model("cpu").eval()
    known = np.load(home / ("digits.npz" if name == "classes" else "ink.npz"))
    inputs = (torch.tensor(known["x_test"]).float()[:, None] - data["shift"][0]) / data["scale"][0]
    wanted = torch.tensor(known["y_test"])
    with torch.no_grad():
        outputs = module(inputs)
    if name == "classes":
        return {"calibration_error": multiclass_calibration_error(outputs.sigmoid(), wanted, 10, n_bins=15).item()}

    def error(given: Tensor, true: Tensor) -> float:
        return (given.double().sigmoid() - true).square().mean().item()

    if name == "several":
        return {"again.mse": error(outputs["again"], inputs), "ink.mse": error(outputs["ink"], wanted)}
    return {"mse": error(outputs, inputs if name == "autoencoder" else wanted)}


def scripted(
    home: Path, text: str, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    write_files(api.loads(text), home / "net.py", train=True)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu", "--out", str(out)])
    sys.modules.pop("net", None)
    capsys.readouterr()
    runpy.run_path("train_net.py", run_name="__main__")
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("name", TEXTS)
def test_one_number_wherever_it_is_told(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    run = netspec.train(api.loads(TEXTS[name]), device="cpu", out=tmp_path / "run")
    line = scripted(home, TEXTS[name], tmp_path / "script", monkeypatch, capsys)
    assert command(["eval", str(run.path), "--device", "cpu", "--format", "json"]) == 0
    judged = json.loads(capsys.readouterr().out)
    for figure, value in by_hand(run, name, home).items():
        assert run.metrics[f"test_{figure}"] == pytest.approx(value, rel=1e-4)
        assert judged[f"test_{figure}"] == run.metrics[f"test_{figure}"]
        [told] = re.findall(rf" {re.escape(figure)} ([\d.]+)", line)
        share = 100 if figure == "calibration_error" else 1
        assert float(told) == pytest.approx(share * value, abs=6e-5 * share)
    if name == "autoencoder":
        (found,) = run.predict("digit.png", device="cpu")
        assert run.metrics["test_psnr"] > 0
        with torch.no_grad():
            inputs = torch.tensor(np.load("ink.npz")["x_test"][:1]).float()[:, None] / 255
            assert found.error == pytest.approx((run.model("cpu")(inputs).sigmoid() - inputs).square().mean().item())
    elif name != "classes":
        told_of(run, name, home, tmp_path)


def told_of(run: netspec.Run, name: str, home: Path, folder: Path) -> None:
    """The values of an image and of rows: `predict` tells those that were judged."""
    (found,) = run.predict("digit.png", device="cpu")
    assert command(["predict", str(run.path), "rows.npz", "--device", "cpu", "--output", str(folder / "told.npz")]) == 0
    rows = np.load(folder / "told.npz")
    known = np.load(home / "ink.npz")
    pixels, ink = known["x_test"].astype("float64")[:, None] / 255, known["y_test"]
    parts = dict(found.outputs) if name == "several" else {"ink": found}
    for part, one in parts.items():
        before = f"{part}." if name == "several" else ""
        raw, values = rows[f"{before}outputs"], rows[f"{before}numbers"]
        assert values == pytest.approx(1 / (1 + np.exp(-raw.astype("float64"))), abs=1e-6)
        wanted = pixels if part == "again" else ink
        assert np.square(values - wanted).mean() == pytest.approx(run.metrics[f"test_{before}mse"], rel=1e-4)
        if part == "ink":
            assert one.values == pytest.approx(values[0].tolist(), rel=1e-5)
        else:
            assert one.error == pytest.approx(np.square(values[0] - pixels[0]).mean(), rel=1e-4)


def test_reconstructions_are_drawn_of_values(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    netspec.train(api.loads(TEXTS["autoencoder"]), device="cpu", out=tmp_path / "run")
    predictor = Predictor(open_run(tmp_path / "run"), "cpu")
    inputs = predictor.images(Path("digit.png"), predictor.device)
    with torch.no_grad():
        values = predictor.module(inputs).sigmoid()
    pictures = Pictures(predictor, tmp_path / "drawn", [])
    shown: list[Tensor] = []
    monkeypatch.setattr(pictures, "_beside", lambda given, made: shown.append(made) or Image.new("L", (1, 1)))
    predictor(Path("digit.png"), draw=pictures)
    assert torch.equal(shown[0], values[0])
    opened = open_network(str(tmp_path / "run"))
    seen = opened.see(Path("digit.png"))
    (figure,) = METHOD.look(opened, [seen], Options())
    assert np.array_equal(figure.panels[1].image, opened.picture(values[0]))
    assert figure.facts["mse"] == pytest.approx(float((values - inputs).square().mean()), rel=1e-5)
