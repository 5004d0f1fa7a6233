"""Folders that Hugging Face's `save_to_disk` writes, of which `netspec train` and a script make the same data."""

import json

import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from tests.recipe.data.both_ways import read_both_ways, refused_both_ways
from tests.recipe.data.sets import dataset, encoded, parquet, picture, write

pa = pytest.importorskip("pyarrow")
CPU = torch.device("cpu")
NAMES = ["cat", "dog"]
KIND = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def saved(folder, labels, shards=1, compression=None, images=None, first=0):
    """One split as `save_to_disk` writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    features = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema([("image", KIND), ("label", pa.int64())], metadata=noted)
    names = [f"data-{number:05}-of-{shards:05}.arrow" for number in range(shards)]
    for number, name in enumerate(names):
        own = range(number, len(labels), shards)
        cells = [{"bytes": images or encoded(picture(first + row)), "path": None} for row in own]
        batch = pa.record_batch([pa.array(cells, KIND), pa.array([labels[row] for row in own])], schema=schema)
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_stream(file, schema, options=options) as stream:
            stream.write_batch(batch)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def splits(root, **parts):
    for number, (name, count) in enumerate(parts.items()):
        saved(root / name, [row % 2 for row in range(count)], 2, first=100 * number)
    (root / "dataset_dict.json").write_text(json.dumps({"splits": list(parts)}))
    return root


def both(root, **options):
    return read_both_ways({"hugging_face": str(root), **options})


def refused(root, told, code=Code.DATA_MISMATCH):
    assert told in refused_both_ways({"hugging_face": str(root)}, code)


def test_one_split(tmp_path):
    samples = both(saved(tmp_path / "one", [0, 1] * 5, 3))
    assert samples.classes == ("cat", "dog")
    assert (len(samples.train), len(samples.test)) == (8, 2)


def test_splits_are_parts(tmp_path):
    samples = both(splits(tmp_path, train=8, validation=2, test=4))
    assert [len(each) for each in (samples.train, samples.validation, samples.test)] == [8, 2, 4]
    samples = both(splits(tmp_path / "other", train=8, validation=2, unsupervised=4))
    assert (samples.validation, len(samples.test)) == (None, 2)


def test_arrow_stays_on_the_disk(tmp_path):
    part = dataset({"hugging_face": str(saved(tmp_path / "one", [0, 1] * 20)), "in_memory": False, "workers": 0})
    before = pa.total_allocated_bytes()
    samples = prepare(part, CPU)
    assert len(list(samples.train.batches(in_order(samples.train, 8)))) == 4
    assert pa.total_allocated_bytes() - before < 10_000


def test_parquet_of_the_hub(tmp_path):
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        parquet(tmp_path / f"data/{name}-0123abcd.parquet", [0, 1, 0, 1], names=NAMES)
    (tmp_path / "README.md").write_text("---\n---\n")
    samples = both(tmp_path)
    assert (samples.classes, len(samples.train), len(samples.test)) == (("cat", "dog"), 8, 4)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_arrow_is_refused_before_it_is_unpacked(tmp_path, codec):
    saved(tmp_path / "one", [0, 1] * 5, compression=codec, images=bytes(1 << 20))
    refused(tmp_path / "one", "it is compressed, and cannot be mapped", Code.DATA_BROKEN)


@pytest.mark.parametrize("name", ["../data.arrow", "/etc/passwd", "", "..", "a\0b", 3, None])
def test_names_that_lead_elsewhere(tmp_path, name):
    saved(tmp_path / "one", [0, 1] * 5)
    (tmp_path / "one/state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    refused(tmp_path / "one", "which is no name beside it")


def test_what_is_broken_is_told(tmp_path):
    folder = saved(tmp_path / "one", [0, 1] * 5)
    file, kept = folder / "data-00000-of-00001.arrow", (folder / "data-00000-of-00001.arrow").read_bytes()
    for content in (kept[: len(kept) // 2], b"no arrow", kept[:200] + b"\xff" * 60 + kept[260:]):
        file.write_bytes(content)
        refused(folder, str(file), Code.DATA_BROKEN)
    file.unlink()
    write(tmp_path / "far.arrow", kept)
    file.symlink_to(tmp_path / "far.arrow")
    refused(folder, "it is a link")
    for content in ("{", "[1]", "{}", '{"_data_files": 3}', "[" * 100_000):
        (folder / "state.json").write_text(content)
        refused(folder, "state.json")
    splits(tmp_path / "two", test=4)
    refused(tmp_path / "two", "has no split to train on", Code.DATA_NOT_FOUND)
    splits(tmp_path / "twins", train=4, training=4)
    refused(tmp_path / "twins", "two splits of the same part")


def test_labels_out_of_range(tmp_path):
    saved(tmp_path / "one", [0, -1, 1, 1])
    with pytest.raises(NetspecError, match="label -1 is out of range"):
        prepare(dataset({"hugging_face": str(tmp_path / "one")}), CPU)
