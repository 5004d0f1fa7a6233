"""Data sets that are whole: found, read, parted and brought to the network."""

import os
import pickle
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.image_files import Middle
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.data.decode import image_of, pixels
from netspec.training.feeding.batches import InMemory, in_order
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.streamed import Streamed
from tests.recipe.data.sets import arrays, dataset, encoded, folder, masked, parquet, picture, write

CPU = torch.device("cpu")
REAL = pytest.mark.skipif("NETSPEC_DATA" not in os.environ, reason="NETSPEC_DATA does not say where the data are")


def prepared(written, augment=()):
    return prepare(dataset(written), CPU, augment)


def everything(split):
    """All images and targets of a split."""
    batches = list(split.batches(in_order(split, 5)))
    return torch.cat([b.images for b in batches]), torch.cat([b.targets for b in batches])


@pytest.mark.parametrize("parts", [("train", "val"), ("train", "test"), ("train", "val", "test")])
def test_folders(tmp_path, parts):
    samples = prepared({"folder": str(folder(tmp_path, parts))}, augment=[object()])
    assert samples.classes == ("blue", "green", "red")
    assert (samples.shape, len(samples.train), len(samples.test)) == ((3, 12, 10), 18, 18)
    assert (samples.validation is not None) == (len(parts) == 3)
    images, labels = everything(samples.train)
    assert labels.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    for row in (0, 7, 17):
        colour = ("blue", "green", "red")[row // 6]
        on_disk = np.array(Image.open(tmp_path / "train" / colour / f"{row % 6}.png")).transpose(2, 0, 1)
        assert torch.equal(images[row], torch.from_numpy(on_disk.copy()))


def test_one_folder_is_always_parted_alike(tmp_path):
    root = folder(tmp_path, parts=("",), each=10)
    first, second = (prepared({"folder": str(root), "test": 0.3, "validation": 6}) for _ in range(2))
    for part in ("train", "validation", "test"):
        assert torch.equal(*(everything(getattr(samples, part))[0] for samples in (first, second)))
    assert (len(first.train), len(first.validation), len(first.test)) == (15, 6, 9)
    assert everything(first.test)[1].bincount().tolist() == [3, 3, 3]
    assert everything(first.validation)[1].bincount().tolist() == [2, 2, 2]
    whole = torch.cat([everything(getattr(first, part))[0] for part in ("train", "validation", "test")])
    assert len(whole.flatten(1).unique(dim=0)) == 30
    assert len(prepared({"folder": str(root)}).test) == 6


def test_images_without_classes_are_their_own_targets(tmp_path):
    for index in range(8):
        write(tmp_path / "train" / f"{index}.png", encoded(picture(index)))
        write(tmp_path / "test" / f"{index}.png", encoded(picture(100 + index)))
    samples = prepared({"folder": str(tmp_path)})
    (batch,) = samples.train.batches([torch.tensor([3, 1])])
    assert batch.targets is batch.images
    assert samples.classes == ()


def test_a_folder_is_found_below_netspec_data(tmp_path, monkeypatch):
    folder(tmp_path / "toys")
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
    assert len(prepared({"folder": "toys"}).train) == 18


def test_images_of_many_sizes_and_kinds_become_of_one(tmp_path):
    for label in ("a", "b"):
        for index, mode in enumerate(("RGB", "L", "RGBA", "P", "CMYK")):
            kind = "JPEG" if mode == "CMYK" else "PNG"
            image = picture(index, size=(20 + index, 30), mode=mode)
            write(tmp_path / "train" / label / f"{index}.{kind.lower()}", encoded(image, kind))
            write(tmp_path / "val" / label / f"{index}.{kind.lower()}", encoded(image, kind))
    data = {"folder": str(tmp_path)}
    assert prepared({**data, "resize": 16}).shape == (3, 16, 16)
    assert prepared({**data, "shorter": 18, "crop": [16, 17]}).shape == (3, 16, 17)
    assert prepared({**data, "resize": [16, 14], "channels": 1, "pad": 1}).shape == (1, 18, 16)


def test_the_frame_is_torchvision_s_resize_and_center_crop():
    from torchvision.transforms import v2

    for size in ((60, 90), (90, 61), (40, 40)):
        image = picture(1, size=size)
        found = pixels(image, Middle(None, 32, (24, 28)))
        wanted = v2.functional.center_crop(v2.functional.resize(image, [32]), [24, 28])
        difference = np.abs(found.astype(int) - np.array(wanted).transpose(2, 0, 1).astype(int))
        assert difference.mean() < 2.5


def test_pictures_are_turned_as_their_cameras_say(tmp_path):
    image = picture(0, size=(10, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    turned = image_of(encoded(image, "JPEG", exif=exif), 3)
    assert turned.size == (10, 20)


@pytest.mark.parametrize("workers", [0, 2])
def test_streams_give_what_memory_gives_in_any_order(tmp_path, workers):
    root = str(folder(tmp_path, size=(12, 12)))
    held, streamed = (
        prepared({"folder": root, "in_memory": memory, "workers": workers}, [object()]) for memory in (True, False)
    )
    assert isinstance(held.train, InMemory)
    assert isinstance(streamed.train, Streamed)
    assert held.inputs == streamed.inputs
    for epoch in range(3):
        rows = list(torch.randperm(18, generator=torch.Generator().manual_seed(epoch)).split(4))
        for one, other, wanted in zip(held.train.batches(rows), streamed.train.batches(rows), rows, strict=True):
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.targets, other.targets)
            assert torch.equal(other.rows, wanted)


def test_a_stream_that_is_left_early_begins_anew(tmp_path):
    root = str(folder(tmp_path, size=(12, 12)))
    split = prepared({"folder": root, "in_memory": False, "workers": 2}).train
    rows = list(torch.arange(18).split(3))
    stream = split.batches(rows)
    next(stream)
    again = [batch.rows.tolist() for batch in split.batches(rows[2:])]
    assert again == [each.tolist() for each in rows[2:]]


@pytest.mark.parametrize("workers", [0, 2])
def test_crops_while_reading_are_of_the_image_itself(tmp_path, workers):
    root = str(folder(tmp_path, size=(40, 60)))
    crop = RandomResizedCrop(size=(8, 8))
    samples = prepared({"folder": root, "resize": 8, "in_memory": False, "workers": workers}, [crop])
    assert samples.cropped
    draws = torch.rand(18, crop.numbers, generator=torch.Generator().manual_seed(1))
    (batch,) = samples.train.batches([torch.arange(18)], [draws])
    assert batch.images.shape == (18, 3, 8, 8)
    first = Image.open(tmp_path / "train/blue/0.png")
    top, left, height, width = crop.boxes(draws[:1], 40, 60)[0].tolist()
    wanted = first.resize((8, 8), Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    assert torch.equal(batch.images[0], torch.from_numpy(np.array(wanted).transpose(2, 0, 1)))
    (judged,) = samples.test.batches([torch.arange(18)])
    assert judged.images.shape == (18, 3, 8, 8)


def test_a_process_that_dies_is_told_of(tmp_path):
    split = prepared({"folder": str(folder(tmp_path)), "in_memory": False, "workers": 1}).train
    stream = split.batches(list(torch.arange(18).repeat(200).split(2)))
    next(stream)
    (worker,) = split._processes.members
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(NetspecError, match="a process that reads images ended") as caught:
        list(stream)
    assert caught.value.diagnostics[0].code is Code.TRAINING_FAILED
    assert "`workers`" in caught.value.diagnostics[0].help


def test_processes_that_read_ignore_what_ends_the_run_politely(tmp_path):
    split = prepared({"folder": str(folder(tmp_path)), "in_memory": False, "workers": 1}).train
    rows = list(torch.arange(18).repeat(20).split(2))
    stream = split.batches(rows)
    next(stream)
    (worker,) = split._processes.members
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker.process.pid, number)
    assert len(list(stream)) == len(rows) - 1


def test_masks(tmp_path):
    written = {"segmentation": str(masked(tmp_path)), "classes": ["ground", "thing"]}
    samples = prepared(written)
    images, masks = everything(samples.train)
    assert (images.shape[1:], masks.shape, masks.dtype) == ((3, 12, 10), (4, 12, 10), torch.int64)
    assert masks[2, 4, 3] == 1
    assert set(masks.unique().tolist()) == {0, 1, 255}
    assert (samples.classes, samples.mixable, samples.scene.ignored) == (("ground", "thing"), False, 255)
    small = prepared({**written, "resize": [6, 5]})
    assert everything(small.train)[1].shape == (4, 6, 5)
    streamed = prepared({**written, "in_memory": False, "workers": 2})
    assert torch.equal(everything(streamed.train)[1], masks)


@pytest.mark.parametrize("names", [("train-00000-of-00001", "test-00000-of-00001"), ("a_train", "a_validation")])
def test_parquet(tmp_path, names):
    pytest.importorskip("pyarrow")
    parquet(tmp_path / "data" / f"{names[0]}.parquet", [0, 1, 2, 1], names=["ant", "bee", "cow"])
    parquet(tmp_path / "data" / f"{names[1]}.parquet", [2, 0], names=["ant", "bee", "cow"])
    samples = prepared({"parquet": str(tmp_path)})
    assert samples.classes == ("ant", "bee", "cow")
    assert everything(samples.train)[1].tolist() == [0, 1, 2, 1]
    assert everything(samples.test)[1].tolist() == [2, 0]


@pytest.mark.parametrize("noted", ["", "[]", '{"info": 3}', '{"info": {"features": {"label": {"names": 3}}}}'])
def test_strange_notes_of_a_parquet_file_are_passed_over(tmp_path, noted):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    file = parquet(tmp_path / "train.parquet", [0, 1, 1, 0] * 3)
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({"huggingface": noted}), file)
    assert prepared({"parquet": str(file)}).classes == ("0", "1")


def test_parquet_in_parts_with_names_values_or_nothing_to_tell(tmp_path):
    pytest.importorskip("pyarrow")
    for index in range(3):
        parquet(tmp_path / "named" / f"train-{index}.parquet", ["cow", "ant"], image="img", label="class")
    samples = prepared({"parquet": str(tmp_path / "named"), "test": 2})
    assert samples.classes == ("ant", "cow")
    assert (len(samples.train), len(samples.test)) == (4, 2)
    parquet(tmp_path / "values.parquet", [0.5, 1.5, -2.0, 1.0, 2.0])
    samples = prepared({"parquet": str(tmp_path / "values.parquet")})
    assert samples.classes == ()
    assert everything(samples.train)[1].shape == (4, 1)
    streamed = prepared({"parquet": str(tmp_path / "values.parquet"), "in_memory": False, "workers": 2})
    assert torch.equal(everything(streamed.train)[1], everything(samples.train)[1])


def test_large_parquet_is_mapped_from_the_cache(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    from netspec.recipe.data import parquet_rows

    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    file = parquet(tmp_path / "train.parquet", [0, 1] * 5)
    plain, _ = everything(prepared({"parquet": str(file), "in_memory": True}).train)
    monkeypatch.setattr(parquet_rows, "_IN_MEMORY", 1)
    for _ in range(2):
        mapped, _ = everything(prepared({"parquet": str(file), "in_memory": True}).train)
        assert torch.equal(mapped, plain)
    (copy,) = (tmp_path / "home/.cache/netspec/arrow").iterdir()
    assert copy.suffix == ".arrow"


def test_rows_are_found_again_in_another_process(tmp_path):
    pytest.importorskip("pyarrow")
    source = dataset({"parquet": str(parquet(tmp_path / "x.parquet", [0, 1, 1, 0, 1]))}).load().train.source
    source.data(0)
    again = pickle.loads(pickle.dumps(source))
    assert [again.data(row) for row in range(len(again))] == [source.data(row) for row in range(len(source))]
    assert again.name(1) == source.name(1)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, bool, np.float32])
