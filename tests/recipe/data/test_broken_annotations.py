"""Annotation files that are broken: each is named with its entry, before a step is spent and before torch is loaded."""

import json
import math
import os
import subprocess
import sys

import pytest

from netspec.cli import run
from netspec.diagnostics import NetspecError
from tests.recipe.data.boxed_sets import FORMATS
from tests.recipe.data.sets import dataset, write

ANNOTATIONS = "annotations/instances_train2017.json"
XML = "Annotations/train1.xml"
TEXT = "labels/train/1.txt"
PNG = "images/train/1.png"
OWN = "train/0.json"
LABELME = "train/1.json"
ODD = '{"boxes": [[-9, 2, 9, 9]], "labels": ["\\u001b[31m"]}'
BILLION = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><annotation>&b;</annotation>'


def entry(kind, index, **values):
    """Changes some values of an entry of COCO; None takes one away."""

    def change(root):
        told = json.loads((root / ANNOTATIONS).read_text())
        told[kind][index] = {k: v for k, v in {**told[kind][index], **values}.items() if v is not None}
        (root / ANNOTATIONS).write_text(json.dumps(told))

    return change


def text(name, old, new, times=-1):
    """Puts one text in the place of another in a file."""

    def change(root):
        before = (root / name).read_text()
        assert old in before
        (root / name).write_text(before.replace(old, new, times))

    return change


def whole(name, content):
    """Gives a file another content."""
    return lambda root: write(root / name, content.encode() if isinstance(content, str) else content)


def gone(name):
    return lambda root: (root / name).unlink()


def outside(name):
    """Puts a link to a file outside of the data in the place of one."""

    def change(root):
        elsewhere = write(root.parent / "elsewhere" / "secret", (root / name).read_bytes())
        (root / name).unlink()
        (root / name).symlink_to(elsewhere)

    return change


def huge(name):
    """Makes a file of a GiB, of which the disk holds nothing."""
    return lambda root: os.truncate(root / name, 1 << 30)


def first(name, *values):
    """The first line of a file of YOLO's with other numbers."""
    return lambda root: (root / name).write_text(" ".join(map(str, values)))


def shape(kind, *points):
    """A file of LabelMe's with one shape."""
    return json.dumps({"shapes": [{"label": "square", "points": points, "shape_type": kind}]})


def linked_folder(root):
    """Puts a link to a folder outside of the data in the place of that of the images."""
    (root / "train2017").rename(root.parent / "elsewhere")
    (root / "train2017").symlink_to(root.parent / "elsewhere")


def misspelt(root):
    """A class of the test that nothing to train on has."""
    file = next(each for each in sorted((root / "Annotations").glob("val*")) if "<name>" in each.read_text())
    file.write_text(file.read_text().replace("</name>", "s</name>", 1))


