"""The last features in the plane by t-SNE, coloured by class.

van der Maaten and Hinton, "Visualizing data using t-SNE", 2008. Near points were near; distances say little else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from netspec.look.features import Plane, features_in_plane
from netspec.look.figures import Figure
from netspec.look.method import Method, Options
from netspec.look.methods.features import METHOD as FEATURES
from netspec.look.opened import Opened, Seen
from netspec.recipe.libraries import require

_PERPLEXITY = 30


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    require("sklearn", what="t-SNE")
    yield features_in_plane(opened, images, options, "tsne", _embedded)


def _embedded(features: Tensor, seed: int) -> Plane:
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    init = "pca" if min(features.shape) >= 2 else "random"
    scaled = features / features.abs().max().clamp(min=1e-30)  # only distances beside each other count
    made = TSNE(perplexity=perplexity, init=init, random_state=seed).fit_transform(scaled.numpy())
    return Plane(np.asarray(made, float), ("t-SNE, first axis", "t-SNE, second axis"), "by t-SNE")


METHOD = Method("the last features in the plane by t-SNE, by class", _look, unasked=False, fits=FEATURES.fits)
