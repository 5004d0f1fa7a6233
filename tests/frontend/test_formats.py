"""Files of other formats are recognised by what they hold, and told by name."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import netspec
from netspec import api
from netspec.cli import run

TEXTS = {
    "a Keras model in JSON": json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}}),
    "a Caffe network": 'name: "LeNet"\nlayer {\n  name: "conv1"\n  type: "Convolution"\n}\n',
    "a Darknet network": "[net]\nbatch=64\nwidth=416\n\n[convolutional]\nfilters=32\nsize=3\n",
    "an Ultralytics model": "nc: 80\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n  - [-1, 1, Detect, [nc]]\n",
    "Python source": "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    pass\n",
    "a Jupyter notebook": json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
    "a Hugging Face model's": json.dumps({"architectures": ["BertModel"], "hidden_size": 768}),
    "a TOML file": '[model]\nname = "lenet"\nlayers = 3\n',
    "a training recipe": "data: digits\nloss: cross_entropy\noptimizer: {sgd: 0.1}\nepochs: 3\n",
    "a printed torch module": str(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU())),
}


def told(file: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """What `check` says of a file that is no spec."""
    assert run(["check", str(file), *more]) == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "NS0110" in said.out, said.out
    assert f"{file.name}:1:1" in said.out
    assert "1 error" in said.out
    return said.out


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_of_another_format_is_named(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "given.yaml"
    file.write_text(TEXTS[what])
    assert f"this is {what}" in told(file, capsys)


@pytest.mark.parametrize("large", [False, True])
def test_weights_are_named(large: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tensors = {"weight": torch.zeros(3_000_000 if large else 3)}
    torch.save(tensors, tmp_path / "w.pt")
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    save_file(tensors, tmp_path / "w.safetensors")
    assert "this is a PyTorch file" in told(tmp_path / "w.pt", capsys)
    assert "PyTorch" in told(tmp_path / "old.pth", capsys)
    assert "this is a safetensors file" in told(tmp_path / "w.safetensors", capsys)


def test_models_in_bytes_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.onnx").write_bytes(b"\x08\x08\x12\x07pytorch\x1a\x052.3.0:\x9d\x01\n*\n\x05input\x12\xff")
    (tmp_path / "m.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
    (tmp_path / "m.pkl").write_bytes(pickle.dumps({"a": [1, 2]}))
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"")
    with zipfile.ZipFile(tmp_path / "m.pt2", "w") as archive:  # as torch.export.save writes
        archive.writestr("m/archive_format", "pt2")
        archive.writestr("m/models/model.json", "{}")
        archive.writestr("m/data/weights/model_weights_config.json", "{}")
    assert "this is a program of torch.export" in told(tmp_path / "m.pt2", capsys)
    assert "this is an ONNX model" in told(tmp_path / "m.onnx", capsys)
    assert "this is an HDF5 file" in told(tmp_path / "m.h5", capsys)
    assert "this is a pickle" in told(tmp_path / "m.pkl", capsys)
    assert "this is a Keras model" in told(tmp_path / "m.keras", capsys)


def test_a_spec_given_as_a_recipe_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(api.zoo_text("lenet"))
    assert run(["check", "lenet", "--recipe", str(file)]) == 1
    assert "error[NS0110]: this is a spec, and a recipe is due here" in capsys.readouterr().out


@pytest.mark.parametrize("name", api.zoo())
def test_no_spec_of_the_zoo_is_taken_for_another_format(name: str) -> None:
    from netspec.frontend import formats, source
    from netspec.recipe.recipe import Recipe

    text = api.zoo_text(name)
    formats.refuse_bytes(text.encode(), name)
    formats.refuse_text(text, name)
    formats.refuse_data(source.parse(text, name), Recipe)


@pytest.mark.parametrize(
    "text",
    ["", "- relu\n- tanh\n", "name: n\nlayers: [relu]\n", "netspec: 1\nname: n\nlayers: {\n", "layers: {conv: 3}\n"],
)
def test_a_broken_spec_is_not_taken_for_another_format(text: str) -> None:
    assert "NS0110" not in {each.code.number for each in netspec.check("n.yaml", text=text)}
