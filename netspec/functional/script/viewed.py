"""A network that is judged by several views of an image."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from netspec.functional.script.settings import DICT_IN_EVALUATION, views


class Viewed(nn.Module):
    """A network whose outputs are their mean for several views of an image."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Any:
        """The mean outputs, in float32."""
        found = views(self.outputs, images)
        if DICT_IN_EVALUATION:
            return {"output": found}
        return found

    def outputs(self, images: Tensor) -> Tensor:
        """The outputs for one view."""
        found = self.network(images)
        if DICT_IN_EVALUATION:
            found = found["output"]
        made: Tensor = found.float()
        return made
