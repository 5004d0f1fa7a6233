"""A built class called with other arguments is the spec compiled with the same settings: tensors and outputs."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import torch

from netspec import api
from netspec.diagnostics import NetspecError

EXAMPLES = int(os.environ.get("NETSPEC_PARAM_SPECS", "60"))

PARAMS: dict[str, list[Any]] = {
    "width": [1, 2, 3, 4],
    "n": [0, 1, 2, 3],
    "k": [1, 3],
    "depths": [[1], [2, 2], [1, 2], [2, 1, 3]],
    "widths": [[2, 4], [3, 3], [4, 2]],
    "drop": [0.0, 0.25],
    "flag": [True, False],
    "mode": ["nearest", "bilinear"],
    "act": ["relu", "tanh"],
    "axis": [0, 1, -1],
}
OTHERS: dict[str, list[Any]] = {
    "width": [0, 1, 2, 3, 4, 5, 8],
    "n": [0, 1, 2, 3, 4],
    "k": [0, 1, 2, 3, 5],
    "depths": [[], [0], [1], [3], [1, 1], [2, 3], [0, 2], [3, 1, 2], [1, 1, 1, 1]],
    "widths": [[], [1], [2, 2], [4, 2], [3, 5], [5, 3, 2]],
    "drop": [0.0, 0.5, 0.75, 1.0, 0, 1],
    "flag": [True, False],
    "mode": ["nearest", "bilinear", "bicubic", "linear"],
    "act": ["relu", "tanh", "sigmoid", "identity"],
    "axis": [0, 1, 2, -1, -2],
}
ENTRIES: list[Any] = [
    {"conv": "$width", "kernel": 1},
    {"conv": "$(2 * width)", "kernel": "$k", "padding": "$(k // 2)"},
    {"conv": "$(x.channels)", "kernel": 1, "groups": "$width"},
    {"conv": "$(max(width, 2))", "kernel": 1, "bias": "$flag"},
    {"conv": "$(4 if n > 1 else 2)", "kernel": 1},
    {"conv": "$width", "kernel": 1, "repeat": "$n", "name": "body"},
    {"conv": "$width", "kernel": 1, "repeat": "$n"},
    {"repeat": "$n", "layers": [{"conv": "$width", "kernel": 1}, "relu"]},
    {"repeat": "$n", "layers": [{"conv": "$(width * (i + 1))", "kernel": 1}, {"tanh": None, "when": "$(i < 2)"}]},
    {"repeat": "$n", "layers": [{"conv": 3, "kernel": 3, "padding": 1, "stride": "$(2 if i == 0 else 1)"}]},
    {"repeat": "$n", "layers": [{"conv": "$(x.channels + 1)", "kernel": 1, "name": "grow$(i + 1)"}]},
    {"sequence": [{"repeat": "$n", "layers": [{"conv": "$width", "kernel": 1}, "relu"]}, {"conv": 2, "kernel": 1}]},
    {"repeat": "$depths", "as": "c", "layers": [{"conv": "$c", "kernel": 1}]},
    {"repeat": "$depths", "as": "d", "layers": [{"conv": 3, "kernel": 1, "repeat": "$d"}]},
    {"repeat": "$depths", "as": "d", "layers": [{"unit": "$(widths[i])", "repeat": "$d"}]},
    {"unit": "$(depths[0])"},
    {"unit": "$width"},
    {"unit": 3},
    {"batch_norm": None, "when": "$(width > 2)"},
    {"relu": None, "when": "$flag"},
    {"tanh": None, "when": "$(drop > 0)"},
    {"sigmoid": None, "when": "$(mode == 'bilinear')"},
    {"avg_pool": 2, "when": "$(x.height > 4 and n > 0)"},
    {"dropout": "$drop"},
    {"upsample": 2, "mode": "$mode"},
    {"conv": 4, "kernel": 1, "activation": "$act"},
    {"$act": None},
    {"softmax": "$axis"},
    {"residual": [{"conv": "$(x.channels)", "kernel": 1}], "skip": "$flag"},
    {"residual": [{"conv": "$width", "kernel": 1}], "shortcut": [{"conv": "$width", "kernel": 1}]},
    {"residual": [{"conv": "$width", "kernel": 1}], "skip": "$(x.channels == width)"},
    {"parallel": [{"conv": "$width", "kernel": 1}, {"conv": 2, "kernel": 1}]},
    {"conv": 4, "kernel": 1, "freeze": "$flag"},
]
UNIT = {
    "params": {"out": "int"},
    "layers": [
        {"conv": "$out", "kernel": 1, "bias": False},
        {"batch_norm": None, "when": "$(out > 2)"},
        {"residual": ["relu"], "shortcut": [{"conv": "$out", "kernel": 1, "when": "$(x.channels != out)"}]},
    ],
}


def random_text(rng: Random) -> str:
    layers = [dict(rng.choice(ENTRIES)) for _ in range(rng.randint(1, 4))]
    for entry in layers:
        if entry.get("name") == "body":
            entry["name"] = f"body{len(entry)}{rng.randint(0, 99)}"
    tail: list[Any] = ["global_avg_pool", "flatten", {"linear": "$width"}]
    if rng.random() < 0.3:
        tail = [{"adaptive_avg_pool": 2}, *tail[1:]]
    return json.dumps(
        {
            "netspec": 1,
            "name": "net",
            "params": {name: rng.choice(values) for name, values in PARAMS.items()},
            "blocks": {"unit": UNIT},
            "input": [rng.randint(2, 4), 6, 6],
            "layers": [*layers, *tail],
        }
    )


def check(text: str, values: dict[str, Any], network: type) -> bool:
    """Compare the class with the compiled spec; whether both accept the values."""
    try:
        spec = api.with_settings(api.loads(text), values)
        wanted = api.compile(spec)
    except NetspecError:
        return False
    try:
        made = network(**values)
    except ValueError as error:
        if "must " not in str(error):  # which the class asks of its arguments, or torch does
            raise
        return False
    before, after = made.state_dict(), wanted.state_dict()
    assert [(key, each.shape) for key, each in before.items()] == [(k, v.shape) for k, v in after.items()], values
    made.load_state_dict(after)
    [given] = spec.graph.inputs.values()
    x = torch.rand(2, *given.shape)
    with torch.no_grad():
        assert torch.equal(made.eval()(x), wanted.eval()(x)), values
    frozen, other = ([p.requires_grad for p in each.parameters()] for each in (made, wanted))
    assert frozen == other, values
    return True


def test_random_specs_with_other_arguments() -> None:
    compared = seed = 0
    done = 0
    while done < EXAMPLES:
        rng, seed = Random(seed), seed + 1
        text = random_text(rng)
        try:
            network = type(api.compile(api.loads(text)))
        except NetspecError:
            continue
        done += 1
        arguments = [formal.name for formal in api.lower(api.loads(text)).main.formals]
        for _ in range(4 if arguments else 0):
            names = rng.sample(arguments, rng.randint(1, len(arguments)))
            values = {name: rng.choice(OTHERS[name]) for name in names}
            try:
                compared += check(text, values, network)
            except AssertionError as error:
                raise AssertionError(f"seed {seed - 1}: {text}") from error
    assert compared > EXAMPLES / 2, f"{compared} of {EXAMPLES}"
