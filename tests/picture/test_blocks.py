"""A table of stages, and each distinct block once: nothing is left out, nothing stands for what it is not."""

from __future__ import annotations

import os
from xml.etree import ElementTree

import pytest

from netspec import api
from netspec.analysis import Analysis, analyze
from netspec.diagnostics import NetspecError
from netspec.picture.block_forms import Forms, letters
from netspec.picture.block_scene import block_scenes
from netspec.picture.blocks import blocks
from netspec.picture.folding import Folding
from netspec.picture.stages import Stages, outside_blocks
from tests.alike import with_detectors
from tests.picture.seen import SVG, check_geometry, groups
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

RANDOM = int(os.environ.get("NETSPEC_PICTURES", "60"))
HEAD = "netspec: 1\nname: net\ninput: [8, 8, 8]\n"


def parts(analysis: Analysis) -> tuple[Forms, Stages]:
    folding = Folding(analysis.graph)
    found = list(outside_blocks(analysis.graph.root, folding))
    forms = Forms(analysis.graph, folding, [part for part in found if not isinstance(part, str)])
    return forms, Stages(analysis, forms, found)


def check_stages(analysis: Analysis, root: ElementTree.Element) -> None:
    """The rows of the first table stand for every layer once, with all parameters, in the order of execution."""
    rows = [each.element for each in groups(root, "row") if each.element.get("data-layers")]
    assert sum(int(row.get("data-layers")) for row in rows) == len(analysis.graph.nodes)
    params = [row.get("data-params") for row in rows]
    assert (None if "unknown" in params else sum(map(int, params))) == analysis.weights.total.params
    _, stages = parts(analysis)
    assert [key for row in stages.all for key in row.keys] == list(analysis.graph.nodes)


def check_forms(analysis: Analysis) -> None:
    """A block's boxes stand for all layers of its calls, and its edges for the data flow in every call."""
    forms, _ = parts(analysis)
    nodes = forms.folding.nodes
    scenes = block_scenes(analysis, forms, ("kernel", "shapes"))
    for form, shown in zip(forms.all, scenes, strict=True):
        held = sorted(forms.folding.index[key] for box in shown.boxes for key in box.keys)
        own = sorted(start + at for start in form.starts for at in range(form.length))
        assert held == own
        box_of = {key: box for box in shown.boxes for key in box.keys}
        inside = {(edge.source, edge.target) for edge in shown.edges}
        for start in form.starts:
            for node in nodes[start : start + form.length]:
                for value in node.inputs:
                    source, target = box_of.get(value.key), box_of[node.key]
                    if source is None or forms.folding.place(value.key) < start:
                        assert any(box.role == "input" and (box.number, target.number) in inside for box in shown.boxes)
                    elif source is not target and source.number < target.number:
                        assert (source.number, target.number) in inside


def check_all(analysis: Analysis, spec: api.Spec) -> None:
    for direction in ("down", "right"):
        text = api.draw(spec, style="blocks", direction=direction)
        check_geometry(text)
        check_stages(analysis, ElementTree.fromstring(text))
    check_forms(analysis)


@pytest.mark.parametrize("name", with_detectors())
def test_zoo_networks(name: str) -> None:
    spec = api.load(name)
    check_all(analyze(api.elaborate(spec)), spec)


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_random_networks(make) -> None:
    for spec in valid_specs(make, RANDOM):
        check_all(analyze(api.elaborate(spec)), spec)


def rows(name: str) -> list[tuple[str, ...]]:
    """The rows of the first table below its head, as texts."""
    table = groups(ElementTree.fromstring(api.draw(api.load(name), style="blocks")), "table")[0]
    return [tuple(each.text for each in row.element.findall(f"{SVG}text")) for row in groups(table.element, "row")][1:]


def test_resnet50_has_the_stages_of_its_paper() -> None:
    """He et al. (2016), table 1: 3, 4, 6 and 3 bottlenecks of 64, 128, 256 and 512."""
    told = [row for row in rows("resnet50") if row[1].startswith("bottleneck")]
    assert told == [
        ("layer1.0 – 2", "bottleneck a, b ×2", "64, stride 1", "×3", "256×56×56", "216 K"),
        ("layer2.0 – 3", "bottleneck a, b ×3", "128; stride 2, then 1", "×4", "512×28×28", "1.22 M"),
        ("layer3.0 – 5", "bottleneck a, b ×5", "256; stride 2, then 1", "×6", "1024×14×14", "7.10 M"),
        ("layer4.0 – 2", "bottleneck a, b ×2", "512; stride 2, then 1", "×3", "2048×7×7", "15.0 M"),
    ]


