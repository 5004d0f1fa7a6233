"""What a unit sees of each map before it, held against the forward analysis, and a convolution's step as tiles."""

from __future__ import annotations

import os
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.analysis.seen_input import Seen
from netspec.diagnostics import NetspecError
from netspec.graph import Graph, Node
from netspec.picture.font import text_width
from netspec.picture.seen_windows import seen_by, way
from tests.picture.seen import SVG
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "60")) // 3
HEAD = "netspec: 1\nname: net\ninput: [3, 9, 12]\n"


def check_windows(graph: Graph, node: Node, extents) -> int:
    """The window on the network's input is that of the forward analysis; the number of axes that were compared."""
    if len(graph.inputs) != 1 or len(node.output_shapes[0]) < 2:
        return 0
    (name,) = graph.inputs
    seen = seen_by(graph, node).get((name, 0))
    compared = 0
    for axis, extent in enumerate(extents[node.key] or (), 1):
        if seen is None or seen[axis] is None or not isinstance(extent, Seen):
            continue
        at = extent.axis
        if at == 0:
            continue  # the unit is one of all channels, which here hold places of the input
        assert seen[axis] == extent.span(node.output_shapes[0][at] // 2), (node.key, axis)
        compared += 1
    return compared


@pytest.mark.parametrize(
    "name", ["lenet", "resnet18", "googlenet_bn", "unet", "mobilenet_v3_small", "conv_autoencoder"]
)
def test_windows_are_those_of_the_receptive_field(name: str) -> None:
    analysis = analyze(api.elaborate(api.load(name)))
    nodes = [node for node in analysis.graph.nodes.values() if len(node.output_shapes[0]) == 3]
    assert sum(
        check_windows(analysis.graph, node, analysis.receptive.extents) for node in nodes[:: len(nodes) // 12 + 1]
    )


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_windows_of_random_networks(make) -> None:
    compared = 0
    for spec in valid_specs(make, RANDOM):
        analysis = analyze(api.elaborate(spec))
        for node in list(analysis.graph.nodes.values())[-6:]:
            compared += check_windows(analysis.graph, node, analysis.receptive.extents)
            check(api.draw_field(spec, node.key))
    assert compared


def parts(text: str, kind: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(text).iter(f"{SVG}g") if each.get("class") == kind]


def check(text: str) -> None:
    """Everything on the page; texts apart."""
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = []
    for words in root.iter(f"{SVG}text"):
        size = float(re.search(r"font-size:([\d.]+)px", words.get("style"))[1])
        x, base, wide = float(words.get("x")), float(words.get("y")), text_width(words.text, size)
        left = x - wide / 2 if "middle" in words.get("style") else x
        boxes.append((left, base - 0.8 * size, left + wide, base + 0.2 * size))
    for left, top, right, bottom in boxes:
        assert -0.1 <= left < right <= width + 0.1
        assert 0 <= top < bottom <= height + 0.1
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b, "texts overlap"
    for path in root.iter(f"{SVG}path"):
        if path.get("d", "").startswith("M0 .5"):
            continue  # the head of arrows
        numbers = list(map(float, re.findall(r"-?[\d.]+", path.get("d"))))
        assert all(-0.1 <= x <= width + 0.1 for x in numbers[::2])
        assert all(-0.1 <= y <= height + 0.1 for y in numbers[1::2])


def test_lenets_windows() -> None:
    """5, then twice that with a stride of 2 and one more for each further element: S4 sees 16 of 32."""
    maps = way(graph := api.elaborate(api.load("lenet5_1998")), graph.nodes["S4"])
    sizes = {each.key: each.seen[1][1] - each.seen[1][0] + 1 for each in maps}
    assert sizes == {"input": 16, "C1": 12, "S2": 6, "C3": 2, "S4": 1}


@pytest.mark.parametrize(
    ("conv", "told", "taps", "shift"),
    [
        ("{conv: 2, kernel: 3, name: c}", "kernel 3×3, stride 1, dilation 1, padding 0", 9, 15),
        ("{conv: 2, kernel: 3, stride: 2, padding: 1, name: c}", "kernel 3×3, stride 2, dilation 1, padding 1", 9, 30),
        ("{conv: 2, kernel: [2, 3], dilation: 2, name: c}", "kernel 2×3, stride 1, dilation 2, padding 0", 6, 15),
        (
            "{conv: 2, kernel: 3, stride: 2, padding: [[0, 1], [0, 1]], name: c}",
            "kernel 3×3, stride 2, dilation 1, padding 0+1",
            9,
            30,
        ),
    ],
)
def test_tiles(conv: str, told: str, taps: int, shift: int) -> None:
    text = api.draw_field(api.loads(f"{HEAD}layers: [{conv}]\n"), "c")
    check(text)
    assert f"c: {told}" in text
    (window,), (following,) = parts(text, "window"), parts(text, "window next")
    assert len(window.findall(f"{SVG}path")) == taps + 1
    starts = [float(re.match(r"M([\d.]+)", each.findall(f"{SVG}path")[-1].get("d"))[1]) for each in (window, following)]
    assert starts[1] - starts[0] == shift


def test_dilation_holds_taps_apart() -> None:
    text = api.draw_field(api.loads(f"{HEAD}layers: [{{conv: 2, kernel: 2, dilation: 3, name: c}}]\n"), "c")
    (window,) = parts(text, "window")
    lefts = {float(re.match(r"M([\d.]+)", each.get("d"))[1]) for each in window.findall(f"{SVG}path")[:-1]}
    assert max(lefts) - min(lefts) == 3 * 15


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet152", "layer4.2"),
        ("vit_b_16", "heads"),
        ("audio_cnn", "fc"),
        ("mlp", "fc1"),
        ("unet", "scores"),
        ("dcgan_generator", "layer4"),
        ("googlenet", "inception_5b"),
    ],
)
def test_layers_of_every_kind(name: str, layer: str) -> None:
    spec = api.load(name)
    keys = list(api.elaborate(spec).nodes)
    found = next((key for key in keys if key.startswith(layer)), keys[-1])
    check(api.draw_field(spec, found))


def test_convolutions_over_one_and_three_axes() -> None:
    for shape, conv in (("[3, 9]", "{conv: 2, kernel: 3, padding: 1}"), ("[3, 5, 6, 7]", "{conv: 2, kernel: 3}")):
        check(api.draw_field(api.loads(f"netspec: 1\nname: n\ninput: {shape}\nlayers: [{conv}]\n"), "conv1"))


@pytest.mark.parametrize("form", [".mmd", ".dot"])
def test_formats_that_cannot_tell_it_say_so(form: str) -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw_field(api.load("lenet"), "conv1", form=form)


def test_the_command(netspec, tmp_path) -> None:
    file = tmp_path / "f.svg"
    code, out, _ = netspec("explain", "lenet", "conv2", "--draw", str(file))
    assert (code, "conv2" in out) == (0, True)
    check(file.read_text())
    assert netspec("explain", "lenet", "--draw", str(file))[0] == 2
    assert netspec("explain", "lenet", "conv1", "conv2", "--draw", str(file))[0] == 2
    assert netspec("explain", "lenet", "conv9", "--draw", str(file))[0] == 1
    assert netspec("explain", "NS0302", "--draw", str(file))[0] == 2
