"""Weights on disk: whole or as they were, and refused where they do not fit."""

from pathlib import Path

import pytest
import torch
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights, save_weights
from tests.training.networks import digits_net


def load_weights(module, path):
    load(module, read_weights(path))


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_round_trip_in_another_layout(tmp_path):
    saved, loaded = digits_net().to(memory_format=torch.channels_last), digits_net()
    save_weights(saved, tmp_path / "w.safetensors")
    load_weights(loaded, tmp_path / "w.safetensors")
    assert same(saved, loaded)


def test_tied_weights_and_buffers(tmp_path):
    def build():
        module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 4))
        module[2].weight = module[0].weight
        return module

    saved, loaded = build(), build()
    saved[1].running_mean.fill_(3)
    save_weights(saved, tmp_path / "w.safetensors")
    load_weights(loaded, tmp_path / "w.safetensors")
    assert same(saved, loaded)
    assert loaded[2].weight is loaded[0].weight


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch, step):
    old, path = digits_net(), tmp_path / "w.safetensors"
    save_weights(old, path)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    class FullFile:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def writelines(self, parts):
            data = b"".join(parts)
            self.file.write(data[: len(data) // 2])
            full()

    if step == "write":
        import os

        fdopen = os.fdopen
        monkeypatch.setattr(os, "fdopen", lambda *a: FullFile(fdopen(*a)))
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(NetspecError, match="No space left") as caught:
        save_weights(digits_net(), path)
    monkeypatch.undo()
    assert caught.value.diagnostics[0].code is Code.FILE_UNWRITABLE
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]
    loaded = digits_net()
    load_weights(loaded, path)
    assert same(old, loaded)


def test_weights_of_another_network(tmp_path):
    save_weights(nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8)), tmp_path / "w.safetensors")
    with pytest.raises(NetspecError, match="NS0604") as caught:
        load_weights(digits_net(), tmp_path / "w.safetensors")
    message = caught.value.diagnostics[0].message
    assert "`0.weight` is [8, 1, 3, 3] and should be [16, 1, 3, 3]" in message or "more" in message
    assert "`4.weight` is missing" in message


@pytest.mark.parametrize("content", [None, b"", b"not weights at all"])
def test_no_weights(tmp_path, content):
    if content is not None:
        (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(NetspecError, match="NS0902"):
        load_weights(digits_net(), tmp_path / "w.safetensors")
