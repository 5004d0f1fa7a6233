"""Random specs whose layers move windows: signals, images and volumes that shrink, grow, branch and join."""

from __future__ import annotations

import json
from random import Random
from typing import Any

LENGTHS = {1: (40, 64), 2: (24, 40), 3: (10, 16)}
"""Sizes of inputs by the number of spatial axes."""

Entry = str | dict[str, Any]


class Windows:
    """Makes one spec from a source of random choices.

    Attributes:
        rng: The source.
        axes: Number of spatial axes.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.axes = rng.choice((1, 1, 2, 2, 2, 3))
        self.names = 0

    def spec(self) -> dict[str, Any]:
        """The spec as data; not each is valid."""
        rng = self.rng
        size = rng.randint(*LENGTHS[self.axes])
        size = size // 8 * 8 if rng.random() < 0.5 else size  # halves and doubles again
        shape = [
            rng.randint(1, 4),
            *(size if rng.random() < 0.7 else size + rng.randint(1, 4) for _ in range(self.axes)),
        ]
        layers: list[Entry] = []
        for _ in range(rng.randint(1, 7)):
            layers += self.part()
        return {"netspec": 1, "name": "windows", "input": shape, "layers": layers + self.end()}

    def part(self) -> list[Entry]:
        """A few entries that belong together."""
        rng = self.rng
        kinds = (
            [self.moving] * 6 + [self.growing] * 2 + [self.pointwise] * 3 + [self.residual, self.branches, self.gate]
        )
        return rng.choice([*kinds, self.rare, self.skip])()

    def name(self) -> str:
        self.names += 1
        return f"part{self.names}"

    def each(self, *choices: int) -> int | list[int]:
        """A number for all axes, or one for each."""
        rng = self.rng
        return rng.choice(choices) if rng.random() < 0.7 else [rng.choice(choices) for _ in range(self.axes)]

    def moving(self) -> list[Entry]:
        rng = self.rng
        roll = rng.random()
        if roll < 0.55:
            entry: dict[str, Any] = {"conv": rng.choice((2, 4)), "kernel": self.each(1, 2, 3, 3, 5)}
            if rng.random() < 0.4:
                entry["stride"] = self.each(1, 2, 2, 3)
            if rng.random() < 0.25:
                entry["dilation"] = self.each(1, 2, 3)
            entry["padding"] = rng.choice((0, 1, self.each(0, 1, 2), [[rng.randint(0, 2), 1]] * self.axes))
            if "stride" not in entry and rng.random() < 0.2:
                entry["padding"] = "same"
            if rng.random() < 0.2:
                entry["groups"] = 2
            if rng.random() < 0.2:
                entry["padding_mode"] = rng.choice(("replicate", "circular", "reflect"))
            return [entry]
        if roll < 0.65:
            return [{"conv": "$x.channels", "groups": "$x.channels", "kernel": 3, "stride": self.each(1, 2)}]
        name = rng.choice(("max_pool", "avg_pool", "max_pool", "lp_pool", "min_pool", "sum_pool"))
        pool: dict[str, Any] = {name: self.each(2, 2, 3)}
        if rng.random() < 0.5:
            pool["stride"] = self.each(1, 2, 3)
        if rng.random() < 0.3 and name != "lp_pool":
            pool["padding"] = 1
        if rng.random() < 0.3:
            pool["ceil_mode"] = True
        if rng.random() < 0.2 and name == "max_pool":
            pool["dilation"] = 2
        return [pool]

    def growing(self) -> list[Entry]:
        rng = self.rng
        roll = rng.random()
        if roll < 0.4:
            entry: dict[str, Any] = {"conv_transpose": rng.choice((2, 4)), "kernel": self.each(1, 2, 3, 4)}
            entry |= {"stride": self.each(1, 2, 2, 3), "padding": self.each(0, 0, 1)}
            if rng.random() < 0.3:
                entry["dilation"] = self.each(1, 2)
            if rng.random() < 0.3:
                entry["output_padding"] = 1
            return [entry]
        if roll < 0.8:
            mode = rng.choice(
                ("nearest", "nearest", "nearest-exact", ("linear", "bilinear", "trilinear")[self.axes - 1])
            )
            entry = {"upsample": rng.choice((2, 2, 3, 1.5, 0.5)), "mode": mode}
            if "linear" in mode and rng.random() < 0.4:
                entry["align_corners"] = True
            return [entry]
        if self.axes == 2:
            return [{"conv": 8, "kernel": 1}, {"pixel_shuffle": 2}] if rng.random() < 0.6 else [{"pixel_unshuffle": 2}]
        return [{"pad": rng.choice((1, 2))}]

    def pointwise(self) -> list[Entry]:
        return [self.rng.choice(("relu", "batch_norm", "gelu", {"group_norm": 1}, {"dropout": 0.1}, "tanh", "silu"))]

    def same(self, stride: int = 1) -> dict[str, Any]:
        """A convolution of which all with one stride give one size."""
        kernel, dilation = self.rng.choice((1, 3, 3, 5)), self.rng.choice((1, 1, 2))
        found = {"conv": 4, "kernel": kernel, "dilation": dilation, "padding": dilation * (kernel // 2)}
        return found | ({"stride": stride} if stride > 1 else {})

    def residual(self) -> list[Entry]:
        stride = self.rng.choice((1, 1, 2))
        shortcut = {"conv": 4, "kernel": 1, "stride": stride}
        return [{"residual": [self.same(stride), "relu", self.same()], "shortcut": [shortcut]}, "relu"]

    def branches(self) -> list[Entry]:
        rng = self.rng
        stride = rng.choice((1, 1, 2))
        pool = {rng.choice(("max_pool", "avg_pool")): 3, "stride": stride, "padding": 1}
        found: list[list[Entry]] = [[self.same(stride)], [self.same(), self.same(stride)], [pool]]
        if stride == 1:
            found += [[], [{"conv": 4, "kernel": 1}]]
        chosen = rng.sample(found, rng.randint(2, len(found)))
        return [{"parallel": {f"branch{number}": each for number, each in enumerate(chosen)}, "name": self.name()}]

    def gate(self) -> list[Entry]:
        """Squeeze and excitation."""
        squeeze = [self.rng.choice(("global_avg_pool", "global_max_pool")), {"conv": "$input.channels", "kernel": 1}]
        squeeze[1] = {"conv": 4, "kernel": 1, "activation": "sigmoid"}
        return [{"conv": 4, "kernel": 1}, {"residual": squeeze, "merge": "multiply"}]

    def skip(self) -> list[Entry]:
        """A U-Net's step down and up."""
        rng = self.rng
        up = rng.choice(({"conv_transpose": 4, "kernel": 2, "stride": 2}, {"upsample": 2}))
        inner = [{"max_pool": 2}, self.same(), up]
        even: list[Entry] = [{"adaptive_avg_pool": 4 * rng.randint(2, 4)}] if rng.random() < 0.15 else []
        return [*even, {"residual": inner, "merge": "concat"}]

    def rare(self) -> list[Entry]:
        rng, spatial = self.rng, list(range(1, self.axes + 1))
        turned = [0, *rng.sample(spatial, self.axes)]
        choices: list[list[Entry]] = [
            [{"permute": turned}],
            [{"roll": rng.choice((1, -2)), "axes": rng.choice(spatial)}],
            [{"pad": rng.choice((1, 2)), "mode": rng.choice(("constant", "replicate", "circular"))}],
            [{"blur_pool": 3, "stride": rng.choice((1, 2))}],
            [{"conv": 4, "kernel": 1}, {"channel_shuffle": 2}],
            [{"conv": 4, "kernel": 1}, {"glu": 0}],
            [{"local_response_norm": 3}],
            [{"layer_norm": None, "axis": -1}],
            [{"adaptive_avg_pool": rng.choice((3, 5, 7))}],
            [{"adaptive_max_pool": rng.choice((4, 6))}],
        ]
        return rng.choice(choices)

    def end(self) -> list[Entry]:
        rng = self.rng
        tokens: list[Entry] = [{"flatten": None, "start_axis": 1}, {"permute": [1, 0]}, {"linear": 4}]
        choices: list[list[Entry]] = [
            [],
            [],
            ["global_avg_pool", "flatten", {"linear": 3}],
            ["flatten", {"linear": 3}],
            [*tokens, {"attention": 2}, {"mean": 0}],
            [{"mean": rng.choice((0, -1))}],
            [{"select": 0, "axis": rng.choice((0, -1))}],
            [{"linear": 3}],
            ["flatten", "relu"],
        ]
        return rng.choice(choices)


def random_windows(rng: Random) -> str:
    """The text of a random spec with moving windows; those that shrink to nothing, say, are not valid."""
    return json.dumps(Windows(rng).spec(), indent=1)
