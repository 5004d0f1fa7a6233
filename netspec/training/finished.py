"""A training run, as Python has it. Imports torch where a network runs, no earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.diagnostics.styled import visible
from netspec.recipe.libraries import LIBRARIES, require
from netspec.training.keeping.metrics_file import read_metrics
from netspec.training.keeping.runs import RunRecord, run_files
from netspec.training.showing.figures import headline, shown, title

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from torch import Tensor, nn

    from netspec.diagnostics.arguments import Device
    from netspec.look.looking import Looked
    from netspec.recipe.data.numpy_files import InMemory
    from netspec.training.judging.heads import Prediction

    Array = np.ndarray[Any, Any] | Tensor
    Asked = str | Path | Image | Array | Mapping[str, Array]


class Run:
    """A training run.

    Attributes:
        path: Its folder.
        metrics: The content of its ``metrics.json``: figures as fractions, and null, None, for what is no number.
    """

    def __init__(self, path: str | Path, metrics: Mapping[str, Any] | None = None) -> None:
        """Open a run.

        Args:
            path: Its folder.
            metrics: Its metrics, where they are known; None reads them.

        Raises:
            NetspecError: NS0902: there are no metrics, or they are not what a run writes. NS0925: they are a link.
        """
        self.path = Path(path)
        self.metrics = read_metrics(self.path) if metrics is None else metrics

    def model(self, device: str | None = None, *, weights: str | Path | None = None) -> nn.Module:
        """The network with the run's weights, in evaluation mode.

        Args:
            device: The device of its weights; torch's default device if None.
            weights: As `netspec.load_weights` takes them; the final ones, averaged where the recipe says so, if None.

        Raises:
            NetspecError: The run's files cannot be read, or the weights do not fit.
        """
        spec, found = run_files(str(self.path), None if weights is None else str(weights))
        return api.compile(spec, device, weights=found).eval()

    def evaluate(
        self,
        data: str | Path | None = None,
        *,
        held_out: bool = False,
        weights: str | Path | None = None,
        device: Device = "auto",
    ) -> dict[str, Any]:
        """The figures of the network on the test images of its recipe's data, or on others, as `netspec eval` has them.

        Args:
            data: The folder or file of other data, all of which is judged where it comes without a part for the test.
            held_out: Of such data, whether the share that the recipe holds out is judged, not all.
            weights: As for `model`.
            device: The device to compute on.

        Returns:
            What `netspec eval --format json` prints: ``test_accuracy`` and others as fractions, None for what is no
            number, and where there are classes the figures of each, and the confusion matrix.

        Raises:
            NetspecError: NS0802, NS0803, NS0804: there are no such data, or they do not fit the run. The run's files
                cannot be read, or the weights do not fit.
            ValueError: `held_out` is given without `data`.
        """
        if held_out and data is None:
            raise ValueError("`held_out` goes with `data`")
        require(*LIBRARIES)
        from netspec.training.judging.opened_run import spec_and_weights
        from netspec.training.spec import evaluate_spec

        spec, found = spec_and_weights(self.path, None if weights is None else str(weights))
        folder = None if data is None else str(Path(data).resolve())
        whole = data is not None and not held_out
        return evaluate_spec(api.load(spec), found, run=self.path, device=device, whole=whole, folder=folder)

    def predict(
        self,
        images: Asked | Iterable[Asked],
        *,
        top: int = 5,
        score: float = 0.5,
        levels: tuple[float, float] | None = None,
        weights: str | Path | None = None,
        device: Device = "auto",
    ) -> list[Prediction]:
        """The network's answers to images, each made what the run's own images were, or to the rows of files.

        Args:
            images: A file, a folder of images, an image of PIL, or several of them; or else files of arrays, folders of
                such, or, for a run that learned from a table, files of rows; or else arrays of NumPy or tensors of
                torch as such files hold them, [C, H, W] or [N, C, H, W], say, or dictionaries of them for several
                inputs. Each row has an answer of its own, in order.
            top: The number of classes to tell.
            score: The score that a detector's box has at least.
            levels: The values of a pixel that become 0 and 1, as for arrays of floats, in place of the
                recipe's.
            weights: As for `model`.
            device: The device to compute on.

        Raises:
            NetspecError: NS0902: some files are no images; `partial` has the answers to the others. NS0803, NS0804: a
                file of rows cannot be read, or it or an array does not fit what the run learned from; something is of
                another type. The run's files cannot be read, or its network takes no images.
            ValueError: Images and rows are mixed, or `levels` are not two different numbers.
        """
        require(*LIBRARIES)
        from netspec.training.judging.image_inputs import image_files
        from netspec.training.judging.in_memory import HeldImage, asked_in
        from netspec.training.judging.opened_run import open_run
        from netspec.training.judging.predict import Predictor
        from netspec.training.judging.row_files import is_of_rows
        from netspec.training.judging.rows import RowPredictor

        if levels is not None and not (all(map(isfinite, levels)) and levels[0] != levels[1]):
            raise ValueError(f"`levels` are two different numbers, those that become 0 and 1, not {levels}")
        pictures: list[Path | HeldImage] = []
        rows: list[Path | InMemory] = []
        for given in asked_in(images):
            if isinstance(given, HeldImage) or (isinstance(given, Path) and not is_of_rows(given)):
                pictures.append(given)
            else:
                rows.append(given)
        if pictures and rows:
            raise ValueError("images and rows, of files or of arrays, are answered apart")
        opened = open_run(self.path, None if weights is None else str(weights))
        wanted: Iterator[Callable[[], Iterable[Prediction]] | Diagnostic]
        if rows:
            answering = RowPredictor(opened, device, levels)
            told = partial(answering.predictions, top=top, least=score)
            wanted = (
                each if isinstance(each, Diagnostic) else partial(told, each) for each in answering.inputs.asked(rows)
            )
        else:
            one = Predictor(opened, device, levels)
            wanted = (
                each if isinstance(each, Diagnostic) else partial(lambda image: [one(image, top, least=score)], each)
                for image in pictures
                for each in ([image] if isinstance(image, HeldImage) else image_files([image]))
            )
        answers: list[Prediction] = []
        unread: list[Diagnostic] = []
        for each in wanted:
            try:
                if isinstance(each, Diagnostic):
                    raise NetspecError([each])
                answers.extend(list(each()))
            except NetspecError as error:
                unread.extend(error.diagnostics)
        if unread:
            raise NetspecError(unread, partial=answers)
        return answers

    def generate(
        self,
        prompt: str = "",
        *,
        tokens: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
        weights: str | Path | None = None,
        device: Device = "auto",
    ) -> str:
        """The text that its network writes on from another; it learned the next tokens of texts.

        Args:
            prompt: The text that is gone on from; without one, a new document begins.
            tokens: The number of tokens to write.
            temperature: What scores are divided by: with 0 the likeliest token is taken.
            top_k: Among how many of the likeliest tokens one is drawn; None for all.
            seed: Of the draws.
            weights: As for `model`.
            device: The device to compute on.

        Raises:
            NetspecError: NS0804: the network did not learn the next tokens of texts. NS0913: its scores are no finite
                numbers. The run's files cannot be read.
            ValueError: A number is out of its range.
        """
        require(*LIBRARIES)
        from netspec.training.judging.generating import Sampling, Writer

        sampling = Sampling(temperature, top_k, seed)
        writer = Writer(self.path, None if weights is None else str(weights), device)
        return "".join(writer.text(prompt, tokens, sampling))

    def look(self, images: str | Path | Sequence[str | Path] = (), **options: Any) -> Looked:
        """What its network sees, as figures; the options are those of `netspec.look_at`."""
        require(*LIBRARIES)
        from netspec.look.looking import look_at

        return look_at(self.path, images, **options)

    def __repr__(self) -> str:
        return f"<netspec.Run {self._told()}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the run in a line, its pictures, and the table of its epochs."""
        from netspec.report.writers.html import body
        from netspec.training.showing.run_page import run_page

        return body(run_page(self._told(), self.metrics, self.path))

    def _told(self) -> str:
        """The run in a line."""
        found = RunRecord(self.path, self.metrics)
        figure = headline(self.metrics)
        tested = f", test {title(figure)} {shown(figure, self.metrics[f'test_{figure}'])}" if figure else ""
        return visible(f"{self.path}: {self.metrics['state']}, {found.done} of {found.planned} epochs{tested}")
