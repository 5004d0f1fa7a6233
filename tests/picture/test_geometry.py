"""Every picture, read back from its SVG: nothing overlaps, nothing is left out, nothing is drawn that is not there."""

from __future__ import annotations

import os
from random import Random

import pytest

from netspec import api
from netspec.analysis import Analysis, analyze
from netspec.diagnostics import NetspecError
from netspec.picture.building import MOST_BOXES, scene
from netspec.picture.layout import layout
from netspec.picture.picture import Picture
from netspec.picture.scene import Scene
from netspec.picture.themes import LIGHT
from netspec.picture.writers import svg
from netspec.report.loops import ends_of_loops
from tests.alike import with_detectors
from tests.picture.seen import check_coverage, check_geometry
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "60"))
"""Random specs that are drawn, of each generator."""


def drawn(shown: Scene, direction: str = "down") -> str:
    return svg.write(Picture(layout(shown, direction), LIGHT, "a network", None, {}))


def check_flow(shown: Scene, analysis: Analysis) -> None:
    """Edges are the graph's data flow between boxes, but for what runs from one folded round to the next.

    The length of a sequence, which the ends of a scan read, is no data.
    """
    graph = analysis.graph
    lengths = ends_of_loops(graph)
    box_of = {key: box for box in shown.boxes for key in box.keys}
    box_of |= {box.path: box for box in shown.boxes if box.role == "input"}
    flow = {
        (box_of[value.key].number, box_of[key].number)
        for key, node in graph.nodes.items()
        for value in (node.inputs[:1] if key in lengths else node.inputs)
        if box_of[value.key] is not box_of[key]
    }
    between = {(source, target) for source, target in flow if source > target}
    for source, target in between:
        assert shown.boxes[source].times > 1 < shown.boxes[target].times
    outputs = {**graph.outputs, **graph.side_outputs}
    ends = {(box_of[outputs[box.path].key].number, box.number) for box in shown.boxes if box.role == "output"}
    assert len(ends) == len(outputs)
    assert {(edge.source, edge.target) for edge in shown.edges} == (flow - between) | ends


def check_all(analysis: Analysis, levels: tuple[int | None, ...]) -> None:
    for level in levels:
        shown = scene(analysis, level)
        check_flow(shown, analysis)
        for direction in ("down", "right"):
            text = drawn(shown, direction)
            check_geometry(text)
            check_coverage(text, analysis)


@pytest.mark.parametrize("name", with_detectors())
def test_zoo_networks(name: str) -> None:
    check_all(analyze(api.elaborate(api.load(name))), (None, 1, 2, 99))


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_random_networks(make) -> None:
    checked = 0
    for seed in range(RANDOM):
        try:
            graph = api.elaborate(api.loads(make(Random(seed))))
        except NetspecError:
            continue
        check_all(analyze(graph), (None, 1, 99))
        checked += 1
    assert checked > RANDOM / 2


def test_a_picture_at_the_default_level_is_easy_to_survey() -> None:
    for name in ("resnet50", "resnet152", "mobilenet_v3_large", "vit_b_16", "googlenet", "unet"):
        assert len(scene(analyze(api.elaborate(api.load(name)))).boxes) <= MOST_BOXES


def test_a_deeper_resnet_is_the_same_picture_with_other_numbers() -> None:
    def shape_of(name: str) -> list[tuple[str, str]]:
        return [(box.path, box.role) for box in scene(analyze(api.elaborate(api.load(name)))).boxes]

    assert shape_of("resnet50") == shape_of("resnet101") == shape_of("resnet152")


def test_what_the_checks_would_find() -> None:
    """The checks fail where a box is moved onto another, or an edge through one."""
    text = drawn(scene(analyze(api.elaborate(api.load("lenet")))))
    first, second = (line for line in text.splitlines() if 'data-path="conv1"' in line or 'data-path="tanh1"' in line)
    place = first.split("<rect ")[1].split(" rx")[0]
    with pytest.raises(AssertionError):
        check_geometry(text.replace(second.split("<rect ")[1].split(" rx")[0], place))
    with pytest.raises(AssertionError):
        check_geometry(text.replace('data-to="tanh1"', 'data-to="fc1"'))