def test_googlenets_inceptions_are_one_with_a_table_of_their_rows() -> None:
    """Szegedy et al. (2015), table 1: the columns from #1×1 to pool proj."""
    root = ElementTree.fromstring(api.draw(api.load("googlenet"), style="blocks"))
    frames = [each.element for each in groups(root, "frame") if each.element.get("data-path").startswith("inception")]
    assert [each.get("data-times") for each in frames if "." not in each.get("data-path")] == ["9"]
    tables = [groups(each.element, "row") for each in groups(root, "table")]
    texts = [[tuple(word.text for word in row.element.findall(f"{SVG}text")) for row in table] for table in tables]
    (table,) = (each for each in texts if each[0][1:] == ("b1", "r3", "b3", "r5", "b5", "pool"))
    assert table[1] == ("inception_3a", "64", "96", "128", "16", "32", "32")
    assert table[9] == ("inception_5b", "384", "192", "384", "48", "128", "128")
    titles = {word.text for word in root.iter(f"{SVG}text")}
    assert {"conv_relu b1", "conv_relu r3", "conv_relu b3, kernel 3", "conv_relu b5, kernel 5"} <= titles


def told(text: str) -> list[str]:
    """The titles of the boxes of all blocks, one after the other."""
    shown = blocks(analyze(api.elaborate(api.loads(HEAD + text)))).scene
    return [box.text[0] for box in shown.boxes if box.keys]


def test_a_number_that_two_arguments_equal_is_told_of_neither() -> None:
    block = (
        "blocks:\n  b:\n    params: {one: int, two: int}\n    layers: [{conv: $one, kernel: 1}, {conv: 8, kernel: 1}]\n"
    )
    equal = "layers: [{b: 4, two: 4}, {b: 5, two: 5}]\n"
    assert told(block + equal) == ["conv 1×1, 4 … 5", "conv 1×1, 8"]
    assert told(block + equal.replace("two: 5", "two: 6")) == ["conv 1×1, one", "conv 1×1, 8"]


def test_calls_that_differ_in_more_than_numbers_are_drawn_apart() -> None:
    block = "blocks:\n  b:\n    params: {bias: bool}\n    layers: [{conv: 8, kernel: 1, bias: $bias}]\n"
    assert len(told(block + "layers: [{b: true}, {b: false}]\n")) == 2
    assert len(told(block + "layers: [{b: true}, {b: true}]\n")) == 1


def test_calls_that_are_wired_otherwise_are_drawn_apart() -> None:
    block = "blocks:\n  b:\n    inputs: [a, c]\n    layers: [{add: [a, c]}]\n"
    calls = "{b: , from: [r, t], name: p}, {b: , from: [p, p]}"
    assert told(f"{block}layers: [{{relu: , name: r}}, {{tanh: , name: t}}, {calls}]\n") == ["add", "add"]


def test_rounds_of_another_number_are_drawn_apart() -> None:
    block = "blocks:\n  b:\n    params: {out: list}\n    layers: [{conv: $w, kernel: 1, repeat: $out, as: w}]\n"
    assert told(block + "layers: [{b: [8, 8]}, {b: [8, 4]}]\n") == ["conv 1×1, 8 ×2", "conv 1×1, 8", "conv 1×1, 4"]


def test_a_block_that_runs_again_with_the_same_weights_is_told_once() -> None:
    text = "blocks:\n  b:\n    layers: [{conv: 8, kernel: 1}]\nlayers: [{b, name: s}, {reuse: s}, relu, {reuse: s}]\n"
    text = text.replace("{b, name: s}", "{b: , name: s}")
    analysis = analyze(api.elaborate(api.loads(HEAD + text)))
    forms, stages = parts(analysis)
    assert [(form.name, len(form.calls)) for form in forms.all] == [("b", 3)]
    assert sum(row.params for row in stages.all) == analysis.weights.total.params