COCO = f"{ANNOTATIONS}: annotation 1 (id 2)"
BROKEN = {
    "negative width": ("coco", entry("annotations", 1, bbox=[9, 9, -3, 5]), COCO, "its width is -3: left is 9"),
    "no height": ("coco", entry("annotations", 1, bbox=[9, 9, 3, 0]), COCO, "its height is 0"),
    "beyond": ("coco", entry("annotations", 1, bbox=[50, 3, 20, 5]), COCO, "it leaves the image: right is 70"),
    "a text": ("coco", entry("annotations", 1, bbox=["9", 9, 3, 3]), COCO, "`bbox` has '9', which is no number"),
    "three numbers": ("coco", entry("annotations", 1, bbox=[9, 9, 3]), COCO, "not [left, top, width, height]"),
    "no bbox": ("coco", entry("annotations", 1, bbox=None), COCO, "`bbox` is not there"),
    "infinite": ("coco", text(ANNOTATIONS, '"iscrowd": 0', '"area": 1e999', 1), "annotation 0", "`area` is inf"),
    "not a number": ("coco", text(ANNOTATIONS, '"bbox": [', '"bbox": [NaN, ', 1), "annotation 0", "`bbox` is [nan"),
    "NaN": ("coco", entry("annotations", 1, bbox=[math.nan, 9, 3, 3]), COCO, "no number of pixels correct the entry"),
    "a key twice": ("coco", text(ANNOTATIONS, '"id"', '"id": 7, "id"', 1), f"{ANNOTATIONS}:1: ", "`id` is written"),
    "no category": ("coco", entry("annotations", 1, category_id=None), COCO, "`category_id` is not there"),
    "no such image": ("coco", entry("annotations", 1, image_id=7), COCO, "there is no image of the id 7"),
    "no such category": ("coco", entry("annotations", 1, category_id=99), COCO, "there is no category 99"),
    "odd crowd": ("coco", entry("annotations", 1, iscrowd="yes"), COCO, "`iscrowd` is 'yes', not 0 or 1"),
    "missing image": ("coco", gone("train2017/003.png"), f"{ANNOTATIONS}: image 2", "there is no such file"),
    "climbing": ("coco", entry("images", 0, file_name="../../etc/passwd"), "image 0", "it leads out of the folder"),
    "absolute": ("coco", entry("images", 0, file_name="/etc/passwd"), "image 0", "it leads out of the folder"),
    "half a letter": ("coco", entry("images", 0, file_name="\ud800.png"), "image 0", "it names no file"),
    "linked folder": ("coco", linked_folder, "train2017:", "it is a link that leads out of the folder"),
    "linked image": ("coco", outside("train2017/003.png"), "image 2", "it is a link that leads out of the folder"),
    "an id twice": ("coco", entry("images", 0, id=100), "image 5", "is another image's already"),
    "odd size": ("coco", entry("images", 0, height=-4), "image 0", "`height` is -4"),
    "other size": ("coco", entry("images", 0, width=20), "image 0", "it says 48x20 (height x width), and 005.png is"),
    "odd letters": ("boxes", whole(OWN, ODD), f"{OWN}: box 0: it leaves the image", "left is -9"),
    "a name twice": ("coco", entry("categories", 0, name="circle"), "category 1", "2 'circle' is there twice"),
    "no list": ("coco", whole(ANNOTATIONS, '{"images": []}'), ANNOTATIONS, "it has no list `annotations`"),
    "cut JSON": ("coco", lambda root: os.truncate(root / ANNOTATIONS, 300), f"{ANNOTATIONS}:1:", "is no JSON"),
    "huge JSON": ("coco", huge(ANNOTATIONS), ANNOTATIONS, "too large to be read"),
    "deep JSON": ("coco", whole(ANNOTATIONS, "[" * 200_000), ANNOTATIONS, "is no JSON"),
    "linked JSON": ("coco", outside(ANNOTATIONS), ANNOTATIONS, "it is a link that leads out of the folder"),
    "unknown class": ("voc", misspelt, ".xml: object 0", " meant?"),
    "counted from 0": ("voc", lambda root: _corner(root, "xmin", "0"), f"{XML}: object 0", "`first_pixel: 0`"),
    "wrong way": ("voc", lambda root: _corner(root, "xmax", "1"), f"{XML}: object 0", "its width is"),
    "no corner": ("voc", text(XML, "ymin", "y"), f"{XML}: object 0", "its bndbox has no ymin"),
    "a word": ("voc", lambda root: _corner(root, "xmax", "wide"), f"{XML}: object 0", "'wide' is no number of pixels"),
    "another size": ("voc", text(XML, "<width>44", "<width>640"), XML, "it says 48x640"),
    "cut XML": ("voc", lambda root: os.truncate(root / XML, 150), f"{XML}:1:", "is no XML"),
    "entities": ("voc", whole(XML, BILLION), f"{XML}:1:", "it declares a document type"),
    "deep XML": ("voc", whole(XML, "<a>" * 100_000), f"{XML}:1:", "more than 64 elements lie in each other"),
    "huge XML": ("voc", huge(XML), XML, "too large to be read"),
    "no image": ("voc", gone("JPEGImages/train1.png"), XML, "there is no image of its name"),
    "a list's file": ("voc", gone(XML), "ImageSets/Main/train.txt, line 2: 'train1'", "no such file in Annotations"),
    "hardly": ("voc", text(XML, "<difficult>0", "<difficult>maybe", 1), XML, "`difficult` is 'maybe', not 0 or 1"),
    "two boxes": ("voc", text(XML, "</object>", "<bndbox/></object>", 1), XML, "it has 2 times <bndbox>"),
    "two edges": ("voc", text(XML, "</bndbox>", "<xmin>3</xmin></bndbox>", 1), XML, "it has 2 times <xmin>"),
    "Python's number": ("voc", lambda root: _corner(root, "xmax", "1_0"), f"{XML}: object 0", "'1_0' is no number"),
    "other digits": ("yolo", first(TEXT, 0, 0.5, 0.5, 0.1, "0.\u0661"), f"{TEXT}, line 1", "is no number"),
    "another count": ("yolo", whole("data.yaml", "nc: 7\nnames: [a, b, c]"), "data.yaml", "of `names` is 3"),
    "other names": ("yolo", whole("classes.txt", "square\ncircle\ntriangle"), "classes.txt", "those of data.yaml are"),
    "not enough": ("yolo", first(TEXT, 0, 0.5, 0.5, 0.1), f"{TEXT}, line 1", "it has 4 numbers"),
    "pixels": ("yolo", first(TEXT, 0, 22, 20, 8, 9), f"{TEXT}, line 1", "numbers are shares of the image's size"),
    "no such number": ("yolo", first(TEXT, 3, 0.5, 0.5, 0.1, 0.1), f"{TEXT}, line 1", "numbered from 0 to 2"),
    "half a class": ("yolo", first(TEXT, 0.5, 0.5, 0.5, 0.1, 0.1), f"{TEXT}, line 1", "there is no class '0.5'"),
    "nan": ("yolo", first(TEXT, 0, "nan", 0.5, 0.1, 0.1), f"{TEXT}, line 1", "'nan' is no number"),
    "lone labels": ("yolo", gone("images/train/1.png"), TEXT, "there is no image of its name"),
    "no names": ("yolo", whole("data.yaml", "path: here"), "data.yaml", "it has no `names`"),
    "linked labels": ("yolo", outside(TEXT), TEXT, "it is a link that leads out of the folder"),
    "cut image": ("yolo", lambda root: os.truncate(root / PNG, 300), PNG, "the PNG is cut short"),
    "no image at all": ("yolo", whole(PNG, "text"), PNG, "it is no image that is read"),
    "uneven": ("boxes", whole(OWN, '{"boxes": [[1, 2, 9, 9]], "labels": []}'), OWN, "the length 1, `labels` 0"),
    "two forms": ("boxes", whole(OWN, '{"boxes": [], "labels": [], "shapes": []}'), OWN, "it has `shapes`, and"),
    "a size": ("boxes", whole(LABELME, '{"shapes": [], "imageHeight": 44, "imageWidth": 480}'), LABELME, "says 44x480"),
    "a line": ("boxes", whole(LABELME, shape("line", [1, 2], [9, 9])), f"{LABELME}: shape 0", "`shape_type` is 'line'"),
    "three of a circle": ("boxes", whole(LABELME, shape("circle", [9, 9], [9, 7], [8, 9])), LABELME, "no list of two"),
    "not a box": ("boxes", whole(OWN, '{"boxes": [7], "labels": ["square"]}'), f"{OWN}: box 0", "it is 7, not"),
    "no label": ("boxes", whole(OWN, '{"boxes": [[1, 2, 9, 9]], "labels": [3]}'), f"{OWN}: box 0", "label is no text"),
    "a point": ("boxes", whole(LABELME, '{"shapes": [{"points": [[1, 2]]}]}'), f"{LABELME}: shape 0", "`points`"),
}  # fmt: skip


