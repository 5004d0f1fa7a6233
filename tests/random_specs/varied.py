"""Random specs whose tensors change their number of axes: what one block, one entry and one round meet differs.

Blocks are called on shapes of several ranks, on integers and fractions, with several inputs and results; cuts give one
part, two or many; rounds, branches, bodies and groups are empty, alone or left out. An entry is kept where the spec is
still valid with it, so that most of what is drawn can be tried.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.shape import Shape, product

SIZES = (1, 1, 2, 2, 3, 4, 6)
MOST = 20_000
"""Elements that a tensor may have."""

Entry = str | dict[str, Any]


class Varied:
    """Makes one spec from a source of random choices.

    Attributes:
        shape: What flows at the end of the entries that were kept.
        bound: Names of entries that were kept, in the network's own list.
        modules: Names of modules there, that can be called again.
        numbers: Params and variables that are whole numbers where the entries being made stand.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.shape: Shape = ()
        self.bound: list[str] = []
        self.modules: list[str] = []
        self.numbers = ["width", "count"]
        self.names = 0

    # -- the document ------------------------------------------------------------------------------

    def spec(self) -> dict[str, Any]:
        rng = self.rng
        params = {"width": rng.choice((1, 2, 4)), "count": rng.choice((0, 1, 1, 2, 3)), "on": rng.random() < 0.5}
        document: dict[str, Any] = {"netspec": 1, "name": "random_net", "params": params}
        layers = self.inputs(document)
        document["blocks"] = {f"block{n}": self.block(n) for n in range(rng.randint(1, 3))}
        document["layers"] = layers
        self.keep(document, ["identity"])
        for _ in range(rng.randint(3, 12)):
            self.keep(document, self.part(document))
        if rng.random() < 0.2 and self.bound:
            self.keep(document, [{"linear": 2, "name": "last"}])
            kept = {"outputs": {"main": "last", "other": rng.choice(self.bound)}}
            if "last" in self.bound and valid({**document, **kept}) is not None:
                document.update(kept)
        return document

    def inputs(self, document: dict[str, Any]) -> list[Entry]:
        rng = self.rng
        roll = rng.random()
        if roll < 0.15:
            document["input"] = {"shape": self.sizes(rng.randint(1, 2)), "dtype": "int64"}
            return [{"embedding": 7, "dim": rng.choice((2, 4))}]
        if roll < 0.3:
            shape = self.sizes(rng.randint(1, 3))
            document["inputs"] = {"left": shape, "right": shape}
            return [{rng.choice(("add", "concat", "multiply")): ["left", "right"]}]
        document["input"] = self.sizes(rng.randint(1, 4))
        if rng.random() < 0.1 and len(document["input"]) > 1:
            document["input"] = {"shape": document["input"], "dynamic": [rng.randrange(1, len(document["input"]))]}
        return []

    def sizes(self, rank: int) -> list[int]:
        return [self.rng.choice(SIZES) for _ in range(rank)]

    def keep(self, document: dict[str, Any], entries: Sequence[Entry]) -> None:
        """Add entries to the network's list, where it stays valid with them."""
        shape = valid({**document, "layers": [*document["layers"], *entries]})
        if shape is None:
            return
        document["layers"] += entries
        self.shape = shape
        for entry in entries:
            if isinstance(entry, dict) and "name" in entry and "only" not in entry:
                self.bound.append(entry["name"])
                if not {"layers", "repeat", "when"} & entry.keys():
                    self.modules.append(entry["name"])

    def name(self) -> str:
        self.names += 1
        return f"part{self.names}"

    # -- entries of the network's own list -----------------------------------------------------------

    def part(self, document: dict[str, Any]) -> list[Entry]:
        """Entries that belong together."""
        rng = self.rng
        roll = rng.random()
        if roll < 0.25:
            return [self.named(self.call(document))]
        if roll < 0.35:
            again = self.call(document)
            return [again, *self.changed(), again]
        if roll < 0.42 and self.modules:
            return [{"reuse": rng.choice(self.modules)}]
        if roll < 0.46 and self.bound:
            return [{rng.choice(("add", "concat", "multiply")): [rng.choice(self.bound), rng.choice(self.bound)]}]
        if roll < 0.5:
            return [{"only": "training", "name": self.name(), "layers": ["flatten", {"linear": 2}]}]
        if roll < 0.54:
            own, again = self.name(), self.name()
            tied = {"linear": "$(x.features)", "name": again, "tie": {"weight": f"{own}.weight"}}
            return [{"linear": "$(x.features)", "name": own}, tied]
        if roll < 0.6:
            return self.parts()
        if roll < 0.68 and len(self.shape) > 1:
            axes = list(range(len(self.shape)))
            rng.shuffle(axes)
            return [{"permute": axes}]
        return [self.named(self.entry(0))]

    def changed(self) -> list[Entry]:
        """An entry that gives another number of axes, sometimes with another in front."""
        rng = self.rng
        axis = rng.choice((0, 1, -1))
        change = rng.choice(
            ("flatten", {"mean": axis}, {"select": 0, "axis": axis}, {"unflatten": [-1, 1], "axis": axis})
        )
        return [change] if rng.random() < 0.7 else [self.plain(), change]

    def named(self, entry: Entry) -> Entry:
        if isinstance(entry, dict) and self.rng.random() < 0.4 and "name" not in entry:
            return {**entry, "name": self.name()}
        return entry

    def call(self, document: dict[str, Any]) -> Entry:
        """A call of a block, here and there repeated, left out, or inside a structure."""
        rng = self.rng
        blocks: dict[str, Any] = document["blocks"]
        name = rng.choice(sorted(blocks))
        given: dict[str, Any] = {name: self.number()}
        if "k" in blocks[name]["params"] and rng.random() < 0.7:
            given["k"] = rng.choice((1, 1, 2, 3))
        if "on" in blocks[name]["params"] and rng.random() < 0.7:
            given["on"] = rng.random() < 0.5
        fed = blocks[name].get("inputs")
        if fed:
            source = ["input"] if "input" in document else ["left", "right"]
            given["from"] = [rng.choice([*self.bound, *source]) for _ in fed]
        roll = rng.random()
        if fed or roll < 0.55:
            return given
        if roll < 0.7:
            return {**given, "repeat": self.rounds()}
        if roll < 0.8:
            return {"sequence": [given, *self.entries(2)]}
        if roll < 0.9:
            return {"residual": [given], "merge": rng.choice(("add", "concat", "multiply"))}
        return {"parallel": {self.name(): [given], self.name(): []}, "merge": rng.choice(("add", "concat"))}

    # -- entries of any list -------------------------------------------------------------------------

    def entries(self, depth: int, least: int = 0) -> list[Entry]:
        return [self.entry(depth) for _ in range(self.rng.randint(least, 2))]

    def entry(self, depth: int) -> Entry:
        rng = self.rng
        roll = rng.random()
        if depth > 2 or roll < 0.5:
            return self.optional(self.plain())
        if roll < 0.6:
            return {**rng.choice(({"layers": self.entries(depth + 1, 1)}, self.plain_mapping())), **self.repeated()}
        if roll < 0.7:
            return self.optional({"sequence": self.entries(depth + 1)})
        if roll < 0.8:
            return self.optional({"residual": self.entries(depth + 1), **self.merging(("add", "concat", "multiply"))})
        if roll < 0.9:
            return self.optional(self.parallel(depth))
        return self.optional({"layers": self.entries(depth + 1, 1)})

    def parallel(self, depth: int) -> dict[str, Any]:
        rng = self.rng
        names = [self.name() for _ in range(rng.choice((1, 1, 2, 3)))]
        branches: Any = {name: rng.choice(([], self.entries(depth + 1))) for name in names}
        if rng.random() < 0.3:
            branches = [{"when": "$on", **self.plain_mapping()}, *([self.plain()] * rng.randint(0, 2))]
        return {"parallel": branches, **self.merging(("add", "concat"))}

    def merging(self, kinds: Sequence[str]) -> dict[str, Any]:
        return {"merge": self.rng.choice(kinds)}

    def optional(self, entry: Entry) -> Entry:
        rng = self.rng
        if isinstance(entry, str) or rng.random() < 0.75:
            return entry
        return {**entry, "when": rng.choice((False, "$on", "$(not on)", "$(len(x.shape) > 2)", "$(x.channels > 1)"))}

    def repeated(self) -> dict[str, Any]:
        return {"repeat": self.rounds(), **({"name": self.name()} if self.rng.random() < 0.3 else {})}

    def rounds(self) -> Any:
        rng = self.rng
        return rng.choice((0, 1, 1, 2, 3, [], ["a"], "$count" if "count" in self.numbers else "$k", "$(len(x.shape))"))

    def number(self) -> Any:
        rng = self.rng
        return rng.choice((1, 2, 3, 4, f"${self.numbers[0]}", "$(x.channels)", "$(x.features)", "$(2 * x.channels)"))

    def plain_mapping(self) -> dict[str, Any]:
        entry = self.plain()
        return {entry: None} if isinstance(entry, str) else entry

    def plain(self) -> Entry:
        """A layer, of those that take tensors of several ranks."""
        rng = self.rng
        axis = rng.choice((0, 0, 1, -1))
        part = rng.choice((1, 2, "$(x.channels)", "$(x.channels)", f"${self.numbers[-1]}"))
        choices: list[Entry] = [
            rng.choice(("relu", "tanh", "batch_norm", "flatten", "channel_layer_norm", "global_avg_pool")),
            {"conv": self.number(), "kernel": rng.choice((1, 3)), "padding": rng.choice((0, 1, "same"))},
            {"linear": self.number()},
            {"dropout": 0.1},
            {"mean": axis},
            {"select": rng.choice((0, -1)), "axis": axis},
            {"unflatten": rng.choice(([1, -1], [-1, 1], [2, -1], [1, 1, -1])), "axis": axis},
            {"softmax": None, "axis": axis},
            {"layer_norm": None, "axis": -1},
            {"upsample": 2},
            {"max_pool": 2, "ceil_mode": True},
            {"pad": [[rng.choice((-2, -1, 1)), rng.choice((1, 2))]], "mode": rng.choice(("replicate", "reflect"))},
            {"split": part, **rng.choice(({"axis": axis}, {}, {"activation": "relu"}))},
            {"chunk": rng.choice((1, 1, 2, 3, f"${self.numbers[-1]}")), "axis": axis},
            {"reshape": [-1]},
            {"layer_scale": 0.5},
        ]
        return rng.choice(choices)

    def parts(self) -> list[Entry]:
        """A cut whose parts all are taken by name."""
        rng = self.rng
        count = rng.choice((1, 1, 2, 3))
        names = [self.name() for _ in range(count)]
        cut: dict[str, Any] = {"chunk": count, "to": names}
        if rng.random() < 0.4:
            cut = {"split": ["$(x.channels)"] if count == 1 else [1] * count, "to": names}
        if count == 1:
            return [{**cut, **({"activation": "relu"} if rng.random() < 0.3 else {})}, {"relu": None, "from": names[0]}]
        return [cut, {"concat": names[::-1]}]

    # -- blocks --------------------------------------------------------------------------------------

    def block(self, number: int) -> dict[str, Any]:
        rng = self.rng
        before = self.numbers
        self.numbers = ["n", "k"]
        body: dict[str, Any] = {"params": {"n": "int", "k": rng.choice((1, 2)), "on": rng.random() < 0.5}}
        kind = rng.random()
        if kind < 0.15:
            body["inputs"] = ["one", "two"]
            body["layers"] = [{rng.choice(("add", "concat", "multiply")): ["one", "two"]}, *self.entries(1)]
        elif kind < 0.3:
            first, second = self.name(), self.name()
            body["layers"] = [
                {**self.plain_mapping(), "name": first},
                {**self.plain_mapping(), "name": second, "from": rng.choice(("input", first))},
            ]
            body["outputs"] = {"first": first, "second": second} if rng.random() < 0.5 else [first, second]
        elif kind < 0.5:
            body["sequence"] = self.entries(1)
        elif number and rng.random() < 0.5:
            body["layers"] = [{f"block{number - 1}": "$n", "k": "$k"}, *self.entries(1)]
        else:
            body["layers"] = [*self.entries(1), *(self.parts() if rng.random() < 0.3 else []), *self.entries(1)]
        self.numbers = before
        return body


def valid(document: dict[str, Any]) -> Shape | None:
    """The shape that flows out of a spec, or None where it is refused, or too large to try."""
    try:
        graph = api.loads(json.dumps(document)).graph
    except NetspecError:
        return None
    shapes = [each.shape for node in graph.nodes.values() for each in (*node.outputs, *node.weights.values())]
    if any(product(shape) > MOST for shape in shapes):
        return None
    return next(iter(graph.outputs.values())).shape


def varied_spec(rng: Random) -> str:
    """The text of a random spec, which is valid."""
    return json.dumps(Varied(rng).spec(), indent=1)
