"""Beginnings of the first layer that follow from the images. A new one is a class here and nothing else.

Imports no torch.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.graph import Graph
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Part


class FirstLayer(Part):
    """Base of all: the main argument is the number of images that are looked at, evenly spread over those to train on.

    Attributes:
        images: Their number, at most.
        freeze: Whether the layer's weights stay as they begin.
    """

    family: ClassVar[str] = "beginning of the first layer"
    main: ClassVar[str | None] = "images"

    images: int = Field(5000, gt=0, le=100_000)
    freeze: bool = True

    def function(self, path: str) -> Function:
        """Makes the weights of the module at a path, given the network and its inputs [N, C, H, W]."""
        raise NotImplementedError

    def path(self, graph: Graph) -> str | None:
        """The path of the module that it begins; None where the network has none that it could."""
        raise NotImplementedError


class Whitened(FirstLayer):
    """A convolution whose filters are the eigenvectors of the images' patches: its outputs vary alike and alone.

    Each eigenvector is divided by the root of its eigenvalue plus `eps`. That of the largest comes first; the negatives
    of all follow, as far as there is room, and any further filters stay as drawn (Page 2019, "How to train your ResNet
    8"; arXiv:2404.00498).
    """

    key: ClassVar[str] = "whitened"
    also: ClassVar[tuple[str, ...]] = ("whitening", "whiten", "pca")

    eps: float = Field(5e-4, gt=0)

    def function(self, path: str) -> Function:
        return functional("whitening.whitened", path=path, eps=self.eps, freeze=self.freeze)

    def path(self, graph: Graph) -> str | None:
        for node in graph.nodes.values():
            if node.layer.op == "conv" and node.inputs[0].key in graph.inputs:
                kernel, image = node.weights["weight"].shape, node.input_shapes[0]
                if len(kernel) == 4 and kernel[1] == image[0]:
                    return node.path
        return None
