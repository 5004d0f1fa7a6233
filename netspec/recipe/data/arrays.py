"""NumPy arrays: an .npz file, or a folder of .npy files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator

from netspec.recipe.data.array_checks import (
    check_finite,
    check_form,
    check_images,
    check_labels,
    check_like,
    check_targets,
    classes_in,
)
from netspec.recipe.data.base import Held
from netspec.recipe.data.ends import NPY, NPZ, check_ends
from netspec.recipe.data.held_out import with_test
from netspec.recipe.data.labels import Classes, Targets
from netspec.recipe.data.numpy_files import InMemory, checked_arrays, examples_in
from netspec.recipe.data.placed import Placed
from netspec.recipe.data.problems import damaged
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.fields import Field


def _names(value: Any) -> Any:
    """Reads a list as a tuple, and those of a mapping."""
    if isinstance(value, Mapping):
        return {key: _names(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value


_PIECE = 512
"""Examples of a file that are read at once: a mapped one may be larger than the memory."""

Named = Classes | tuple[str, ...]
"""Classes: how many, or their names."""


class Arrays(Placed):
    """NumPy arrays `x_train` and `y_train`, maybe `x_val`, `y_val`, `x_test`, `y_test`, of one .npz or in .npy files.

    Images are [N, H, W], [N, H, W, C] or [N, C, H, W], of uint8 or floats; other examples are [N, features]. Whole
    numbers in `y` are classes; floats, [N] or [N, outputs], are what a regression is to tell. Without `y` images are
    their own targets.

    Attributes:
        test: As for a folder: share or number of test images where the arrays have none.
        layout: Where the channels are; `sequences` are [N, C, L] or [N, L], `sequences_last` [N, L, C]. None takes the
            last axis for them where it has 1, 3 or 4 and the second has not.
        classes: Their names; or how many there are; or one of both by the name of the output. None counts up to the
            largest label.
        inputs: The network's inputs, where it has several: each has its name in place of `x`, `image_train` say. An
            example of theirs has the shape that it has there.
        outputs: The network's outputs, where each has targets of its own: each has its name in place of `y`.
        targets: Whether `y` tells classes or values, or which by the name of the output; None takes floats for values,
            unless they count 0, 1, ... .
    """

    key: ClassVar[str] = "arrays"
    absent: ClassVar[str] = "there are no arrays at"
    expected: ClassVar[str] = "an .npz file, or a folder of .npy files"
    whole_numbers: ClassVar[bool] = True
    counted: ClassVar[str] = "examples"
    labelled: ClassVar[str] = "an array `y_train`"
    row_files: ClassVar[tuple[str, ...]] = (".npz", ".npy")

    test: Held | None = None
    layout: Literal["channels_first", "channels_last", "sequences", "sequences_last"] | None = None
    classes: Annotated[Named | dict[str, Named] | None, BeforeValidator(_names)] = None
    targets: Targets | dict[str, Targets] | None = None
    inputs: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    outputs: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()

    @model_validator(mode="after")
    def _check_inputs(self) -> Self:
        if "y" in self.inputs or len(set(self.inputs)) < len(self.inputs):
            raise ValueError("`inputs` are different names; `y` is that of the targets")
        taken = (*(self.inputs or ("x",)), *self.outputs)
        if len(set(taken)) < len(taken):
            raise ValueError("`outputs` are different names, and none of an input")
        for key in ("classes", "targets"):
            given = getattr(self, key)
            for name in given if isinstance(given, dict) else ():
                if name not in self.outputs:
                    raise ValueError(f"`{key}` has {name!r}, which is none of `outputs`")
        return self

    @property
    def known_names(self) -> tuple[str, ...]:
        if isinstance(self.classes, int):
            return tuple(map(str, range(self.classes)))
        return self.classes if isinstance(self.classes, tuple) else ()

    @property
    def named_outputs(self) -> tuple[str, ...]:
        return self.outputs

    @property
    def named_inputs(self) -> tuple[str, ...]:
        return self.inputs

    @property
    def packs(self) -> bool:
        return bool(self.inputs)

    def load(self) -> RawData:
        return with_test(self._read(self.test), self.test)

    def own_parts(self) -> RawData:
        return self._read(None)

    def _read(self, test: float | int | None) -> RawData:
        """The parts that there are; examples for validation test where nothing else is to."""
        import numpy as np

        from netspec.functional.data.arrays import (
            ARRAY_PARTS,
            array_names,
            data_of,
            fields_in,
            images_by_part,
            meaning,
            outputs_in,
        )
        from netspec.functional.packing import pieces_of

        place = self.place()
        told = self.outputs or ("y",)
        arrays = self._arrays(place, array_names(self.inputs, self.outputs), "_train", self.outputs)
        meant: dict[str, Any] = {name: meaning(self.targets, name) for name in told}
        for part in ARRAY_PARTS:
            there = _all_or_none(arrays, self.inputs or ("x",), part, place)
            targets = _all_or_none(arrays, told, part, place) if there else {}
            for name, x in there.items():
                check_images(x, f"{place}: {name}_{part}", several=bool(self.inputs))
            for name, y in targets.items():
                meant[name] = check_targets(y, meant[name], f"{place}: {name}_{part}", alone=len(told) == 1)
            first = next(iter(there), "")
            for name, each in {**there, **targets}.items():
                if len(each) != len(there[first]):
                    damaged(place, f"{first}_{part} has {len(there[first]):,} examples, {name}_{part} {len(each):,}")
        with np.errstate(over="ignore"):
            parts = images_by_part(arrays, self.layout, self.targets, self.inputs, self.outputs)
            fields = fields_in(arrays, self.layout, self.inputs)
            outputs = outputs_in(arrays, self.targets, self.outputs, self._named_classes())
        data = data_of(parts, test)
        labels = classes_in(data.train)
        given = self._named_classes().get(told[0])
        classes = () if labels is None else given or tuple(map(str, range(int(labels.max()) + 1)))
        for part, images in parts.items():
            check_like(data.train, images, part, place, told)
            if (own := classes_in(images)) is not None:
                check_labels(own, classes, f"{place}: {told[0]}_{part}")
            if outputs and images.targets is not None:
                for field, piece in zip(outputs, pieces_of(images.targets, outputs), strict=True):
                    if field.classes:
                        check_labels(piece.long(), field.classes, f"{place}: {field.name}_{part}")
        return RawData(data.train, data.test, classes, data.brightest, data.validation, fields=fields, outputs=outputs)

    def _named_classes(self) -> dict[str, tuple[str, ...]]:
        """The names of the classes of each output that the recipe tells them of."""
        given = self.classes
        of = given if isinstance(given, dict) else dict.fromkeys(self.outputs or ("y",), given)
        return {
            name: tuple(map(str, range(each))) if isinstance(each, int) else each
            for name, each in of.items()
            if each is not None
        }

    def _arrays(self, place: Path, names: Sequence[str], end: str, outputs: Sequence[str] = ()) -> Mapping[str, Any]:
        """Arrays of a place, those of the inputs and of some outputs with this end of their names among them."""
        return checked_arrays(place, names, [f"{name}{end}" for name in (*(self.inputs or "x"), *outputs)])

    def rows(
        self, place: Path | InMemory, taken: Mapping[str, tuple[int, ...]]
    ) -> Iterator[tuple[Tensor, tuple[Field, ...]]]:
        """The examples of arrays that are called as the inputs are, or of a lone one."""
        import numpy as np

        from netspec.functional.data.arrays import fields_in, images_in, input_in
        from netspec.functional.packing import packed

        names = self.inputs or ("x",)
        arrays = dict(examples_in(place, names))
        shapes = taken if self.inputs else {"x": next(iter(taken.values()))}
        if all(self._is_one(array, shapes.get(name, ())) for name, array in arrays.items()):
            arrays = {name: array[None] for name, array in arrays.items()}
        whole = {name: f"{place}: {name}" for name in names}
        for name, array in arrays.items():
            check_form(array, whole[name], several=bool(self.inputs))
            if len(array) != len(arrays[names[0]]):
                damaged(place, f"{names[0]} has {len(arrays[names[0]]):,} examples, {name} {len(array):,}")
        for first in range(0, len(arrays[names[0]]), _PIECE):
            pieces = {name: np.array(array[first : first + _PIECE]) for name, array in arrays.items()}
            for name, piece in pieces.items():
                check_finite(piece, whole[name], first)
            if not self.inputs:
                yield images_in(pieces["x"], self.layout), ()
                continue
            parts = [input_in(pieces[name], self.layout) for name in names]
            yield packed(parts), fields_in({f"{name}_train": each for name, each in pieces.items()}, self.layout, names)

    def _is_one(self, array: Any, shape: tuple[int, ...]) -> bool:
        """Whether an array is an example that the network takes, and no batch of them.

        Args:
            array: The array.
            shape: That of an example as the network takes it.
        """
        import numpy as np

        from netspec.functional.data.arrays import images_in, input_in

        if array.dtype.kind not in "buif" or array.ndim > max(len(shape), 1) or not array.size:
            return False
        none = np.empty((0, *array.shape), array.dtype)  # the shape alone is asked for
        if self.inputs:
            return tuple(input_in(none, self.layout).shape[1:]) == (shape or (1,))
        if not array.ndim:
            return False
        return self.shape(tuple(images_in(none, self.layout).shape[1:])) == shape

    def look_into(self, place: Path) -> None:
        if place.is_dir():
            files = [place / f"{name}_train.npy" for name in self.inputs or "x"]
            check_ends([file for file in files if file.exists()], NPY)
        else:
            check_ends([place], NPZ)

    def reader(self) -> Function:
        own: dict[str, Any] = {"inputs": self.inputs} if self.inputs else {}
        if self.outputs:
            own |= {"outputs": self.outputs, "classes": self._named_classes()}
        given = {"layout": self.layout, "targets": self.targets, "test": self.test, **own}
        return functional("data.arrays.load_arrays", **given)


def _all_or_none(arrays: Mapping[str, Any], names: Sequence[str], part: str, place: Path) -> dict[str, Any]:
    """The arrays of a part by name; refused where some of them are there and others are not."""
    there = {name: arrays[f"{name}_{part}"] for name in names if f"{name}_{part}" in arrays}
    if 0 < len(there) < len(names):
        lacking = next(name for name in names if name not in there)
        damaged(place, f"it has {next(iter(there))}_{part} and no {lacking}_{part}")
    return there
