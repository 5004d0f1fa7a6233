"""What a run was trained on, which other data are held against: names, pixels. Imports no torch in this file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.run_folder import METRICS, is_run
from netspec.functional.data.boxed import Boxed
from netspec.functional.data.windows import Windows
from netspec.recipe.data.labels import Targets
from netspec.recipe.data.learned import Learned
from netspec.recipe.data.problems import mismatch
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.detection import Detection
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Regression
from netspec.training.judging.matching import (
    Matching,
    changed,
    listed,
    numbered,
    numbers_of_targets,
    placed_targets,
    plural,
    present,
    relabelled_part,
    with_columns,
)
from netspec.training.keeping.metrics_file import read_metrics, standard_told

if TYPE_CHECKING:
    from netspec.functional.packing import ShiftScale
    from netspec.recipe.data.raw import Part, RawData

_WORDS = {MultiLabel.key: "label", Regression.key: "value"}
"""What the names of a task's numbers are called."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run was trained on: the names of its classes and labels, which give other data their meaning; its pixels.

    Attributes:
        names: The classes in its metrics; output `i` of the network tells of `names[i]`. Empty where it tells none.
        run: Its folder.
        code: The error's code where data have other names.
        pixels: What was taken off each channel of its images, and what they were divided by after that; None where its
            metrics do not tell.
        learned: The classes, labels and values by output, and the columns of a table: data are read by them.
        dtype: The type of its examples, "uint8" or "float32"; None where its metrics do not tell.
        brightest: The largest value that a pixel of it could have; None where its metrics do not tell.
        tasks: The key of the task of each output, that of the only one without a name.
    """

    names: tuple[str, ...]
    run: Path
    code: Code
    pixels: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    learned: Learned = field(default_factory=Learned)
    dtype: str | None = None
    brightest: float | None = None
    tasks: Mapping[str, str] = field(default_factory=dict)

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

    def adopt(
        self, raw: RawData, columns: Callable[[str], tuple[str, ...]] = lambda output: (), counted: str = "images"
    ) -> RawData:
        """Data with the names of the run: classes, labels and values in its order; by number where they have no names.

        Args:
            raw: The data.
            columns: The names of the columns that an output's labels or values are of, by the output's name; of data
                that have such.
            counted: The word for their examples.

        Raises:
            NetspecError: Of `code`: the data have classes, labels or values that the run was not trained on.
        """
        if raw.outputs:
            return self._with_outputs(raw, columns, counted)
        if numbers_of_targets(raw.train):
            return self._with_labels(raw, columns(""), counted)
        own = tuple(map(printable, raw.classes))
        if not own or not self.names:
            return raw
        matching = Matching(self.names, self.run, self.code)
        told = isinstance(raw.train, Boxed) or raw.train.labels is not None
        if own == self.names:
            return replace(raw, notes=(*raw.notes, *_lacking(matching, raw, range(len(own)), counted))) if told else raw
        places = matching.places(own)
        if places is None:
            return replace(raw, classes=self.names, notes=(*raw.notes, matching.by_number(own)))
        found = changed(raw, lambda part: relabelled_part(part, places))
        notes = _lacking(matching, found, places, counted)
        return replace(found, classes=self.names, notes=(*raw.notes, *notes))

    def _with_labels(self, raw: RawData, columns: tuple[str, ...], counted: str) -> RawData:
        """Data whose targets have a number for each of the run's labels or values."""
        matching, own = self._of_columns(""), tuple(map(printable, raw.labels or columns))
        names, count = matching.names, numbers_of_targets(raw.train)
        if not names and raw.labels:
            note = f"{self.run} has no names for its labels: they go by their places, the first is {own[0]}"
            return replace(raw, notes=(*raw.notes, note))
        if not names or (count != len(own) and count != len(names)):
            return raw
        if count != len(own):  # arrays have no names
            of = f"the {plural(matching.one)} of the data"
            note = f"{of} have no names and go by their places: the first is {names[0]}"
            return replace(raw, labels=names, notes=(*raw.notes, note))
        if own == names:
            places: list[int] | None = list(range(len(own)))
        elif len(own) == len(names) == 1 and not raw.labels:  # a column by any name
            places = [0]
        else:
            places = matching.places(own, subset=bool(raw.labels))
        if places is None:
            return replace(raw, labels=names, notes=(*raw.notes, matching.by_number(own)))
        found = changed(raw, lambda part: with_columns(part, places, len(names)))
        notes = _lacking(matching, found, places, counted) if raw.labels else []
        return replace(found, labels=names, notes=(*raw.notes, *notes))

    def _with_outputs(self, raw: RawData, columns: Callable[[str], tuple[str, ...]], counted: str) -> RawData:
        """Data of several outputs with the classes and the labels that each had in the run."""
        from netspec.functional.packing import packed, targets_by_output

        matchings, places, notes = {}, dict[str, list[int]](), list[str]()
        for told in raw.outputs:
            own, known = tuple(map(printable, told.classes)), self.learned.classes.get(told.name, ())
            if not own and told.shape:
                own, known = tuple(map(printable, columns(told.name))), self.learned.labels.get(told.name, ())
            if known and (told.classes or told.shape == (len(own),)):
                of = f" for `{told.name}`"
                matching = Matching(known, self.run, self.code, of=of)
                matching = matching if told.classes else self._of_columns(told.name, of)
                found = list(range(len(own))) if own == known else matching.places(own, subset=bool(told.classes))
                notes += [] if found else [matching.by_number(own)]
                matchings[told.name], places[told.name] = matching, found or list(range(len(own)))

        def adopted(part: Part) -> Part:
            if isinstance(part, Windows | Boxed) or part.targets is None:
                return part
            parts = targets_by_output(part.targets, raw.outputs)
            return replace(
                part, targets=packed([placed_targets(each, places.get(name)) for name, each in parts.items()])
            )

        outputs = tuple(
            told
            if told.name not in places
            else replace(told, classes=matchings[told.name].names)
            if told.classes
            else replace(told, columns=matchings[told.name].names)
            for told in raw.outputs
        )
        made = replace(changed(raw, adopted), outputs=outputs)
        return replace(made, notes=(*raw.notes, *notes, *_lacking_by_output(matchings, made, counted)))

    def _of_columns(self, output: str, of: str = "") -> Matching:
        """The names of an output's labels or values, which those of other data are held against."""
        one = _WORDS.get(self.tasks.get(output, ""), "value")
        return Matching(self.learned.labels.get(output, ()), self.run, self.code, one, of)


