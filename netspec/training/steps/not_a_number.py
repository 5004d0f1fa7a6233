"""The error of a step whose loss, or whose weights after it, are no numbers, with the examples of that step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.files.writing import write_within


class NotANumber(NetspecError):
    """Training stopped at a step whose loss, or whose weights after it, are no numbers; NS0805.

    Attributes:
        step: The number of the step, from 1.
        batch: Its examples: `rows` [B], `images` as they were read, `inputs` of the network, `targets`.
    """

    def __init__(self, message: str, step: int, batch: Mapping[str, Tensor]) -> None:
        super().__init__([Diagnostic(Code.TRAINING_FAILED, message, help="lower the learning rate, or let it warm up")])
        self.step, self.batch = step, batch

    def keep(self, run: Path, name: str) -> None:
        """Write the examples to a file of safetensors in a run's folder, and say so in the diagnostic.

        Raises:
            NetspecError: NS0903: the disk refuses. NS0925: what bears that name is no file.
        """
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in self.batch.items()}
        write_within(run, name, save(tensors, metadata={"step": str(self.step)}))
        (found,) = self.diagnostics
        self.diagnostics = [found.advised(f"the step's images are in {run / name}")]
