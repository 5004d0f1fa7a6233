"""Shards of webdataset, of which `netspec train` and a script make the same data."""

import io
import os
import tarfile

import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from tests.recipe.data.both_ways import read_both_ways, refused_both_ways
from tests.recipe.data.sets import dataset, encoded, picture

CPU = torch.device("cpu")


def add(tar, name, content=b"", kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(content), kind, "far"
    tar.addfile(member, io.BytesIO(content))


def shard(path, members, form=tarfile.PAX_FORMAT, mode="w"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode, format=form) as tar:
        for name, content in members:
            add(tar, name, content)
    return path


def members(labels, first=0, folder=""):
    for row, label in enumerate(labels):
        yield f"{folder}{first + row:06}.png", encoded(picture(first + row))
        if label is not None:
            yield f"{folder}{first + row:06}.cls", str(label).encode()


def both(place, **options):
    return read_both_ways({"webdataset": str(place), **options})


def refused(place, told, code=Code.DATA_MISMATCH):
    assert told in refused_both_ways({"webdataset": str(place)}, code)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("in_memory", [True, False])
def test_shards_of_parts(tmp_path, form, in_memory):
    long = "x" * 60 + "/" + "ü" * 45 + "/"
    shard(tmp_path / "train-000000.tar", members([0, 1, 0, 1]), form)
    shard(tmp_path / "train-000001.tar", members([1, 1, 0], 4, "" if form == tarfile.USTAR_FORMAT else long), form)
    shard(tmp_path / "test-000000.tar", members([0, 1], 7), form)
    samples = both(tmp_path, in_memory=in_memory, workers=0)
    assert samples.classes == ("0", "1")
    assert (samples.train.labels.tolist(), len(samples.test)) == ([0, 1, 0, 1, 1, 1, 0], 2)
    (batch,) = samples.train.batches([torch.tensor([5, 2])])
    assert batch.targets.tolist() == [1, 0]


def test_a_single_shard_of_names(tmp_path):
    place = shard(tmp_path / "all.tar", [*members(["cat", "dog"] * 5), ("000003.json", b"{}"), ("000003.txt", b"x")])
    samples = both(place, per_class=3)
    assert samples.classes == ("cat", "dog")
    assert samples.test.labels.bincount().tolist() == [2, 2]
    assert samples.notes == ("2 members of the shards are neither image nor class, and left out",)


def test_values_and_no_labels(tmp_path):
    assert both(shard(tmp_path / "a.tar", members([0.5, 1.5, 2.25])), test=0).target_shape == (1,)
    assert both(shard(tmp_path / "b.tar", members([None] * 4)), test=0).target_shape is None


def test_images_come_in_any_order_from_the_disk(tmp_path):
    shard(tmp_path / "all.tar", members(range(20)))
    part = dataset({"webdataset": str(tmp_path / "all.tar"), "test": 0, "in_memory": False, "workers": 0})
    samples = prepare(part, CPU)
    (whole,) = samples.train.batches(in_order(samples.train, 20))
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    batches = list(samples.train.batches(list(order.split(3))))
    assert torch.equal(torch.cat([batch.images for batch in batches]), whole.images[order])
    (tmp_path / "all.tar").write_bytes((tmp_path / "all.tar").read_bytes()[:1000])
    with pytest.raises(NetspecError, match="its shard has become shorter"):
        list(samples.train.batches([order]))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "is a device"),
        (tarfile.FIFOTYPE, "is a pipe"),
        (tarfile.GNUTYPE_SPARSE, "is of a kind that is not read"),
    ],
)
def test_members_that_are_no_files(tmp_path, kind, told):
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for name, content in members([0, 1]):
            add(tar, name, content)
        add(tar, "odd\x1b[31m.png", kind=kind)
    refused(tmp_path / "all.tar", told)


def test_shards_that_are_not_whole(tmp_path):
    place = shard(tmp_path / "all.tar", members([0, 1] * 4))
    whole = place.read_bytes()
    place.write_bytes(whole[:-10_240])  # without its end
    refused(place, "it is no whole tar")
    place.write_bytes(whole[:700])
    refused(place, "it is cut short within '000000.png'")
    place.write_bytes(b"no tar" * 200)
    refused(place, "it is no whole tar")
    refused(shard(place, members([0, 1]), mode="w:gz"), "without compression")
    place.write_bytes(bytes(1024))
    refused(place, "hold no images")
    place.unlink()
    os.mkfifo(place)
    refused(place, "it is a pipe")
    refused(tmp_path / "none", "there are no shards", Code.DATA_NOT_FOUND)
    (tmp_path / "none").mkdir()
    refused(tmp_path / "none", "holds no file to train on", Code.DATA_NOT_FOUND)


def test_a_note_of_any_length_is_not_read(tmp_path):
    place = tmp_path / "all.tar"
    member = tarfile.TarInfo("note")
    member.type, member.size = tarfile.XHDTYPE, 1 << 40
    place.write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    os.truncate(place, 1 << 41)  # a hole
    refused(place, "a note of 1,099,511,627,776 bytes")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([("a.png", 1), ("b.png", 1), ("a.cls", b"0")], "the image 'b' has no class"),
        ([("a.png", 1), ("a.cls", b"0"), ("b.cls", b"0")], "'b' has a class and no image"),
        ([("a.png", 1), ("a.jpg", 1), ("a.cls", b"0")], "two images called 'a'"),
        ([("a.png", 1), ("a.cls", b"0" * 2000)], "a class has up to 1,024"),
        ([("a.txt", b"x")], "hold no images"),
    ],
)
def test_members_that_do_not_go_together(tmp_path, given, told):
    content = encoded(picture())
    refused(shard(tmp_path / "all.tar", [(n, content if c == 1 else c) for n, c in given]), told)


def test_a_broken_image_is_named(tmp_path):
    place = shard(tmp_path / "all.tar", [*members([0, 1, 0, 1]), ("deep/x.png", b"no image"), ("deep/x.cls", b"0")])
    refused(place, f"{place}: deep/x.png", Code.DATA_BROKEN)
