"""Every picture, read back from its SVG: nothing overlaps, nothing is left out, nothing is drawn that is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product

import pytest

from netspec import api
from netspec.analysis import Analysis, analyze
from netspec.picture.building import MOST_BOXES, scene
from netspec.picture.layout import layout
from netspec.picture.picture import Picture
from netspec.picture.scene import Box, Frame, Part, Scene, boxes_of, children, ways
from netspec.picture.themes import LIGHT
from netspec.picture.writers import svg
from netspec.report.loops import ends_of_loops
from tests.alike import with_detectors
from tests.picture.seen import check_coverage, check_geometry
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "60"))
"""Random specs that are drawn, of each generator."""


def drawn(shown: Scene, direction: str = "down") -> str:
    return svg.write(Picture(layout(shown, direction), LIGHT, "a network", None, {}))


Call = tuple[int, tuple[int, ...]]
"""A box by its number, and the round of each part around it that stands for several."""


def unfolded(shown: Scene) -> set[tuple[Call, Call]]:
    """What a reader makes of a picture: its edges, with every part that stands for rounds written out.

    All rounds take from the boxes that its text names. In the place of what else the first takes, each next one takes
    what the one before gives, which is what leaves the last. All branches take the same, and give to the same.
    """
    links: set[tuple[Call, Call]] = {((edge.source, ()), (edge.target, ())) for edge in shown.edges}

    def beside(part: Box | Frame, prefix: tuple[int, ...]) -> Iterator[tuple[Call, Call]]:
        inside = {box.number for box in boxes_of(part)}

        def at(call: Call, number: int) -> Call:
            held = call[0] in inside and call[1] == prefix
            return (call[0], (*prefix, number)) if held else call

        for source, target in links:
            yield from ((at(source, number), at(target, number)) for number in range(part.branches))

    def written_out(part: Box | Frame, prefix: tuple[int, ...]) -> Iterator[tuple[Call, Call]]:
        inside = {box.number for box in boxes_of(part)}

        def held(call: Call) -> bool:
            return call[0] in inside and call[1] == prefix

        def at(call: Call, number: int) -> Call:
            return (call[0], (*prefix, number))

        gives = {source for source, target in links if held(source) and not held(target)} or {(max(inside), prefix)}
        (given,) = gives
        coming = {source for source, target in links if held(target) and not held(source)}
        shared = {each for each in coming if shown.boxes[each[0]].name in part.shared}
        assert len(part.shared) == len(shared), "a text names what comes in"
        assert len(coming - shared) == 1, "one box alone gives what goes on from round to round"
        for source, target in links:
            if not held(target):
                yield (at(source, part.repeated - 1) if held(source) else source), target
                continue
            for number in range(part.repeated):
                same = at(source, number) if held(source) else source
                goes_on = number and not held(source) and source not in shared
                yield (at(given, number - 1) if goes_on else same), at(target, number)

    pending: list[tuple[Part, tuple[int, ...]]] = [(shown.root, ())]
    while pending:  # outer parts first
        part, prefix = pending.pop()
        prefixes = [prefix]
        if isinstance(part, Box | Frame) and part.branches > 1:
            links = set(beside(part, prefix))
            prefixes = [(*prefix, number) for number in range(part.branches)]
        if isinstance(part, Box | Frame) and part.repeated > 1:
            for each in prefixes:
                links = set(written_out(part, each))
            prefixes = [(*each, number) for each in prefixes for number in range(part.repeated)]
        pending.extend((each, those) for each in children(part) for those in prefixes)
    return links


def calls_of(shown: Scene) -> dict[str, Call]:
    """The call in an unfolded picture that each layer call of the network belongs to."""
    found: dict[str, Call] = {}
    around = ways(shown.root)
    for box in shown.boxes:
        standing = [part for part, _ in around[box.number] if isinstance(part, Frame)]
        repeats = [number for part in (*standing, box) for number in (part.branches, part.repeated)]
        prefixes = list(product(*(range(number) for number in repeats if number > 1)))
        each = len(box.keys) // len(prefixes)
        found |= {key: (box.number, prefixes[at // each]) for at, key in enumerate(box.keys)}
        if not box.keys:
            found[f"{box.role}:{box.path}"] = box.number, ()
    return found


def check_flow(shown: Scene, analysis: Analysis) -> None:
    """Unfolded, a picture's edges are the graph's data flow.

    The length of a sequence, which the ends of a scan read, is no data.
    """
    graph = analysis.graph
    lengths = ends_of_loops(graph)
    calls = calls_of(shown)
    calls |= {name: calls[f"input:{name}"] for name in graph.inputs}
    flow = {
        (calls[value.key], calls[key])
        for key, node in graph.nodes.items()
        for value in (node.inputs[:1] if key in lengths else node.inputs)
        if calls[value.key] != calls[key]
    }
    outputs = {**graph.outputs, **graph.side_outputs}
    flow |= {(calls[value.key], calls[f"output:{name}"]) for name, value in outputs.items()}
    assert unfolded(shown) == flow


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
    for spec in valid_specs(make, RANDOM):
        check_all(analyze(api.elaborate(spec)), (None, 1, 99))


BLOCKS = """\
netspec: 1
name: titles
input: [8]
blocks:
  inner: {layers: [{residual: [{linear: 8}]}]}
  outer: {layers: [{inner: , name: b}]}
  beside: {layers: [{parallel: [{linear: 8, name: one}, {linear: 8, name: two}], merge: add}]}
layers:
"""


@pytest.mark.parametrize("call", ["outer", "beside"])
def test_no_line_runs_through_a_title(call: str) -> None:
    """Lines that enter a frame further in come by its title, too."""
    text = f"{BLOCKS}  - {{{call}: , name: a_module_with_a_long_name}}\n  - {{{call}: , name: a}}\n"
    check_all(analyze(api.elaborate(api.loads(text))), (99,))


BRANCHES = """\
netspec: 1
name: branches
input: [8, 4, 4]
blocks:
  m: {params: {w: int}, layers: [{conv: $w, kernel: 1}, relu]}
  fork:
    layers:
      - parallel:
          - {conv: 8, kernel: 1, repeat: 5}
          - {m: 4, repeat: 6, name: heads}
          - {conv: 8, kernel: 3, padding: 1}
          - {layers: [{conv: 4, kernel: 1}, relu, {m: 4, repeat: 2}], repeat: 5}
          - {layers: [{conv: 8, kernel: 1, repeat: 3}], repeat: 7}
        merge: concat
        name: many
      - {conv: 8, kernel: 1}
layers:
  - {fork: , repeat: 3}
  - residual: [{parallel: [{linear: 4, repeat: 8}], merge: add}]
"""


def test_alike_branches_and_rounds_of_them() -> None:
    """Branches that stand for several, with rounds inside and around them."""
    analysis = analyze(api.elaborate(api.loads(BRANCHES)))
    check_all(analysis, (None, 1, 2, 99))
    stand = {part.branches for part in parts_of(scene(analysis, 99).root) if isinstance(part, Box | Frame)}
    assert stand == {1, 5, 6, 7, 8}


def parts_of(part: Part) -> Iterator[Part]:
    yield part
    for each in children(part):
        yield from parts_of(each)


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
