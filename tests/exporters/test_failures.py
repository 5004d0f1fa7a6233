"""What cannot be exported is told, and nothing is put in place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from torch import nn

import netspec
from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.exporters import subject
from netspec.exporters.formats import onnx, pt2, safetensors
from tests.exporters.networks import loads, weights_of

NO_OPERATOR = "input: [4, 7]\nlayers:\n  - relu\n  - {adaptive_max_pool: 3}\n"
NO_VOLUMES = "input: [2, 7, 7, 7]\nlayers: [{sequence: [relu, {adaptive_avg_pool: 3}], name: tail}]\n"
NO_RUNTIME = "input: [2, 4, 4]\nlayers: [{conv_transpose: 2, kernel: 3, dilation: 2, output_padding: 1}]\n"
WRONG = "input: [2, 4, 4]\nlayers: [{avg_pool: 2, divisor_override: 3}]\n"
NO_BATCH = "input: [3, 5, 5]\nlayers: [relu, {module: CrossMapLRN2d, args: {size: 3}, output: same, name: lrn}]\n"


SCAN = """
input: {shape: [4, 3], dynamic: [0]}
blocks:
  cell:
    inputs: [step, state]
    layers: [concat: [step, state], {linear: 2, name: next}]
layers:
  - {constant: 0.0, shape: [2], name: begin}
  - {cell: , scan: 0, from: [input, begin], carry: state, to: [all, last]}
  - {add: [last, begin]}
"""
DRAWS = "input: [4]\nlayers: [{linear: 4, name: a}, {random_normal: , name: noise}, add: [a, noise]]\n"


def refused(spec, path, *args, **options):
    with pytest.raises(NetspecError) as raised:
        netspec.export(spec, path, *args, **options)
    (diagnostic,) = raised.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "suffix", "layer", "reason"),
    [
        (NO_OPERATOR, "onnx", "adaptive_max_pool1", "no operator for torch's `adaptive_max_pool2d`"),
        (NO_VOLUMES, "onnx", "tail.1", "no operator for torch's `adaptive_avg_pool3d`"),
        (NO_RUNTIME, "onnx", "conv_transpose1", "onnxruntime refuses it: "),
        (NO_BATCH, "pt2", "lrn", "the batch, or another axis that may have any size, has but one that works"),
        (NO_BATCH, "onnx", "lrn", "the batch, or another axis that may have any size, has but one that works"),
    ],
)
def test_the_layer_that_cannot_be_said_is_named(text, suffix, layer, reason, tmp_path, capfd):
    diagnostic = refused(loads(text), tmp_path / f"net.{suffix}")
    assert diagnostic.code is Code.EXPORT_FAILED
    assert diagnostic.message.startswith(f"`{layer}` (")
    assert reason in diagnostic.message
    assert diagnostic.span is not None
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", ["onnx", "pt2"])
@pytest.mark.parametrize(
    ("text", "reason", "help", "line"),
    [
        (SCAN, "`net` cannot be exported to {}: its scan runs along an axis of any size", "leave out `dynamic`", 11),
        (
            DRAWS,
            "`noise` (random_normal) cannot be exported to {}: it draws anew in evaluation",
            "`random_normal: t",
            4,
        ),
    ],
    ids=["scan", "draws"],
)
def test_what_would_be_fixed_is_told_with_what_can_be_exported(text, reason, help, line, suffix, tmp_path):
    diagnostic = refused(loads(text), tmp_path / f"net.{suffix}")
    assert diagnostic.message == reason.format({"onnx": "ONNX", "pt2": "torch.export"}[suffix])
    assert diagnostic.help.startswith(help)
    assert diagnostic.span.line == line
    netspec.export(
        loads(text.replace(", dynamic: [0]", "").replace("normal: ", "normal: training")), tmp_path / "a.pt2"
    )


def test_weights_of_a_network_that_draws_are_exported(tmp_path):
    made = netspec.export(loads(DRAWS), tmp_path / "net.safetensors")
    assert made.largest == 0


def test_what_onnx_would_say_wrongly_is_refused(tmp_path):
    diagnostic = refused(loads(WRONG), tmp_path / "net.onnx")
    assert diagnostic.code is Code.EXPORT_DIFFERS
    assert "`output`" in diagnostic.message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("module", "step"), [(onnx, "trace"), (pt2, "trace"), (safetensors, "save_weights")], ids=["onnx", "pt2", "weights"]
)
def test_an_export_that_answers_otherwise_is_not_put_in_place(module, step, tmp_path, monkeypatch):
    """The network is changed once it was traced or saved, so that torch's answers are others."""
    file = tmp_path / f"net.{module.__name__.rpartition('.')[2]}"
    file.write_text("what stood here")
    original = getattr(module, step)

    def broken(made, *args):
        result = original(made, *args)
        head = (made if isinstance(made, nn.Module) else made.network).fc3
        head.bias = nn.Parameter(head.bias + 1)
        return result

    monkeypatch.setattr(module, step, broken)
    monkeypatch.setattr(onnx, "EXPORTERS", {"dynamo": onnx.by_dynamo})
    diagnostic = refused("lenet", file)
    assert diagnostic.code is Code.EXPORT_DIFFERS
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "what stood here"


