"""`netspec data`: what it tells, as text and as data, and the contact sheet."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from netspec.cli import run
from netspec.diagnostics.numbered import numbered
from netspec.images.ends import ends_early
from netspec.recipe.data.shapes import Shapes
from netspec.training.showing.boxes_seen import BoxesSeen, PartSeen
from netspec.training.showing.data_seen import class_rows
from netspec.training.showing.overview import Overview
from netspec.training.showing.pictures.palette import colour
from netspec.training.showing.texts_seen import TextsSeen
from tests.recipe.data.boxed_sets import yolo
from tests.recipe.data.sets import arrays, folder, masked


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Runs the command on a recipe's `data` and `augment`; gives the exit code and what it prints."""
    monkeypatch.chdir(tmp_path)

    def call(data, *options, augment=()):
        train = {"data": data, "augment": list(augment), "loss": "mse", "optimizer": {"sgd": 0.1}, "epochs": 1}
        text = (
            f"netspec: 1\nname: toy\ninput: [3, 12, 10]\nlayers: [flatten, {{linear: 3}}]\ntrain: {json.dumps(train)}\n"
        )
        (tmp_path / "toy.yaml").write_text(text)
        code = run(["data", "toy.yaml", *options])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return call


def sheet(path):
    return np.array(Image.open(path).convert("RGB")).astype(int)


def test_figures_are_right(tmp_path, told):
    folder(tmp_path / "pictures")
    code, text = told({"folder": "pictures", "validation": 3}, "--format", "json")
    assert code == 0
    found = json.loads(text)
    pixels = np.stack(
        [np.array(Image.open(file)) for file in sorted((tmp_path / "pictures/train").rglob("*.png"))]
    ).astype(float)
    assert found["parts"]["train"] == {"examples": 15, "classes": {"blue": 5, "green": 5, "red": 5}}
    assert found["parts"]["validation"]["examples"] == 3
    assert found["parts"]["test"]["classes"] == {"blue": 6, "green": 6, "red": 6}
    assert found["pixels_of"] == 15
    assert (found["images"], found["in_memory"]) == ([3, 12, 10], True)
    assert found["files"] == {"smallest": [12, 10], "largest": [12, 10]}
    assert np.array(found["shift"]) == pytest.approx(pixels.mean((0, 1, 2)), rel=1e-4)
    assert np.array(found["mean"]) == pytest.approx(pixels.mean((0, 1, 2)) / 255, rel=0.05)


def test_text(tmp_path, told):
    folder(tmp_path / "pictures")
    code, text = told({"folder": "pictures", "in_memory": False})
    assert code == 0
    assert text.startswith("folder: images of [3, 12, 10], read batch by batch\nfiles of 12x10 (height x width)\n")
    assert "│ red   │     6 │    6 │\n" in text
    assert "│ all   │    18 │   18 │\n" in text


def test_many_classes_and_targets_that_are_numbers(tmp_path, told):
    code, text = told({"synthetic": [1, 4, 4], "classes": 50, "examples": 500})
    assert code == 0
    assert "30 more" in text
    arrays(tmp_path / "a.npz", y_train=np.linspace(-1, 3, 20), x_test=None, y_test=None)
    code, text = told({"arrays": "a.npz", "test": 4})
    assert code == 0
    assert "target 0   from -1 to 3" in text


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize(
    "augment", [[], ["flip"], [{"random_resized_crop": [12, 10]}, {"mixup": 1.0}, "cutmix"], ["trivial_augment"]]
)
def test_the_sheet_shows_the_images(tmp_path, told, augment, in_memory):
    folder(tmp_path / "pictures")
    data = {"folder": "pictures", "in_memory": in_memory, "resize": [12, 10]}
    code, text = told(data, "--sheet", "sheet.png", augment=augment)
    assert code == 0
    assert text.endswith("contact sheet in sheet.png\n")
    picture = sheet(tmp_path / "sheet.png")
    blues = ((picture[:, :, 2] > 180) & (picture[:, :, 0] < 60)).sum()
    assert blues > 5000
    tall = 34 + (6 if augment else 1) * (120 + 40)
    assert picture.shape[0] == tall
    first = sheet(tmp_path / "sheet.png")
    told(data, "--sheet", "sheet.png", augment=augment)
    assert np.array_equal(first, sheet(tmp_path / "sheet.png"))


