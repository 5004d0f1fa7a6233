"""The inputs of a network for what it is asked: rows of tables and arrays, and images, alone or many in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.frontend.problems import NOWHERE
from netspec.functional.fields import Field
from netspec.functional.packing import check_whole, feed, fitted
from netspec.recipe.data import DataSet
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.data.numpy_files import InMemory
from netspec.recipe.data.problems import damaged, mismatch, refusals
from netspec.recipe.fitting_data import image_misfits, of_data, refuse
from netspec.training.feeding.decoding import reason_of
from netspec.training.feeding.inputs import Inputs, Packed
from netspec.training.inputs_taken import field_misfits
from netspec.training.judging.image_arrays import ImageArrays
from netspec.training.judging.image_inputs import ImageInputs
from netspec.training.judging.row_files import ARRAYS, HOLDERS, ROWS, row_files
from netspec.training.network import Network

_BATCH = 512
"""The rows that are answered at once."""

Asked = tuple[str, Callable[[], Iterator[Tensor]]]
"""The name of a file, or of an image in one, and the inputs of its rows, in batches on the device."""


class RowInputs:
    """The way from files to the inputs of a run's network.

    Args:
        data: What the run learned from, with the categories and columns of its own.
        network: Its network.
        module: That, on the device.
        device: The device.
        figures: What is taken off each channel or column, and what it is divided by after that.
        dtype: The type of the examples that the run learned from; None where it does not tell.
        images: The way of an image; None where the run learned from no images.
    """

    def __init__(
        self,
        data: DataSet,
        network: Network,
        module: nn.Module,
        device: torch.device,
        figures: tuple[tuple[float, ...], tuple[float, ...]],
        dtype: str | None,
        images: ImageInputs | None,
    ) -> None:
        self.data, self.network, self.module, self.device = data, network, module, device
        self.figures, self.dtype, self.images = figures, dtype, images
        self._held = data.image_files if images is not None and isinstance(data, Encoded) else ()
        self._fed = False

    def asked(self, given: Sequence[Path | InMemory]) -> Iterator[Asked | Diagnostic]:
        """What files, folders and arrays hold, each to be read when it is asked for; or the problem with one.

        Raises:
            NetspecError: NS0804: a folder holds images beside files of rows.
        """
        # A list beside the images that it names is none of what a folder holds: it has to be named itself.
        endings = self.data.row_files or (*ARRAYS, *(each for each in self._held if each in HOLDERS))
        files = (
            [each] if isinstance(each, InMemory) else row_files([each], endings, images=self.images is not None)
            for each in given
        )
        for file in chain.from_iterable(files):
            if isinstance(file, InMemory):
                yield str(file), partial(self._of_held, file)
            elif isinstance(file, Diagnostic):
                yield file
            elif self._held and file.name.lower().endswith(self._held):
                yield from self._in_file(file)
            else:
                yield str(file), partial(self._of_file, file)

    def _in_file(self, file: Path) -> Iterator[Asked | Diagnostic]:
        """The images that a file holds."""
        assert isinstance(self.data, Encoded)
        assert self.images is not None
        try:
            if not file.exists():
                raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {file}")
            source = self.data.images_in(file)
            for row in range(len(source)):
                yield source.name(row), partial(self._of_content, partial(source.data, row), source.name(row))
        except NetspecError as error:
            yield from error.diagnostics

    def _of_content(self, read: Callable[[], bytes], name: str) -> Iterator[Tensor]:
        assert self.images is not None
        try:
            content = read()
        except OSError as error:
            raise NetspecError.of(Code.FILE_UNREADABLE, f"{name}: {reason_of(error)}") from None
        yield self.images.of_content(content, name, self.device)

    def _of_file(self, file: Path) -> Iterator[Tensor]:
        """The inputs of a file's rows."""
        if not file.exists():
            raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {file}")
        if self.images is not None:
            if file.suffix.lower() in ARRAYS:
                yield from ImageArrays(self.images)(file, self.device)
            elif file.suffix.lower() in ROWS:
                taken = ", ".join((*ARRAYS, *self._held))
                mismatch(
                    f"a network that learned from {self.data.key} takes images and files of them ({taken}), not {file}"
                )
            else:
                yield self.images(file, self.device)
            return
        if not file.name.lower().endswith(self.data.row_files):
            damaged(file, f"it is not named as a file of rows is ({', '.join(self.data.row_files)})")
        yield from self._rows_of(file)

    def _of_held(self, held: InMemory) -> Iterator[Tensor]:
        """The inputs of the rows of arrays in memory."""
        if self.images is not None:
            yield from ImageArrays(self.images)(held, self.device)
        else:
            yield from self._rows_of(held)

    def _rows_of(self, file: Path | InMemory) -> Iterator[Tensor]:
        """The inputs of rows that are no images."""
        for examples, fields in self.data.rows(file, {slot.name: slot.shape for slot in self.network.slots}):
            for each in self._prepared(examples, fields, file).split(_BATCH):
                yield each.to(self.device)

    def _prepared(self, examples: Tensor, fields: tuple[Field, ...], file: Path | InMemory) -> Tensor:
        """Rows as the module takes them."""
        if fields := fitted(fields, tuple(examples.shape[1:]), self.network.slots):
            refuse(of_data(self.data, field_misfits(self.network.slots, fields, str(file))), (), NOWHERE)
            examples = examples.flatten(1)
            with refusals():
                check_whole(examples, fields, self.network.slots)
            if not self._fed:
                feed(self.module, fields, self.network.slots)
            self._fed = True
            inputs: Inputs = Packed(None, (0, 0), *self.figures, fields)
            channels = sum(each.channels for each in fields)
        else:
            taken, given = self.network.input_shape, tuple(examples.shape[1:])
            refuse(of_data(self.data, image_misfits(taken, self.data, given, str(file))), (), NOWHERE)
            check_like(examples, self.dtype, str(file))
            inputs = Inputs(self.data.resize, self.data.pad, *self.figures)
            channels = examples.shape[1]
        if {len(each) for each in self.figures} - {1, channels}:
            mismatch(
                f"{file} has {channels:,} numbers for an example, the run's figures are of {len(self.figures[0]):,}"
            )
        return inputs(examples)


def check_like(examples: Tensor, learned: str | None, name: str) -> None:
    """Make sure that examples have the type of those that a run learned from: bytes and floats differ in their range.

    Args:
        examples: The examples.
        learned: The type, as the run keeps it; None where it does not.
        name: What they are called.

    Raises:
        NetspecError: NS0804: they have another.
    """
    own = str(examples.dtype).removeprefix("torch.")
    if learned is not None and own != learned:
        mismatch(f"{name} gives {own}, and the run learned from {learned}", f"save it as {learned}, in the same range")
