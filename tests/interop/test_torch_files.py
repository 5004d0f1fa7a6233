"""Files of torch.save that cost more than their bytes, or hold other than they say, are refused before being read."""

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn

from netspec.diagnostics import NetspecError
from netspec.interop.weight_files import read_weights

BOMB = b"\x80\x02}" + b")" + b"q\x01h\x01\x86" * 60 + b"K\x01s."
"""A dict whose key is a tuple of two tuples of two tuples ...: 2^60 values to hash."""


def repacked(path, pickled=None, kind=zipfile.ZIP_STORED, more=()):
    with zipfile.ZipFile(path) as old:
        parts = {part.filename: old.read(part) for part in old.infolist()}
    with zipfile.ZipFile(path, "w", kind) as new:
        for name, content in parts.items():
            new.writestr(name, pickled if pickled and name.endswith(".pkl") else content)
        for name, content in more:
            new.writestr(name, content)
    return path


@pytest.fixture
def file(tmp_path):
    torch.save({"w": torch.arange(4.0)}, tmp_path / "w.pt")
    return tmp_path / "w.pt"


def refusal(file):
    with pytest.raises(NetspecError) as caught:
        read_weights(file)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code.number == "NS0902"
    return diagnostic.message


def called(name, argument):
    return b"\x80\x02}X\x01\x00\x00\x00wc" + name + argument + b"\x85Rs."


def test_a_key_that_takes_for_ever_to_hash(file):
    assert "it nests tuples in each other" in refusal(repacked(file, BOMB))
    file.write_bytes(b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {})) + BOMB)
    assert "it nests tuples in each other" in refusal(file)


@pytest.mark.parametrize(
    "name", [b"builtins\nbytearray\n", b"torch.storage\nUntypedStorage\n", b"torch\nFloatTensor\n", b"torch\nTensor\n"]
)
def test_memory_for_a_number(file, name):
    assert "with a size" in refusal(repacked(file, called(name, b"\x8a\x06\x00\x00\x00\x00\x00\x10")))


def test_parts_that_are_compressed_or_larger_than_the_file(file, tmp_path):
    assert "its parts are compressed" in refusal(repacked(file, kind=zipfile.ZIP_DEFLATED))
    torch.save({"w": torch.arange(400.0)}, tmp_path / "v.pt")
    data = (tmp_path / "v.pt").read_bytes()
    at = data.rindex(b"PK\x01\x02")  # the last part's entry in the directory says how long it is
    longer = data[: at + 20] + (2**31).to_bytes(4, "little") * 2 + data[at + 28 :]
    (tmp_path / "v.pt").write_bytes(longer)
    assert "bytes, the file" in refusal(tmp_path / "v.pt")


@pytest.mark.parametrize(
    ("tensor", "why"),
    [
        (torch.zeros(1).expand(2**40), "repeats its numbers"),
        (torch.zeros(2, device="meta"), "meta device"),
        (torch.sparse_coo_tensor([[1]], [1.0], (2**60,), check_invariants=True), "sparse"),
    ],
    ids=["repeated", "meta", "sparse"],
)
def test_tensors_that_say_they_are_larger_than_they_are(tmp_path, tensor, why):
    torch.save({"w": tensor}, tmp_path / "w.pt")
    assert why in refusal(tmp_path / "w.pt")


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
def test_what_is_no_file_of_weights(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = Path(name)
    os.mkfifo(file)
    assert "it is a pipe" in refusal(name)
    file.unlink()
    file.symlink_to(name)
    assert "symbolic links" in refusal(name)
    file.unlink()
    file.write_bytes(b"\0\0\0")
    assert "no weights can be read from it" in refusal(name)
    assert "File name too long" in refusal("n" * 300 + name)


@pytest.mark.parametrize("new", [True, False], ids=["zip", "before torch 1.6"])
def test_what_trainers_save_is_read(tmp_path, new):
    network = nn.Conv2d(1, 2, 3)
    optimizer = torch.optim.Adam(network.parameters())
    saved = {
        "model": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "args": OrderedDict(sizes=(1, 2, (3, 4)), blob=b"x", flags={1, 2}),
        "shared": [torch.arange(4)[1:], torch.Size([2])],
    }
    torch.save(saved, tmp_path / "all.pt", _use_new_zipfile_serialization=new)
    found = read_weights(tmp_path / "all.pt")
    assert list(found.tensors) == ["weight", "bias"]
    assert torch.equal(found.tensors["weight"], network.weight)
    small = torch.arange(3.0).expand(2, 3)  # a few numbers may be repeated
    torch.save({"w": small}, tmp_path / "small.pt", _use_new_zipfile_serialization=new)
    assert torch.equal(read_weights(tmp_path / "small.pt").tensors["w"], small)
