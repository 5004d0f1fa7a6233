"""The zoo as a list, as data, and as the page from which ``docs/zoo.md`` is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from netspec import api
from netspec.report.numbers import count
from netspec.shape import spell

_HEAD = """\
# The zoo

Made by `netspec list --format markdown`. `netspec show NAME` prints a spec, and every command takes its name: `netspec
summary resnet50`. Parameters are those of inference, without heads that are there in training alone;
multiply-accumulates are one example's, at the input's size given here.
"""


def first_sentence(doc: str) -> str:
    """The first sentence of a spec's `doc`, on one line."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", " ".join(doc.split()), maxsplit=1)[0]


def zoo_records(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What each network is and what it costs, as data."""
    for name in names:
        spec = api.load(name)
        analysis = api.analyze(spec)
        yield {
            "name": name,
            "doc": " ".join(spec.document.doc.split()),
            "references": list(spec.document.references),
            "inputs": {key: list(each.shape) for key, each in analysis.graph.inputs.items()},
            "params": analysis.weights.inference.params,
            "macs": analysis.work.total,
        }


def zoo_markdown(names: Iterable[str]) -> str:
    """The page: a row for each network."""
    return _HEAD + "\n" + "\n".join(_rows(names)) + "\n"


def _rows(names: Iterable[str]) -> Iterator[str]:
    yield "| Name | Input | Parameters | MACs | |"
    yield "| --- | --- | ---: | ---: | --- |"
    for record in zoo_records(names):
        inputs = ", ".join(spell(tuple(shape)) for shape in record["inputs"].values())
        sources = " ".join(f"[{n}]({url})" for n, url in enumerate(record["references"], 1))
        says = f"{record['doc']} {sources}".strip()
        yield f"| `{record['name']}` | {inputs} | {count(record['params'])} | {count(record['macs'])} | {says} |"
