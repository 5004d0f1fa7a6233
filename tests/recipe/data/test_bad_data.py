"""Data sets that are not there, broken, or wrong: each is named before an epoch is spent, by a diagnostic."""

import json
import shutil
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from netspec.functional.fields import Slot
from netspec.functional.holding_out import by_class
from netspec.recipe.data.plain_pickle import unpickled
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import arrays, dataset, encoded, folder, masked, parquet, picture, write

CPU = torch.device("cpu")


def refused(written, slots=()):
    """The diagnostics of a data set."""
    with pytest.raises(NetspecError) as caught:
        prepare(dataset(written), CPU, slots=slots)
    return caught.value.diagnostics


def told(written, code, *words, slots=()):
    found = refused(written, slots)
    text = " ".join(f"{d.message} {d.expected} {d.help}" for d in found)
    assert {d.code for d in found} == {code}, text
    assert all(str(word) in text for word in words), text


def cut(path, share=0.6):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def broken_jpeg(root):
    return cut(folder(root, kind="JPEG", size=(64, 64)) / "train/red/3.jpeg")


def broken_png(root):
    return cut(folder(root) / "val/green/1.png")


def empty_file(root):
    return write(folder(root) / "train/blue/2.png", b"")


def no_image(root):
    return write(folder(root) / "train/blue/2.png", b"These are no pixels.")


def damaged_inside(root):
    path = folder(root) / "train/blue/0.png"
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    return path


def deep(root):
    folder(root)
    return write(root / "train/red/0.tif", encoded(Image.fromarray(np.full((12, 10), 0.5, np.float32)), "TIFF"))


IMAGES = {
    broken_jpeg: "the JPEG is cut short",
    broken_png: "the PNG is cut short",
    empty_file: "it is empty",
    no_image: "it is no image that is read (JPEG, PNG, WebP, GIF, BMP, TIFF or PPM): it begins with 54 68",
    damaged_inside: "it cannot be decoded",
    deep: "its pixels are of 32 bits (mode F): write their range at `data`",
}


@pytest.mark.parametrize("make", IMAGES, ids=lambda make: make.__name__)
def test_broken_images_are_named(tmp_path, make):
    told({"folder": str(tmp_path)}, Code.DATA_BROKEN, *[make(tmp_path)], IMAGES[make])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_names_what_only_decoding_finds(tmp_path, workers):
    given = {"folder": str(folder(tmp_path)), "in_memory": False, "workers": workers}
    samples = prepare(dataset(given), CPU)
    path = damaged_inside(tmp_path)
    with pytest.raises(NetspecError) as caught:
        list(samples.train.batches(in_order(samples.train, 4)))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA_BROKEN
    assert f"{path}: it cannot be decoded" in diagnostic.message


def test_all_broken_files_are_named_at_once(tmp_path):
    folder(tmp_path, each=8)
    for name in ("red", "green"):
        for index in range(8):
            cut(tmp_path / f"train/{name}/{index}.png")
    found = refused({"folder": str(tmp_path)})
    assert len(found) == 11
    assert found[-1].message == "6 more are broken"


def test_an_empty_class(tmp_path):
    (folder(tmp_path) / "train/yellow").mkdir()
    told({"folder": str(tmp_path)}, Code.DATA_BROKEN, tmp_path / "train/yellow", "has no images", "delete the folder")


def test_a_class_that_is_not_learned(tmp_path):
    write(folder(tmp_path) / "val/yellow/0.png", encoded(picture()))
    told({"folder": str(tmp_path)}, Code.DATA_MISMATCH, "yellow", "lack")


def test_folders_that_are_not_there(tmp_path):
    told({"folder": str(tmp_path / "no")}, Code.DATA_NOT_FOUND, "there is no folder", tmp_path / "no")
    told({"folder": str(tmp_path)}, Code.DATA_BROKEN, "neither images nor folders of classes")
    folder(tmp_path, parts=("val",))
    told({"folder": str(tmp_path)}, Code.DATA_NOT_FOUND, "no folder train")


