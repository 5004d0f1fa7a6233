"""Modules in the place of a part of the network: its own keys, and inputs and results as torchvision has them."""

from collections import OrderedDict

from torch import Tensor, nn


class Stand(nn.Module):
    """A module in another's place: with its children and tensors, by their names."""

    def __init__(self, part: nn.Module) -> None:
        nn.Module.__init__(self)  # not that of a torchvision class beside it
        self.parts = (part,)  # no child: in a tuple its keys get no level more
        self._modules = part._modules
        self._parameters = part._parameters
        self._buffers = part._buffers
        self._non_persistent_buffers_set = part._non_persistent_buffers_set

    def train(self, mode: bool = True) -> "Stand":
        """Set the mode of both modules, and of their children."""
        self.parts[0].training = mode
        super().train(mode)
        return self

    def results(self, *x: Tensor) -> tuple[Tensor, ...]:
        """What the part gives, as a tuple."""
        found: Tensor | tuple[Tensor, ...] = self.parts[0](*x)
        return (found,) if isinstance(found, Tensor) else found


class Levels(Stand):
    """A backbone that gives the levels of its pyramid by name: 0 for the finest."""

    out_channels = None  # read only where torchvision makes a head of its own

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        levels = self.results(x)
        return OrderedDict((str(n), level) for n, level in enumerate(levels))


class ProposalHead(Stand):
    """A head of two results, scores and boxes, that runs on each level."""

    def forward(self, levels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        found = [self.results(level) for level in levels]
        return [scores for scores, _ in found], [boxes for _, boxes in found]
