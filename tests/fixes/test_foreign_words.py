"""Layers by the names of torch, Keras and papers: `check --fix` writes what makes the same module, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from netspec.frontend.foreign import meant_by
from netspec.frontend.foreign.keras import KERAS
from netspec.frontend.foreign.papers import PAPERS
from netspec.frontend.foreign.torch_nn import TORCH
from netspec.frontend.schema import STRUCTURES
from netspec.layers import registry

CLASSES = sorted(name for name in torch.nn.modules.__all__ if isinstance(getattr(torch.nn, name, None), type))
IMAGE, SIGNAL, VOLUME, VECTOR = [8, 6, 6], [8, 6], [8, 6, 6, 6], [8]
SHAPES = {"1": SIGNAL, "2": IMAGE, "3": VOLUME}

ARGUMENTS: dict[str, tuple[Any, dict[str, Any], dict[str, Any], Any]] = {
    "Conv": (4, {"kernel_size": 3, "padding": 1}, {"in_channels": 8, "out_channels": 4}, None),
    "LazyConv": (4, {"kernel_size": 3, "stride": 2}, {"in_channels": 8, "out_channels": 4}, None),
    "ConvTranspose": (4, {"kernel_size": 2, "stride": 2}, {"in_channels": 8, "out_channels": 4}, None),
    "LazyConvTranspose": (4, {"kernel_size": 2}, {"in_channels": 8, "out_channels": 4}, None),
    "Linear": (4, {"bias": False}, {"in_features": 8, "out_features": 4}, VECTOR),
    "LazyLinear": (4, {}, {"in_features": 8, "out_features": 4}, VECTOR),
    "BatchNorm": (8, {"momentum": 0.2}, {"num_features": 8}, None),
    "LazyBatchNorm": (None, {"eps": 0.001}, {"num_features": 8}, None),
    "InstanceNorm": (8, {"affine": True}, {"num_features": 8}, None),
    "LazyInstanceNorm": (None, {}, {"num_features": 8}, None),
    "LayerNorm": ([8, 6, 6], {"eps": 0.001}, {"normalized_shape": [8, 6, 6]}, IMAGE),
    "RMSNorm": (8, {}, {"normalized_shape": 8}, VECTOR),
    "GroupNorm": (2, {"eps": 0.001}, {"num_groups": 2, "num_channels": 8}, IMAGE),
    "LocalResponseNorm": (3, {"k": 2.0}, {"size": 3}, IMAGE),
    "MaxPool": (2, {"stride": 1}, {"kernel_size": 2}, None),
    "AvgPool": (2, {"ceil_mode": True}, {"kernel_size": 2}, None),
    "LPPool": (None, {"norm_type": 2, "kernel_size": 3}, {}, None),
    "AdaptiveAvgPool": (3, {}, {"output_size": 3}, None),
    "AdaptiveMaxPool": (3, {}, {"output_size": 3}, None),
    "Dropout": (0.2, {}, {"p": 0.2}, IMAGE),
    "AlphaDropout": (0.2, {}, {"p": 0.2}, IMAGE),
    "FeatureAlphaDropout": (0.2, {}, {"p": 0.2}, IMAGE),
    "ELU": (0.5, {}, {"alpha": 0.5}, IMAGE),
    "CELU": (0.5, {}, {"alpha": 0.5}, IMAGE),
    "GELU": ("tanh", {}, {"approximate": "tanh"}, IMAGE),
    "Hardshrink": (0.2, {}, {"lambd": 0.2}, IMAGE),
    "Softshrink": (0.2, {}, {"lambd": 0.2}, IMAGE),
    "LeakyReLU": (0.2, {}, {"negative_slope": 0.2}, IMAGE),
    "PReLU": (8, {}, {"num_parameters": 8}, IMAGE),
    "Threshold": (0.1, {"value": 20.0}, {"threshold": 0.1}, IMAGE),
    "Hardtanh": (None, {"min_val": -2.0, "max_val": 2.0}, {}, IMAGE),
    "RReLU": (None, {"lower": 0.1, "upper": 0.2}, {}, IMAGE),
    "ReLU": (None, {"inplace": False}, {}, IMAGE),
    "Softplus": (None, {"beta": 2.0}, {}, IMAGE),
    "Softmax": (-1, {}, {"dim": -1}, VECTOR),
    "LogSoftmax": (-1, {}, {"dim": -1}, VECTOR),
    "Softmin": (-1, {}, {"dim": -1}, VECTOR),
    "PixelShuffle": (2, {}, {"upscale_factor": 2}, IMAGE),
    "PixelUnshuffle": (2, {}, {"downscale_factor": 2}, IMAGE),
    "ChannelShuffle": (2, {}, {"groups": 2}, IMAGE),
    "Upsample": (None, {"scale_factor": 2, "mode": "bilinear"}, {}, IMAGE),
    "UpsamplingNearest": (None, {"scale_factor": 2}, {}, IMAGE),
    "UpsamplingBilinear": (None, {"size": 9}, {}, IMAGE),
    "ZeroPad": (1, {}, {"padding": 1}, None),
    "ConstantPad": (1, {"value": 2.0}, {"padding": 1}, None),
    "ReflectionPad": (1, {}, {"padding": 1}, None),
    "ReplicationPad": (1, {}, {"padding": 1}, None),
    "CircularPad": (1, {}, {"padding": 1}, None),
    **{name: (None, {}, {}, IMAGE) for name in ("Flatten", "Identity", "SELU", "Sigmoid", "SiLU", "Mish", "Softsign")},
    **{name: (None, {}, {}, IMAGE) for name in ("Hardsigmoid", "Hardswish", "LogSigmoid", "ReLU6", "Tanh")},
    **{name: (None, {}, {}, IMAGE) for name in ("Tanhshrink", "Softmax2d")},
}
"""By class: the value behind its name, options beside it, arguments of torch's class that these are, the input."""


