"""Random specs whose shapes, options, conditions and counts depend on the size of their input.

Most take some sizes and refuse others, for many reasons: kernels that do not fit, sums of unequal branches, weights
that are called again or tied and would have other shapes, axes that do not divide.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

NUMBERS = ("$x.channels", "$(x.channels + 1)", "$wide", "$(x.height + 1)", "$(max(x.height // 3, 1))", "$input.width")
CONDITIONS = (
    "$(x.height > 7)",
    "$(x.width % 2 == 0)",
    "$(x.channels > 3)",
    "$(input.height > 12)",
    "$(x.shape[-1] >= 5 and x.channels < 9)",
)


class Generator:
    """Makes one spec from a source of random choices."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.count = 0

    def spec(self) -> dict[str, Any]:
        rng = self.rng
        size = rng.randint(6, 24)
        axes = [size, size if rng.random() < 0.7 else rng.randint(6, 24)]
        shape: Any = [rng.randint(1, 3), *axes]
        if rng.random() < 0.15:
            shape = {"shape": shape, "dynamic": rng.choice([[1], [1, 2], [-1]])}
        document: dict[str, Any] = {"netspec": 1, "name": "n", "params": {"wide": 2}, "blocks": self.blocks()}
        layers = [self.entry(0) for _ in range(rng.randint(2, 6))]
        if rng.random() < 0.15:
            document["inputs"] = {"left": shape, "right": [1, *axes]}
            layers.insert(0, {"concat": ["left", "right"]})
        else:
            document["input"] = shape
        document["layers"] = [*layers, *self.tail()]
        return document

    def blocks(self) -> dict[str, Any]:
        rng = self.rng
        resize = {
            "params": {"height": "int", "width": "int", "out": 2},
            "let": {"size": rng.choice(["$([height, width])", "$([width, height])", "$([x.height, width])"])},
            "layers": [{"conv": "$out", "kernel": 1}, {"upsample": "$size", "mode": "nearest"}],
        }
        body = {
            "params": {"out": "int", "twice": rng.choice([False, "$(out > 4)"])},
            "let": {"hidden": rng.choice(["$(out + 1)", "$(x.channels + x.width)", "$x.channels"])},
            "layers": [
                {"conv": "$hidden", "kernel": 3, "padding": rng.choice([0, 1]), "bias": rng.choice([True, "$twice"])},
                {"conv": "$out", "kernel": 1, "when": rng.choice(["$twice", *CONDITIONS])},
            ],
        }
        return {"resize": resize, "body": body}

    def name(self) -> str:
        self.count += 1
        return f"part{self.count}"

    def number(self) -> Any:
        return self.rng.choice([self.rng.randint(1, 4), self.rng.randint(1, 4), self.rng.choice(NUMBERS)])

    def entry(self, depth: int) -> Any:
        rng = self.rng
        kinds = [self.conv, self.conv, self.pool, self.norm, self.call, self.resized]
        kinds += [self.conditional, self.residual, self.parallel, self.repeat, self.rare] if depth < 2 else []
        return rng.choice(kinds)(depth)

    def conv(self, depth: int) -> Any:
        rng = self.rng
        entry = {"conv": self.number(), "kernel": rng.choice([1, 2, 3, 5]), "stride": rng.choice([1, 1, 2])}
        entry["padding"] = rng.choice([0, 0, 1, "$(x.height // 8)"])
        if rng.random() < 0.2:
            entry["activation"] = "relu"
        if rng.random() < 0.2:
            entry["init"] = {"weight": rng.choice(["zeros", {"normal": [0, 0.1]}, "kaiming_normal"])}
        return entry

    def pool(self, depth: int) -> Any:
        rng = self.rng
        return {"max_pool": rng.choice([2, 3]), "stride": 2, "ceil_mode": rng.random() < 0.3}

    def norm(self, depth: int) -> Any:
        return self.rng.choice(["batch_norm", "relu", {"layer_norm": None, "axis": -1}, {"dropout": "$(1 / x.width)"}])

    def call(self, depth: int) -> Any:
        entry = {"body": self.number()}
        return {**entry, "twice": self.rng.choice(CONDITIONS)} if self.rng.random() < 0.4 else entry

    def resized(self, depth: int) -> Any:
        rng = self.rng
        height = rng.choice(["$input.height", "$(2 * x.height)", 8, "$(max(x.height, 6))"])
        return {"resize": height, "width": rng.choice(["$x.width", "$input.width", 8]), "out": self.number()}

    def conditional(self, depth: int) -> Any:
        inner = self.entry(depth + 1)
        inner = inner if isinstance(inner, dict) else {inner: None}
        return {**inner, "when": self.rng.choice(CONDITIONS)}

    def residual(self, depth: int) -> Any:
        rng = self.rng
        if rng.random() < 0.4:
            body = [{"conv": "$x.channels", "kernel": 3, "padding": rng.choice([1, 1, 0])}]
            return {"residual": body, "skip": rng.choice([True, *CONDITIONS])}
        body = [self.entry(depth + 1) for _ in range(rng.randint(1, 2))]
        return {"residual": [*body, {"conv": 3, "kernel": 1}], "shortcut": [{"conv": 3, "kernel": rng.choice([1, 3])}]}

    def parallel(self, depth: int) -> Any:
        rng = self.rng
        branches = {f"b{self.name()}": [self.entry(depth + 1)] for _ in range(rng.randint(1, 2))}
        return {"parallel": {**branches, f"b{self.name()}": []}, "merge": "concat"}

    def repeat(self, depth: int) -> Any:
        rng = self.rng
        rounds = rng.choice([2, 3, "$(x.height // 4)", "$(1 if x.width > 8 else 2)", ["$x.channels", 3]])
        entry: dict[str, Any] = {"layers": [self.entry(depth + 1)], "repeat": rounds}
        if isinstance(rounds, list):
            entry["as"] = "c"
            entry["layers"].append({"conv": "$c", "kernel": 1})
        if rng.random() < 0.3:
            entry["name"] = self.name()
        if rng.random() < 0.2:
            entry["when"] = rng.choice(CONDITIONS)
        return entry

    def rare(self, depth: int) -> Any:
        rng = self.rng
        one, two = self.name(), self.name()
        tied = rng.choice([f"{one}.weight", f"{two}.weight"])
        return rng.choice(
            [
                # A module that is called again must take what it gives.
                {"layers": [{"conv": "$x.channels", "kernel": 3, "name": one}, {"reuse": one}]},
                {"layers": [{"linear": "$x.features", "name": one}, {"max_pool": 2}, {"reuse": one}]},
                {"layers": [{"linear": 6, "name": one}, {"linear": 6, "name": two, "tie": {"weight": tied}}]},
                {"layers": [{"chunk": 2, "axis": -1, "to": [one, two]}, {"add": [one, two]}]},
                {"layers": [{"split": 5, "axis": 1, "to": [one, two]}, {"concat": [one, two], "axis": 1}]},
                {"layers": [{"parameter": "$x.shape", "name": one}, "relu"]},
                {
                    "layers": [
                        {"identity": None, "name": one},
                        {"parameter": "$x.shape", "name": two},
                        {"add": [one, two]},
                    ]
                },
                {"permute": [1, 0, 2]},
                {"let": {"h": "$(x.height + 2)"}, "conv": "$h", "kernel": 1},
                {"conv": 2, "kernel": 1, "name": "c$(x.height // 6)"},
            ]
        )

    def tail(self) -> list[Any]:
        rng = self.rng
        head = {"linear": rng.choice([4, "$(2 * x.features)"]), "name": "head"}
        return rng.choice([[], ["global_avg_pool", "flatten", head], ["flatten", head], [{"adaptive_avg_pool": 2}]])


def sized_spec(rng: Random) -> str:
    """The text of a random spec; it need not be valid for its own size."""
    return json.dumps(Generator(rng).spec(), indent=1)
