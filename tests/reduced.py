"""Networks of the zoo that are quicker to run: fewer rounds of the same blocks, slimmer, for smaller images."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.resolved import resolved_json

IMAGES = (32, 64, 96, 128, 188)
"""Sizes of images that are tried in place of larger ones."""

MANY, FEW = 1024, 64
"""Where the spec gives a linear layer more units than the first number, it gets the second."""

FEWER = {"depth": 2, "classes": 10, "length": 16, "vocabulary": 1000}
"""Params by their names, and what they are set to."""

PARAMS: dict[str, dict[str, Any]] = {
    "densenet121": {"stem": 16, "growth": 8},
    "inception_v3": {"aux": False},  # the head in training needs the whole of 299 pixels
    "regnet_y_400mf": {"widths": [16, 24, 32, 40]},  # groups of 8 channels
    "swin_t": {"width": 12},
    "clip_small": {"width": 64, "image_width": 64, "features": 16},
    "ddpm_unet": {"width": 32},
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
            params[key] = [min(each, 2) if isinstance(each, int) else each for each in value]
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
                assert smaller.graph
            except NetspecError:  # it halves its images more often than that
                continue
            return smaller
    return api.loads(json.dumps(data))


def _slim(data: Any) -> Any:
    if isinstance(data, list):
        return [_slim(each) for each in data]
    if isinstance(data, dict):
        slim = {key: _slim(value) for key, value in data.items()}
        if isinstance(slim.get("linear"), int) and slim["linear"] > MANY:
            slim["linear"] = FEW
        return slim
    return data
