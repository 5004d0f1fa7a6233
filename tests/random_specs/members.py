"""Random attention, and random members of the zoo's families, all of them small."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from netspec import api

ONES: list[Any] = [[1, 1, 1, 1], [1, 2, 1, 1]]

FAMILIES: dict[str, dict[str, list[Any]]] = {
    "vit_b_16": {"depth": [1, 2], "width": [12, 24, 96], "mlp": [8, 48, 192], "heads": [1, 2, 3, 4], "patch": [8, 16]},
    "bert_base": {"depth": [2], "width": [12, 24], "hidden": [8, 96], "heads": [1, 2, 3], "length": [5, 40]},
    "llama": {"depth": [1, 2], "width": [16, 32], "hidden": [8, 100], "length": [5, 40], "vocabulary": [50]},
    "gpt2": {"depth": [1, 2], "width": [24, 48], "heads": [1, 2, 3], "length": [5, 40], "vocabulary": [50]},
    "transformer_base": {"depth": [1, 2], "width": [16, 32], "hidden": [8, 64], "heads": [1, 2, 4]},
    "swin_t": {"width": [12]},
    "clip_small": {"depth": [1], "width": [64], "image_width": [64], "features": [8, 16], "vocabulary": [50]},
    "convnext_tiny": {"depths": ONES, "widths": [[8, 8, 16, 16], [4, 8, 12, 40]]},
    "densenet121": {"depths": ONES, "stem": [8, 16], "growth": [4, 8]},
    "mobilenet_v2": {"width": [0.1, 0.25]},
    "efficientnet_b0": {"width": [0.1, 0.25], "depth": [0.3]},
    "shufflenet_v2_x1_0": {"stages": [[[24, 2], [48, 2]], [[8, 1], [16, 2], [40, 1]]], "last": [16, 64]},
    "regnet_y_400mf": {"depths": ONES, "widths": [[16, 24, 32, 40], [8, 8, 16, 16]]},
    "resnet18": {"depths": ONES, "classes": [10, 300]},
    "wavenet": {"width": [4, 8], "skip": [4, 16], "dilations": [[1, 2], [1, 2, 4]], "stacks": [1, 2]},
    "dcgan_generator": {"latent": [4, 20], "width": [2, 8], "channels": [1, 3]},
}
"""Settings that are tried of each family."""


def random_member(rng: Random) -> api.Spec:
    """A network of the zoo by random settings; images are small."""
    name = rng.choice(list(FAMILIES))
    settings = {key: rng.choice(values) for key, values in FAMILIES[name].items()}
    if any(each.shape == (3, 224, 224) for each in api.load(name).graph.inputs.values()) and name != "clip_small":
        settings["input"] = [3, *[rng.choice((32, 48))] * 2]
    return api.load(name, **settings)


def random_attention(rng: Random) -> str:
    """Attention of random heads to itself or to others, by a mask or none, often after and before a linear layer."""
    heads, places, others = rng.choice((1, 2, 3, 4)), rng.choice((1, 2, 5, 40)), rng.choice((3, 17))
    given = rng.choice((["one"], ["one"] * 3, ["one", "two"], ["one", "two", "three"], ["one"] * 3 + ["seen"]))
    width = heads * rng.choice((2, 6))
    shapes = {"one": [places, width], "two": [others, width], "three": [others, width]}
    of_heads = rng.choice(([], [1], [heads]))
    inputs: dict[str, Any] = {name: shape for name, shape in shapes.items() if name in given}
    layer: dict[str, Any] = {"attention": heads, "bias": rng.random() < 0.7}
    if "seen" in given:
        inputs["seen"] = {"shape": [*of_heads, 1, places], "dtype": rng.choice(("bool", "float32"))}
    else:
        layer["causal"] = rng.random() < 0.4
    options = rng.choice(({}, {}, {"separate": True}, {"rotary": 10000.0, "interleaved": rng.random() < 0.5}))
    sources = ["mapped" if name == "one" else name for name in given]
    layers = [{"linear": width, "from": "one", "name": "mapped"}, {**layer, **options, "from": sources}]
    if rng.random() < 0.5:
        layers.append({"linear": 3})
    return json.dumps({"netspec": 1, "name": "random", "inputs": inputs, "layers": layers})