def test_weights_of_another_network(tmp_path):
    other = weights_of(api.load("lenet_digits"), tmp_path)
    assert refused("lenet", tmp_path / "net.onnx", other).code is Code.WEIGHTS_MISMATCH
    assert refused("lenet", tmp_path / "net.onnx", tmp_path / "none.pt").code is Code.FILE_UNREADABLE
    assert [each.name for each in tmp_path.iterdir()] == [other.name]


def test_formats_and_places_that_are_not_there(tmp_path):
    assert refused("lenet", tmp_path / "net.tflite").code is Code.UNKNOWN_FORMAT
    assert refused("lenet", tmp_path / "net", format="pt").code is Code.UNKNOWN_FORMAT
    assert refused("lenet", tmp_path / "net.pt2", opset=18).code is Code.EXPORT_FAILED
    assert refused("lenet", tmp_path / "nowhere" / "net.pt2").code is Code.FILE_UNWRITABLE
    (tmp_path / "folder.pt2").mkdir()
    assert refused("lenet", tmp_path / "folder.pt2").code is Code.FILE_UNWRITABLE


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    monkeypatch.delitem(sys.modules, onnx.__name__)
    diagnostic = refused("lenet", tmp_path / "net.onnx")
    assert diagnostic.code is Code.TORCH_MISSING
    assert diagnostic.message == "the format onnx needs onnxscript, which is not installed"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    assert refused("lenet", tmp_path / "net.pt2").code is Code.FILE_UNWRITABLE


def test_an_opset_that_torch_cannot_write(tmp_path):
    diagnostic = refused("lenet", tmp_path / "net.onnx", opset=3)
    assert diagnostic.code is Code.EXPORT_FAILED
    assert "opset 3" in diagnostic.message


def test_weights_beyond_what_a_file_of_onnx_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "LARGEST", 1000)
    diagnostic = refused("lenet", tmp_path / "net.onnx")
    assert diagnostic.code is Code.EXPORT_FAILED
    assert "246,824 bytes" in diagnostic.message


def test_numbers_that_json_has_no_word_for(tmp_path):
    spec = loads("params: {most: .inf}\ninput: [3]\nlayers: [{linear: 2}]\n")
    assert refused(spec, tmp_path / "net.safetensors").code is Code.EXPORT_FAILED
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(subject, "compile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        netspec.export("lenet", tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_link_keeps_pointing_and_modes_stay(tmp_path):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "real.safetensors"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link = tmp_path / "net.safetensors"
    link.symlink_to(target)
    netspec.export("lenet_digits", link)
    assert link.is_symlink()
    assert target.stat().st_size > 1000
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in Path(tmp_path / "there").iterdir()) == ["real.safetensors", "real.spec.json"]