def test_images_that_differ_in_size(tmp_path):
    write(folder(tmp_path) / "train/red/0.png", encoded(picture(size=(30, 40))))
    told({"folder": str(tmp_path)}, Code.DATA_MISMATCH, "differ in size", "30x40", "12x10", "`resize: [height, width]`")
    for size, words in (((32, 32), "`resize: 32`, or `shorter: 37` and `crop: 32`,"), ((24, 32), "`resize: [24, 32]`")):
        told({"folder": str(tmp_path)}, Code.DATA_MISMATCH, words, slots=[Slot("image", (3, *size))])


def test_an_odd_size_among_many(tmp_path):
    """Not all are looked at beforehand: the one that differs is named when it is read."""
    folder(tmp_path, each=30)
    write(tmp_path / "train/blue/7.png", encoded(picture(size=(30, 40))))
    told({"folder": str(tmp_path)}, Code.DATA_BROKEN, "train/blue/7.png", "30x40, others are 12x10")


def test_a_crop_that_is_larger_than_an_image(tmp_path):
    told({"folder": str(folder(tmp_path)), "crop": 16}, Code.DATA_BROKEN, "smaller than the `crop` of 16x16")


def test_more_is_held_out_than_there_is(tmp_path):
    folder(tmp_path)
    told(
        {"folder": str(tmp_path), "validation": 18}, Code.DATA_MISMATCH, "`validation: 18` holds out all of 18 examples"
    )
    told({"folder": str(tmp_path), "test": 0.5}, Code.DATA_MISMATCH, "test images of their own")
    folder(tmp_path, parts=("test",))
    told({"folder": str(tmp_path), "validation": 0.5}, Code.DATA_MISMATCH, "part for validation of their own")


def test_other_channels_than_the_figures(tmp_path):
    given = {"folder": str(folder(tmp_path)), "mean": [0.5, 0.5], "std": [0.2, 0.2]}
    told(given, Code.DATA_MISMATCH, "`mean` and `std` have 2 numbers, the images have 3 channels")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shorter": 20}, "`shorter` needs a `crop`"),
        ({"shorter": 20, "crop": 24}, "is less than the `crop`"),
        ({"resize": 20, "crop": 24}, "exclude each other"),
        ({"channels": 2}, "3 for colour or 1 for gray"),
        ({"mean": 0.5}, "`mean` and `std` go together"),
        ({"mean": 0.5, "std": 0}, "`std` must be above 0"),
        ({"mean": 0.5, "std": 1, "range": [0, 1]}, "exclude each other"),
        ({"validation": -1}, "a share from 0 to below 1, or a whole number of images"),
        ({"test": "some"}, "a share from 0 to below 1, or a whole number of images"),
        ({"workers": -1}, "at least 0"),
        ({"crop": [1, 2, 3]}, "a whole number of pixels"),
        ({"shuffle": True}, "no option `shuffle`"),
    ],
)
def test_options_that_are_refused(options, words):
    with pytest.raises(NetspecError) as caught:
        dataset({"folder": "here", **options})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code.number < "NS03"
    assert words in f"{diagnostic.message} {diagnostic.expected}"


def no_masks(root):
    shutil.rmtree(masked(root) / "train/masks")
    return "it has no folder masks"


def a_mask_is_missing(root):
    (masked(root) / "train/masks/2.png").unlink()
    return "train/images/2.jpg: it has no mask"


def a_mask_of_another_size(root):
    write(masked(root) / "train/masks/1.png", encoded(Image.fromarray(np.zeros((5, 6), np.uint8))))
    return "the mask is 5x6, its image 12x10"


def a_class_out_of_range(root):
    write(masked(root) / "val/masks/1.png", encoded(Image.fromarray(np.full((12, 10), 7, np.uint8))))
    return "the mask has the label 7, there are 2 classes"


def a_mask_in_colours(root):
    write(masked(root) / "train/masks/1.png", encoded(picture()))
    return "this one has colours"