def case(name: str) -> tuple[Any, dict[str, Any], dict[str, Any], list[int]] | None:
    """The arguments of a class, for the number of dimensions that its name says."""
    stem = name[:-2] if name[-2:] in ("1d", "2d", "3d") and name not in ARGUMENTS else name
    if stem not in ARGUMENTS:
        return None
    value, options, told, shape = ARGUMENTS[stem]
    return value, options, told, (SHAPES[name[-2]] if name[-2:] in ("1d", "2d", "3d") else shape) or IMAGE


def mended(text: str) -> str | None:
    """What `check --fix` writes; None where it writes nothing."""
    fixes = [fix for each in api.check("n.yaml", text=text) for fix in each.fixes]
    return fixes[0].text if fixes and fixes[0].sure and not fixes[0].left else None


def entry(name: str, value: Any, options: dict[str, Any], shape: list[int]) -> str:
    """A spec of one layer."""
    pairs = [f"{name}: {'' if value is None else value}", *(f"{key}: {flow(each)}" for key, each in options.items())]
    return f"netspec: 1\nname: n\ninput: {shape}\nlayers:\n  - {{{', '.join(pairs)}}}\n"


def flow(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def made(text: str) -> torch.nn.Module:
    """The one module of a spec."""
    (child,) = api.compile(api.loads(text, name="n.yaml")).children()
    return child


@pytest.mark.parametrize("name", [name for name in CLASSES if case(name)])
def test_a_torch_class_becomes_the_layer_that_makes_it(name: str) -> None:
    prefix = ("", "nn.", "torch.nn.")[CLASSES.index(name) % 3]
    found = case(name)
    assert found
    value, options, told, shape = found
    written = mended(entry(prefix + name, value, options, shape))
    assert written is not None, name
    theirs = getattr(torch.nn, name.removeprefix("Lazy"))(**told, **options)
    ours = made(written)
    assert state(ours) == state(theirs)
    torch.manual_seed(0)
    for key, tensor in theirs.state_dict().items():
        ours.state_dict()[key].copy_(tensor)
    x = torch.rand(2, *shape)
    torch.manual_seed(1)
    mine = ours(x)
    torch.manual_seed(1)
    assert torch.equal(mine, theirs(x))


def state(module: torch.nn.Module) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in module.state_dict().items()}


@pytest.mark.parametrize("name", [name for name in CLASSES if not case(name)])
def test_a_class_without_an_exact_layer_is_explained_and_left(name: str) -> None:
    found = meant_by(name)
    assert found is not None, f"{name} is not among torch's words"
    assert found.word.op == "sequence" or not found.word.exact or name in ("Embedding", "Dropout1d", "Parameter")
    assert found.word.op or found.word.note
    text = entry(name, 4, {}, IMAGE)
    assert mended(text) is None
    assert any(each.help for each in api.check("n.yaml", text=text))


