"""The summary as plain data: the one source of every format."""

from __future__ import annotations

from typing import Any

from netspec.analysis import Analysis, ReceptiveField
from netspec.analysis.receptive import Extents
from netspec.graph import Node


def picked(thing: object, *names: str) -> dict[str, Any]:
    """The attributes of these names, as data."""
    return {name: getattr(thing, name) for name in names}


def summary_record(analysis: Analysis) -> dict[str, Any]:
    """The whole summary. Shapes are without the batch, counts are integers, None is unknown."""
    graph = analysis.graph
    return {
        "name": graph.name,
        "inputs": {name: list(value.shape) for name, value in graph.inputs.items()},
        "outputs": {name: list(value.shape) for name, value in graph.outputs.items()},
        "side_outputs": {name: list(value.shape) for name, value in graph.side_outputs.items()},
        "layers": [layer_record(analysis, node) for node in graph.nodes.values()],
        "totals": totals_record(analysis),
    }


def layer_record(analysis: Analysis, node: Node) -> dict[str, Any]:
    """One layer call. Other layers' ``inputs`` name its ``key``, which is not its ``path`` where it reuses a module."""
    weights = analysis.weights.nodes[node.key]
    shapes = [list(shape) for shape in node.output_shapes]
    return {
        "path": node.path,
        "key": node.key,
        "op": node.layer.op,
        "type": node.layer.type_name(node.input_shapes),
        "inputs": [value.key for value in node.inputs],
        "output_shape": shapes[0] if shapes else None,
        "output_shapes": shapes,
        "activation": node.activation.op if node.activation else None,
        "params": weights.params,
        "trainable_params": weights.trainable,
        "buffers": weights.buffers,
        "macs": analysis.work.nodes[node.key],
        "units": analysis.units.units[node.key],
        "connections": analysis.units.connections[node.key],
        "activation_bytes": analysis.activations.nodes[node.key],
        "receptive_field": field_record(analysis.receptive.nodes[node.key]),
        "smallest_receptive_field": field_record(analysis.receptive.smallest[node.key]),
        "sees": extents_record(analysis.receptive.extents[node.key]),
        "training_only": node.training_only,
        "per_region": analysis.graph.is_regional(node.key),
        "line": node.span.line if node.span else None,
    }


def totals_record(analysis: Analysis) -> dict[str, Any]:
    """The totals. Each is the sum of the layers' figures of that name.

    ``inference_params`` and ``training_macs`` leave out and add the side branches that run in training alone.
    """
    weights, work, units = analysis.weights, analysis.work, analysis.units
    return {
        "params": weights.total.params,
        "trainable_params": weights.total.trainable,
        "non_trainable_params": weights.total.frozen,
        "inference_params": weights.inference.params,
        "buffers": weights.total.buffers,
        "macs": work.total,
        "flops": work.flops,
        "training_macs": work.training,
        "units": units.total_units,
        "hidden_units": units.hidden_units,
        "connections": units.total_connections,
        "weight_layers": analysis.depth.weight_layers,
        "param_bytes": analysis.param_bytes,
        "activation_bytes": analysis.activations.total,
        "regions": analysis.graph.detection.kind.regions if analysis.graph.detection is not None else None,
    }


def field_record(field: ReceptiveField | None) -> dict[str, list[int | float]] | None:
    """Size, stride and start along each spatial axis of the input; None where it is not finite or not known."""
    if field is None:
        return None
    strides = [stride if isinstance(stride, int) else float(stride) for stride in field.stride]
    return {"size": list(field.size), "stride": strides, "start": list(field.start)}


def extents_record(extents: Extents) -> list[str] | None:
    """``window``, ``global`` or ``unknown`` along each spatial axis of the input; None where there is no such axis."""
    return [each if isinstance(each, str) else "window" for each in extents] if extents else None
