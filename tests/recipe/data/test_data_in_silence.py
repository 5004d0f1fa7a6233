"""What a data set may hold beside what is meant: nothing of it is read as something else in silence."""

import io
import os
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.parts import TEST_NAMES, TRAIN_NAMES, VALIDATION_NAMES
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import arrays, dataset, encoded, folder, masked, parquet, picture, write

CPU = torch.device("cpu")


SPEC = """\
netspec: 1
name: toy
input: [3, 12, 10]
layers: [flatten, {linear: 3}]
train:
  data: {folder: FOLDER, batch_size: 4}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 1
"""


def read(root, **options):
    return prepare(dataset({"folder": str(root), **options}), CPU)


def refused(root, **options):
    with pytest.raises(NetspecError) as caught:
        read(root, **options)
    return caught.value.diagnostics


def only(diagnostics, code):
    (diagnostic,) = diagnostics
    assert diagnostic.code is code
    return f"{diagnostic.message} {diagnostic.help}"


PAIRS = [(train, other) for train in TRAIN_NAMES for other in (TEST_NAMES[0], VALIDATION_NAMES[0])]
PAIRS += [(TRAIN_NAMES[0], other) for other in (*TEST_NAMES, *VALIDATION_NAMES)]


PAIRS += [("Training", "Testing"), ("TRAIN", "Test"), ("Training Set", "Test-Set"), ("train_images", "test_images")]
PAIRS += [
    ("images-train", "images-val"),
    ("train2017", "val2017"),
    ("seg_train", "seg_test"),
    ("Pets.Train", "Pets.Val"),
]


@pytest.mark.parametrize(("train", "test"), PAIRS)
def test_parts_are_told_by_their_names_in_any_case(tmp_path, train, test):
    samples = read(folder(tmp_path, (train, test)))
    assert samples.classes == ("blue", "green", "red")
    assert (len(samples.train), len(samples.test)) == (18, 18)


def test_a_class_that_is_called_as_a_part_is(tmp_path):
    folder(tmp_path, parts=("",))
    for index in range(6):
        write(tmp_path / "train" / f"{index}.png", encoded(picture(index)))
    assert read(tmp_path).classes == ("blue", "green", "red", "train")


def test_folders_that_may_be_parts_or_classes(tmp_path):
    folder(tmp_path, parts=("",))
    for part in ("train", "test"):
        write(tmp_path / part / "0.png", encoded(picture()))
    told = only(refused(tmp_path), Code.DATA_MISMATCH)
    assert "train, test beside blue, green, red" in told.replace("test, train", "train, test")


def test_two_folders_that_are_the_same_part(tmp_path):
    folder(tmp_path, ("train", "Training", "test"))
    assert "which are the same part" in only(refused(tmp_path), Code.DATA_MISMATCH)


def test_a_folder_around_the_classes(tmp_path):
    folder(tmp_path / "pets", parts=("",))
    told = only(refused(tmp_path), Code.DATA_MISMATCH)
    assert "a single folder, pets, which holds others: blue, green, red" in told
    assert f"name {tmp_path / 'pets'}" in told


def test_parts_within_classes(tmp_path):
    for name in ("cat", "dog"):
        for part in ("train", "test"):
            write(tmp_path / name / part / "0.png", encoded(picture()))
    assert "the parts are outside the classes" in only(refused(tmp_path), Code.DATA_MISMATCH)


@pytest.mark.parametrize("part", ["", "train", "test"])
def test_a_folder_that_holds_neither_images_nor_folders_of_classes(tmp_path, part):
    folder(tmp_path, parts=[each for each in ("train", "test") if part and each != part])
    (tmp_path / part).mkdir(exist_ok=True)
    write(tmp_path / part / "read.me", b"nothing")
    told = only(refused(tmp_path), Code.DATA_BROKEN)
    assert f"{tmp_path / part}: it holds neither images nor folders of classes" in told


def test_folders_that_hold_no_images(tmp_path):
    write(folder(tmp_path) / "train/notes/read.me", b"nothing")
    told = only(refused(tmp_path), Code.DATA_BROKEN)
    assert "train/notes: the class has no images add some, or delete the folder" in told
    assert "replace the file" not in told


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    folder(tmp_path, parts=("",))
    for name in (".DS_Store", ".ipynb_checkpoints/0.png", "__MACOSX/red/0.png", "red/@eaDir/0.png", "Thumbs.db"):
        write(tmp_path / name, encoded(picture()) if name.endswith("png") else b"\0")
    write(tmp_path / "red/._0.png", b"\0\5\x16\7")
    samples = read(tmp_path)
    assert samples.classes == ("blue", "green", "red")
    assert len(samples.train) + len(samples.test) == 18
    assert not samples.notes


