"""Networks for the tests of exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.resolved import resolved_json
from netspec.interop.randomness import fill
from netspec.interop.weight_files import save_weights

IMAGES = (32, 64, 96, 128, 188)
"""Sizes of images that are tried in place of larger ones."""

MANY, FEW = 1024, 64
"""Where the spec gives a linear layer more units than the first number, it gets the second."""


def loads(text: str) -> api.Spec:
    """A spec without the lines that every spec has."""
    return api.loads(f"netspec: 1\nname: net\n{text}")


def small(name: str) -> api.Spec:
    """A network of the zoo, quicker to export: fewer rounds of the same block, slimmer, of smaller images."""
    data = json.loads(resolved_json(api.load(name)))
    params = data.get("params", {})
    for key, value in params.items():
        if key == "depths" and isinstance(value, list):
            params[key] = [min(each, 2) if isinstance(each, int) else each for each in value]
        elif key == "widths":
            params[key] = [each // 8 for each in value]
        elif key in ("depth", "classes"):
            params[key] = {"depth": 2, "classes": 10}[key]
    data = _slim(data)
    for size in IMAGES:
        shape = data.get("input")
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


def weights_of(spec: api.Spec, folder: Path, seed: int = 3) -> Path:
    """A file of weights under which signals keep their size, so that every layer counts in the outputs."""
    network = api.compile(spec, device="cpu")
    fill(network, seed)
    save_weights(network, folder / "weights.safetensors")
    return folder / "weights.safetensors"
