"""Files are read back by those that they are for."""

from __future__ import annotations

import json

import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

import netspec
from netspec import api
from tests.exporters.networks import loads, weights_of
from tests.reduced import reduced

SEVERAL = """
inputs: {left: [3, 6], right: {shape: [6], dtype: int64}}
layers:
  - {linear: 4, from: left, name: a}
  - {embedding: 9, dim: 4, from: right, name: b}
  - {linear: 2, from: b, name: c}
outputs: {first: a, second: c}
"""
DYNAMIC = """
input: {shape: [3, 16, 16], dynamic: [1, -1]}
layers:
  - {conv: 4, kernel: 3, stride: 2, padding: 1, activation: relu}
  - {conv_transpose: 3, kernel: 2, stride: 2}
"""
SENTENCES = """
input: {shape: [20], dtype: int64, dynamic: [0]}
layers:
  - {embedding: 30, dim: 8}
  - {lstm: 16}
  - {mean: 0}
  - {linear: 3}
"""


def feed(file, **inputs):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    results = session.run(names, {name: tensor.numpy() for name, tensor in inputs.items()})
    return {name: torch.from_numpy(array) for name, array in zip(names, results, strict=True)}


def shapes_in(file):
    graph = onnx.load(file).graph
    return {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
        for each in (*graph.input, *graph.output)
    }


def network_of(spec, weights):
    return api.compile(spec, weights=weights).eval()


def test_several_inputs_and_outputs_bear_the_names_of_the_spec(tmp_path):
    spec = loads(SEVERAL)
    weights = weights_of(spec, tmp_path)
    made = netspec.export(spec, tmp_path / "net.onnx", weights)
    assert shapes_in(tmp_path / "net.onnx") == {
        "left": ["batch", 3, 6],
        "right": ["batch", 6],
        "first": ["batch", 3, 4],
        "second": ["batch", 6, 2],
    }
    left, right = torch.randn(7, 3, 6), torch.randint(0, 9, (7, 6))
    wanted = network_of(spec, weights)(left, right)
    found = feed(tmp_path / "net.onnx", left=left, right=right)
    assert list(found) == list(wanted) == ["first", "second"]
    for name, tensor in wanted.items():
        torch.testing.assert_close(found[name], tensor.detach())
    assert {each.output for each in made.differences} == {"first", "second"}
    assert made.weights == str(weights)


def test_axes_that_the_spec_calls_dynamic_take_any_size(tmp_path):
    spec = loads(DYNAMIC)
    weights = weights_of(spec, tmp_path)
    netspec.export(spec, tmp_path / "net.onnx", weights)
    netspec.export(spec, tmp_path / "net.pt2", weights)
    assert shapes_in(tmp_path / "net.onnx")["input"] == ["batch", 3, "input_axis1", "input_axis2"]
    images = torch.randn(3, 3, 24, 40)
    wanted = network_of(spec, weights)(images).detach()
    torch.testing.assert_close(feed(tmp_path / "net.onnx", input=images)["output"], wanted)
    torch.testing.assert_close(torch.export.load(tmp_path / "net.pt2").module()(images).detach(), wanted)


def test_what_todays_exporter_cannot_say_the_older_one_says(tmp_path):
    spec = loads(SENTENCES)
    weights = weights_of(spec, tmp_path)
    made = netspec.export(spec, tmp_path / "net.onnx", weights)
    assert made.exporter == "tracing"
    words = torch.randint(0, 30, (4, 33))
    wanted = network_of(spec, weights)(words).detach()
    torch.testing.assert_close(feed(tmp_path / "net.onnx", input=words)["output"], wanted)


def test_an_opset_is_kept(tmp_path):
    assert netspec.export("lenet", tmp_path / "net.onnx", opset=18).opset == 18
    (opset,) = onnx.load(tmp_path / "net.onnx").opset_import
    assert opset.version == 18


@pytest.mark.parametrize("name", ["lenet5_1998", "vit_b_16"])
def test_pt2(name, tmp_path):
    spec = reduced(name)
    weights = weights_of(spec, tmp_path)
    made = netspec.export(spec, tmp_path / "net.pt2", weights)
    assert made.largest <= 1e-4
    extra = {"spec.json": ""}
    program = torch.export.load(tmp_path / "net.pt2", extra_files=extra)
    (each,) = spec.graph.inputs.values()
    images = torch.randn(3, *each.shape)
    torch.testing.assert_close(program.module()(images), network_of(spec, weights)(images))
    assert api.loads(extra["spec.json"]).digest == spec.digest


@pytest.mark.parametrize("name", ["lenet5_1998", "resnet34", "convnext_small"])
def test_safetensors_and_spec_make_the_same_module(name, tmp_path):
    spec = reduced(name)
    weights = weights_of(spec, tmp_path)
    made = netspec.export(spec, tmp_path / "net.safetensors", weights)
    assert list(made.files) == [str(tmp_path / "net.safetensors"), str(tmp_path / "net.spec.json")]
    assert made.largest == 0
    again = netspec.load(tmp_path / "net.spec.json")
    assert again.digest == spec.digest
    assert "extends" not in json.loads((tmp_path / "net.spec.json").read_text())
    assert netspec.generate(again) == netspec.generate(spec)
    state = netspec.compile(again, weights=tmp_path / "net.safetensors").state_dict()
    wanted = load_file(weights)
    assert set(state) == set(wanted)
    assert all(torch.equal(state[key], tensor) for key, tensor in wanted.items())


def test_a_spec_of_any_text_comes_back(tmp_path):
    doc = r"quotes ' \" and \\, {{ }}, $(x), \x7f, \x85, \u2028, \ufeff, \U0001F600"
    spec = loads(f'doc: "{doc}"\ninput: [3]\nlayers: [{{linear: 2}}, {{dropout: 1.0e-05}}]\n')
    netspec.export(spec, tmp_path / "net.safetensors")
    again = netspec.load(tmp_path / "net.spec.json")
    assert again.document.places.data == spec.document.places.data
    assert json.loads((tmp_path / "net.spec.json").read_text()) == spec.document.places.data


def test_random_weights_are_those_of_the_seed(tmp_path):
    files = [tmp_path / f"{number}.safetensors" for number in range(3)]
    state = torch.random.get_rng_state()
    for file, seed in zip(files, (1, 1, 2), strict=True):
        made = netspec.export("lenet", file, seed=seed)
        assert made.weights is None
    first, second, third = (load_file(file)["conv1.weight"] for file in files)
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert torch.equal(torch.random.get_rng_state(), state)