@pytest.mark.parametrize(
    "make", [no_masks, a_mask_is_missing, a_mask_of_another_size, a_class_out_of_range, a_mask_in_colours]
)
def test_wrong_masks(tmp_path, make):
    words = make(tmp_path)
    told({"segmentation": str(tmp_path), "classes": 2}, Code.DATA_BROKEN, words)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1, 2, 9], "row 3: label 9 is out of range: there are 3 classes"),
        ([0, -1, 2, 1], "row 1: label -1 is out of range"),
        ([0, None, 1, 1], "row 1 has no `label`"),
        ([0.5, float("nan"), 1.0, 2.0], "target 1 is no finite number"),
        ([b"a", b"b", b"a", b"b"], "labels are whole numbers, names or floats, not bytes"),
    ],
)
def test_wrong_labels_of_parquet(tmp_path, labels, words):
    pytest.importorskip("pyarrow")
    names = ["ant", "bee", "cow"] if isinstance(labels[0], int) else None
    told({"parquet": str(parquet(tmp_path / "x.parquet", labels, names=names))}, Code.DATA_BROKEN, "x.parquet", words)


def test_broken_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = str(parquet(tmp_path / "a" / "train.parquet", [0, 1, 1, 0]))
    told({"parquet": path, "image_column": "picture"}, Code.DATA_BROKEN, "it has no column `picture`", "`image`")
    told({"parquet": path, "label_column": "kind"}, Code.DATA_BROKEN, "it has no column `kind`")
    cut(tmp_path / "a" / "train.parquet")
    told({"parquet": path}, Code.DATA_BROKEN, "cannot be read as Parquet")
    told({"parquet": str(tmp_path / "none")}, Code.DATA_NOT_FOUND, "there is no Parquet")
    (tmp_path / "empty").mkdir()
    told({"parquet": str(tmp_path / "empty")}, Code.DATA_NOT_FOUND, "holds no .parquet file")
    images = [encoded(picture(i)) for i in range(4)]
    images[2] = images[2][:50]
    row = parquet(tmp_path / "b.parquet", [0, 1, 0, 1], images)
    told({"parquet": str(row)}, Code.DATA_BROKEN, "b.parquet, row 2", "cannot be decoded")
    images[2] = None
    told({"parquet": str(parquet(row, [0, 1, 0, 1], images))}, Code.DATA_BROKEN, "row 2", "there are no bytes")


def test_without_pyarrow(tmp_path, monkeypatch):
    from netspec.recipe import libraries

    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "pyarrow" else object())
    told({"parquet": str(tmp_path)}, Code.TORCH_MISSING, "this needs pyarrow", "pip install 'netspec[train]'")


X = np.zeros((4, 6, 5, 3), np.uint8)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"y_train": np.arange(19) % 3}, "x_train has 20 examples, y_train 19"),
        ({"y_test": np.array([0, 1, 2, 3, 0, 0, 0, 0])}, "label 3 of example 3 is out of range: there are 3 classes"),
        ({"y_train": np.arange(20) % 3 - 1}, "label -1 of example 0 is out of range"),
        ({"x_test": np.zeros((8, 7, 5, 3), np.uint8)}, "examples of x_test are [3, 7, 5] of uint8"),
        ({"x_test": np.zeros((8, 6, 5, 1), np.uint8)}, "examples of x_test are [1, 6, 5]"),
        ({"x_test": np.zeros((8, 6, 5, 3), np.float32)}, "of float32"),
        ({"x_train": np.full((20, 6, 5, 3), np.nan)}, "example 0 holds what is no finite number"),
        ({"x_train": np.array(["a"] * 20)}, "its elements are <U1"),
        ({"x_train": None}, "it has no array x_train"),
        ({"x_train": None, "x": np.zeros((20, 4)), "y_train": None, "y": np.zeros(20)}, "PATH, x_train=x, y_train=y)`"),
        ({"y_test": None}, "it has y_train alone"),
        ({"y_train": np.full(20, np.inf), "x_test": None, "y_test": None}, "target 0 is no finite number"),
        ({"y_train": np.full((20, 4), 2)}, "classes are [N]"),
        ({"x_train": np.zeros((20, 2, 2, 2, 2))}, "it is [20, 2, 2, 2, 2]"),
    ],
)
def test_wrong_arrays(tmp_path, changed, words):
    told({"arrays": str(arrays(tmp_path / "a.npz", **changed))}, Code.DATA_BROKEN, "a.npz", words)


def test_broken_arrays(tmp_path):
    told({"arrays": str(tmp_path / "a.npz")}, Code.DATA_NOT_FOUND, "there are no arrays")
    told({"arrays": str(cut(arrays(tmp_path / "a.npz")))}, Code.DATA_BROKEN, "cannot be read as arrays")
    np.save(tmp_path / "x_train.npy", np.array([object()]), allow_pickle=True)
    told({"arrays": str(tmp_path)}, Code.DATA_BROKEN, "x_train.npy: it holds Python objects")


