"""The last features in the plane by t-SNE, coloured by class.

van der Maaten and Hinton, "Visualizing data using t-SNE", 2008. Near points were near; distances say little else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from netspec.look.features import Plane, features_in_plane
from netspec.look.figures import Figure
from netspec.look.method import Method, Options
from netspec.look.methods.features import METHOD as FEATURES
from netspec.look.opened import Opened, Seen
from netspec.recipe.libraries import require

_PERPLEXITY = 30
_STEPS = 500
"""Half of them with attraction exaggerated. What more of them mend of a few hundred images is not seen."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    require("sklearn", what="t-SNE")
    yield features_in_plane(opened, images, options, "tsne", embedded)


def embedded(features: Tensor, seed: int) -> Plane:
    """Places in the plane for features [N, D] of three images or more."""
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    scaled = features / features.abs().max().clamp(min=1e-30)  # only distances beside each other count
    init = "pca" if int(torch.linalg.matrix_rank(scaled - scaled.mean(0))) >= 2 else "random"
    program = TSNE(perplexity=perplexity, init=init, random_state=seed, max_iter=_STEPS)
    made = program.fit_transform(scaled.numpy())
    return Plane(np.asarray(made, float), ("t-SNE, first axis", "t-SNE, second axis"), "by t-SNE")


METHOD = Method("the last features in the plane by t-SNE, by class", _look, unasked=False, fits=FEATURES.fits)
