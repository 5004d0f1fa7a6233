"""The result of a run. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from netspec.diagnostics import NetspecError
from netspec.diagnostics.styled import line
from netspec.report.document import Document, Lines
from netspec.report.sheet import Sheet
from netspec.training.judging.mfu import Utilisation
from netspec.training.showing.figures import counted, headline, shown, tested, title

State = Literal["running", "done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run.

    Attributes:
        folder: The folder of the weights, the metrics and the spec.
        state: `done`, or `interrupted`.
        metrics: The content of ``metrics.json``.
        signal: The number of the signal that interrupted it, or that came once its last step was done; or None.
        lost: The error of weights that the disk did not take, NS0805; None where it has all.
        written: Whether it took the metrics.
        before: Whether it was finished before: nothing was trained, and nothing written.
    """

    folder: Path
    state: State
    metrics: dict[str, Any]
    signal: int | None = None
    lost: NetspecError | None = None
    written: bool = True
    before: bool = False

    def document(self) -> Document:
        """The result for every reader."""
        data = {"run": str(self.folder), **self.metrics}
        figures = ((key, value) for key, value in data.items() if isinstance(value, int | float | str))
        return Document(
            title=str(self.metrics.get("name", self.folder.name)),
            parts=lambda: [Lines(map(line, self.text().split("\n")))],
            data=lambda: data,
            sheet=lambda: Sheet(("figure", "value"), figures),
        )

    def text(self) -> str:
        """The result for a person, in a few lines."""
        found = self.metrics
        if self.before:
            return "\n".join(
                [*self._headline(), f"{self.folder} is finished: there is nothing to train, it stays as it is"]
            )
        if self.state == "interrupted":
            steps, epochs = found["steps"], f"{len(found['epochs'])} of {found['planned_epochs']} epochs"
            told = f"interrupted after {steps:,} step{'s' if steps != 1 else ''}, {epochs}"
            if self.lost:
                return told
            resume = f"`netspec train --resume {self.folder}` goes on from there"
            return f"{told}\nthe weights and metrics so far are in {self.folder}; {resume}"
        place = f"weights {'and metrics ' if self.written else ''}are in {self.folder}"
        return "\n".join([*self._tested(), self._speed(), *([] if self.lost else [place])])

    def _tested(self) -> list[str]:
        found, best = self.metrics, self.metrics["best"]
        figure = headline(found)
        by = best["by"]
        chosen = (
            f"{'validation' if by.startswith('validation_') else 'training'} {title(by.removeprefix('validation_'))}"
        )
        early = f", stopped early after {len(found['epochs'])}" if found["stopped_early"] else ""
        lines = [f"best epoch by {chosen}: {best['epoch']}{early}"]
        if found["data"]["test"] and figure:
            lines[0] += f", test {title(figure)} {shown(figure, best[f'test_{figure}'])}"
        return [*self._headline(), *lines]

    def _headline(self) -> list[str]:
        """The figures of the test, where there was one; of any run's metrics, whoever wrote them."""
        data = self.metrics.get("data") or {}
        examples = data.get("test")
        return [tested(self.metrics, examples, str(data.get("name")))] if examples and headline(self.metrics) else []

    def _speed(self) -> str:
        found = self.metrics
        speed = found["images_per_second"]
        rate = f"{speed:,.0f} {counted(found['data']['name'])}/s, " if speed else ""
        usage = Utilisation(**found["mfu"]).text()
        return f"{found['seconds']:.1f} s of training, {rate}{found['device']}; {usage}"
