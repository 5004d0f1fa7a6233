"""The kinds of networks that the language is for, each written in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import api
from netspec.graph import Graph

SPECS = sorted(Path(__file__).parent.glob("specs/*.yaml"))
TORCHVISION = ("densenet121", "efficientnet_b0", "mobilenet_v3_small")


def graph(name: str) -> Graph:
    return api.elaborate(api.load(Path(__file__).parent / "specs" / f"{name}.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_it_elaborates(spec: Path) -> None:
    assert graph(spec.stem).outputs


@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_are_torchvisions(name: str) -> None:
    torch = pytest.importorskip("torch")
    models = pytest.importorskip("torchvision").models
    with torch.device("meta"):
        reference = models.get_model(name, weights=None).state_dict()
    found = {key: weight.shape for key, weight in graph(name).state_dict.items()}
    assert list(found.items()) == [(key, tuple(tensor.shape)) for key, tensor in reference.items()]


def test_unet_returns_to_its_size() -> None:
    found = graph("unet")
    assert found.outputs["output"].shape == (2, 64, 64)
    assert [v.key for v in found.nodes["up1.concat1"].inputs] == ["down1.conv2", "up1.grow"]


def test_siamese_shares_its_encoder() -> None:
    found = graph("siamese")
    assert [key for key in found.nodes if "#" in key] == [
        f"encoder.{n}#2" for n in ("conv1", "max_pool1", "flatten1", "linear1")
    ]
    assert list(found.state_dict) == [
        "encoder.conv1.weight", "encoder.conv1.bias", "encoder.linear1.weight", "encoder.linear1.bias",
        "judge.weight", "judge.bias",
    ]  # fmt: skip


def test_fpn_gives_three_outputs() -> None:
    assert {name: value.shape for name, value in graph("fpn").outputs.items()} == {
        "p2": (32, 32, 32),
        "p3": (32, 16, 16),
        "p4": (32, 8, 8),
    }


def test_dcgan_grows_an_image() -> None:
    assert graph("dcgan").outputs["output"].shape == (3, 64, 64)


def test_shufflenet_units_keep_and_halve() -> None:
    found = graph("shufflenet")
    assert found.nodes["stage2.0.relu1"].output_shapes == ((240, 8, 8),)
    assert found.nodes["stage3.2.relu1"].output_shapes == ((480, 4, 4),)


def test_senet_scales_channels() -> None:
    assert found_input(graph("senet"), "block1.excite1.multiply1") == ["block1.conv1", "block1.excite1.scale"]


def found_input(found: Graph, key: str) -> list[str]:
    return [value.key for value in found.nodes[key].inputs]


def test_gpt_ties_its_head_and_begins_with_small_weights() -> None:
    found = graph("gpt")
    assert found.nodes["lm_head"].ties == {"weight": "transformer.wte.weight"}
    assert found.nodes["transformer.h.2.c_fc"].initialisers["weight"].arguments == {"mean": 0, "std": 0.02}
    assert found.nodes["transformer.h.2.c_fc"].initialisers["bias"].function == "zeros"
    assert found.nodes["transformer.wpe"].initialisers[""].arguments == {"mean": 0, "std": 0.01}
    assert next(iter(found.state_dict)) == "transformer.wpe"  # a module's own tensors come before its children's
    assert api.analyze(api.load(Path(__file__).parent / "specs" / "gpt.yaml")).weights.total.params == sum(
        weight.numel for key, weight in found.state_dict.items() if key != "lm_head.weight"
    )
