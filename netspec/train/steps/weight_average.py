"""The moving average of the weights while a run goes on."""

from __future__ import annotations

from torch.optim.swa_utils import get_ema_multi_avg_fn

from netspec.functional import averaging
from netspec.train.parallel.sharding import own_pieces


class Average(averaging.Average):
    """The average of a module whose weights may be in pieces; torch takes no list of pieces and of whole buffers."""

    def update(self, decay: float) -> None:
        """Update the average with the weights after a step."""
        get_ema_multi_avg_fn(decay)(own_pieces(self.averages), own_pieces(self.live), None)
