"""Where in the last map the score's evidence lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor

from netspec.analysis.explanation import named
from netspec.analysis.last_map import is_map, last_map
from netspec.diagnostics import Code, NetspecError
from netspec.graph import Value
from netspec.look.attributed import Attribution
from netspec.look.attribution import Score, grad_cam
from netspec.look.figures import Figure
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recorded


def _maps(opened: Opened, score: Score, images: Tensor, options: Options) -> Tensor:
    """The map of the layer, enlarged to the image's size."""
    key = layer(opened, options).key
    found = grad_cam(score, images, lambda: recorded(opened, (key,), lambda _, value: value))
    return F.interpolate(found, images.shape[2:], mode="bilinear")[:, 0]


def layer(opened: Opened, options: Options) -> Value:
    """The maps that are weighed: the last of the layer or block that is asked for, or else of the network.

    Raises:
        NetspecError: NS0501: there is no such layer. NS0804: it gives no maps.
    """
    if not options.layers:
        found = last_map(opened.analysis, opened.output)
        assert found is not None  # `refusal` has looked
        return found
    (path,) = options.layers[-1:]
    nodes = [opened.graph.nodes[key] for key in named(opened.graph, path)]
    values = [value for node in nodes for value in node.outputs if is_map(opened.analysis, value)]
    if not values:
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{path}` gives no maps: its output has no height and width")
    return values[-1]


def _note(opened: Opened, options: Options) -> str:
    value = layer(opened, options)
    channels, height, width = value.shape
    return f"{channels:,} maps of {height}x{width} of {value.key}, weighed by their mean slopes"


def _figures(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure for each layer that is asked for, or of the last map."""
    for path in options.layers or (None,):
        own = options if path is None else options.at(path)
        yield from GRAD_CAM.figures(opened, images, own)


def refusal(opened: Opened, images: Sequence[Seen]) -> str:
    """It needs maps, from which the output is computed."""
    return "" if last_map(opened.analysis, opened.output) else "needs a network with maps before its output"


GRAD_CAM = Attribution("grad_cam", "Grad-CAM", "Grad-CAM", "weight of evidence", _maps, _note)

METHOD = Method(
    "where in the last map, or that of --layer, the evidence lies", _figures, image=True, target=True, fits=refusal
)
