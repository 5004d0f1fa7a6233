"""Networks of the zoo that are quicker to run: fewer rounds of the same blocks, slimmer, for smaller images."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.elaboration import attempt
from netspec.driver.resolved import resolved_json

IMAGES = (32, 64, 96, 128, 188)
"""Sizes of images that are tried in place of larger ones."""

MANY, FEW = 1024, 64
"""Where the spec gives a linear layer more units than the first number, it gets the second."""

FEWER = {"depth": 2, "classes": 10, "length": 16, "vocabulary": 1000}
"""Params by their names, and what they are set to."""

PARAMS: dict[str, dict[str, Any]] = {
    "bert_base": {"width": 96, "hidden": 192},
    "llama": {"width": 64, "hidden": 128},
    "resnet9": {"width": 16},
    "densenet121": {"stem": 16, "growth": 8},
    "inception_v3": {"aux": False},  # the head in training needs the whole of 299 pixels
    "regnet_y_400mf": {"widths": [16, 24, 32, 40]},  # groups of 8 channels
    "swin_t": {"width": 12},
    "clip_small": {"depth": 1, "width": 64, "image_width": 64, "features": 16},
    "ddpm_unet": {"width": 32},
    "efficientnet_b0": {"depth": 1, "width": 0.25},  # factors of rounds and of widths
    "efficientnet_b5": {"depth": 1, "width": 0.25},
    "lraspp_mobilenet_v3_large": {"width": 0.25},
    "mobilenet_v2": {"width": 0.25},
    "shufflenet_v2_x1_0": {"stages": [[24, 2], [48, 2], [96, 2]], "last": 64},
    "transformer_base": {"depth": 1, "width": 64, "hidden": 128},
    "lstm_classifier": {"vocabulary": 20, "dim": 8, "hidden": 8},
    "siamese": {"features": 16},
    "wavenet": {"width": 8, "skip": 16, "dilations": [1, 2, 4], "stacks": 2},
}
"""What the params of networks are set to that say their sizes by other words than `depths` and `widths`."""


@cache
def reduced(name: str) -> api.Spec:
    """A network of the zoo, quicker to export: fewer rounds of the same block, slimmer, of smaller images."""
    data = json.loads(resolved_json(api.load(name)))
    params = data.get("params", {})
    for key, value in params.items():
        if key == "depths" and isinstance(value, list):
            params[key] = _shallow(value)
        elif key == "widths":
            params[key] = [each // 8 for each in value]
        elif key in FEWER:
            params[key] = FEWER[key]
    params.update(PARAMS.get(name, {}))
    data = _slim(data)
    shape = data.get("input")
    if isinstance(shape, list) and len(shape) == 4:  # a video
        return api.loads(json.dumps({**data, "input": [shape[0], 4, 32, 32]}))
    for size in IMAGES:
        if isinstance(shape, list) and len(shape) == 3 and all(isinstance(each, int) for each in shape):
            if size >= shape[1]:
                break
            try:
                smaller = api.loads(json.dumps({**data, "input": [shape[0], size, size]}))
                attempt(smaller.document)
            except NetspecError:  # it halves its images more often than that
                continue
            return smaller
    return api.loads(json.dumps(data))


def _shallow(depths: list[Any]) -> list[Any]:
    """One round of each stage, and of the first that has more, two: its blocks are those that keep size and width."""
    more = next((stage for stage, each in enumerate(depths) if isinstance(each, int) and each > 1), None)
    return [1 + (stage == more) if isinstance(each, int) else each for stage, each in enumerate(depths)]


def _slim(data: Any) -> Any:
    if isinstance(data, list):
        return [_slim(each) for each in data]
    if isinstance(data, dict):
        slim = {key: _slim(value) for key, value in data.items()}
        if isinstance(slim.get("linear"), int) and slim["linear"] > MANY:
            slim["linear"] = FEW
        return slim
    return data
