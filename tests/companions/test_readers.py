"""A script reads data sets as netspec does."""

from __future__ import annotations

import io
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netspec.companions import write_files
from netspec.driver.recipes import recipe_of
from netspec.recipe.data.raw import Images
from netspec.training.feeding.decoded import Decoder
from netspec.training.spec import train_spec
from tests.companions.recipes import digits
from tests.recipe.data.boxed_sets import boxes, coco, voc, yolo

RANDOM = np.random.default_rng(0)


def image(path: Path, height: int = 8, width: int = 8, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path, **options)


def classes(root: Path) -> dict[str, Any]:
    for name in ("cat", "dog", "eel"):
        for number in range(10):
            image(root / name / f"{number}.png")
    return {"folder": str(root), "test": 0.3}


def few(root: Path) -> dict[str, Any]:
    return {**{name: value for name, value in classes(root).items() if name != "test"}, "per_class": 4, "split_seed": 7}


def parts(root: Path) -> dict[str, Any]:
    exif = Image.Exif()
    exif[274] = 6  # turned by a quarter
    for part, count in (("train", 8), ("val", 2), ("test", 3)):
        for name in ("b", "a"):
            for number in range(count):
                image(root / part / name / f"{number}.jpg", 12 + number, 16, exif=exif)
    return {"folder": str(root), "shorter": 10, "crop": 8}


def resized(root: Path) -> dict[str, Any]:
    for part, count in (("train", 8), ("val", 4)):
        for number in range(count):
            image(root / part / "a" / f"{number}.png", 9, 16 + number)
            image(root / part / "b" / f"{number}.gif", 20, 20)
    return {"folder": str(root), "resize": [8, 8], "channels": 1}


def unlabelled(root: Path) -> dict[str, Any]:
    for number in range(10):
        image(root / f"{number}.png")
    return {"folder": str(root)}


def caltech(root: Path) -> dict[str, Any]:
    for name in ("accordion", "ant", "BACKGROUND_Google"):
        for number in range(5):
            image(root / "caltech101" / "101_ObjectCategories" / name / f"{number}.png")
    return {"caltech101": str(root)}


def streamed(root: Path) -> dict[str, Any]:
    return {**parts(root), "in_memory": False, "workers": 0}


def streamed_masks(root: Path) -> dict[str, Any]:
    return {**masks(root), "in_memory": False, "workers": 0}


def masks(root: Path) -> dict[str, Any]:
    for part, count in (("train", 12), ("val", 4)):
        for number in range(count):
            image(root / part / "images" / f"{number}.png", 10, 12)
            (root / part / "masks").mkdir(exist_ok=True)
            mask = RANDOM.choice(np.array([0, 1, 2, 255], dtype=np.uint8), (10, 12))
            Image.fromarray(mask).save(root / part / "masks" / f"{number}.png")
    return {"segmentation": str(root), "classes": 3, "resize": 8}