def test_images_beside_folders_are_said_to_be_left_out(tmp_path):
    folder(tmp_path)
    write(tmp_path / "cover.png", encoded(picture()))
    write(tmp_path / "extra/red/0.png", encoded(picture()))
    write(tmp_path / "train/lost.png", encoded(picture()))
    beside, loose = read(tmp_path).notes
    assert f"2 images in {tmp_path} beside train are left out: extra/red/0.png, cover.png" in beside
    assert f"1 image in {tmp_path / 'train'} beside the folders of classes are left out: lost.png" in loose


def test_images_that_are_not_called_so_are_counted(tmp_path, capsys):
    folder(tmp_path / "pictures", parts=("",))
    for index in range(5):
        write(tmp_path / f"pictures/red/{index}.image", encoded(picture(), "JPEG"))
    write(tmp_path / "pictures/red/notes.txt", b"GIF, I mean JPEG")
    (note,) = read(tmp_path / "pictures").notes
    assert "5 files are images by content, but not by name, and left out" in note
    assert note.count(".image") == 3
    assert "and 2 more" in note
    assert "rename them" in note
    (tmp_path / "toy.yaml").write_text(SPEC.replace("FOLDER", str(tmp_path / "pictures")))
    assert run(["data", str(tmp_path / "toy.yaml")]) == 0
    assert " ".join(f"note: {note}".split()) in " ".join(capsys.readouterr().out.split())
    assert run(["data", str(tmp_path / "toy.yaml"), "--format", "json"]) == 0
    assert "images by content" in capsys.readouterr().out
    assert run(["train", str(tmp_path / "toy.yaml"), "--device", "cpu", "--out", str(tmp_path / "run")]) == 0
    assert f"note: {note}" in capsys.readouterr().out
    assert "images by content" in (tmp_path / "run/metrics.json").read_text()


def test_a_class_all_of_whose_images_are_not_called_so(tmp_path):
    folder(tmp_path, parts=("",))
    write(tmp_path / "yellow/0", encoded(picture()))
    assert "no images" in (told := only(refused(tmp_path), Code.DATA_BROKEN))
    assert "1 file is such by content, but not by name" in told


def film(root):
    """What phones make: a JPEG with a film behind it."""
    path = folder(root, kind="JPEG", size=(64, 64)) / "train/red/3.jpeg"
    path.write_bytes(path.read_bytes() + b"\0\0\0\x18ftypmp42" + os.urandom(5_000).replace(b"\xff\xd9", b"\0\0"))


def zeros(root):
    path = folder(root, kind="JPEG", size=(64, 64)) / "train/red/3.jpeg"
    path.write_bytes(path.read_bytes() + bytes(8_192))


def behind_a_png(root):
    path = folder(root) / "train/red/3.png"
    path.write_bytes(path.read_bytes() + bytes(8_192))


@pytest.mark.parametrize("make", [film, zeros, behind_a_png])
@pytest.mark.parametrize("in_memory", [True, False])
def test_what_lies_behind_an_image_does_not_cut_it_short(tmp_path, make, in_memory):
    make(tmp_path)
    samples = read(tmp_path, in_memory=in_memory, workers=0)
    assert sum(len(batch.rows) for batch in samples.train.batches(in_order(samples.train, 4))) == 18


def test_an_image_that_is_cut_short_within_a_preview(tmp_path):
    """The end of the picture that a camera put into its notes is not the picture's own."""
    image, small = picture(size=(64, 64)), io.BytesIO()
    picture(size=(8, 8)).save(small, "JPEG")
    exif = image.getexif()
    whole = encoded(image, "JPEG", exif=exif)
    notes = b"Exif\0\0" + small.getvalue()
    tampered = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(notes) + 2) + notes + whole[2 : len(whole) // 2]
    path = write(folder(tmp_path, kind="JPEG") / "train/red/3.jpeg", tampered + bytes(600))
    assert f"{path}: the JPEG is cut short" in only(refused(tmp_path), Code.DATA_BROKEN)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("in_memory", [True, False])
def test_all_images_that_cannot_be_decoded_are_named_in_one_run(tmp_path, in_memory, ends):
    folder(tmp_path, each=8, size=(30, 30))
    wanted = []
    for name, index in (("blue", 0), ("green", 5), ("red", 2), ("red", 7)):
        path = tmp_path / f"{'val' if in_memory and index == 7 else 'train'}/{name}/{index}.png"
        content = bytearray(path.read_bytes())
        content[60:90] = bytes(30)
        wanted.append(write(path, content))
    whole = tmp_path / "train/green/1.png"
    if ends:  # cut short: what its end tells, and what only decoding does, are told together
        wanted.append(write(whole, whole.read_bytes()[:300]))
    found = refused(tmp_path, in_memory=in_memory, workers=0)
    assert sorted(each.message.split(": ")[0] for each in found) == sorted(map(str, wanted))


def test_where_none_can_be_decoded_some_are_named(tmp_path):
    folder(tmp_path, each=8)
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300) + b"IEND\xae\x42\x60\x82")
    found = refused(tmp_path)
    assert len(found) == 11
    assert found[-1].message == "38 more are broken"


