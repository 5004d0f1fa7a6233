"""Networks of the zoo that ONNX can say answer in onnxruntime as in torch: one of those whose layers are alike."""

from __future__ import annotations

import os

import onnx
import pytest

import netspec
from netspec import api
from netspec.diagnostics import Code, NetspecError
from tests.alike import LIKE, kinds, networks, tensor_networks
from tests.exporters.networks import weights_of
from tests.reduced import reduced

UNSAYABLE: dict[str, tuple[Code, str]] = {
    "lstm_classifier": (Code.EXPORT_FAILED, "`lstm` (lstm) cannot be exported to ONNX"),
}
"""Networks that ONNX cannot say: the diagnostic's code, and what its message says of the reason."""

LONG = {
    *("ddpm_unet", "deeplabv3_resnet50", "densenet121", "efficientnet_b0", "efficientnet_b5", "googlenet"),
    *("googlenet_bn", "gpt2", "inception_v3", "mnasnet1_0", "mobilenet_v3_small", "regnet_y_400mf", "swin_t"),
}
"""Networks of many layers: they are exported where more examples are asked for."""

REPEATED = {
    *("alexnet_torchvision", "lenet_digits", "mlp", "mobilenet_v2", "resnet18", "resnet50", "resnext50_32x4d"),
}
"""Networks whose layers others have, each with the same options: they too are left to more examples."""

ALONE = {"constant", "cos", "group_norm", "mean", "silu", "sin", "unflatten", "window_attention"}
"""Layers of theirs that no other network of the zoo has, so that ONNX is asked for them with more examples alone."""


LEFT = set() if "NETSPEC_EXAMPLES" in os.environ else LONG | REPEATED


@pytest.mark.parametrize("name", [each for each in networks() if each not in LEFT | UNSAYABLE.keys()])
def test_onnxruntime_answers_as_torch_does(name, tmp_path):
    spec = reduced(name)
    file = tmp_path / f"{name}.onnx"
    made = netspec.export(spec, file, weights_of(spec, tmp_path))
    assert {each.batch for each in made.differences} == {1, 5}
    assert {each.output for each in made.differences} == set(spec.graph.outputs)
    assert made.largest <= 1e-4
    model = onnx.load(file, load_external_data=False)
    assert [each.name for each in model.graph.input] == list(spec.graph.inputs)
    assert [each.name for each in model.graph.output] == list(spec.graph.outputs)
    for each in (*model.graph.input, *model.graph.output):
        assert each.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert {each.key: each.value for each in model.metadata_props}["netspec.digest"] == spec.digest


@pytest.mark.parametrize("name", list(UNSAYABLE))
def test_what_onnx_cannot_say_is_told(name, tmp_path):
    code, reason = UNSAYABLE[name]
    with pytest.raises(NetspecError) as raised:
        netspec.export(reduced(name), tmp_path / f"{name}.onnx")
    assert [each.code for each in raised.value.diagnostics] == [code]
    assert reason in raised.value.diagnostics[0].message
    assert not list(tmp_path.iterdir())


def test_layers_that_only_long_networks_have_are_named():
    def layers(names):
        return {node.layer.op for name in names for node in api.load(name).graph.nodes.values()}

    assert layers(LONG) - layers(set(tensor_networks()) - LONG - set(LIKE) - set(UNSAYABLE)) == ALONE


def test_layers_of_networks_that_repeat_others_are_asked_for_by_those():
    def asked(names):
        return set().union(*map(kinds, names))

    assert asked(REPEATED) <= asked(set(tensor_networks()) - LONG - REPEATED - set(LIKE) - set(UNSAYABLE))


def test_the_list_of_what_onnx_cannot_say_names_networks_of_the_zoo():
    assert set(UNSAYABLE) <= set(api.zoo())
