"""The receptive field of a whole network is that of its main path: gates that are stretched onto it are left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.analysis.receptive import widest_field
from netspec.graph import Graph

HEAD = "netspec: 1\nname: net\ninput: [8, 32, 32]\n"


def field_of(graph: Graph) -> tuple[int, ...] | None:
    found = widest_field(graph, analyze(graph).receptive)
    return found.size if found else None


def stacked(*rows: tuple[int, int]) -> int:
    """The field of convolutions one after the other, each a kernel and a stride."""
    size, jump = 1, 1
    for kernel, stride in rows:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size


MOBILENETS = {
    "large": ("32 31 32 31 52 51 51 32 31 31 31 31 31 52 51 51", 595),
    "small": ("32 32 32 31 52 51 51 51 51 52 51 51", 639),
}
"""Kernel and stride of the convolutions that are no 1x1, as the paper's tables have them, and the field they make."""


@pytest.mark.parametrize("name", MOBILENETS)
@pytest.mark.parametrize("pixels", [32, 64, 224])
def test_squeeze_and_excitation_leaves_the_fields_of_mobilenets_as_they_are(name: str, pixels: int) -> None:
    rows, size = MOBILENETS[name]
    assert stacked(*((int(kernel), int(stride)) for kernel, stride in rows.split())) == size
    spec = api.load(f"mobilenet_v3_{name}")
    assert field_of(api.elaborate(spec, {"input": (3, pixels, pixels)})) == (size, size)


EFFICIENT = """
netspec: 1
name: efficient
input: [3, 64, 64]
blocks:
  gate:
    layers:
      - residual:
          - {adaptive_avg_pool: 1}
          - {conv: 4, kernel: 1, activation: silu}
          - {conv: $input.channels, kernel: 1, activation: sigmoid}
        merge: multiply
  mbconv:
    params: {out: int, expand: 4, kernel: 3, stride: 1}
    layers:
      - residual:
          - {conv: $(x.channels * expand), kernel: 1, activation: silu}
          - {conv: $x.channels, kernel: $kernel, stride: $stride, padding: $(kernel // 2), groups: $x.channels}
          - GATE
          - {conv: $out, kernel: 1}
        skip: $(stride == 1 and out == x.channels)
layers:
  - {conv: 8, kernel: 3, stride: 2, padding: 1}
  - {mbconv: 8, expand: 1}
  - {mbconv: 12, kernel: 3, stride: 2}
  - {mbconv: 12, kernel: 3}
  - {mbconv: 16, kernel: 5, stride: 2}
  - {mbconv: 16, kernel: 5}
  - global_avg_pool
  - flatten
  - {linear: 10}
"""


def test_an_efficientnet_has_the_field_that_it_has_without_its_gates() -> None:
    wanted = stacked((3, 2), (3, 1), (3, 2), (3, 1), (5, 2), (5, 1))
    for gate in ("gate", "identity"):
        graph = api.loads(EFFICIENT.replace("GATE", gate)).graph
        assert field_of(graph) == (wanted, wanted)
    strict = analyze(api.loads(EFFICIENT.replace("GATE", "gate")).graph).receptive.nodes
    assert sum(field is not None for field in strict.values()) < 5  # an element sees all, and each layer says so


POOL = "{conv: 8, kernel: 1}, sigmoid"
GATES = {
    "a global pooling": f"{{residual: [global_avg_pool, {POOL}], merge: multiply}}",
    "a pooling of the map's size": f"{{residual: [{{avg_pool: 30}}, {POOL}], merge: multiply}}",
    "means with new axes": "{residual: [{mean: -1}, {mean: -1}, {linear: 8}, {reshape: [8, 1, 1]}], merge: multiply}",
    "windows before the pooling": f"{{residual: [{{max_pool: 9}}, global_avg_pool, {POOL}], merge: multiply}}",
    "the gate first": f"{{parallel: [{{layers: [global_avg_pool, {POOL}]}}, identity], merge: multiply}}",
    "two gates": (
        f"{{parallel: [identity, {{layers: [global_avg_pool, {POOL}]}}, {{layers: [global_max_pool, {POOL}]}}], "
        "merge: multiply}"
    ),
    "a gate within a gate": (
        "{residual: [{residual: [global_avg_pool, tanh], merge: multiply}, global_avg_pool, sigmoid], merge: multiply}"
    ),
    "means along one axis, and then along the other": (
        "{layers: [{residual: [{adaptive_avg_pool: [1, null]}], merge: multiply}, "
        "{residual: [{adaptive_avg_pool: [null, 1]}], merge: multiply}]}"
    ),
    "one number for each place": "{residual: [{conv: 1, kernel: 1}, sigmoid], merge: multiply}",
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_leaves_the_field_as_it_is(name: str) -> None:
    graph = api.loads(
        f"{HEAD}layers:\n  - {{conv: 8, kernel: 3}}\n  - {GATES[name]}\n  - {{conv: 8, kernel: 5}}\n"
    ).graph
    assert field_of(graph) == (7, 7)


NO_GATES = {
    "windows that are multiplied": ("{residual: [{conv: 8, kernel: 7, padding: 3}, sigmoid], merge: multiply}", 13),
    "maps of the whole image beside": ("{parallel: [identity, {layers: [global_avg_pool, {upsample: 30}]}]}", 3),
    "attention": ("{layers: [{reshape: [8, -1]}, {permute: [1, 0]}, {residual: [{attention: 2}]}]}", 3),
    "a pooling that all goes through": ("{layers: [global_avg_pool, {upsample: 30}]}", 3),
}


@pytest.mark.parametrize("name", NO_GATES)
def test_what_is_no_gate_counts(name: str) -> None:
    entry, size = NO_GATES[name]
    rest = "" if name == "attention" else "\n  - {conv: 8, kernel: 5}"
    graph = api.loads(f"{HEAD}layers:\n  - {{conv: 8, kernel: 3}}\n  - {entry}{rest}\n").graph
    assert field_of(graph) == (size, size)


def test_a_budget_of_the_field_is_that_of_the_main_path(netspec: Callable[..., tuple[int, str, str]]) -> None:
    layers = f"layers:\n  - {GATES['a global pooling']}\n  - {{conv: 8, kernel: 5}}\n"
    Path("net.yaml").write_text(f"{HEAD}{layers}budget: {{receptive_field: '>= 5'}}\n")
    assert netspec("check", "net.yaml")[0] == 0
