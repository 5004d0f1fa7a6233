"""What a run was trained on, which other data are held against: classes, pixels. Imports no torch in this file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.run_folder import METRICS, is_run
from netspec.functional.data.boxed import Boxed
from netspec.recipe.data.boxed import relabelled
from netspec.recipe.data.problems import mismatch
from netspec.recipe.data.windows import Windows
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.detection import Detection
from netspec.training.keeping.metrics_file import read_metrics

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.packing import ShiftScale
    from netspec.recipe.data.raw import Part, RawData

_NAMED = 5
"""Classes that a message names."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run was trained on: its classes, which give other data's labels their meaning, and its pixels.

    Attributes:
        names: The names in its metrics; output `i` of the network tells of `names[i]`. Empty where it tells no classes.
        run: Its folder.
        code: The error's code where data have other classes.
        pixels: What was taken off each channel of its images, and what they were divided by after that; None where its
            metrics do not tell.
        vocabulary: Categories and classes by column, of a table; None of other data.
        columns: The columns of a table by the input that they are for.
        outputs: The names of the classes of each output that has a task of its own.
        dtype: The type of its examples, "uint8" or "float32"; None where its metrics do not tell.
        brightest: The largest value that a pixel of it could have; None where its metrics do not tell.
    """

    names: tuple[str, ...]
    run: Path
    code: Code
    pixels: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    vocabulary: Mapping[str, Sequence[str]] | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dtype: str | None = None
    brightest: float | None = None

    def figures(self, dtype: str, brightest: float, decoded: bool) -> ShiftScale | None:
        """Shift and scale of each channel for other data, whose pixels may have another range.

        Args:
            dtype: The type of their examples.
            brightest: The largest value that a pixel of theirs can have.
            decoded: Whether they are image files, whose range is known: one of 16 bits is shown to a run of 8.

        Raises:
            NetspecError: NS0804: they are arrays of another type, which tells nothing of their range.
        """
        if decoded and self.pixels is not None and self.brightest not in (None, brightest):
            factor = brightest / (self.brightest or brightest)
            shift, scale = (tuple(value * factor for value in values) for values in self.pixels)
            return shift, scale
        if not decoded and self.dtype not in (None, dtype):
            what = f"the data give {dtype}, and {self.run} learned from {self.dtype}"
            mismatch(what, f"save them as {self.dtype}, in the same range")
        return self.pixels

    def adopt(self, raw: RawData) -> RawData:
        """Data with the classes of the run: their labels mapped by name; by number where they have no names.

        Raises:
            NetspecError: Of `code`: the data have classes that the run was not trained on.
        """
        if raw.outputs and self.outputs:
            return self._with_outputs(raw)
        own = tuple(map(printable, raw.classes))
        if not own or not self.names or own == self.names:
            return raw
        places = {name: index for index, name in enumerate(self.names)}
        distinct = len(places) == len(self.names) and len(set(own)) == len(own)
        told = isinstance(raw.train, Boxed) or raw.train.labels is not None
        if distinct and places.keys() >= set(own) and told:
            return self._mapped(raw, [places[name] for name in own])
        if len(own) == len(self.names) and _numbered(own):
            note = f"the classes of the data have no names and go by their numbers: {own[0]} is {self.names[0]}, ..."
            return replace(raw, classes=self.names, notes=(*raw.notes, note))
        raise self._strange(own)

    def _with_outputs(self, raw: RawData) -> RawData:
        """Data of several outputs with the classes that each had in the run."""
        from netspec.functional.packing import packed, targets_by_output

        places: dict[str, list[int]] = {}
        for told in raw.outputs:
            own, known = tuple(map(printable, told.classes)), self.outputs.get(told.name, ())
            if own and own != known:
                if not set(own) <= set(known):
                    raise replace(self, names=known)._strange(own, f" for `{told.name}`")
                places[told.name] = [known.index(name) for name in own]

        def adopted(part: Part) -> Part:
            if isinstance(part, Windows | Boxed) or part.targets is None:
                return part
            parts = targets_by_output(part.targets, raw.outputs)
            return replace(part, targets=packed([_placed(target, places.get(name)) for name, target in parts.items()]))

        return replace(
            raw,
            train=adopted(raw.train),
            validation=raw.validation and adopted(raw.validation),
            test=raw.test and adopted(raw.test),
            outputs=tuple(
                replace(told, classes=self.outputs[told.name]) if told.name in places else told for told in raw.outputs
            ),
        )

    def _mapped(self, raw: RawData, labels: Sequence[int]) -> RawData:
        """The data with `labels[i]` in place of the label `i`."""
        lacking = [name for label, name in enumerate(self.names) if label not in set(labels)]
        notes = [f"the data have no images of {_listed(lacking)}, which {self.run} was trained on"] if lacking else []
        return replace(
            raw,
            train=_relabelled(raw.train, labels),
            validation=raw.validation and _relabelled(raw.validation, labels),
            test=raw.test and _relabelled(raw.test, labels),
            classes=self.names,
            notes=(*raw.notes, *notes),
        )

    def _strange(self, own: Sequence[str], of: str = "") -> NetspecError:
        strange = [name for name in own if name not in self.names]
        if strange:
            what = f"the data have {_listed(strange)}{of}, which {self.run} was not trained on"
        else:
            what = f"the classes of the data are in another order than those that {self.run} was trained on"
        like = next((name for name in self.names for one in strange[:1] if name.casefold() == one.casefold()), None)
        known = f"there it is called {like}" if like else "a class needs the name that it had in training"
        if _numbered(self.names):  # where a name stands among others says nothing of its number
            known = "the run has numbers for classes: give each its number for a name"
        help = f"{known}; without --data, the run's own data are taken"
        return NetspecError.of(self.code, what, found=_listed(own), expected=_listed(self.names), help=help)


def trained_on(run: Path | None, code: Code) -> Trained | None:
    """What a run was trained on; None where its metrics are gone.

    Args:
        run: Its folder; None for weights of no run.
        code: The error's code where data have other classes.

    Raises:
        NetspecError: NS0902: its metrics are not what a run writes. NS0925: they are a link.
    """
    if run is None or not os.path.lexists(run / METRICS):
        return None
    metrics = read_metrics(run)
    data = metrics.get("data") or {}
    told = metrics.get("task") in (Classification.key, Segmentation.key, Detection.key)
    shift, scale = data.get("shift"), data.get("scale")
    pixels = (tuple(shift), tuple(scale)) if shift and scale else None
    names = tuple(data.get("classes") or ()) if told else ()
    outputs = {name: tuple(each["classes"]) for name, each in (metrics.get("outputs") or {}).items()}
    return Trained(
        names,
        run,
        code,
        pixels,
        data.get("vocabulary"),
        data.get("columns") or {},
        outputs,
        data.get("dtype"),
        data.get("brightest"),
    )


def run_of(weights: str | Path) -> Path | None:
    """The run that weights belong to, given its folder or a file in it; None where they belong to none."""
    place = Path(weights)
    try:
        folder = place.parent if place.is_file() else place
        return folder if is_run(folder) else None
    except (OSError, ValueError):  # a name that no file can have: of a hub's model, say
        return None


def check_same_classes(run: Path, weights: str | Path) -> None:
    """Make sure that weights of another run tell the classes of this one.

    Raises:
        NetspecError: NS0804: they tell others, or in another order. As `trained_on`.
    """
    other = run_of(weights)
    if other is None or other.resolve() == run.resolve():
        return
    own, theirs = trained_on(run, Code.DATA_MISMATCH), trained_on(other, Code.DATA_MISMATCH)
    if own is not None and theirs is not None and own.outputs != theirs.outputs:
        _refuse_outputs(run, own, other, theirs)
    if own is None or theirs is None or not own.names or not theirs.names or own.names == theirs.names:
        return
    if len(own.names) == len(theirs.names) and (_numbered(own.names) or _numbered(theirs.names)):
        return
    raise NetspecError.of(
        Code.DATA_MISMATCH,
        f"the weights of {other} tell other classes than {run}",
        found=_listed(theirs.names),
        expected=_listed(own.names),
        help=f"`netspec predict {other}` tells them by their own names",
    )


def _refuse_outputs(run: Path, own: Trained, other: Path, theirs: Trained) -> None:
    """Raise NS0804 where the outputs of two runs tell other classes."""
    for name, known in own.outputs.items():
        if theirs.outputs.get(name, ()) != known:
            raise NetspecError.of(
                Code.DATA_MISMATCH,
                f"the weights of {other} tell other classes in `{name}` than {run}",
                found=_listed(theirs.outputs.get(name, ())),
                expected=_listed(known),
            )


def _placed(labels: Tensor, places: Sequence[int] | None) -> Tensor:
    import torch

    return labels if places is None else torch.tensor(places)[labels]


def _relabelled(part: Part, labels: Sequence[int]) -> Part:
    import torch

    if isinstance(part, Boxed):
        return relabelled(part, labels)
    known = part.labels
    if isinstance(part, Windows):
        return part
    return part if known is None else replace(part, targets=torch.tensor(labels, dtype=known.dtype)[known])


def _numbered(names: Sequence[str]) -> bool:
    return list(names) == list(map(str, range(len(names))))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        return f"{len(names):,} classes ({shown}, ...)"
    return f"{'the class' if len(names) == 1 else 'the classes'} {shown}"
