"""The gathering of images and their boxes from annotation files, and of what is wrong with them.

Imports NumPy in its functions alone.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Diagnostic
from netspec.diagnostics.nearmiss import near_miss
from netspec.diagnostics.styled import printable
from netspec.functional.data.edges import number_of, unfit_box
from netspec.recipe.data.paths import Paths

if TYPE_CHECKING:
    from netspec.recipe.data.annotated import Annotated

_COMPARED = 100
"""Unknown names that are compared with those that there are: there may be a million."""

_CORRECT = "correct the entry, or take it out"
_DROP = "correct the entry, or write `broken: drop` at `data`, which leaves broken boxes out"


class Classes:
    """The names of classes: those that are given, or those that the images to train on have, in order.

    Attributes:
        names: The names so far; a label is the place of one, from 1.
        closed: Whether no name is added any more.
        incomplete: Whether some could not be read: then nothing is wrong with a name that is not among the others.
    """

    def __init__(self, names: Iterable[str] | None) -> None:
        self.names: list[str] = list(names or ())
        self.closed = names is not None
        self.incomplete = False
        self._places = {name: place for place, name in enumerate(self.names, 1)}
        self._unknown = 0

    def label(self, name: str) -> int | None:
        """The label of a class; None where there is none of the name."""
        if name not in self._places and not self.closed:
            self.names.append(name)
            self._places[name] = len(self.names)
        return self._places.get(name)

    def fix(self, names: Iterable[str]) -> None:
        """Take these names, in their order, and no others."""
        incomplete = self.incomplete
        self.__init__(names)  # type: ignore[misc]
        self.incomplete = incomplete

    def unknown(self, name: str) -> str:
        """What is wrong with a name that no class has."""
        self._unknown += 1
        near = near_miss(name, self.names) if self._unknown <= _COMPARED else None
        meant = f"; is {near} meant?" if near else f": they are {_some(self.names)}"
        return f"there is no class {name[:80]!r}{meant}"

    def settle(self) -> Sequence[int]:
        """Bring the names into their order and close them; gives the label that each label so far becomes, 0 first."""
        order = self.names if self.closed else sorted(self.names)
        places = {name: place for place, name in enumerate(order, 1)}
        moved = [0, *(places[name] for name in self.names)]
        self.names, self._places, self.closed = list(order), places, True
        return moved


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


class Findings:
    """What is wrong with annotations, and what is left out of them.

    Attributes:
        drop: Whether boxes that are broken are left out, and no error.
        broken: Entries, each with the reason.
        ways: The ways to mend some of them.
        dropped: Boxes that were left out, each with the reason.
        notes: Remarks.
        errors: The diagnostics of files that cannot be read at all.
        counts: How often each remark was made.
        read: When each annotation file that was read was last changed, by its path.
    """

    def __init__(self, drop: bool) -> None:
        self.read: dict[str, int] = {}
        self.errors: list[Diagnostic] = []
        self.counts: Counter[str] = Counter()
        self.drop = drop
        self.broken: list[tuple[str, str]] = []
        self.ways: dict[str, str] = {}
        self.dropped: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def reading(self, path: Path) -> Path:
        """A path that is about to be read."""
        with suppress(OSError):
            self.read[str(path)] = path.stat().st_mtime_ns
        return path

    def count(self, remark: str, times: int) -> None:
        """Make a remark on so many entries."""
        self.counts[remark] += times

    def note(self, where: str, reason: str, way: str = _CORRECT) -> None:
        """Note an entry that is broken, and the way to mend it."""
        where = printable(where)
        self.broken.append((where, printable(reason)))
        self.ways[where] = printable(way)

    def note_box(self, where: str, reason: str, way: str = _DROP) -> None:
        """Note a box that is broken, or leave it out."""
        if self.drop:
            self.dropped.append((where, reason))
        else:
            self.note(where, reason, way)


class Gathering:
    """The images of a part with their objects, while annotation files are read.

    Attributes:
        findings: What is wrong with them.
        classes: The names of classes.
    """

    def __init__(self, findings: Findings, classes: Classes) -> None:
        self.findings, self.classes = findings, classes
        self.names: list[str] = []
        self._sizes: list[tuple[int, int]] = []
        self._counts: list[int] = []
        self._boxes, self._areas = array("d"), array("d")
        self._labels, self._crowds = array("q"), array("b")

    def __len__(self) -> int:
        return len(self.names)

    def image(self, name: str, size: tuple[int, int]) -> None:
        """Begin an image of a size, height and width: the objects that follow are in it."""
        self.names.append(name)
        self._sizes.append(size)
        self._counts.append(0)

    def add(
        self,
        where: str,
        box: Sequence[Any],
        name: str,
        area: float | None = None,
        crowd: bool = False,
        way: str = _DROP,
    ) -> None:
        """An object of the latest image, or a note of what is wrong with it.

        Args:
            where: Its place, for the diagnostic.
            box: Left, top, right and bottom in pixels.
            name: The name of its class.
            area: Its pixels; None takes those of the box.
            crowd: Whether there are many objects in it.
            way: How to mend it, where the box is broken.
        """
        label = self.classes.label(name.strip())
        if label is None and self.classes.incomplete:
            return
        if label is None:
            self.findings.note(where, self.classes.unknown(name), "correct the name, or add the class to the others")
            return
        edges = [number_of(value) for value in box]
        if wrong := next((value for value, edge in zip(box, edges, strict=True) if edge is None), None):
            self.findings.note_box(where, f"{_written(wrong)} is no number of pixels", way)
            return
        left, top, right, bottom = (edge or 0.0 for edge in edges)
        if reason := unfit_box(left, top, right, bottom, self._sizes[-1]):
            self.findings.note_box(where, reason, way)
            return
        height, width = self._sizes[-1]
        left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
        self._boxes.extend((left, top, right, bottom))
        self._areas.append((right - left) * (bottom - top) if area is None else area)
        self._labels.append(label)
        self._crowds.append(crowd)
        self._counts[-1] += 1

    def annotated(self, home: Path, most: int, moved: Sequence[int] | None = None) -> Annotated | None:
        """The images; None where there are none. `moved` has the label that each label becomes."""
        import numpy as np

        from netspec.functional.data.truths import truth_of
        from netspec.recipe.data.annotated import Annotated

        if not self.names:
            return None
        labels = np.array(self._labels, dtype=np.int64)
        truths = truth_of(
            np.array(self._boxes).reshape(-1, 4),
            labels if moved is None else np.array(moved)[labels],
            np.array(self._areas),
            np.array(self._crowds, dtype=bool),
        )
        starts = np.array([0, *self._counts]).cumsum()
        return Annotated(
            range(len(self.names)), np.array(self._sizes), starts, truths, Paths(str(home), tuple(self.names)), most
        )


def _written(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
