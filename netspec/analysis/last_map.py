"""The last map on the way to an output: before a flattening or a global pooling, positions still lie side by side."""

from __future__ import annotations

from netspec.analysis import Analysis
from netspec.analysis.seen_input import Seen
from netspec.graph import Value


def is_map(analysis: Analysis, value: Value) -> bool:
    """Whether a layer's result has more than one position along the image's height and width, ``[C, H, W]``.

    That is not so where a permutation has put the channels last.
    """
    sights = analysis.receptive.extents[value.key] or ()
    moved = any(isinstance(each, Seen) and each.axis != axis for axis, each in enumerate(sights, 1))
    return len(value.shape) == 3 and value.shape[1] * value.shape[2] > 1 and not moved


def last_map(analysis: Analysis, output: str) -> Value | None:
    """The result, of the layer that runs last, that is a map and that an output depends on; None where none is.

    Positions in a sequence, as a transformer has them, are no map: there it is the map of the patches.
    """
    wanted = {analysis.graph.outputs[output]}
    for node in reversed(list(analysis.graph.nodes.values())):
        found = [value for value in node.outputs if value in wanted]
        for value in found:
            if is_map(analysis, value):
                return value
        if found:
            wanted.update(node.inputs)
    return None
