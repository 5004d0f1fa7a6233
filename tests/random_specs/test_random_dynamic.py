"""Random specs with dynamic axes: what `check` accepts runs at every size, and is what the spec is for that size."""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import torch

from netspec import api
from netspec.diagnostics import Code, NetspecError

EXAMPLES = int(os.environ.get("NETSPEC_DYNAMIC_SPECS", "30"))
SIZES = 20

ENTRIES: list[Any] = [
    {"conv": 4, "kernel": 3},
    {"conv": 4, "kernel": 3, "padding": 1},
    {"conv": 4, "kernel": 3, "padding": "same"},
    {"conv": 4, "kernel": 3, "stride": 2, "padding": 1},
    {"conv": 4, "kernel": 5, "stride": 3, "dilation": 2},
    {"conv": "$(x.channels)", "kernel": 1},
    {"conv": 4, "kernel": 1, "when": "$(x.height > 6)"},
    {"conv": 4, "kernel": 1, "when": "$(len(x.shape) == 3)"},
    {"conv": "$(x.height // 16 + 2)", "kernel": 1},
    {"conv_transpose": 3, "kernel": 2, "stride": 2},
    {"max_pool": 2},
    {"avg_pool": 3, "stride": 2, "padding": 1},
    {"max_pool": 3, "stride": 2, "ceil_mode": True},
    {"upsample": 2},
    {"upsample": None, "size": "$(x.shape[1:])"},
    {"upsample": None, "size": [9, 9]},
    {"adaptive_avg_pool": 4},
    {"adaptive_avg_pool": [3, None]},
    {"residual": [{"conv": "$(x.channels)", "kernel": 3, "padding": 1}]},
    {
        "residual": [{"conv": 4, "kernel": 3, "stride": 2, "padding": 1}],
        "shortcut": [{"conv": 4, "kernel": 1, "stride": 2}],
    },
    {"residual": [{"max_pool": 2}], "shortcut": [{"conv": "$(x.channels)", "kernel": 2, "stride": 2}]},
    {"residual": [{"max_pool": 2}, {"upsample": 2}], "merge": "concat"},
    {"residual": ["global_avg_pool"], "merge": "multiply"},
    {"parallel": [{"max_pool": 2}, {"conv": 4, "kernel": 2, "stride": 2}]},
    {"parallel": [{"max_pool": 3, "stride": 2, "padding": 1}, {"conv": 4, "kernel": 1, "stride": 2}]},
    {"layer_norm": None, "axis": -1},
    {"batch_norm": None},
    {"pad": [1, 2, 0, 1]},
    {"reshape": [-1, 2]},
    {"repeat": "$(x.width // 8)", "layers": ["relu"]},
    "relu",
]
ENDS: list[list[Any]] = [
    ["global_avg_pool", "flatten", {"linear": 3}],
    [{"adaptive_max_pool": 2}, "flatten", {"linear": 3}],
    ["flatten", {"linear": 3}],
    [{"mean": -1}],
    [{"reshape": ["$(x.channels)", -1]}, {"mean": -1}, {"linear": 2}],
    [],
]


def random_text(rng: Random, axes: list[int], shape: list[int]) -> str:
    layers = [*(rng.choice(ENTRIES) for _ in range(rng.randint(1, 4))), *rng.choice(ENDS)]
    given: Any = {"shape": shape, "dynamic": axes} if axes else shape
    return json.dumps({"netspec": 1, "name": "net", "input": given, "layers": layers or ["relu"]})


def test_what_is_accepted_runs_at_every_size() -> None:
    done = refused = seed = 0
    while done < EXAMPLES:
        seed += 1
        axes = Random(seed).choice([[1], [2], [1, 2], [1, 2]])
        own = [3, Random(seed).randint(8, 24), Random(seed + 1).randint(8, 24)]
        text = random_text(Random(seed), axes, own)
        fixed = random_text(Random(seed), [], own)
        try:
            spec = api.loads(text)
            network = api.compile(spec).eval()
        except NetspecError as error:
            refused += error.diagnostics[0].code is Code.DYNAMIC_WEIGHT
            continue
        done += 1
        rng = Random(seed)
        for _ in range(SIZES):
            shape = [size + rng.randint(-6, 40) * (axis in axes) for axis, size in enumerate(own)]
            larger = all(size >= least for size, least in zip(shape, own, strict=True))
            try:
                graph = api.elaborate(api.loads(fixed), {"input": tuple(shape)})
            except NetspecError:
                if larger:
                    raise
                continue
            with torch.no_grad():
                made = network(torch.rand(2, *shape))
            assert tuple(made.shape[1:]) == graph.outputs["output"].shape, (text, shape)
            tensors = [(key, tuple(each.shape)) for key, each in network.state_dict().items()]
            assert tensors == [(key, weight.shape) for key, weight in graph.state_dict.items()], (text, shape)
    assert refused > EXAMPLES // 6
