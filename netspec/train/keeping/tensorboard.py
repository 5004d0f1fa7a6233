"""A run's figures for TensorBoard. Imports tensorboard, where it is installed, when there is something to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from netspec.files.destination import refused
from netspec.images.door import opened

_NO_FIGURES = ("epoch", "step", "steps")
"""The keys that tell when an epoch ended, and are no figures of it."""


class Events:
    """Writes the figures of a run into a folder of events; without tensorboard it writes nothing.

    `close` it: the last events are on disk then.

    Args:
        folder: The folder of the events, made if need be; ``tensorboard --logdir RUN`` finds it in a run's folder.
        resumed: The step that the run goes on from: later events of an earlier process are hidden. None
            where the run is new.
    """

    def __init__(self, folder: Path, resumed: int | None = None) -> None:
        self.folder, self._resumed = folder, resumed
        self._opened: Any = None

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Write the figures of an epoch that is over, as ``metrics.json`` has them.

        ``loss`` becomes ``loss/training`` and ``validation_loss`` becomes ``loss/validation``, to be drawn together.

        Args:
            step: Steps done since the start.
            figures: The figures by name; None is left out.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        writer = self._writer()
        if writer is None:
            return
        with self._writing():
            for name, value in figures.items():
                if value is not None and name not in _NO_FIGURES:
                    writer.add_scalar(_tag(name), value, step)
            writer.flush()

    def picture(self, step: int, name: str, png: bytes) -> None:
        """Write a picture, such as the confusion matrix.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        writer = self._writer()
        if writer is None:
            return
        import numpy as np

        pixels = np.asarray(opened(png).convert("RGB"))
        with self._writing():
            writer.add_image(name, pixels, step, dataformats="HWC")
            writer.flush()

    def close(self) -> None:
        """Write the rest."""
        if self._opened is not None:
            with self._writing():
                self._opened.close()
            self._opened = None

    def _writer(self) -> Any:
        """The writer of the library, opened at the first event; None without the library."""
        if self._opened is None and find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            with self._writing():
                self._opened = SummaryWriter(str(self.folder), purge_step=self._resumed)
        return self._opened

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise refused(self.folder, error) from None


def _tag(name: str) -> str:
    """The name under which TensorBoard shows a figure: the part before the slash is the panel."""
    if name in ("learning_rate", "seconds", "images_per_second"):
        return f"run/{name}"
    for split in ("validation", "test"):
        if name.startswith(f"{split}_"):
            return f"{name.removeprefix(f'{split}_')}/{split}"
    return f"{name}/training"