def cifar(root, **changed):
    import pickle

    found = {"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 3]} | changed
    for name in ("test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        write(root / name, pickle.dumps(found))
    return {"cifar10": str(root)}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"labels": [0, 1, 2, 10]}, "label 3 is 10; labels are 0 to 9"),
        ({"labels": [0, 1]}, "it holds 2 labels for 4 images"),
        ({"data": np.zeros((4, 3071), np.uint8)}, "it does not hold `data` of 3,072 bytes"),
        ({"data": struct.Struct}, "it names"),
    ],
)
def test_broken_cifar(tmp_path, changed, words):
    told(cifar(tmp_path, **changed), Code.DATA_BROKEN, "data_batch_1", words)


def test_truncated_cifar(tmp_path):
    cifar(tmp_path)
    cut(tmp_path / "data_batch_3")
    told({"cifar10": str(tmp_path)}, Code.DATA_BROKEN, "data_batch_3", "it cannot be read")


def test_imagenet_that_is_not_sorted(tmp_path):
    write(tmp_path / "train/n01440764/a.jpg", encoded(picture(size=(256, 256)), "JPEG"))
    write(tmp_path / "val/b.jpg", encoded(picture(size=(256, 256)), "JPEG"))
    told({"imagenet": str(tmp_path)}, Code.DATA_NOT_FOUND, "has no folders of classes", "sort the images")


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """A spec for the folder `images` beside it; `changes` are of its section `train`."""
    monkeypatch.chdir(tmp_path)

    def written(layers="[flatten, {linear: 3}]", **changes):
        train = {
            "data": {"folder": "images", "batch_size": 6},
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "epochs": 1,
            **changes,
        }
        text = f"netspec: 1\nname: toy\ninput: [3, 12, 10]\nlayers: {layers}\ntrain: {json.dumps(train)}\n"
        (tmp_path / "toy.yaml").write_text(text)
        return ["train", "toy.yaml", "--device", "cpu", "--out", "run"]

    return written


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({}, 0, []),
        ({"augment": ["flip", {"erase": 0.3}, "mixup"]}, 0, []),
        ({"layers": "[flatten, {linear: 4}]"}, 1, ["NS0804", "3 classes"]),
        ({"data": {"folder": "images", "channels": 1, "batch_size": 6}}, 1, ["NS0804", "images of [1, 12, 10]"]),
        ({"data": {"folder": "images", "batch_size": 600}}, 1, ["NS0804", "a batch of 600 is larger than the 18"]),
        ({"data": {"folder": "elsewhere"}}, 3, ["NS0802", "there is no folder elsewhere"]),
        ({"augment": [{"crop": 8}]}, 1, ["NS0801", "augmented images become [3, 8, 8]", "toy.yaml:5:"]),
        ({"augment": ["mixup", "flip"]}, 1, ["NS0801", "`flip` must stand before it"]),
        ({"augment": ["flop"]}, 1, ["NS0204", "no augmentation `flop`"]),
        ({"augment": "flip"}, 1, ["NS0203", "`augment` has the wrong type"]),
    ],
)
def test_training_refuses_before_it_begins(tmp_path, capsys, spec, changes, code, words):
    folder(tmp_path / "images")
    assert run(spec(**changes)) == code
    shown = capsys.readouterr().err
    assert all(word in shown for word in words), shown
    assert (tmp_path / "run").exists() == (code == 0)
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"folder": "x", "resize": 2**40}, "1 to 8,192"),
        ({"folder": "x", "resize": [8, 2**62]}, "1 to 8,192"),
        ({"mnist": "x", "pad": 2**40}, "0 to 8,192"),
        ({"folder": "x", "crop": 2**40}, "1 to 8,192"),
        ({"folder": "x", "crop": 8, "shorter": 2**40}, "8192"),
        ({"folder": "x", "max_pixels": 2**40}, "178956970"),
        ({"arrays": "x", "classes": 2**62}, "1048576"),
        ({"synthetic": [3, 8, 8], "classes": 2**62}, "1048576"),
        ({"synthetic": [3, 8, 8], "examples": 2**62}, "at most 68,719,476,736"),
        ({"synthetic": [3, 2**31, 2**31]}, "at most 68,719,476,736"),
        ({"segmentation": "x", "classes": 2**62}, "masks tell 2 to 255"),
        ({"cifar10": "x", "crop": 24}, "`crop` is not for CIFAR-10"),
        ({"cifar100": "x", "channels": 1}, "`channels` is not for CIFAR-100"),
    ],
)
def test_sizes_that_no_data_have(written, words):
    with pytest.raises(NetspecError) as caught:
        dataset(written)
    assert {each.code.number for each in caught.value.diagnostics} <= {"NS0203", "NS0207"}
    text = " ".join(f"{each.message} {each.expected}" for each in caught.value.diagnostics)
    assert words in text.replace("178,956,970", "178956970").replace("1,048,576", "1048576"), text


