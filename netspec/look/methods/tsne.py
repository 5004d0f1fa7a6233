"""The last features in the plane by t-SNE, coloured by class.

van der Maaten and Hinton, "Visualizing data using t-SNE", 2008. Near points were near; distances say little else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from netspec.look.features import Plane, features_in_plane
from netspec.look.figures import Figure
from netspec.look.method import Method, Options
from netspec.look.methods.features import METHOD as FEATURES
from netspec.look.opened import Opened, Seen
from netspec.look.tsne import embedded


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    yield features_in_plane(opened, images, options, "tsne", _embedded)


def _embedded(features: Tensor, seed: int) -> Plane:
    axes = "t-SNE, first axis", "t-SNE, second axis"
    return Plane(embedded(features, seed).numpy(), axes, "by t-SNE")


METHOD = Method("the last features in the plane by t-SNE, by class", _look, unasked=False, fits=FEATURES.fits)