def test_the_first_row_is_as_it_is_on_disk(tmp_path, told):
    folder(tmp_path / "pictures", each=1)
    told({"folder": "pictures"}, "--sheet", "sheet.png", augment=["flip"])
    picture = sheet(tmp_path / "sheet.png")
    on_disk = {np.array(Image.open(file)).tobytes() for file in (tmp_path / "pictures/train").rglob("*.png")}
    for column in range(3):
        left = 92 + column * 110
        tile = picture[34 : 34 + 120 : 10, left : left + 100 : 10].astype(np.uint8)
        assert np.ascontiguousarray(tile).tobytes() in on_disk


def test_masks_are_shown_over_their_images(tmp_path, told):
    masked(tmp_path / "pictures")
    code, text = told(
        {"segmentation": "pictures", "classes": 2}, "--sheet", "sheet.png", "--format", "json", augment=["flip"]
    )
    assert code == 0
    assert list(json.loads(text)["mask_pixels"].values()) == [4 * 11 * 10 - 70, 5 * (2 + 3 + 4 + 5)]
    picture = sheet(tmp_path / "sheet.png")
    reddish = (picture[:, :, 0] - picture[:, :, 1] > 40).sum()
    assert reddish > 3000


@pytest.mark.parametrize(
    ("data", "augment", "options", "code", "words"),
    [
        ({"folder": "nowhere"}, [], [], 3, "NS0802"),
        ({"folder": "pictures"}, [{"crop": 6}], ["--sheet", "s.png"], 1, "NS0801"),
        ({"folder": "pictures"}, [], ["--sheet", "no/where/s.png"], 1, "NS0903"),
        ({"folder": "pictures", "pad": -1}, [], [], 1, "NS0203"),
    ],
)
def test_what_goes_wrong(tmp_path, told, data, augment, options, code, words):
    folder(tmp_path / "pictures")
    found, text = told(data, *options, augment=augment)
    assert found == code, text
    assert words in text
    assert "Traceback" not in text


def test_another_input_must_fit_the_network(tmp_path, told):
    folder(tmp_path / "pictures")
    assert told({"folder": "pictures"}, "--input", "3x16x16")[0] == 0
    code, text = told({"folder": "pictures"}, "--input", "16x16")
    assert code == 1
    assert "[16, 16]" in text


def test_vectors_have_no_sheet(tmp_path, told):
    arrays(tmp_path / "a.npz", x_train=np.ones((20, 4)), x_test=None, y_test=None)
    code, text = told({"arrays": "a.npz"}, "--sheet", "s.png")
    assert code == 1
    assert "a picture has 1 channel or 3" in text


def test_ends_of_files():
    whole = io.BytesIO()
    Image.new("RGB", (4, 4)).save(whole, "JPEG")
    data = whole.getvalue()
    assert ends_early(data[:8], data[-256:]) is None
    assert "cut short" in ends_early(data[:8], data[:-2])
    assert ends_early(b"", b"") == "it is empty"


SHAPES = {"shapes": 30, "test": 10, "size": [40, 60], "objects": [0, 3], "sides": [8, 36]}


