"""Random specs: blocks, repeats, conditions, branches, shared weights, several inputs and outputs.

Every spec works on images of 6x6 and keeps their size, so that whatever it joins fits; channels vary freely.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

SIZE = 6


class Generator:
    """Makes one spec from a source of random choices."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.blocks: dict[str, Any] = {}
        self.of_two: dict[str, Any] = {}
        self.names = 0
        self.inside_sequence = False

    def spec(self) -> dict[str, Any]:
        rng = self.rng
        for number in range(rng.randint(0, 3)):
            self.block(f"block{number}")
        params = {"width": rng.randint(2, 4), "deep": rng.randint(1, 3), "flag": rng.random() < 0.5}
        names = ["width", "deep", "flag"]
        document: dict[str, Any] = {"netspec": 1, "name": "random_net", "params": params}
        if rng.random() < 0.3:
            document["let"] = {"twice": "$(2 * width)"}
            names.append("twice")
        several = rng.random() < 0.15
        layers: list[Any] = []
        if several:
            document["inputs"] = {"left": [rng.randint(1, 4), SIZE, SIZE], "right": [rng.randint(1, 4), SIZE, SIZE]}
            layers.append({"concat": ["left", "right"]})
        else:
            document["input"] = [rng.randint(1, 4), SIZE, SIZE]
        scope = Scope(names, [])
        layers += self.entries(rng.randint(1, 5), scope, depth=0)
        if self.blocks or self.of_two:
            document["blocks"] = {**self.blocks, **self.of_two}
        if rng.random() < 0.2 and scope.bound:
            document["layers"] = layers
            document["outputs"] = {"main": self.finish(layers), "other": rng.choice(scope.bound)}
        elif rng.random() < 0.2:
            side = {"conv": 2, "kernel": 1, "only": "training", "name": "side"}
            document["layers"] = [*layers, side, {"conv": "$width", "kernel": 1, "name": "last"}]
        elif rng.random() < 0.4:
            document["layers"] = [*layers, "global_avg_pool", "flatten", {"linear": "$width", "name": "head"}]
        else:
            document["layers"] = layers
        return document

    def finish(self, layers: list[Any]) -> str:
        layers.append({"conv": 2, "kernel": 1, "name": "last"})
        return "last"

    def block(self, name: str) -> None:
        rng = self.rng
        params: dict[str, Any] = {"out": "int"}
        if rng.random() < 0.5:
            params["n"] = rng.choice(["int", 1, 2])
        if rng.random() < 0.4:
            params["use"] = rng.choice([True, False])
        if rng.random() < 0.3:
            params["act"] = rng.choice(["relu", "tanh", "str?"])
        body: dict[str, Any] = {"params": params}
        known = list(params)
        if rng.random() < 0.4:
            body["let"] = {"hidden": rng.choice(["$(2 * out)", "$(x.channels + out)", "$(max(out, x.channels))"])}
            known.append("hidden")
        scope = Scope(known, [], block=True)
        if rng.random() < 0.3:
            self.inside_sequence = True
            body["sequence"] = [*self.entries(rng.randint(1, 3), scope, depth=1, sequence=True), self.conv(scope)]
            self.inside_sequence = False
        else:
            entries = self.entries(rng.randint(1, 3), scope, depth=1)
            if "act" in params:
                entries.append("$act")
            body["layers"] = [*entries, {"conv": "$out", "kernel": 1}]
        self.blocks[name] = body

    def entries(self, count: int, scope: Scope, depth: int, sequence: bool = False) -> list[Any]:
        return [self.entry(scope, depth, sequence) for _ in range(count)]

    def entry(self, scope: Scope, depth: int, sequence: bool) -> Any:
        rng = self.rng
        choices = [self.plain, self.plain, self.conv, self.conv]
        if self.blocks:
            choices += [self.call, self.call]
        entry: Any
        if depth < 3:
            roll = rng.random()
            if roll < 0.15:
                return self.residual(scope, depth, sequence)
            if roll < 0.27:
                return self.parallel(scope, depth, sequence)
            if roll < 0.42:
                return self.repeat(scope, depth, sequence)
            if roll < 0.5:
                return self.sequence(scope, depth)
            if roll < 0.58 and not sequence:
                return self.group(scope, depth)
            if roll < 0.64 and not sequence and scope.bound:
                return self.join(scope)
            if roll < 0.7 and not sequence:
                return self.rare(scope, depth)
        entry = rng.choice(choices)(scope)
        return self.decorated(entry, scope, sequence)

    def decorated(self, entry: Any, scope: Scope, sequence: bool) -> Any:
        rng = self.rng
        if not isinstance(entry, dict):
            return entry
        if rng.random() < 0.25 and not sequence and "reuse" not in entry:
            name = self.name()
            entry["name"] = name
            if rng.random() < 0.6:
                scope.bound.append(name)
        elif rng.random() < 0.25 and scope.flags:
            entry["when"] = self.condition(scope)
        return entry

    def condition(self, scope: Scope) -> str:
        rng = self.rng
        options = ["$(x.channels > 3)"]
        if scope.block:
            options.append("$(x.channels != out)")
        for name in scope.names:
            if name in ("flag", "use"):
                options += [f"${name}", f"$(not {name})"]
            elif name in ("width", "out", "n", "deep"):
                options.append(f"$({name} > 2)")
            elif name == "i":
                options.append("$(i > 0)")
        return rng.choice(options)

    def name(self) -> str:
        self.names += 1
        return f"part{self.names}"

    def number(self, scope: Scope) -> Any:
        rng = self.rng
        options: list[Any] = [rng.randint(1, 4), rng.randint(1, 4)]
        for name in scope.names:
            if name in ("width", "out", "hidden", "twice", "c"):
                options += [f"${name}", f"$({name} + 1)"]
        options.append("$(x.channels)")
        options.append("$(x.channels + 1)")
        return rng.choice(options)

    def conv(self, scope: Scope) -> Any:
        rng = self.rng
        kernel = rng.choice([1, 3])
        entry: dict[str, Any] = {"conv": self.number(scope), "kernel": kernel}
        if kernel == 3:
            entry["padding"] = rng.choice([1, "same", "$((3 - 1) // 2)"])
        if rng.random() < 0.3:
            entry["bias"] = False
        if rng.random() < 0.15 and not self.inside_sequence:
            entry["activation"] = rng.choice(["relu", "tanh"])
        return entry

    def plain(self, scope: Scope) -> Any:
        return self.rng.choice(
            ["relu", "batch_norm", "tanh", {"max_pool": 3, "stride": 1, "padding": 1}, {"dropout": 0.1}, "gelu"]
        )

    def call(self, scope: Scope) -> Any:
        rng = self.rng
        name = rng.choice(sorted(self.blocks))
        entry: dict[str, Any] = {name: self.number(scope)}
        for key, default in self.blocks[name]["params"].items():
            if key == "n" and (default == "int" or rng.random() < 0.5):
                entry["n"] = rng.randint(1, 3)
            elif key == "use" and rng.random() < 0.5:
                entry["use"] = rng.random() < 0.5
            elif key == "act" and (default == "str?" or rng.random() < 0.5):
                entry["act"] = rng.choice(["relu", "tanh", None] if default == "str?" else ["relu", "tanh"])
        return entry

    def residual(self, scope: Scope, depth: int, sequence: bool) -> Any:
        rng = self.rng
        inner = Scope(scope.names, [*scope.bound], scope.block)
        body = self.entries(rng.randint(1, 3), inner, depth + 1)
        entry: dict[str, Any] = {}
        kind = rng.random()
        if kind < 0.4:
            entry["residual"] = [*body, {"conv": 3, "kernel": 1}]
            entry["shortcut"] = [{"conv": 3, "kernel": 1, "when": "$(x.channels != 3)"}]
        elif kind < 0.7:
            width = rng.randint(2, 4)
            entry["residual"] = [*body, {"conv": width, "kernel": 1}]
            entry["skip"] = f"$(x.channels == {width})"
        else:
            entry["residual"] = body
            entry["merge"] = "concat"
        if rng.random() < 0.2:
            entry["name"] = self.name()
        return entry

    def parallel(self, scope: Scope, depth: int, sequence: bool) -> Any:
        rng = self.rng
        if rng.random() < 0.6:
            branches: Any = {}
            for _ in range(rng.randint(1, 3)):
                inner = Scope(scope.names, [*scope.bound], scope.block)
                branches[f"b{self.name()}"] = self.entries(rng.randint(0, 2), inner, depth + 1)
        else:
            branches = [self.conv(scope) for _ in range(rng.randint(1, 3))]
            if rng.random() < 0.4:
                branches.append({**self.conv(scope), "repeat": rng.randint(1, 3)})
        return {"parallel": branches, "merge": "concat"}

    def repeat(self, scope: Scope, depth: int, sequence: bool) -> Any:
        rng = self.rng
        names = [*scope.names, "i"]
        entry: dict[str, Any] = {}
        counts: list[Any] = [rng.randint(1, 3), rng.randint(1, 10)]
        counts += [f"${n}" for n in scope.names if n in ("deep", "n")] * 3
        if rng.random() < 0.4:
            entry["repeat"] = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
            entry["as"] = "c"
            names.append("c")
        else:
            entry["repeat"] = rng.choice(counts)
        inner = Scope(names, [], scope.block)
        if rng.random() < 0.5:
            entry.update(self.call(inner) if self.blocks and rng.random() < 0.5 else self.conv(inner))
        elif sequence or rng.random() < 0.7:
            entry["layers"] = self.entries(rng.randint(1, 3), inner, depth + 1, sequence)
        else:
            entry["sequence"] = self.sequence(inner, depth)["sequence"]
        if rng.random() < 0.4 and not sequence:
            entry["name"] = self.name()
            scope.bound.append(entry["name"])
        return entry

    def sequence(self, scope: Scope, depth: int) -> Any:
        before, self.inside_sequence = self.inside_sequence, self.rng.random() < 0.8
        inner = Scope(scope.names, [], scope.block)
        entry = {"sequence": self.entries(self.rng.randint(1, 3), inner, depth + 1, sequence=True)}
        self.inside_sequence = before
        return entry

    def group(self, scope: Scope, depth: int) -> Any:
        rng = self.rng
        inner = Scope(scope.names, [*scope.bound], scope.block)
        entry: dict[str, Any] = {"layers": self.entries(rng.randint(1, 3), inner, depth + 1)}
        if rng.random() < 0.6:
            entry["name"] = self.name()
            scope.bound.append(entry["name"])
            if rng.random() < 0.4:
                scope.bound += [f"{entry['name']}.{n}" for n in inner.bound if n not in scope.bound][:1]
        return entry

    def rare(self, scope: Scope, depth: int) -> Any:
        """What a spec says seldom: shared modules, tied weights, free parameters, results by name, frozen parts."""
        rng = self.rng
        kind = rng.randrange(10)
        if kind == 9:
            return self.scanned(scope)
        if kind == 0:
            # A module called twice must take what it gives.
            name, again = self.name(), {"conv": "$(x.channels)", "kernel": 1}
            return {"layers": [{**again, "name": name}, "relu", {"reuse": name}]}
        if kind == 1:
            first, second = self.name(), self.name()
            width = rng.randint(1, 3)
            split = {"parallel": [{"conv": width, "kernel": 1}, {"conv": width, "kernel": 3, "padding": 1}]}
            return {"layers": [{**split, "merge": "none", "to": [first, second]}, {"add": [first, second]}]}
        if kind == 2:
            first, second = self.name(), self.name()
            return {
                "layers": [
                    {"conv": 4, "kernel": 1},
                    {"chunk": 2, "to": [first, second]},
                    {"multiply": [first, second]},
                ]
            }
        if kind == 3:
            return {
                **self.conv(scope),
                "freeze": True,
                "init": {"weight": rng.choice(["zeros", {"normal": [0, 0.02]}])},
            }
        if kind == 4:
            one = self.name()
            return {
                "layers": [
                    {"identity": None, "name": one},
                    {"parameter": [2, SIZE, SIZE], "name": self.name()},
                    {"conv": 3, "kernel": 1, "name": self.name()},
                    {"concat": [one, f"part{self.names}"]},
                ]
            }
        if kind in (6, 7):
            return self.carried(scope)
        if kind == 5:
            return {**self.conv(scope), "name": f"{self.name()}.{self.name()}"}
        return {
            "layers": [self.conv(scope), "batch_norm", "relu"],
            "name": self.name(),
            "freeze": True,
            "init": {"conv": {"weight": "ones"}},
        }

    def carried(self, scope: Scope) -> Any:
        """A block of two inputs in rounds, of which one or both are carried, and what all rounds give together."""
        rng = self.rng
        first, second, gathered, last = (self.name() for _ in range(4))
        self.of_two["of_two"] = {
            "inputs": ["main", "beside"],
            "outputs": ["one", "two"],
            "layers": [
                {"concat": ["main", "beside"]},
                {"conv": 3, "kernel": 1, "name": "one"},
                {"tanh": None, "from": "beside", "name": "two"},
            ],
        }
        counts: list[Any] = [1, 2, 3, *(f"${name}" for name in scope.names if name in ("deep", "n"))]
        repeat: dict[str, Any] = {"of_two": None, "from": [first, second], "repeat": rng.choice(counts)}
        if rng.random() < 0.5:
            repeat["name"] = self.name()
        joined = [last]
        if both := rng.random() < 0.4:
            repeat |= {"carry": ["main", "beside"], "to": [last, f"{last}_$(1)"]}
            joined.append(f"{last}_1")
        else:
            repeat["to"] = last
        if not both or rng.random() < 0.5:
            repeat["collect"] = gathered
            joined.append(gathered)
        return {
            "layers": [
                {"conv": 3, "kernel": 1, "name": first},
                {"conv": 3, "kernel": 1, "name": second},
                repeat,
                {"concat": joined},
            ]
        }

    def scanned(self, scope: Scope) -> Any:
        """A block that runs along rows or columns, with a row for its state; all its steps, and the last state."""
        rng = self.rng
        first, begun, every, last = (self.name() for _ in range(4))
        told = rng.random() < 0.5
        outputs = ["next", "told"] if told else ["next"]
        self.of_two[name := "of_rows_told" if told else "of_rows"] = {
            "inputs": ["row", "state"],
            "outputs": outputs,
            "layers": [
                {"conv": 3, "kernel": 3, "padding": 1, "from": "row", "name": "given"},
                {"tanh": None, "from": "state", "name": "kept"},
                {"add": ["given", "kept"], "name": "next"},
                *([{"conv": 3, "kernel": 1, "from": "next", "name": "told"}] if told else []),
            ],
        }
        along = rng.choice((1, 2, -1))
        scan: dict[str, Any] = {name: None, "scan": along, "to": [every, last], "carry": "state"}
        if rng.random() < 0.5:
            scan["name"] = self.name()
        made = [begun, last] if rng.random() < 0.3 else [last]
        rows = [{"unsqueeze": along, "from": each, "name": f"{each}_row"} for each in made]
        added = {"add": [every if rng.random() < 0.7 else first, *(f"{each}_row" for each in made)]}
        return {
            "layers": [
                {"conv": 3, "kernel": 1, "name": first},
                {"constant": 0.5, "shape": [3, SIZE], "name": begun},
                {**scan, "from": [first, begun]},
                *rows,
                added,
            ]
        }

    def join(self, scope: Scope) -> Any:
        """Bring back what an entry before gave: of whatever width, so by a concatenation with itself."""
        rng = self.rng
        first = rng.choice(scope.bound)
        return {"concat": [first, rng.choice(scope.bound)]}


class Scope:
    """Names an expression can use, and entries that can be taken from."""

    def __init__(self, names: list[str], bound: list[str], block: bool = False) -> None:
        self.names = names
        self.bound = bound
        self.block = block

    @property
    def flags(self) -> bool:
        return bool(self.names)


def random_spec(rng: Random) -> str:
    """The text of a random spec. Most are valid; some take from an entry that a condition left out, say."""
    return json.dumps(Generator(rng).spec(), indent=1)
