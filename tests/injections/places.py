"""Every place of a spec that a text can stand in, found by walking the JSON Schema: values, and keys of free maps."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import netspec
from netspec.layers import registry

BASE: dict[str, Any] = {
    "netspec": 1,
    "name": "probe",
    "input": [1, 8, 8],
    "layers": [
        {"conv": 4, "kernel": 3, "padding": 1, "name": "first"},
        "flatten",
        {"linear": 10, "name": "head"},
    ],
}
"""What a place is put into: a spec that is right without it."""

TRAIN: dict[str, Any] = {
    "data": {"digits": None, "batch_size": 64},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 0.001},
    "epochs": 1,
}

INNER: dict[tuple[str, ...], Any] = {
    ("blocks", "*"): {"layers": ["relu"]},
    ("inputs", "*"): [1, 8, 8],
    ("params", "*"): 1,
    ("let", "*"): 1,
    ("outputs", "*"): "head",
    ("weights", "names", "*"): {"a.$i": "first"},
    ("budget", "*"): "<= 1G",
}
"""What stands under a key of one's own, where the schema says too little of it."""

Step = str | int | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A way down a document; ``*`` is a key of one's own, a pair the layer or structure of an entry.

    `key` tells that the text is to be the last key itself rather than the value there.
    """

    route: tuple[Step, ...]
    key: bool

    def __str__(self) -> str:
        return "/".join(step[1] if isinstance(step, tuple) else str(step) for step in self.route) + "=" * self.key


def places() -> list[Place]:
    """All places, each once."""
    schema = netspec.schema()
    return sorted(set(_walk(schema, schema["$defs"], (), ())), key=str)


def _walk(node: Any, defs: Any, route: tuple[Step, ...], seen: tuple[str, ...]) -> Iterator[Place]:
    if node is True:
        yield Place(route, False)
    if not isinstance(node, dict):
        return
    if ref := node.get("$ref"):
        name = ref.rpartition("/")[2]
        if name == "expression":
            yield Place(route, False)
        elif seen.count(name) < 1:
            yield from _walk(defs[name], defs, route, (*seen, name))
        return
    if not {"properties", "items", "prefixItems", "anyOf", "allOf"} & node.keys():
        yield Place(route, False)
    for key, value in node.get("properties", {}).items():
        yield from _walk(value, defs, (*route, key), seen)
    extra = node.get("additionalProperties", node.get("type") != "object" and False)
    if node.get("type") == "object" and extra is not False:
        yield Place((*route, "*"), True)
        yield from _walk(extra, defs, (*route, "*"), seen)
    for item in (node.get("items"), *node.get("prefixItems", ())):
        yield from _walk(item, defs, (*route, 0), seen)
    for each in node.get("anyOf", ()):
        yield from _walk(each, defs, route, seen)
    for each in node.get("allOf", ()):
        for op in each.get("if", {}).get("required", ()):
            for key, value in each["then"].get("properties", {}).items():
                if value is not True:
                    yield from _walk(value, defs, (*route, ("op", op), key), seen)


def document(place: Place, text: str) -> dict[str, Any]:
    """The base with a text at a place."""
    made = copy.deepcopy(BASE)
    first = place.route[0]
    if first == "train":
        made["train"] = copy.deepcopy(TRAIN)
    if first in ("inputs", "sequence"):
        del made["input" if first == "inputs" else "layers"]
    if first == "blocks":
        made["layers"].insert(1, "plain")
        made["blocks"] = {"plain": copy.deepcopy(INNER["blocks", "*"])}
    if first == "outputs":
        made["outputs"] = {"plain": "head"}
    if "names" in place.route and first == "weights":
        made["weights"] = {"names": {"plain": {"a.$i": "first"}}}
    _put(made, made, place.route, text, place.key)
    return made


def _put(made: dict[str, Any], here: Any, route: tuple[Step, ...], text: str, key: bool) -> None:
    step, *rest = route
    if isinstance(step, tuple):
        entry = _entry(made, step[1])
        here.clear()
        here.update(entry)
        _put(made, here, tuple(rest), text, key)
        return
    name: Any = ("plain" if isinstance(here, dict) and "plain" in here else "word") if step == "*" else step
    if not rest:
        if key:
            value = here.pop(name, 1) if isinstance(here, dict) else 1
            here[text] = value
        else:
            here[name] = text
        return
    below: Any = [None] if isinstance(rest[0], int) else {}
    present = here[name] if isinstance(here, list) else here.get(name)
    if not isinstance(present, type(below)) or (isinstance(below, list) and not present):
        here[name] = present = below
        if name == "layers" and isinstance(below, list):
            here[name] = present = [{"relu": None}]
    if isinstance(present, list) and not isinstance(present[0], dict) and len(rest) > 1:
        present[0] = {"conv": 4, "kernel": 3, "padding": 1, "name": "first"} if name in ("layers", "sequence") else {}
    _put(made, present, tuple(rest), text, key)


def _entry(made: dict[str, Any], op: str) -> dict[str, Any]:
    """An entry of a layer or structure, and what flows in set to what its example takes."""
    if op not in registry():
        return {"reuse": "first"} if op == "reuse" else {op: ["relu", "relu"]}
    cls = registry()[op]
    example = cls.examples[0]
    options = copy.deepcopy(dict(example.options))  # hostile texts go into it, and examples are everybody's
    main = options.pop(cls.main, None) if cls.main is not None else None
    if example.inputs:
        integer = cls.dtype == "int"
        made["input"] = {"shape": list(example.inputs[0]), "dtype": "int64" if integer else "float32"}
    entry = {op: main, **options}
    if len(example.inputs) > 1:
        entry["from"] = ["input"] * len(example.inputs)
    return entry