def test_a_block_that_runs_again_on_another_size_is_one_drawing() -> None:
    text = "blocks:\n  b:\n    layers: [{conv: 8, kernel: 3}]\nlayers: [{b: , name: s}, relu, {reuse: s}]\n"
    forms, _ = parts(analyze(api.elaborate(api.loads(HEAD + text))))
    assert [(form.name, len(form.calls)) for form in forms.all] == [("b", 2)]


def test_one_module_twice_in_a_block_is_no_two_modules() -> None:
    block = "blocks:\n  b:\n    params: {again: bool}\n    layers:\n      - {linear: 8, name: own}\n"
    rows = "      - {reuse: own, when: $again}\n      - {linear: 8, when: $(not again), name: other}\n"
    text = f"{block}{rows}layers: [{{b: true}}, {{b: false}}, {{b: true}}]\n"
    forms, _ = parts(analyze(api.elaborate(api.loads(HEAD + text))))
    assert [(form.name, len(form.calls)) for form in forms.all] == [("b a", 2), ("b b", 1)]


CELL = """\
blocks:
  cell:
    inputs: [x, h, c]
    layers: [{add: [x, h, c], name: c2}, {tanh: , name: h2}]
    outputs: [h2, c2]
layers:
  - {constant: 0.0, shape: [8, 8], name: h}
  - {constant: 0.0, shape: [8, 8], name: c}
  - {cell: , scan: 0, from: [input, h, c], carry: [h, c], to: [all, last, state]}
  - {relu: , from: last}
"""


def test_a_cell_gives_what_it_carries() -> None:
    shown = blocks(analyze(api.elaborate(api.loads(HEAD + CELL)))).scene
    assert [box.title for box in shown.boxes if box.role == "output"] == ["output 1", "output 2"]


@pytest.mark.parametrize("form", [".mmd", ".dot"])
def test_formats_without_tables_say_so(form: str) -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("lenet"), style="blocks", form=form)


def test_a_level_has_no_meaning() -> None:
    with pytest.raises(NetspecError, match="NS0911"):
        api.draw(api.load("lenet"), style="blocks", level=1)


def test_tikz_has_the_tables() -> None:
    text = api.draw(api.load("resnet50"), style="blocks", form=".tex")
    assert r"{layer4.0 – 2}" in text
    assert text.count(r"\draw[netspec edge") == 4


def test_letters_go_on_after_z() -> None:
    assert [letters(number) for number in (0, 25, 26, 701, 702)] == ["a", "z", "aa", "zz", "aaa"]


def stages_of(text: str) -> list[tuple[str, int, str]]:
    _, stages = parts(analyze(api.elaborate(api.loads(HEAD + text))))
    return [(row.name, row.times, row.taken) for row in stages.all]


def test_what_takes_nothing_follows_nothing() -> None:
    """Two constants, one after the other in the text, are no chain of two."""
    made = "{constant: 1.0, shape: [8, 8, 8], name: one}, {constant: 1.0, shape: [8, 8, 8], name: two}"
    sums = "{add: [input, one, two]}"
    found = [("one", 1, "nothing"), ("two", 1, "nothing"), ("add1", 1, "input, one, two")]
    assert stages_of(f"layers: [{made}, {sums}]\n") == found


def test_a_stage_that_gives_two_tensors_is_taken_from_once() -> None:
    block = "blocks: {b: {outputs: [x, y], layers: [{relu: , name: x}, {tanh: , name: y}]}}\n"
    found = stages_of(f"{block}layers: [{{b: , name: s, to: [p, q]}}, {{add: [p, q]}}]\n")
    assert found == [("s", 1, ""), ("add1", 1, "s")]


def test_layers_that_differ_in_what_no_title_tells_are_rows_of_their_own() -> None:
    alike = "{conv: 8, kernel: 3, padding: 1}"
    other = "{conv: 8, kernel: 3, padding: 1, groups: 4}"
    assert stages_of(f"layers: [{alike}, {alike}]\n") == [("conv1 – conv2", 2, "")]
    assert stages_of(f"layers: [{alike}, {other}]\n") == [("conv1", 1, ""), ("conv2", 1, "")]