def _corner(root, name, value):
    start, _, rest = (root / XML).read_text().partition(f"<{name}>")
    (root / XML).write_text(f"{start}<{name}>{value}{rest[rest.index('<') :]}")


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_named_with_its_entry(tmp_path, case):
    name, change, where, reason = BROKEN[case]
    root = FORMATS[name](tmp_path / "data")
    change(root)
    with pytest.raises(NetspecError) as error:
        dataset({name: str(root)}).look()
    found = error.value.diagnostics
    told = [f"{each.span.file}:{each.span.line}:" if each.span else "" for each in found]
    told = [f"{place} {each.message} {each.help or ''}" for place, each in zip(told, found, strict=True)]
    assert any(where in each and reason in each for each in told), "\n".join(told)


ALONE = {
    "a category twice": (entry("categories", 0, id=2), "category 1: 2 "),
    "a category's name": (entry("categories", 0, name=None), "category 0: it has no number `id`, or no text `name`"),
    "no categories": (lambda root: _lists(root, categories=[]), "`categories`: the list is empty"),
    "images that are numbers": (lambda root: _lists(root, images=[1, 2]), "image 0: it has no `id`"),
    "an image's id twice": (entry("images", 0, id=100), "image 5: the id 100"),
}


@pytest.mark.parametrize("case", ALONE)
def test_what_follows_from_a_broken_entry_is_not_told(tmp_path, case):
    change, told = ALONE[case]
    root = FORMATS["coco"](tmp_path)
    change(root)
    with pytest.raises(NetspecError) as error:
        dataset({"coco": str(root)}).look()
    messages = [each.message for each in error.value.diagnostics]
    assert told in messages[0]
    assert not [each for each in messages if "annotation " in each or "no class" in each], messages


