"""Images with boxes in files: one set in four formats is the same samples."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.diagnostics import NetspecError
from netspec.functional.data.truths import truth_of
from netspec.recipe.data.annotated import Annotated
from netspec.recipe.data.boxed import relabelled
from netspec.recipe.data.held_out import hold_out, with_test
from netspec.recipe.data.raw import RawData
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.fingerprint import fingerprint_of
from netspec.training.feeding.samples import prepare
from netspec.training.judging.image_inputs import read_image
from tests.recipe.data.boxed_sets import FORMATS, NAMES, PARTS, coco, drawn, voc, yolo
from tests.recipe.data.sets import dataset, encoded, picture, write

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in FORMATS.items()}


def samples_of(split):
    """Images, boxes and labels, in an order that depends on the images alone."""
    found = []
    for batch in split.batches(in_order(split, 4)):
        for image, target in zip(batch.images, batch.targets, strict=True):
            plain = {name: part.tolist() for name, part in target.items()}
            found.append((image.shape, image.numpy().tobytes(), plain))
    return sorted(found, key=lambda each: each[1])


@pytest.mark.parametrize("name", FORMATS)
def test_one_set_in_any_format_is_the_same_samples(sets, name):
    samples = prepare(dataset({name: str(sets[name]), "workers": 0}), CPU)
    assert samples.classes == NAMES
    for part, split in {"train": samples.train, "val": samples.test}.items():
        found = samples_of(split)
        expected = [
            (
                (3, image.height, image.width),
                np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1)).tobytes(),
                {"boxes": boxes, "labels": labels},
            )
            for each, _, image, boxes, labels in drawn()
            if each == part
        ]
        expected.sort(key=lambda each: each[1])
        for (shape, pixels, target), (size, told, truth) in zip(found, expected, strict=True):
            assert (shape, pixels, target["labels"]) == (size, told, truth["labels"])
            area = [(right - left) * (bottom - top) for left, top, right, bottom in truth["boxes"]]
            assert target["area"] == pytest.approx(area)
            assert np.ravel(target["boxes"]) == pytest.approx(np.ravel(truth["boxes"]), abs=1e-4)
            assert target["iscrowd"] == [0] * len(area)


def test_processes_read_the_same(sets):
    here, there = (prepare(dataset({"coco": str(sets["coco"]), "workers": count}), CPU) for count in (0, 1))
    assert samples_of(here.train) == samples_of(there.train)
    there.train.close()


def test_images_are_held_out_where_the_data_have_no_part_for_the_test(tmp_path):
    root = yolo(tmp_path)
    for file in (root / "images" / "val").iterdir():
        file.rename(root / "images" / "train" / f"v{file.name}")
    for file in (root / "labels" / "val").iterdir():
        file.rename(root / "labels" / "train" / f"v{file.name}")
    data = {"yolo": str(root), "test": 2, "validation": 2, "workers": 0}
    first, again = (prepare(dataset(data), CPU) for _ in range(2))
    assert [len(part) for part in (first.train, first.validation, first.test)] == [5, 2, 2]
    assert samples_of(first.test) == samples_of(again.test)


def test_crowds_are_judged_by_and_not_learned_from(tmp_path):
    root = coco(tmp_path)
    for part in PARTS:
        file = root / "annotations" / f"instances_{part}2017.json"
        told = json.loads(file.read_text())
        told["annotations"][1] |= {"iscrowd": 1, "area": 17.5}
        file.write_text(json.dumps(told))
    samples = prepare(dataset({"coco": str(root), "workers": 0}), CPU)
    learned, judged = ([target for *_, target in samples_of(split)] for split in (samples.train, samples.test))
    assert sum(sum(target["iscrowd"]) for target in learned) == 0
    file = root / "annotations" / "instances_train2017.json"
    (crowd,) = (each for each in json.loads(file.read_text())["annotations"] if each["iscrowd"])
    kept = [
        [box for box in boxes if number != crowd["image_id"] - 100 or box[:2] != crowd["bbox"][:2]]
        for part, number, _, boxes, _ in drawn()
        if part == "train"
    ]
    assert sorted(target["boxes"] for target in learned) == sorted(kept)
    everything = {part: sum(len(labels) for each, *_, labels in drawn() if each == part) for part in PARTS}
    assert sum(len(target["labels"]) for target in learned) == everything["train"] - 1
    assert sum(len(target["labels"]) for target in judged) == everything["val"]
    assert 17.5 in [area for target in judged for area in target["area"]]


def test_categories_may_keep_their_numbers(sets):
    raw = dataset({"coco": str(sets["coco"]), "category_ids": True}).load()
    assert raw.classes == ("N/A", "circle", "square", "N/A", "N/A", "N/A", "triangle")
    assert set(np.concatenate([raw.train.truth(row).labels for row in range(6)]).tolist()) <= {2, 3, 7}


def test_difficult_objects_are_left_out_unless_asked_for(tmp_path):
    root = voc(tmp_path)
    file = next(each for each in sorted((root / "Annotations").iterdir()) if "<object>" in each.read_text())
    file.write_text(file.read_text().replace("<difficult>0", "<difficult>1", 1))
    counts = {}
    for wanted in (False, True):
        raw = dataset({"voc": str(root), "difficult": wanted}).load()
        counts[wanted] = sum(len(part.truth(row).labels) for part in (raw.train, raw.test) for row in range(len(part)))
        assert any("difficult" in note for note in raw.notes) is not wanted
    assert counts[True] == counts[False] + 1


def test_broken_boxes_may_be_dropped_and_are_told_of(tmp_path):
    root = yolo(tmp_path)
    file = next(iter(sorted((root / "labels" / "train").iterdir())))
    file.write_text(file.read_text() + "\n0 0.5 0.5 -0.2 0.2\n1 nan 0.5 0.1 0.1\n")
    with pytest.raises(NetspecError) as error:
        dataset({"yolo": str(root)}).load()
    assert len(error.value.diagnostics) == 2
    whole = dataset({"yolo": str(root), "broken": "drop"}).load()
    (note,) = (each for each in whole.notes if "left out" in each)
    assert note.startswith("2 broken boxes are left out: ")
    assert f"{file}, line" in note


def test_a_file_that_changes_after_it_was_looked_at_is_read_again(tmp_path):
    root = voc(tmp_path)
    data = dataset({"voc": str(root)})
    data.look()
    file = root / "Annotations" / "train0.xml"
    file.write_text("<annotation></annotation>")
    raw = data.load()
    place = [raw.train.name(row) for row in range(6)].index(str(root / "JPEGImages" / "train0.png"))
    assert len(raw.train.truth(place).labels) == 0


def test_images_on_their_side_are_turned_before_their_boxes_are_held_against_them(tmp_path):
    exif = picture().getexif()
    exif[0x0112] = 6
    write(tmp_path / "images" / "a.jpg", encoded(picture(size=(20, 40)), "JPEG", exif=exif))
    write(tmp_path / "labels" / "a.txt", b"0 0.5 0.5 1 1")
    raw = dataset({"yolo": str(tmp_path), "classes": ["all"], "test": 0}).load()
    assert raw.train.size(0) == (40, 20)
    assert raw.train.pixels(0).shape == (3, 40, 20)
    assert raw.train.truth(0).boxes.tolist() == [[0, 0, 20, 40]]


def test_a_box_that_leaves_its_image_by_less_than_a_pixel_ends_at_the_edge(tmp_path):
    write(tmp_path / "a.png", encoded(picture(size=(20, 40))))
    told = {"boxes": [[-0.75, -0.5, 40.5, 12], [30, 15, 40.9, 20.9]], "labels": ["all", "all"]}
    write(tmp_path / "a.json", json.dumps(told).encode())
    truth = dataset({"boxes": str(tmp_path), "test": 0}).load().train.truth(0)
    assert truth.boxes.tolist() == [[0, 0, 40, 12], [30, 15, 40, 20]]
    assert truth.area.tolist() == [480, 50]


def test_a_circle_of_labelme_has_the_box_around_it(tmp_path):
    write(tmp_path / "a.png", encoded(picture(size=(40, 40))))
    circle = {"label": " cat ", "points": [[20, 20], [23, 24]], "shape_type": "circle"}
    corner = {"label": "cat", "points": [[9, 9], [4, 3]], "shape_type": "rectangle"}
    told = {"shapes": [circle, corner], "imageHeight": 40, "imageWidth": 40}
    write(tmp_path / "a.json", json.dumps(told).encode())
    raw = dataset({"boxes": str(tmp_path), "test": 0}).load()
    assert raw.classes == ("cat",)
    assert raw.train.truth(0).boxes.tolist() == [[15, 15, 25, 25], [4, 3, 9, 9]]


@pytest.mark.parametrize("name", FORMATS)
def test_the_mark_that_windows_puts_before_a_text_is_none_of_it(sets, tmp_path, name):
    plain = dataset({name: str(sets[name])}).load()
    shutil.copytree(sets[name], tmp_path / name)
    for file in (tmp_path / name).rglob("*"):
        if file.suffix in (".json", ".xml", ".txt", ".yaml"):
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    marked = dataset({name: str(tmp_path / name)}).load()
    assert (marked.classes, fingerprint_of(marked)) == (plain.classes, fingerprint_of(plain))


def test_images_of_16_bits_keep_their_depth_and_those_of_32_are_refused_at_once(tmp_path):
    deep = np.arange(20 * 40, dtype=np.uint16).reshape(20, 40) * 80
    write(tmp_path / "a.png", encoded(Image.fromarray(deep)))
    write(tmp_path / "a.txt", b"0 0.5 0.5 1 1")
    data = dataset({"yolo": str(tmp_path), "classes": ["all"], "test": 0})
    data.look()
    found = data.load().train.pixels(0)
    assert found.shape == (3, 20, 40)
    np.testing.assert_allclose(found / 255, np.broadcast_to(deep / 65535, found.shape), rtol=1e-6)
    read = read_image(tmp_path / "a.png", 3, data)  # as `predict` has it
    np.testing.assert_allclose(found / 255, read[0], rtol=1e-6)
    Image.fromarray(deep.astype(np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(NetspecError, match=r"b\.tif: its pixels are of 32 bits"):
        data.look()


def test_a_note_tells_of_an_image_with_very_many_objects(tmp_path):
    write(tmp_path / "a.png", encoded(picture(size=(20, 40))))
    write(tmp_path / "a.txt", b"0 0.5 0.5 1 1\n" * 5001)
    (note,) = dataset({"yolo": str(tmp_path), "classes": ["all"], "test": 0}).load().notes
    assert "a.png has 5,001 objects" in note


def test_an_image_that_is_cut_short_is_told_of_alike_by_data_and_by_predict(tmp_path):
    whole = encoded(picture(size=(20, 40)), "JPEG")
    write(tmp_path / "a.jpg", whole[: len(whole) // 2])
    write(tmp_path / "a.txt", b"0 0.5 0.5 1 1")
    data = dataset({"yolo": str(tmp_path), "classes": ["all"], "test": 0})
    for read in (data.look, lambda: read_image(tmp_path / "a.jpg", 3, data)):
        with pytest.raises(NetspecError, match=r"a\.jpg: the JPEG is cut short: it has no end"):
            read()


@pytest.mark.parametrize("held", [0, 1, 2])
def test_classes_that_lose_their_last_object_to_a_part_are_told(held, monkeypatch):
    """Image 0 has the only squares, image 1 the only triangle; a box around a crowd teaches nothing."""
    labels = [[1, 2, 2], [1, 3], [1, 2]]
    truths = truth_of(np.zeros((7, 4)), np.concatenate(labels), crowd=np.array([0, 0, 0, 0, 0, 0, 1], dtype=bool))
    images = Annotated((0, 1, 2), np.full((3, 2), 8), np.array([0, 3, 5, 7]), truths, None, 64)
    chosen = torch.tensor([row == held for row in range(3)])
    monkeypatch.setattr("netspec.functional.holding_out.held_rows", lambda *of: chosen)
    data = RawData(images, None, NAMES)
    lost = {0: "square", 1: "triangle"}.get(held)
    for part, found in {"validation": hold_out(data, 1), "test": with_test(data, 1)}.items():
        told = f"no object of the class {lost} is left to train on: all are held out for {part}"
        assert [note for note in found.notes if "left to train" in note] == ([told] if lost else [])
        assert any("is held out for" in note and "no object of" in note for note in found.notes)
    turned = relabelled(data.train, [2, 0, 1])
    assert (images.counts(3), turned.counts(3)) == ([3, 2, 1], [2, 1, 3])
