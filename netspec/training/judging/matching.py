"""Names of other data held against those that a run learned: classes, labels, values. Imports torch in its functions.

Names are matched by what they are, never by their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.boxed import Boxed
from netspec.functional.data.windows import Windows
from netspec.recipe.data.boxed import relabelled
from netspec.recipe.data.raw import Files

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.recipe.data.raw import Part, RawData

_NAMED = 5
"""Names that a message tells."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The names that a run learned, which those of other data are held against.

    Attributes:
        names: The run's; output `i` of the network tells of `names[i]`.
        run: Its folder.
        code: The error's code where data have other names.
        one: What a name is of: class, label, value.
        of: What has them, where there are several: " for `digit`".
    """

    names: tuple[str, ...]
    run: Path
    code: Code
    one: str = "class"
    of: str = ""

    def places(self, own: Sequence[str], subset: bool = True) -> list[int] | None:
        """The place in the run of each of the data's names; None where they are numbers and go by their places.

        Args:
            own: The data's names.
            subset: Whether the data may lack some of the run's.

        Raises:
            NetspecError: Of `code`: the data have names that the run did not learn, or lack some that they need.
        """
        known = {name: index for index, name in enumerate(self.names)}
        distinct = len(known) == len(self.names) and len(set(own)) == len(own)
        if distinct and known.keys() >= set(own) and (subset or len(own) == len(known)):
            return [known[name] for name in own]
        if len(own) == len(self.names) and numbered(own):
            return None
        raise self.strange(own)

    def by_number(self, own: Sequence[str]) -> str:
        """The remark on names that are numbers and go by their places."""
        of = f"the {plural(self.one)} of the data{self.of}"
        return f"{of} have no names and go by their numbers: {own[0]} is {self.names[0]}, ..."

    def lacking(self, present: Sequence[bool], counted: str) -> list[str]:
        """A remark on the run's names of which the data have no examples.

        Args:
            present: Whether there are some, by the places in the run.
            counted: The word for examples.
        """
        absent = [name for name, is_there in zip(self.names, present, strict=True) if not is_there]
        if not absent:
            return []
        return [f"the data have no {counted} of {listed(absent, self.one)}{self.of}, which {self.run} knows"]

    def strange(self, own: Sequence[str]) -> NetspecError:
        """The refusal of names that the run did not learn, or that are too few."""
        strange = [name for name in own if name not in self.names]
        lacking = [name for name in self.names if name not in own]
        if strange:
            what = f"the data have {listed(strange, self.one)}{self.of}, which {self.run} was not trained on"
        elif lacking:
            what = f"the data do not tell {listed(lacking, self.one)}{self.of}, which {self.run} was trained on"
        else:
            which = f"the {plural(self.one)} of the data"
            what = f"{which} are in another order than those that {self.run} was trained on"
        like = next((name for name in self.names for one in strange[:1] if name.casefold() == one.casefold()), None)
        known = f"there it is called {like}" if like else f"a {self.one} needs the name that it had in training"
        if numbered(self.names):  # where a name stands among others says nothing of its number
            known = f"the run has numbers for {plural(self.one)}: give each its number for a name"
        help = f"{known}; without --data, the run's own data are taken"
        found, expected = listed(own, self.one), listed(self.names, self.one)
        return NetspecError.of(self.code, what, found=found, expected=expected, help=help)


def relabelled_part(part: Part, places: Sequence[int]) -> Part:
    """A part with the class `places[i]` in place of the class `i`."""
    if isinstance(part, Boxed):
        return relabelled(part, places)
    if isinstance(part, Files) and part.masks is not None:
        return replace(part, numbers=tuple(places))
    if isinstance(part, Windows) or part.targets is None or (part.labels is None and not _is_of_masks(part.targets)):
        return part
    return replace(part, targets=placed_labels(part.targets, places))


def _is_of_masks(targets: Tensor) -> bool:
    """Whether targets are masks in memory, [N, H, W]."""
    return str(targets.dtype) == "torch.uint8" and targets.ndim == 3


def placed_labels(labels: Tensor, places: Sequence[int]) -> Tensor:
    """Classes [N], or [N, H, W] in masks of uint8, by their places in the run; in masks, what is no class stays."""
    import torch

    if _is_of_masks(labels):
        rest = torch.arange(len(places), 256)
        return torch.cat([torch.tensor(places), rest]).to(labels.dtype)[labels.long()]
    return torch.tensor(places, dtype=labels.dtype)[labels]


def placed_columns(values: Tensor, places: Sequence[int], count: int) -> Tensor:
    """Labels or values [N, own] by their places in the run, [N, count]; 0 for those that the data lack."""
    made = values.new_zeros(len(values), count)
    made[:, list(places)] = values
    return made


def changed(raw: RawData, change: Callable[[Part], Part]) -> RawData:
    """Data with each part changed."""
    validation, test = (part and change(part) for part in (raw.validation, raw.test))
    return replace(raw, train=change(raw.train), validation=validation, test=test)


def numbers_of_targets(part: Part) -> int:
    """The labels or values that each target has a number for; 0 where targets are others."""
    targets = part.targets
    flat = targets is not None and targets.is_floating_point() and targets.ndim == 2
    return targets.shape[1] if targets is not None and flat else 0


def with_columns(part: Part, places: Sequence[int], count: int) -> Part:
    """A part whose labels or values stand at their places in the run, of so many."""
    if isinstance(part, Windows | Boxed) or part.targets is None:
        return part
    return replace(part, targets=placed_columns(part.targets, places, count))


def placed_targets(targets: Tensor, places: Sequence[int] | None) -> Tensor:
    """The targets of one of several outputs: classes, or a number for each label."""
    if places is None:
        return targets
    if targets.is_floating_point():
        return placed_columns(targets, places, len(places))
    return placed_labels(targets, places)


def present(parts: Iterable[Part | None], count: int) -> list[bool] | None:
    """Whether some example is of each of so many classes, or has each label; None where only reading images tells."""
    found = [False] * count
    for part in parts:
        if part is None:
            continue
        if isinstance(part, Boxed):
            counts = part.counts(count)
        elif part.labels is not None:
            counts = part.labels.bincount(minlength=count).tolist()
        else:
            targets = part.targets
            counts = None if targets is None or targets.ndim != 2 else targets.count_nonzero(0).tolist()
        if counts is None:
            return None
        found = [before or bool(number) for before, number in zip(found, counts, strict=True)]
    return found


def numbered(names: Sequence[str]) -> bool:
    """Whether names are 0, 1, ... ."""
    return list(names) == list(map(str, range(len(names))))


def plural(one: str) -> str:
    """The word for several classes, labels, values."""
    return f"{one}es" if one.endswith("s") else f"{one}s"


def listed(names: Sequence[str], one: str = "class") -> str:
    """The first of some names."""
    shown = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        return f"{len(names):,} {plural(one)} ({shown}, ...)"
    return f"the {one if len(names) == 1 else plural(one)} {shown}"