def _lacking(matching: Matching, raw: RawData, places: Sequence[int], counted: str) -> list[str]:
    """The remark on names of the run that no example has; where only reading the images tells, that the data lack."""
    found = present((raw.train, raw.validation, raw.test), len(matching.names))
    told = set(places)
    return matching.lacking(found or [place in told for place in range(len(matching.names))], counted)


def _lacking_by_output(matchings: Mapping[str, Matching], raw: RawData, counted: str) -> Iterator[str]:
    """The like of classes of several outputs."""
    from netspec.functional.packing import targets_by_output

    parts = [part for part in (raw.train, raw.validation, raw.test) if part is not None]
    told = [targets_by_output(part.targets, raw.outputs) for part in parts if part.targets is not None]
    for each in raw.outputs:
        if each.classes and each.name in matchings:
            seen = {int(label) for part in told for label in part[each.name].unique()}
            yield from matchings[each.name].lacking([label in seen for label in range(len(each.classes))], counted)


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
    task = metrics.get("task") or ""
    shift, scale = data.get("shift"), data.get("scale")
    pixels = (tuple(shift), tuple(scale)) if shift and scale else None
    names = tuple(data.get("classes") or ()) if task in (Classification.key, Segmentation.key, Detection.key) else ()
    told: dict[str, Mapping[str, Any]] = {"": {**data, "task": task}, **(metrics.get("outputs") or {})}
    vocabulary = data.get("vocabulary")
    learned = Learned(
        targets=dict(_meanings(told)),
        classes={name: tuple(each.get("classes") or ()) for name, each in told.items()},
        labels={name: tuple(each["labels"]) for name, each in told.items() if each.get("labels")},
        vocabulary=None if vocabulary is None else {name: tuple(each) for name, each in vocabulary.items()},
        columns={name: tuple(each) for name, each in (data.get("columns") or {}).items()},
        standards={name: found for name, each in told.items() if (found := standard_told(each))},
    )
    tasks = {name: each["task"] for name, each in told.items()}
    return Trained(names, run, code, pixels, learned, data.get("dtype"), data.get("brightest"), tasks)


def _meanings(told: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Targets]]:
    """Whether the targets of each output told classes or values, where the metrics tell."""
    for name, each in told.items():
        if each.get("classes"):
            yield name, "classes"
        elif each["task"] in _WORDS:
            yield name, "values"


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
    if own is not None and theirs is not None:
        _refuse_others(run, own, other, theirs)
    if own is None or theirs is None or not own.names or not theirs.names or own.names == theirs.names:
        return
    if len(own.names) == len(theirs.names) and (numbered(own.names) or numbered(theirs.names)):
        return
    raise NetspecError.of(
        Code.DATA_MISMATCH,
        f"the weights of {other} tell other classes than {run}",
        found=listed(theirs.names),
        expected=listed(own.names),
        help=f"`netspec predict {other}` tells them by their own names",
    )


def _refuse_others(run: Path, own: Trained, other: Path, theirs: Trained) -> None:
    """Raise NS0804 where the outputs of two runs tell other classes or labels."""
    classes = {name: names for name, names in own.learned.classes.items() if name}
    pairs = [(name, known, theirs.learned.classes.get(name, ()), "class") for name, known in classes.items()]
    for name, known in own.learned.labels.items():
        one = _WORDS.get(own.tasks.get(name, ""), "value")
        pairs += [(name, known, theirs.learned.labels.get(name, known), one)]
    for name, known, found, one in pairs:
        if found != known:
            raise NetspecError.of(
                Code.DATA_MISMATCH,
                f"the weights of {other} tell other {plural(one)}{f' in `{name}`' if name else ''} than {run}",
                found=listed(found, one),
                expected=listed(known, one),
            )