def test_rows_of_0_and_1_are_labels_of_any_type(tmp_path, kind):
    y = np.arange(60).reshape(20, 3) % 7 % 2
    path = arrays(tmp_path / "a.npz", y_train=y.astype(kind), x_test=None, y_test=None)
    part = dataset({"arrays": str(path), "test": 4})
    samples = prepare(part, torch.device("cpu"))
    assert samples.binary
    assert samples.target_shape == (3,)
    assert torch.equal(part.reader()(Path(part.script_folder)).train.targets, part.load().train.targets)


def test_arrays(tmp_path):
    samples = prepared({"arrays": str(arrays(tmp_path / "a.npz"))}, [object()])
    raw = np.load(tmp_path / "a.npz")
    images, labels = everything(samples.train)
    assert torch.equal(images, torch.from_numpy(raw["x_train"].transpose(0, 3, 1, 2).copy()))
    assert labels.tolist() == raw["y_train"].tolist()
    assert (samples.classes, samples.shape, len(samples.test)) == (("0", "1", "2"), (3, 6, 5), 8)
    for name in raw.files:
        np.save(tmp_path / f"{name}.npy", raw[name])
    assert torch.equal(everything(prepared({"arrays": str(tmp_path)}, [object()]).train)[0], images)


def test_arrays_of_values_and_of_features(tmp_path):
    generator = np.random.default_rng(0)
    x, y = generator.normal(3, 7, (50, 4)), generator.normal(size=50)
    path = arrays(tmp_path / "a.npz", x_train=x, y_train=y, x_test=None, y_test=None)
    samples = prepared({"arrays": str(path), "test": 10, "validation": 0.25})
    assert (samples.shape, samples.classes) == ((4,), ())
    assert [len(each) for each in (samples.train, samples.validation, samples.test)] == [30, 10, 10]
    inputs, targets = everything(samples.train)
    assert targets.shape == (30, 1)
    both = torch.cat([inputs, everything(samples.validation)[0]])
    torch.testing.assert_close(both.mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(both.std(0, correction=0), torch.ones(4))


def test_mean_and_std_of_the_recipe(tmp_path):
    path = arrays(tmp_path / "a.npz")
    plain, _ = everything(prepared({"arrays": str(path)}, [object()]).train)
    written = {"arrays": str(path), "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}
    found, _ = everything(prepared(written).train)
    mean, std = torch.tensor([0.5, 0.4, 0.3]).view(-1, 1, 1), torch.tensor([0.2, 0.3, 0.4]).view(-1, 1, 1)
    torch.testing.assert_close(found, (plain.float() / 255 - mean) / std, rtol=1e-4, atol=1e-4)


def test_synthetic_images_are_of_their_seed():
    first, again, other = (
        everything(prepared({"synthetic": [3, 8, 9], "classes": 7, "examples": 40, "seed": seed}).train)
        for seed in (0, 0, 1)
    )
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == (40, 3, 8, 9)
    assert int(first[1].max()) == 6


def batches(root, archive, parts, label, classes):
    """CIFAR's files as its makers pickled them."""
    generator = np.random.default_rng(0)
    for name in parts:
        data = generator.integers(0, 256, (10, 3072)).astype(np.uint8)
        found = {"data": data, label: [index % classes for index in range(10)]}
        write(root / archive / name, pickle.dumps(found, protocol=2))


@pytest.mark.parametrize("key", ["cifar10", "cifar100"])
def test_cifar_as_torchvision_unpacks_it(tmp_path, monkeypatch, key):
    kind = type(dataset(key))
    batches(
        tmp_path / key, kind.archive, [name for part in kind.parts for name in part], kind.label[0], kind.class_count
    )
    names = {kind.meta[1]: [f"class {index}" for index in range(kind.class_count)]}
    write(tmp_path / key / kind.archive / kind.meta[0], pickle.dumps(names))
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
    raw = dataset(key).load()
    assert (len(raw.train), len(raw.test)) == (10 * len(kind.parts[0]), 10)
    assert raw.classes[3] == "class 3"
    assert raw.train.images.shape[1:] == (3, 32, 32)
    assert len(dataset({key: str(tmp_path / key / kind.archive)}).load().train) == len(raw.train)


@REAL
def test_cifar10_as_parquet():
    pytest.importorskip("pyarrow")
    raw = dataset("cifar10").load()
    assert (len(raw.train), len(raw.test)) == (50_000, 10_000)
    assert raw.classes == ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    assert raw.train.labels.bincount().tolist() == [5000] * 10


@REAL
def test_fashion_mnist_is_not_taken_for_mnist(monkeypatch, tmp_path):
    from netspec.recipe.data import mnist

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(mnist, "download", lambda kind, cache: f"no network for {kind}")
    with pytest.raises(NetspecError, match=r"Fashion-MNIST is not there .no network for FashionMNIST"):
        dataset("fashion_mnist").load()
    found = dataset({"fashion_mnist": str(Path(os.environ["NETSPEC_DATA"]) / "mnist")}).load()
    assert found.classes[9] == "ankle boot"


def test_imagenet_and_caltech(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder(tmp_path / "imagenet", size=(300, 280))
    samples = prepared("imagenet")
    assert samples.shape == (3, 224, 224)
    assert samples.inputs.shift == pytest.approx((0.485 * 255, 0.456 * 255, 0.406 * 255))
    for name in ("accordion", "BACKGROUND_Google", "yin_yang"):
        for index in range(5):
            write(
                tmp_path / "caltech101/101_ObjectCategories" / name / f"image_{index}.jpg",
                encoded(picture(index), "JPEG"),
            )
    samples = prepared("caltech101")
    assert samples.classes == ("accordion", "yin_yang")
    assert (len(samples.train), len(samples.test)) == (8, 2)


@pytest.mark.parametrize(("amount", "wanted"), [(0.3, [3, 1, 1]), (4, [3, 1, 0]), (5, [3, 1, 1]), (1, [1, 0, 0])])
def test_a_number_is_held_out_of_each_class_in_proportion(amount, wanted):
    from netspec.recipe.data.held_out import hold_out
    from netspec.recipe.data.raw import Images, RawData

    labels = torch.tensor([0] * 10 + [1] * 4 + [2] * 2)
    found = hold_out(RawData(Images(torch.zeros(16, 1, 1, 1), labels), None, ("a", "b", "c")), amount)
    learned, held = found.train, found.validation
    assert held.targets.bincount(minlength=3).tolist() == wanted
    assert len(learned) + len(held) == 16