def test_a_set_that_no_memory_holds_is_refused(tmp_path, monkeypatch):
    folder(tmp_path)
    given = {"folder": str(tmp_path), "in_memory": True}

    def refuse(*size, **options):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch, "empty", refuse)
    told(given, Code.DATA_MISMATCH, "does not fit into memory", "in_memory: false")


def test_keys_that_would_be_hashed_for_ever_are_refused(tmp_path):
    file = tmp_path / "data_batch_1"
    file.write_bytes(b"\x80\x02})" + b"q\x01h\x01\x86" * 60 + b"K\x01s.")  # a tuple of two tuples of two tuples ...
    with pytest.raises(NetspecError, match="it cannot be read: "):
        unpickled(file)


def test_a_column_that_is_there_twice_is_told(tmp_path):
    images, labels = pa.array([encoded(picture()), encoded(picture())]), pa.array([0, 1])
    pq.write_table(pa.table([images, images, labels], names=["image", "image", "label"]), tmp_path / "train.parquet")
    told({"parquet": str(tmp_path / "train.parquet")}, Code.DATA_BROKEN, "it has 2 columns `image`")


def test_classes_that_nobody_has_cost_nothing_as_data_are_parted(tmp_path):
    labels = torch.tensor([0, 1_000_000] * 6)
    assert [len(rows) for rows in by_class(labels, torch.arange(12))] == [6, 6]


def test_masks_of_arrays_are_masks_in_every_part(tmp_path):
    masks = np.arange(2 * 30, dtype=np.int64).reshape(2, 6, 5) % 3
    masks[0, 0, 0] = 255  # nothing is told of this pixel
    np.savez(tmp_path / "a.npz", x_train=X[:2], y_train=masks, x_test=X[:2], y_test=masks)
    found = dataset({"arrays": str(tmp_path / "a.npz")}).load()
    assert found.train.targets.dtype == found.test.targets.dtype == torch.uint8
    assert found.classes == ("0", "1", "2")
    assert dataset({"arrays": str(tmp_path / "a.npz"), "classes": ["x", "y", "z"]}).load().classes == ("x", "y", "z")
    told({"arrays": str(tmp_path / "a.npz"), "classes": 2}, Code.DATA_BROKEN, "label 2 of example 0 is out of range")


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8", "i2", "?"])
def test_labels_of_any_whole_numbers_are_classes(tmp_path, kind):
    labels = np.array([0, 1, 0, 1]).astype(kind)
    np.savez(tmp_path / "a.npz", x_train=X, y_train=labels, x_test=X, y_test=labels)
    data = dataset({"arrays": str(tmp_path / "a.npz")})
    assert data.load().train.targets.tolist() == data.reader()(tmp_path / "a.npz").test.targets.tolist() == [0, 1, 0, 1]


def test_a_batch_that_is_too_large_is_shown_where_its_size_is_written(tmp_path, capsys, spec):
    folder(tmp_path / "images")
    asked = spec(data={"folder": "images", "batch_size": 16})
    assert run([*asked, "--set", "train.data.validation=6"]) == 1
    shown = capsys.readouterr().err
    assert "a batch of 16 is larger than the 12 images to train on" in shown
    assert "toy.yaml:5:" in shown
    assert "beside them 6 for validation" in shown
    assert "write `batch_size: 12` at `data`, or less" in shown
