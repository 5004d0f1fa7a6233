"""Each pass on a graph small enough to count by hand."""

import typing

from netspec.analysis import PASSES, Analysis, ReceptiveField, analyze
from netspec.analysis.counts import count_activation_bytes, count_depth, count_units, count_work
from netspec.analysis.receptive import trace_receptive_fields
from netspec.analysis.weights import WeightCount, count_weights
from tests.analysis.builder import Dense, Flat, Kernel, Net, Norm, Opaque, Sealed, Source, Sum, lenet, residual_net


def test_passes_fill_the_fields_of_the_analysis_in_order():
    returned = [typing.get_type_hints(run)["return"] for run in PASSES]
    fields = list(typing.get_type_hints(Analysis).values())
    assert returned == fields[1:]


def test_weights_are_split_into_trainable_frozen_and_buffers():
    net = Net(3, 8, 8)
    net.add(Kernel(out=4, kernel=3), "conv1", frozen=True)
    net.add(Norm(), "bn1")
    counts = count_weights(net.graph())
    assert counts.nodes["conv1"] == WeightCount(trainable=0, frozen=3 * 4 * 9 + 4, buffers=0)
    assert counts.nodes["bn1"] == WeightCount(trainable=8, frozen=0, buffers=9)
    assert counts.total == counts.inference == WeightCount(8, 112, 9)
    assert counts.total.params == 120


def test_a_reused_module_counts_its_weights_once_and_its_work_twice():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    net.add(Dense(out=8), "fc")
    graph = net.graph()
    assert [c.params for c in count_weights(graph).nodes.values()] == [72, 0]
    assert count_work(graph).total == 128
    assert count_depth(graph).weight_layers == 1


def test_a_tied_weight_counts_where_it_is_owned_and_is_frozen_for_all():
    net = Net(8)
    net.add(Dense(out=8), "head", ties={"weight": "body.weight"})
    net.add(Dense(out=8), "body", frozen=True)
    counts = count_weights(net.graph())
    assert counts.nodes["head"] == WeightCount(trainable=8)
    assert counts.nodes["body"] == WeightCount(frozen=72)


def test_side_branches_are_left_out_of_inference_but_for_what_it_shares():
    net = Net(8)
    net.add(Dense(out=8), "fc1")
    net.add(Dense(out=4), "aux", training_only=True)
    net.add(Dense(out=4), "fc2", ties={"weight": "aux.weight"})
    graph = net.graph()
    counts, work = count_weights(graph), count_work(graph)
    assert counts.total.params == 72 + 36 + 4
    assert counts.inference.params == 72 + 32 + 4
    assert (work.nodes["aux"], work.total, work.training, work.flops) == (0, 96, 128, 192)
    assert count_units(graph).units["aux"] == 0
    assert count_depth(graph).weight_layers == 2
    assert count_activation_bytes(graph).total == 4 * (8 + 4)


def test_unknown_work_makes_the_total_unknown():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    net.add(Opaque(), "black_box")
    work = count_work(net.graph())
    assert (work.nodes["fc"], work.nodes["black_box"], work.total, work.flops) == (64, None, None, None)


def test_unknown_weights_make_the_totals_unknown():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    net.add(Sealed(), "black_box")
    net.add(Sealed(), "black_box")
    found = analyze(net.graph())
    unknown = WeightCount(None, None, None)
    assert [c.params for c in found.weights.nodes.values()] == [72, None, 0]
    assert found.weights.total == found.weights.inference == unknown
    assert (found.weights.total.params, found.param_bytes) == (None, None)


def test_unknown_weights_of_a_side_branch_leave_inference_known():
    net = Net(8)
    net.add(Sealed(), "aux", training_only=True)
    net.add(Dense(out=8), "fc")
    counts = count_weights(net.graph())
    assert (counts.total.params, counts.inference.params) == (None, 72)


def test_units_and_connections():
    units = count_units(lenet())
    assert units.units == {"conv1": 600, "conv2": 256, "flatten1": 0, "fc1": 84, "fc2": 10}
    assert units.connections["conv1"] == 600 * 26
    assert (units.total_units, units.hidden_units) == (950, 940)


def test_units_of_what_tells_no_tensors_are_unknown():
    net = Net(8)
    net.add(Dense(out=8), "first")
    net.add(Sealed(), "sealed")
    net.add(Dense(out=8), "fc")
    units = count_units(net.graph())
    assert units.units == {"first": 8, "sealed": None, "fc": 8}
    assert units.connections == {"first": 72, "sealed": None, "fc": 72}
    assert (units.total_units, units.hidden_units, units.total_connections) == (None, None, None)


def test_units_of_a_side_branch_are_none():
    net = Net(8)
    net.add(Sealed(), "aux", training_only=True)
    net.add(Dense(out=8), "fc")
    assert count_units(net.graph()).units == {"aux": 0, "fc": 8}


def test_every_layer_whose_units_reach_an_output_is_no_hidden_one():
    net = Net(8)
    trunk = net.add(Dense(out=6), "trunk")
    left = net.add(Dense(out=4), "left", trunk)
    right = net.add(Dense(out=4), "right", trunk)
    net.add(Sum(), "add1", left, right)
    assert count_units(net.graph()).hidden_units == 6


def test_receptive_fields_compose_and_the_largest_path_counts():
    net = Net(1, 32, 32)
    stem = net.add(Kernel(out=4, kernel=3, stride=2), "stem")
    narrow = net.add(Kernel(out=4, kernel=1), "narrow", stem)
    wide = net.add(Kernel(out=4, kernel=5), "wide", stem)
    net.add(Sum(), "add1", narrow, wide)
    net.add(Flat(), "flatten1")
    fields = trace_receptive_fields(net.graph()).nodes
    assert fields["stem"] == ReceptiveField((3, 3), (2, 2), (0, 0))
    assert fields["narrow"] == ReceptiveField((3, 3), (2, 2), (0, 0))
    assert fields["add1"] == fields["wide"] == ReceptiveField((11, 11), (2, 2), (0, 0))
    assert fields["flatten1"] is None


def test_a_source_without_input_sees_nothing_and_changes_no_field():
    net = Net(1, 8, 8)
    stem = net.add(Kernel(out=4, kernel=3), "stem")
    offset = net.add(Source(shape=(4, 6, 6)), "offset")
    net.add(Sum(), "add1", stem, offset)
    fields = trace_receptive_fields(net.graph()).nodes
    assert fields["offset"] is None
    assert fields["add1"] == ReceptiveField((3, 3), (1, 1), (0, 0))
    assert count_weights(net.graph()).nodes["offset"].params == 4 * 36


def test_columns_sum_to_the_totals():
    for graph in (lenet(), residual_net()):
        found = analyze(graph)
        assert sum(c.params for c in found.weights.nodes.values()) == found.weights.total.params
        assert sum(found.units.units.values()) == found.units.total_units
        assert sum(m or 0 for m in found.work.nodes.values()) == found.work.total
        assert sum(found.activations.nodes.values()) == found.activations.total
        assert found.param_bytes == 4 * found.weights.total.params


def test_a_long_chain_needs_no_recursion():
    net = Net(2)
    for index in range(3000):
        net.add(Norm(), f"bn{index}")
    assert analyze(net.graph()).weights.total.params == 3000 * 4
