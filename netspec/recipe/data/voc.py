"""Pascal VOC's annotations: an XML for each image (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal
from xml.etree.ElementTree import Element

from netspec.files.reading import read_bounded, text_of
from netspec.files.xml_file import read_xml
from netspec.functional.data.edges import number_of
from netspec.functional.data.parts import PARTS
from netspec.recipe.data.gathering import Findings, Gathering
from netspec.recipe.data.paired import PairedFiles
from netspec.recipe.function import Function

_EDGES = ("xmin", "ymin", "xmax", "ymax")


class Voc(PairedFiles):
    """Images with an XML each as Pascal VOC has it: `object` with a `name` and a `bndbox` each.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``, such as `VOCdevkit/VOC2007`: `Annotations/1.xml`
    is of `JPEGImages/1.jpg`. Lists in `ImageSets/Main` say the parts, and otherwise folders that are called so. A box
    is that of its first and last pixels, both counted from 1, as VOC counts them.

    Attributes:
        first_pixel: 0 for tools that count from 0, and whose last pixel is the one beyond.
        difficult: Whether objects that are marked as difficult are taken too.
    """

    key: ClassVar[str] = "voc"
    also: ClassVar[tuple[str, ...]] = ("pascal_voc", "voc_detection")
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with JPEGImages/1.jpg and Annotations/1.xml, say"
    ending: ClassVar[str] = ".xml"

    first_pixel: Literal[0, 1] = 1
    difficult: bool = False

    def reader(self) -> Function:
        own = {"first_pixel": self.first_pixel, "difficult": self.difficult}
        return self.reading("data.paired.load_voc", classes=self.classes, **own)

    def part_files(self, place: Path, findings: Findings) -> dict[str, tuple[str, ...]] | None:
        sets = place / "ImageSets" / "Main"
        found: dict[str, tuple[str, ...]] = {}
        for part in PARTS:
            file = sets / f"{part[0]}.txt"
            if not file.is_file() or file.is_symlink():
                continue
            text = text_of(read_bounded(findings.reading(file)))
            for number, line in enumerate(text.splitlines(), 1):
                if not (name := line.split()[0] if line.split() else ""):
                    continue
                if found.setdefault(name, part) is not part:
                    findings.note(f"{file}, line {number:,}: {name[:200]!r}", f"it is in the part {found[name][0]} too")
                if not (place / "Annotations" / f"{name}.xml").is_file():
                    findings.note(f"{file}, line {number:,}: {name[:200]!r}", "there is no such file in Annotations")
        return found or None

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        root = read_xml(file)
        if root.tag != "annotation":
            into.findings.note(str(file), f"its root is <{root.tag[:80]}>, not <annotation>")
            return
        told = tuple(number_of(_text(root.find(f"size/{name}"))) or 0 for name in ("height", "width"))
        if all(told) and told != size:
            said = f"{told[0]:g}x{told[1]:g}"
            into.findings.note(str(file), f"it says {said} (height x width), and its image is {size[0]}x{size[1]}")
            return
        hard = 0
        for number, entry in enumerate(root.findall("object")):
            where, difficult = f"{file}: object {number:,}", _text(entry.find("difficult")) or "0"
            if reason := _twice(entry, ("name", "difficult", "bndbox")):
                into.findings.note_box(where, reason)
            elif difficult not in ("0", "1"):
                into.findings.note_box(where, f"`difficult` is {difficult[:40]!r}, not 0 or 1")
            elif difficult == "1" and not self.difficult:
                hard += 1
            else:
                self._add(where, entry, into)
        into.findings.count("objects that are marked as difficult are left out; `difficult: true` takes them", hard)

    def _add(self, where: str, entry: Element, into: Gathering) -> None:
        name, box = _text(entry.find("name")), entry.find("bndbox")
        if not name:
            into.findings.note(where, "it has no name")
        elif box is None:
            into.findings.note_box(where, "it has no bndbox")
        else:
            if reason := _twice(box, _EDGES):
                into.findings.note_box(where, reason)
                return
            edges: list[object] = [_text(box.find(edge)) for edge in _EDGES]
            if None in edges:
                into.findings.note_box(where, f"its bndbox has no {_EDGES[edges.index(None)]}")
                return
            first = [number_of(edge) for edge in edges[:2]]
            if any(edge is not None and edge < self.first_pixel for edge in first):
                what = f"{_EDGES[0]} is {edges[0]}, {_EDGES[1]} is {edges[1]}: pixels count from {self.first_pixel}"
                into.findings.note_box(where, what, "write `first_pixel: 0` at `data`, if the tool counts from 0")
                return
            starts = [edge if at is None else at - self.first_pixel for edge, at in zip(edges, first, strict=False)]
            into.add(where, [*starts, *edges[2:]], name)


def _twice(element: Element, names: Sequence[str]) -> str | None:
    """What is wrong with an element that has one of these more than once, of which only one would be read."""
    counts = {name: len(element.findall(name)) for name in names}
    return next((f"it has {times:,} times <{name}>" for name, times in counts.items() if times > 1), None)


def _text(element: Element | None) -> str | None:
    """The text of an element; None where there is none."""
    return (element.text or "").strip() or None if element is not None else None
