"""Data that several runs of one process share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from netspec.recipe.augment import Augmentation
from netspec.recipe.data import DataSet
from netspec.recipe.data.raw import RawData
from netspec.training.feeding.batches import InMemory
from netspec.training.feeding.decoded import Decoder
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare

_FED = {"batch_size": 1, "drop_last": False, "sampler": "shuffled"}
"""Options that say what is done with data in memory once they are prepared."""

_ANY = {**_FED, "validation": 0.0}
"""Options that say what is done with data once they are read."""


class ReadOnce:
    """Reads data sets, and keeps the latest one: its images in memory, where a run would have them there."""

    def __init__(self) -> None:
        self._data: DataSet | None = None
        self._raw: RawData | None = None

    def __call__(self, data: DataSet) -> RawData:
        """A data set as `DataSet.load` gives it, with images that are decoded already.

        Raises:
            NetspecError: NS0802 where the data are not there, NS0803 where they are broken, NS0804 where they do not
                fit together.
        """
        same = data.model_copy(update=_ANY)
        if self._raw is None or self._data != same:
            self._data = self._raw = None  # of two data sets, one is held at a time
            raw = data.load()
            decoder = Decoder.of(data, raw)
            self._raw = decoder.read(raw) if decoder is not None and not decoder.streams else raw
            self._data = same
        return self._raw


class PreparedOnce:
    """Prepares data sets, and keeps the latest one where all of it is in memory, which no run changes."""

    def __init__(self) -> None:
        self._read = ReadOnce()
        self._asked: Any = None
        self._samples: Samples | None = None

    def __call__(
        self, data: DataSet, device: torch.device, augment: Sequence[Augmentation] = (), **given: Any
    ) -> Samples:
        """As `prepare`, and with its errors."""
        asked = (data.model_copy(update=_FED), device, tuple(augment), given)
        if self._samples is not None and self._asked == asked:
            return self._samples
        self._asked = self._samples = None
        samples = prepare(data, device, augment, read=self._read, **given)
        parts = (samples.train, samples.validation, samples.test)
        if all(isinstance(part, InMemory | None) for part in parts):
            self._asked, self._samples = asked, samples
        return samples
