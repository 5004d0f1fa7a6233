"""The display of a run's progress: a bar on a terminal, a line per epoch in a pipe. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.control import Control
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.segment import ControlType
from rich.text import Text

from netspec.diagnostics.render import render
from netspec.diagnostics.styled import visible
from netspec.training.showing.figures import figures_line, headed, shown, title

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic
    from netspec.training.keeping.metrics_file import Epoch

_BAR = 12
"""The columns of the bar."""


class Display(AbstractContextManager["Display"]):
    """The display of a run's progress, entered before the first epoch and left after the last; this one is blank."""

    def __exit__(self, *error: object) -> None:
        return None

    def note(self, text: str) -> None:
        """Something that one should know, and that stops nothing."""

    def warn(self, findings: Sequence[Diagnostic]) -> None:
        """What is allowed in the spec and its recipe, and seldom meant; before torch is loaded."""

    def loading(self, what: str) -> AbstractContextManager[object]:
        """The context in which something is loaded that takes seconds, before the display is entered."""
        return nullcontext()

    def begin(self, epoch: int, epochs: int, steps: int, counted: str) -> None:
        """An epoch of so many steps begins; epochs count from 1, and examples are called images, rows or windows."""

    def step(self, done: int, figures: Mapping[str, float], rate: float, left: float) -> None:
        """Some steps are done: the figures of the epoch so far, examples per second, seconds of training left."""

    def end(self, epoch: Epoch, epochs: int) -> None:
        """An epoch is over."""

    def result(self, text: str) -> None:
        """The run is over, and the display left: its result in a few lines."""


class Lines(Display):
    """A line per epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._counted = ""

    def begin(self, epoch: int, epochs: int, steps: int, counted: str) -> None:
        self._counted = counted

    def note(self, text: str) -> None:
        self.console.print(f"note: {visible(text)}", highlight=False, soft_wrap=True, markup=False)

    def warn(self, findings: Sequence[Diagnostic]) -> None:
        """On the standard error stream, as all diagnostics are."""
        self.console.file.flush()
        errors = Console(stderr=True, highlight=False, soft_wrap=True)
        for line in render(findings):
            errors.print(Text.assemble(*((visible(text), style) for text, style in line)))

    def end(self, epoch: Epoch, epochs: int) -> None:
        held = ""
        if epoch.validation:
            held = f"  validation {figures_line(headed(epoch.validation, epoch.figures))}"
        width = len(str(epochs))
        self.console.print(
            f"epoch {epoch.epoch:{width}}/{epochs}  {figures_line(epoch.figures)}{held}"
            f"  {epoch.images_per_second:,.0f} {self._counted}/s",
            highlight=False,
            soft_wrap=True,
        )

    def result(self, text: str) -> None:
        for each in text.split("\n"):
            self.console.print(visible(each), highlight=False, soft_wrap=True, markup=False)


class Bar(Lines):
    """A bar for the epoch in hand, above it a line for each that is over."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        # Without a refresh of its own: that would be a thread beside the training.
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task: TaskID | None = None
        self._taken = 0

    @contextmanager
    def loading(self, what: str) -> Iterator[None]:
        self.console.print(f"loading {what} ...", end="\r", highlight=False)
        try:
            yield
        finally:
            self.console.control(Control((ControlType.ERASE_IN_LINE, 2)))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def begin(self, epoch: int, epochs: int, steps: int, counted: str) -> None:
        super().begin(epoch, epochs, steps, counted)
        title = f"epoch {epoch}/{epochs}"
        self._taken = len(title) + _BAR + 2 * len(str(steps)) + len("  / ")
        self._task = self._bar.add_task(title, total=steps, told="")
        self._bar.refresh()

    def step(self, done: int, figures: Mapping[str, float], rate: float, left: float) -> None:
        if self._task is not None:
            each = [f"{title(name)} {shown(name, value)}" for name, value in figures.items()]
            told = [f"{timedelta(seconds=round(left))} left", *each, f"{rate:,.0f} {self._counted}/s"]
            while len("  ".join(told)) > self.console.width - self._taken and len(told) > 1:
                told.pop()
            self._bar.update(self._task, completed=done, told="  ".join(told), refresh=True)

    def end(self, epoch: Epoch, epochs: int) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        super().end(epoch, epochs)


def display_on(console: Console) -> Display:
    """The display that suits a console."""
    return Bar(console) if console.is_terminal else Lines(console)