@pytest.mark.parametrize("words", [TORCH, KERAS, PAPERS])
def test_every_word_means_a_layer_or_says_what_to_do(words: dict[str, Any]) -> None:
    for name, word in words.items():
        assert word.op in {*registry(), *STRUCTURES} or (not word.op and word.note), name
        assert name == name.lower().replace("_", "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{Dense: 10, use_bias: false}", "{linear: 10, bias: false}"),
        ("{fc: 10}", "{linear: 10}"),
        ("{SpatialDropout2D: 0.2}", "{spatial_dropout: 0.2}"),
        ("{F.dropout2d: 0.2}", "{spatial_dropout: 0.2}"),
        ("{tf.keras.layers.Dropout: 0.2}", "{dropout: 0.2}"),
        ("{layers.UpSampling2D: 2}", "{upsample: 2}"),
        ("{keras.layers.ZeroPadding2D: 1}", "{pad: 1}"),
        ("{MaxPooling2D: [2, 2]}", "{max_pool: [2, 2]}"),
        ("torch.nn.functional.relu", "relu"),
        ("nn.ReflectionPad2d: 1", "pad: 1\n    mode: reflect"),
        ("LayerNorm: [3, 8, 8]", "layer_norm:\n    axis: -3"),
        ("{layer_norm, normalized_shape: [3, 8, 8]}", "{layer_norm, axis: -3}"),
        ("{layer_norm: [3, 8, 8]}", "{layer_norm: , axis: -3}"),
        ("{batch_norm: 3}", "batch_norm"),
        ("{swish}", "{silu}"),
        ("{drop_path: 0.1}", "{stochastic_depth: 0.1}"),
        ("{relu, inplace: true}", "{relu}"),
        ("{conv: 8, in_channels: 3, kernel_size: 1}", "{conv: 8, kernel: 1}"),
        # What may mean something else is not written.
        ("{max_unpool: 2}", None),
        ("{se: 4}", None),
        ("{LayerNorm: [4, 8, 8]}", None),
        ("{BatchNorm2d: 64}", None),
        ("{BatchNorm1d: 3}", None),
        ("{Dropout1d: 0.2}", None),
        ("{BatchNormalization: }", None),
        ("{LayerNorm2d: 3}", None),
        ("{GlobalAveragePooling2D: }", None),
        ("{Softmax: 1}", None),
        ("{softmax, dim: 1}", None),
        ("{Upsample: 2}", None),
        ("{LPPool2d: 2}", None),
        ("{Permute: [2, 1, 0]}", None),
        ("{MaxPool2d: [3, 2]}", None),
        ("{relu: 6}", None),
        ("{conv: 8, in_channels: 4, kernel: 1}", None),
        ("{linear: 8, out_features: 9}", None),
        ("{CrossEntropyLoss: }", None),
        ("{SeparableConv2D: 8}", None),
        ("{DepthwiseConv2D: 3}", None),
        ("{Conv: 8, kernel: 1}", None),
    ],
)
def test_a_word_is_translated_only_where_all_of_it_means_the_same(written: str, expected: str | None) -> None:
    head = "netspec: 1\nname: n\ninput: [3, 8, 8]\nlayers:\n  - "
    assert mended(f"{head}{written}\n") == (expected and f"{head}{expected}\n")


def test_layers_says_it_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from netspec.cli import run

    assert run(["layers", "nn.Dropout2d"]) == 1
    assert "did you mean `spatial_dropout`?" in capsys.readouterr().err


def test_among_very_many_names_nothing_is_certain() -> None:
    from netspec.diagnostics import unknown

    few = unknown("kernl", ["kernel", "stride"])
    many = unknown("kernl", ["kernel", *(f"n{number}" for number in range(2_000))])
    assert (few.meant, few.certain) == ("kernel", True)
    assert (many.meant, many.certain) == ("kernel", False)


@pytest.mark.parametrize(
    ("entry", "help"),
    [
        *(
            (f"{{{key}: nn.Conv2d, out_channels: 3}}", "the name is the key: write `conv: ...`")
            for key in ("type", "class_name", "_target_")
        ),
        ("{name: Dense, units: 3}", "the name is the key: write `linear: ...`"),
        ("{conv: {out_channels: 3, kernel_size: 1}, stride: 2}", "write `{conv: 3, kernel: 1, stride: 2}`"),
        ("nn.ReLU()", "did you mean `relu`?"),
        ("my_layer", "`netspec layers` lists the layers; a block is defined under `blocks`"),
        ("{conv: 3, kernel: 1, activation: nn.ReLU}", "did you mean `relu`?"),
    ],
)
def test_the_ways_of_other_tools_are_answered_with_the_language_s(entry: str, help: str) -> None:
    [found] = api.check("net", text=f"netspec: 1\nname: net\ninput: [3, 8, 8]\nlayers: [{entry}]\n")
    assert found.help == help