def _lists(root, **lists):
    (root / ANNOTATIONS).write_text(json.dumps({**json.loads((root / ANNOTATIONS).read_text()), **lists}))


@pytest.mark.parametrize("name", ["images/train/1.png", "images/train", "images"])
def test_annotations_of_images_that_are_there_and_cannot_be_read_are_not_lone(tmp_path, name):
    root = FORMATS["yolo"](tmp_path / "data")
    (root / name).rename(tmp_path / "elsewhere")
    (root / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NetspecError) as error:
        dataset({"yolo": str(root)}).look()
    assert [each.message for each in error.value.diagnostics] == [
        f"{root / name}: it is a link that leads out of the folder"
    ]


def test_lines_that_are_not_shown_are_counted_as_what_they_are(tmp_path):
    root = FORMATS["yolo"](tmp_path)
    (root / TEXT).write_text("0 1\n" * 11)
    with pytest.raises(NetspecError) as error:
        dataset({"yolo": str(root)}).look()
    assert error.value.diagnostics[-1].message == "1 more is broken"


NOTHING = {
    "none": (lambda told: [], {}, "have no objects to train on"),
    "crowds": (lambda told: [{**each, "iscrowd": 1} for each in told], {}, "boxes around crowds alone to train on"),
    "dropped": (
        lambda told: [{**each, "bbox": [0, 0, -1, 1]} for each in told],
        {"broken": "drop"},
        "no objects left: `broken: drop` left out ",
    ),
}


@pytest.mark.parametrize("case", NOTHING)
def test_images_without_objects_are_nothing_to_train_on(tmp_path, case):
    change, options, told = NOTHING[case]
    root = FORMATS["coco"](tmp_path)
    _lists(root, annotations=change(json.loads((root / ANNOTATIONS).read_text())["annotations"]))
    with pytest.raises(NetspecError) as error:
        dataset({"coco": str(root), **options}).look()
    (only,) = error.value.diagnostics
    assert (only.code.name, told in only.message, only.expected) == ("DATA_NOT_FOUND", True, None)
    assert "--data" not in only.help


def test_names_of_classes_are_given_once(tmp_path):
    with pytest.raises(NetspecError, match="`classes` names 'cat' twice"):
        dataset({"voc": str(tmp_path), "classes": ["cat", " cat", "owl"]})
    with pytest.raises(NetspecError, match="has an empty name"):
        dataset({"voc": str(tmp_path), "classes": ["cat", ""]})


def test_all_that_is_broken_is_named_without_torch(tmp_path):
    root = FORMATS["yolo"](tmp_path)
    first(TEXT, 0, 0.5, 0.5, -0.1, 0.1)(root)
    first("labels/val/1.txt", 9, 0.5, 0.5, 0.1, 0.1)(root)
    code = (
        "import sys\n"
        "from netspec.recipe.data.yolo import Yolo\n"
        "from netspec.diagnostics import NetspecError\n"
        "try:\n"
        f"    Yolo(path={str(root)!r}).look()\n"
        "except NetspecError as error:\n"
        "    print(len(error.diagnostics), 'torch' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["2", "False"]


def test_a_run_ends_before_it_begins(tmp_path, monkeypatch, capsys):
    root = FORMATS["voc"](tmp_path / "data")
    _corner(root, "xmax", "1")
    recipe = {"data": {"voc": "data"}, "loss": "detector", "optimizer": {"sgd": 0.1}, "epochs": 1}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    monkeypatch.chdir(tmp_path)
    assert run(["train", "shapes_detector", "--recipe", "recipe.yaml", "--device", "cpu"]) == 3
    told = capsys.readouterr().err
    assert f"error[NS0803]: data/{XML}: object 0: its width is" in told
    assert "write `broken: drop` at `data`" in told
    assert not (tmp_path / "runs").exists()


def test_names_of_classes_say_nothing_to_the_terminal(tmp_path):
    root = FORMATS["boxes"](tmp_path)
    (root / OWN).write_text(json.dumps({"boxes": [[1, 2, 9, 9]], "labels": ["\x1b[31m"]}))
    (root / "val/0.json").write_text(json.dumps({"boxes": [[1, 2, 9, 9]], "labels": ["\x1b[32m"]}))
    with pytest.raises(NetspecError) as error:
        dataset({"boxes": str(root)}).look()
    assert "\x1b" not in str(error.value)
