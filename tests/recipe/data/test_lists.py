"""Lists of image files with labels, of which both `netspec train` and a script make the same data."""

import csv
import os

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.diagnostics import Code, NetspecError
from netspec.recipe.data import paths
from netspec.recipe.data.raw import Files
from netspec.training.feeding.samples import prepare
from tests.recipe.data.both_ways import read_both_ways, refused_both_ways
from tests.recipe.data.sets import COLOURS, dataset, encoded, picture, write

CPU = torch.device("cpu")


def listed(root, rows, head=("path", "label"), **options):
    """A list, and an image for each path that lies below it."""
    for number, row in enumerate(rows):
        if not (root / row[0]).exists() and ".." not in row[0] and not row[0].startswith("/") and row[0]:
            write(root / row[0], encoded(picture(number, COLOURS.get(row[1] if row[1:] else "", (90, 90, 90)))))
    root.mkdir(exist_ok=True)
    with (root / "list.csv").open("w", newline="", encoding=options.pop("encoding", "utf-8")) as file:
        csv.writer(file, **options).writerows([head, *rows])
    return root / "list.csv"


ROWS = [(f"pictures/{name}-{index}.png", name) for name in COLOURS for index in range(5)]


def both(place, **options):
    return read_both_ways({"list": str(place), **options})


def refused(place, code=Code.DATA_MISMATCH, **options):
    return refused_both_ways({"list": str(place), **options}, code)


def test_names_are_classes(tmp_path):
    samples = both(listed(tmp_path, ROWS), test=0.2)
    assert samples.classes == ("blue", "green", "red")
    assert (len(samples.train), len(samples.test)) == (12, 3)
    assert samples.train.labels.bincount().tolist() == [4, 4, 4]


@pytest.mark.parametrize("part", ["split", "part of the data"])
def test_parts_are_those_of_a_column(tmp_path, part):
    rows = [(path, name, ("Train", "train", "train", "val", "testing")[i % 5]) for i, (path, name) in enumerate(ROWS)]
    samples = both(listed(tmp_path, rows, ("file", "kind", part)), label_column="kind", part_column=part)
    assert [len(each) for each in (samples.train, samples.validation, samples.test)] == [9, 3, 3]
    assert samples.validation.labels.tolist() == [0, 1, 2]


def test_images_of_each_class_as_many(tmp_path):
    samples = both(listed(tmp_path, ROWS), per_class=2)
    assert samples.test.labels.bincount().tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("labels", "options", "classes", "targets"),
    [
        (["10", "9", "10"], {}, ("9", "10"), [1, 0, 1]),
        (["3.0", "4", "3"], {"targets": "classes"}, ("3", "4"), [0, 1, 0]),
        (["0.0", "1.0", "0.0"], {}, ("0", "1"), [0, 1, 0]),
        (["a", "1", "b"], {}, ("1", "a", "b"), [1, 0, 2]),
        (["0.5", "1.25", "-3e2"], {}, (), [[0.5], [1.25], [-300.0]]),
        (["5", "7", "9"], {"targets": "values"}, (), [[5.0], [7.0], [9.0]]),
        (["cat|dog", "", " dog "], {"separator": "|"}, (), [[1, 1], [0, 0], [0, 1]]),
    ],
)
def test_what_labels_tell(tmp_path, labels, options, classes, targets):
    rows = [(f"{index}.png", label) for index, label in enumerate(labels)]
    part = dataset({"list": str(listed(tmp_path, rows)), "test": 0, **options})
    assert part.load().classes == classes
    assert part.load().train.targets.tolist() == targets
    assert both(tmp_path / "list.csv", test=0, **options)


def test_labels_of_which_an_image_has_several(tmp_path):
    rows = [(f"{i}.png", "|".join(n for n, has in (("cat", i & 1), ("dog", i & 2)) if has)) for i in range(8)]
    samples = both(listed(tmp_path, rows), separator="|", test=2)
    assert samples.binary
    assert samples.target_shape == (2,)
    assert samples.notes == ("labels: cat, dog",)
    assert samples.labels == ("cat", "dog")