@pytest.mark.parametrize(("validation", "each"), [(0.1, 2), (0.25, 2), (0.1, 5), (0.3, 1)])
def test_a_share_that_holds_nothing_out_is_told(tmp_path, validation, each):
    folder(tmp_path, each=each)
    told = only(refused(tmp_path, validation=validation), Code.DATA_MISMATCH)
    assert f"`validation: {validation}` holds no example out: of the largest class, {each} example" in told
    share = float(told.split("at least ")[1].split(",")[0])
    assert "`validation: 3`" in told
    if each > 1:
        assert len(read(tmp_path, validation=share).validation) == 3
        assert len(read(tmp_path, validation=3).validation) == 3


def test_a_test_share_that_holds_nothing_out_is_told(tmp_path):
    folder(tmp_path, parts=("",), each=2)
    assert "`test: 0.1` holds no example out" in only(refused(tmp_path, test=0.1), Code.DATA_MISMATCH)
    samples = read(tmp_path)
    assert samples.test is None
    assert samples.notes == (
        "there are no test images: 0.2 of each class comes to none; `test` at `data` may say a number",
    )


def test_classes_that_a_part_lacks_are_told(tmp_path):
    folder(tmp_path, each=8)
    for index in range(1, 8):
        (tmp_path / f"train/red/{index}.png").unlink()
    (note,) = read(tmp_path, validation=0.25).notes
    assert note == "no image of the class red is held out for validation: they have too few"
    assert any("left to train on" in note for note in read(tmp_path, validation=0.6).notes)


def test_a_class_that_is_called_otherwise_in_a_part(tmp_path):
    folder(tmp_path)
    (tmp_path / "val/red").rename(tmp_path / "val/Red")
    told = only(refused(tmp_path), Code.DATA_MISMATCH)
    assert "has the class Red, which the training images lack" in told
    assert "there it is called red: give both one name" in told


def test_classes_that_differ_by_case_alone_are_told(tmp_path):
    folder(tmp_path)
    write(tmp_path / "train/Red/0.png", encoded(picture()))
    (note,) = read(tmp_path).notes
    assert "names of classes differ by the case of letters or by spaces alone: 'Red' and 'red'" in note


def test_floats_that_count_are_classes(tmp_path):
    pytest.importorskip("pyarrow")
    file = parquet(tmp_path / "a.parquet", [0.0, 1.0, 2.0, 1.0, 0.0, 2.0] * 2)
    samples = prepare(dataset({"parquet": str(file)}), CPU)
    assert samples.classes == ("0", "1", "2")
    assert samples.train.labels.dtype == torch.int64
    values = prepare(dataset({"parquet": str(file), "targets": "values"}), CPU)
    assert (values.classes, values.target_shape) == ((), (1,))
    gap = parquet(tmp_path / "b.parquet", [0.0, 1.0, 5.0, 1.0] * 3)
    assert prepare(dataset({"parquet": str(gap)}), CPU).classes == ()
    assert len(prepare(dataset({"parquet": str(gap), "targets": "classes"}), CPU).classes) == 6
    half = parquet(tmp_path / "c.parquet", [0.0, 0.5, 1.0, 1.0] * 3)
    with pytest.raises(NetspecError, match=r"label 0.5 of example 1 is no whole number, and classes are"):
        prepare(dataset({"parquet": str(half), "targets": "classes"}), CPU)


def test_floats_of_arrays_that_count_are_classes(tmp_path):
    y = np.arange(20) % 3
    path = arrays(tmp_path / "a.npz", y_train=y.astype(float), y_test=np.array([0.0, 2, 0, 2, 0, 2, 0, 2]))
    samples = prepare(dataset({"arrays": str(path)}), CPU)
    assert samples.classes == ("0", "1", "2")
    assert samples.test.labels.tolist() == [0, 2] * 4
    values = prepare(dataset({"arrays": str(path), "targets": "values"}), CPU)
    assert values.classes == ()
    column = arrays(tmp_path / "b.npz", y_train=y[:, None] / 1.0, y_test=np.zeros((8, 1)))
    assert prepare(dataset({"arrays": str(column)}), CPU).classes == ()


