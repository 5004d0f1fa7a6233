"""Windows of texts as batches: each token with the one that follows it, or with those that are hidden to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.functional.augment.scene import Scene
from netspec.functional.data.windows import Hidden, Windows
from netspec.functional.fields import UNTOLD
from netspec.recipe.data import DataSet
from netspec.recipe.data.held_out import hold_out
from netspec.recipe.data.raw import RawData
from netspec.recipe.data.text import Texts
from netspec.training.feeding.batches import Batch
from netspec.training.feeding.inputs import Inputs
from netspec.training.feeding.sample_set import Samples


@dataclass(frozen=True)
class Tokens(Inputs):
    """The inputs of a network that takes tokens: the tokens themselves."""

    def __call__(self, images: Tensor) -> Tensor:
        return images

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a window, which stays as it is."""
        return image


class WindowSplit:
    """Windows that are read when they are asked for, in the order of the requests.

    Attributes:
        windows: What is read.
        hidden: What hides tokens; None where the next ones are to be told.
        device: The device of batches.
    """

    targets: Tensor | None = None
    labels: Tensor | None = None

    def __init__(self, windows: Windows, hidden: Hidden | None, device: torch.device) -> None:
        self.windows, self.hidden, self.device = windows, hidden, device

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def draws(self) -> int:
        """The random numbers that a window takes in training."""
        return 0 if self.hidden is None else 1

    def batches(self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None = None) -> Iterator[Batch]:
        """One batch for each tensor of indices: tokens [B, length] and targets alike, int64.

        Without `draws`, a window's hidden tokens are always the same ones.
        """
        for index, one in enumerate(rows):
            tokens = self.windows.read(one)
            seen, told = tokens[:, :-1], tokens[:, 1:]
            if self.hidden is not None:
                seeds = one if draws is None else (draws[index][:, 0].double() * 2**31).long()
                seen, told = self.hidden(seen, seeds)
            yield Batch(seen.to(self.device), told.to(self.device), one)


def windows_prepared(raw: RawData, data: DataSet, device: torch.device) -> Samples:
    """Texts ready for training: the validation files held out; what is read stays where it lies until it is asked for.

    Raises:
        NetspecError: NS0804: more is held out than there is.
    """
    assert isinstance(data, Texts)
    assert raw.tokens is not None
    hidden = data.hidden(raw.tokens)
    parted = hold_out(raw, data.validation)

    def split(part: object) -> WindowSplit | None:
        return WindowSplit(part, hidden, device) if isinstance(part, Windows) else None

    train = split(parted.train)
    assert train is not None
    shape = (train.windows.length,)
    return Samples(
        train=train,
        validation=split(parted.validation),
        test=split(parted.test),
        classes=(),
        shape=shape,
        read=shape,
        inputs=Tokens(None, (0, 0), (0.0,), (1.0,)),
        scene=Scene(brightest=raw.brightest, neutral=(0.0,), ignored=UNTOLD),
        mixable=False,
        target_shape=shape,
        notes=parted.notes,
        tokens=raw.tokens,
    )