def test_columns_of_numbers_are_values(tmp_path):
    rows = [(f"{i}.png", i % 2, i // 2) for i in range(4)]
    samples = both(listed(tmp_path, rows, ("path", "x", "y")), label_column=["x", "y"], test=0)
    assert samples.train.targets.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]


def test_without_labels_images_are_their_own_targets(tmp_path):
    assert both(listed(tmp_path, [(path,) for path, _ in ROWS], ("path",))).target_shape is None


def test_masks(tmp_path):
    rows = []
    for index in range(6):
        mask = np.zeros((12, 10), np.uint8)
        mask[2 : 3 + index] = 1
        write(tmp_path / f"masks/{index}.png", encoded(Image.fromarray(mask)))
        rows.append((f"{index}.png", f"masks/{index}.png"))
    place = listed(tmp_path, rows, ("path", "mask"))
    samples = both(place, mask_column="mask", classes=["ground", "tree"], test=2)
    assert samples.classes == ("ground", "tree")
    assert samples.target_shape == (12, 10)
    write(tmp_path / "masks/3.png", encoded(Image.fromarray(np.full((12, 10), 7, np.uint8))))
    with pytest.raises(NetspecError, match="label 7"):
        prepare(dataset({"list": str(place), "mask_column": "mask", "classes": 2}), CPU)
    for options in ({}, {"classes": 2, "separator": "|"}, {"classes": 2, "crop": 4}, {"classes": 1}):
        with pytest.raises(NetspecError):
            dataset({"list": "x", "mask_column": "mask", **options})


@pytest.mark.parametrize("options", [{"encoding": "utf-8-sig"}, {"delimiter": ";"}, {"lineterminator": "\r\n"}])
def test_ways_in_which_others_write_lists(tmp_path, options):
    place = listed(tmp_path, [(f"Blümchen, {i}.png", "é") for i in range(4)], **options)
    assert both(place, delimiter=options.get("delimiter", ",")).classes == ("é",)


@pytest.mark.parametrize(
    "outside", ["../other.png", "/etc/hostname", "a/../../other.png", "", "link.png", "linked/x.png"]
)
def test_paths_that_lead_out_of_the_folder(tmp_path, outside):
    write(tmp_path / "other.png", encoded(picture()))
    write(tmp_path / "far/x.png", encoded(picture()))
    place = listed(tmp_path / "data", ROWS)
    (tmp_path / "data/link.png").symlink_to("../other.png")
    (tmp_path / "data/linked").symlink_to("../far")
    listed(tmp_path / "data", [*ROWS, (outside, "red")])
    told = refused(place, Code.DATA_BROKEN)
    assert "line 17" in told
    assert "it leads out" in told or "leads out of the folder" in told or "names no file" in told
    assert "name a file below the folder of the list" in told


def test_links_within_the_folder_are_followed(tmp_path):
    place = listed(tmp_path, ROWS)
    (tmp_path / "same.png").symlink_to("pictures/red-0.png")
    (tmp_path / "more").symlink_to("pictures")
    assert len(both(listed(tmp_path, [*ROWS, ("same.png", "red"), ("more/red-1.png", "red")]), test=0).train) == 17
    assert place


def test_all_files_that_are_not_there_are_named(tmp_path):
    place = listed(tmp_path, ROWS)
    (tmp_path / "pictures/red-1.png").unlink()
    (tmp_path / "pictures/blue-3.png").write_bytes(b"no image")
    os.mkfifo(tmp_path / "pipe.png")
    told = refused(place, Code.DATA_BROKEN)
    assert "red-1.png" in told
    assert "blue-3.png" in told
    assert "it is a pipe" in refused(listed(tmp_path, [*ROWS, ("pipe.png", "red")]), Code.DATA_BROKEN)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "it is empty"),
        ("path;label\na.png;x\n", "it has `path;label`"),
        ("path,path,label\na,b,c\n", "has 2 columns `path`"),
        ("path,label\n", "names no file to train on"),
        ("path,label\na.png\n", "line 2: it has 1 cells, the head has 2"),
        ("path,label\na.png,x\nb.png,\n", "has no label"),
        ('path,label\n"a.png,x\n', "cannot be read as CSV"),
        (f"path,label\n{'a' * 200_000},x\n", "field larger than field limit"),
        ("path,label\n\x00,x\n", "list.csv, line 2"),
        ("path,label\n../b\x1b[31m.png,x\n", r"'../b\x1b[31m.png': it leads out"),
        ("path,label,split\na.png,x,train\na.png,x,rest\n", "it is of the part 'rest'"),
        ("path,label,split\na.png,x,train\na.png,y,test\n", "has the class 'y', which the training images lack"),
        ("path,label\na.png,0.5\na.png,high\n", "the label 'high' is no number, and '0.5' is one"),
        ("path,label\na.png,0.5\na.png,nan\n", "the label 'nan' is no finite number"),
    ],
)
def test_lists_that_are_refused(tmp_path, content, told):
    write(tmp_path / "a.png", encoded(picture()))
    (tmp_path / "list.csv").write_text(content)
    options = {"part_column": "split"} if "split" in content else {"test": 0}
    part = dataset({"list": str(tmp_path / "list.csv"), **options})
    with pytest.raises(NetspecError) as caught:
        prepare(part, CPU)
    text = " ".join(f"{each.message} {each.help}" for each in caught.value.diagnostics)
    assert told in text


