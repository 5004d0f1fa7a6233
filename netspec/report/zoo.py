"""The zoo as a list; its page is ``docs/zoo.md``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from netspec.analysis import analyze
from netspec.driver.spec import elaborate, load
from netspec.report import document as doc
from netspec.report.numbers import count
from netspec.report.sheet import Sheet
from netspec.shape import spell

_HEAD = """\
Made by `netspec list --format markdown`. `netspec show NAME` prints a spec, and every command takes its name: `netspec
summary resnet50`. Parameters are those of inference, without heads that are there in training alone;
multiply-accumulates are one example's, at the input's size given here.
"""

_COLUMNS = [*doc.columns(("Name", "Input"), ("Parameters", "MACs")), doc.Column("")]


def zoo(names: Collection[str]) -> doc.Document:
    """Descriptions of the networks; all formats but text also have their costs."""

    def short() -> Iterator[doc.Part]:
        yield doc.Definitions([doc.Entry(name, _first_sentence(load(name).document.doc)) for name in names], indent=0)

    def full() -> Iterator[doc.Part]:
        yield doc.Prose(_HEAD)
        yield doc.Table(_COLUMNS, map(_row, _records(names)))

    return doc.Document(
        title="The zoo",
        parts=lambda: [doc.Brief(short, full)],
        data=lambda: list(_records(names)),
        sheet=lambda: Sheet.of(_records(names), ("name", "params", "macs", "doc")),
    )


def _first_sentence(doc: str) -> str:
    """The first sentence of a spec's `doc`, on one line."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", " ".join(doc.split()), maxsplit=1)[0]


def _records(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Descriptions and costs of the networks, as data."""
    for name in names:
        spec = load(name)
        analysis = analyze(elaborate(spec))
        yield {
            "name": name,
            "doc": " ".join(spec.document.doc.split()),
            "references": list(spec.document.references),
            "inputs": {key: list(each.shape) for key, each in analysis.graph.inputs.items()},
            "params": analysis.weights.inference.params,
            "macs": analysis.work.total,
        }


def _row(record: Mapping[str, Any]) -> doc.Row:
    inputs = ", ".join(spell(tuple(shape)) for shape in record["inputs"].values())
    sources = [(" ", doc.Link(str(n), url)) for n, url in enumerate(record["references"], 1)]
    says = (record["doc"], *(piece for source in sources for piece in source))
    return doc.Row((doc.Verbatim(record["name"]), inputs, count(record["params"]), count(record["macs"]), says))
