"""Short specs for tests."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.graph import Graph


def spec(layers: str, head: str = "", input: str = "[4, 8, 8]") -> str:
    """A whole spec around its entries (`layers`, in block style) and further top-level keys (`head`)."""
    entries = "\n".join("  " + line for line in dedent(layers).strip().splitlines())
    given = f"input: {input}\n" if input else ""
    return f"netspec: 1\nname: net\n{given}{dedent(head).strip()}\nlayers:\n{entries}\n"


def build(text: str, settings: Mapping[str, Any] | None = None) -> Graph:
    return api.elaborate(api.loads(text, settings))


def graph(layers: str, head: str = "", input: str = "[4, 8, 8]") -> Graph:
    return build(spec(layers, head, input))


def paths(found: Graph) -> list[str]:
    return [node.path for node in found.nodes.values()]


def feeds(found: Graph, key: str) -> list[str]:
    """Keys of the nodes and inputs that feed a node."""
    return [value.key for value in found.nodes[key].inputs]


def out(found: Graph) -> tuple[int, ...]:
    return found.outputs["output"].shape


def diagnostics(text: str, settings: Mapping[str, Any] | None = None) -> list[Diagnostic]:
    with pytest.raises(NetspecError) as caught:
        build(text, settings)
    assert caught.value.diagnostics
    return caught.value.diagnostics


def only(text: str, settings: Mapping[str, Any] | None = None) -> Diagnostic:
    """The one diagnostic of a spec."""
    found = diagnostics(text, settings)
    assert len(found) == 1, "\n".join(f"{d.span} {d.code.name} {d.message}" for d in found)
    return found[0]


def code(layers: str, head: str = "", input: str = "[4, 8, 8]") -> str:
    """The code's name of the one diagnostic."""
    return only(spec(layers, head, input)).code.name