@pytest.mark.parametrize("make", ["pipe", "folder", "latin"])
def test_what_is_no_list(tmp_path, make):
    place = tmp_path / "list.csv"
    if make == "pipe":
        os.mkfifo(place)
    elif make == "folder":
        place.mkdir()
    else:
        place.write_bytes(b"path,label\n\xe9.png,x\n")
    assert {"pipe": "it is a pipe", "folder": "it is a folder", "latin": "no text in UTF-8"}[make] in refused(place)


def test_a_list_of_very_many_rows_is_refused_for_its_files_alone(tmp_path):
    write(tmp_path / "a.png", encoded(picture()))
    (tmp_path / "list.csv").write_text("path,label\n" + "a.png,x\n" * 100_000)
    part = dataset({"list": str(tmp_path / "list.csv")})
    raw = part.read(part.place())
    assert isinstance(raw.train, Files)
    assert raw.notes == (f"99,999 rows of {tmp_path / 'list.csv'} name files that others name too",)


def test_after_very_many_broken_files_no_others_are_looked_at(tmp_path, monkeypatch):
    (tmp_path / "list.csv").write_text("path,label\n" + "".join(f"{index}.png,x\n" for index in range(3_000)))
    monkeypatch.setattr(paths, "MOST_BROKEN", 1_000)
    with pytest.raises(NetspecError) as caught:
        prepare(dataset({"list": str(tmp_path / "list.csv")}), CPU)
    *named, rest = [each.message for each in caught.value.diagnostics]
    assert [name.partition(":")[0] for name in named] == [str(tmp_path / f"{index}.png") for index in range(10)]
    assert rest == "1,014 more are broken, and 1,976 others were not looked at"


def test_help_for_a_list_names_the_option_and_the_line(tmp_path):
    place = listed(tmp_path, [("0.png", "x"), ("nope.png", "y")], ("id", "label"))
    with pytest.raises(NetspecError) as caught:
        prepare(dataset({"list": str(place)}), CPU)
    assert "`path_column: id`" in caught.value.diagnostics[0].help
    (tmp_path / "nope.png").unlink()
    with pytest.raises(NetspecError, match=r"nope\.png") as caught:
        prepare(dataset({"list": str(place), "path_column": "id"}), CPU)
    way = "line 3, names it: put it there, or mend or delete that line"
    assert [each.help for each in caught.value.diagnostics] == [f"{place}, {way}"]


def test_a_list_with_other_delimiters_is_told_which(tmp_path):
    (tmp_path / "list.csv").write_text("path;label\na.png;x\n")
    with pytest.raises(NetspecError) as caught:
        prepare(dataset({"list": str(tmp_path / "list.csv")}), CPU)
    assert caught.value.diagnostics[0].help == "it has `path;label`: write `delimiter: ';'`"
