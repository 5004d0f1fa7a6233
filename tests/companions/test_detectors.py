"""Training scripts of detectors do what `netspec train` does, bit for bit."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from netspec import api
from netspec.companions import files, write_files
from netspec.training.spec import train_spec
from tests.backends.checks import clean
from tests.detectors.small import spec_text
from tests.recipe.data.boxed_sets import voc, yolo
from tests.training.detectors import FASTER_RCNN, RETINANET, TRAIN

MORE = """\
  augment: [flip, {scale_jitter: }, {iou_crop: }, {color_jitter: , brightness: 0.3}]
  accumulate: 2
  ema: {decay: 0.9}
  checkpoint: {monitor: map50, keep: 2}
  early_stopping: {patience: 1, monitor: loss}
"""

SPECS = {
    "retinanet": RETINANET + TRAIN,
    "retinanet, with more": RETINANET + TRAIN + MORE,
    "faster_rcnn": FASTER_RCNN + TRAIN.replace("loss: detector", "loss: {detector: {box_reg: 2.0}}"),
}


def run_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a script in this process."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu"])
    sys.modules.pop("net", None)
    runpy.run_path("train_net.py", run_name="__main__")


def equal(made: dict[str, torch.Tensor], file: str) -> bool:
    wanted = load_file(file)
    return made.keys() == wanted.keys() and all(torch.equal(made[name], wanted[name]) for name in wanted)


def check_told(line: str, metrics: dict[str, Any], start: str) -> None:
    """The figures of a line are those of a run; none is left out."""
    told = dict(re.findall(r"([\w.]+) (-?[\d.]+|-)", line))
    assert {f"{start}{name}" for name in told} == {name for name in metrics if name.startswith(start)}
    for name, figure in told.items():
        wanted, share = metrics[f"{start}{name}"], 100 if f"{name} {figure}%" in line else 1
        assert (figure == "-") if wanted is None else float(figure) == pytest.approx(share * wanted, abs=0.006)


RECIPE = """\
train:
  data: {KEY: PLACE, classes: [circle, square, triangle, star], batch_size: 3}
  loss: detector
  optimizer: {sgd: 0.01}
  epochs: 1
"""
"""For data of files, whose images are told apart by four classes."""

OF_FILES = {
    "fcos": ({"sizes": [[4], [8]], "min_size": 48, "max_size": 64}, voc),
    "ssd": ({"aspect_ratios": [[2], [2]], "scales": [0.2, 0.4, 0.6]}, yolo),
}
"""Kinds, each with options and data; `ssd` has no part for the test."""

TESTED = {"fcos": 3, "ssd": 1}


@pytest.mark.parametrize("kind", OF_FILES)
def test_a_script_reads_files_with_boxes_and_learns_from_them(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options, make = OF_FILES[kind]
    place = make(tmp_path / "data")
    for part in ("images/val", "labels/val") if kind == "ssd" else ():  # a fifth of the others judges then
        shutil.rmtree(place / part)
    recipe = RECIPE.replace("KEY", make.__name__).replace("PLACE", str(place))
    check_script(spec_text(kind, options, 2, 1) + recipe, TESTED[kind], tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_a_detectors_script_leaves_the_weights_that_netspec_train_leaves(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, metrics = check_script(text, 6, tmp_path, monkeypatch, capsys)
    assert equal(torch.load("checkpoints/best.pt", weights_only=True), "run/best.safetensors")
    [best] = re.findall(r"^of the best epoch (.*)$", out, re.MULTILINE)
    check_told(best, metrics["best"], "test_")


def check_script(
    text: str,
    tested: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[str, dict[str, Any]]:
    """Train by a script and by `netspec train`: weights and figures are the same."""
    spec = api.loads(text)
    write_files(spec, tmp_path / "net.py", train=True)
    run_here(tmp_path, monkeypatch)
    out = capsys.readouterr().out
    metrics = train_spec(spec, device="cpu", out=tmp_path / "run").metrics
    assert equal(torch.load("checkpoints/last.pt", weights_only=True)["network"], "run/last.safetensors")
    [last] = re.findall(rf"^test (.*)  of {tested} images$", out, re.MULTILINE)
    check_told(last, metrics, "test_")
    return out, metrics


def test_scripts_of_detectors_are_clean(tmp_path: Path) -> None:
    sources = {}
    given = [RECIPE.replace("KEY", key).replace("PLACE", "there") for key in ("voc", "yolo", "boxes")]
    given.append(given[0].replace("voc", "coco").replace("classes: [circle, square, triangle, star], ", ""))
    own = [spec_text("fcos", OF_FILES["fcos"][0], 2, 1) + recipe for recipe in given]
    for number, text in enumerate([*SPECS.values(), *own]):
        found = files(api.loads(text), Path(f"net{number}.py"), train=True)
        sources |= {path.stem: source for path, source in found.items()}
    assert all("torchvision" in text.split('"""')[1] for name, text in sources.items() if name.startswith("train"))
    assert not any("ACCUMULATE = 1" in text or "class OfClass" in text for text in sources.values())
    clean(sources, tmp_path)
