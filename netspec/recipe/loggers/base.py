"""The base of loggers, and what they are told of a run."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, ClassVar

from netspec.diagnostics.styled import printable
from netspec.objects.immutable import immutable
from netspec.recipe.libraries import require
from netspec.recipe.parts import Part

if TYPE_CHECKING:
    from torch import Tensor

_NO_FIGURES = ("epoch", "step", "steps")
"""The keys that tell when an epoch ended, and are no figures of it."""


@immutable
class Logged:
    """A run that is logged.

    Attributes:
        folder: Its folder.
        name: Its name, every character of it printable.
        recipe: The recipe as it would be written.
        resumed: The step that it goes on from; None where its folder is new.
        past: The epochs that are over, as `Log.epoch` takes them: those of a run that goes on.
        past_steps: The rows of the table of steps up to there, as `Log.steps` takes them; read anew each time.
    """

    folder: Path
    name: str
    recipe: Mapping[str, Any]
    resumed: int | None = None
    past: tuple[tuple[int, Mapping[str, float | None]], ...] = ()
    past_steps: Iterable[tuple[int, Mapping[str, float | None]]] = ()

    def options(self) -> dict[str, Any]:
        """The recipe's options by dotted names: ``optimizer.adamw``; numbers, truth values and printable texts.

        A part without a main value is told by its name: ``loss`` is ``cross_entropy``. Of a place of this machine
        only the last name is told.
        """
        return dict(_flat(self.recipe, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for place, (key, each) in enumerate(value.items()):
            if each is None and place == 0 and path:
                yield printable(path), printable(str(key))
            else:
                yield from _flat(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _flat(each, f"{path}.{index}")
    elif value is not None:
        yield printable(path), value if isinstance(value, bool | int | float) else printable(_placeless(str(value)))


def _placeless(text: str) -> str:
    """A text, of which, where it is a place on some machine, the last name alone is left."""
    for kind in (PurePosixPath, PureWindowsPath):
        if (path := kind(text)).is_absolute() or text.startswith("~"):
            return path.name
    return text


class Log:
    """A log that is open. Whatever a method raises ends it; the run goes on."""

    def past(self, run: Logged) -> None:
        """Note the epochs that were over before it was opened, and the steps, as far as it lacks them; in order."""
        steps = ((step, False, figures) for step, figures in run.past_steps)
        epochs = ((step, True, figures) for step, figures in run.past)
        for step, ended, figures in heapq.merge(steps, epochs, key=lambda each: each[:2]):
            (self.epoch if ended else self.steps)(step, figures)

    def steps(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Note the figures of some steps, as ``steps.csv`` has them, where the recipe says `log_every`.

        Args:
            step: Steps done since the start, these among them; the row of an epoch that ends with them comes after.
            figures: The figures by name; None for one that is not known.
        """

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Note the figures of an epoch that is over, as ``metrics.json`` has them, after so many steps."""

    def weights(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Note the weights after an epoch; it is asked for where the logger wants them."""

    def picture(self, step: int, name: str, png: bytes) -> None:
        """Note a picture, such as the confusion matrix."""

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        """Note the end of the run: the figures of the test, ``test_accuracy`` and so on, and the run's state."""

    def close(self) -> None:
        """Close it; nothing is noted any more."""


class Logger(Part):
    """Base of all loggers.

    Class attributes:
        title: What it keeps, for a message: ``figures for W&B``.
        library: The library that it needs, which the extra of its key brings; empty for none.
    """

    family: ClassVar[str] = "logger"
    title: ClassVar[str] = ""
    library: ClassVar[str] = ""

    @property
    def wants_weights(self) -> bool:
        """Whether it is to be given the weights after every epoch."""
        return False

    def check(self) -> None:
        """Make sure that its library is there.

        Raises:
            NetspecError: NS0904: it is not.
        """
        if self.library:
            require(self.library, what=f"the logger `{self.key}`", extra=self.key)

    def open(self, run: Logged) -> Log:
        """A log of the run."""
        raise NotImplementedError


def known(figures: Mapping[str, float | None]) -> dict[str, float]:
    """The figures that are numbers, by the names under which curves that belong together share a panel.

    ``loss`` becomes ``loss/training``, and ``validation_loss`` ``loss/validation``.
    """
    return {_tag(name): value for name, value in figures.items() if value is not None and name not in _NO_FIGURES}


def known_of_steps(figures: Mapping[str, float | None]) -> dict[str, float]:
    """The figures of some steps that are numbers, by names beside those of the epochs: ``steps/loss``."""
    return {f"steps/{name}": value for name, value in figures.items() if value is not None and name not in _NO_FIGURES}


def _tag(name: str) -> str:
    if name in ("learning_rate", "seconds", "images_per_second"):
        return f"run/{name}"
    for split in ("validation", "test"):
        if name.startswith(f"{split}_"):
            return f"{name.removeprefix(f'{split}_')}/{split}"
    return f"{name}/training"
