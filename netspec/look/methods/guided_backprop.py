"""The gradient along paths that raise the score at every relu."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.layers.base import Layer
from netspec.look.attributed import Attribution, largest
from netspec.look.attribution import guided_backprop
from netspec.look.method import Method
from netspec.look.opened import Opened, Seen

GUIDED_BACKPROP = Attribution(
    "guided_backprop",
    "Guided backpropagation",
    "Guided BP",
    "|guided gradient|",
    lambda opened, score, images, options: largest(guided_backprop(score, images)),
    lambda opened, options: "it draws edges, whatever was learned: `sanity` shows it",
    clipped=True,
)


def refusal(opened: Opened, images: Sequence[Seen]) -> str:
    """It is defined by relus; without one it would be the plain gradient under another name."""
    layers = [layer for node in opened.graph.nodes.values() for layer in (node.layer, node.activation)]
    return "" if any(map(_is_relu, layers)) else "needs a network with a relu"


def _is_relu(layer: Layer | None) -> bool:
    return layer is not None and (layer.op in ("relu", "relu6") or getattr(layer, "min_val", None) == 0)


METHOD = Method(
    "the gradient along paths that raise the score at every relu",
    GUIDED_BACKPROP.figures,
    image=True,
    target=True,
    fits=refusal,
)
