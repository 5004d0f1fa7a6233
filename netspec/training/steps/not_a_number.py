"""Steps whose loss, or whose weights after it, are no numbers: how they are found, and the error that tells of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import torch
from safetensors.torch import save
from torch import Tensor, nn

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.files.writing import write_within
from netspec.frontend.schema import SECTION
from netspec.training.feeding.step_examples import Feed


class NotANumber(NetspecError):
    """Training stopped at a step whose loss, or whose weights after it, are no numbers; NS0805.

    Attributes:
        step: The number of the step, from 1.
        batch: Its examples: `rows` [B], `images` as they were read, `inputs` of the network, `targets`.
    """

    def __init__(self, message: str, step: int, batch: Mapping[str, Tensor]) -> None:
        help = "lower the learning rate, or let it warm up"
        super().__init__([Diagnostic(Code.TRAINING_FAILED, message, help=help, path=(SECTION, "optimizer", "lr"))])
        self.step, self.batch = step, batch

    def keep(self, run: Path, name: str) -> None:
        """Write the examples to a file of safetensors in a run's folder, and say so in the diagnostic.

        Raises:
            NetspecError: NS0903: the disk refuses. NS0925: what bears that name is no file.
        """
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in self.batch.items()}
        write_within(run, name, save(tensors, metadata={"step": str(self.step)}))
        self.retell(lambda each: each.advised(f"the step's images are in {run / name}"))


class StepLosses:
    """The losses of the steps of an epoch. They stay on the device until somebody asks whether they are numbers.

    Args:
        feed: What the steps take.
        total: Steps of the whole run.
        device: The device of the losses.
    """

    def __init__(self, feed: Feed, total: int, device: torch.device) -> None:
        self._feed, self._total = feed, total
        self._losses = torch.zeros(feed.per_epoch, device=device)

    def note(self, position: int, loss: Tensor) -> None:
        """Keep the loss of the step at a position of the epoch."""
        self._losses[position] = loss

    def check(self, epoch: int, position: int) -> None:
        """Make sure that all losses before a position are numbers.

        Raises:
            NotANumber: One is not; the first is told.
        """
        losses = self._losses[:position]
        wrong = (~losses.isfinite()).nonzero()
        if wrong.numel():
            first = int(wrong[0].item())
            self._stop(epoch, first, f"the loss became {losses[first].item()} at")

    def check_weights(self, module: nn.Module, steps: int) -> None:
        """Make sure that all weights are numbers after so many steps of the run.

        Raises:
            NotANumber: One is not.
        """
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point() and not tensor.isfinite().all():
                self._stop(*divmod(steps - 1, self._feed.per_epoch), f"`{name}` is no longer a number after")

    def _stop(self, epoch: int, position: int, what: str) -> NoReturn:
        """Raise a `NotANumber` that holds the batches of a step of an epoch."""
        step = epoch * self._feed.per_epoch + position
        length = min(self._feed.per_epoch, self._total - epoch * self._feed.per_epoch)
        raise NotANumber(
            f"{what} step {step + 1:,} (epoch {epoch + 1}, step {position + 1:,} of {length:,})",
            step + 1,
            self._feed.examples(epoch, position),
        )