def test_objects_are_counted_and_measured(told):
    code, text = told({**SHAPES, "validation": 6}, "--format", "json")
    assert code == 0
    found, data = json.loads(text), Shapes(images=30, test=10, size=(40, 60), objects=(0, 3), sides=(8, 36)).load()
    truths = [data.test.truth(row) for row in range(10)]
    part = found["parts"]["test"]
    labels = np.concatenate([truth.labels for truth in truths])
    assert list(part["objects"].values()) == np.bincount(labels, minlength=4)[1:].tolist()
    assert part["without_objects"] == sum(not len(truth.labels) for truth in truths) > 0
    areas = np.concatenate([truth.area for truth in truths])
    small = int((areas < 1024).sum())
    assert part["areas"] == {"small": small, "medium": len(areas) - small, "large": 0}
    assert [found["parts"][name]["images"] for name in ("train", "validation")] == [24, 6]
    assert found["boxes"]["width"]["least"] >= 8
    assert found["images"] == {"smallest": [40, 60], "largest": [40, 60]}
    _, text = told({**SHAPES, "objects": 1, "sides": 32}, "--format", "json")
    alike = json.loads(text)["parts"]["train"]  # a square of 32x32 is the smallest that is medium
    assert alike["areas"]["medium"] == alike["objects"]["square"] > 0
    code, text = told(SHAPES)
    assert code == 0
    assert text.startswith("shapes: images with boxes, 40x60 (height x width)\n")
    assert "│ without objects │" in text
    assert "  width of boxes   from " in text


def test_the_sheet_shows_boxes_and_names(tmp_path, told):
    code, text = told(SHAPES, "--sheet", "sheet.png", augment=["flip", {"scale_jitter": [0.5, 2.0]}])
    assert code == 0, text
    assert text.endswith("contact sheet in sheet.png\n")
    picture = sheet(tmp_path / "sheet.png")
    # Six rows of images of 40x60, of which some became a pixel higher, in tiles 176 wide.
    assert picture.shape[1] == 92 + 8 * 186 + 10
    assert 34 + 6 * 127 <= picture.shape[0] <= 34 + 6 * 131
    for label in (2, 3):  # no circle is among these eight
        drawn = (picture == colour(label)).all(2)
        rows = [drawn[top : top + 127].sum() for top in range(34, 34 + 6 * 127, 127)]
        assert min(rows) > 100, (label, rows)
    code, text = told(SHAPES, "--sheet", "sheet.png", augment=["mixup"])
    assert (code, "`mixup` cannot move boxes" in text) == (1, True)


def test_the_mean_of_many_objects_is_a_whole_number():
    assert numbered(5000 / 1, "object") == "5,000 objects"
    assert numbered(1234.5678, "object") == "1,235 objects"
    assert [numbered(each, "class") for each in (0, 1, 2.414)] == ["0 classes", "1 class", "2.41 classes"]
    assert numbered(1.0001, "object") == "1 object"
    part = PartSeen(images=2, bare=0, most=3_000, counts=[5_000], crowds=0, areas=[5_000, 0, 0])
    seen = BoxesSeen(Shapes(), SimpleNamespace(classes=("cell",), notes=()), {"train": part}, ((8, 8), (8, 8)), {})
    assert next(seen._facts()).text == "2,500 objects in the mean, 3,000 at most"


def test_broken_annotations_are_told_of(tmp_path, told, monkeypatch):
    monkeypatch.setitem(sys.modules, "netspec.training.showing.overview", None)  # torch is imported with it
    yolo(tmp_path / "marked")
    (tmp_path / "marked/labels/train/1.txt").write_text("0 0.5 0.5 0.1 -0.1")
    code, text = told({"yolo": "marked"})
    assert code == 3
    assert "NS0803" in text
    assert "labels/train/1.txt, line 1: its height is" in " ".join(text.split())


def test_the_rest_of_many_classes_is_a_row_with_their_least_and_most():
    names = [f"class {at}" for at in range(23)]
    *_, last, rest = class_rows(names, [[*range(23)], [7] * 23])
    assert (last.cells, rest.cells) == (("class 19", "19", "7"), ("3 more", "20 to 22", "7"))


@pytest.mark.parametrize("seen", [Overview, BoxesSeen, TextsSeen])
def test_each_kind_of_data_tells_its_contact_sheet_to_programs(seen, monkeypatch):
    monkeypatch.setattr(seen, "as_dict", lambda self: {"data": "toy"})
    made = object.__new__(seen)
    object.__setattr__(made, "data", SimpleNamespace(key="toy"))
    assert made.document(Path("toy.png")).data() == {"data": "toy", "sheet": "toy.png"}
    assert made.document().data() == {"data": "toy", "sheet": None}