def tables(root: Path, labels: Any = lambda row: row % 3) -> dict[str, Any]:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for part, count in (("train", 12), ("test", 6)):
        cells = []
        for _ in range(count):
            file = io.BytesIO()
            Image.fromarray(RANDOM.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(file, "png")
            cells.append({"bytes": file.getvalue(), "path": None})
        root.mkdir(exist_ok=True)
        rows = pyarrow.table({"image": cells, "label": [labels(row) for row in range(count)]})
        parquet.write_table(rows, root / f"{part}-00000.parquet")
    return {"parquet": str(root)}


def named(root: Path) -> dict[str, Any]:
    return tables(root, lambda row: ("eel", "ant", "cat")[row % 3])


def values(root: Path) -> dict[str, Any]:
    return tables(root, lambda row: row / 7)


def arrays(root: Path) -> dict[str, Any]:
    root.mkdir()
    x = RANDOM.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    np.savez(root / "data.npz", x_train=x, y_train=np.arange(20) % 4, x_val=x[:4], y_val=np.arange(4))
    return {"arrays": str(root / "data.npz")}


def floats(root: Path) -> dict[str, Any]:
    root.mkdir()
    for part, count in (("train", 30), ("val", 5), ("test", 6)):
        np.save(root / f"x_{part}.npy", RANDOM.normal(size=(count, 4)))
        np.save(root / f"y_{part}.npy", RANDOM.normal(size=(count, 2)))
    return {"arrays": str(root)}


def labels(root: Path) -> dict[str, Any]:
    root.mkdir()
    for part, count in (("train", 30), ("val", 5), ("test", 6)):
        np.save(root / f"x_{part}.npy", RANDOM.normal(size=(count, 4)))
        np.save(root / f"y_{part}.npy", RANDOM.integers(0, 2, (count, 3)).astype("float32"))
    return {"arrays": str(root)}


def same(made: Any, wanted: Any) -> bool:
    if made is None or wanted is None:
        return made is wanted
    targets = made.targets is wanted.targets or torch.equal(made.targets, wanted.targets)
    return targets and torch.equal(made.images, wanted.images)


MAKERS = [classes, few, parts, resized, unlabelled, caltech, masks, tables, named, values, arrays, floats]


@pytest.mark.parametrize("make", MAKERS)
def test_data_are_read_alike(make: Any, tmp_path: Path) -> None:
    data = recipe_of(digits({"data": make(tmp_path / "data")})).data
    reader = data.reader()
    assert reader
    assert data.script_folder
    found, wanted = reader(Path(data.script_folder)), data.load()
    if decoder := Decoder.of(data, wanted):
        wanted = decoder.read(wanted)
    assert isinstance(wanted.train, Images)
    assert same(found.train, wanted.train)
    assert same(found.test, wanted.test)
    assert same(found.validation, wanted.validation)
    assert found.brightest == wanted.brightest


PIXELS = [{"conv": 4, "kernel": 3, "padding": 1}, "relu", {"conv": 3, "kernel": 1}]
OF_VALUES, OF_IMAGES = {"loss": "mse", "task": "regression"}, {"task": "autoencoding"}
COLOURS = ["flatten", {"linear": 8}, "tanh"]


@pytest.mark.parametrize(
    ("make", "shape", "layers", "recipe"),
    [
        (masks, [3, 8, 8], PIXELS, {"loss": {"dice": None, "cross_entropy": 1.0}, "augment": [{"affine": 20}, "flip"]}),
        (masks, [3, 8, 8], PIXELS, {"loss": {"cross_entropy": None, "ignore_index": 1}}),
        (
            floats,
            [4],
            [{"linear": 8}, "tanh", {"linear": 2}],
            {**OF_VALUES, "metrics": ["rmse"]},
        ),
        (labels, [4], [{"linear": 3}], {"loss": "bce_with_logits", "task": "multi_label"}),
        (values, [3, 8, 8], [*COLOURS, {"linear": 1}], {"loss": {"huber": None}, "augment": [{"mixup": 0.2}]}),
        (parts, [3, 8, 8], [*COLOURS, {"linear": 2}], {"loss": "cross_entropy"}),
        (streamed, [3, 8, 8], [*COLOURS, {"linear": 2}], {"loss": "cross_entropy"}),
        (
            streamed,
            [3, 8, 8],
            [*COLOURS, {"linear": 2}],
            {"loss": "cross_entropy", "augment": [{"random_resized_crop": 8}, "flip", {"mixup": 0.2}]},
        ),
        (streamed_masks, [3, 8, 8], PIXELS, {"loss": "cross_entropy", "augment": [{"rotate": 20}]}),
        (
            unlabelled,
            [3, 8, 8],
            [*COLOURS, {"linear": 192}, {"reshape": [3, 8, 8]}],
            {"loss": "mse", **OF_IMAGES},
        ),
    ],
)
def test_tasks(
    make: Any,
    shape: list[int],
    layers: list[Any],
    recipe: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = {**make(tmp_path / "data"), "batch_size": 5}
    spec = digits({"data": data, "epochs": 2, **recipe}, input=shape, layers=layers)
    write_files(spec, tmp_path / "net.py", train=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu"])
    sys.modules.pop("net", None)
    runpy.run_path("train_net.py", run_name="__main__")
    out = capsys.readouterr().out
    metrics = train_spec(spec, device="cpu", out=tmp_path / "run").metrics
    made = torch.load("checkpoints/last.pt", weights_only=True)
    for name, tensor in load_file("run/last.safetensors").items():
        torch.testing.assert_close(made["network"][name], tensor, rtol=1e-4, atol=1e-5)
    [told] = re.findall(r"^test loss ([\d.]+)", out, re.MULTILINE)
    assert float(told) == pytest.approx(metrics["test_loss"], abs=1e-3)


BOXED = [
    (coco, {"coco": {}}),
    (coco, {"coco": {"category_ids": True}}),
    (voc, {"voc": {"difficult": True}}),
    (voc, {"voc": {"classes": ["triangle", "square", "circle"]}}),
    (yolo, {"yolo": {}}),
    (boxes, {"boxes": {"broken": "drop"}}),
]


@pytest.mark.parametrize(("make", "data"), BOXED, ids=lambda each: each.__name__ if callable(each) else str(each))
def test_boxes_are_read_alike(make: Any, data: dict[str, Any], tmp_path: Path) -> None:
    (key, options), place = next(iter(data.items())), make(tmp_path / "data")
    part = recipe_of(digits({"data": {key: str(place), **options}})).data
    reader = part.reader()
    assert reader
    found, wanted = reader(place), part.load()
    assert found.classes == wanted.classes
    for name in ("train", "validation", "test"):
        one, other = getattr(found, name), getattr(wanted, name)
        assert (one is None) == (other is None)
        assert one is None or len(one) == len(other) > 0
        for row in range(len(one or ())):
            assert np.array_equal(one.pixels(row), other.pixels(row))
            truths = one.truth(row), other.truth(row)
            for name in ("boxes", "labels", "area", "crowd"):
                assert np.array_equal(*(getattr(each, name) for each in truths)), name


@pytest.mark.parametrize("in_memory", [True, False])
def test_an_image_that_is_broken_is_told_in_a_line(
    in_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {**classes(tmp_path / "data"), "resize": [8, 8], "in_memory": in_memory, "batch_size": 5}
    layers = ["flatten", {"linear": 3}]
    write_files(digits({"data": data}, input=[3, 8, 8], layers=layers), tmp_path / "net.py", train=True)
    for number in range(10):  # some at least are to be learned from, and are not among those that are looked at first
        broken = tmp_path / "data" / "dog" / f"{number}.png"
        broken.write_bytes(broken.read_bytes()[:100])
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu"])
    sys.modules.pop("net", None)
    with pytest.raises(SystemExit) as caught:
        runpy.run_path("train_net.py", run_name="__main__")
    assert re.fullmatch(r"\S+/dog/\d\.png: [^\n]+: replace it, or delete it", str(caught.value.code))
