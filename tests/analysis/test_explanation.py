"""Every figure of an explanation is the one the passes count, and its formula gives it."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.analysis.explanation import Explanation, explain, named
from netspec.diagnostics import NetspecError
from netspec.layers.formula import Formula
from netspec.layers.ranks import ANY
from netspec.report.records import layer_record

SIZES = {"length": -1, "width": -1, "height": -2, "depth": -3, "channels": 0, "features": -1}


def sizes_told(found: Explanation) -> dict[int, int]:
    """Sizes that the formulas give, by the axis of the first output."""
    (shape, *_) = found.node.output_shapes
    told = {}
    for formula in found.sizes:
        for name in formula.name.split(", "):
            axis = SIZES[name] if name in SIZES else int(name.removeprefix("axis "))
            if name == "length" and found.node.layer.ranks is ANY:
                axis = -2  # of a sequence, whose features come last
            told[axis % len(shape)] = formula.value
    return told


@pytest.mark.parametrize("name", api.zoo())
def test_explain_says_what_summary_says(name: str) -> None:
    analysis = analyze(api.load(name).graph)
    for (key, node), found in zip(analysis.graph.nodes.items(), explain(analysis, analysis.graph.nodes), strict=True):
        record = layer_record(analysis, node)
        counted = {figure.name: figure.value for figure in found.figures}
        wanted = {name: record[name] for name in ("params", "macs", "connections")}
        assert counted == {**wanted, "bytes": record["activation_bytes"]}, key
        for figure in found.figures:
            assert figure.formula is None or figure.formula.value == figure.value, (key, figure)
            assert figure.formula or figure.note or figure.value is None, (key, figure)
        for axis, size in sizes_told(found).items():
            assert size == node.output_shapes[0][axis], key
        assert found.way[-1].shape == node.output_shapes[0]
        field = record["receptive_field"]
        if field:
            assert {name: [getattr(each, name) for each in found.fields] for name in field} == field, key
            for each in found.fields:
                assert all(formula.value == getattr(each, formula.name) for formula in each.formulas), key


def test_windows_have_formulas_for_their_sizes_and_fields() -> None:
    analysis = analyze(api.load("vgg16").graph)
    for found in explain(analysis, analysis.graph.nodes):
        if found.node.layer.op in ("conv", "max_pool"):
            assert sizes_told(found).keys() == {1, 2}
            assert [formula.name for formula in found.fields[0].formulas] == ["size", "stride", "start"]


REUSED = """
netspec: 1
name: twins
inputs: {left: [1, 8, 8], right: [1, 8, 8]}
layers:
  - {conv: 2, kernel: 3, from: left, name: eye}
  - {reuse: eye, from: right, name: other}
  - {concat: [eye, other]}
  - {conv: 3, kernel: 1, only: training, name: side}
  - {embedding: 5, dim: 4, only: training, when: false}
  - {upsample: 2}
"""


def test_what_counts_elsewhere_is_told() -> None:
    analysis = analyze(api.loads(REUSED).graph)
    told = explain(analysis, analysis.graph.nodes)
    figures = {found.node.key: {figure.name: figure for figure in found.figures} for found in told}
    assert (figures["eye"]["params"].value, figures["eye#2"]["params"].value) == (20, 0)
    assert "`eye`" in figures["eye#2"]["params"].note
    assert (figures["side"]["params"].value, figures["side"]["macs"].value) == (15, 0)
    assert "training" in figures["side"]["macs"].note


def test_a_name_is_a_layer_or_a_block() -> None:
    graph = api.load("resnet50").graph
    assert named(graph, "layer1.0.conv1") == ["layer1.0.conv1"]
    assert named(graph, "layer1.0.downsample") == ["layer1.0.downsample.0", "layer1.0.downsample.1"]
    with pytest.raises(NetspecError) as caught:
        named(graph, "layer1.0.conv11")
    assert caught.value.diagnostics[0].help == "did you mean `layer1.0.conv1`?"


def test_a_sum_of_very_many_terms_is_told_by_its_numbers() -> None:
    """Each term of thousands is no reading, and deeper than a formula can be parsed."""
    names = ", ".join(f"a{i}" for i in range(3000))
    head = "netspec: 1\nname: net\ninput: [3000, 2, 2]\nlayers:\n"
    graph = api.loads(f"{head}  - {{chunk: 3000, to: [{names}]}}\n  - concat: [{names}, {names}]\n").graph
    analysis = analyze(graph)
    cut, joined = explain(analysis, graph.nodes)
    assert [(each.name, each.value, each.numbers) for each in joined.sizes] == [("channels", 6000, None)]
    told = next(figure for figure in cut.figures if figure.name == "bytes")
    assert told.formula is not None
    assert (told.formula.numbers, told.formula.value) == ("3,000 x 16", told.value)


def test_a_sum_of_very_many_different_terms_is_what_it_comes_to() -> None:
    told = Formula.sum_of("bytes", [(n,) for n in range(2000)])
    assert (told.numbers, told.value) == (None, 1_999_000)
    assert Formula.sum_of("bytes", [(2, 3), (4,)]).numbers == "2 x 3 + 4"


LOOP = """\
netspec: 1
name: loop
input: [8, 3]
blocks:
  cell:
    inputs: [x, h]
    layers: [{add: [x, h]}, {linear: 3, name: map}, {tanh: , name: shown}]
layers:
  - {constant: 0.0, shape: [3], name: h}
  - {cell: , scan: 0, from: [input, h], carry: [h], name: cell}
"""


def test_the_steps_of_a_scan_multiply_the_formula_of_one() -> None:
    (found,) = explain(analyze(api.elaborate(api.loads(LOOP))), ["cell.map"])
    (formula,) = (figure.formula for figure in found.figures if figure.name == "macs")
    assert (formula.symbols, formula.numbers, formula.value) == ("F_out x F_in x steps", "3 x 3 x 8", 72)


def test_a_further_call_of_what_has_no_parameters_has_no_remark_on_them() -> None:
    text = (
        "netspec: 1\nname: again\ninput: [3]\nblocks:\n  b: {layers: [{linear: 3, name: map}, {tanh: , name: end}]}\n"
    )
    analysis = analyze(api.elaborate(api.loads(f"{text}layers: [{{b: , name: b}}, {{reuse: b}}]\n")))
    notes = [each.figures[0].note for each in explain(analysis, ["b.map#2", "b.end#2"])]
    assert notes == ["those of `b.map`, which is called again, count once", None]
