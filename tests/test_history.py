"""LeCun's networks have the sizes that their papers print, map by map and unit by unit."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import torch

from netspec import api
from netspec.analysis import Analysis

PAGE = (Path(__file__).parent.parent / "docs" / "history.md").read_text(encoding="utf-8")

LENET5 = {
    "C1": ((6, 28, 28), 156, 122_304),
    "S2": ((6, 14, 14), 12, 5_880),
    "C3": ((16, 10, 10), 1_516, 151_600),
    "S4": ((16, 5, 5), 32, 2_000),
    "C5": ((120, 1, 1), 48_120, 48_120),
    "F6": ((84,), 10_164, 10_164),
    "output": ((10,), 0, 840),
}
"""Shape, trainable parameters, connections: LeCun, Bottou, Bengio and Haffner (1998), section II.B; the last two
connection counts, which it leaves out, are 84 x (120 + 1) and 10 x 84."""

LENET_1989 = {
    "H1": ((12, 8, 8), 1_068, 19_968),
    "H2": ((12, 4, 4), 2_592, 38_592),
    "H3": ((30,), 5_790, 5_790),
    "output": ((10,), 310, 310),
}
"""The same of LeCun et al. (1989), section 3.3."""


@cache
def analysis(name: str) -> Analysis:
    return api.analyze(api.load(name))


@pytest.mark.parametrize(("name", "layers"), [("lenet5_1998", LENET5), ("lenet_1989", LENET_1989)])
def test_layers_are_as_printed(name: str, layers: dict[str, tuple[tuple[int, ...], int, int]]) -> None:
    found = analysis(name)
    nodes = {node.path: key for key, node in found.graph.nodes.items()}
    for path, (shape, params, connections) in layers.items():
        node = found.graph.nodes[nodes[path]]
        assert node.output_shapes == (shape,)
        assert sum(weight.numel for weight in node.weights.values() if not weight.buffer) == params
        assert found.units.connections[nodes[path]] == connections
    assert found.depth.weight_layers == len(layers)
    assert found.units.total_connections == sum(connections for _, _, connections in layers.values())


def test_lenet5_1998() -> None:
    found = analysis("lenet5_1998")
    assert found.weights.total.params == 60_000
    assert (found.units.total_connections, found.units.hidden_units) == (340_908, 8_084)
    third = found.graph.nodes["C3"]
    assert {key: weight.shape for key, weight in third.weights.items()} == {"weight": (60, 5, 5), "bias": (16,)}
    assert found.work.nodes["C3"] == 150_000


def test_lenet_1989() -> None:
    found = analysis("lenet_1989")
    assert found.weights.total.params == 9_760
    assert (found.units.total_connections, found.units.total_units) == (64_660, 1_000)
    assert found.graph.inputs["input"].shape == (1, 16, 16)


def test_each_map_of_1989_sees_eight_others_and_all_are_seen_alike() -> None:
    table = analysis("lenet_1989").graph.nodes["H2"].layer.connections  # type: ignore[attr-defined]
    assert [len(set(row)) for row in table] == [8] * 12
    assert len({frozenset(row) for row in table}) == 12
    assert [sum(channel in row for row in table) for channel in range(12)] == [8] * 12


def test_the_table_of_1998_is_the_papers() -> None:
    """Table I, its columns as the paper describes them: three neighbours, four neighbours, four with a gap, all."""
    table = analysis("lenet5_1998").graph.nodes["C3"].layer.connections  # type: ignore[attr-defined]
    ring = [{(first + step) % 6 for step in range(6)} for first in range(6)]
    three = [{(first + step) % 6 for step in range(3)} for first in range(6)]
    four = [{(first + step) % 6 for step in range(4)} for first in range(6)]
    split = [{first, first + 1, first + 3, (first + 4) % 6} for first in range(3)]
    assert [set(row) for row in table] == [*three, *four, *split[:2], {0, 2, 3, 5}, ring[0]]


def test_codes_are_readable_pictures() -> None:
    network = api.compile(api.load("lenet5_1998"))
    codes = network.get_buffer("output.centers")
    assert codes.shape == (10, 7 * 12)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    differing = (codes[:, None] != codes[None]).sum(-1) + 84 * torch.eye(10, dtype=torch.int64)
    assert differing.min() >= 9, "each picture is far from the others"


def test_beyond_the_edges_of_1989_lies_the_background() -> None:
    """White paper stays white: with the biases of a map alike, its units are alike up to the edges."""
    network = api.compile(api.load("lenet_1989")).eval()
    with torch.no_grad():
        network.get_parameter("H1.bias").zero_()
        maps = network.get_submodule("H1")(network.get_submodule("pad1")(torch.full((1, 1, 16, 16), -1.0)))
    assert maps.shape == (1, 12, 8, 8)
    torch.testing.assert_close(maps, maps[:, :, :1, :1].expand_as(maps))


@pytest.mark.parametrize("name", ["lenet5_1998", "lenet_1989"])
def test_weights_begin_within_the_papers_bounds(name: str) -> None:
    network = api.compile(api.load(name))
    bounds = {"C1": 25, "S2": 4, "C3": 100, "S4": 4, "C5": 400, "F6": 120}
    if name == "lenet_1989":
        bounds = {"H1": 25, "H2": 200, "H3": 192, "output": 30}
    for path, fan_in in bounds.items():
        weight = network.get_parameter(f"{path}.weight").abs().max().item()
        assert weight <= 2.4 / fan_in
        assert weight > 0.3 * 2.4 / fan_in


# -- docs/history.md -------------------------------------------------------------------------------


def table_rows(section: str) -> list[list[str]]:
    """The cells of each row of the tables in a section of the page, without heads and rules."""
    text = PAGE if not section else PAGE[PAGE.index(f"\n## {section}\n") :]
    text = text[: text.index("\n## ", 4)] if "\n## " in text[4:] else text
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in rows if re.fullmatch(r"[\d,]+", row[-1])]


OPERATIONS = {"lenet_1989": 7_291 * 23, "lenet5_1998": 60_000 * 20}


def test_the_page_s_sizes_are_netspec_s() -> None:
    found: list[list[str]] = table_rows("")
    wanted = []
    for name in ("lenet_1989", "lenet5_1998", "alexnet"):
        each = analysis(name)
        connections = each.units.total_connections or 0
        numbers = [each.units.total_units, each.weights.total.params, connections]
        if name in OPERATIONS:
            numbers.append(connections * OPERATIONS[name])
        wanted += [f"{number:,}" for number in numbers]
    assert [row[-1] for row in found] == wanted


def test_the_page_s_layers_are_netspec_s() -> None:
    for section, name, layers in (
        ("LeNet, 1989", "lenet_1989", LENET_1989),
        ("LeNet-5, 1998", "lenet5_1998", LENET5),
    ):
        units = analysis(name).units.units
        wanted = [[path, units[path], params, connections] for path, (_, params, connections) in layers.items()]
        assert [[row[0], *(int(cell.replace(",", "")) for cell in row[1:])] for row in table_rows(section)] == wanted


def test_the_page_s_sums_are_right() -> None:
    """Every `a x b + c = d` of the page."""
    text = " ".join(PAGE.split())
    number = r"(?:\d[\d,]*)"
    sums = re.findall(rf"({number}(?: [x+-] {number})+) = ({number})", text)
    assert len(sums) >= 9
    for left, right in sums:
        assert eval(left.replace(",", "").replace("x", "*")) == int(right.replace(",", "")), f"{left} = {right}"


def test_alexnet_s_parts_are_netspec_s() -> None:
    found = analysis("alexnet")
    units = found.units.units
    of = {kind: [units[key] for key in units if key.startswith(kind)] for kind in ("conv", "max_pool", "fc")}
    macs = {key: found.work.nodes[key] or 0 for key in units}
    convolutions = sum(macs[key] for key in units if key.startswith("conv"))
    linear = sum(macs[key] for key in units if key.startswith("fc"))
    biases, pooled = sum(of["conv"]) + sum(of["fc"]), sum(of["max_pool"])
    assert sum(of["conv"]) + sum(of["fc"][:2]) == 658_272
    assert found.units.total_connections == convolutions + linear + biases + 9 * pooled
    for part in (*of["conv"], *of["max_pool"], sum(of["conv"]), pooled, biases, convolutions, linear, 9 * pooled):
        assert f"{part:,}" in PAGE
    assert found.units.total_units == 658_272 + pooled + 1_000