@pytest.mark.parametrize("label", [2**62, 2**20])
def test_a_label_does_not_make_as_many_classes(tmp_path, label):
    pytest.importorskip("pyarrow")
    told = f"label {label} of example 1 is too large: there are at most 1,048,576 classes"
    with pytest.raises(NetspecError, match=told):
        prepare(dataset({"parquet": str(parquet(tmp_path / "a.parquet", [0, label, 1, 1]))}), CPU)
    path = arrays(tmp_path / "a.npz", y_train=np.array([0, label] * 10), x_test=None, y_test=None)
    with pytest.raises(NetspecError, match=told):
        prepare(dataset({"arrays": str(path)}), CPU)


def test_masks_without_images_and_two_for_one(tmp_path):
    masked(tmp_path)
    write(tmp_path / "train/masks/9.png", (tmp_path / "train/masks/0.png").read_bytes())
    given = {"segmentation": str(tmp_path), "classes": 2}
    (note,) = prepare(dataset(given), CPU).notes
    assert "1 masks in" in note
    assert "have no image: 9.png" in note
    write(tmp_path / "train/masks/0.gif", encoded(Image.fromarray(np.zeros((12, 10), np.uint8)), "GIF"))
    with pytest.raises(NetspecError, match=r"it is a mask of 0, as 0\.gif is"):
        prepare(dataset(given), CPU)


def test_files_of_parquet_whose_names_say_no_part_or_two(tmp_path):
    pytest.importorskip("pyarrow")
    for name in ("Train-0", "TEST-0", "extra"):
        parquet(tmp_path / f"{name}.parquet", [0, 1, 0, 1])
    samples = prepare(dataset({"parquet": str(tmp_path)}), CPU)
    assert (len(samples.train), len(samples.test)) == (4, 4)
    assert samples.notes == (f"files whose names say no part are left out: {tmp_path / 'extra.parquet'}",)
    (tmp_path / "extra.parquet").rename(tmp_path / "train_test.parquet")
    with pytest.raises(NetspecError, match="says two parts"):
        prepare(dataset({"parquet": str(tmp_path)}), CPU)


def linked(root, target):
    folder(root, parts=("",), each=3)
    (root / "yellow").symlink_to(target)
    return root


def test_links_within_the_folder_are_followed_and_end(tmp_path):
    samples = read(linked(tmp_path, "red"))
    assert samples.classes == ("blue", "green", "red", "yellow")
    (tmp_path / "red/again").symlink_to("../green")
    (tmp_path / "green/again").symlink_to("../red")
    assert any("was read already" in each.message for each in refused(tmp_path))


@pytest.mark.parametrize("target", ["..", ".", "yellow", "nowhere"])
def test_links_that_lead_in_circles_or_nowhere_are_named(tmp_path, target):
    found = refused(linked(tmp_path / "data", target))
    assert {each.code for each in found} == {Code.DATA_BROKEN}
    assert any("link" in each.message for each in found)


def test_links_that_lead_out_are_followed_where_the_recipe_says_so(tmp_path):
    other = folder(tmp_path / "other", parts=("",), each=3)
    told = only(refused(linked(tmp_path / "data", other / "blue")), Code.DATA_BROKEN)
    assert "yellow: it is a link that leads out of the folder write `follow_links: true` at `data`" in told
    assert len(read(tmp_path / "data", follow_links=True).classes) == 4
    (tmp_path / "data/yellow").unlink()
    (tmp_path / "data/red/x.png").symlink_to(other / "blue/0.png")
    assert "x.png: it is a link that leads out" in only(refused(tmp_path / "data"), Code.DATA_BROKEN)
    assert read(tmp_path / "data", follow_links=True).classes == ("blue", "green", "red")


def test_names_that_are_no_utf_8_are_shown_escaped(tmp_path, capsys):
    folder(tmp_path, parts=("",))
    (tmp_path / "red").rename(tmp_path / os.fsdecode(b"caf\xe9"))
    samples = read(tmp_path)
    assert samples.classes == ("blue", r"caf\xe9", "green")
    path = tmp_path / os.fsdecode(b"caf\xe9/0.png")
    path.write_bytes(b"no image")
    (diagnostic,) = refused(tmp_path)
    assert diagnostic.message.encode("utf-8", "backslashreplace")


def test_a_stream_names_all_that_are_broken_in_an_epoch(tmp_path):
    folder(tmp_path, each=8, size=(30, 30))
    samples = read(tmp_path, in_memory=False, workers=0)
    wanted = [tmp_path / f"train/{name}/{index}.png" for name, index in (("blue", 1), ("green", 5), ("red", 7))]
    for path in wanted:
        write(path, b"no image")
    batches = samples.train.batches(in_order(samples.train, 1))
    assert next(batches).rows.tolist() == [0]
    with pytest.raises(NetspecError) as caught:
        list(batches)
    assert [each.message.split(": ")[0] for each in caught.value.diagnostics] == list(map(str, wanted))
