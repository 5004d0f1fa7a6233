"""Data that several runs of one process share."""

from __future__ import annotations

from netspec.recipe.data import DataSet
from netspec.recipe.data.raw import RawData
from netspec.training.feeding.decoded import Decoder

_ANY = {"batch_size": 1, "drop_last": False, "sampler": "shuffled", "validation": 0.0}
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
